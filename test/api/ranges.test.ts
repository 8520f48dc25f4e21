/** arange and linspace keep their promises whatever the rounding, in every dtype and on every target. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { dtypeTable, type FloatDType } from '../../src/ir/dtype.ts';
import { normalize } from '../../src/ir/scalar.ts';
import { settings } from '../support/runs.ts';

const targets = ['js', 'wasm', 'reference'] as const;
const floats = ['float64', 'float32', 'float16'] as const;

/** The values on every target, which have to agree. */
function valuesOf(x: lz.LazyArray): number[] {
  const all = targets.map((target) => Array.from(x.dataSync({ target, memo: false }), Number));
  for (const values of all) expect(values).toEqual(all[0]);
  return all[0] ?? [];
}

const ordinary = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }).map((k) => k / 10),
  fc.integer({ min: -30, max: 30 }).map((k) => k * 0.7),
  fc.double({ min: -1e3, max: 1e3, noNaN: true }),
);

describe('arange', () => {
  const fractional = fc.record({
    start: ordinary,
    step: fc.oneof(
      fc.integer({ min: 1, max: 40 }).map((k) => k / 10),
      fc.double({ min: 0.01, max: 7, noNaN: true }),
    ),
    count: fc.integer({ min: 0, max: 60 }),
    sign: fc.constantFrom(1, -1),
    off: fc.constantFrom(0, 0, 0, 0.5, 2 ** -40, -(2 ** -40)),
    dtype: fc.constantFrom(...floats),
  });

  test('no element reaches the stop, as given and in its dtype, and the next one would', () => {
    fc.assert(
      fc.property(fractional, ({ start, step, count, sign, off, dtype }) => {
        const by = sign * step;
        const stop = start + by * (count + off);
        const values = valuesOf(lz.arange(start, stop, by, { dtype }));
        const ends = [stop, Number(normalize(dtype, stop))];
        const isBefore = (x: number): boolean => ends.every((end) => (by > 0 ? x < end : x > end));
        const element = (i: number): number => Number(normalize(dtype, i * by + start));
        expect(values.filter((x) => !isBefore(x))).toEqual([]);
        // + 0 where the product is -0.
        expect(values).toEqual(values.map((_, i) => element(i)));
        const next = values.length * by + start;
        expect(isBefore(next) && isBefore(element(values.length))).toBe(false);
      }),
      settings(200),
    );
  });

  test('reads like a decimal range', () => {
    expect(lz.arange(1, 1.3, 0.1).toArray()).toEqual([1, 1.1, 1.2]);
    expect(lz.arange(1.3, 1, -0.1).shape).toEqual([3]);
    expect(lz.arange(0, 0.7, 0.1, { dtype: 'float32' }).shape).toEqual([7]);
    expect(lz.arange(0, 1, 0.1, { dtype: 'float16' }).shape).toEqual([10]);
    expect(lz.arange(0, -3, -1).dataSync()).toEqual(Float64Array.of(0, -1, -2));
  });

  test('steps that do not change the value, and ends far apart', () => {
    expect(valuesOf(lz.arange(1, 1 + 2 ** -52, 2 ** -55))).toEqual([1, 1, 1, 1, 1]);
    expect(valuesOf(lz.arange(1e16, 1e16 + 4, 0.5)).every((x) => x >= 1e16 && x < 1e16 + 4)).toBe(true);
    const wide = valuesOf(lz.arange(-1.5e308, 1.6e308, 1e307));
    expect(wide.at(-1)).toBeLessThan(1.6e308);
    expect(wide.every(Number.isFinite)).toBe(true);
    expect(valuesOf(lz.arange(-2.5e-323, 2.5e-323, 5e-324)).length).toBe(10);
    expect(valuesOf(lz.arange(0, 5e-324, 5e-324))).toEqual([0]);
    expect(() => lz.arange(1e16, 1e16 + 2, 1e-300)).toThrow(lz.ShapeError);
    expect(lz.arange(2 ** 31 - 1).shape).toEqual([2 ** 31 - 1]);
  });

  test('float16 ends where it has no further numbers', () => {
    // From 2048 on there are the even numbers only.
    const values = valuesOf(lz.arange(2040, 2060, 1, { dtype: 'float16' }));
    expect(values.at(-1)).toBeLessThan(2060);
    expect(() => lz.arange(0, 1e6, 1000, { dtype: 'float16' })).toThrow(
      'arange: element 999000 does not fit float16; use a wider dtype',
    );
    expect(lz.arange(0, 1e6, 60000, { dtype: 'float32' }).shape).toEqual([17]);
  });

  const integers = fc.record({
    start: fc.integer({ min: -300, max: 300 }),
    stop: fc.oneof(
      fc.integer({ min: -300, max: 300 }),
      fc.double({ min: -300, max: 300, noNaN: true }),
      fc.bigInt({ min: -300n, max: 300n }),
    ),
    step: fc.integer({ min: -300, max: 300 }).filter((step) => step !== 0),
    dtype: fc.constantFrom('int8', 'uint8', 'int16', 'uint16', 'int64', 'uint64'),
    big: fc.boolean(),
  });

  test('integers are those before the stop, or a DTypeError where one does not fit', () => {
    fc.assert(
      fc.property(integers, ({ start, stop, step, dtype, big }) => {
        const expected: number[] = [];
        for (let x = start; step > 0 ? x < Number(stop) : x > Number(stop); x += step) expected.push(x);
        const { min, max } = dtypeTable[dtype];
        const make = (): lz.LazyArray => {
          const asked = big && typeof stop === 'bigint';
          return asked
            ? lz.arange(BigInt(start), stop, BigInt(step), { dtype })
            : lz.arange(start, Number(stop), step, { dtype });
        };
        if (expected.every((x) => x >= min && x <= max)) expect(valuesOf(make())).toEqual(expected);
        else expect(make).toThrow(lz.DTypeError);
      }),
      settings(200),
    );
  });

  test('refuses what full refuses', () => {
    expect(() => lz.arange(300, { dtype: 'int8' })).toThrow(
      'arange: element 299 does not fit int8, which holds -128 to 127; use a wider dtype',
    );
    expect(lz.arange(128, { dtype: 'int8' }).max().item()).toBe(127);
    expect(lz.arange(256, { dtype: 'uint8' }).max().item()).toBe(255);
    expect(() => lz.arange(-1, 5, { dtype: 'uint32' })).toThrow(lz.DTypeError);
    expect(lz.arange(2n ** 63n - 2n, 2n ** 63n).toArray()).toEqual([2n ** 63n - 2n, 2n ** 63n - 1n]);
    expect(() => lz.arange(2n ** 63n - 2n, 2n ** 63n + 1n)).toThrow(lz.DTypeError);
    expect(lz.arange(2n ** 64n - 2n, 2n ** 64n, { dtype: 'uint64' }).toArray()).toEqual([
      2n ** 64n - 2n,
      2n ** 64n - 1n,
    ]);
    expect(() => lz.arange(2n ** 53n + 1n, 2n ** 53n + 3n, { dtype: 'float64' })).toThrow(lz.DTypeError);
    for (const bad of [NaN, Infinity, -Infinity])
      for (const call of [
        () => lz.arange(bad),
        () => lz.arange(0, 5, bad),
        () => lz.arange(bad, 3, { dtype: 'int32' }),
      ])
        expect(call).toThrow(lz.OptionError);
  });
});

