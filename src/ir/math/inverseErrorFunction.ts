/**
 * erfcinv: the x whose erfc is y, and so the quantiles of the normal distribution.
 *
 * With w = -ln(y (2 - y)) is erfcinv y = (1 - y) (sqrt(pi) / 2 + w P(w)) with one polynomial for w up to 5, which all but
 * one of 300 y in (0, 2) have (M. Giles, "Approximating the erfinv function", 2011). Beyond, the result grows with s = sqrt w.
 */
import {
  inverseAtZero,
  inverseAtZeroLow,
  inverseFarTail,
  inverseFarTailLow,
  inverseFarthestTail,
  inverseFarthestTailLow,
  inverseMiddle,
  inverseMiddleSingle,
  inverseTail,
  inverseTailLow,
  inverseTailSingle,
} from './coefficients/inverseErrorFunction.ts';
import { log } from './logarithm.ts';
import type { Machine } from './machine.ts';
import { evenOdd, horner } from './polynomial.ts';

export function erfcinv<V, M>(m: Machine<V, M>, y: V): V {
  const x = m.subtract(m.constant(1), y);
  const w = m.negate(log(m, m.multiply(y, m.subtract(m.constant(2), y))));
  const v = m.subtract(w, m.constant(2.5));
  // The first coefficient is by far the largest.
  const [first = 0, ...others] = m.single ? inverseMiddleSingle : inverseMiddle;
  const slope = m.add(m.constant(first), m.multiply(v, evenOdd(m, v, m.multiply(v, v), others)));
  const rise = m.multiply(w, slope);
  const low = m.single ? rise : m.add(rise, m.constant(inverseAtZeroLow));
  const inner = m.add(m.constant(inverseAtZero), low);
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
  const of = (center: number, [first = 0, ...others]: readonly number[], low: number): V => {
    const v = m.subtract(t, m.constant(center));
    const rest = m.add(m.multiply(v, horner(m, v, others)), m.constant(low));
    return m.multiply(s, m.add(m.constant(first), rest));
  };
  if (m.single) return of(0.15625, inverseTailSingle, 0);
  const far = m.select(
    m.less(s, m.constant(7.5)),
    of(0.140625, inverseFarTail, inverseFarTailLow),
    of(0.0703125, inverseFarthestTail, inverseFarthestTailLow),
  );
  return m.select(m.less(s, m.constant(4)), of(0.203125, inverseTail, inverseTailLow), far);
}
