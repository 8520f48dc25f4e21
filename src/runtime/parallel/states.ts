/**
 * What the parts of a reduction leave: states, in memory as `codegen/wasm/module/layout.ts` has them. They are read, combined
 * by the program of the reduction on numbers, and written back for the phases that follow.
 */
import { dtypeTable, isBigint, type DType, type Scalar } from '../../ir/dtype.ts';
import { InternalError } from '../../ir/errors.ts';
import { monoidOf, type Accumulator } from '../../ir/kernel.ts';
import { scalarNumbers } from '../../ir/scalarNumbers.ts';
import { registerBytes, writeScalar } from '../../codegen/wasm/module/layout.ts';

/** The state of an accumulator. */
export type State = readonly Scalar[];

export function readStates(view: DataView, address: number, accumulators: readonly Accumulator[]): State[] {
  let at = address - registerBytes;
  return accumulators.map((accumulator) =>
    monoidOf(accumulator).state.map((dtype) => readScalar(view, (at += registerBytes), dtype)),
  );
}

export function writeStates(
  view: DataView,
  address: number,
  accumulators: readonly Accumulator[],
  states: readonly State[],
): void {
  let at = address;
  accumulators.forEach((accumulator, k) => {
    monoidOf(accumulator).state.forEach((dtype, register) => {
      writeScalar(view, at, dtype, states[k]?.[register] ?? 0);
      at += registerBytes;
    });
  });
}

/** The states of two parts, the first in front of the second, as one. */
export const joinStates = (
  accumulators: readonly Accumulator[],
  first: readonly State[],
  second: readonly State[],
): State[] =>
  accumulators.map((accumulator, k) => {
    const [x, y] = [first[k], second[k]];
    if (x === undefined || y === undefined) throw new InternalError('reduce', 'a part left no state');
    return monoidOf(accumulator).combine(scalarNumbers, x, y);
  });

function readScalar(view: DataView, at: number, dtype: DType): Scalar {
  if (dtype === 'float64') return view.getFloat64(at, true);
  if (dtype === 'float32') return view.getFloat32(at, true);
  if (isBigint(dtype)) return dtype === 'int64' ? view.getBigInt64(at, true) : view.getBigUint64(at, true);
  const { bytes } = dtypeTable[dtype];
  return new dtypeTable[dtype].array(view.buffer.slice(at, at + bytes) as ArrayBuffer)[0] ?? 0;
}
