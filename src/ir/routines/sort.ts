/**
 * Sorting along the last axis: ascending, stable, NaN last, as NumPy does with `stable=True`. -0 and 0 are equal, and so
 * keep their order. A stable order is unique, so every algorithm gives the same bits.
 */
import { bytesOf, isFloat, type ComputeDType, type Scalar } from '../dtype.ts';
import type { ReferenceArray, ReferenceCall, RoutineRow, RoutineScratch } from './row.ts';

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

/**
 * Two arrays of records, for passes that move the elements from one to the other. A record is a key, or a part of a
 * key with a position. Where only values are stored, integers of up to 32 bits move alone, and eight bytes of the
 * result serve as the second record.
 */
function scratch([dtype = 'float64']: readonly ComputeDType[], stored: readonly number[]): RoutineScratch[] {
  const hasPositions = stored.includes(1);
  const isShort = !hasPositions && (bytesOf(dtype) === 8 || !isFloat(dtype));
  return [{ dtype: 'uint32', axes: ['n'], perElement: isShort ? 2 : 4 }];
}

const sorting = {
  sizes: ['n'],
  operands: [['n']],
  layout: 'contiguous',
  ops: 1,
  scratch,
  reference,
} satisfies Partial<RoutineRow>;

/** Radix sorts take so long for each element, whatever the length; insertion less, in short rows. */
const work =
  (perElement: number): RoutineRow['work'] =>
  ([n = 1]) =>
    n * Math.min(perElement, 10 + n);

export const sort: RoutineRow = {
  ...sorting,
  work: work(50),
  results: [['n']],
  dtypes: (_, [dtype = 'float64']) => [dtype],
};

/** The sorted elements, and where each of them was. */
export const sortWithPositions: RoutineRow = {
  ...sorting,
  work: work(65),
  results: [['n'], ['n']],
  dtypes: (_, [dtype = 'float64']) => [dtype, 'int32'],
};
