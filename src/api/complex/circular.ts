/**
 * Circular and hyperbolic functions and their inverses, after W. Kahan, Branch Cuts for Complex Elementary Functions (1987),
 * whose forms cancel nowhere; with the special values of C99, Annex G. The circular ones follow by turning: sin(z) is
 * -i sinh(i z).
 */
import { binary, unary } from '../nodes/elementwise.ts';
import type { Node } from '../../ir/node.ts';
import { turned, turnedBack } from './arithmetic.ts';
import {
  abs,
  add,
  both,
  div,
  either,
  isAbove,
  isBelow,
  isInfinite,
  isWild,
  isZero,
  limitsOf,
  mul,
  neg,
  sub,
  where,
  withSign,
} from './floats.ts';
import { filled, Pair } from './pair.ts';
import { logOfMagnitude, splitExp, sqrt } from './powers.ts';

/** sinh(x) and cosh(x) as products of a factor each and a common one, so that they do not overflow alone. */
function splitSinhCosh(x: Node): readonly [sinh: Node, cosh: Node, rest: Node] {
  const size = abs(x);
  const isFar = isAbove(size, limitsOf(x).shift);
  const [power, rest] = splitExp(size);
  const half = mul(power, 0.5);
  return [where(isFar, withSign(half, x), unary('sinh', x)), where(isFar, half, unary('cosh', x)), rest];
}

export function sinh({ dtype, re: x, im: y }: Pair): Pair {
  const [sinhX, coshX, rest] = splitSinhCosh(x);
  const isReal = both(either(isZero(x), isInfinite(x)), isWild(y));
  return new Pair(
    dtype,
    where(isReal, x, mul(mul(sinhX, unary('cos', y)), rest)),
    where(isZero(y), y, mul(mul(coshX, unary('sin', y)), rest)),
  );
}

export function cosh({ dtype, re: x, im: y }: Pair): Pair {
  const [sinhX, coshX, rest] = splitSinhCosh(x);
  const isReal = both(isInfinite(x), isWild(y));
  const isOnAxis = either(both(isZero(x), isWild(y)), both(isZero(y), isWild(x)));
  return new Pair(
    dtype,
    where(isReal, abs(x), mul(mul(coshX, unary('cos', y)), rest)),
    where(isOnAxis, mul(withSign(0, x), withSign(1, y)), mul(mul(sinhX, unary('sin', y)), rest)),
  );
}

export function tanh({ dtype, re: x, im: y }: Pair): Pair {
  const tan = unary('tan', y);
  const beta = add(mul(tan, tan), 1);
  const size = binary('minimum', abs(x), limitsOf(x).saturated);
  const sinhX = withSign(unary('sinh', size), x);
  const squared = mul(sinhX, sinhX);
  const rho = unary('sqrt', add(squared, 1));
  const divisor = add(mul(beta, squared), 1);
  const isFar = isAbove(abs(x), limitsOf(x).saturated);
  const far = mul(mul(mul(unary('sin', y), unary('cos', y)), 4), unary('exp', mul(abs(x), -2)));
  const im = where(isFar, where(both(isInfinite(x), isWild(y)), withSign(0, y), far), div(tan, divisor));
  return new Pair(
    dtype,
    where(isZero(x), x, where(isFar, withSign(1, x), div(mul(mul(beta, rho), sinhX), divisor))),
    where(isZero(y), y, im),
  );
}

export const sin = (z: Pair): Pair => turnedBack(sinh(turned(z)));
export const cos = (z: Pair): Pair => cosh(turned(z));
export const tan = (z: Pair): Pair => turnedBack(tanh(turned(z)));

/** The roots of 1 - z and 1 + z. */
const rootsAbout = ({ dtype, re, im }: Pair): readonly [below: Pair, above: Pair] => [
  sqrt(new Pair(dtype, sub(1, re), neg(im))),
  sqrt(new Pair(dtype, add(1, re), im)),
];

/** Whether z is beyond a limit, or infinite. */
const isBeyond = ({ re, im }: Pair, limit: number): Node =>
  either(isAbove(abs(re), limit), isAbove(abs(im), limit));

const logOfTwice = (z: Pair): Node => add(logOfMagnitude(z), Math.LN2);

/** The imaginary part of conj(z) w. */
const crossed = (z: Pair, w: Pair): Node => sub(mul(z.re, w.im), mul(z.im, w.re));

/** What asin and acos are made of: far away they are logarithms, and near 0 asin(z) is z. */
function arcParts(z: Pair): {
  readonly roots: readonly [Pair, Pair];
  readonly isFar: Node;
  readonly im: Node;
} {
  const { re: x, im: y } = z;
  const { far } = limitsOf(x);
  const [below, above] = rootsAbout(z);
  const isFar = isBeyond(z, far);
  const isNear = both(isBelow(abs(x), 1 / far), isBelow(abs(y), 1 / far));
  const im = where(isNear, y, unary('asinh', crossed(below, above)));
  return { roots: [below, above], isFar, im: where(isFar, withSign(logOfTwice(z), y), im) };
}

export function asin(z: Pair): Pair {
  const { dtype, re: x, im: y } = z;
  const { roots, isFar, im } = arcParts(z);
  const [below, above] = roots;
  const near = binary('atan2', x, sub(mul(below.re, above.re), mul(below.im, above.im)));
  const angle = withSign(binary('atan2', abs(x), abs(y)), x);
  return new Pair(dtype, where(isZero(x), x, where(isFar, angle, near)), im);
}

export function acos(z: Pair): Pair {
  const { dtype, re: x, im: y } = z;
  const { roots, isFar, im } = arcParts(z);
  const [below, above] = roots;
  const near = mul(binary('atan2', below.re, above.re), 2);
  const real = where(both(isZero(x), unary('isnan', y)), Math.PI / 2, near);
  return new Pair(dtype, where(isFar, binary('atan2', abs(y), x), real), neg(im));
}

export function acosh(z: Pair): Pair {
  const { dtype, re, im } = acos(z);
  return new Pair(dtype, abs(im), withSign(re, z.im));
}

export const asinh = (z: Pair): Pair => turned(asin(turnedBack(z)));

export function atanh({ dtype, re: x, im: y }: Pair): Pair {
  const { least, far } = limitsOf(x);
  const [size, height] = [abs(x), abs(y)];
  const isFar = isBeyond(new Pair(dtype, x, y), far * far);
  const length = binary('hypot', x, y);
  const apart = sub(1, size);
  const close = log1pOf(size, apart, height, least);
  const isEndless = isInfinite(length);
  const re = where(isFar, where(isEndless, 0, div(div(size, length), length)), close);
  const angle = binary('atan2', mul(height, 2), sub(mul(apart, add(size, 1)), mul(y, y)));
  const farAngle = where(
    either(unary('isnan', y), unary('isnan', length)),
    NaN,
    filled(Math.PI / 2, y.dtype, []),
  );
  return new Pair(
    dtype,
    where(isZero(x), x, withSign(re, x)),
    withSign(where(isFar, farAngle, mul(angle, 0.5)), y),
  );
}

/** log(((1 + x)² + y²) / ((1 - x)² + y²)) / 4 for x of at least 0. */
function log1pOf(x: Node, apart: Node, y: Node, least: number): Node {
  const ratio = div(mul(x, 4), add(mul(apart, apart), mul(y, y)));
  const isPole = both(isZero(apart), isBelow(y, least));
  const nearPole = mul(sub(Math.LN2, unary('log', y)), 0.5);
  return where(isPole, nearPole, mul(unary('log1p', ratio), 0.25));
}

export const atan = (z: Pair): Pair => turnedBack(atanh(turned(z)));
