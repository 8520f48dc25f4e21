/** Reads what `fixtures.py` wrote (the format is described there): arguments and exact results of a function. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MathFunction } from '../../src/ir/math/functions.ts';
import { opRow } from '../../src/ir/ops.ts';
import type { Float } from './bounds.ts';
import type { Exact } from './ulp.ts';

export const fixturesFolder = join(import.meta.dirname, '../../test/fixtures/accuracy');

export interface Fixture {
  readonly name: MathFunction;
  readonly dtype: Float;
  /** One list of arguments, or two. */
  readonly arguments: readonly (Float64Array | Float32Array)[];
  readonly exact: readonly Exact[];
}

export function readFixture(name: MathFunction, dtype: Float, folder = fixturesFolder): Fixture {
  const bytes = readFileSync(join(folder, `${name}.${dtype}.bin`));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { arity } = opRow(name);
  const width = dtype === 'float64' ? 8 : 4;
  const count = bytes.byteLength / ((arity + 1) * width + 4);
  const number = (column: number, k: number): number => {
    const at = (column * count + k) * width;
    return dtype === 'float64' ? view.getFloat64(at, true) : view.getFloat32(at, true);
  };
  const column = (index: number): Float64Array | Float32Array => {
    const array = dtype === 'float64' ? new Float64Array(count) : new Float32Array(count);
    return array.map((_, k) => number(index, k));
  };
  const exact = Array.from({ length: count }, (_, k) => ({
    nearest: number(arity, k),
    remainder: view.getFloat32((arity + 1) * width * count + 4 * k, true),
  }));
  return { name, dtype, arguments: Array.from({ length: arity }, (_, k) => column(k)), exact };
}
