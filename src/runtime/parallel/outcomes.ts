/**
 * Outcomes of the parts of a reduction, in memory as `codegen/wasm/module/layout.ts` has them: read, joined with the functions
 * of the reference evaluator, written back for the phases that follow.
 */
import { isArg, type Accumulator } from '../../ir/kernel.ts';
import { dtypeTable, isBigint, type DType, type Scalar } from '../../ir/dtype.ts';
import { applyOp, reductionTable } from '../../ir/ops.ts';
import { outcomeBytes, placeOffset, writeScalar } from '../../codegen/wasm/module/layout.ts';

/** What a part found: a value, and for a position where. */
export interface Outcome {
  readonly value: Scalar;
  readonly place: number;
}

/** The dtype of the value. Positions of bool were found among numbers. */
const valueDType = ({ op, dtype, element }: Accumulator): DType =>
  isArg(op) ? (element === 'bool' ? 'uint8' : element) : dtype;

export const readOutcomes = (
  view: DataView,
  address: number,
  accumulators: readonly Accumulator[],
): Outcome[] =>
  accumulators.map((accumulator, k) => {
    const at = address + k * outcomeBytes;
    return {
      value: readScalar(view, at, valueDType(accumulator)),
      place: readPlace(view, at + placeOffset, accumulator),
    };
  });

export function writeOutcomes(
  view: DataView,
  address: number,
  accumulators: readonly Accumulator[],
  outcomes: readonly Outcome[],
): void {
  accumulators.forEach((accumulator, k) => {
    const outcome = outcomes[k];
    if (outcome === undefined) return;
    const at = address + k * outcomeBytes;
    writeScalar(view, at, valueDType(accumulator), outcome.value);
    if (isArg(accumulator.op)) writeScalar(view, at + placeOffset, accumulator.dtype, outcome.place);
  });
}

/** The outcomes of two parts, the first in front of the second, as one. */
export const joinOutcomes = (
  accumulators: readonly Accumulator[],
  first: readonly Outcome[],
  second: readonly Outcome[],
): Outcome[] =>
  accumulators.map((accumulator, k) => {
    const [x, y] = [first[k], second[k]];
    if (x === undefined || y === undefined) throw new RangeError('a part has no outcome');
    return joined(accumulator, x, y);
  });

function joined({ op, dtype }: Accumulator, x: Outcome, y: Outcome): Outcome {
  if (!isArg(op))
    return { value: applyOp(reductionTable[op].combine, dtype, dtype, [x.value, y.value]), place: 0 };
  // The first of the most extreme; NaN is more extreme than everything.
  if (x.value !== x.value) return x;
  const better = y.value !== y.value || (op === 'argmin' ? y.value < x.value : y.value > x.value);
  return better ? y : x;
}

const readPlace = (view: DataView, at: number, { op, dtype }: Accumulator): number =>
  isArg(op) ? Number(readScalar(view, at, dtype)) : 0;

function readScalar(view: DataView, at: number, dtype: DType): Scalar {
  if (dtype === 'float64') return view.getFloat64(at, true);
  if (dtype === 'float32') return view.getFloat32(at, true);
  if (isBigint(dtype)) return dtype === 'int64' ? view.getBigInt64(at, true) : view.getBigUint64(at, true);
  const { bytes } = dtypeTable[dtype];
  return new dtypeTable[dtype].array(view.buffer.slice(at, at + bytes) as ArrayBuffer)[0] ?? 0;
}
