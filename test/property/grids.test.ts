/**
 * Random grids of more than 2^31 elements that broadcasting makes of a column and a row. Nothing of the size of the grid is
 * stored; what each reduction gives follows from the column and the row alone.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { runs, settings } from '../support/runs.ts';

/** A few small whole numbers at random places of an axis, which is 1 elsewhere. */
interface Line {
  readonly length: number;
  readonly marks: ReadonlyMap<number, number>;
}

const line = (length: number): fc.Arbitrary<Line> =>
  fc
    .array(fc.tuple(fc.nat(length - 1), fc.integer({ min: -50, max: 50 })), { maxLength: 4 })
    .map((marks) => ({ length, marks: new Map(marks) }));

const valuesOf = ({ length, marks }: Line): Float64Array => {
  const values = new Float64Array(length).fill(1);
  for (const [at, value] of marks) values[at] = value;
  return values;
};
const total = (values: Float64Array): number => values.reduce((x, y) => x + y, 0);
const most = (values: Float64Array): number => values.reduce((x, y) => Math.max(x, y));

/** Products just beyond 2^31 and 2^32, in every proportion of rows to columns that fits memory easily. */
const grids = fc
  .record({
    whole: fc.constantFrom(31, 32),
    share: fc.integer({ min: 10, max: 22 }),
    more: fc.nat(40),
    swapped: fc.boolean(),
  })
  .chain(({ whole, share, more, swapped }) => {
    const [long, short] = [2 ** (whole - share) + more, 2 ** share];
    const [rows, columns] = swapped ? [short, long] : [long, short];
    return fc.record({ column: line(rows), row: line(columns) });
  });

type Case = (
  sum: lz.LazyArray,
  column: Float64Array,
  row: Float64Array,
  target: 'js' | 'wasm',
) => readonly [unknown, unknown];

/** A reduction of `column + row`, and what it gives. */
const cases: Readonly<Record<string, Case>> = {
  sum: (x, column, row, target) => [
    x.sum().item({ target }),
    total(column) * row.length + total(row) * column.length,
  ],
  'sum of int64': (x, column, row, target) => [
    x.astype('int8').sum().item({ target }),
    BigInt(total(column) * row.length + total(row) * column.length),
  ],
  mean: (x, column, row, target) => [
    x.mean().item({ target }),
    (total(column) * row.length + total(row) * column.length) / (row.length * column.length),
  ],
  max: (x, column, row, target) => [x.max().item({ target }), most(column) + most(row)],
  argmax: (x, column, row, target) => [
    BigInt(x.argmax().item({ target })),
    BigInt(column.indexOf(most(column))) * BigInt(row.length) + BigInt(row.indexOf(most(row))),
  ],
  'argmax of the rows': (x, column, _row, target) => [
    x.max(1).argmax().item({ target }),
    column.indexOf(most(column)),
  ],
  any: (x, column, row, target) => [
    x
      .greater(most(column) + most(row))
      .any()
      .item({ target }),
    false,
  ],
  all: (x, column, row, target) => [
    x
      .lessEqual(most(column) + most(row))
      .all()
      .item({ target }),
    true,
  ],
};

describe.each(['wasm', 'js'] as const)('grids of more than 2^31 elements on %s', (target) => {
  const count = target === 'wasm' ? 4 : 1;
  test('are reduced to what their column and row say', { timeout: 60_000 * runs(count) }, () => {
    fc.assert(
      fc.property(grids, fc.constantFrom(...Object.keys(cases)), (grid, name) => {
        const [column, row] = [valuesOf(grid.column), valuesOf(grid.row)];
        const sum = lz.array(column).reshape([-1, 1]).add(lz.array(row));
        const [got, wanted] = cases[name]?.(sum, column, row, target) ?? [];
        expect(got).toBe(wanted);
      }),
      { ...settings(count), endOnFailure: true },
    );
  });
});
