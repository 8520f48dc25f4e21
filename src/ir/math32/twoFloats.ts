/**
 * Numbers of about 36 bits as sums of two floats, and what rounded operations leave out.
 *
 * A number cut to 12 bits has an exact product with another one, and the rest, of 12 bits as well, has too: Dekker's
 * splitting by a mask. So nothing here depends on whether a product is rounded before it is added to something. Neither
 * does `fastTwoSum` (ir/math/doubleWord.ts): where one of its operands is a product, sum and rest may take it rounded or
 * not, and together are then as right as the product is.
 */
import { fastTwoSum } from '../math/doubleWord.ts';
import type { Machine32 } from './machine.ts';

/** The sum of both; `low` is small beside `high`. */
export interface TwoFloats<V> {
  readonly high: V;
  readonly low: V;
}

/** The first 12 bits of x. */
export const top = <V, U, M>(m: Machine32<V, U, M>, x: V): V =>
  m.ofBits(m.andWords(m.bitsOf(x), m.word(0xfffff000)));

/** The sum rounded to one float, and the rest; |high| >= |low|. */
export function renormalized<V, U, M>(m: Machine32<V, U, M>, high: V, low: V): TwoFloats<V> {
  const [sum, rest] = fastTwoSum(m, high, low);
  return { high: sum, low: rest };
}

/** The sum cut to 12 bits, and the rest. */
export function cut<V, U, M>(m: Machine32<V, U, M>, high: V, low: V): TwoFloats<V> {
  const first = top(m, m.add(high, low));
  return { high: first, low: m.add(m.subtract(high, first), low) };
}

/** x y: `high` is an exact product of 12 bits each. */
export function product<V, U, M>(m: Machine32<V, U, M>, x: V, y: V): TwoFloats<V> {
  const xTop = top(m, x);
  const yTop = top(m, y);
  const yRest = m.subtract(y, yTop);
  const low = m.add(m.multiply(xTop, yRest), m.multiply(m.subtract(x, xTop), y));
  return { high: m.multiply(xTop, yTop), low };
}

/** x^2 likewise. */
export function square<V, U, M>(m: Machine32<V, U, M>, x: V): TwoFloats<V> {
  const xTop = top(m, x);
  return { high: m.multiply(xTop, xTop), low: m.multiply(m.subtract(x, xTop), m.add(x, xTop)) };
}

/** The product of a sum that is cut already with another one: `high` is exact, `low` has an error below 2^-34. */
export function productOfCut<V, U, M>(m: Machine32<V, U, M>, x: TwoFloats<V>, y: TwoFloats<V>): TwoFloats<V> {
  const low = m.add(m.multiply(x.high, y.low), m.multiply(x.low, m.add(y.high, y.low)));
  return { high: m.multiply(x.high, y.high), low };
}

/** The product of two sums, as a rounded number and the rest. */
export function productOfTwo<V, U, M>(m: Machine32<V, U, M>, x: TwoFloats<V>, y: TwoFloats<V>): TwoFloats<V> {
  const { high, low } = product(m, x.high, y.high);
  const cross = m.add(m.multiply(x.high, y.low), m.multiply(x.low, y.high));
  return renormalized(m, high, m.add(low, cross));
}

/** (x + xLow) / (y + yLow), for low words within the last place of the high ones: 12 bits, and the rest to 2^-33 of the quotient. */
export function quotient<V, U, M>(m: Machine32<V, U, M>, x: V, y: V, xLow?: V, yLow?: V): TwoFloats<V> {
  const high = top(m, m.divide(x, y));
  const yTop = top(m, y);
  const rest = m.subtract(m.subtract(x, m.multiply(high, yTop)), m.multiply(high, m.subtract(y, yTop)));
  const more = xLow === undefined ? rest : m.add(rest, xLow);
  const all = yLow === undefined ? more : m.subtract(more, m.multiply(high, yLow));
  return { high, low: m.divide(all, y) };
}

/** sqrt(x + xLow) for x >= 2^-100: 12 bits, and the rest to 2^-33 of the root. */
export function squareRoot<V, U, M>(m: Machine32<V, U, M>, x: V, xLow?: V): TwoFloats<V> {
  const root = m.sqrt(x);
  const high = top(m, root);
  const rest = m.subtract(x, m.multiply(high, high));
  const all = xLow === undefined ? rest : m.add(rest, xLow);
  return { high, low: m.divide(all, m.add(root, high)) };
}

/** whole + high + tail, where |whole| is 0 or above |high|, itself above |tail|: rounded once but for errors of the tail. */
export function sumOfThree<V, U, M>(m: Machine32<V, U, M>, whole: V, high: V, tail: V): V {
  const [main, lost] = fastTwoSum(m, whole, high);
  return m.add(main, m.add(lost, tail));
}
