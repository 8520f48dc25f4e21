/**
 * The accuracy promised for each program of `mathTable32`, in units in the last place of float32 (scripts/accuracy/ulp.ts),
 * on every processor that keeps to what `Machine32` says. Results below 2^-125 may be zero instead. Special values and zeros
 * are exact.
 */
import type { MathFunction } from '../math/functions.ts';

export const bounds32: Readonly<Record<MathFunction, number>> = {
  exp: 1,
  exp2: 1,
  expm1: 1,
  log: 1,
  log1p: 1,
  log2: 1,
  log10: 1,
  pow: 1,
  sin: 1,
  cos: 1,
  tan: 1,
  asin: 1,
  acos: 1,
  atan: 1,
  atan2: 1,
  sinh: 1,
  cosh: 1,
  tanh: 1,
  asinh: 1,
  acosh: 1.25,
  atanh: 1.25,
  cbrt: 1,
  hypot: 1,
  erf: 1,
  erfc: 2,
  erfcinv: 3,
  lgamma: 1.5,
};
