/**
 * lgamma x = ln |gamma x|.
 *
 * From 8 on Stirling's series. Below, x is brought close to one of the zeros 1 and 2 by the recurrence
 * gamma(x + 1) = x gamma(x), and there ln gamma(1 + d) = d Q(d), ln gamma(2 + d) = d P(d) keep small results exact. Negative
 * x are reflected, gamma(x) gamma(-x) = -pi / (x sin(pi x)); near the zeros that lgamma has there the error is small
 * in absolute terms (about 1e-16 times the terms that cancel), not relative to the result.
 */
import {
  lgammaNear1,
  lgammaNear1Single,
  lgammaNear2,
  lgammaNear2Single,
  stirling,
  stirlingConstant,
  stirlingSingle,
} from './coefficients/gamma.ts';
import { logOfSplit, split } from './logarithm.ts';
import type { Machine } from './machine.ts';
import { evenOdd, horner } from './polynomial.ts';
import { cosNear, sinNear } from './trigonometric.ts';

/** From here to 0 the recurrence is used on negative arguments as well. */
const reflectedBelow = -0.3;

export function lgamma<V, M>(m: Machine<V, M>, x: V): V {
  const size = m.abs(x);
  const infinity = m.constant(Infinity);
  const small = m.not(m.lessEqual(m.constant(8), size));
  const [result] = m.rarely(small, [byStirling(m, size)], () => [byRecurrence(m, x)]) as [V];
  const usual = m.and(m.less(m.constant(reflectedBelow), x), m.less(x, infinity));
  const [reflected] = m.rarely(m.not(usual), [result], () => {
    const pole = m.equal(m.nearest(size), size);
    const finite = m.select(m.less(x, m.constant(0)), byReflection(m, size, result), result);
    return [m.select(m.or(m.equal(size, infinity), m.and(pole, m.signBit(x))), infinity, finite)];
  }) as [V];
  return reflected;
}

/** (x - 1/2) (ln x - 1) + (ln(2 pi) - 1) / 2 + series / x */
function byStirling<V, M>(m: Machine<V, M>, x: V): V {
  const inverse = m.divide(m.constant(1), x);
  const series = horner(m, m.multiply(inverse, inverse), m.single ? stirlingSingle : stirling);
  const rest = m.add(m.constant(stirlingConstant), m.multiply(inverse, series));
  const main = m.multiply(m.subtract(x, m.constant(0.5)), m.subtract(logOfNormal(m, x), m.constant(1)));
  return m.add(main, rest);
}

function logOfNormal<V, M>(m: Machine<V, M>, x: V): V {
  const { k, mantissa } = split(m, x);
  return logOfSplit(m, k, mantissa);
}

/** For |x| < 8; below -0.3 of -x. */
function byRecurrence<V, M>(m: Machine<V, M>, argument: V): V {
  const zero = m.constant(0);
  const one = m.constant(1);
  const size = m.abs(argument);
  const x = m.select(m.less(m.constant(reflectedBelow), argument), argument, size);
  const n = m.nearest(x);
  const up = m.less(x, m.constant(0.7));
  const upToOne = m.less(x, m.constant(0.5));
  const lessOne = m.subtract(x, one);
  const nearOne = m.or(upToOne, m.and(m.not(up), m.less(x, m.constant(1.5))));
  const fromOne = m.select(upToOne, x, lessOne);
  const fromTwo = m.select(up, lessOne, m.subtract(x, n));
  const value = m.select(
    nearOne,
    m.multiply(fromOne, polynomial(m, fromOne, m.single ? lgammaNear1Single : lgammaNear1)),
    m.multiply(fromTwo, polynomial(m, fromTwo, m.single ? lgammaNear2Single : lgammaNear2)),
  );

  // x itself if it was raised by one, or (x - 1) (x - 2) ..., if lowered to close to 2.
  let product = m.select(up, size, one);
  for (let step = 1; step <= 6; step++) {
    const lowered = m.less(m.constant(step + 1.5), n);
    product = m.multiply(product, m.select(lowered, m.subtract(x, m.constant(step)), one));
  }
  // Subnormal numbers have no exponent of their own.
  const tiny = m.less(product, m.constant(2 ** -1000));
  const scaled = m.select(tiny, m.multiply(product, m.constant(2 ** 100)), product);
  const { k, mantissa } = split(m, scaled);
  const log = logOfSplit(m, m.select(tiny, m.subtract(k, m.constant(100)), k), mantissa);
  const sum = m.add(value, m.select(up, m.negate(log), log));
  return m.select(m.equal(x, zero), m.constant(Infinity), sum);
}

/** ln(pi / |x sin(pi x)|) - lgamma(x), which is lgamma(-x); x is positive. */
function byReflection<V, M>(m: Machine<V, M>, x: V, lgammaOfX: V): V {
  const pi = m.constant(Math.PI);
  const quarter = m.constant(0.25);
  const lost = m.constant(0);
  // The distance from a whole number, which is exact.
  const f = m.abs(m.subtract(x, m.nearest(x)));
  const far = m.less(quarter, f);
  const high = m.multiply(m.select(far, m.subtract(m.constant(0.5), f), f), pi);
  const reduced = { n: lost, high, lost };
  const sine = m.select(far, cosNear(m, reduced), sinNear(m, reduced));
  return m.subtract(logOfNormal(m, m.divide(pi, m.multiply(x, sine))), lgammaOfX);
}

const polynomial = <V, M>(m: Machine<V, M>, x: V, coefficients: readonly number[]): V =>
  evenOdd(m, x, m.multiply(x, x), coefficients);
