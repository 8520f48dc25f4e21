/**
 * erfcinv: the x whose erfc is y, and so the quantiles of the normal distribution.
 *
 * With w = -ln(y (2 - y)) is erfcinv y = (1 - y) P(w) (M. Giles, "Approximating the erfinv function", 2011): for w up to 5,
 * which all but one of 300 y in (0, 2) have, by one polynomial; beyond in s = sqrt w, with which the result grows.
 */
import {
  inverseFarTail,
  inverseFarthestTail,
  inverseMiddle,
  inverseMiddleSingle,
  inverseTail,
  inverseTailSingle,
} from './coefficients/inverseErrorFunction.ts';
import { log } from './logarithm.ts';
import type { Machine } from './machine.ts';
import { horner } from './polynomial.ts';

export function erfcinv<V, M>(m: Machine<V, M>, y: V): V {
  const x = m.subtract(m.constant(1), y);
  const w = m.negate(log(m, m.multiply(y, m.subtract(m.constant(2), y))));
  const inner = horner(m, m.subtract(w, m.constant(2.5)), m.single ? inverseMiddleSingle : inverseMiddle);
  const middle = m.multiply(x, inner);
  const [result = middle] = m.rarely(m.not(m.less(w, m.constant(5))), [middle], () => [
    m.copySign(tail(m, w), x),
  ]);
  return result;
}

/** |erfcinv y| for w of at least 5; infinite for infinite w. */
function tail<V, M>(m: Machine<V, M>, w: V): V {
  const s = m.sqrt(w);
  const t = m.divide(m.constant(1), m.add(s, m.constant(2)));
  const of = (center: number, coefficients: readonly number[]): V =>
    m.multiply(s, horner(m, m.subtract(t, m.constant(center)), coefficients));
  if (m.single) return of(0.15625, inverseTailSingle);
  const far = m.select(
    m.less(s, m.constant(7.5)),
    of(0.140625, inverseFarTail),
    of(0.0703125, inverseFarthestTail),
  );
  return m.select(m.less(s, m.constant(4)), of(0.203125, inverseTail), far);
}
