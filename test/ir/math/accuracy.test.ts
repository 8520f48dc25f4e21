/** The bounds of docs/numerics.md hold at every point of the fixtures, and exact points are exact. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { boundOf, measure } from '../../../scripts/accuracy/measure.ts';
import { dtypes, type Float } from '../../../scripts/accuracy/bounds.ts';
import { documentPath, documentText } from '../../../scripts/accuracy/document.ts';
import { readFixture } from '../../../scripts/accuracy/fixtures.ts';
import { ulpError, unitOf } from '../../../scripts/accuracy/ulp.ts';
import { mathFunctions, onNumbers, onSingles, type MathFunction } from '../../../src/ir/math/functions.ts';

const compute = (name: MathFunction, dtype: Float): ((x: number, y?: number) => number) => {
  const run = dtype === 'float64' ? onNumbers(name) : onSingles(name);
  return (x, y = 0) => run(x, y);
};

describe('every function keeps its bound on all fixtures', () => {
  for (const name of mathFunctions)
    for (const dtype of dtypes)
      it(`${name} ${dtype}`, () => {
        const fixture = readFixture(name, dtype);
        const [xs, ys] = fixture.arguments;
        const run = compute(name, dtype);
        const measurement = measure(
          fixture,
          fixture.exact.map((_, k) => run(xs?.[k] ?? NaN, ys?.[k] ?? 0)),
        );
        expect(measurement.points).toBeGreaterThan(500);
        const { worst, at } = measurement;
        expect(worst, `${name}(${at.join(', ')})`).toBeLessThanOrEqual(boundOf(measurement));
      });
});

describe('exact points are exact', () => {
  for (const dtype of dtypes) {
    const of = (name: MathFunction, ...args: readonly [number, number?]): number =>
      compute(name, dtype)(...args);
    const round = dtype === 'float64' ? (x: number): number => x : Math.fround;

    it(`${dtype}: zeros, ones and their like`, () => {
      for (const name of [
        'sin',
        'tan',
        'asin',
        'atan',
        'sinh',
        'tanh',
        'asinh',
        'atanh',
        'expm1',
        'log1p',
        'cbrt',
        'erf',
      ] as const)
        for (const zero of [0, -0]) expect(of(name, zero), name).toBe(zero);
      for (const name of ['cos', 'cosh', 'exp', 'exp2', 'erfc'] as const)
        for (const zero of [0, -0]) expect(of(name, zero), name).toBe(1);
      for (const name of ['log', 'log2', 'log10', 'acos', 'acosh', 'lgamma'] as const)
        expect(of(name, 1), name).toBe(0);
      expect(of('lgamma', 2)).toBe(0);
      expect(of('sin', round(Math.PI / 2))).toBe(1);
      for (const sign of [1, -1]) {
        expect(of('asin', sign)).toBe(round((sign * Math.PI) / 2));
        expect(of('atan', sign * Infinity)).toBe(round((sign * Math.PI) / 2));
      }
    });

    it(`${dtype}: pow(x, 0) = 1, pow(x, 1) = x; pow(x, 2) and pow(x, 3) of few bits`, () => {
      const number = dtype === 'float64' ? fc.double() : fc.float();
      fc.assert(
        fc.property(number, fc.integer({ min: -200, max: 200 }), (x, few) => {
          expect(of('pow', x, 0)).toBe(1);
          expect(of('pow', x, -0)).toBe(1);
          expect(of('pow', x, 1)).toBe(x);
          expect(of('pow', few, 2)).toBe(few * few);
          expect(of('pow', few, 3)).toBe(few * few * few);
        }),
      );
    });

    it(`${dtype}: powers of two and ten, roots, right triangles`, () => {
      const [least, top] = dtype === 'float64' ? [-1074, 1023] : [-149, 127];
      for (let n = least; n <= top; n++) {
        expect(of('pow', 2, n)).toBe(2 ** n);
        expect(of('exp2', n)).toBe(2 ** n);
        expect(of('log2', 2 ** n)).toBe(n);
      }
      for (let n = 0; n <= (dtype === 'float64' ? 22 : 10); n++) expect(of('log10', 10 ** n)).toBe(n);
      for (let n = -50; n <= 50; n++) expect(of('cbrt', n ** 3)).toBe(n);
      expect(of('hypot', 3, 4)).toBe(5);
      expect(of('hypot', 2 ** top, 0)).toBe(2 ** top);
    });
  }
});

describe('the measure', () => {
  const exactly = (nearest: number, remainder = 0) => ({ nearest, remainder });

  it('is the error in units of the last place of the rounded result', () => {
    expect(ulpError(1 + 2 ** -52, exactly(1), 'float64')).toBe(1);
    expect(ulpError(1 - 2 ** -53, exactly(1), 'float64')).toBe(0.5);
    expect(ulpError(1, exactly(1, 0.25), 'float64')).toBe(0.25);
    expect(ulpError(1 + 2 ** -23, exactly(1, -0.5), 'float32')).toBe(1.5);
    expect(ulpError(3 * 2 ** -149, exactly(2 ** -149, 0.25), 'float32')).toBe(1.75);
    expect(unitOf(2 ** -1060, 'float64')).toBe(2 ** -1074);
  });

  it('takes infinity at an overflow for the power of two after the largest number', () => {
    expect(ulpError(Infinity, exactly(Infinity, 0.1), 'float64')).toBe(0);
    expect(ulpError(Number.MAX_VALUE, exactly(Infinity, -0.1), 'float64')).toBe(1);
    expect(ulpError(Infinity, exactly(Number.MAX_VALUE, 0.4), 'float64')).toBe(1);
    expect(ulpError(-Infinity, exactly(Infinity, 0.1), 'float64')).toBe(Infinity);
  });

  it('wants NaN, infinities and zeros right', () => {
    expect(ulpError(NaN, exactly(NaN), 'float64')).toBe(0);
    expect(ulpError(NaN, exactly(1), 'float64')).toBe(Infinity);
    expect(ulpError(1, exactly(NaN), 'float64')).toBe(Infinity);
    expect(ulpError(Number.MAX_VALUE, exactly(Infinity), 'float64')).toBe(Infinity);
    expect(ulpError(0, exactly(-0), 'float64')).toBe(Infinity);
    expect(ulpError(0, exactly(-0, -0.3), 'float64')).toBe(Infinity);
    expect(ulpError(2 ** -1074, exactly(0, 0.3), 'float64')).toBeCloseTo(0.7);
  });
});

test('docs/numerics.md is what the template says, with a row for every function and dtype', () => {
  const page = readFileSync(documentPath, 'utf8');
  const table = /^\| function \|(?:.*\n)*?(?=\n)/m.exec(page)?.[0].trimEnd() ?? '';
  expect(documentText(table)).toBe(page);
  for (const name of mathFunctions)
    for (const dtype of dtypes) expect(table).toMatch(new RegExp(`^\\| ${name} \\| ${dtype} \\|`, 'm'));
});
