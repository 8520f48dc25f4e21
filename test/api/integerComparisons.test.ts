/** Comparisons of integers are exact, whatever their dtypes; so is which of two is the smaller. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { dtypeNames, dtypeTable, isInteger, type DType } from '../../src/ir/dtype.ts';
import { castScalar } from '../../src/ir/scalar.ts';
import { arrayOf } from '../support/specials.ts';
import { settings } from '../support/runs.ts';

const targets = ['js', 'wasm', 'reference'] as const;
const integers = dtypeNames.filter((dtype) => isInteger(dtype) || dtype === 'bool');

const comparisons = {
  equal: (x, y) => x === y,
  notEqual: (x, y) => x !== y,
  less: (x, y) => x < y,
  lessEqual: (x, y) => x <= y,
  greater: (x, y) => x > y,
  greaterEqual: (x, y) => x >= y,
} as const satisfies Record<string, (x: bigint, y: bigint) => boolean>;
type Comparison = keyof typeof comparisons;
const names = Object.keys(comparisons) as Comparison[];

/** Around the powers of two, where dtypes end and floats lose the last bits. */
const around = fc
  .tuple(fc.integer({ min: 0, max: 64 }), fc.bigInt({ min: -3n, max: 3n }), fc.constantFrom(1n, -1n))
  .map(([power, near, sign]) => sign * (2n ** BigInt(power) + near));
const value = fc.oneof(around, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }));

const elementOf = (dtype: DType, x: bigint): bigint => {
  const { min, max } = dtypeTable[dtype];
  return x < min ? BigInt(min) : x > max ? BigInt(max) : x;
};
const arrayIn = (dtype: DType, values: readonly bigint[]): lz.LazyArray =>
  lz.asArray(arrayOf(dtype, values.map((x) => (dtype.endsWith('64') ? x : Number(x))) as never), { dtype });

const expectEverywhere = (x: lz.LazyArray, expected: readonly unknown[], what: string): void => {
  for (const target of targets)
    expect([...x.dataSync({ target, memo: false })], `${what} on ${target}`).toEqual(expected);
};

describe('arrays of two integer dtypes', () => {
  const pairs = fc.record({
    left: fc.constantFrom<DType>('int64', 'uint64', ...integers),
    right: fc.constantFrom<DType>('uint64', 'int64', ...integers),
    values: fc.array(fc.tuple(value, value, fc.boolean()), { minLength: 1, maxLength: 12 }),
  });

  test('compare as whole numbers', () => {
    fc.assert(
      fc.property(pairs, fc.constantFrom(...names), ({ left, right, values }, name) => {
        const xs = values.map(([x]) => elementOf(left, x));
        const ys = values.map(([, y, same], k) => elementOf(right, same ? (xs[k] ?? y) : y));
        const [x, y] = [arrayIn(left, xs), arrayIn(right, ys)];
        const expected = xs.map((a, k) => Number(comparisons[name](a, ys[k] ?? 0n)));
        expectEverywhere(lz[name](x, y), expected, `${left} ${name} ${right}`);
      }),
      settings(120),
    );
  });

  test('minimum, maximum and clip give the dtype they meet in, of the number that is right exactly', () => {
    fc.assert(
      fc.property(pairs, ({ left, right, values }) => {
        const [a, b] = [left, right].map((dtype) => (dtype === 'bool' ? 'int8' : dtype)) as [DType, DType];
        const xs = values.map(([x]) => elementOf(a, x));
        const ys = values.map(([, y, same], k) => elementOf(b, same ? (xs[k] ?? y) : y));
        const [x, y] = [arrayIn(a, xs), arrayIn(b, ys)];
        const met = lz.promoteTypes(a, b);
        const as = (whole: bigint): unknown =>
          met === 'float64' ? Number(whole) : castScalar(whole, whole < 0n ? 'int64' : 'uint64', met);
        const smaller = xs.map((u, k) => (u < (ys[k] ?? 0n) ? u : (ys[k] ?? 0n)));
        const larger = xs.map((u, k) => (u > (ys[k] ?? 0n) ? u : (ys[k] ?? 0n)));
        expectEverywhere(lz.minimum(x, y), smaller.map(as), `minimum of ${a} and ${b}`);
        expectEverywhere(lz.maximum(x, y), larger.map(as), `maximum of ${a} and ${b}`);
        expectEverywhere(lz.clip(x, y, y), ys.map(as), `clip of ${a} to ${b}`);
      }),
      settings(60),
    );
  });

  test('differ by one beyond the bits of float64', () => {
    const x = lz.array([701389446541966655n], { dtype: 'uint64' });
    const y = lz.array([701389446541966656n]);
    expect(x.equal(y).item()).toBe(false);
    expect(y.equal(x).item()).toBe(false);
    expect(x.less(y).item()).toBe(true);
    expect(y.greaterEqual(x).item()).toBe(true);
    const top = lz.array([2n ** 64n - 1n], { dtype: 'uint64' });
    expect(top.equal(lz.array([-1n])).item()).toBe(false);
    expect(lz.array([-1], { dtype: 'int8' }).less(top).item()).toBe(true);
    expect(x.reshape([1, 1]).greater(y).shape).toEqual([1, 1]);
  });
});

describe('an integer array beside a JS number or bigint', () => {
  const scalars = fc.oneof(
    value,
    value.map(Number),
    fc.constantFrom(0.5, -0.5, 2 ** 63, 2 ** 64, -(2 ** 63), 2 ** 53 + 2, NaN, Infinity, -Infinity, -0),
    fc.double(),
  );
  test('compares exactly, or the dtype cannot hold the number, which is a DTypeError', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...integers),
        fc.array(value, { minLength: 1, maxLength: 6 }),
        scalars,
        fc.constantFrom(...names),
        fc.boolean(),
        (dtype, given, scalar, name, swapped) => {
          const xs = given.map((x) => elementOf(dtype, x));
          const x = arrayIn(dtype, xs);
          const make = (): lz.LazyArray => (swapped ? lz[name](scalar, x) : lz[name](x, scalar));
          const whole = typeof scalar === 'bigint' || Number.isInteger(scalar);
          const held = dtype === 'bool' ? 'int64' : dtype;
          const { min, max } = dtypeTable[held];
          if (whole && (scalar < min || scalar > max)) {
            expect(make).toThrow(lz.DTypeError);
            return;
          }
          // JS compares bigints with numbers exactly.
          const compare = comparisons[name] as (u: unknown, v: unknown) => boolean;
          const expected = xs.map((a) => {
            const exact = whole ? BigInt(scalar) : scalar;
            if (!whole && name === 'equal') return 0;
            if (!whole && name === 'notEqual') return 1;
            return Number(swapped ? compare(exact, a) : compare(a, exact));
          });
          expectEverywhere(make(), expected, `${dtype} ${name} ${scalar}`);
        },
      ),
      settings(150),
    );
  });
});
