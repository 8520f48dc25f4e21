/**
 * asinh, acosh and atanh in float32: logarithms of numbers in two floats, asinh by its series up to 1/2.
 *
 * asinh x = ln(x + sqrt(x^2 + 1)), acosh x = ln(1 + t + sqrt(t (t + 2))) with t = x - 1, and atanh x is half of
 * ln(1 + 2x / (1 - x)). For large x the first two are ln 2x.
 */
import { asinhTail } from './coefficients/hyperbolic.ts';
import { horner } from '../math/polynomial.ts';
import {
  bitsOfNumber,
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
import { logInTwoFloats, logOfOnePlus, logOfSum } from './logarithm.ts';
import type { Machine32 } from './machine.ts';
import {
  plus,
  quotient,
  rounded,
  split,
  square,
  squareRoot,
  sum,
  sumOfAny,
  type TwoFloats,
} from './twoFloats.ts';

/** Beyond, 1 is negligible beside the square. */
const large = 2 ** 13;

export function asinh<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const size = m.ofBits(sizeOf(m, x));
  const bounded = boundedSize(m, x, large);
  const z = m.multiply(bounded, bounded);
  const near = m.add(bounded, m.multiply(m.multiply(bounded, z), horner(m, z, asinhTail)));

  const parts = square(m, split(m, bounded));
  const root = squareRoot(m, plus(m, sumOfAny(m, m.constant(1), parts.high), parts.low));
  const [itself, grown] = [split(m, size), plus(m, sumOfAny(m, root.high, bounded), root.low)];
  const twice = isLarge(m, size);
  const chosen = {
    high: m.select(twice, itself.high, grown.high),
    low: m.select(twice, itself.low, grown.low),
  };
  const far = logOfSum(m, chosen, m.select(twice, m.constant(1), m.constant(0)));
  const value = flip(m, m.select(m.less(bounded, m.constant(0.5)), near, far), signOf(m, x));
  return withCases(m, value, tinyCase(m, x, 2 ** -13), endlessCase(m, x), nanCase(m, x));
}

export function acosh<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const size = m.ofBits(sizeOf(m, x));
  const one = m.constant(1);
  const t = m.subtract(boundedSize(m, x, large), one);
  const parts = square(m, split(m, t));
  const radicand = plus(m, sumOfAny(m, m.add(t, t), parts.high), parts.low);
  const [least, isOne] = [m.constant(2 ** -60), m.equalWord(m.bitsOf(x), m.word(oneBits))];
  const root = squareRoot(m, { high: m.select(isOne, least, radicand.high), low: radicand.low });
  const above = plus(m, sumOfAny(m, root.high, t), root.low);
  const value = m.select(isLarge(m, size), logOfTwice(m, size), logOfOnePlus(m, above, onePlus(m, above)));
  const below = m.or(isNegative(m, x), m.lessWord(sizeOf(m, x), m.word(oneBits)));
  return withCases(m, value, [isOne, m.word(0)], endlessCase(m, x), [below, nan(m)], nanCase(m, x));
}

export function atanh<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  // The largest number below 1.
  const size = boundedSize(m, x, 1 - 2 ** -24);
  const below = sum(m, m.constant(1), m.negate(size));
  const ratio = quotient(m, split(m, m.add(size, size)), below);
  const log = logOfOnePlus(m, ratio, onePlus(m, ratio));
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

const isLarge = <V, U, M>(m: Machine32<V, U, M>, size: V): M =>
  m.lessWord(m.word(bitsOfNumber(large)), m.bitsOf(size));

const onePlus = <V, U, M>(m: Machine32<V, U, M>, { high, low }: TwoFloats<V>): TwoFloats<V> =>
  plus(m, sumOfAny(m, m.constant(1), high), low);

/** ln 2x */
const logOfTwice = <V, U, M>(m: Machine32<V, U, M>, x: V): V =>
  rounded(m, logInTwoFloats(m, x, m.constant(1)));

/** The functions grow without end. */
const endlessCase = <V, U, M>(m: Machine32<V, U, M>, x: V): readonly [M, U] => [
  m.equalWord(sizeOf(m, x), m.word(infinityBits)),
  m.bitsOf(x),
];
