/** exp, exp2 and expm1: limits, exact points, and no step where one formula takes over from another. */
import { describe, expect, test } from 'vitest';
import { onNumbers, onSingles } from '../../../src/ir/math/functions.ts';
import {
  distance,
  everyExponent,
  expectNear,
  expectRisingAt,
  expectTable,
  neighbour,
  sample,
} from './laws.ts';

const { LN2 } = Math;

describe('exp', () => {
  test('limits and exact points', () =>
    expectTable('exp', [
      [0, 1],
      [-0, 1],
      [Infinity, Infinity],
      [-Infinity, 0],
      [NaN, NaN],
      [1e9, Infinity],
      [-1e9, 0],
      [1.7e308, Infinity],
      [5e-324, 1],
      [-1e-20, 1],
    ]));
  test('the last finite result, the last normal one, the last that is not zero', () => {
    const exp = onNumbers('exp');
    expect(distance(exp(709.782712893384, 0), 1.797693134862273e308)).toBeLessThanOrEqual(1);
    expect(exp(neighbour(709.782712893384, 1), 0)).toBe(Infinity);
    expect(distance(exp(-708.3964185322641, 0), 2.2250738585072626e-308)).toBeLessThanOrEqual(1);
    expect(exp(-745.1332191019411, 0)).toBe(5e-324);
    expect(exp(-745.1332191019412, 0)).toBe(0);
  });
  test('in float32, too', () => {
    const exp = onSingles('exp');
    expect(exp(Math.fround(88.72283), 0)).toBe(Math.fround(Math.exp(Math.fround(88.72283))));
    expect(exp(Math.fround(88.72284), 0)).toBe(Infinity);
    expect(exp(Math.fround(-103.97), 0)).toBe(2 ** -149);
    expect(exp(-104, 0)).toBe(0);
  });
  test('the engine agrees', () => {
    expectNear('exp', Math.exp, sample(-745, 709.7, 2000));
    expectNear('exp', Math.exp, sample(-2, 2, 2000));
  });
  test('rises across its joins', () =>
    expectRisingAt('exp', [0, 0.5 * LN2, -0.5 * LN2, 1.5 * LN2, 100.5 * LN2, 708, -708, -708.3964185322641]));
});

describe('exp2', () => {
  test('is exact for whole numbers', () => {
    for (let n = -1074; n <= 1023; n++) expect(onNumbers('exp2')(n, 0)).toBe(2 ** n);
    for (let n = -149; n <= 127; n++) expect(onSingles('exp2')(n, 0)).toBe(2 ** n);
  });
  test('limits', () =>
    expectTable('exp2', [
      [-0, 1],
      [1024, Infinity],
      [-1075, 0],
      [1e300, Infinity],
      [-1e300, 0],
      [Infinity, Infinity],
      [-Infinity, 0],
      [NaN, NaN],
    ]));
  test('overflows and vanishes at the right number', () => {
    expect(onNumbers('exp2')(neighbour(1024, -1), 0)).toBeLessThan(Infinity);
    expect(onNumbers('exp2')(neighbour(-1075, 1), 0)).toBe(5e-324);
  });
  test('the engine agrees', () => expectNear('exp2', (x) => 2 ** x, sample(-1074, 1023, 3000)));
  test('rises across its joins', () =>
    expectRisingAt('exp2', [0, 0.5, -0.5, 1.5, 99.5, 1022, -1022, 1022.5, -1022.5]));
});

describe('expm1', () => {
  test('limits and exact points', () =>
    expectTable('expm1', [
      [0, 0],
      [-0, -0],
      [Infinity, Infinity],
      [-Infinity, -1],
      [NaN, NaN],
      [-50, -1],
      [-1e300, -1],
      [1e300, Infinity],
    ]));
  test('small numbers stay what they are', () => {
    for (const x of everyExponent(-1074, -54)) {
      expect(onNumbers('expm1')(x, 0)).toBe(x);
      expect(onNumbers('expm1')(-x, 0)).toBe(-x);
    }
  });
  test('the engine agrees', () => {
    expectNear('expm1', Math.expm1, sample(-40, 709.7, 2000));
    expectNear('expm1', Math.expm1, sample(-2, 2, 2000));
    expectNear('expm1', Math.expm1, everyExponent(-1074, 5));
  });
  test('rises across its joins', () =>
    expectRisingAt('expm1', [0.5 * LN2, -0.5 * LN2, 1.5 * LN2, 37, -37, 40, 53.5 * LN2, 708]));
});
