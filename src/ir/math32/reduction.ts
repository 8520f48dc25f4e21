/**
 * Reduction by multiples of pi/2 in float32: x = n pi/2 + r with n whole and |r| hardly above pi/4.
 *
 * A float32 can lie within 2^-29 of a multiple of pi/2. Up to 2^12 pi/2 n has 12 bits, and its products with parts of
 * pi/2 of 12 bits are exact (Cody and Waite). Beyond, the significand is multiplied with the 96 bits of 2/pi that matter,
 * in words (M. Payne and R. Hanek, "Radian reduction for trigonometric functions", 1983).
 */
import {
  halfPi1,
  halfPi2,
  halfPi3,
  halfPi4,
  halfPiRest,
  halfPiTop,
  twoOverPi,
  twoOverPiWords,
} from './coefficients/trigonometric.ts';
import { bounded, flip, isBeyond, signOf, sizeOf } from './bits.ts';
import type { Machine32 } from './machine.ts';
import { plus, product, sum, type TwoFloats } from './twoFloats.ts';

/** x = n pi/2 + high + low, where `high` has up to 24 bits; of n only the last two bits matter, which its word has. */
export interface Reduced<V, U> extends TwoFloats<V> {
  readonly quadrant: U;
}

/** Within it n has 12 bits. */
const usualLimit = 6432;

/** For a finite x; otherwise anything. */
export function reduce<V, U, M>(m: Machine32<V, U, M>, x: V): Reduced<V, U> {
  const near = bounded(m, x, usualLimit);
  const n = m.nearest(m.multiply(near, m.constant(twoOverPi)));
  const part = (constant: number): V => m.multiply(n, m.constant(constant));
  // Exact: all is whole in units of 2^-24 at least, and the difference below 1.
  const head = m.subtract(m.subtract(near, part(halfPi1)), part(halfPi2));
  const usual = plus(m, sum(m, head, m.negate(part(halfPi3))), m.negate(part(halfPi4)));
  const [turns, main, rest] = m.rarely(isBeyond(m, x, usualLimit), [n, usual.high, usual.low], () => {
    const far = reduceLarge(m, x);
    return [far.n, far.high, far.low];
  }) as [V, V, V];
  return { quadrant: m.wordOf(turns), high: main, low: rest };
}

/** The words of 2/pi, after one that is zero: the bits from number -31 on. */
const paddedWords = [0, ...twoOverPiWords];

/**
 * For |x| from 2^12. With |x| = s 2^(e - 31), s a whole number of 32 bits, and w the 96 bits of 2/pi from number e - 32 on
 * (the first behind the point is number 1) is |x| / (pi/2) = s w 2^-94 modulo 4: what comes before gives multiples of 4.
 */
function reduceLarge<V, U, M>(m: Machine32<V, U, M>, x: V): TwoFloats<V> & { readonly n: V } {
  const word = (value: number): U => m.word(value);
  const size = sizeOf(m, x);
  const significand = m.orWords(m.shiftLeft(size, word(8)), word(0x80000000));
  // Bit e - 32 of 2/pi is bit e - 1 of the padded words, counted from 0; e - 127 more than the exponent field says.
  const skipped = m.subtractWords(m.shiftRight(size, word(23)), word(128));
  const [third, second, first] = window(m, skipped);

  // Two upper words of the product of three and one, modulo 2^96.
  const low = m.multiplyWords(significand, second);
  const fraction = m.addWords(low, m.multiplyHigh(significand, first));
  const carry = m.selectWord(m.lessWord(fraction, low), word(1), word(0));
  const turns = m.addWords(
    m.multiplyWords(significand, third),
    m.addWords(m.multiplyHigh(significand, second), carry),
  );

  // The nearest whole number, and what is left: `upper` in units of 2^-30, `lower` of 2^-62. The complement is off by one unit.
  const n = m.shiftRight(m.addWords(turns, word(0x20000000)), word(30));
  const rest = m.subtractWords(turns, m.shiftLeft(n, word(30)));
  const below = m.andWords(rest, word(0x80000000));
  const mask = m.subtractWords(word(0), m.shiftRight(below, word(31)));
  const upper = m.xorWords(rest, mask);
  const lower = m.xorWords(fraction, mask);

  // Three floats of 24 bits at most.
  const units = (value: U, unit: number): V => m.multiply(m.numberOf(value), m.constant(unit));
  const middle = m.orWords(
    m.shiftLeft(m.andWords(upper, word(0xff)), word(16)),
    m.shiftRight(lower, word(16)),
  );
  const head = units(m.shiftRight(upper, word(8)), 2 ** -22);
  const part = sum(m, head, units(middle, 2 ** -46));
  const all = plus(m, part, units(m.andWords(lower, word(0xffff)), 2 ** -62));
  const angle = product(m, all, { high: m.constant(halfPiTop), low: m.constant(halfPiRest) });
  const sign = signOf(m, x);
  const signOfAngle = m.xorWords(sign, below);
  return {
    n: flip(m, m.numberOf(n), sign),
    high: flip(m, angle.high, signOfAngle),
    low: flip(m, angle.low, signOfAngle),
  };
}

/** 96 bits of 2/pi after `skipped` bits of the padded words, skipped between 11 and 126: the upper word first. */
function window<V, U, M>(m: Machine32<V, U, M>, skipped: U): readonly [U, U, U] {
  const block = m.shiftRight(skipped, m.word(5));
  const shift = m.andWords(skipped, m.word(31));
  const wordAt = (offset: number): U =>
    [0, 1, 2].reduceRight(
      (rest, index) =>
        m.selectWord(m.equalWord(block, m.word(index)), m.word(paddedWords[index + offset] ?? 0), rest),
      m.word(paddedWords[3 + offset] ?? 0),
    );
  const words = [0, 1, 2, 3].map(wordAt);
  const joined = (upper: U, lower: U): U =>
    m.orWords(
      m.shiftLeft(upper, shift),
      m.shiftRight(m.shiftRight(lower, m.word(1)), m.subtractWords(m.word(31), shift)),
    );
  const [a, b, c, d] = words as [U, U, U, U];
  return [joined(a, b), joined(b, c), joined(c, d)];
}
