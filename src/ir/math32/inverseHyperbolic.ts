/**
 * asinh, acosh and atanh in float32: logarithms of numbers in two floats, asinh by its series up to 1/2.
 *
 * asinh x = ln(x + sqrt(x^2 + 1)), acosh x = ln(1 + t + sqrt(t (t + 2))) with t = x - 1, and atanh x is half of
 * ln(1 + 2x / (1 - x)). For large x the first two are ln 2x.
 */
import { asinhTail } from './coefficients/hyperbolic.ts';
import { fastTwoSum, twoSum } from '../math/doubleWord.ts';
import { horner } from '../math/polynomial.ts';
import {
  boundedSize,
  flip,
  infinity,
  infinityBits,
  isNegative,
  nan,
  nanCase,
  oneBits,
  signOf,
  sizeOf,
  tinyCase,
  withCases,
} from './bits.ts';
import { logOf } from './logarithm.ts';
import type { Machine32 } from './machine.ts';
import { quotient, renormalized, square, squareRoot, type TwoFloats } from './twoFloats.ts';

/** Beyond, 1 is negligible beside the square. */
const large = 2 ** 13;

export function asinh<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const size = m.ofBits(sizeOf(m, x));
  const bounded = boundedSize(m, x, large);
  const z = m.multiply(bounded, bounded);
  const near = m.add(bounded, m.multiply(m.multiply(bounded, z), horner(m, z, asinhTail)));

  const parts = square(m, bounded);
  const [sum, lost] = twoSum(m, m.constant(1), parts.high);
  const root = squareRoot(m, sum, m.add(lost, parts.low));
  const [main, rest] = twoSum(m, root.high, bounded);
  const far = logOfTwice(m, size, renormalized(m, main, m.add(rest, root.low)));
  const value = flip(m, m.select(m.less(bounded, m.constant(0.5)), near, far), signOf(m, x));
  return withCases(m, value, tinyCase(m, x, 2 ** -13), endlessCase(m, x), nanCase(m, x));
}

export function acosh<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const size = m.ofBits(sizeOf(m, x));
  const one = m.constant(1);
  const t = m.subtract(boundedSize(m, x, large), one);
  const parts = square(m, t);
  const [sum, lost] = twoSum(m, m.add(t, t), parts.high);
  const [least, isOne] = [m.constant(2 ** -60), m.equalWord(m.bitsOf(x), m.word(oneBits))];
  const root = squareRoot(m, m.select(isOne, least, sum), m.add(lost, parts.low));
  const [main, rest] = twoSum(m, root.high, t);
  const above = renormalized(m, main, m.add(rest, root.low));
  const value = logOfTwice(m, size, onePlus(m, above));
  const below = m.or(isNegative(m, x), m.lessWord(sizeOf(m, x), m.word(oneBits)));
  return withCases(m, value, [isOne, m.word(0)], [below, nan(m)], endlessCase(m, x), nanCase(m, x));
}

export function atanh<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  // The largest number below 1.
  const size = boundedSize(m, x, 1 - 2 ** -24);
  const [below, belowLow] = fastTwoSum(m, m.constant(1), m.negate(size));
  const ratio = quotient(m, m.add(size, size), below, undefined, belowLow);
  const { high, low } = onePlus(m, renormalized(m, ratio.high, ratio.low));
  const log = logOf(m, high, m.divide(low, high));
  const value = flip(m, m.multiply(log, m.constant(0.5)), signOf(m, x));
  const bits = sizeOf(m, x);
  const one = m.word(oneBits);
  const infinite = m.orWords(infinity(m), signOf(m, x));
  return withCases(
    m,
    value,
    tinyCase(m, x, 2 ** -13),
    [m.equalWord(bits, one), infinite],
    [m.lessWord(one, bits), nan(m)],
  );
}

/** ln(high + low); but ln 2x for large x. */
function logOfTwice<V, U, M>(m: Machine32<V, U, M>, x: V, { high, low }: TwoFloats<V>): V {
  const isLarge = m.lessWord(m.bitsOf(m.constant(large)), m.bitsOf(x));
  const [zero, one] = [m.constant(0), m.constant(1)];
  const correction = m.select(isLarge, zero, m.divide(low, high));
  return logOf(m, m.select(isLarge, x, high), correction, m.select(isLarge, one, zero));
}

function onePlus<V, U, M>(m: Machine32<V, U, M>, { high, low }: TwoFloats<V>): TwoFloats<V> {
  const [sum, rest] = twoSum(m, m.constant(1), high);
  return { high: sum, low: m.add(rest, low) };
}

/** The functions grow without end. */
const endlessCase = <V, U, M>(m: Machine32<V, U, M>, x: V): readonly [M, U] => [
  m.equalWord(sizeOf(m, x), m.word(infinityBits)),
  m.bitsOf(x),
];
