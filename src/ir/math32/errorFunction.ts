/**
 * erf and erfc in float32.
 *
 * As in ir/math/errorFunction.ts: near zero erf(x) = x + x P(x^2); beyond, erf x = 1 - e^-p(x) with a polynomial p, and
 * erfc x = e^(-x^2) s Q(s) with s = 1 / (x + 3.5). The square and the factors of erfc have two floats.
 */
import {
  erfExponent,
  erfExponentLow,
  erfTail,
  erfcScaled,
  erfcScaledLow,
} from './coefficients/errorFunction.ts';
import { expTail, ln2High, ln2Low, log2E } from './coefficients/exponential.ts';
import { fastTwoSum, twoSum } from '../math/doubleWord.ts';
import { horner } from '../math/polynomial.ts';
import { boundedSize, flip, isNegative, nanCase, powerOfTwo, scale, signOf, withCases } from './bits.ts';
import type { Machine32 } from './machine.ts';
import { productOfTwo, quotient, renormalized, square, type TwoFloats } from './twoFloats.ts';

/** Where the forms for small arguments end. */
const nearZero = { erf: 0.73, erfc: 0.8125 };

export function erf<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const one = m.constant(1);
  // From 4 on erf x rounds to 1.
  const size = boundedSize(m, x, 4);
  const u = m.subtract(size, one);
  const [first = 0, ...others] = erfExponent;
  const [exponent, lost] = fastTwoSum(m, m.constant(first), m.multiply(u, horner(m, u, others)));
  const low = m.add(lost, m.constant(erfExponentLow));
  const { n, fraction } = powerOfMinus(m, { high: exponent, low });
  const power = m.multiply(fraction.high, powerOfTwo(m, n));
  const [difference, rest] = fastTwoSum(m, one, m.negate(power));
  const far = m.add(difference, m.subtract(rest, m.multiply(fraction.low, powerOfTwo(m, n))));
  const near = m.add(size, m.multiply(size, tailOfErf(m, size)));
  const value = m.select(m.less(size, m.constant(nearZero.erf)), near, far);
  return withCases(m, flip(m, value, signOf(m, x)), nanCase(m, x));
}

export function erfc<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const half = m.constant(0.5);
  // From 10.06 on erfc x rounds to 0.
  const size = boundedSize(m, x, 10.2);
  const signed = flip(m, size, signOf(m, x));
  const near = m.subtract(half, m.add(m.multiply(signed, tailOfErf(m, size)), m.subtract(signed, half)));
  const tail = upperTail(m, size);
  const far = m.select(isNegative(m, x), m.subtract(m.constant(2), tail), tail);
  return withCases(m, m.select(m.less(size, m.constant(nearZero.erfc)), near, far), nanCase(m, x));
}

/** erf(x) / x - 1 for x up to 0.8125. */
const tailOfErf = <V, U, M>(m: Machine32<V, U, M>, x: V): V => horner(m, m.multiply(x, x), erfTail);

/** erfc x for x from 0.8125 to 10.2. */
function upperTail<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const [below, belowLow] = twoSum(m, x, m.constant(3.5));
  const ratio = quotient(m, m.constant(1), below, undefined, belowLow);
  const s = renormalized(m, ratio.high, ratio.low);
  const v = m.add(m.subtract(ratio.high, m.constant(0.09375)), ratio.low);
  const [first = 0, ...others] = erfcScaled;
  const [q, lost] = fastTwoSum(m, m.constant(first), m.multiply(v, horner(m, v, others)));
  const qLow = m.add(lost, m.constant(erfcScaledLow));
  const factor = productOfTwo(m, s, { high: q, low: qLow });
  const { n, fraction } = powerOfMinus(m, square(m, x));
  const { high, low } = productOfTwo(m, factor, fraction);
  return scale(m, m.add(high, low), n);
}

/** e^-(high + low) = 2^n fraction, for a sum from 0 to 105. */
function powerOfMinus<V, U, M>(
  m: Machine32<V, U, M>,
  { high, low }: TwoFloats<V>,
): { n: V; fraction: TwoFloats<V> } {
  const n = m.nearest(m.multiply(m.add(high, low), m.constant(-log2E)));
  const exact = m.negate(m.add(high, m.multiply(n, m.constant(ln2High))));
  const [r, rLow] = twoSum(m, exact, m.negate(m.add(low, m.multiply(n, m.constant(ln2Low)))));
  const tail = m.add(m.multiply(m.multiply(r, r), horner(m, r, expTail)), rLow);
  const [sum, lost] = fastTwoSum(m, m.constant(1), r);
  return { n, fraction: renormalized(m, sum, m.add(lost, tail)) };
}
