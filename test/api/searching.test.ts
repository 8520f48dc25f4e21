/** Functions on positions, against NumPy (`scripts/fixtures/indexing.py`), on every target. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

type Plain = number | string | boolean | null | readonly Plain[] | { readonly [name: string]: Plain };

interface Case {
  readonly name: string;
  readonly args: readonly Plain[];
  readonly results: readonly Plain[];
  readonly shapes: readonly (readonly number[])[];
}

const { functions } = JSON.parse(
  readFileSync(new URL('../fixtures/indexing.json', import.meta.url), 'utf8'),
) as { readonly functions: readonly Case[] };

/** Numbers that JSON lacks are text. */
const read = (value: Plain): unknown => {
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  if (Array.isArray(value)) return value.map(read);
  return value;
};

const flat = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value.flatMap(flat) : [value]);

const numberOf = (value: unknown): unknown =>
  typeof value === 'number' || typeof value === 'bigint' ? Number(value) + 0 : value;

type Untyped = Record<string, (...args: readonly unknown[]) => unknown>;

const evaluated = (x: lz.LazyArray, target: lz.TargetName): unknown[] =>
  flat(x.evaluateSync({ target, memo: false }).toArray()).map(numberOf);

describe.each(['js', 'wasm', 'reference'] as const)('on the %s target', (target) => {
  test.each(functions.map((given, k) => ({ ...given, title: `${k} ${given.name}` })))('$title', (given) => {
    const { name, args, results, shapes } = given;
    const call = (lz as unknown as Untyped)[name];
    const given2d = args.map(read);
    // An empty list has one axis.
    if (name === 'nonzero' || name === 'flatnonzero' || name === 'countNonzero')
      if (flat(given2d[0]).length === 0) given2d[0] = lz.zeros([2, 0]);
    const outcome = call?.(...given2d);
    const arrays: readonly lz.LazyArray[] =
      outcome instanceof lz.LazyArray
        ? [outcome]
        : Array.isArray(outcome)
          ? (outcome as readonly lz.LazyArray[])
          : (Object.values(outcome as object) as readonly lz.LazyArray[]);
    expect(arrays.map((array) => array.shape)).toEqual(shapes);
    arrays.forEach((array, k) => {
      expect(evaluated(array, target)).toEqual(flat(read(results[k] ?? null)).map(numberOf));
    });
  });

  test('searches among any number of elements', () => {
    for (const count of [1, 2, 3, 4, 5, 7, 8, 9, 100, 127, 128, 129, 1000]) {
      const list = Float64Array.from({ length: count }, (_, k) => Math.floor(k / 2));
      const values = Float64Array.of(-1, 0, 0.5, 1, count / 4, Math.floor(count / 4), count, NaN);
      for (const side of ['left', 'right'] as const) {
        const expected = Array.from(values, (value) => {
          const before = (x: number): boolean =>
            (side === 'left' ? x < value : x <= value) || Number.isNaN(value);
          return list.filter(before).length;
        });
        expect(evaluated(lz.searchsorted(list, values, { side }), target)).toEqual(expected);
      }
      const present = Array.from(values, (value) => list.includes(value) && !Number.isNaN(value));
      expect(evaluated(lz.isin(values, list), target)).toEqual(present);
    }
  });

  test('with a size: the same without evaluating, and filled', () => {
    const x = lz.array([3, 0, NaN, 1, 3, 0, NaN]);
    const f = lz.compile(
      (y) => {
        const { values, indices, inverseIndices, counts } = lz.uniqueAll(y, { size: 6 });
        const [positions = y] = lz.nonzero(y, { size: 6, fillValue: 9 });
        return [
          values,
          indices,
          inverseIndices,
          counts,
          positions,
          lz.compress(y.greater(0), y, 0, { size: 2 }),
        ];
      },
      { target },
    );
    const all = f(x);
    expect(all.map((array) => array.toArray())).toEqual([
      [0, 1, 3, NaN, NaN, 0],
      [1, 3, 0, 2, 6, 0],
      [2, 0, 3, 1, 2, 0, 4],
      [2, 1, 2, 1, 1, 0],
      [0, 2, 3, 4, 6, 9],
      [3, 1],
    ]);
    const eager = lz.uniqueAll(x);
    expect(eager.indices.toArray()).toEqual([1, 3, 0, 2, 6]);
    expect(eager.inverseIndices.toArray()).toEqual(all[2]?.toArray());
  });

  test('positions outside', () => {
    const outside = lz.array([0, 7], { dtype: 'int32' });
    const x = lz.arange(6).reshape(2, 3).evaluateSync();
    const at = lz.array([[0], [3]], { dtype: 'int32' });
    expect(() => evaluated(lz.takeAlongAxis(x, at, 1), target)).toThrow(
      /take: index 3 is out of bounds for axis 1 of size 3/,
    );
    expect(() => evaluated(lz.put(x, outside, 1), target)).toThrow(/scatter: index 7/);
    expect(() => evaluated(lz.choose(outside, [1, 2]), target)).toThrow(/take: index 7/);
  });
});

