/** Exponentials, logarithms, roots and powers of complex numbers, with the special values of C99, Annex G. */
import { unary, binary } from '../nodes/elementwise.ts';
import type { Node } from '../../ir/node.ts';
import { product, quotient, scaled } from './arithmetic.ts';
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
  squaresPlus,
  sub,
  where,
  withSign,
} from './floats.ts';
import { filled, Pair } from './pair.ts';

/** e to the power x as two factors, which overflow only together with what they are multiplied by. */
export function splitExp(x: Node): readonly [Node, Node] {
  const { shift } = limitsOf(x);
  const isFar = isAbove(x, shift);
  return [
    unary('exp', where(isFar, sub(x, shift), x)),
    where(isFar, Math.exp(shift), filled(1, x.dtype, [])),
  ];
}

export function exp({ dtype, re: x, im: y }: Pair): Pair {
  const [size, rest] = splitExp(x);
  const isFree = both(isInfinite(x), isWild(y));
  const cos = where(isFree, 1, unary('cos', y));
  const sin = where(both(isFree, isBelow(x, 0)), withSign(0, y), unary('sin', y));
  return new Pair(dtype, mul(mul(size, cos), rest), where(isZero(y), y, mul(mul(size, sin), rest)));
}

/** e^z - 1: the real part is expm1(x) cos(y) - 2 sin²(y/2). */
export function expm1(z: Pair): Pair {
  const { dtype, re: x, im: y } = z;
  const half = unary('sin', mul(y, 0.5));
  const near = sub(mul(unary('expm1', x), unary('cos', y)), mul(mul(half, half), 2));
  const power = exp(z);
  const isFar = either(isAbove(abs(x), limitsOf(x).shift), isInfinite(x));
  return new Pair(dtype, where(isFar, sub(power.re, 1), near), power.im);
}

/** The logarithm of the magnitude. Near the unit circle, where log(|z|) cancels, log1p of |z|² - 1, computed exactly. */
export function logOfMagnitude({ re: x, im: y }: Pair): Node {
  const { huge, tiny, shrink, grow } = limitsOf(x);
  const largest = binary('maximum', abs(x), abs(y));
  const [isHuge, isTiny] = [isAbove(largest, huge), isBelow(largest, tiny)];
  const one = filled(1, x.dtype, []);
  const scale = where(isHuge, 2 ** shrink, where(isTiny, 2 ** grow, one));
  const size = binary('hypot', mul(x, scale), mul(y, scale));
  const scaleLog = where(isHuge, shrink * Math.LN2, where(isTiny, grow * Math.LN2, filled(0, x.dtype, [])));
  const isNear = both(isAbove(size, 0.5), isBelow(size, 2));
  const near = mul(unary('log1p', squaresPlus(x, y, -1)), 0.5);
  return where(isNear, near, sub(unary('log', size), scaleLog));
}

export const log = (z: Pair): Pair => new Pair(z.dtype, logOfMagnitude(z), binary('atan2', z.im, z.re));
export const log2 = (z: Pair): Pair => scaled(log(z), Math.LOG2E);
export const log10 = (z: Pair): Pair => scaled(log(z), Math.LOG10E);

/** log(1 + z): where 1 + z is near the unit circle, from x² + y² + 2x. */
export function log1p(z: Pair): Pair {
  const { dtype, re: x, im: y } = z;
  const shifted = new Pair(dtype, add(x, 1), y);
  const beyond = squaresPlus(x, y, mul(x, 2));
  const isNear = both(isAbove(beyond, -0.75), isBelow(beyond, 3));
  const near = mul(unary('log1p', beyond), 0.5);
  return new Pair(dtype, where(isNear, near, logOfMagnitude(shifted)), binary('atan2', y, shifted.re));
}

/** The root in the right half plane: W. Kahan, Branch Cuts for Complex Elementary Functions (1987). */
export function sqrt({ dtype, re: x, im: y }: Pair): Pair {
  const { huge, tiny, shrink, grow } = limitsOf(x);
  const largest = binary('maximum', abs(x), abs(y));
  const [isHuge, isTiny] = [isAbove(largest, huge), isBelow(largest, tiny)];
  const one = filled(1, x.dtype, []);
  const scale = where(isHuge, 2 ** shrink, where(isTiny, 2 ** grow, one));
  const root = where(isHuge, 2 ** (-shrink / 2), where(isTiny, 2 ** (-grow / 2), one));
  const [u, v] = [abs(mul(x, scale)), abs(mul(y, scale))];
  const long = unary('sqrt', mul(add(u, binary('hypot', u, v)), 0.5));
  const short = div(v, mul(long, 2));
  const isRight = binary('greaterEqual', x, 0);
  const isPlain = either(isInfinite(y), isZero(largest));
  return new Pair(
    dtype,
    where(isPlain, abs(y), mul(where(isRight, long, short), root)),
    where(isPlain, y, withSign(mul(where(isRight, short, long), root), y)),
  );
}

/** z to the power w, as exp(w log z); 0 and exponents of 0 as in NumPy. */
export function power(z: Pair, w: Pair): Pair {
  const found = exp(product(w, log(z)));
  const isBaseZero = both(isZero(z.re), isZero(z.im));
  const isOne = both(isZero(w.re), isZero(w.im));
  const isZeroPower = both(isAbove(w.re, 0), isZero(w.im));
  const of = (part: Node, one: number): Node =>
    where(isOne, one, where(isBaseZero, where(isZeroPower, 0, filled(NaN, part.dtype, [])), part));
  return new Pair(z.dtype, of(found.re, 1), of(found.im, 0));
}

/** z to a whole power between -99 and 99, by multiplications, as NumPy. */
export function wholePower(z: Pair, exponent: number): Pair {
  const { dtype, shape } = z.re;
  const one = new Pair(z.dtype, filled(1, dtype, shape), filled(0, dtype, shape));
  let result: Pair | undefined;
  let factor = z;
  for (let rest = Math.abs(exponent); rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = result === undefined ? factor : product(result, factor);
    if (rest > 1) factor = product(factor, factor);
  }
  if (result === undefined) return one;
  return exponent < 0 ? quotient(one, result) : result;
}
