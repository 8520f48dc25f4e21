/**
 * Arithmetic of complex numbers on pairs of nodes. Products are the textbook formula, which the array API standard permits
 * and NumPy has: of operands with infinities both parts may be NaN. Quotients are those of R. Smith (1962), scaled by the
 * larger part of the divisor so that no square overflows, with the infinities and zeros of C99, Annex G.
 */
import type { Node } from '../../ir/node.ts';
import { binary, unary } from '../nodes/elementwise.ts';
import {
  abs,
  add,
  both,
  div,
  either,
  isAbove,
  isBelow,
  isInfinite,
  isZero,
  limitsOf,
  mul,
  neg,
  sub,
  where,
  withSign,
} from './floats.ts';
import { filled, Pair } from './pair.ts';

/** A pair of these parts, with the dtype of `like`. */
const pair = (like: Pair, re: Node, im: Node): Pair => new Pair(like.dtype, re, im);

export const negative = (z: Pair): Pair => pair(z, neg(z.re), neg(z.im));
export const conjugate = (z: Pair): Pair => pair(z, z.re, neg(z.im));
export const sum = (z: Pair, w: Pair): Pair => pair(z, add(z.re, w.re), add(z.im, w.im));
export const difference = (z: Pair, w: Pair): Pair => pair(z, sub(z.re, w.re), sub(z.im, w.im));
export const magnitude = (z: Pair): Node => binary('hypot', z.re, z.im);
/** Parts times a real number. */
export const scaled = (z: Pair, factor: number): Pair => z.map((part) => mul(part, factor));
/** i z and -i z. */
export const turned = (z: Pair): Pair => pair(z, neg(z.im), z.re);
export const turnedBack = (z: Pair): Pair => pair(z, z.im, neg(z.re));

export const product = (z: Pair, w: Pair): Pair =>
  pair(z, sub(mul(z.re, w.re), mul(z.im, w.im)), add(mul(z.re, w.im), mul(z.im, w.re)));

export const square = (z: Pair): Pair => product(z, z);

export function quotient(given: Pair, by: Pair): Pair {
  const [z, w] = inRange(given, by);
  const isWide = binary('greaterEqual', abs(w.re), abs(w.im));
  const [large, small] = [where(isWide, w.re, w.im), where(isWide, w.im, w.re)];
  const isNothing = isZero(large);
  // For a divisor of 0, a ratio of 0 leaves quotients by the zero itself.
  const ratio = where(isNothing, 0, div(small, large));
  const divisor = add(large, mul(small, ratio));
  const [first, second] = [where(isWide, z.re, z.im), where(isWide, z.im, z.re)];
  const re = div(add(first, mul(second, ratio)), divisor);
  const turnedIm = div(sub(second, mul(first, ratio)), divisor);
  const im = where(isWide, turnedIm, neg(turnedIm));
  return atInfinity(given, by, pair(z, re, im));
}

/** Both operands times a power of two, so that sums within the quotient neither overflow nor lose bits. */
function inRange(z: Pair, w: Pair): readonly [Pair, Pair] {
  const { huge, tiny, shrink, grow } = limitsOf(z.re);
  const largest = (x: Pair): Node => binary('maximum', abs(x.re), abs(x.im));
  const divisor = largest(w);
  const isHuge = either(isAbove(divisor, huge), isAbove(largest(z), huge));
  const one = filled(1, z.re.dtype, []);
  const scale = where(isHuge, 2 ** shrink, where(isBelow(divisor, tiny), 2 ** grow, one));
  const times = (x: Pair): Pair => x.map((part) => mul(part, scale));
  return [times(z), times(w)];
}

/** Annex G: what both parts NaN should be. An infinity by a finite number is infinite, a finite number by an infinity 0. */
function atInfinity(z: Pair, w: Pair, found: Pair): Pair {
  const isLost = both(unary('isnan', found.re), unary('isnan', found.im));
  const isEndless = (x: Pair): Node => either(isInfinite(x.re), isInfinite(x.im));
  const isFinite = (x: Pair): Node => both(unary('isfinite', x.re), unary('isfinite', x.im));
  const byNothing = both(isZero(w.re), isZero(w.im));
  const toInfinity = both(isEndless(z), isFinite(w));
  const toZero = both(isFinite(z), isEndless(w));
  const boxed = (x: Pair): Pair =>
    x.map((part) => withSign(where(isInfinite(part), 1, filled(0, part.dtype, [])), part));
  // Inside an infinite number, 1 stands for each infinite part.
  const [a, b] = [boxed(z), boxed(w)];
  const far = (f: (x: Pair, y: Pair) => Node): Node => mul(f(a, w), Infinity);
  const near = (f: (x: Pair, y: Pair) => Node): Node => mul(f(z, b), 0);
  const re = (x: Pair, y: Pair): Node => add(mul(x.re, y.re), mul(x.im, y.im));
  const im = (x: Pair, y: Pair): Node => sub(mul(x.im, y.re), mul(x.re, y.im));
  const recovered = (part: Node, top: Node, f: (x: Pair, y: Pair) => Node): Node => {
    const other = where(toInfinity, far(f), where(toZero, near(f), part));
    return where(isLost, where(byNothing, mul(withSign(Infinity, w.re), top), other), part);
  };
  return pair(z, recovered(found.re, z.re, re), recovered(found.im, z.im, im));
}

/** Numbers on the unit circle; of 0, 0. Of a number with one infinite part, the direction of that part. */
export function direction(z: Pair): Pair {
  const { tiny, grow } = limitsOf(z.re);
  const isSmall = isBelow(binary('maximum', abs(z.re), abs(z.im)), tiny);
  const scale = where(isSmall, 2 ** grow, filled(0.25, z.re.dtype, []));
  const w = z.map((part) => mul(part, scale));
  const size = magnitude(w);
  const isNothing = both(isZero(z.re), isZero(z.im));
  const isUnknown = either(unary('isnan', add(z.re, z.im)), both(isInfinite(z.re), isInfinite(z.im)));
  const part = (x: Node): Node => {
    const far = where(isInfinite(x), withSign(1, x), filled(0, x.dtype, []));
    const known = where(isInfinite(size), far, div(x, size));
    return where(isNothing, 0, where(isUnknown, NaN, known));
  };
  return w.map(part);
}

/** Whether a number is not 0. */
export const truth = (z: Pair): Node => either(binary('notEqual', z.re, 0), binary('notEqual', z.im, 0));
