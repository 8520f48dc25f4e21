/** erf and erfc: limits, known values, symmetry, their sum, and no step where one formula takes over from another. */
import { describe, expect, test } from 'vitest';
import { onNumbers, onSingles } from '../../../src/ir/math/functions.ts';
import { distance, everyExponent, expectOdd, expectRisingAt, expectTable, sample } from './laws.ts';

const erf = onNumbers('erf');
const erfc = onNumbers('erfc');

// From 200-bit arithmetic.
const known: readonly (readonly [x: number, erf: number, erfc: number])[] = [
  [0.1, 0.1124629160182849, 0.887537083981715],
  [0.5, 0.5204998778130465, 0.4795001221869535],
  [0.69, 0.6708400622350777, 0.32915993776492225],
  [0.71, 0.6846655502174442, 0.31533444978255576],
  [0.8, 0.7421009647076605, 0.2578990352923395],
  [0.82, 0.7538107508749625, 0.24618924912503753],
  [1, 0.8427007929497149, 0.15729920705028513],
  [1.5, 0.9661051464753108, 0.033894853524689274],
  [2, 0.9953222650189527, 0.004677734981047266],
  [3, 0.9999779095030014, 2.209049699858544e-5],
  [5.5, 0.9999999999999927, 7.357847917974398e-15],
  [10, 1, 2.088487583762545e-45],
  [20, 1, 5.395865611607901e-176],
  [26.5, 1, 2.2109076642637343e-307],
  [-0.5, -0.5204998778130465, 1.5204998778130465],
  [-0.75, -0.7111556336535151, 1.7111556336535152],
  [-1, -0.8427007929497149, 1.8427007929497148],
  [-3, -0.9999779095030014, 1.9999779095030015],
];

describe('values', () => {
  test('limits', () => {
    expectTable('erf', [
      [0, 0],
      [-0, -0],
      [Infinity, 1],
      [-Infinity, -1],
      [6, 1],
      [1e300, 1],
      [NaN, NaN],
    ]);
    expectTable('erfc', [
      [0, 1],
      [-0, 1],
      [Infinity, 0],
      [-Infinity, 2],
      [1e300, 0],
      [-30, 2],
      [NaN, NaN],
    ]);
  });
  test('known values', () => {
    for (const [x, e, c] of known) {
      expect(distance(erf(x, 0), e), `erf(${x})`).toBeLessThanOrEqual(1);
      expect(distance(erfc(x, 0), c), `erfc(${x})`).toBeLessThanOrEqual(2);
    }
  });
  test('the last result of erfc that is not zero', () => {
    expect(erfc(27.226017111108362, 0)).toBe(5e-324);
    expect(erfc(27.3, 0)).toBe(0);
  });
  test('tiny arguments are scaled exactly', () => {
    for (const x of everyExponent(-1060, -30))
      expect(distance(erf(x, 0), x * 1.1283791670955126)).toBeLessThanOrEqual(1);
  });
});

test('erf is odd', () => expectOdd('erf', [...sample(0, 7, 1000), ...everyExponent(-1074, 1023)]));

test('erf and erfc add up to 1', () => {
  for (const x of sample(-6, 6, 2000)) expect(Math.abs(erf(x, 0) + erfc(x, 0) - 1)).toBeLessThan(5e-16);
});

test('erf rises across its joins', () => expectRisingAt('erf', [0.73, 1, 5.95]));

test('erfc falls across its joins', () => {
  for (const join of [0.8125, -0.8125]) expect(erfc(join - 1e-15, 0)).toBeGreaterThan(erfc(join + 1e-15, 0));
});

test('float32 functions are the rounded float64 functions, in all but halfway cases', () => {
  for (const name of ['erf', 'erfc'] as const)
    for (const value of sample(-4, 9, 3000)) {
      const x = Math.fround(value);
      const exact = onNumbers(name)(x, 0);
      const place = 2 ** (Math.floor(Math.log2(Math.abs(exact))) - 23);
      expect(Math.abs(onSingles(name)(x, 0) - exact), `${name}(${x})`).toBeLessThanOrEqual(0.52 * place);
    }
});

describe('erfcinv', () => {
  const erfcinv = onNumbers('erfcinv');

  test('undoes erfc', () => {
    for (const x of sample(-4.5, 26, 3000)) {
      const y = erfc(x, 0);
      // A change of y by one place changes x by this much.
      const place = (2 ** -52 * y * Math.sqrt(Math.PI) * Math.exp(Math.min(700, x * x))) / 2;
      expect(Math.abs(erfcinv(y, 0) - x)).toBeLessThan(2 * place + 4 * 2 ** -52 * Math.abs(x) + 1e-300);
    }
  });

  test('falls across its joins', () => {
    // y for w = -ln(y (2 - y)).
    const joins = [5, 16, 56.25].map((w) => Math.exp(-w) / (1 + Math.sqrt(-Math.expm1(-w))));
    for (const join of [...joins, 2 - (joins[0] ?? 0)])
      expect(erfcinv(join * (1 - 1e-14), 0)).toBeGreaterThan(erfcinv(join * (1 + 1e-14), 0));
  });

  test('is odd around 1', () => {
    for (const x of sample(0, 1, 500)) expect(erfcinv(1 - x, 0)).toBe(-erfcinv(1 + x, 0) + 0);
  });
});
