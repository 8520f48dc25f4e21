/** sinh, cosh, tanh and their inverses: limits, symmetry, and no step where one formula takes over from another. */
import { describe, expect, test } from 'vitest';
import { onNumbers, type MathFunction } from '../../../src/ir/math/functions.ts';
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

const { LN2 } = Math;

const limits: Partial<Record<MathFunction, readonly (readonly [x: number, result: number])[]>> = {
  sinh: [
    [Infinity, Infinity],
    [-Infinity, -Infinity],
    [800, Infinity],
    [-1e300, -Infinity],
    [NaN, NaN],
  ],
  cosh: [
    [0, 1],
    [-0, 1],
    [Infinity, Infinity],
    [-Infinity, Infinity],
    [800, Infinity],
    [-1e300, Infinity],
    [NaN, NaN],
  ],
  tanh: [
    [Infinity, 1],
    [-Infinity, -1],
    [1e300, 1],
    [-25, -1],
    [NaN, NaN],
  ],
  asinh: [
    [Infinity, Infinity],
    [-Infinity, -Infinity],
    [NaN, NaN],
  ],
  acosh: [
    [1, 0],
    [Infinity, Infinity],
    [0.5, NaN],
    [0, NaN],
    [-2, NaN],
    [-Infinity, NaN],
    [NaN, NaN],
  ],
  atanh: [
    [1, Infinity],
    [-1, -Infinity],
    [1.5, NaN],
    [-1.5, NaN],
    [Infinity, NaN],
    [-Infinity, NaN],
    [NaN, NaN],
  ],
};

test.each(Object.entries(limits))('%s: limits', (name, rows) => expectTable(name as MathFunction, rows));

test.each(['sinh', 'tanh', 'asinh', 'atanh'] as const)(
  '%s is odd, and tiny numbers stay what they are',
  (name) => {
    expectOdd(name, everyExponent(-1074, 1023));
    expectOdd(name, sample(0, 1, 1000));
    for (const x of everyExponent(-1074, -28)) expect(onNumbers(name)(x, 0)).toBe(x);
  },
);

test('cosh is even', () => {
  const cosh = onNumbers('cosh');
  for (const x of sample(0, 710, 1000)) expect(cosh(-x, 0)).toBe(cosh(x, 0));
});

test('the engine agrees', () => {
  for (const name of ['sinh', 'cosh', 'tanh', 'asinh'] as const) {
    expectNear(name, (x) => Math[name](x), sample(-3, 3, 3000));
    expectNear(name, (x) => Math[name](x), sample(-710, 710, 1000));
    expectNear(name, (x) => Math[name](x), everyExponent(-1074, 8));
  }
  expectNear('asinh', Math.asinh, everyExponent(9, 1022));
  expectNear('acosh', Math.acosh, everyExponent(0, 1022));
  expectNear('acosh', Math.acosh, sample(1.01, 3, 3000));
  expectNear('atanh', Math.atanh, sample(-1, 1, 3000));
});

describe('joins', () => {
  const halves = [0.5, 1.5, 2.5, 10.5].map((n) => n * LN2);
  test('the functions rise across them', () => {
    expectRisingAt('sinh', [...halves, 708, -708, 27.5 * LN2]);
    expectRisingAt('cosh', [...halves, 708, 27.5 * LN2]);
    expectRisingAt('tanh', [...halves.map((x) => x / 2), 18.02, 18.4, 18.7, 19.1, 22]);
    expectRisingAt('asinh', [2 ** 28, -(2 ** 28), 0.35355, 1]);
    expectRisingAt('acosh', [2 ** 28, 1.0607, 1.25]);
    expectRisingAt('atanh', [0.5, -0.5, 0.1716, 0.4776]);
  });
  test('sinh and cosh overflow beyond exp', () => {
    for (const name of ['sinh', 'cosh'] as const) {
      const f = onNumbers(name);
      expect(distance(f(710.4758600739439, 0), 1.7976931348621744e308)).toBeLessThanOrEqual(1);
      expect(f(neighbour(710.4758600739439, 1), 0)).toBe(Infinity);
    }
  });
});
