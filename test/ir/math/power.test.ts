/** pow: the table of C99 (F.9.4.4), exact points, and the products it must agree with. */
import { describe, expect, test } from 'vitest';
import { onNumbers, onSingles } from '../../../src/ir/math/functions.ts';
import { distance, everyExponent, expectTable, sample } from './laws.ts';

const pow = onNumbers('pow');
const exceptional = [0, -0, 1, -1, 0.5, -0.5, 2, -3, 1e30, -1e30, Infinity, -Infinity, NaN];

describe('the table of C99', () => {
  test('anything to the power 0 is 1, and 1 to any power', () => {
    for (const x of exceptional)
      expectTable('pow', [
        [x, 0, 1],
        [x, -0, 1],
        [1, x, 1],
      ]);
  });
  test('zeros', () =>
    expectTable('pow', [
      [0, 3, 0],
      [-0, 3, -0],
      [0, 2, 0],
      [-0, 2, 0],
      [-0, 2.5, 0],
      [0, -3, Infinity],
      [-0, -3, -Infinity],
      [-0, -2, Infinity],
      [-0, -2.5, Infinity],
      [0, -Infinity, Infinity],
      [-0, -Infinity, Infinity],
      [0, Infinity, 0],
      [-0, Infinity, 0],
    ]));
  test('infinities', () =>
    expectTable('pow', [
      [-1, Infinity, 1],
      [-1, -Infinity, 1],
      [0.5, Infinity, 0],
      [-0.5, Infinity, 0],
      [0.5, -Infinity, Infinity],
      [-0.5, -Infinity, Infinity],
      [2, Infinity, Infinity],
      [-2, Infinity, Infinity],
      [2, -Infinity, 0],
      [-2, -Infinity, 0],
      [Infinity, 2, Infinity],
      [Infinity, 0.5, Infinity],
      [Infinity, -0.5, 0],
      [-Infinity, 3, -Infinity],
      [-Infinity, 2, Infinity],
      [-Infinity, 2.5, Infinity],
      [-Infinity, -3, -0],
      [-Infinity, -2, 0],
      [-Infinity, -2.5, 0],
      [Infinity, Infinity, Infinity],
      [-Infinity, -Infinity, 0],
    ]));
  test('NaN, and negative numbers to broken powers', () =>
    expectTable('pow', [
      [NaN, 1, NaN],
      [NaN, 2, NaN],
      [2, NaN, NaN],
      [0, NaN, NaN],
      [-1, NaN, NaN],
      [-2, 0.5, NaN],
      [-1, 0.5, NaN],
      [-8, 1 / 3, NaN],
    ]));
  test('overflow and underflow keep the sign', () =>
    expectTable('pow', [
      [10, 400, Infinity],
      [-10, 401, -Infinity],
      [-10, 400, Infinity],
      [10, -400, 0],
      [-10, -401, -0],
      [-10, -400, 0],
      [2, 1e30, Infinity],
      [0.5, 1e30, 0],
      [-3, 2 ** 53, Infinity],
      [-1, 2 ** 24 + 2, 1],
    ]));
  test('the largest odd numbers', () => {
    expect(pow(-1, 2 ** 53 - 1)).toBe(-1);
    expect(pow(-1, 2 ** 53)).toBe(1);
    expect(pow(-2, -1073)).toBe(-(2 ** -1073));
  });
});

describe('exact points are exact', () => {
  test('powers of two', () => {
    for (let n = -1074; n <= 1023; n++) expect(pow(2, n)).toBe(2 ** n);
    for (let n = -149; n <= 127; n++) expect(onSingles('pow')(2, n)).toBe(2 ** n);
    for (let n = -500; n <= 500; n++) expect(pow(4, n)).toBe(2 ** (2 * n));
  });
  test('whole powers of small whole numbers', () => {
    for (let x = -40; x <= 40; x++) {
      let product = 1;
      for (let y = 0; Math.abs(product) <= 2 ** 53 && y < 60; y++, product *= x) {
        expect(pow(x, y), `${x}^${y}`).toBe(product);
        expect(onSingles('pow')(x, y), `float32 ${x}^${y}`).toBe(Math.fround(product));
      }
    }
  });
  test('x^1 is x, x^2 is x * x, x^-1 is almost 1 / x', () => {
    for (const size of everyExponent(-1074, 1023))
      for (const x of [size, -size]) {
        expect(pow(x, 1)).toBe(x);
        expect(pow(x, 2)).toBe(x * x);
        expect(distance(pow(x, -1), 1 / x)).toBeLessThanOrEqual(1);
        const short = Math.fround(x);
        expect(onSingles('pow')(short, 1)).toBe(short);
        expect(onSingles('pow')(short, 2)).toBe(Math.fround(short * short));
      }
  });
  test('roots of squares', () => {
    for (let x = 1; x <= 3000; x++) expect(pow(x * x, 0.5)).toBe(x);
  });
});

test('the engine is near', () => {
  for (const x of sample(0.01, 30, 300))
    for (const y of sample(-100, 100, 30)) {
      const expected = x ** y;
      expect(Math.abs(pow(x, y) - expected), `${x}^${y}`).toBeLessThanOrEqual(4e-16 * expected);
      const [shortX, shortY] = [Math.fround(x), Math.fround(y)];
      const exact = pow(shortX, shortY);
      if (exact > 2 ** -126 && exact < 2 ** 127)
        expect(Math.abs(onSingles('pow')(shortX, shortY) - exact)).toBeLessThanOrEqual(2 ** -23.9 * exact);
    }
});
