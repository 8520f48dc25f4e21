/** Square blocks of elements, transposed in registers. */
import type { FunctionBuilder } from '../assembler/function.ts';
import type { Local } from '../assembler/operands.ts';

/**
 * Vectors of as many rows as a vector has elements of `bytes` bytes become the vectors of the columns: interleaving
 * the first half of the rows with the second, again and again, transposes them.
 */
export function transpose(f: FunctionBuilder, rows: readonly Local[], bytes: number): readonly Local[] {
  if (rows.length !== 16 / bytes) throw new RangeError('a square has as many rows as columns');
  const half = rows.length / 2;
  const zip = (high: boolean): readonly number[] =>
    Array.from({ length: 16 }, (_, k) => {
      const lane = Math.floor(k / (2 * bytes)) + (high ? 8 / bytes : 0);
      return lane * bytes + (k % bytes) + (Math.floor(k / bytes) % 2) * 16;
    });
  const [low, high] = [zip(false), zip(true)];
  let current = rows;
  for (let round = 1; round < rows.length; round *= 2)
    current = Array.from({ length: half }, (_, k) => {
      const [x, y] = [current[k], current[k + half]];
      return x === undefined || y === undefined
        ? []
        : [f.lane('i8x16.shuffle', low, x, y), f.lane('i8x16.shuffle', high, x, y)];
    }).flat();
  return current;
}
