/**
 * pow in float32.
 *
 * |x|^y = 2^(y log2 |x|), where the logarithm has two floats, or else a large exponent would spoil the last bits:
 * with |x| = 2^k m and s = (m - 1) / (m + 1) is log2 |x| = k + s (c0 + z (c1 + z R(z))), z = s^2. The first two terms are
 * products of two floats, and so is that with y.
 */
import { firstRest, firstTop, powTail, secondRest, secondTop } from './coefficients/power.ts';
import { horner } from '../math/polynomial.ts';
import {
  flip,
  infinity,
  infinityBits,
  isBeyond,
  isNegative,
  isWithin,
  nan,
  nanCase,
  oneBits,
  scale,
  signOf,
  sizeOf,
  splitNumber,
  withCases,
} from './bits.ts';
import { powerOfFraction } from './exponential.ts';
import type { Machine32 } from './machine.ts';
import { product, quotient, rounded, split, square, sum, type TwoFloats } from './twoFloats.ts';

/** Beyond, powers are infinite or zero. */
const largestExponent = 160;

export function pow<V, U, M>(m: Machine32<V, U, M>, x: V, y: V): V {
  const log = logToBase2(m, x);
  // Where |y| is above 2^34 no power of another number than 1 is finite, and not zero.
  const far = m.constant(2 ** 34);
  const factor = m.select(isWithin(m, y, 2 ** 34), y, flip(m, far, signOf(m, y)));
  const exponent = product(m, split(m, factor), log);

  const whole = rounded(m, exponent);
  const tame = isWithin(m, whole, largestExponent);
  const limit = flip(m, m.constant(largestExponent), signOf(m, whole));
  const main = m.select(tame, exponent.high, limit);
  const rest = m.select(tame, exponent.low, m.constant(0));
  const n = m.nearest(m.add(main, rest));
  const fraction = powerOfFraction(m, m.subtract(main, n), rest);
  const doubled = m.and(m.less(m.constant(127.5), n), m.not(m.less(fraction, m.constant(1))));
  const overflow = m.or(doubled, m.less(m.constant(128.5), n));
  const size = withCases(m, scale(m, fraction, n), [overflow, infinity(m)]);
  return withCasesOfPow(m, x, y, size);
}

/** log2 |x| = high + low */
function logToBase2<V, U, M>(m: Machine32<V, U, M>, x: V): TwoFloats<V> {
  const { exponent: k, significand } = splitNumber(m, x, Math.SQRT1_2);
  const f = m.subtract(significand, m.constant(1));
  const s = quotient(m, split(m, f), sum(m, m.constant(2), f));

  // s c0 + s^3 (c1 + z R(z))
  const parts = square(m, s);
  const z = rounded(m, parts);
  const cube = product(m, s, sum(m, parts.high, parts.low));
  const coefficient = {
    high: m.constant(secondTop),
    low: m.add(m.constant(secondRest), m.multiply(z, horner(m, z, powTail))),
  };
  const second = product(m, sum(m, cube.high, cube.low), coefficient);
  const first = product(m, s, { high: m.constant(firstTop), low: m.constant(firstRest) });
  const series = sum(m, first.high, second.high);
  const all = sum(m, k, series.high);
  const low = m.add(m.add(series.low, second.low), first.low);
  return sum(m, all.high, m.add(all.low, low));
}

/** x^y, given |x|^y where both are finite and x is not zero (C99, F.9.4.4). */
function withCasesOfPow<V, U, M>(m: Machine32<V, U, M>, x: V, y: V, size: V): V {
  const [base, exponent] = [sizeOf(m, x), sizeOf(m, y)];
  const [zero, one] = [m.word(0), m.word(oneBits)];
  const infinite = m.word(infinityBits);
  const isOne = m.equalWord(base, one);
  const isZero = m.equalWord(base, zero);
  const endless = m.or(isZero, m.equalWord(base, infinite));
  const grows = m.not(m.lessWord(base, one));
  // Whether the power tends to infinity: a base above 1 rises, one below falls.
  const rises = m.or(m.and(grows, m.not(isNegative(m, y))), m.and(m.not(grows), isNegative(m, y)));
  const limit = m.selectWord(rises, infinite, zero);
  const magnitude = withCases(m, size, [m.or(endless, m.equalWord(exponent, infinite)), limit], [isOne, one]);

  const absolute = m.ofBits(exponent);
  const half = m.multiply(absolute, m.constant(0.5));
  const isWhole = (value: V): M => m.equalWord(m.bitsOf(m.floor(value)), m.bitsOf(value));
  // From 2^24 on all numbers are even.
  const large = isBeyond(m, y, 2 ** 24 - 1);
  const whole = m.or(large, isWhole(absolute));
  const odd = m.and(m.and(whole, m.not(large)), m.not(isWhole(half)));
  const sign = m.selectWord(odd, signOf(m, x), zero);
  const impossible = m.and(m.and(isNegative(m, x), m.not(endless)), m.not(whole));
  return withCases(
    m,
    flip(m, magnitude, sign),
    [impossible, nan(m)],
    nanCase(m, x),
    nanCase(m, y),
    [m.equalWord(m.bitsOf(x), one), one],
    [m.equalWord(exponent, zero), one],
  );
}
