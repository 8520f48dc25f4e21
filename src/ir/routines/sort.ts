/**
 * Sorting along the last axis: ascending, stable, NaN last, as NumPy does with `stable=True`. -0 and 0 are equal, and so
 * keep their order.
 */
import type { Scalar } from '../dtype.ts';
import type { ReferenceArray, ReferenceCall, RoutineRow } from './row.ts';

function compare(x: Scalar, y: Scalar): number {
  if (x < y) return -1;
  if (x > y) return 1;
  // Equal, or at least one of them is NaN.
  return Number(x !== x) - Number(y !== y);
}

/** The positions of the elements of a row, in the order of their values. */
function order({ values, offset }: ReferenceArray, length: number): Uint32Array {
  const row = values.slice(offset, offset + length);
  const positions = Uint32Array.from({ length }, (_, position) => position);
  return positions.sort((p, q) => compare(row[p] ?? 0, row[q] ?? 0) || p - q);
}

function reference({
  sizes: [length = 0],
  operands: [x],
  results: [values, positions],
}: ReferenceCall): void {
  if (x === undefined) return;
  order(x, length).forEach((from, to) => {
    if (values !== undefined) values.values[values.offset + to] = x.values[x.offset + from] ?? 0;
    if (positions !== undefined)
      positions.values[positions.offset + to] = positions.dtype === 'int64' ? BigInt(from) : from;
  });
}

const sorting = {
  sizes: ['n'],
  operands: [['n']],
  layout: 'contiguous',
  ops: 1,
  work: ([n = 1]) => n * Math.log2(n + 1),
  reference,
} satisfies Partial<RoutineRow>;

export const sort: RoutineRow = {
  ...sorting,
  results: [['n']],
  dtypes: (_, [dtype = 'float64']) => [dtype],
};

/** The sorted elements, and where each of them was. */
export const sortWithPositions: RoutineRow = {
  ...sorting,
  results: [['n'], ['n']],
  dtypes: (_, [dtype = 'float64']) => [dtype, 'int32'],
};
