/** asin, acos, atan and atan2: limits, exact points, symmetry, and no step where one formula takes over from another. */
import { describe, expect, test } from 'vitest';
import { onNumbers, onSingles } from '../../../src/ir/math/functions.ts';
import {
  distance,
  everyExponent,
  expectNear,
  expectOdd,
  expectRisingAt,
  expectTable,
  neighbour,
  sample,
} from './laws.ts';

const { PI } = Math;

describe('asin and acos', () => {
  test('limits and exact points', () => {
    expectTable('asin', [
      [0, 0],
      [-0, -0],
      [1, PI / 2],
      [-1, -PI / 2],
      [2, NaN],
      [-Infinity, NaN],
      [NaN, NaN],
    ]);
    expectTable('acos', [
      [1, 0],
      [-1, PI],
      [0, PI / 2],
      [-0, PI / 2],
      [-2, NaN],
      [Infinity, NaN],
      [NaN, NaN],
    ]);
    expect(onNumbers('asin')(neighbour(1, 1), 0)).toBe(NaN);
    expect(onNumbers('acos')(neighbour(-1, -1), 0)).toBe(NaN);
  });
  test('the engine agrees', () => {
    const arguments_ = [...sample(-1, 1, 3000), ...everyExponent(-1074, -1)];
    expectNear('asin', Math.asin, arguments_);
    expectNear('acos', Math.acos, arguments_);
  });
  test('asin is odd and rises across its joins', () => {
    expectOdd('asin', [...sample(0, 1, 1000), ...everyExponent(-1074, -1)]);
    expectRisingAt('asin', [0.5, -0.5, 2 ** -27]);
  });
});

describe('atan', () => {
  test('limits and exact points', () =>
    expectTable('atan', [
      [0, 0],
      [-0, -0],
      [1, PI / 4],
      [Infinity, PI / 2],
      [-Infinity, -PI / 2],
      [1e300, PI / 2],
      [5e-324, 5e-324],
      [NaN, NaN],
    ]));
  test('the engine agrees', () => {
    expectNear('atan', Math.atan, everyExponent(-1074, 1023));
    expectNear('atan', Math.atan, sample(-5, 5, 3000));
  });
  test('is odd and rises across its joins', () => {
    expectOdd('atan', everyExponent(-1074, 1023));
    expectRisingAt('atan', [1 / 3, 1, 3, 2 ** 60]);
  });
});

describe('atan2', () => {
  test('zeros and infinities, as in C99', () => {
    const rows: number[][] = [];
    for (const sign of [1, -1]) {
      rows.push([sign * 0, 0, sign * 0], [sign * 0, -0, sign * PI]);
      rows.push([sign * 0, 2, sign * 0], [sign * 0, -2, sign * PI]);
      rows.push([sign * 2, 0, (sign * PI) / 2], [sign * 2, -0, (sign * PI) / 2]);
      rows.push([sign * 2, Infinity, sign * 0], [sign * 2, -Infinity, sign * PI]);
      rows.push([sign * Infinity, 2, (sign * PI) / 2], [sign * Infinity, -2, (sign * PI) / 2]);
      rows.push([sign * Infinity, Infinity, (sign * PI) / 4]);
      rows.push([sign * Infinity, -Infinity, (sign * 3 * PI) / 4]);
    }
    rows.push([NaN, 1, NaN], [1, NaN, NaN], [NaN, Infinity, NaN], [0, NaN, NaN]);
    expectTable('atan2', rows);
  });
  test('quotients that leave the range', () => {
    const atan2 = onNumbers('atan2');
    expect(atan2(5e-324, 1e308)).toBe(0);
    expect(atan2(-5e-324, 1e308)).toBe(-0);
    expect(atan2(5e-324, 1)).toBe(5e-324);
    expect(atan2(1e308, 5e-324)).toBe(PI / 2);
    expect(atan2(5e-324, -1e308)).toBe(PI);
    expect(atan2(5e-324, 5e-324)).toBe(PI / 4);
    expect(atan2(1.7e308, -1.7e308)).toBe((3 * PI) / 4);
    expect(atan2(1e-310, 3)).toBe(1e-310 / 3);
  });
  test('depends on the ratio only', () => {
    const atan2 = onNumbers('atan2');
    for (const y of sample(0.01, 4, 300))
      for (const e of [-1000, -600, -499, 0, 499, 600, 1000])
        expect(distance(atan2(y * 2 ** e, 1.7 * 2 ** e), atan2(y, 1.7))).toBeLessThanOrEqual(1);
  });
  test('the engine agrees, and float32 with float64', () => {
    for (const y of sample(-3, 3, 60))
      for (const x of sample(-3, 3, 70)) {
        expect(distance(onNumbers('atan2')(y, x), Math.atan2(y, x))).toBeLessThanOrEqual(3);
        const [v, u] = [Math.fround(y), Math.fround(x)];
        const error = onSingles('atan2')(v, u) - onNumbers('atan2')(v, u);
        expect(Math.abs(error)).toBeLessThan(0.52 * 2 ** -22);
      }
  });
});
