/** Math functions as scalar operations: C99's special values in both float dtypes, and single rounding of float32. */
import { describe, expect, test } from 'vitest';
import { mathFunctions, onNumbers, type MathFunction } from '../../src/ir/math/functions.ts';
import { opRow, opTypes, programOf } from '../../src/ir/ops.ts';
import { applyOp } from '../../src/ir/scalarNumbers.ts';
import { specialsOf } from '../support/specials.ts';

const dtypes = ['float64', 'float32'] as const;
type Float = (typeof dtypes)[number];

const run = (op: MathFunction, dtype: Float, ...args: readonly number[]): number =>
  applyOp(op, dtype, args) as number;

const { PI, fround } = Math;

/** Argument and exact result, or, where it is irrational, the nearest number. */
const ofOne: Readonly<
  Record<Exclude<MathFunction, 'pow' | 'atan2' | 'hypot'>, readonly (readonly [number, number])[]>
> = {
  exp: [
    [0, 1],
    [-0, 1],
    [Infinity, Infinity],
    [-Infinity, 0],
    [710, Infinity],
    [-746, 0],
  ],
  exp2: [
    [0, 1],
    [-0, 1],
    [3, 8],
    [-2, 0.25],
    [1024, Infinity],
    [-1100, 0],
    [Infinity, Infinity],
    [-Infinity, 0],
  ],
  expm1: [
    [0, 0],
    [-0, -0],
    [Infinity, Infinity],
    [-Infinity, -1],
    [710, Infinity],
    [-50, -1],
  ],
  log: [
    [1, 0],
    [0, -Infinity],
    [-0, -Infinity],
    [-1, NaN],
    [-Infinity, NaN],
    [Infinity, Infinity],
  ],
  log1p: [
    [0, 0],
    [-0, -0],
    [-1, -Infinity],
    [-2, NaN],
    [Infinity, Infinity],
  ],
  log2: [
    [1, 0],
    [8, 3],
    [0.125, -3],
    [0, -Infinity],
    [-0, -Infinity],
    [-1, NaN],
    [Infinity, Infinity],
  ],
  log10: [
    [1, 0],
    [1000, 3],
    [0, -Infinity],
    [-0, -Infinity],
    [-1, NaN],
    [Infinity, Infinity],
  ],
  sin: [
    [0, 0],
    [-0, -0],
    [Infinity, NaN],
    [-Infinity, NaN],
    [PI / 2, 1],
  ],
  cos: [
    [0, 1],
    [-0, 1],
    [Infinity, NaN],
    [-Infinity, NaN],
  ],
  tan: [
    [0, 0],
    [-0, -0],
    [Infinity, NaN],
    [-Infinity, NaN],
  ],
  asin: [
    [0, 0],
    [-0, -0],
    [1, PI / 2],
    [-1, -PI / 2],
    [1.5, NaN],
    [-Infinity, NaN],
  ],
  acos: [
    [1, 0],
    [0, PI / 2],
    [-1, PI],
    [1.5, NaN],
    [Infinity, NaN],
  ],
  atan: [
    [0, 0],
    [-0, -0],
    [1, PI / 4],
    [Infinity, PI / 2],
    [-Infinity, -PI / 2],
  ],
  sinh: [
    [0, 0],
    [-0, -0],
    [Infinity, Infinity],
    [-Infinity, -Infinity],
    [711, Infinity],
  ],
  cosh: [
    [0, 1],
    [-0, 1],
    [Infinity, Infinity],
    [-Infinity, Infinity],
    [-711, Infinity],
  ],
  tanh: [
    [0, 0],
    [-0, -0],
    [30, 1],
    [Infinity, 1],
    [-Infinity, -1],
  ],
  asinh: [
    [0, 0],
    [-0, -0],
    [Infinity, Infinity],
    [-Infinity, -Infinity],
  ],
  acosh: [
    [1, 0],
    [0.5, NaN],
    [-1, NaN],
    [Infinity, Infinity],
    [-Infinity, NaN],
  ],
  atanh: [
    [0, 0],
    [-0, -0],
    [1, Infinity],
    [-1, -Infinity],
    [1.5, NaN],
    [Infinity, NaN],
  ],
  cbrt: [
    [0, 0],
    [-0, -0],
    [27, 3],
    [-8, -2],
    [Infinity, Infinity],
    [-Infinity, -Infinity],
  ],
  erf: [
    [0, 0],
    [-0, -0],
    [7, 1],
    [Infinity, 1],
    [-Infinity, -1],
  ],
  erfc: [
    [0, 1],
    [-0, 1],
    [30, 0],
    [-7, 2],
    [Infinity, 0],
    [-Infinity, 2],
  ],
  erfcinv: [
    [0, Infinity],
    [-0, Infinity],
    [1, 0],
    [2, -Infinity],
    [-1e-30, NaN],
    [2.5, NaN],
    [Infinity, NaN],
    [-Infinity, NaN],
  ],
  lgamma: [
    [1, 0],
    [2, 0],
    [0, Infinity],
    [-0, Infinity],
    [-3, Infinity],
    [Infinity, Infinity],
    [-Infinity, Infinity],
  ],
};

