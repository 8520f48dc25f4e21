/** The accuracy promised for each math function, in units in the last place (`ulp.ts`), on every CPU target. */
import type { MathFunction } from '../../src/ir/math/functions.ts';

export const dtypes = ['float64', 'float32'] as const;
export type Float = (typeof dtypes)[number];

const one: Readonly<Record<Float, number>> = { float64: 1, float32: 1 };
const two: Readonly<Record<Float, number>> = { float64: 2, float32: 1 };

export const bounds: Readonly<Record<MathFunction, Readonly<Record<Float, number>>>> = {
  exp: one,
  exp2: one,
  expm1: one,
  log: one,
  log1p: one,
  log2: one,
  log10: one,
  pow: one,
  sin: one,
  cos: one,
  tan: one,
  asin: one,
  acos: one,
  atan: one,
  atan2: two,
  sinh: two,
  cosh: two,
  tanh: two,
  asinh: two,
  acosh: two,
  atanh: two,
  cbrt: one,
  hypot: two,
  erf: one,
  erfc: two,
  erfcinv: { float64: 3.5, float32: 1 },
  lgamma: two,
};

/** Where a bound holds for some arguments only. */
export const conditions: Readonly<Partial<Record<MathFunction, string>>> = { lgamma: 'x > 0' };
