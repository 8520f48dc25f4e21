/** sin, cos and tan: exact points, symmetry, and arguments of every size, close to multiples of pi/2 above all. */
import { describe, expect, test } from 'vitest';
import { onNumbers, onSingles } from '../../../src/ir/math/functions.ts';
import { distance, everyExponent, expectOdd, expectTable, sample } from './laws.ts';

const { PI } = Math;
const sin = onNumbers('sin');
const cos = onNumbers('cos');
const tan = onNumbers('tan');

describe('exact points', () => {
  test('zeros and what has no sine', () => {
    for (const name of ['sin', 'tan'] as const)
      expectTable(name, [
        [0, 0],
        [-0, -0],
        [Infinity, NaN],
        [-Infinity, NaN],
        [NaN, NaN],
      ]);
    expectTable('cos', [
      [0, 1],
      [-0, 1],
      [Infinity, NaN],
      [-Infinity, NaN],
      [NaN, NaN],
    ]);
  });
  test('small arguments are their own sine and tangent', () => {
    for (const x of [5e-324, 1e-310, 2 ** -1022, 1e-100, 2 ** -28]) {
      expect(sin(x, 0)).toBe(x);
      expect(tan(x, 0)).toBe(x);
      expect(cos(x, 0)).toBe(1);
    }
  });
  test('next to multiples of pi/2 the distance to them is the result', () => {
    expect(sin(PI / 2, 0)).toBe(1);
    expect(cos(PI / 2, 0)).toBe(6.123233995736766e-17);
    expect(sin(PI, 0)).toBe(1.2246467991473532e-16);
    expect(cos(PI, 0)).toBe(-1);
    expect(tan(PI / 2, 0)).toBe(16331239353195370);
    expect(sin(-2 * PI, 0)).toBe(2.4492935982947064e-16);
  });
});

// From 200-bit arithmetic. The first two arguments are those closest to a multiple of pi/2, relative to their last place, of
// all float64 numbers and of those below 64.
const hard: readonly (readonly [x: number, sin: number, cos: number])[] = [
  [5.319372648326541e255, 1, -4.687165924254628e-19],
  [45.553093477052, 1, -6.189806365883577e-19],
  [1e22, -0.8522008497671888, 0.523214785395139],
  [1.7976931348623157e308, 0.004961954789184062, -0.9999876894265599],
  [1.0715086071862673e301, -0.15920170308624243, 0.9872460775989135],
  [1647099, -0.3232532403530771, 0.9463124973290988],
  [1647100, 0.6216400379214212, 0.7833030468809974],
  [1000000, -0.34999350217129294, 0.9367521275331447],
  [123456.789, -0.9986640823432246, 0.05167253271870138],
  [45, 0.8509035245341184, 0.5253219888177297],
  [6.111107929003458e90, -0.8015195845366075, -0.5979685239243484],
  [710.5, 0.4794784460505837, 0.8775536563498083],
  [1000000000000000, 0.8582727931702359, -0.5131937377869703],
];

test('hard arguments of every size', () => {
  for (const [x, sine, cosine] of hard) {
    expect(distance(sin(x, 0), sine), `sin(${x})`).toBeLessThanOrEqual(1);
    expect(distance(cos(x, 0), cosine), `cos(${x})`).toBeLessThanOrEqual(1);
    expect(distance(tan(x, 0), sine / cosine), `tan(${x})`).toBeLessThanOrEqual(3);
  }
});

const everySize = [...everyExponent(-1074, 1023), ...sample(0, 100, 2000)];

test('sin and tan are odd, cos is even, to the bit', () => {
  expectOdd('sin', everySize);
  expectOdd('tan', everySize);
  for (const f of [cos, onSingles('cos')]) for (const x of everySize) expect(f(-x, 0)).toBe(f(x, 0));
});

test('the squares of sine and cosine add up to 1, whatever the size of the argument', () => {
  for (const x of everySize) expect(Math.abs(sin(x, 0) ** 2 + cos(x, 0) ** 2 - 1)).toBeLessThan(4e-16);
});

test('float32 functions are the rounded float64 functions, in all but halfway cases', () => {
  const singles = { sin: onSingles('sin'), cos: onSingles('cos'), tan: onSingles('tan') };
  // 16367173 * 2^72 is the float32 number closest to a multiple of pi/2.
  for (const value of [...everyExponent(-149, 127), ...sample(-300, 300, 3000), 16367173 * 2 ** 72]) {
    const x = Math.fround(value);
    for (const name of ['sin', 'cos', 'tan'] as const) {
      const exact = onNumbers(name)(x, 0);
      expect(Math.abs(singles[name](x, 0) - exact), `${name}(${x})`).toBeLessThanOrEqual(
        0.52 * Math.max(2 ** (Math.floor(Math.log2(Math.abs(exact))) - 23), 2 ** -149),
      );
    }
  }
});
