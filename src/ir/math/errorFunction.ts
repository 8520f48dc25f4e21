/**
 * erf and erfc.
 *
 * Near zero erf(x) = x + x P(x^2). Beyond, erf x = 1 - e^-p(x) with a polynomial p, which needs to be the less exact the
 * larger x is; and erfc x = e^(-x^2) s Q(s) with s = 1 / (x + 3.5), one polynomial for the whole range (M. Shepherd and
 * J. Laframboise, "Chebyshev approximation of (1 + 2x) exp(x^2) erfc x", 1981, have a similar variable). There the square
 * is taken of the leading bits of x only, which is exact, and the rest is a factor close to 1 (fdlibm, s_erf.c).
 */
import {
  erfExponent,
  erfExponentSingle,
  erfTail,
  erfTailSingle,
  erfcScaled,
  erfcScaledSingle,
} from './coefficients/errorFunction.ts';
import { expTail } from './coefficients/exponential.ts';
import { exp, reduce } from './exponential.ts';
import type { Machine } from './machine.ts';
import { evenOdd } from './polynomial.ts';

export function erf<V, M>(m: Machine<V, M>, x: V): V {
  const one = m.constant(1);
  const size = m.abs(x);
  // Beyond the limits erf x rounds to 1.
  const bounded = atMost(m, size, m.single ? 4.2 : 5.95);
  const u = m.subtract(bounded, one);
  const exponent = polynomial(m, u, m.single ? erfExponentSingle : erfExponent);
  const far = m.subtract(one, expInRange(m, m.negate(exponent)));
  const near = m.add(size, m.multiply(size, tailOfErf(m, bounded)));
  return m.copySign(m.select(m.less(size, one), near, far), x);
}

export function erfc<V, M>(m: Machine<V, M>, x: V): V {
  const half = m.constant(0.5);
  const size = m.abs(x);
  const bounded = atMost(m, size, 27.3);
  const near = m.subtract(half, m.add(m.multiply(x, tailOfErf(m, bounded)), m.subtract(x, half)));
  const tail = upperTail(m, bounded);
  const far = m.select(m.less(x, m.constant(0)), m.subtract(m.constant(2), tail), tail);
  return m.select(m.less(size, m.constant(0.8)), near, far);
}

/** erf(x) / x - 1 for |x| up to 1. */
function tailOfErf<V, M>(m: Machine<V, M>, x: V): V {
  return polynomial(m, m.multiply(x, x), m.single ? erfTailSingle : erfTail);
}

/** erfc x for x from 0.8 to 27.3. */
function upperTail<V, M>(m: Machine<V, M>, x: V): V {
  // Of the exponent 40 is in the coefficients of Q, so that e^(40 - x^2) is normal and only the last product may not be.
  const forty = m.constant(40);
  const s = m.divide(m.constant(1), m.add(x, m.constant(3.5)));
  const factor = m.multiply(s, polynomial(m, s, m.single ? erfcScaledSingle : erfcScaled));
  if (m.single) return m.multiply(factor, exp(m, m.subtract(forty, m.multiply(x, x))));
  const top = m.highHalf(x);
  const power = expInRange(m, m.subtract(forty, m.multiply(top, top)));
  const rest = m.multiply(m.subtract(top, x), m.add(top, x));
  // e^rest - 1 for |rest| < 2^-10.
  let growth = m.constant(1 / 24);
  for (const c of [1 / 6, 1 / 2, 1]) growth = m.add(m.multiply(growth, rest), m.constant(c));
  return m.multiply(power, m.add(factor, m.multiply(factor, m.multiply(rest, growth))));
}

const polynomial = <V, M>(m: Machine<V, M>, x: V, coefficients: readonly number[]): V =>
  evenOdd(m, x, m.multiply(x, x), coefficients);

/** min(x, limit); NaN stays. */
function atMost<V, M>(m: Machine<V, M>, x: V, limit: number): V {
  const bound = m.constant(limit);
  return m.select(m.less(bound, x), bound, x);
}

/** e^x for |x| < 708. */
function expInRange<V, M>(m: Machine<V, M>, x: V): V {
  if (m.single) return exp(m, x);
  const { n, high, low } = reduce(m, x);
  const r = m.subtract(high, low);
  const square = m.multiply(r, r);
  const tail = m.subtract(m.multiply(square, evenOdd(m, r, square, expTail)), low);
  return m.multiply(m.add(m.constant(1), m.add(high, tail)), m.powerOfTwo(n));
}
