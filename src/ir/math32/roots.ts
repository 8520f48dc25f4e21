/**
 * cbrt and hypot in float32, both with one exact residual.
 *
 * cbrt: x = 2^(3k) v with v in [1, 8); a guess g of 12 bits has an exact cube in two products, and with
 * d = v / g^3 - 1 is v^(1/3) = g (1 + d)^(1/3), a short series. hypot: the squares have two floats, and so has the root.
 */
import { cbrt2, cbrt4, cbrtGuess } from './coefficients/roots.ts';
import { horner } from '../math/polynomial.ts';
import {
  flip,
  infinity,
  infinityBits,
  nanCase,
  powerOfTwo,
  scale,
  signOf,
  sizeOf,
  splitNumber,
  withCases,
} from './bits.ts';
import type { Machine32 } from './machine.ts';
import { plus, rounded, split, square, squareRoot, sum, top, type TwoFloats } from './twoFloats.ts';

export function cbrt<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const { exponent, significand } = splitNumber(m, x, 1);
  const third = m.floor(m.multiply(m.add(exponent, m.constant(0.5)), m.constant(1 / 3)));
  const rest = m.subtract(exponent, m.multiply(third, m.constant(3)));
  const byRest = (zero: number, one: number, two: number): V =>
    m.select(
      m.less(rest, m.constant(0.5)),
      m.constant(zero),
      m.select(m.less(rest, m.constant(1.5)), m.constant(one), m.constant(two)),
    );
  const v = m.multiply(significand, byRest(1, 2, 4));
  const guess = top(m, m.multiply(horner(m, significand, cbrtGuess), byRest(1, cbrt2, cbrt4)));
  // Exact: 12 bits each.
  const squared = m.multiply(guess, guess);
  const squaredTop = top(m, squared);
  const residual = m.subtract(
    m.subtract(v, m.multiply(squaredTop, guess)),
    m.multiply(m.subtract(squared, squaredTop), guess),
  );
  const d = m.divide(residual, v);
  // v / g^3 = 1 / (1 - d), so that the series is that of (1 - d)^(-1/3).
  const series = horner(m, d, [1 / 3, 2 / 9, 14 / 81]);
  const root = m.multiply(m.add(guess, m.multiply(m.multiply(guess, d), series)), powerOfTwo(m, third));
  const size = sizeOf(m, x);
  const itself = m.or(m.equalWord(size, m.word(0)), m.equalWord(size, m.word(infinityBits)));
  return withCases(m, flip(m, root, signOf(m, x)), [itself, m.bitsOf(x)], nanCase(m, x));
}

export function hypot<V, U, M>(m: Machine32<V, U, M>, x: V, y: V): V {
  const [width, height] = [sizeOf(m, x), sizeOf(m, y)];
  const swap = m.lessWord(width, height);
  const large = m.ofBits(m.selectWord(swap, height, width));
  const small = m.ofBits(m.selectWord(swap, width, height));
  const [a, b] = [splitNumber(m, large, 1), splitNumber(m, small, 1)];
  const steps = m.subtract(b.exponent, a.exponent);
  const least = m.constant(-30);
  const shift = powerOfTwo(m, m.select(m.less(steps, least), least, steps));
  const [first, second] = [a.significand, m.multiply(b.significand, shift)].map((side) =>
    square(m, split(m, side)),
  ) as [TwoFloats<V>, TwoFloats<V>];
  const squares = plus(m, sum(m, first.high, second.high), m.add(first.low, second.low));
  const root = rounded(m, squareRoot(m, squares));

  const overflow = m.and(m.less(m.constant(126.5), a.exponent), m.not(m.less(root, m.constant(2))));
  const infinite = m.word(infinityBits);
  return withCases(
    m,
    scale(m, root, a.exponent),
    [m.equalWord(m.bitsOf(large), m.word(0)), m.word(0)],
    [overflow, infinity(m)],
    nanCase(m, x),
    nanCase(m, y),
    [m.or(m.equalWord(width, infinite), m.equalWord(height, infinite)), infinite],
  );
}