const ofTwo: Readonly<Record<'pow' | 'atan2' | 'hypot', readonly (readonly [number, number, number])[]>> = {
  pow: [
    [0, -1, Infinity],
    [-0, -1, -Infinity],
    [-0, -2, Infinity],
    [-0, 3, -0],
    [-0, 2, 0],
    [-1, Infinity, 1],
    [-1, -Infinity, 1],
    [1, NaN, 1],
    [NaN, 0, 1],
    [NaN, 1, NaN],
    [-8, 1 / 3, NaN],
    [0.5, -Infinity, Infinity],
    [2, -Infinity, 0],
    [2, Infinity, Infinity],
    [-Infinity, -3, -0],
    [-Infinity, 3, -Infinity],
    [-Infinity, 0.5, Infinity],
    [Infinity, -1, 0],
    [-3, 3, -27],
    [2, 10, 1024],
  ],
  atan2: [
    [0, 1, 0],
    [-0, 1, -0],
    [0, -1, PI],
    [-0, -1, -PI],
    [0, -0, PI],
    [-0, -0, -PI],
    [0, 0, 0],
    [-0, 0, -0],
    [1, 0, PI / 2],
    [-1, -0, -PI / 2],
    [1, Infinity, 0],
    [-1, Infinity, -0],
    [1, -Infinity, PI],
    [Infinity, 1, PI / 2],
    [Infinity, Infinity, PI / 4],
    [-Infinity, -Infinity, (-3 * PI) / 4],
    [NaN, 1, NaN],
    [1, NaN, NaN],
  ],
  hypot: [
    [3, 4, 5],
    [-5, 12, 13],
    [0, -0, 0],
    [-7, 0, 7],
    [Infinity, NaN, Infinity],
    [NaN, -Infinity, Infinity],
    [NaN, 1, NaN],
    [1e300, 0, 1e300],
    [3e300, 4e300, 5e300],
    [3 * 2 ** -1074, 4 * 2 ** -1074, 5 * 2 ** -1074],
  ],
};

describe.each(dtypes)('%s: special values are those of C99', (dtype) => {
  const inDType = (x: number): number => (dtype === 'float32' ? fround(x) : x);

  test.each(Object.entries(ofOne))('%s', (op, rows) => {
    const name = op as MathFunction;
    for (const [x, result] of rows) expect(run(name, dtype, inDType(x)), `${op}(${x})`).toBe(inDType(result));
    expect(run(name, dtype, NaN)).toBeNaN();
  });
  test.each(Object.entries(ofTwo))('%s', (op, rows) => {
    for (const [x, y, result] of rows)
      expect(run(op as MathFunction, dtype, inDType(x), inDType(y)), `${op}(${x}, ${y})`).toBe(
        inDType(result),
      );
  });
});

test.each(mathFunctions)('%s of float64 is the program of that name', (name) => {
  const function64 = onNumbers(name);
  const { arity } = opRow(name);
  for (const x of specialsOf('float64') as readonly number[])
    for (const y of arity === 1 ? [0] : (specialsOf('float64') as readonly number[]))
      expect(run(name, 'float64', x, y)).toBe(function64(x, y));
});

test.each(mathFunctions)('%s of float32 is a float32 next to the float64 result', (name) => {
  const { arity } = opRow(name);
  for (const x of specialsOf('float32') as readonly number[])
    for (const y of arity === 1 ? [0] : (specialsOf('float32') as readonly number[])) {
      const [single, double] = [run(name, 'float32', x, y), run(name, 'float64', x, y)];
      expect(fround(single)).toBe(single);
      if (Number.isNaN(double)) expect(single).toBeNaN();
      else if (single !== fround(double))
        expect(Math.abs(single - double), `${name}(${x}, ${y})`).toBeLessThanOrEqual(
          Math.max(Math.abs(double) * 2 ** -23, 2 ** -149),
        );
    }
});

test('of integers and bool they are float64', () => {
  for (const name of mathFunctions.filter((name) => name !== 'pow'))
    for (const dtype of ['bool', 'int8', 'uint64'] as const)
      expect(opTypes(name, opRow(name).arity === 1 ? [dtype] : [dtype, dtype])).toEqual({
        operand: 'float64',
        result: 'float64',
      });
});

test('pow of integers stays theirs', () => {
  expect(programOf('pow', 'int8')).toBeDefined();
  expect(programOf('pow', 'float64')).toBeUndefined();
  expect(applyOp('pow', 'int8', [3, 3])).toBe(27);
  expect(applyOp('pow', 'int64', [3n, 3n])).toBe(27n);
});
