/**
 * exp, exp2 and expm1.
 *
 * x = n ln 2 + r with n whole and |r| <= ln(2)/2 (Cody and Waite: n times the high part of ln 2 is exact), then
 * e^x = 2^n (1 + r + r^2 q(r)). What r lacks of n times the low part of ln 2 joins the small terms, so that almost
 * nothing but the last addition rounds.
 */
import {
  exp2m1Single,
  exp2Single,
  exp2Tail,
  expm1Tail,
  expTail,
  ln2High,
  ln2Low,
  log2E,
} from './coefficients/exponential.ts';
import type { Machine } from './machine.ts';
import { evenOdd } from './polynomial.ts';

export function exp<V, M>(m: Machine<V, M>, x: V): V {
  if (m.single) return exp2InDouble(m, m.multiply(x, m.constant(log2E)));
  const { n, high, low } = reduce(m, x);
  const reduced = m.subtract(high, low);
  const square = m.multiply(reduced, reduced);
  const tail = m.subtract(m.multiply(square, evenOdd(m, reduced, square, expTail)), low);
  const fraction = sumOfThree(m, m.constant(1), high, tail).sum;
  return timesPowerOfTwo(m, fraction, n, x, 708, 710, -746);
}

export function exp2<V, M>(m: Machine<V, M>, x: V): V {
  if (m.single) return exp2InDouble(m, x);
  const n = m.nearest(x);
  const f = m.subtract(x, n);
  const square = m.multiply(f, f);
  const [slope = 0, ...rest] = exp2Tail;
  const first = m.multiply(f, m.constant(slope));
  const tail = m.multiply(square, evenOdd(m, f, square, rest));
  const fraction = sumOfThree(m, m.constant(1), first, tail).sum;
  return timesPowerOfTwo(m, fraction, n, x, 1022, 1024.5, -1076);
}

export function expm1<V, M>(m: Machine<V, M>, x: V): V {
  if (m.single) return m.copySign(expm1InDouble(m, x), x);
  const one = m.constant(1);
  const { n, inverseScale, high, tail } = expm1Parts(m, x);
  const usual = m.multiply(m.powerOfTwo(n), sumOfThree(m, m.subtract(one, inverseScale), high, tail).sum);
  // Beyond: e^x, of which 1 is less than half of the last place but may still matter; or -1.
  const [result] = m.rarely(m.not(m.less(m.abs(x), m.constant(37))), [usual], () => {
    const unit = m.select(m.less(x, m.constant(40)), inverseScale, m.constant(0));
    const fraction = sumOfThree(m, one, high, m.subtract(tail, unit)).sum;
    const grown = m.select(m.less(m.constant(710), x), m.constant(Infinity), inTwoSteps(m, fraction, n));
    return [m.select(m.less(x, m.constant(0)), m.constant(-1), grown)];
  }) as [V];
  return m.copySign(result, x);
}

/** e^x = 2^n (1 + high + tail); the inverse scale 2^-n holds for |x| < 708. */
export function expm1Parts<V, M>(m: Machine<V, M>, x: V): { n: V; inverseScale: V; high: V; tail: V } {
  const { n, high, low } = reduce(m, x);
  const square = m.multiply(high, high);
  const terms = expm1Terms(m, high, square, m.negate(low));
  // e^(high - low) is e^high (1 - low): to round high - low first would already be felt in expm1 near n = 1.
  const tail = m.subtract(terms, m.multiply(low, m.add(high, terms)));
  return { n, inverseScale: m.powerOfTwo(m.negate(n)), high, tail };
}

/** e^r - 1 - r + low, where `square` is r * r. */
export function expm1Terms<V, M>(m: Machine<V, M>, r: V, square: V, low: V): V {
  const cube = m.multiply(square, m.multiply(r, evenOdd(m, r, square, expm1Tail)));
  return m.add(m.multiply(square, m.constant(0.5)), m.add(cube, low));
}

/** whole + high + tail, where |whole| is 0 or above |high|, itself above |tail|: rounded once but for the `rest`. */
export function sumOfThree<V, M>(m: Machine<V, M>, whole: V, high: V, tail: V): { sum: V; main: V; rest: V } {
  const main = m.add(whole, high);
  const rest = m.add(m.subtract(high, m.subtract(main, whole)), tail);
  return { sum: m.add(main, rest), main, rest };
}

/** x = n ln 2 + high - low, where high is exact and |high - low| <= ln(2)/2. */
export function reduce<V, M>(m: Machine<V, M>, x: V): { n: V; high: V; low: V } {
  const n = m.nearest(m.multiply(x, m.constant(log2E)));
  const high = m.subtract(x, m.multiply(n, m.constant(ln2High)));
  return { n, high, low: m.multiply(n, m.constant(ln2Low)) };
}

/** 2^x for float32 purposes: beyond +-160 the power of two at the border, which float32 makes infinite or zero. */
export function exp2InDouble<V, M>(m: Machine<V, M>, x: V): V {
  const bounded = clamp(m, x, 160);
  const n = m.nearest(bounded);
  const f = m.subtract(bounded, n);
  return m.multiply(evenOdd(m, f, m.multiply(f, f), exp2Single), m.powerOfTwo(n));
}

/** e^x - 1 for float32 purposes; bounded like exp2InDouble, and of -0 it gives 0. */
export function expm1InDouble<V, M>(m: Machine<V, M>, x: V): V {
  const scaled = clamp(m, m.multiply(x, m.constant(log2E)), 160);
  const n = m.nearest(scaled);
  const f = m.subtract(scaled, n);
  const scale = m.powerOfTwo(n);
  const part = m.multiply(f, evenOdd(m, f, m.multiply(f, f), exp2m1Single));
  return m.add(m.multiply(scale, part), m.subtract(scale, m.constant(1)));
}

/** Within +-limit; NaN stays. */
export function clamp<V, M>(m: Machine<V, M>, x: V, limit: number): V {
  const top = m.constant(limit);
  const bottom = m.constant(-limit);
  const below = m.select(m.less(top, x), top, x);
  return m.select(m.less(below, bottom), bottom, below);
}

/** fraction * 2^n where 2^n alone may be out of range: the first product is exact. */
export function inTwoSteps<V, M>(m: Machine<V, M>, fraction: V, n: V): V {
  const half = m.floor(m.multiply(n, m.constant(0.5)));
  return m.multiply(m.multiply(fraction, m.powerOfTwo(half)), m.powerOfTwo(m.subtract(n, half)));
}

/** fraction * 2^n for the exponential of x: at once for |x| < usual, infinite above `most`, zero below `least`. */
function timesPowerOfTwo<V, M>(
  m: Machine<V, M>,
  fraction: V,
  n: V,
  x: V,
  usual: number,
  most: number,
  least: number,
): V {
  const rare = m.not(m.less(m.abs(x), m.constant(usual)));
  const [result] = m.rarely(rare, [m.multiply(fraction, m.powerOfTwo(n))], () => {
    const scaled = m.select(m.less(m.constant(most), x), m.constant(Infinity), inTwoSteps(m, fraction, n));
    return [m.select(m.less(x, m.constant(least)), m.constant(0), scaled)];
  }) as [V];
  return result;
}
