/**
 * asin, acos, atan and atan2.
 *
 * asin s = s + s^3 R(s^2) up to 1/2; beyond, asin x = pi/2 - 2 asin(sqrt((1 - x) / 2)), with the root in two words (as in
 * fdlibm, e_asin.c). For atan, the smaller divided by the larger side of a right angle is brought below 1/3 by
 * atan q = atan(1/2) + atan((q - 1/2) / (1 + q/2)); that quotient has two words as well.
 */
import {
  asinTail,
  asinTailSingle,
  atanHalfHigh,
  atanHalfLow,
  atanTail,
  atanTailSingle,
  halfPiHigh,
  halfPiLow,
  piHigh,
  piLow,
} from './coefficients/inverseTrigonometric.ts';
import { fastTwoSum, productLess } from './doubleWord.ts';
import type { Machine } from './machine.ts';
import { evenOdd } from './polynomial.ts';

export function asin<V, M>(m: Machine<V, M>, x: V): V {
  const size = m.abs(x);
  const { large, ratio, double, doubleLow } = arcsineParts(m, size);
  const near = m.add(size, m.multiply(size, ratio));
  const far = m.subtract(
    m.subtract(m.constant(halfPiHigh), double),
    m.subtract(doubleLow, m.constant(halfPiLow)),
  );
  return m.copySign(m.select(large, far, near), x);
}

export function acos<V, M>(m: Machine<V, M>, x: V): V {
  const { large, ratio, double, doubleLow } = arcsineParts(m, m.abs(x));
  const [difference, lost] = fastTwoSum(m, m.constant(halfPiHigh), m.negate(x));
  const near = m.add(difference, m.add(lost, m.subtract(m.constant(halfPiLow), m.multiply(x, ratio))));
  const positive = m.add(double, doubleLow);
  const negative = m.subtract(
    m.subtract(m.constant(piHigh), double),
    m.subtract(doubleLow, m.constant(piLow)),
  );
  return m.select(large, m.select(m.signBit(x), negative, positive), near);
}

/**
 * asin(s) / s - 1 = ratio, for s = size up to 1/2 and s = sqrt((1 - size) / 2) beyond; there double + doubleLow is 2 asin s.
 * `double` has so few bits that it can be subtracted from pi/2 and pi exactly.
 */
function arcsineParts<V, M>(m: Machine<V, M>, size: V): { large: M; ratio: V; double: V; doubleLow: V } {
  const two = m.constant(2);
  const large = m.less(m.constant(0.5), size);
  const square = m.multiply(m.subtract(m.constant(1), size), m.constant(0.5));
  const z = m.select(large, square, m.multiply(size, size));
  const ratio = m.multiply(z, evenOdd(m, z, m.multiply(z, z), m.single ? asinTailSingle : asinTail));
  const root = m.sqrt(square);
  if (m.single) {
    const double = m.multiply(root, two);
    return { large, ratio, double, doubleLow: m.multiply(double, ratio) };
  }
  // root = top + rest, by (square - top^2) / (root + top); the last term is for square = 0.
  const top = m.highHalf(root);
  const sum = m.add(m.add(root, top), m.constant(2 ** -1000));
  const rest = m.divide(m.subtract(square, m.multiply(top, top)), sum);
  const low = m.add(m.multiply(root, ratio), rest);
  return { large, ratio, double: m.multiply(top, two), doubleLow: m.multiply(low, two) };
}

export function atan<V, M>(m: Machine<V, M>, x: V): V {
  const one = m.constant(1);
  // Beyond 2^60 nothing changes, and infinity would spoil the products.
  const top = m.constant(2 ** 60);
  const size = m.select(m.less(top, m.abs(x)), top, m.abs(x));
  const large = m.less(one, size);
  const angle = arctangent(m, m.select(large, one, size), m.select(large, size, one));
  const zero = m.constant(0);
  const from = m.select(large, m.constant(halfPiHigh), zero);
  const fromLow = m.select(large, m.constant(halfPiLow), zero);
  return m.copySign(turned(m, from, fromLow, large, angle), x);
}

