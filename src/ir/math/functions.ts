/**
 * The table of math functions: every one as a program over a `Machine`, shared by all targets.
 *
 * Accuracy of each is measured by `npm run accuracy` and published in docs/numerics.md.
 */
import { cosh, sinh, tanh, asinh, acosh, atanh } from './hyperbolic.ts';
import { acos, asin, atan, atan2 } from './inverseTrigonometric.ts';
import { erf, erfc } from './errorFunction.ts';
import { exp, exp2, expm1 } from './exponential.ts';
import { lgamma } from './gamma.ts';
import { erfcinv } from './inverseErrorFunction.ts';
import { log, log10, log1p, log2 } from './logarithm.ts';
import type { Lowering } from './machine.ts';
import { numberMachine } from './numberMachine.ts';
import { pow } from './power.ts';
import { cbrt, hypot } from './roots.ts';
import { cos, sin, tan } from './trigonometric.ts';

export const mathTable = {
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
} as const satisfies Record<string, Lowering>;

export type MathFunction = keyof typeof mathTable;
export const mathFunctions = Object.keys(mathTable) as readonly MathFunction[];

export const isMathFunction = (name: string): name is MathFunction => Object.hasOwn(mathTable, name);

const double = numberMachine(false);
const single = numberMachine(true);

/** A function of one or two float64 numbers (a function of one ignores the second). */
export const onNumbers =
  (name: MathFunction) =>
  (x: number, y: number): number =>
    mathTable[name](double, x, y);

/** The same for float32 numbers: computed in float64 by the shorter programs, then rounded. */
export const onSingles =
  (name: MathFunction) =>
  (x: number, y: number): number =>
    Math.fround(mathTable[name](single, x, y));
