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
  erfcScaledLow,
  erfcScaledSingle,
  erfcSlope,
} from './coefficients/errorFunction.ts';
import { expTail } from './coefficients/exponential.ts';
import { fastTwoSum, productLess, twoSum } from './doubleWord.ts';
import { exp, reduce } from './exponential.ts';
import type { Machine } from './machine.ts';
import { evenOdd, horner } from './polynomial.ts';

/** Where the forms for small arguments end. */
const nearZero = { erf: 0.73, erfc: 0.8125 };

export function erf<V, M>(m: Machine<V, M>, x: V): V {
  const one = m.constant(1);
  const size = m.abs(x);
  // Beyond the limits erf x rounds to 1.
  const bounded = atMost(m, size, m.single ? 4.2 : 5.95);
  const u = m.subtract(bounded, one);
  const [first = 0, ...others] = m.single ? erfExponentSingle : erfExponent;
  const [exponent, lost] = fastTwoSum(m, m.constant(first), m.multiply(u, horner(m, u, others)));
  const far = oneLessPower(m, exponent, lost);
  const near = m.add(size, m.multiply(size, tailOfErf(m, bounded)));
  return m.copySign(m.select(m.less(size, m.constant(nearZero.erf)), near, far), x);
}

export function erfc<V, M>(m: Machine<V, M>, x: V): V {
  const half = m.constant(0.5);
  const size = m.abs(x);
  const bounded = atMost(m, size, 27.3);
  const near = m.subtract(half, m.add(m.multiply(x, tailOfErf(m, bounded)), m.subtract(x, half)));
  const tail = upperTail(m, bounded);
  const far = m.select(m.less(x, m.constant(0)), m.subtract(m.constant(2), tail), tail);
  return m.select(m.less(size, m.constant(nearZero.erfc)), near, far);
}

/** erf(x) / x - 1 for |x| up to 0.8125. */
function tailOfErf<V, M>(m: Machine<V, M>, x: V): V {
  return horner(m, m.multiply(x, x), m.single ? erfTailSingle : erfTail);
}

/** erfc x for x from 0.8125 to 27.3. */
function upperTail<V, M>(m: Machine<V, M>, x: V): V {
  // Of the exponent 40 is in the coefficients of Q, so that e^(40 - x^2) is normal and only the last product may not be.
  const forty = m.constant(40);
  const one = m.constant(1);
  const [below, belowLow] = twoSum(m, x, m.constant(3.5));
  const s = m.divide(one, below);
  const v = m.subtract(s, m.constant(0.09375));
  if (m.single) {
    const factor = m.multiply(s, polynomial(m, v, erfcScaledSingle));
    return m.multiply(factor, exp(m, m.subtract(forty, m.multiply(x, x))));
  }
  const [first = 0, second = 0, ...others] = erfcScaled;
  const [slope, slopeLow] = fastTwoSum(m, m.constant(second), m.multiply(v, horner(m, v, others)));
  const rise = m.multiply(v, slope);
  const riseLow = m.multiply(v, slopeLow);
  const [q, qLow] = twoSum(m, m.constant(first), rise);
  const factor = m.multiply(s, q);
  const lowOfQ = m.add(qLow, m.add(riseLow, m.constant(erfcScaledLow)));
  const factorLow = m.add(productLess(m, s, q, factor), m.multiply(s, lowOfQ));
  // s is 1 + error times too large. The result feels that up to threefold.
  const error = m.add(productLess(m, s, below, one), m.multiply(s, belowLow));
  const felt = m.add(one, m.multiply(s, horner(m, s, erfcSlope)));

  const top = m.highHalf(x);
  const power = expParts(m, m.subtract(forty, m.multiply(top, top)));
  const remaining = m.multiply(m.subtract(top, x), m.add(top, x));
  // e^remaining - 1 for |remaining| < 2^-10.
  const growth = m.multiply(remaining, horner(m, remaining, [1, 1 / 2, 1 / 6, 1 / 24]));
  const change = m.subtract(m.add(growth, power.lost), m.multiply(error, felt));
  const product = m.multiply(power.fraction, factor);
  const productLow = m.add(
    productLess(m, power.fraction, factor, product),
    m.add(m.multiply(power.fraction, factorLow), m.multiply(product, change)),
  );
  return m.multiply(m.add(product, productLow), power.scale);
}

const polynomial = <V, M>(m: Machine<V, M>, x: V, coefficients: readonly number[]): V =>
  evenOdd(m, x, m.multiply(x, x), coefficients);

/** min(x, limit); NaN stays. */
function atMost<V, M>(m: Machine<V, M>, x: V, limit: number): V {
  const bound = m.constant(limit);
  return m.select(m.less(bound, x), bound, x);
}

/** 1 - e^-(x + low) for 0 < x < 708 and `low` below the last place of x. */
function oneLessPower<V, M>(m: Machine<V, M>, x: V, low: V): V {
  const one = m.constant(1);
  if (m.single) return m.subtract(one, exp(m, m.negate(x)));
  const { fraction, lost, scale } = expParts(m, m.negate(x), low);
  const power = m.multiply(fraction, scale);
  const [sum, sumLost] = fastTwoSum(m, one, m.negate(power));
  return m.add(sum, m.subtract(sumLost, m.multiply(power, lost)));
}

/** e^(x - less) = scale * fraction * (1 + lost) for |x| < 708 and `less` below the last place of x; `lost` to a few bits. */
function expParts<V, M>(m: Machine<V, M>, x: V, less?: V): { fraction: V; lost: V; scale: V } {
  const { n, high, low } = reduce(m, x);
  const r = m.subtract(high, low);
  const square = m.multiply(r, r);
  const below = less === undefined ? low : m.add(low, less);
  const tail = m.subtract(m.multiply(square, evenOdd(m, r, square, expTail)), below);
  const sum = m.add(high, tail);
  const [fraction, first] = fastTwoSum(m, m.constant(1), sum);
  const lost = m.add(first, m.add(m.subtract(high, sum), tail));
  // 1 / fraction is nearly 1 - sum.
  return { fraction, lost: m.subtract(lost, m.multiply(lost, sum)), scale: m.powerOfTwo(n) };
}
