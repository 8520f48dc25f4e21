/**
 * asin, acos, atan and atan2 in float32.
 *
 * asin s = s + s^3 R(s^2) up to 1/2; beyond, asin x = pi/2 - 2 asin(sqrt((1 - x) / 2)), with the root in two floats. For
 * atan the smaller divided by the larger side of a right angle, in two floats too, is brought below 1/3 as in
 * ir/math/inverseTrigonometric.ts.
 */
import {
  asinTail,
  atanHalfHigh,
  atanHalfLow,
  atanTail,
  halfPiHigh,
  halfPiLow,
  piHigh,
  piLow,
} from './coefficients/inverseTrigonometric.ts';
import { horner } from '../math/polynomial.ts';
import {
  boundedSize,
  flip,
  infinityBits,
  isNegative,
  nan,
  nanCase,
  oneBits,
  powerOfTwo,
  scale,
  signOf,
  sizeOf,
  splitNumber,
  tinyCase,
  withCases,
} from './bits.ts';
import type { Machine32 } from './machine.ts';
import { plus, quotient, rounded, split, squareRoot, sum, sumOfThree, type TwoFloats } from './twoFloats.ts';

export function asin<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const { size, large, ratio, double, doubleLow } = arcsineParts(m, x);
  const near = m.add(size, m.multiply(size, ratio));
  const far = sumOfThree(
    m,
    m.constant(halfPiHigh),
    m.negate(double),
    m.subtract(m.constant(halfPiLow), doubleLow),
  );
  const value = flip(m, m.select(large, far, near), signOf(m, x));
  return withCases(m, value, tinyCase(m, x, 2 ** -13), outsideCase(m, x));
}

export function acos<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const { size, large, ratio, double, doubleLow } = arcsineParts(m, x);
  const negative = isNegative(m, x);
  const signed = flip(m, size, signOf(m, x));
  const near = sumOfThree(
    m,
    m.constant(halfPiHigh),
    m.negate(signed),
    m.subtract(m.constant(halfPiLow), m.multiply(signed, ratio)),
  );
  const positive = m.add(double, doubleLow);
  const reflected = sumOfThree(
    m,
    m.constant(piHigh),
    m.negate(double),
    m.subtract(m.constant(piLow), doubleLow),
  );
  const value = m.select(large, m.select(negative, reflected, positive), near);
  return withCases(m, value, outsideCase(m, x));
}

/** |x| > 1 or NaN */
const outsideCase = <V, U, M>(m: Machine32<V, U, M>, x: V): readonly [M, U] => [
  m.lessWord(m.word(oneBits), sizeOf(m, x)),
  nan(m),
];

/**
 * asin(s) / s - 1 = ratio, for s = size up to 1/2 and s = sqrt((1 - size) / 2) beyond; there double + doubleLow is 2 asin s.
 */
function arcsineParts<V, U, M>(
  m: Machine32<V, U, M>,
  x: V,
): { size: V; large: M; ratio: V; double: V; doubleLow: V } {
  const size = boundedSize(m, x, 1);
  const large = m.less(m.constant(0.5), size);
  const half = m.multiply(m.subtract(m.constant(1), size), m.constant(0.5));
  const z = m.select(large, half, m.multiply(size, size));
  const ratio = m.multiply(z, horner(m, z, asinTail));
  // Of 1 the root is 0, which must not be divided by.
  const least = m.constant(2 ** -60);
  const root = squareRoot(m, split(m, m.select(m.less(half, least), least, half)));
  const isOne = m.equalWord(sizeOf(m, size), m.word(oneBits));
  const twice = (value: V): V => m.select(isOne, m.constant(0), m.add(value, value));
  const low = m.add(root.low, m.multiply(rounded(m, root), ratio));
  return { size, large, ratio, double: twice(root.high), doubleLow: twice(low) };
}

