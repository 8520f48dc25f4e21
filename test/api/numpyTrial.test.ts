/** What a comparison of the array functions with NumPy found: values at the ends of dtypes, arguments, names in errors. */
import { expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

const targets = ['js', 'wasm', 'reference'] as const;
const int32 = (...values: number[]): lz.LazyArray<'int32'> => lz.array(values, { dtype: 'int32' });
const untyped = lz as unknown as Readonly<Record<string, (...args: readonly unknown[]) => lz.LazyArray>>;

test.each(targets)('fmod of the least integer has no absolute value to go through, on %s', (target) => {
  const read = (x: lz.LazyArray): readonly unknown[] => Array.from<unknown>(x.dataSync({ target }));
  const bytes = lz.array([-128, -127, 127, -7, 7, 0], { dtype: 'int8' });
  expect(read(lz.fmod(bytes, 3))).toEqual([-2, -1, 1, -1, 1, 0]);
  expect(read(lz.fmod(bytes, -3))).toEqual([-2, -1, 1, -1, 1, 0]);
  expect(read(lz.fmod(bytes, lz.array([-128, -128, -128, 0, 0, 0], { dtype: 'int8' })))).toEqual([
    0, -127, 127, 0, 0, 0,
  ]);
  const least = lz.array([-(2n ** 63n), 2n ** 63n - 1n]);
  expect(read(lz.fmod(least, 10n))).toEqual([-8n, 7n]);
  expect(read(lz.fmod(bytes.slice([0, 1]), 0.75))).toEqual([-0.5]);
  expect(read(lz.fmod([7, -7], lz.array([-128, -128], { dtype: 'int8' })))).toEqual([7, -7]);
});

test.each(targets)('gradients have the dtype of the samples, on %s', (target) => {
  for (const dtype of ['float16', 'float32'] as const) {
    const x = lz.array([1, 2, 4, 7], { dtype });
    for (const options of [{}, { spacing: 2 }, { edgeOrder: 2, spacing: 0.5 }] as const) {
      const slopes = lz.gradient(x, options);
      expect(slopes.dtype).toBe(dtype);
      const inDoubles = lz.gradient(x.astype('float64'), options);
      expect(Array.from(slopes.dataSync({ target }))).toEqual(Array.from(inDoubles.dataSync({ target })));
    }
  }
  expect(lz.gradient(int32(1, 2, 4), { spacing: 2 }).toArray()).toEqual([0.5, 0.75, 1]);
});

test('the largest absolute value of no elements is 0, as other norms are', () => {
  expect(lz.norm(lz.zeros([2, 0]), 1, { ord: Infinity }).toArray()).toEqual([0, 0]);
  expect(lz.norm([], { ord: Infinity, keepdims: true }).toArray()).toEqual([0]);
  expect(() => lz.norm([], { ord: -Infinity })).toThrow(lz.ShapeError);
});

test('numbers that decide on a shape may be given as arrays', () => {
  for (const repeats of [
    int32(1, 0, 2),
    lz.array([1, 0, 2]),
    Int32Array.of(1, 0, 2),
    BigInt64Array.of(1n, 0n, 2n),
  ])
    expect(lz.repeat([7, 8, 9], repeats).toArray()).toEqual([7, 9, 9]);
  expect(
    lz
      .array([[1, 2]])
      .repeat(int32(2), 1)
      .toArray(),
  ).toEqual([[1, 1, 2, 2]]);
  expect(lz.repeat([7, 8], lz.full([], 2)).toArray()).toEqual([7, 7, 8, 8]);
  expect(lz.delete([7, 8, 9], int32(0, -1)).toArray()).toEqual([8]);
  expect(lz.insert([7, 8, 9], int32(0, 2), 1).toArray()).toEqual([1, 7, 8, 1, 9]);
  expect(lz.split([7, 8, 9], int32(1)).map((part) => part.toArray())).toEqual([[7], [8, 9]]);
  expect(() => lz.repeat([7, 8], [0.5, 1])).toThrow(/whole number/);
  expect(() => lz.repeat([7, 8], lz.array([0.5, 1]))).toThrow(/whole number/);
  expect(() => lz.delete([7, 8], lz.array([true, false]))).toThrow(lz.DTypeError);
  expect(() => lz.compile((k) => lz.repeat([7, 8], k))(int32(1, 2))).toThrow(lz.TraceError);
});

test.each(targets)('unpackbits fills up to its count, on %s', (target) => {
  const bits = (options: { count: number; bitorder?: 'little' }): readonly number[] =>
    Array.from(lz.unpackbits(Uint8Array.of(5), options).dataSync({ target }));
  expect(bits({ count: 10 })).toEqual([0, 0, 0, 0, 0, 1, 0, 1, 0, 0]);
  expect(bits({ count: -6, bitorder: 'little' })).toEqual([1, 0]);
  expect(lz.unpackbits(lz.zeros([2, 0], { dtype: 'uint8' }), { axis: 1, count: 3 }).shape).toEqual([2, 3]);
  expect(() => bits({ count: -9 })).toThrow(lz.OptionError);
  expect(() => bits({ count: 1.5 })).toThrow(lz.OptionError);
});

test('values that the dtype of the array cannot hold are refused, never rounded', () => {
  const k = int32(1, 2, 3);
  const calls = {
    diff: [() => lz.diff(k, { prepend: 0.5 }), () => lz.diff(k, { append: lz.array([0.5]) })],
    ediff1d: [() => lz.ediff1d(k, { toEnd: 0.5 }), () => lz.ediff1d(k, { toBegin: [0.5] })],
    insert: [() => lz.insert(k, 0, 0.5), () => lz.insert(k, 0, lz.array([0.5]))],
    sum: [() => lz.sum(k, { initial: 0.5 }), () => lz.sum(k, { initial: lz.array(0.5) })],
    max: [() => k.max({ initial: 0.5 })],
  };
  for (const [name, list] of Object.entries(calls))
    for (const call of list) {
      expect(call, name).toThrow(lz.DTypeError);
      expect(call, name).toThrow(new RegExp(`^${name}: `));
    }
  expect(lz.diff(k, { prepend: [0], append: int32(9) }).toArray()).toEqual([1, 1, 1, 6]);
  expect(lz.diff(k, { prepend: 0 }).dtype).toBe('int32');
  expect(lz.insert(k, 1, [7, 8]).toArray()).toEqual([1, 7, 8, 2, 3]);
  expect(k.sum({ initial: 1 }).item()).toBe(7n);
});

test.each(targets)('between -Infinity and a number is -Infinity, on %s', (target) => {
  const values = lz.quantile([-Infinity, -Infinity, 1, 2], [0, 0.1, 0.4, 0.5, 1]).dataSync({ target });
  expect(Array.from(values)).toEqual([-Infinity, -Infinity, -Infinity, -Infinity, 2]);
  expect(lz.quantile([-Infinity, Infinity], 0.5).item({ target })).toBeNaN();
  expect(lz.quantile([1, 2, Infinity], 0.6).item({ target })).toBe(Infinity);
});

test.each(targets)('logaddexp does not overflow, on %s', (target) => {
  const x = [0, 1000, -1000, 1, Infinity, -Infinity, -Infinity, NaN];
  const y = [0, 1000, -1000, -40, 1, 1, -Infinity, 1];
  const read = (a: lz.LazyArray): readonly number[] => Array.from(a.dataSync({ target }), Number);
  const wanted = [Math.LN2, 1000 + Math.LN2, -1000 + Math.LN2, 1, Infinity, 1, -Infinity, NaN];
  read(lz.logaddexp(x, y)).forEach((value, k) => {
    const other = wanted[k] ?? NaN;
    if (Number.isFinite(other)) expect(value, `at ${k}`).toBeCloseTo(other, 12);
    else expect(value, `at ${k}`).toBe(other);
  });
  expect(read(lz.logaddexp2([3, 0, Infinity, -Infinity], [3, 1, Infinity, -Infinity]))).toEqual([
    4,
    Math.log2(3),
    Infinity,
    -Infinity,
  ]);
  expect(lz.logaddexp(lz.zeros(2, { dtype: 'float32' }), 1).dtype).toBe('float32');
  expect(lz.logaddexp(int32(1), 2).dtype).toBe('float64');
});

test('a scalar beside an array takes its dtype', () => {
  const x = lz.array([1, 2], { dtype: 'float32' });
  const k = int32(1, 2);
  const results = {
    kron: lz.kron(x, 2.5),
    dot: lz.dot(x, 2.5),
    inner: lz.inner(2.5, x),
    tensordot: lz.tensordot(x, 2.5, 0),
    append: lz.append(x, 0.5),
    fmod: lz.fmod(2.5, x),
    logaddexp: lz.logaddexp(2.5, x),
  };
  for (const [name, result] of Object.entries(results)) expect(result.dtype, name).toBe('float32');
  expect(lz.append(k, 3).dtype).toBe('int32');
  expect(lz.append(k, 0.5).toArray()).toEqual([1, 2, 0.5]);
  expect(lz.kron(k, 2).dtype).toBe('int32');
  expect(lz.fmod(7, k).toArray()).toEqual([0, 1]);
  expect(lz.append(1, 2).toArray()).toEqual([1, 2]);
});

test('errors name the call that was made', () => {
  const bools = lz.array([true]);
  const calls: Readonly<Record<string, () => unknown>> = {
    inner: () => lz.inner(bools, bools),
    vdot: () => lz.vdot(bools, bools),
    dot: () => lz.dot([1, 2], [1, 2, 3]),
    tensordot: () => lz.tensordot(bools, bools, 1),
    diff: () => lz.diff([[1, 2]], { prepend: [1, 2, 3] }),
    cov: () => lz.cov([[1, 2]], [[1, 2, 3]]),
    vstack: () => lz.vstack([]),
    hstack: () => lz.hstack([[[1]], [[2], [3]]]),
    append: () => lz.append([[1]], [1, 2], 0),
    isclose: () => untyped.isclose?.([1], [1], { rtol: 'a' }),
  };
  for (const [name, call] of Object.entries(calls)) expect(call).toThrow(new RegExp(`^${name}: `));
});

test('wrong arguments are errors of lazuli', () => {
  const calls: readonly (() => unknown)[] = [
    () => untyped.exp?.([1], {}, []),
    () => untyped.add?.([1], [1], {}, []),
    () => untyped.piecewise?.([1], [[true]]),
    () => untyped.piecewise?.([1], [[true]], { 0: 1 }),
    () => untyped.slidingWindowView?.([1, 2], 1, { axis: 'a' }),
    () => untyped.unwrap?.([1, 2], { period: 0 }),
    () => lz.searchsorted([3, 1, 2], [2], { sorter: [1, 2] }),
    () => lz.searchsorted([3, 1, 2], [2], { sorter: [[1, 2, 0]] }),
    () => lz.searchsorted([3, 1, 2], [2], { sorter: [1, 2, 3] }),
  ];
  for (const call of calls) expect(call).toThrow(lz.LazuliError);
});
