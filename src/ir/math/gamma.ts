/**
 * lgamma x = ln |gamma x|.
 *
 * From 8 on Stirling's series. Below, x is brought between 0.7 and 2.5 by the recurrence gamma(x + 1) = x gamma(x). There are
 * polynomials about the zeros 1 and 2, which keep small results exact, and one about the minimum between them (as in
 * fdlibm, e_lgamma_r.c). Logarithms and large terms have two words. Negative x are reflected,
 * gamma(x) gamma(-x) = -pi / (x sin(pi x)): near the zeros that lgamma has there the error is small in absolute terms
 * (about 1e-16 of the terms that cancel), not relative to the result.
 */
import {
  leastAt,
  lgammaNear1,
  lgammaNear1Low,
  lgammaNear1Single,
  lgammaNear2,
  lgammaNear2Low,
  lgammaNear2Single,
  lgammaNearLeast,
  lgammaNearLeastLow,
  lgammaNearLeastSingle,
  stirling,
  stirlingConstant,
  stirlingSingle,
} from './coefficients/gamma.ts';
import { ln2High, ln2Low, logTail } from './coefficients/logarithm.ts';
import { fastTwoSum, productLess, twoSum } from './doubleWord.ts';
import { logOfSplit, split } from './logarithm.ts';
import type { Machine } from './machine.ts';
import { evenOdd, horner } from './polynomial.ts';
import { cosNear, sinNear } from './trigonometric.ts';

/** high + low */
interface TwoWords<V> {
  readonly high: V;
  readonly low: V;
}

/** From here to 0 the recurrence serves negative arguments as well. */
const reflectedBelow = -0.3;

/** From here on lgamma is above all float64 numbers. */
const overflow = 2.5599833278516387e305;

export function lgamma<V, M>(m: Machine<V, M>, x: V): V {
  const size = m.abs(x);
  const infinity = m.constant(Infinity);
  const small = m.not(m.lessEqual(m.constant(8), size));
  const [result] = m.rarely(small, [byStirling(m, size)], () => [byRecurrence(m, x)]) as [V];
  const usual = m.and(m.less(m.constant(reflectedBelow), x), m.less(x, m.constant(overflow)));
  const [reflected] = m.rarely(m.not(usual), [result], () => {
    const negative = m.signBit(x);
    const pole = m.and(negative, m.equal(m.nearest(size), size));
    const finite = m.select(negative, byReflection(m, size, result), result);
    return [m.select(m.or(m.lessEqual(m.constant(overflow), size), pole), infinity, finite)];
  }) as [V];
  return reflected;
}

/** (x - 1/2) (ln x - 1) + (ln(2 pi) - 1) / 2 + series / x */
function byStirling<V, M>(m: Machine<V, M>, x: V): V {
  const one = m.constant(1);
  const inverse = m.divide(one, x);
  const series = horner(m, m.multiply(inverse, inverse), m.single ? stirlingSingle : stirling);
  const rest = m.add(m.constant(stirlingConstant), m.multiply(inverse, series));
  const log = logInTwoWords(m, split(m, x));
  const factor = m.subtract(x, m.constant(0.5));
  const logLessOne = m.subtract(log.high, one);
  const main = m.multiply(factor, logLessOne);
  if (m.single) return m.add(main, rest);
  const low = m.add(productLess(m, factor, logLessOne, main), m.multiply(factor, log.low));
  return m.add(main, m.add(rest, low));
}

/** For |x| < 8; below -0.3 that of -x. */
function byRecurrence<V, M>(m: Machine<V, M>, argument: V): V {
  const zero = m.constant(0);
  const one = m.constant(1);
  const size = m.abs(argument);
  const x = m.select(m.less(m.constant(reflectedBelow), argument), argument, size);
  const raised = m.less(x, m.constant(0.7));
  const two = m.constant(2);
  // How often one is taken from x: to between 1.5 and 2.5.
  const steps = m.select(m.less(x, two), zero, m.subtract(m.nearest(x), two));

  // The distance from 1, 2 or the minimum of the argument, raised or lowered.
  const near = m.subtract(x, steps);
  const fromOne = m.select(raised, x, m.subtract(near, one));
  const fromTwo = m.subtract(near, two);
  const fromLeast = m.subtract(near, m.select(raised, m.constant(leastAt - 1), m.constant(leastAt)));
  const atOne = m.less(fromOne, m.constant(0.2));
  const atTwo = m.and(m.not(raised), m.less(m.constant(1.7), near));
  const value = m.single
    ? nearZerosSingle(m, fromOne, fromTwo, fromLeast, atOne, atTwo)
    : nearZeros(m, fromOne, fromTwo, fromLeast, atOne, atTwo);

  // gamma x is gamma of the raised argument divided by x, or of the lowered one times (x - 1) (x - 2) ...
  let product = m.select(raised, size, one);
  for (let step = 1; step <= 6; step++) {
    const lowered = m.less(m.constant(step - 0.5), steps);
    product = m.multiply(product, m.select(lowered, m.subtract(x, m.constant(step)), one));
  }
  // Subnormal numbers have no exponent of their own.
  const tiny = m.less(product, m.constant(2 ** -1000));
  const scaled = m.select(tiny, m.multiply(product, m.constant(2 ** 100)), product);
  const { k, mantissa } = split(m, scaled);
  const log = logInTwoWords(m, { k: m.select(tiny, m.subtract(k, m.constant(100)), k), mantissa });
  const sign = m.select(raised, m.constant(-1), one);
  const [sum, lost] = twoSum(m, value.high, m.multiply(sign, log.high));
  const low = m.add(value.low, m.multiply(sign, log.low));
  return m.select(m.equal(x, zero), m.constant(Infinity), m.add(sum, m.add(lost, low)));
}

