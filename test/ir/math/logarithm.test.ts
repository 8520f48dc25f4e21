/** log, log1p, log2 and log10: limits, exact points, and no step where one formula takes over from another. */
import { describe, expect, test } from 'vitest';
import { onNumbers, onSingles, type MathFunction } from '../../../src/ir/math/functions.ts';
import { everyExponent, expectNear, expectRisingAt, expectTable, sample } from './laws.ts';

const { SQRT2, SQRT1_2 } = Math;

describe.each(['log', 'log2', 'log10'] as const satisfies readonly MathFunction[])('%s', (name) => {
  test('limits', () =>
    expectTable(name, [
      [1, 0],
      [0, -Infinity],
      [-0, -Infinity],
      [-1, NaN],
      [-Infinity, NaN],
      [Infinity, Infinity],
      [NaN, NaN],
    ]));
  test('a negative subnormal has none', () => expect(onNumbers(name)(-5e-324, 0)).toBe(NaN));
  test('the engine agrees', () => {
    const engine = (x: number): number => Math[name](x);
    expectNear(name, engine, everyExponent(-1074, 1023));
    expectNear(name, engine, sample(0.4, 2.5, 3000));
    expectNear(name, engine, sample(1 - 1e-7, 1 + 1e-7, 1000));
  });
  test('rises across its joins', () =>
    expectRisingAt(name, [1, SQRT2, SQRT1_2, 2 * SQRT2, 2 ** 30 * SQRT2, 2 ** -1022, 2 ** -1040 * SQRT2]));
});

test('log2 is exact for powers of two', () => {
  for (let n = -1074; n <= 1023; n++) expect(onNumbers('log2')(2 ** n, 0)).toBe(n);
  for (let n = -149; n <= 127; n++) expect(onSingles('log2')(2 ** n, 0)).toBe(n);
});

test('log10 is exact for powers of ten', () => {
  for (let n = 0; n <= 22; n++) expect(onNumbers('log10')(Number(`1e${n}`), 0)).toBe(n);
  for (let n = -323; n <= 308; n++) expect(onNumbers('log10')(Number(`1e${n}`), 0)).toBeCloseTo(n, 1);
  for (let n = -37; n <= 38; n++) expect(onSingles('log10')(Math.fround(Number(`1e${n}`)), 0)).toBe(n);
});

describe('log1p', () => {
  test('limits', () =>
    expectTable('log1p', [
      [0, 0],
      [-0, -0],
      [-1, -Infinity],
      [-1.5, NaN],
      [-Infinity, NaN],
      [Infinity, Infinity],
      [NaN, NaN],
    ]));
  test('small numbers stay what they are', () => {
    for (const x of everyExponent(-1074, -55)) {
      expect(onNumbers('log1p')(x, 0)).toBe(x);
      expect(onNumbers('log1p')(-x, 0)).toBe(-x);
    }
  });
  test('the engine agrees', () => {
    expectNear('log1p', Math.log1p, sample(-1, 3, 3000));
    expectNear('log1p', Math.log1p, everyExponent(-1074, 1023));
  });
  test('rises across its joins', () =>
    expectRisingAt('log1p', [SQRT2 - 1, SQRT1_2 - 1, 1, -0.5, 2 ** 53, 2 ** 54, 2 * SQRT2 - 1]));
});
