/** Lists that contain arrays are one array, and superfluous arguments of functions that make arrays are refused. */
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

describe('lists of arrays are stacked', () => {
  const row = lz.arange(3);

  test.each([
    [
      'arrays',
      [row, row.mul(2)],
      [2, 3],
      [
        [0, 1, 2],
        [0, 2, 4],
      ],
    ],
    [
      'typed arrays',
      [Float64Array.of(1, 2), Float64Array.of(3, 4)],
      [2, 2],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['elements and numbers', [1, row.slice(2), row.sum()], [3], [1, 2, 3]],
    [
      'numbers before arrays',
      [[1, 2, 3], row],
      [2, 3],
      [
        [1, 2, 3],
        [0, 1, 2],
      ],
    ],
    ['deeper lists', [[row], [row.neg().add(1)]], [2, 1, 3], [[[0, 1, 2]], [[1, 0, -1]]]],
    [
      'rows of an array',
      [
        ...lz.array([
          [1, 2],
          [3, 4],
        ]),
      ].reverse(),
      [2, 2],
      [
        [3, 4],
        [1, 2],
      ],
    ],
  ] as const)('%s', (_, list, shape, expected) => {
    const x = lz.array(list as unknown as lz.NestedList);
    expect(x.shape).toEqual(shape);
    expect(x.toArray()).toEqual(expected);
    expect(lz.asArray(list as unknown as lz.NestedList).shape).toEqual(shape);
  });

  test('in their promoted dtype, numbers in that of the arrays', () => {
    const small = lz.array([1, 2], { dtype: 'int8' });
    expect(lz.array([small, small]).dtype).toBe('int8');
    expect(lz.array([small, [3, 4]]).dtype).toBe('int8');
    expect(lz.array([small, lz.arange(2, { dtype: 'int32' })]).dtype).toBe('int32');
    expect(lz.array([small, small], { dtype: 'float32', shape: [4] }).dtype).toBe('float32');
    expect(lz.array([small, small]).isEvaluated).toBe(false);
  });

  test('errors say where', () => {
    expect(() => lz.array([row, lz.arange(2)])).toThrow('array: [0] has shape (3,), [1] (2,)');
    expect(() => lz.array([[row], [[1, 2]]])).toThrow(lz.ShapeError);
    expect(() => lz.array([row, 'a'] as never)).toThrow(/array: "a" is neither an array nor a number/);
    expect(lz.array([lz.array([1], { dtype: 'int8' }), [1.5]]).dtype).toBe('float64');
    expect(() => lz.array([1, [2]] as never)).toThrow(lz.DataError);
  });
});

describe('superfluous and misplaced arguments', () => {
  const js = lz as unknown as Record<string, (...args: readonly unknown[]) => unknown>;

  test.each([
    ['zeros', [2, 3]],
    ['zeros', [3, 'int32']],
    ['ones', [2, 3]],
    ['ones', [3, 'int32']],
    ['zeros', [3, {}, 1]],
    ['full', [2, 3, 4]],
    ['full', [2, 3, 'int32']],
    ['full', [2, 3, {}, 1]],
    ['array', [1, 2, 3]],
    ['array', [[1], 'int32']],
    ['asArray', [[1], {}, 1]],
    ['arange', [1, 2, 3, 4]],
    ['arange', [3, 'int32']],
    ['linspace', [0, 1, 5, 6]],
    ['linspace', [0, 1, 5, 'float32']],
    ['eye', [2, 2, 0, 1]],
    ['eye', [3, 'int32']],
    ['allocate', ['float64', 2, 3]],
  ])('%s(%j)', (name, args) => {
    expect(() => js[name]?.(...args)).toThrow(lz.LazuliError);
  });
});