describe('linspace', () => {
  const end = fc.oneof(
    ordinary,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(0, -0, 5e-324, -5e-324, 1.5e-323, 1e-310, Number.MAX_VALUE, -Number.MAX_VALUE, 1),
  );
  const one = fc.record({
    start: end,
    stop: end,
    same: fc.boolean(),
    num: fc.oneof(fc.constantFrom(1, 2, 3), fc.integer({ min: 1, max: 120 })),
    dtype: fc.constantFrom<FloatDType>('float64', 'float64', 'float32', 'float16'),
    endpoint: fc.boolean(),
  });

  test('ends are exact, values are finite and monotone, for all finite ends', () => {
    fc.assert(
      fc.property(one, ({ start, stop: other, same, num, dtype, endpoint }) => {
        const stop = same && num > 3 ? start : other;
        const make = (): lz.LazyArray => lz.linspace(start, stop, num, { dtype, endpoint });
        const [first, last] = [start, stop].map((x) => Number(normalize(dtype, x)));
        if (![first, last].every(Number.isFinite)) {
          expect(make).toThrow(lz.DTypeError);
          return;
        }
        const values = valuesOf(make());
        expect(values.length).toBe(num);
        expect(values[0]).toBe(first);
        if (endpoint && num > 1) expect(values.at(-1)).toBe(last);
        expect(values.filter((x) => !Number.isFinite(x))).toEqual([]);
        const up = stop >= start;
        for (const [i, x] of values.entries()) {
          const next = values[i + 1] ?? last ?? x;
          if (num > 1 || !endpoint) expect(up ? x <= next : x >= next, `${i}: ${x}, ${next}`).toBe(true);
        }
      }),
      settings(300),
    );
  });

  test('the distance may be beyond float64, the step below it', () => {
    expect(valuesOf(lz.linspace(-1e308, 1e308, 11)).filter((x) => !Number.isFinite(x))).toEqual([]);
    expect(lz.linspace(-1e308, 1e308, 3).toArray()).toEqual([-1e308, 0, 1e308]);
    expect(lz.linspace(0, 1.5e-323, 4).toArray()).toEqual([0, 5e-324, 1e-323, 1.5e-323]);
    const small = lz.linspace(0, 60 * 5e-324, 100).dataSync();
    expect(small.every((x, i) => i === 0 || x >= (small[i - 1] ?? 0))).toBe(true);
  });

  test('refuses ends that are not finite', () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      expect(() => lz.linspace(bad, 1)).toThrow(lz.OptionError);
      expect(() => lz.linspace(0, bad)).toThrow(`linspace: stop must be a finite number, not ${bad}`);
    }
    expect(() => lz.linspace(0, 70000, 3, { dtype: 'float16' })).toThrow(lz.DTypeError);
  });
});
