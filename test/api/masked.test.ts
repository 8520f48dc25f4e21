/** Arrays with missing elements; texts and values are those of numpy.ma. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

const x = lz.masked(
  [
    [1, 2, 4],
    [0, -3, 5],
  ],
  [
    [false, true, false],
    [false, false, true],
  ],
);

describe('elementwise', () => {
  test('a result is missing where an operand is', () => {
    expect(x.add(10).toString()).toBe('[[11.0 -- 14.0]\n [10.0 7.0 --]]');
    expect(x.add(lz.masked([1, 1, 1], [true, false, false])).toString()).toBe('[[-- -- 5.0]\n [-- -2.0 --]]');
    expect(lz.masked([true, false], [false, true]).logicalNot().toString()).toBe('[False --]');
    expect(lz.masked([1n, 2n], [false, true]).mul(3).toString()).toBe('[3 --]');
  });
  test('or where the function has no value', () => {
    expect(x.sqrt().toString()).toBe('[[1.0 -- 2.0]\n [0.0 -- --]]');
    expect(lz.masked([1, 2], false).div([0, 4]).toString()).toBe('[-- 0.5]');
    expect(lz.masked([4n, 5n], false).floorDivide([0n, 2n]).toString()).toBe('[-- 2]');
    expect(lz.masked([1000], false).exp().toString()).toBe('[inf]');
    expect(lz.masked([2n, 3n], false).pow([0n, 2n]).toString()).toBe('[1 9]');
  });
});

test('views and selections change values and mask alike', () => {
  expect(x.T.toString()).toBe('[[1.0 0.0]\n [-- -3.0]\n [4.0 --]]');
  expect(x.reshape(-1).slice([1, 4]).toString()).toBe('[-- 4.0 0.0]');
  expect(x.take([2, 0], 1).transpose().shape).toEqual([2, 2]);
  expect(x.compressed().toArray()).toEqual([1, 4, 0, -3]);
  expect(x.filled(9).toArray()).toEqual([
    [1, 9, 4],
    [0, -3, 9],
  ]);
  expect(x.astype('int8').toString()).toBe('[[1 -- 4]\n [0 -3 --]]');
});

describe('reductions', () => {
  const gone = lz.masked(
    [
      [1, 2],
      [3, 4],
    ],
    [
      [true, false],
      [true, true],
    ],
  );
  test('leave out what is missing', () => {
    expect(gone.sum(1).toString()).toBe('[2.0 --]');
    expect(gone.min(0).toString()).toBe('[-- 2.0]');
    expect(gone.sum().item()).toBe(2);
    expect(lz.masked([1], [true]).sum().item()).toBeNull();
    expect(gone.count(0).toArray()).toEqual([0n, 1n]);
    expect(x.argmax().item()).toBe(2);
    expect(x.any(1).toString()).toBe('[True True]');
  });
  test.each(['js', 'wasm', 'reference'] as const)(
    'are those of the elements that are there, on %s',
    (target) => {
      const elements = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.boolean()), {
        minLength: 1,
        maxLength: 40,
      });
      fc.assert(
        fc.property(elements, (list) => {
          const values = list.map(([value]) => value);
          const missing = list.map(([, isMissing]) => isMissing);
          const there = values.filter((_, k) => missing[k] === false);
          const array = lz.masked(values, missing);
          const of = (one: lz.MaskedArray): number | null =>
            one.mask.on(target).item() ? null : Number(one.values.on(target).item());
          if (there.length === 0) {
            expect([of(array.sum()), of(array.max())]).toEqual([null, null]);
            return;
          }
          expect([of(array.sum()), of(array.min()), of(array.max()), of(array.prod())]).toEqual([
            there.reduce((a, b) => a + b, 0),
            Math.min(...there),
            Math.max(...there),
            there.reduce((a, b) => a * b, 1),
          ]);
          expect(of(array.var())).toBeCloseTo(lz.array(there).var().item(), 10);
        }),
      );
    },
  );
});

test('values and mask are one kernel each, and a masked sum is one', () => {
  const sum = x.mul(2).add(x).sum();
  expect(sum.values.explain({ target: 'js' }).toJSON().plan.kernels).toHaveLength(1);
});

test('what is refused', () => {
  expect(() => lz.masked([1, 2], [1, 0])).toThrow(lz.DataError);
  expect(() => lz.masked([1, 2], [true, false, true])).toThrow(lz.ShapeError);
  expect(() => lz.masked(lz.zeros([1, 0]), lz.zeros([5, 0], { dtype: 'bool' }))).toThrow(lz.ShapeError);
  expect(() => lz.masked([1, 2], [[true], [false]])).toThrow(
    /does not broadcast to an array of shape \(2,\)/,
  );
});
