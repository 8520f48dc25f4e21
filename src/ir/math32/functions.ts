/**
 * The table of math functions in float32: every function of ir/math/functions.ts as a program over a `Machine32`,
 * for targets that have no float64. Accuracy: `bounds.ts`.
 */
import { erf, erfc } from './errorFunction.ts';
import { exp, exp2, expm1 } from './exponential.ts';
import { lgamma } from './gamma.ts';
import { cosh, sinh, tanh } from './hyperbolic.ts';
import { acosh, asinh, atanh } from './inverseHyperbolic.ts';
import { erfcinv } from './inverseErrorFunction.ts';
import { acos, asin, atan, atan2 } from './inverseTrigonometric.ts';
import { log, log10, log1p, log2 } from './logarithm.ts';
import type { Lowering32 } from './machine.ts';
import { numberMachine32, numberOf, type Liberties } from './numberMachine.ts';
import { pow } from './power.ts';
import { cbrt, hypot } from './roots.ts';
import { cos, sin, tan } from './trigonometric.ts';
import type { MathFunction } from '../math/functions.ts';

export const mathTable32 = {
  exp,
  exp2,
  expm1,
  log,
  log1p,
  log2,
  log10,
  pow,
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  atan2,
  sinh,
  cosh,
  tanh,
  asinh,
  acosh,
  atanh,
  cbrt,
  hypot,
  erf,
  erfc,
  erfcinv,
  lgamma,
} as const satisfies Record<MathFunction, Lowering32>;

/** A function on float32 numbers (a function of one ignores the second), by default with every operation rounded correctly. */
export function onFloats(name: MathFunction, liberties: Liberties = {}): (x: number, y: number) => number {
  const machine = numberMachine32(liberties);
  return (x, y) => numberOf(mathTable32[name](machine, x, y));
}
