/** cbrt and hypot: limits, exact points, and results that do not leave the range on the way. */
import { describe, expect, test } from 'vitest';
import { onNumbers, onSingles } from '../../../src/ir/math/functions.ts';
import {
  distance,
  everyExponent,
  expectNear,
  expectOdd,
  expectRisingAt,
  expectTable,
  sample,
} from './laws.ts';

describe('cbrt', () => {
  test('limits', () =>
    expectTable('cbrt', [
      [0, 0],
      [-0, -0],
      [Infinity, Infinity],
      [-Infinity, -Infinity],
      [NaN, NaN],
    ]));
  test('cubes have exact roots', () => {
    for (let n = 1; n <= 2000; n++) expect(onNumbers('cbrt')(-(n ** 3), 0)).toBe(-n);
    for (let n = 1; n <= 250; n++) expect(onSingles('cbrt')(n ** 3, 0)).toBe(n);
    for (let e = -358; e <= 341; e++) expect(onNumbers('cbrt')(2 ** (3 * e), 0)).toBe(2 ** e);
  });
  test('the engine agrees', () => {
    expectNear('cbrt', Math.cbrt, everyExponent(-1074, 1023));
    expectNear('cbrt', Math.cbrt, sample(-10, 10, 3000));
  });
  test('is odd and rises across its joins', () => {
    expectOdd('cbrt', everyExponent(-1074, 1023));
    expectRisingAt('cbrt', [1, 2, 4, 8, 2 ** -1022]);
  });
});

describe('hypot', () => {
  const hypot = onNumbers('hypot');
  test('limits', () =>
    expectTable('hypot', [
      [0, 0, 0],
      [-0, -0, 0],
      [-0, -3, 3],
      [Infinity, NaN, Infinity],
      [NaN, -Infinity, Infinity],
      [-Infinity, 1, Infinity],
      [NaN, 1, NaN],
      [0, NaN, NaN],
      [NaN, 0, NaN],
    ]));
  test('right triangles of whole sides, of every size', () => {
    for (const [a, b, c] of [
      [3, 4, 5],
      [5, 12, 13],
      [8, 15, 17],
      [20, 21, 29],
    ] as const)
      for (let e = -1074; e <= 1018; e++) expect(hypot(-b * 2 ** e, a * 2 ** e)).toBe(c * 2 ** e);
  });
  test('overflows only where the result does', () => {
    expect(hypot(1e308, 1e308)).toBe(1.4142135623730951e308);
    expect(hypot(1.7e308, 1e308)).toBe(Infinity);
    expect(hypot(5e-324, 5e-324)).toBe(5e-324);
    expect(hypot(1e-200, 1e-200)).toBe(1.414213562373095e-200);
  });
  test('does not depend on order or signs', () => {
    for (const x of everyExponent(-60, 60)) {
      expect(hypot(x, 1.3)).toBe(hypot(-1.3, x));
      expect(distance(hypot(x, 1.3), Math.sqrt(x * x + 1.69))).toBeLessThanOrEqual(2);
    }
  });
});