function nearZeros<V, M>(
  m: Machine<V, M>,
  fromOne: V,
  fromTwo: V,
  fromLeast: V,
  atOne: M,
  atTwo: M,
): TwoWords<V> {
  const [first1 = 0, ...others1] = lgammaNear1;
  const [first2 = 0, ...others2] = lgammaNear2;
  const [least = 0, ...others] = lgammaNearLeast;
  const powers = (d: V, coefficients: readonly number[], low: number): V =>
    m.add(m.multiply(d, polynomial(m, d, coefficients)), m.constant(low));

  // d (first + rest)
  const d = m.select(atOne, fromOne, fromTwo);
  const rest = m.select(
    atOne,
    powers(fromOne, others1, lgammaNear1Low),
    powers(fromTwo, others2, lgammaNear2Low),
  );
  const first = m.select(atOne, m.constant(first1), m.constant(first2));
  const [factor, factorLow] = fastTwoSum(m, first, rest);
  const product = m.multiply(d, factor);
  const productLow = m.add(productLess(m, d, factor, product), m.multiply(d, factorLow));

  const [high, low] = fastTwoSum(m, m.constant(least), powers(fromLeast, others, lgammaNearLeastLow));
  const atZero = m.or(atOne, atTwo);
  return { high: m.select(atZero, product, high), low: m.select(atZero, productLow, low) };
}

function nearZerosSingle<V, M>(
  m: Machine<V, M>,
  fromOne: V,
  fromTwo: V,
  fromLeast: V,
  atOne: M,
  atTwo: M,
): TwoWords<V> {
  const one = m.multiply(fromOne, polynomial(m, fromOne, lgammaNear1Single));
  const two = m.multiply(fromTwo, polynomial(m, fromTwo, lgammaNear2Single));
  const least = polynomial(m, fromLeast, lgammaNearLeastSingle);
  return { high: m.select(atOne, one, m.select(atTwo, two, least)), low: m.constant(0) };
}

/** ln(pi / |x sin(pi x)|) - lgamma(x), which is lgamma(-x); x is positive and not whole. */
function byReflection<V, M>(m: Machine<V, M>, x: V, lgammaOfX: V): V {
  const pi = m.constant(Math.PI);
  const zero = m.constant(0);
  // The distance from a whole number, which is exact.
  const f = m.abs(m.subtract(x, m.nearest(x)));
  const far = m.less(m.constant(0.25), f);
  const high = m.multiply(m.select(far, m.subtract(m.constant(0.5), f), f), pi);
  const reduced = { n: zero, high, lost: zero };
  const sine = m.select(far, cosNear(m, reduced), sinNear(m, reduced));
  const { k, mantissa } = split(m, m.divide(pi, m.multiply(x, sine)));
  return m.subtract(logOfSplit(m, k, mantissa), lgammaOfX);
}

/** k ln 2 + ln mantissa, with the same pieces as in logarithm.ts. */
function logInTwoWords<V, M>(m: Machine<V, M>, { k, mantissa }: { k: V; mantissa: V }): TwoWords<V> {
  if (m.single) return { high: logOfSplit(m, k, mantissa), low: m.constant(0) };
  const f = m.subtract(mantissa, m.constant(1));
  const s = m.divide(f, m.add(m.constant(2), f));
  const z = m.multiply(s, s);
  const series = m.multiply(z, evenOdd(m, z, m.multiply(z, z), logTail));
  const half = m.multiply(m.multiply(f, m.constant(0.5)), f);
  const [sum, lost] = fastTwoSum(m, m.multiply(k, m.constant(ln2High)), f);
  const rest = m.subtract(m.multiply(s, m.add(half, series)), half);
  const [high, low] = fastTwoSum(m, sum, m.add(rest, m.add(lost, m.multiply(k, m.constant(ln2Low)))));
  return { high, low };
}

const polynomial = <V, M>(m: Machine<V, M>, x: V, coefficients: readonly number[]): V =>
  evenOdd(m, x, m.multiply(x, x), coefficients);
