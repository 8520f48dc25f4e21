/** What is told and done by the bits of a number: signs, special values, scales. All of it holds for NaN and infinities too. */
import type { Machine32 } from './machine.ts';

export const infinityBits = 0x7f800000;
const nanBits = 0x7fc00000;
const signBits = 0x80000000;
/** The bits of 1, of the smallest normal number, and of a significand. */
export const oneBits = 0x3f800000;
const normalBits = 0x00800000;
const significandBits = 0x007fffff;

/** The bits of a number that programs know beforehand. */
export function bitsOfNumber(x: number): number {
  const [bits = 0] = new Uint32Array(Float32Array.of(x).buffer);
  return bits;
}

/** The sign bit. */
export const signOf = <V, U, M>(m: Machine32<V, U, M>, x: V): U => m.andWords(m.bitsOf(x), m.word(signBits));

/** The bits of |x|: as words they compare as the magnitudes do, infinity above all numbers and NaN above infinity. */
export const sizeOf = <V, U, M>(m: Machine32<V, U, M>, x: V): U => m.andWords(m.bitsOf(x), m.word(~signBits));

/** x with the opposite sign where `sign`, a sign bit, is set. */
export const flip = <V, U, M>(m: Machine32<V, U, M>, x: V, sign: U): V =>
  m.ofBits(m.xorWords(m.bitsOf(x), sign));

/** The word of a condition on bits. */
export const isNegative = <V, U, M>(m: Machine32<V, U, M>, x: V): M =>
  m.lessWord(m.word(~signBits), m.bitsOf(x));

/** |x| above `limit`, or NaN. */
export const isBeyond = <V, U, M>(m: Machine32<V, U, M>, x: V, limit: number): M =>
  m.lessWord(m.word(bitsOfNumber(limit)), sizeOf(m, x));

/** |x| below `limit`. */
export const isWithin = <V, U, M>(m: Machine32<V, U, M>, x: V, limit: number): M =>
  m.lessWord(sizeOf(m, x), m.word(bitsOfNumber(limit)));

/** |x|, but no more than `limit`, which also stands for NaN. */
export function boundedSize<V, U, M>(m: Machine32<V, U, M>, x: V, limit: number): V {
  const bound = m.word(bitsOfNumber(limit));
  const size = sizeOf(m, x);
  return m.ofBits(m.selectWord(m.lessWord(bound, size), bound, size));
}

/** x within +-limit; NaN becomes one of the two. */
export const bounded = <V, U, M>(m: Machine32<V, U, M>, x: V, limit: number): V =>
  flip(m, boundedSize(m, x, limit), signOf(m, x));

/** `value` with exceptions: of the cases that hold the last one, a word, is the result. */
export function withCases<V, U, M>(
  m: Machine32<V, U, M>,
  value: V,
  ...cases: readonly (readonly [M, U])[]
): V {
  const bits = cases.reduce(
    (rest, [condition, word]) => m.selectWord(condition, word, rest),
    m.bitsOf(value),
  );
  return m.ofBits(bits);
}

/** The case that x is NaN. */
export const nanCase = <V, U, M>(m: Machine32<V, U, M>, x: V): readonly [M, U] => [
  m.lessWord(m.word(infinityBits), sizeOf(m, x)),
  m.word(nanBits),
];

/** The case that x is small enough to be the result itself, even where it is subnormal. */
export const tinyCase = <V, U, M>(m: Machine32<V, U, M>, x: V, limit: number): readonly [M, U] => [
  isWithin(m, x, limit),
  m.bitsOf(x),
];

export const nan = <V, U, M>(m: Machine32<V, U, M>): U => m.word(nanBits);
export const infinity = <V, U, M>(m: Machine32<V, U, M>): U => m.word(infinityBits);

/** 2^n for a whole n in [-126, 127]. */
export const powerOfTwo = <V, U, M>(m: Machine32<V, U, M>, n: V): V =>
  m.ofBits(m.shiftLeft(m.wordOf(m.add(n, m.constant(127))), m.word(23)));

/** x 2^n for |n| up to 250 in two steps, of which but the last is exact: right for results below 2^-126 and above 2^127 too. */
export function scale<V, U, M>(m: Machine32<V, U, M>, x: V, n: V): V {
  const half = m.floor(m.multiply(n, m.constant(0.5)));
  return m.multiply(m.multiply(x, powerOfTwo(m, half)), powerOfTwo(m, m.subtract(n, half)));
}

/** A positive number as significand times 2^exponent, the significand in [least, 2 least); `least` is in [1/2, 1]. */
export function splitNumber<V, U, M>(
  m: Machine32<V, U, M>,
  x: V,
  least: number,
): { exponent: V; significand: V } {
  const bits = sizeOf(m, x);
  // The bits of a subnormal number are its significand as a whole number.
  const subnormal = m.lessWord(bits, m.word(normalBits));
  const normal = m.selectWord(subnormal, m.bitsOf(m.numberOf(bits)), bits);
  const bias = m.select(subnormal, m.constant(127 + 149), m.constant(127));
  const leastBits = bitsOfNumber(least);
  const raised = m.addWords(normal, m.word(oneBits - leastBits));
  return {
    exponent: m.subtract(m.numberOf(m.shiftRight(raised, m.word(23))), bias),
    significand: m.ofBits(m.addWords(m.andWords(raised, m.word(significandBits)), m.word(leastBits))),
  };
}
