/** What holds to the bit for the float32 programs: exact points, symmetry, small arguments, and no steps down at joins. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { onNumbers, type MathFunction } from '../../../src/ir/math/functions.ts';
import { onFloats } from '../../../src/ir/math32/functions.ts';

const of = (name: MathFunction, x: number, y = 0): number => onFloats(name)(Math.fround(x), Math.fround(y));

const odd = ['sin', 'tan', 'asin', 'atan', 'sinh', 'tanh', 'asinh', 'atanh', 'cbrt', 'erf'] as const;
const even = ['cos', 'cosh'] as const;
const floats = fc.float({ noNaN: true });

test('odd functions are odd and even ones even, to the bit', () => {
  fc.assert(
    fc.property(floats, (x) => {
      for (const name of odd) expect(of(name, -x), `${name}(${x})`).toBe(-of(name, x));
      for (const name of even) expect(of(name, -x), `${name}(${x})`).toBe(of(name, x));
    }),
  );
});

test('small arguments are their own result, subnormal ones too, also where arithmetic flushes them', () => {
  const names = ['sin', 'tan', 'asin', 'atan', 'sinh', 'tanh', 'asinh', 'atanh', 'expm1', 'log1p'] as const;
  for (const name of names) {
    const f = onFloats(name, { flush: true });
    for (const x of [0, -0, 2 ** -149, -(2 ** -130), 2 ** -126, -(2 ** -40)]) expect(f(x, 0), name).toBe(x);
  }
});

test('zeros, ones and their like', () => {
  for (const name of ['cos', 'cosh', 'exp', 'exp2', 'erfc'] as const)
    for (const zero of [0, -0]) expect(of(name, zero), name).toBe(1);
  for (const name of ['log', 'log2', 'log10', 'acos', 'acosh', 'lgamma', 'erfcinv'] as const)
    expect(of(name, 1), name).toBe(0);
  expect(of('lgamma', 2)).toBe(0);
  expect(of('sin', Math.PI / 2)).toBe(1);
  for (const sign of [1, -1]) {
    expect(of('asin', sign)).toBe(Math.fround((sign * Math.PI) / 2));
    expect(of('atan', sign * Infinity)).toBe(Math.fround((sign * Math.PI) / 2));
    expect(of('tanh', sign * 40)).toBe(sign);
    expect(of('erf', sign * 40)).toBe(sign);
  }
  for (let n = -50; n <= 50; n++) expect(of('cbrt', n ** 3)).toBe(n);
  for (let n = 0; n <= 10; n++) expect(of('log10', 10 ** n)).toBe(n);
  expect(of('hypot', 3, 4)).toBe(5);
});

test('powers of two', () => {
  for (let n = -149; n <= 127; n++) {
    expect(of('exp2', n)).toBe(2 ** n);
    expect(of('pow', 2, n)).toBe(2 ** n);
    expect(of('log2', 2 ** n)).toBe(n);
    expect(of('hypot', 2 ** n, 0)).toBe(2 ** n);
  }
});

test('pow of whole numbers is exact where the result is', () => {
  fc.assert(
    fc.property(floats, fc.integer({ min: -200, max: 200 }), (x, few) => {
      expect(of('pow', x, 0)).toBe(1);
      expect(of('pow', x, -0)).toBe(1);
      expect(of('pow', x, 1)).toBe(x);
      expect(of('pow', few, 2)).toBe(few * few);
      expect(of('pow', few, 3)).toBe(few * few * few);
    }),
  );
});

test('atan2 knows the quadrant of every pair', () => {
  for (const y of [0, -0, 1e-40, 1, 3e38, Infinity, -1e-40, -1, -3e38, -Infinity])
    for (const x of [0, -0, 1e-40, 1, 3e38, Infinity, -1e-40, -1, -3e38, -Infinity]) {
      const exact = Math.atan2(Math.fround(y), Math.fround(x));
      const unit = Math.max(2 ** (Math.floor(Math.log2(Math.abs(exact))) - 23), 2 ** -149);
      const actual = of('atan2', y, x);
      if (exact === 0) expect(actual, `atan2(${y}, ${x})`).toBe(exact);
      else expect(Math.abs(actual - exact), `atan2(${y}, ${x})`).toBeLessThanOrEqual(unit);
    }
});

const joins: Readonly<Partial<Record<MathFunction, readonly number[]>>> = {
  exp: [Math.LN2 / 2, -Math.LN2 / 2, 1.5 * Math.LN2],
  expm1: [2 ** -25, Math.LN2 / 2, -Math.LN2 / 2, 10],
  log: [Math.SQRT1_2, Math.SQRT2, 1],
  log1p: [2 ** -25, 0.25, -0.25, Math.SQRT2 - 1],
  log2: [Math.SQRT1_2, Math.SQRT2, 1],
  asin: [2 ** -13, 0.5],
  atan: [2 ** -13, 1 / 3, 1, 3],
  sinh: [2 ** -13, Math.LN2 / 2, 1.5 * Math.LN2],
  tanh: [2 ** -13, Math.LN2 / 4],
  asinh: [2 ** -13, 0.5, 2 ** 13],
  acosh: [1.03, 2 ** 13],
  atanh: [2 ** -13, 0.111],
  cbrt: [1, 2, 4, 8],
  erf: [0.73, 3.9],
};

test('rising functions fall by one place at most where their pieces meet', () => {
  const bits = new Uint32Array(1);
  const shared = new Float32Array(bits.buffer);
  for (const [name, points] of Object.entries(joins) as [MathFunction, readonly number[]][])
    for (const join of points) {
      let before = -Infinity;
      for (let step = -100; step <= 100; step++) {
        shared[0] = join;
        bits[0] = (bits[0] ?? 0) + (join < 0 ? -step : step);
        const x = shared[0];
        const now = of(name, x);
        const unit = 2 ** (Math.floor(Math.log2(Math.abs(now) || 2 ** -126)) - 23);
        expect(before - now, `${name} falls at ${x}`).toBeLessThanOrEqual(unit);
        before = now;
      }
    }
});

test('lgamma of negative numbers is off by a few parts in 2^24 of the terms that cancel', () => {
  const f = onFloats('lgamma');
  const exactly = onNumbers('lgamma');
  fc.assert(
    fc.property(fc.float({ min: -1000, max: Math.fround(-0.001), noNaN: true }), (x) => {
      if (Number.isInteger(x)) expect(f(x, 0)).toBe(Infinity);
      else {
        const exact = exactly(x, 0);
        const terms = Math.max(1, Math.abs(exact), Math.abs(exactly(-x, 0)));
        expect(Math.abs(f(x, 0) - exact), `lgamma(${x})`).toBeLessThanOrEqual(4 * 2 ** -24 * terms);
      }
    }),
    { numRuns: 2000 },
  );
});
