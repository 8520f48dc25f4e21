/** Indexing and updates by `at`, against NumPy (`scripts/fixtures/indexing.py`), on every target. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

type Spec =
  | number
  | string
  | null
  | { readonly range: [number | null, number | null, number | null] }
  | { readonly array: number[]; readonly shape: number[] }
  | { readonly mask: number[]; readonly shape: number[] };

const updates = ['set', 'add', 'multiply', 'min', 'max'] as const;

type Case = {
  readonly shape: number[];
  readonly index: readonly Spec[];
  readonly part: number[];
  readonly partShape: number[];
  readonly values: number[];
  readonly valuesShape: number[];
} & Readonly<Record<(typeof updates)[number], number[]>>;

const { indices } = JSON.parse(
  readFileSync(new URL('../fixtures/indexing.json', import.meta.url), 'utf8'),
) as { readonly indices: readonly Case[] };

function indexOf(spec: Spec): lz.IndexSpec {
  if (typeof spec !== 'object' || spec === null) return spec;
  if ('range' in spec) return spec.range;
  return 'array' in spec
    ? lz.array(Int32Array.from(spec.array), { shape: spec.shape })
    : lz.array(Uint8Array.from(spec.mask), { shape: spec.shape, dtype: 'bool' });
}

const flat = (x: lz.LazyArray, target: lz.TargetName): readonly number[] =>
  Array.from(x.evaluateSync({ target, memo: false }).dataSync() as Float64Array, (value) => value + 0);

const arangeOf = (shape: readonly number[]): lz.LazyArray<'float64'> =>
  lz.arange(shape.reduce((size, length) => size * length, 1)).reshape(shape);

describe.each(['js', 'wasm', 'reference'] as const)('on the %s target', (target) => {
  test('the elements and the shape of NumPy', () => {
    for (const { shape, index, part, partShape } of indices) {
      const selected = arangeOf(shape)
        .at(...index.map(indexOf))
        .get();
      const what = JSON.stringify({ shape, index });
      expect(selected.shape, what).toEqual(partShape);
      expect(flat(selected, target), what).toEqual(part);
    }
  });

  test.each(updates)('%s in the order of NumPy', (op) => {
    for (const { shape, index, values, valuesShape, [op]: expected } of indices) {
      const selection = arangeOf(shape).at(...index.map(indexOf));
      const given = lz.array(Float64Array.from(values), { shape: valuesShape });
      expect(flat(selection[op](given), target), JSON.stringify({ shape, index, valuesShape })).toEqual(
        expected,
      );
    }
  });

  test('every dtype, with the values that repeat', () => {
    const at = Int32Array.of(2, 0, 2, -1);
    for (const dtype of ['float32', 'float16', 'int8', 'uint32', 'int64', 'bool'] as const) {
      const x = lz.array([1, 0, 1], { dtype: 'float64' }).astype(dtype);
      const ones = lz.array([1, 1, 0, 1]).astype(dtype);
      const added = x.at(at).add(ones).astype('float64');
      expect(flat(added, target), dtype).toEqual(dtype === 'bool' ? [1, 0, 1] : [2, 0, 3]);
      expect(flat(x.at(at).set(ones).astype('float64'), target), dtype).toEqual([1, 0, 1]);
    }
  });

  test('positions outside, in arrays: when the result is evaluated', () => {
    const x = lz.zeros([2, 3]).evaluateSync();
    const at = lz.array([0, 3], { dtype: 'int32' });
    expect(() => flat(x.at(':', at).get(), target)).toThrow(
      'take: index 3 is out of bounds for axis 1 of size 3',
    );
    expect(() => flat(x.at(1, at).add(1), target)).toThrow(
      'scatter: index 3 is out of bounds for axis 1 of size 3',
    );
  });
});

describe('arguments', () => {
  const x = lz.arange(12).reshape(3, 4);

  test('text in the notation of NumPy', () => {
    expect(x.at('::2, ..., -1').toArray()).toEqual([3, 11]);
    expect(x.at('1, newaxis, 1:3').shape).toEqual([1, 2]);
    expect(x.at('None', '...', 0).shape).toEqual([1, 3]);
    expect(x.at(':', ':').get().shape).toEqual([3, 4]);
    expect(() => x.at('1..')).toThrow(lz.IndexError);
  });

  test('one element', () => {
    expect(x.at(1, 2).item()).toBe(6);
    expect(x.at(-1, -1).shape).toEqual([]);
    expect(lz.array(5).at().item()).toBe(5);
  });

  test('a position that is computed', () => {
    expect(x.at(x.sum(1).argmax()).toArray()).toEqual([8, 9, 10, 11]);
    expect(x.at(0, x.slice(0).argmax()).item()).toBe(3);
  });

  test('lists of truth values are masks, lists of numbers ranges', () => {
    expect(x.at([true, false, true], 0).toArray()).toEqual([0, 8]);
    expect(x.at([0, 2]).shape).toEqual([2, 4]);
    for (const wrong of [[0, 1, 2, 3], [[0, 1]], [1.5], ['a']])
      expect(() => x.at(wrong as unknown as lz.SliceRange)).toThrow(
        /at: .*is not an index: a list is a range/,
      );
  });

  test.each([
    [[3], 'at: index 3 is out of bounds for axis 0 of size 3'],
    [[':', -5], 'at: index -5 is out of bounds for axis 1 of size 4'],
    [[0, Int32Array.of(0, 4)], 'at: index 4 is out of bounds for axis 1 of size 4'],
    [[0, 0, 0], 'at: indices for 3 axes of an array of shape (3, 4), which has 2'],
    [['...', '...'], "at: '...' may appear only once"],
    [[[0, 1, 0]], 'at: the step of a slice cannot be 0'],
    [[[true, false]], 'at: a mask of shape (2,) does not fit an array of shape (3, 4)'],
    [
      [Int32Array.of(0, 1), Int32Array.of(0, 1, 2)],
      'at: the arrays of indices could not be broadcast together',
    ],
    [[undefined], "at: undefined is not an index: write ':' for the whole axis"],
    [[1n], 'at: the bigint 1n is not an index'],
    [[true], 'at: true is not an index'],
  ] as const)('%o is refused', (specs, message) => {
    const call = (): unknown => x.at(...(specs as unknown as lz.IndexSpec[])).get();
    expect(call).toThrow(lz.LazuliError);
    expect(call).toThrow(message);
  });

  test('floats are no positions, masks need axes', () => {
    expect(() => x.at(lz.array([0, 1]))).toThrow(lz.DTypeError);
    expect(() => x.at(Float64Array.of(0))).toThrow(lz.DTypeError);
    expect(() => x.at(x.any())).toThrow(/a mask without axes/);
    expect(() => lz.zeros([0, 3]).at(lz.zeros([2], { dtype: 'int32' }))).toThrow(/axis 0 is empty/);
  });

  test('values that do not fit', () => {
    expect(() => x.at(0).set([1, 2])).toThrow(
      'set: values of shape (2,) do not broadcast to that of the selection, (4,)',
    );
    expect(() => x.at(x.greater(3)).set([1, 2])).toThrow(/set: values of shape \(2,\) do not broadcast/);
    expect(() => x.at(0).add([[1, 2, 3, 4]])).toThrow(lz.ShapeError);
    expect(() => x.astype('int32').at(0).set(1.5)).toThrow('set: 1.5 is not a whole number');
    expect(() => x.astype('int32').at(0).add(x.slice(0))).toThrow(lz.DTypeError);
    expect(x.astype('int32').at(0).set([1, 2, 3, 4]).dtype).toBe('int32');
    expect(() => (x.at(0).max as () => unknown)()).toThrow(lz.DataError);
  });
});

describe('plans', () => {
  const kernels = (x: lz.LazyArray): number => x.explain({ target: 'js' }).toJSON().plan.kernels.length;
  const x = lz.array(new Float64Array(60)).reshape(5, 12);

  test('a value for all elements, a row for rows, a value under a mask: one kernel with what is around', () => {
    expect(kernels(x.mul(2).at('1:-1, ::3').set(0).add(1).sum())).toBe(1);
    expect(
      kernels(
        x
          .at(2)
          .add(lz.array(new Float64Array(12)))
          .exp(),
      ),
    ).toBe(1);
    expect(kernels(x.at(x.greater(1)).multiply(0.5).sum())).toBe(1);
  });

  test('other values of a slice: stored where they belong, without a computed position', () => {
    const y = x.at('1:-1, 1:-1').set(x.slice('2:, 1:-1').add(x.slice(':-2, 1:-1')).div(2));
    expect(kernels(y)).toBe(2);
    const code = y.explain({ target: 'js' }).toString('code');
    expect(code).not.toContain('at(');
    expect(code).not.toContain('resolveIndex');
  });

  test('views stay views', () => {
    expect(
      kernels(
        x
          .at('1, ::2')
          .get()
          .add(x.at(null, 0, '::2').get()),
      ),
    ).toBe(1);
  });

  test('inside compile: what needs no evaluation', () => {
    const clear = lz.compile((y) => y.at(y.greater(2)).set(0).at('0').add(1));
    expect(clear(lz.arange(5)).toArray()).toEqual([1, 1, 2, 0, 0]);
    const part = lz.compile((y) => y.at(y.greater(2)).get());
    expect(() => part(lz.arange(5))).toThrow(lz.TraceError);
    expect(() => part(lz.arange(5))).toThrow(/the shape of the result depends on values/);
  });
});

describe('a mask with a size', () => {
  const x = lz.arange(12).reshape(3, 4);
  const part = (mask: lz.LazyArray, size: number): unknown =>
    x.at(mask).get({ size, fillValue: -1 }).toArray();

  test('of all axes, or of the first', () => {
    expect(part(x.remainder(5).equal(0), 4)).toEqual([0, 5, 10, -1]);
    expect(part(x.remainder(5).equal(0), 2)).toEqual([0, 5]);
    expect(part(lz.array([false, true, false]), 2)).toEqual([
      [4, 5, 6, 7],
      [-1, -1, -1, -1],
    ]);
    expect(x.at(':', [true, false, false, true], null).get({ size: 3 }).shape).toEqual([3, 3, 1]);
  });

  test('works in compile', () => {
    const positive = lz.compile((y) => y.at(y.greater(2)).get({ size: 3 }));
    expect(positive(lz.arange(5)).toArray()).toEqual([3, 4, 0]);
  });

  test('needs one mask', () => {
    expect(() => x.at(0).get({ size: 3 })).toThrow(lz.OptionError);
  });
});
