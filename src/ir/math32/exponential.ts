/**
 * exp, exp2 and expm1 in float32.
 *
 * As in ir/math/exponential.ts: x = n ln 2 + r with n whole, e^x = 2^n (1 + r + r^2 q(r)). The first part of ln 2 has
 * so few bits that n times it is exact, and what r lacks joins the small terms.
 */
import {
  exp2Tail,
  expm1Tail,
  expTail,
  ln2High,
  ln2Low,
  ln2Rest,
  ln2Top,
  log2E,
} from './coefficients/exponential.ts';
import { horner } from '../math/polynomial.ts';
import {
  bitsOfNumber,
  bounded,
  infinity,
  isNegative,
  nanCase,
  powerOfTwo,
  scale,
  tinyCase,
  withCases,
} from './bits.ts';
import type { Machine32 } from './machine.ts';
import { plus, product, rounded, split, sum, sumOfThree } from './twoFloats.ts';

/** The largest x whose e^x is finite. */
const largestExponent = 88.72283;

/** x = n ln 2 + high - low, where high is exact and |high - low| <= ln(2)/2. */
export interface Reduced<V> {
  readonly n: V;
  readonly high: V;
  readonly low: V;
}

export function exp<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  // Beyond 104 the power is infinite or zero.
  const reduced = reduce(m, bounded(m, x, 104));
  const value = scale(m, sumOfThree(m, m.constant(1), reduced.high, expTerms(m, reduced)), reduced.n);
  return withCasesOfPower(m, value, x, largestExponent);
}

export function exp2<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const within = bounded(m, x, 152);
  const n = m.nearest(within);
  const value = scale(m, powerOfFraction(m, m.subtract(within, n), m.constant(0)), n);
  return withCasesOfPower(m, value, x, 127.99999);
}

export function expm1<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const { n, unit, high, tail } = expm1Parts(m, bounded(m, x, 104));
  // 1 - 2^-n is 0, or exact up to 2^24, or near enough.
  const whole = sum(m, m.constant(1), m.negate(unit));
  const main = sum(m, whole.high, high);
  const value = scale(m, rounded(m, plus(m, main, m.add(whole.low, tail))), n);
  return withCases(m, withCasesOfPower(m, value, x, largestExponent), tinyCase(m, x, 2 ** -25));
}

/** e^x = 2^n (1 + high + tail) and `unit` 2^-n, for x in [-20, 104]; smaller x are taken for -20, and a unit below 2^-30 for that. */
export function expm1Parts<V, U, M>(m: Machine32<V, U, M>, x: V): { n: V; unit: V; high: V; tail: V } {
  const least = m.constant(-20);
  const { n, high, low } = reduce(m, m.select(m.less(x, least), least, x));
  const square = m.multiply(high, high);
  const cube = m.multiply(square, m.multiply(high, horner(m, high, expm1Tail)));
  const terms = m.add(m.multiply(square, m.constant(0.5)), m.subtract(cube, low));
  // e^(high - low) is e^high (1 - low).
  const tail = m.subtract(terms, m.multiply(low, m.add(high, terms)));
  const last = m.constant(30);
  return { n, unit: powerOfTwo(m, m.negate(m.select(m.less(last, n), last, n))), high, tail };
}

/** e^(high - low) - 1 - high */
function expTerms<V, U, M>(m: Machine32<V, U, M>, { high, low }: Reduced<V>): V {
  const r = m.subtract(high, low);
  return m.subtract(m.multiply(m.multiply(r, r), horner(m, r, expTail)), low);
}

export function reduce<V, U, M>(m: Machine32<V, U, M>, x: V): Reduced<V> {
  const n = m.nearest(m.multiply(x, m.constant(log2E)));
  const high = m.subtract(x, m.multiply(n, m.constant(ln2High)));
  return { n, high, low: m.multiply(n, m.constant(ln2Low)) };
}

/** 2^(f + rest) for a sum within +-1/2 and `rest` small beside 1. */
export function powerOfFraction<V, U, M>(m: Machine32<V, U, M>, f: V, rest: V): V {
  const exponent = plus(m, split(m, f), rest);
  const { high, low } = product(m, exponent, { high: m.constant(ln2Top), low: m.constant(ln2Rest) });
  const near = m.add(f, rest);
  const curve = m.multiply(m.multiply(near, near), horner(m, near, exp2Tail));
  return sumOfThree(m, m.constant(1), high, m.add(curve, low));
}

/** Infinity above `largest`, and NaN for NaN. */
function withCasesOfPower<V, U, M>(m: Machine32<V, U, M>, value: V, x: V, largest: number): V {
  const bits = m.bitsOf(x);
  const overflow = m.and(m.lessWord(m.word(bitsOfNumber(largest)), bits), m.not(isNegative(m, x)));
  return withCases(m, value, [overflow, infinity(m)], nanCase(m, x));
}
