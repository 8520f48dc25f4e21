/**
 * lgamma in float32.
 *
 * As in ir/math/gamma.ts: Stirling's series from 8 on, below that recurrence to polynomials about the zeros 1 and 2
 * and the minimum between them, and reflection for negative arguments, where near the zeros that lgamma has there the
 * error is small beside the terms that cancel and not beside the result.
 */
import {
  leastAt,
  lgammaNear1,
  lgammaNear1Low,
  lgammaNear2,
  lgammaNear2Low,
  lgammaNearLeast,
  lgammaNearLeastLow,
  pi,
  stirling,
  stirlingConstant,
} from './coefficients/gamma.ts';
import { horner } from '../math/polynomial.ts';
import { boundedSize, infinity, isBeyond, isNegative, isWithin, nanCase, sizeOf, withCases } from './bits.ts';
import { logInTwoFloats, logOf } from './logarithm.ts';
import type { Machine32 } from './machine.ts';
import { cosNear, sinNear } from './trigonometric.ts';
import { plus, product, rounded, split, sum, sumOfAny, type TwoFloats } from './twoFloats.ts';

/** From here to 0 the recurrence serves negative arguments as well. */
const reflectedBelow = -0.3;

/** Beyond, lgamma is above all float32 numbers. */
const largest = 4.0850034e36;

export function lgamma<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const size = boundedSize(m, x, 5e36);
  const small = isWithin(m, x, 8);
  const [positive] = m.rarely(small, [byStirling(m, size)], () => [byRecurrence(m, x)]) as [V];
  const reflects = m.and(isNegative(m, x), isBeyond(m, x, -reflectedBelow));
  const [value] = m.rarely(reflects, [positive], () => [byReflection(m, size, positive)]) as [V];
  const pole = m.and(isNegative(m, x), m.equalWord(m.bitsOf(m.nearest(size)), m.bitsOf(size)));
  const zero = m.equalWord(sizeOf(m, x), m.word(0));
  const endless = m.or(m.or(pole, zero), isBeyond(m, x, largest));
  return withCases(m, value, [endless, infinity(m)], nanCase(m, x));
}

/** (x - 1/2) (ln x - 1) + (ln(2 pi) - 1) / 2 + series / x */
function byStirling<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const one = m.constant(1);
  const inverse = m.divide(one, x);
  const series = horner(m, m.multiply(inverse, inverse), stirling);
  const rest = m.add(m.constant(stirlingConstant), m.multiply(inverse, series));
  const log = logInTwoFloats(m, x);
  const lessOne = plus(m, sum(m, log.high, m.negate(one)), log.low);
  const factor = sum(m, x, m.constant(-0.5));
  return rounded(m, plus(m, product(m, factor, lessOne), rest));
}

/** For |x| < 8; below -0.3 that of -x. */
function byRecurrence<V, U, M>(m: Machine32<V, U, M>, argument: V): V {
  const [zero, one, two] = [m.constant(0), m.constant(1), m.constant(2)];
  const size = m.ofBits(sizeOf(m, argument));
  const x = m.select(m.less(m.constant(reflectedBelow), argument), argument, size);
  const raised = m.less(x, m.constant(0.7));
  // How often one is taken from x: to between 1.5 and 2.5.
  const steps = m.select(m.less(x, two), zero, m.subtract(m.nearest(x), two));

  // The distance from 1, 2 or the minimum of the argument, raised or lowered.
  const near = m.subtract(x, steps);
  const fromOne = m.select(raised, x, m.subtract(near, one));
  const fromLeast = m.subtract(near, m.select(raised, m.constant(leastAt - 1), m.constant(leastAt)));
  const atOne = m.less(fromOne, m.constant(0.2));
  const atTwo = m.and(m.not(raised), m.less(m.constant(1.7), near));
  const value = nearZeros(m, fromOne, m.subtract(near, two), fromLeast, atOne, atTwo);

  // gamma x is gamma of the raised argument divided by x, or of the lowered one times (x - 1) (x - 2) ...
  let factors = one;
  for (let step = 1; step <= 6; step++) {
    const lowered = m.less(m.constant(step - 0.5), steps);
    factors = m.multiply(factors, m.select(lowered, m.subtract(x, m.constant(step)), one));
  }
  const log = logInTwoFloats(m, m.select(raised, size, factors));
  const sign = m.select(raised, m.constant(-1), one);
  const main = sumOfAny(m, value.high, m.multiply(sign, log.high));
  return rounded(m, plus(m, main, m.add(value.low, m.multiply(sign, log.low))));
}

function nearZeros<V, U, M>(
  m: Machine32<V, U, M>,
  fromOne: V,
  fromTwo: V,
  fromLeast: V,
  atOne: M,
  atTwo: M,
): TwoFloats<V> {
  const series = (d: V, [first = 0, ...others]: readonly number[], low: number): TwoFloats<V> => {
    return plus(m, sum(m, m.constant(first), m.multiply(d, horner(m, d, others))), m.constant(low));
  };
  const one = series(fromOne, lgammaNear1, lgammaNear1Low);
  const two = series(fromTwo, lgammaNear2, lgammaNear2Low);
  const least = series(fromLeast, lgammaNearLeast, lgammaNearLeastLow);
  const chosen = (first: V, second: V): V => m.select(atOne, first, second);
  const nearZero = product(m, split(m, chosen(fromOne, fromTwo)), {
    high: chosen(one.high, two.high),
    low: chosen(one.low, two.low),
  });
  const atZero = m.or(atOne, atTwo);
  return {
    high: m.select(atZero, nearZero.high, least.high),
    low: m.select(atZero, nearZero.low, least.low),
  };
}

/** ln(pi / |x sin(pi x)|) - lgamma(x), which is lgamma(-x); x is positive and not whole. */
function byReflection<V, U, M>(m: Machine32<V, U, M>, x: V, lgammaOfX: V): V {
  const zero = m.constant(0);
  // The distance from a whole number, which is exact.
  const f = m.abs(m.subtract(x, m.nearest(x)));
  const far = m.less(m.constant(0.25), f);
  const angle = {
    high: m.multiply(m.select(far, m.subtract(m.constant(0.5), f), f), m.constant(pi)),
    low: zero,
  };
  const sine = m.select(far, rounded(m, cosNear(m, angle)), rounded(m, sinNear(m, angle)));
  const ratio = m.divide(m.constant(pi), m.multiply(x, sine));
  return m.subtract(logOf(m, ratio), lgammaOfX);
}
