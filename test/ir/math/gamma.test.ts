/** lgamma: limits, poles, factorials, the recurrence, and no step where one formula takes over from another. */
import { describe, expect, test } from 'vitest';
import { onNumbers, onSingles } from '../../../src/ir/math/functions.ts';
import { distance, everyExponent, expectTable, neighbour, sample } from './laws.ts';

const lgamma = onNumbers('lgamma');

// From 200-bit arithmetic.
const known: readonly (readonly [x: number, lgamma: number])[] = [
  [0.001, 6.907178885383853],
  [0.1, 2.252712651734206],
  [0.25, 1.2880225246980774],
  [0.5, 0.5723649429247001],
  [0.65, 0.32555218791990287],
  [0.75, 0.20328095143129538],
  [0.99, 0.005854806764709781],
  [1.1, -0.049872441259839764],
  [1.25, -0.09827183642181316],
  [1.4616, -0.12148629003589732],
  [1.75, -0.08440112102048555],
  [1.9, -0.03898427592308336],
  [2.25, 0.1248717148923966],
  [2.75, 0.47521466691493713],
  [3.25, 0.9358019311087253],
  [4.5, 2.4537365708424423],
  [6.75, 6.115915891431546],
  [7.9, 8.32426586800881],
  [8, 8.525161361065415],
  [9.5, 11.689333420797269],
  [30, 71.25703896716801],
  [1000.5, 5908.674175848678],
  [10000000000, 220258509288.81058],
  [1e100, 2.2925850929940456e102],
  [1e300, 6.897755278982137e302],
  [-0.25, 1.589575312551186],
  [-0.5, 1.2655121234846454],
  [-1.5, 0.860047015376481],
  [-3.25, -0.6231534513209986],
  [-10.5, -15.147270590717842],
];

describe('values', () => {
  test('limits and poles', () =>
    expectTable('lgamma', [
      [1, 0],
      [2, 0],
      [0, Infinity],
      [-0, Infinity],
      [-1, Infinity],
      [-2, Infinity],
      [-1e30, Infinity],
      [Infinity, Infinity],
      [-Infinity, Infinity],
      [NaN, NaN],
    ]));
  test('known values', () => {
    for (const [x, result] of known)
      expect(distance(lgamma(x, 0), result), `lgamma(${x})`).toBeLessThanOrEqual(2);
  });
  test('where it overflows', () => {
    expect(lgamma(2.5599833278516383e305, 0)).toBe(Number.MAX_VALUE);
    expect(lgamma(2.5599833278516387e305, 0)).toBe(Infinity);
  });
  test('logarithms of factorials', () => {
    let factorial = 1;
    for (let n = 1; n <= 22; n++) {
      expect(distance(lgamma(n, 0), Math.log(factorial))).toBeLessThanOrEqual(2);
      factorial *= n;
    }
  });
});

test('tiny arguments give minus their logarithm', () => {
  for (const x of everyExponent(-1074, -60))
    for (const sign of [1, -1])
      expect(distance(lgamma(sign * x, 0), -Math.log(x)), `lgamma(${sign * x})`).toBeLessThanOrEqual(2);
});

test('close to the zeros 1 and 2 small results are exact to the last places', () => {
  const slope = 0.5772156649015329;
  for (let e = -52; e <= -30; e++) {
    expect(lgamma(1 + 2 ** e, 0) / 2 ** e).toBeCloseTo(-slope, 8);
    expect(lgamma(1 - 2 ** e, 0) / 2 ** e).toBeCloseTo(slope, 8);
    expect(lgamma(2 + 2 ** (e + 1), 0) / 2 ** (e + 1)).toBeCloseTo(1 - slope, 8);
  }
});

test('gamma(x + 1) = x gamma(x), also for negative x', () => {
  for (const x of sample(-20, 20, 2000)) {
    const [step, left, right] = [Math.log(Math.abs(x)), lgamma(x, 0), lgamma(x + 1, 0)];
    const size = Math.max(1, Math.abs(step), Math.abs(left), Math.abs(right));
    // Rounding x + 1 counts for much next to poles.
    const distanceToPole = Math.min(Math.abs(x - Math.round(x)), 1);
    expect(Math.abs(right - left - step), `${x}`).toBeLessThan(size * 1e-15 + 4e-15 / distanceToPole);
  }
});

test('no step at the joins', () => {
  for (const join of [-0.3, 0.2, 0.7, 1.2, 1.7, 2.5, 3.5, 7.5, 8]) {
    const [below, above] = [lgamma(neighbour(join, -1), 0), lgamma(neighbour(join, 1), 0)];
    expect(Math.abs(above - below), `${join}`).toBeLessThan(Math.max(1, Math.abs(above)) * 1e-15);
  }
});

test('the float32 function is the rounded float64 function, in all but halfway cases', () => {
  for (const value of [...sample(0, 12, 3000), ...everyExponent(-149, 120)]) {
    const x = Math.fround(value);
    const exact = lgamma(x, 0);
    const place = 2 ** (Math.floor(Math.log2(Math.abs(exact))) - 23);
    expect(Math.abs(onSingles('lgamma')(x, 0) - exact), `lgamma(${x})`).toBeLessThanOrEqual(0.52 * place);
  }
});