export function atan2<V, M>(m: Machine<V, M>, y: V, x: V): V {
  const height = m.abs(y);
  const width = m.abs(x);
  const steep = m.less(width, height);
  const left = m.signBit(x);
  const small = m.select(steep, width, height);
  const large = m.select(steep, height, width);
  const zero = m.constant(0);
  // Infinities, zeros, and sides whose products could leave the range.
  const extreme = m.or(m.less(m.constant(2 ** 500), large), m.less(small, m.constant(2 ** -500)));
  const [opposite, adjacent] = m.rarely(extreme, [small, large], () => scaledSides(m, small, large)) as [
    V,
    V,
  ];
  const angle = arctangent(m, opposite, adjacent);
  const from = (half: number, whole: number): V =>
    m.select(steep, m.constant(half), m.select(left, m.constant(whole), zero));
  const backwards = m.or(m.and(steep, m.not(left)), m.and(left, m.not(steep)));
  return m.copySign(turned(m, from(halfPiHigh, piHigh), from(halfPiLow, piLow), backwards, angle), y);
}

/** Sides of the same ratio, within range: zeros as 0 : 1, infinities as 1 : 1, and a small ratio as itself : 1. */
function scaledSides<V, M>(m: Machine<V, M>, small: V, large: V): readonly [V, V] {
  const zero = m.constant(0);
  const one = m.constant(1);
  const quotient = m.divide(small, large);
  const scale = m.select(m.less(one, large), m.constant(2 ** -600), m.constant(2 ** 600));
  const thin = m.less(quotient, m.constant(2 ** -60));
  const same = m.equal(small, large);
  const opposite = m.select(thin, quotient, m.multiply(small, scale));
  const adjacent = m.select(thin, one, m.multiply(large, scale));
  return [m.select(same, m.select(m.equal(large, zero), zero, one), opposite), m.select(same, one, adjacent)];
}

/** An angle in two words. */
interface Angle<V> {
  readonly high: V;
  readonly low: V;
}

/** atan(v / u) for 0 <= v <= u. */
function arctangent<V, M>(m: Machine<V, M>, v: V, u: V): Angle<V> {
  const zero = m.constant(0);
  const far = m.less(u, m.multiply(v, m.constant(3)));
  const weight = m.select(far, m.constant(0.5), zero);
  const from = m.select(far, m.constant(atanHalfHigh), zero);
  // Exact where the weight is not zero, since then v > u / 4.
  const above = m.subtract(v, m.multiply(weight, u));
  const [below, belowLow] = fastTwoSum(m, u, m.multiply(weight, v));
  if (m.single) {
    const t = m.divide(above, below);
    const z = m.multiply(t, t);
    const tail = m.multiply(m.multiply(t, z), evenOdd(m, z, m.multiply(z, z), atanTailSingle));
    return { high: m.add(m.add(from, t), tail), low: zero };
  }
  const inverse = m.divide(m.constant(1), below);
  const t = m.multiply(above, inverse);
  const excess = m.add(productLess(m, t, below, above), m.multiply(t, belowLow));
  const z = m.multiply(t, t);
  const tail = m.multiply(m.multiply(t, z), evenOdd(m, z, m.multiply(z, z), atanTail));
  const [high, lost] = fastTwoSum(m, from, t);
  const fromLow = m.select(far, m.constant(atanHalfLow), zero);
  return { high, low: m.add(m.add(lost, fromLow), m.subtract(tail, m.multiply(excess, inverse))) };
}

/** from + fromLow + angle, or minus the angle where `backwards`. */
function turned<V, M>(m: Machine<V, M>, from: V, fromLow: V, backwards: M, { high, low }: Angle<V>): V {
  const sign = m.select(backwards, m.constant(-1), m.constant(1));
  if (m.single) return m.add(from, m.multiply(sign, high));
  const [sum, lost] = fastTwoSum(m, from, m.multiply(sign, high));
  return m.add(sum, m.add(lost, m.add(fromLow, m.multiply(sign, low))));
}
