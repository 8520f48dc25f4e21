/**
 * Numbers of about 36 bits as sums of two floats, of which the first is cut to 12 bits.
 *
 * Such first floats have exact products (Dekker's splitting, by a mask), so it is the same whether a product is fused with
 * the sum it goes into. And because a mask stands between a sum and what is subtracted from it again, compilers that
 * reckon with real numbers (SPIRV-Tools make -x of 1 - (1 + x)) do not find what they could cancel.
 */
import type { Machine32 } from './machine.ts';

/** The sum of both. `high` has 12 bits and `low` is less than 2^-11 of it, unless said otherwise. */
export interface TwoFloats<V> {
  readonly high: V;
  readonly low: V;
}

/** The first 12 bits of x. */
export const top = <V, U, M>(m: Machine32<V, U, M>, x: V): V =>
  m.ofBits(m.andWords(m.bitsOf(x), m.word(0xfffff000)));

/** x, exactly. */
export function split<V, U, M>(m: Machine32<V, U, M>, x: V): TwoFloats<V> {
  const high = top(m, x);
  return { high, low: m.subtract(x, high) };
}

/** x + y, exactly for |x| >= |y| or x = 0 but for errors of 2^-36. */
export function sum<V, U, M>(m: Machine32<V, U, M>, x: V, y: V): TwoFloats<V> {
  const high = top(m, m.add(x, y));
  return { high, low: m.add(m.subtract(x, high), y) };
}

/** x + y whichever is larger (Knuth's order of operations). */
export function sumOfAny<V, U, M>(m: Machine32<V, U, M>, x: V, y: V): TwoFloats<V> {
  const high = top(m, m.add(x, y));
  const back = m.subtract(high, x);
  return { high, low: m.add(m.subtract(x, m.subtract(high, back)), m.subtract(y, back)) };
}

/** x + y, for a y that is small beside x: it joins the second float. */
export const plus = <V, U, M>(m: Machine32<V, U, M>, { high, low }: TwoFloats<V>, y: V): TwoFloats<V> => ({
  high,
  low: m.add(low, y),
});

/** The number as one float. */
export const rounded = <V, U, M>(m: Machine32<V, U, M>, { high, low }: TwoFloats<V>): V => m.add(high, low);

/** x y, to 2^-34 of it: `high` is an exact product, of 24 bits. */
export function product<V, U, M>(m: Machine32<V, U, M>, x: TwoFloats<V>, y: TwoFloats<V>): TwoFloats<V> {
  const low = m.add(m.multiply(x.high, y.low), m.multiply(x.low, rounded(m, y)));
  return { high: m.multiply(x.high, y.high), low };
}

/** x^2 likewise. */
export const square = <V, U, M>(m: Machine32<V, U, M>, { high, low }: TwoFloats<V>): TwoFloats<V> => ({
  high: m.multiply(high, high),
  low: m.multiply(low, m.add(m.add(high, high), low)),
});

/** x / y to 2^-33 of it, though division may be off by some places. */
export function quotient<V, U, M>(m: Machine32<V, U, M>, x: TwoFloats<V>, y: TwoFloats<V>): TwoFloats<V> {
  const divisor = rounded(m, y);
  const high = top(m, m.divide(rounded(m, x), divisor));
  const rest = m.subtract(x.high, m.multiply(high, y.high));
  return { high, low: m.divide(m.add(rest, m.subtract(x.low, m.multiply(high, y.low))), divisor) };
}

/** sqrt x to 2^-33 of it, for x >= 2^-100; `high` of x may have 24 bits. */
export function squareRoot<V, U, M>(m: Machine32<V, U, M>, x: TwoFloats<V>): TwoFloats<V> {
  const root = m.sqrt(rounded(m, x));
  const high = top(m, root);
  const rest = m.add(m.subtract(x.high, m.multiply(high, high)), x.low);
  return { high, low: m.divide(rest, m.add(root, high)) };
}

/** whole + high + tail, where |whole| is 0 or above |high|, itself above |tail|: rounded once but for errors of the tail. */
export const sumOfThree = <V, U, M>(m: Machine32<V, U, M>, whole: V, high: V, tail: V): V =>
  rounded(m, plus(m, sum(m, whole, high), tail));