test('every dtype', () => {
  for (const dtype of ['bool', 'int8', 'uint16', 'int32', 'uint64', 'int64', 'float16', 'float32'] as const) {
    const x = lz.array([3, 0, 1, 3]).astype(dtype);
    const { values, counts } = lz.uniqueCounts(x);
    expect(values.dtype).toBe(dtype);
    const expected =
      dtype === 'bool'
        ? [
            [false, true],
            [1, 3],
          ]
        : [
            [0, 1, 3],
            [1, 1, 2],
          ];
    expect([flat(values.toArray()).map(numberOf), counts.toArray()]).toEqual(expected);
    expect(lz.uniqueValues(x, { size: 2 }).toArray()).toEqual(values.slice([0, 2]).toArray());
    expect(lz.flatnonzero(x).toArray()).toEqual([0, 2, 3]);
    expect(lz.searchsorted(values, x).toArray()).toEqual(dtype === 'bool' ? [1, 0, 1, 1] : [2, 0, 1, 2]);
  }
});

test('0-d and wrong arguments', () => {
  expect(() => lz.nonzero(5)).toThrow(lz.ShapeError);
  expect(lz.countNonzero(5).item()).toBe(1);
  expect(lz.searchsorted([1, 2], 1.5).shape).toEqual([]);
  expect(() => lz.searchsorted([[1]], 1)).toThrow(/searchsorted: x1 must have one axis/);
  expect(() => lz.searchsorted([1], 1, { side: 'middle' as 'left' })).toThrow(lz.OptionError);
  expect(() => lz.takeAlongAxis([1, 2], [[0]])).toThrow(/as many axes as the array/);
  expect(() => lz.takeAlongAxis([1, 2], [2])).toThrow(
    'takeAlongAxis: index 2 is out of bounds for axis 0 of size 2',
  );
  expect(() => lz.putAlongAxis([[1, 2]], [[0], [0]], 1)).toThrow(lz.ShapeError);
  expect(() => lz.compress([1, 1, 1], [1, 2])).toThrow(lz.ShapeError);
  expect(() => lz.choose([0, 2], [1, 2])).toThrow(lz.IndexError);
  expect(() => lz.select([true], [1, 2])).toThrow(lz.DataError);
  expect(() => lz.unravelIndex([12], [3, 4])).toThrow(lz.IndexError);
  expect(() => lz.unravelIndex([-1], [3, 4])).toThrow(lz.IndexError);
  expect(() => lz.ravelMultiIndex([[0]], [3, 4])).toThrow(lz.DataError);
  expect(() => lz.nonzero([1], { size: -1 })).toThrow(lz.OptionError);
  expect(() => lz.nonzero([1], { sice: 1 } as never)).toThrow(lz.OptionError);
  expect(() => lz.compile((x) => lz.uniqueValues(x))(lz.arange(3))).toThrow(
    /uniqueValues: the shape of the result/,
  );
});

test('a search is one kernel with what is around it', () => {
  const sorted = lz.array(new Float64Array(1000));
  const values = lz.array(new Float64Array(50));
  const plan = (x: lz.LazyArray): number => x.explain({ target: 'js' }).toJSON().plan.kernels.length;
  expect(plan(lz.searchsorted(sorted, values.mul(2)).add(1).sum())).toBe(1);
  const million = lz.array(new Float64Array(1e6));
  expect(plan(lz.searchsorted(million, values).sum())).toBe(1);
});
