import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

/** Python's range(*slice(start, stop, step).indices(size)), by trying every position. */
function positions(size: number, [start, stop, step]: readonly (number | null)[]): number[] {
  const by = step ?? 1;
  const resolve = (bound: number | null | undefined, missing: number): number =>
    bound === null || bound === undefined ? missing : bound < 0 ? bound + size : bound;
  const from = resolve(start, by > 0 ? 0 : size - 1);
  const to = resolve(stop, by > 0 ? size : -1);
  const clamped = by > 0 ? Math.max(from, 0) : Math.min(from, size - 1);
  const found: number[] = [];
  const end = typeof stop === 'number' && stop < -size ? -1 : to;
  for (let i = clamped; by > 0 ? i < Math.min(to, size) : i > end; i += by)
    if (i >= 0 && i < size) found.push(i);
  return found;
}

const bound = fc.option(fc.integer({ min: -9, max: 9 }));
const range = fc.tuple(bound, bound, fc.option(fc.integer({ min: -4, max: 4 }).filter((step) => step !== 0)));

describe('slices', () => {
  test('have the elements Python takes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 7 }),
        fc.integer({ min: 0, max: 7 }),
        range,
        range,
        (rows, columns, first, second) => {
          const x = lz.arange(rows * columns).reshape(rows, columns);
          const expected = positions(rows, first).map((i) =>
            positions(columns, second).map((j) => i * columns + j),
          );
          const sliced = x.slice(first, second);
          expect(sliced.shape).toEqual([positions(rows, first).length, positions(columns, second).length]);
          expect(sliced.toArray()).toEqual(expected);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('written as text mean the same', () => {
    const text = (parts: readonly (number | null)[]): string => parts.map((part) => part ?? '').join(':');
    fc.assert(
      fc.property(range, range, (first, second) => {
        const x = lz.arange(42).reshape(6, 7);
        expect(x.slice(`${text(first)}, ${text(second)}`).toArray()).toEqual(
          x.slice(first, second).toArray(),
        );
      }),
      { numRuns: 200 },
    );
  });

  test('a position takes its axis away', () => {
    const x = lz.arange(24).reshape(2, 3, 4);
    expect(x.slice(-1, null, 2).toArray()).toEqual([14, 18, 22]);
    expect(x.slice('..., 0').shape).toEqual([2, 3]);
    expect(x.slice('1, ..., ::2').toArray()).toEqual([
      [12, 14],
      [16, 18],
      [20, 22],
    ]);
    expect(x.slice(1, 2, 3).item()).toBe(23);
    expect(x.slice().toArray()).toEqual(x.toArray());
  });

  test('of slices compose', () => {
    const x = lz.arange(20);
    expect(x.slice('2:18:3').slice('::-2').toArray()).toEqual([17, 11, 5]);
  });

  test.for([
    [[2], 'slice: index 2 is out of bounds for axis 0 of size 2'],
    [[null, -4], 'slice: index -4 is out of bounds for axis 1 of size 3'],
    [[null, null, null], 'slice: 3 slices for an array of shape (2, 3), which has 2 axes'],
    [[[0, 1, 0]], 'slice: the step of a slice cannot be 0'],
    [['1:x'], 'slice: cannot read "1:x" in "1:x"; write e.g. \'1:, ::2, -1\''],
    [['..., ...'], "slice: '...' may appear only once"],
    [
      [0.5],
      "slice: 0.5 is not a slice: give a position, a list [start, stop, step] of whole numbers or null, or text such as '1:, ::2, -1'",
    ],
  ] as const)('%j is refused', ([specs, message]) => {
    const x = lz.zeros([2, 3]);
    expect(() => x.slice(...specs)).toThrow(new lz.IndexError('slice', message.slice('slice: '.length)));
  });
});

describe('take', () => {
  test('follows its indices, in their shape', () => {
    const x = lz.arange(12).reshape(3, 4);
    expect(x.take([2, 0], 0).toArray()).toEqual([
      [8, 9, 10, 11],
      [0, 1, 2, 3],
    ]);
    expect(x.take([[-1, 0]], 1).toArray()).toEqual([[[3, 0]], [[7, 4]], [[11, 8]]]);
    expect(x.take(5).item()).toBe(5);
    expect(x.take(lz.array([1n, 1n]), 0).shape).toEqual([2, 4]);
  });
  test('refuses what is no position', () => {
    const x = lz.arange(4);
    expect(() => x.take([0, 4])).toThrow('take: index 4 is out of bounds for axis 0 of size 4');
    expect(() => x.take([0.5])).toThrow(lz.DTypeError);
    expect(() => x.take([true])).toThrow(lz.DTypeError);
    expect(() => x.take(lz.array([0, 1]))).toThrow(lz.DTypeError);
    expect(() => lz.zeros([0]).take(0)).toThrow(lz.IndexError);
    expect(() => x.take([0], 1)).toThrow(lz.AxisError);
  });
});
