/**
 * sinh, cosh and tanh in float32.
 *
 * As in ir/math/hyperbolic.ts: with |x| = n ln 2 + r sinh and cosh are sums of 2^n and 2^-n times the series of sinh r and
 * cosh r, and tanh is (e^2x - 1) / (e^2x + 1), a quotient of two floats each.
 */
import { coshTail, sinhTail } from './coefficients/hyperbolic.ts';
import { horner } from '../math/polynomial.ts';
import {
  boundedSize,
  flip,
  infinity,
  isBeyond,
  nanCase,
  powerOfTwo,
  signOf,
  tinyCase,
  withCases,
} from './bits.ts';
import { expm1Parts, reduce } from './exponential.ts';
import type { Machine32 } from './machine.ts';
import { plus, quotient, rounded, sum, sumOfAny, sumOfThree } from './twoFloats.ts';

/** The largest number whose sinh and cosh are finite. */
const largest = 89.41599;

export function sinh<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const { near, grown, shrunk, high, even, odd } = reducedParts(m, x);
  const difference = m.subtract(grown, shrunk);
  const total = m.add(grown, shrunk);
  const tail = m.add(m.multiply(difference, even), m.multiply(total, odd));
  // total * high is two exact products, but for n = 0 one.
  const first = m.multiply(m.select(near, total, grown), high);
  const second = m.multiply(m.select(near, m.constant(0), shrunk), high);
  const half = sumOfThree(m, difference, first, m.add(second, tail));
  const size = withCases(m, m.add(half, half), [isBeyond(m, x, largest), infinity(m)]);
  return withCases(m, flip(m, size, signOf(m, x)), tinyCase(m, x, 2 ** -13), nanCase(m, x));
}

export function cosh<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const { near, grown, shrunk, high, even, odd } = reducedParts(m, x);
  const zero = m.constant(0);
  const difference = m.subtract(grown, shrunk);
  const total = m.add(grown, shrunk);
  const tail = m.add(m.multiply(difference, odd), m.multiply(total, even));
  // total + difference * high, which is 1/2 for n = 0; otherwise grown (1 + high) matters most.
  const main = m.select(near, total, grown);
  const rise = m.multiply(m.select(near, zero, grown), high);
  const rest = m.select(near, zero, m.subtract(shrunk, m.multiply(shrunk, high)));
  const half = sumOfThree(m, main, rise, m.add(rest, tail));
  return withCases(m, m.add(half, half), [isBeyond(m, x, largest), infinity(m)], nanCase(m, x));
}

/** |x| = n ln 2 + r, with r in two parts of which `high` is the first. */
interface ReducedParts<V, M> {
  /** Whether n is 0. */
  readonly near: M;
  readonly high: V;
  /** 2^n / 4 and 2^-n / 4. */
  readonly grown: V;
  readonly shrunk: V;
  /** cosh r - 1 */
  readonly even: V;
  /** sinh r - high */
  readonly odd: V;
}

function reducedParts<V, U, M>(m: Machine32<V, U, M>, x: V): ReducedParts<V, M> {
  const { n, high, low } = reduce(m, boundedSize(m, x, 90));
  const r = m.subtract(high, low);
  const square = m.multiply(r, r);
  const two = m.constant(2);
  const last = m.constant(60);
  return {
    near: m.less(n, m.constant(0.5)),
    high,
    grown: powerOfTwo(m, m.subtract(n, two)),
    shrunk: powerOfTwo(m, m.negate(m.add(m.select(m.less(last, n), last, n), two))),
    even: m.multiply(square, horner(m, square, coshTail)),
    odd: m.subtract(m.multiply(m.multiply(square, r), horner(m, square, sinhTail)), low),
  };
}

export function tanh<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  // From 10 on the result is 1.
  const size = boundedSize(m, x, 10);
  const { unit, high, tail } = expm1Parts(m, m.add(size, size));
  // e^2x - 1 and e^2x + 1, both times 2^-n.
  const whole = sum(m, m.constant(1), m.negate(unit));
  const above = plus(m, sum(m, whole.high, high), m.add(whole.low, tail));
  const below = plus(m, sumOfAny(m, above.high, m.add(unit, unit)), above.low);
  const value = flip(m, rounded(m, quotient(m, above, below)), signOf(m, x));
  return withCases(m, value, tinyCase(m, x, 2 ** -13), nanCase(m, x));
}
