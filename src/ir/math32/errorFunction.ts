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
import { horner } from '../math/polynomial.ts';
import { boundedSize, flip, isNegative, nanCase, powerOfTwo, scale, signOf, withCases } from './bits.ts';
import type { Machine32 } from './machine.ts';
import {
  plus,
  product,
  quotient,
  rounded,
  split,
  square,
  sum,
  sumOfAny,
  sumOfThree,
  type TwoFloats,
} from './twoFloats.ts';

/** Where the forms for small arguments end. */
const nearZero = { erf: 0.73, erfc: 0.8125 };

export function erf<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const one = m.constant(1);
  // From 4 on erf x rounds to 1.
  const size = boundedSize(m, x, 4);
  const u = m.subtract(size, one);
  const [first = 0, ...others] = erfExponent;
  const exponent = sum(m, m.constant(first), m.multiply(u, horner(m, u, others)));
  const { n, fraction } = powerOfMinus(m, plus(m, exponent, m.constant(erfExponentLow)));
  const unit = m.negate(powerOfTwo(m, n));
  const far = sumOfThree(m, one, m.multiply(fraction.high, unit), m.multiply(fraction.low, unit));
  // Raised, for the second term of a small number may be subnormal.
  const raised = m.multiply(size, m.constant(2 ** 30));
  const sumOfRaised = m.add(raised, m.multiply(raised, tailOfErf(m, size)));
  const near = m.multiply(sumOfRaised, m.constant(2 ** -30));
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
  const one = m.constant(1);
  const s = quotient(m, { high: one, low: m.constant(0) }, sumOfAny(m, x, m.constant(3.5)));
  const v = { high: m.subtract(s.high, m.constant(0.09375)), low: s.low };
  const near = rounded(m, v);
  const [first = 0, second = 0, ...others] = erfcScaled;
  const slope = sum(m, m.constant(second), m.multiply(near, horner(m, near, others)));
  const rise = product(m, v, slope);
  const q = sumOfAny(m, m.constant(first), rise.high);
  const factor = product(m, s, plus(m, q, m.add(rise.low, m.constant(erfcScaledLow))));
  const { n, fraction } = powerOfMinus(m, square(m, split(m, x)));
  return scale(m, rounded(m, product(m, sum(m, factor.high, factor.low), fraction)), n);
}

/** e^-(high + low) = 2^n fraction, for a sum from 0 to 105. */
function powerOfMinus<V, U, M>(
  m: Machine32<V, U, M>,
  { high, low }: TwoFloats<V>,
): { n: V; fraction: TwoFloats<V> } {
  const n = m.nearest(m.multiply(m.add(high, low), m.constant(-log2E)));
  const exact = m.negate(m.add(high, m.multiply(n, m.constant(ln2High))));
  const rest = m.negate(m.add(low, m.multiply(n, m.constant(ln2Low))));
  const r = m.add(exact, rest);
  const curve = m.multiply(m.multiply(r, r), horner(m, r, expTail));
  return { n, fraction: plus(m, sum(m, m.constant(1), exact), m.add(rest, curve)) };
}