export function atan<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const one = m.constant(1);
  // Beyond 2^60 nothing changes.
  const size = boundedSize(m, x, 2 ** 60);
  const large = m.less(one, size);
  const angle = arctangent(m, m.select(large, one, size), m.select(large, size, one));
  const zero = m.constant(0);
  const value = turned(
    m,
    m.select(large, m.constant(halfPiHigh), zero),
    m.select(large, m.constant(halfPiLow), zero),
    m.selectWord(large, m.word(0x80000000), m.word(0)),
    angle,
  );
  return withCases(m, flip(m, value, signOf(m, x)), tinyCase(m, x, 2 ** -13), nanCase(m, x));
}

/** Sides of the same ratio: their exponents are taken off and meet in the smaller one, so that none leaves the range. */
export function atan2<V, U, M>(m: Machine32<V, U, M>, y: V, x: V): V {
  const [height, width] = [sizeOf(m, y), sizeOf(m, x)];
  const [zero, zeroWord, infinite] = [m.constant(0), m.word(0), m.word(infinityBits)];
  const steep = m.lessWord(width, height);
  const left = signOf(m, x);
  const isLeft = m.equalWord(left, m.word(0x80000000));
  const larger = m.selectWord(steep, height, width);
  const lesser = m.selectWord(steep, width, height);
  // Beside infinity a number is zero. Two infinities are as 1 : 1.
  const vanishes = m.and(m.equalWord(larger, infinite), m.not(m.equalWord(lesser, infinite)));
  const smaller = m.selectWord(vanishes, zeroWord, lesser);

  const [a, b] = [splitNumber(m, m.ofBits(smaller), 1), splitNumber(m, m.ofBits(larger), 1)];
  const steps = m.subtract(a.exponent, b.exponent);
  const least = m.constant(-60);
  const isZero = m.equalWord(smaller, zeroWord);
  const few = m.select(m.or(isZero, m.less(steps, least)), least, steps);
  const angle = arctangent(m, m.multiply(a.significand, powerOfTwo(m, few)), b.significand);

  // A thin angle may be subnormal by itself; added to a right one it does not matter how thin it is.
  const thin = scale(m, rounded(m, angle), m.subtract(steps, few));
  const from = (half: number, whole: number): V =>
    m.select(steep, m.constant(half), m.select(isLeft, m.constant(whole), zero));
  const turns = m.selectWord(steep, m.word(0x80000000), zeroWord);
  const sum = turned(m, from(halfPiHigh, piHigh), from(halfPiLow, piLow), m.xorWords(turns, left), angle);
  const forward = m.and(m.not(steep), m.not(isLeft));
  const size = withCases(m, m.select(forward, thin, sum), [m.and(forward, isZero), zeroWord]);
  return withCases(m, flip(m, size, signOf(m, y)), nanCase(m, x), nanCase(m, y));
}

/** atan(v / u) for 0 <= v <= u, from u / 3 on as atan(1/2) + atan((v - u/2) / (u + v/2)). */
function arctangent<V, U, M>(m: Machine32<V, U, M>, v: V, u: V): TwoFloats<V> {
  const zero = m.constant(0);
  const far = m.less(u, m.multiply(v, m.constant(3)));
  const chosen = (value: number): V => m.select(far, m.constant(value), zero);
  const weight = chosen(0.5);
  // Exact where the weight is not zero, since then v > u / 4.
  const above = m.subtract(v, m.multiply(weight, u));
  const ratio = quotient(m, split(m, above), sum(m, u, m.multiply(weight, v)));
  const t = rounded(m, ratio);
  const z = m.multiply(t, t);
  const tail = m.multiply(m.multiply(t, z), horner(m, z, atanTail));
  const main = sum(m, chosen(atanHalfHigh), ratio.high);
  return plus(m, main, m.add(chosen(atanHalfLow), m.add(ratio.low, tail)));
}

/** from + fromLow + angle, the angle with the opposite sign where `sign` is set. */
function turned<V, U, M>(m: Machine32<V, U, M>, from: V, fromLow: V, sign: U, angle: TwoFloats<V>): V {
  const signed = { high: flip(m, angle.high, sign), low: flip(m, angle.low, sign) };
  return sumOfThree(m, from, signed.high, m.add(fromLow, signed.low));
}
