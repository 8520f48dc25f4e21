/** What a rounded operation leaves out, exactly: sums by Knuth, products by Dekker with the cut that machines offer. */
import type { Machine } from './machine.ts';

/** The rounded sum, and what must be added to it. */
export function twoSum<V, M>(m: Machine<V, M>, x: V, y: V): readonly [V, V] {
  const sum = m.add(x, y);
  const back = m.subtract(sum, x);
  return [sum, m.add(m.subtract(x, m.subtract(sum, back)), m.subtract(y, back))];
}

/** The same where |x| >= |y|, or x = 0. */
export function fastTwoSum<V, M>(m: Machine<V, M>, x: V, y: V): readonly [V, V] {
  const sum = m.add(x, y);
  return [sum, m.add(m.subtract(x, sum), y)];
}

/**
 * x y - near, for `near` close to the product: an almost exact difference. The factors are cut into 21 and 32 bits, so that
 * all partial products but the least are exact.
 */
export function productLess<V, M>(m: Machine<V, M>, x: V, y: V, near: V): V {
  const xTop = m.highHalf(x);
  const xRest = m.subtract(x, xTop);
  const yTop = m.highHalf(y);
  const yRest = m.subtract(y, yTop);
  const first = m.add(m.subtract(m.multiply(xTop, yTop), near), m.multiply(xTop, yRest));
  return m.add(m.add(first, m.multiply(xRest, yTop)), m.multiply(xRest, yRest));
}
