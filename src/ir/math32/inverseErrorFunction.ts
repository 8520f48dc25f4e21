/**
 * erfcinv in float32: the x whose erfc is y.
 *
 * As in ir/math/inverseErrorFunction.ts: with w = -ln(y (2 - y)) is erfcinv y = (1 - y) (sqrt(pi) / 2 + w P(w)) for w up
 * to 5, and beyond it is sqrt w times a polynomial of 1 / (sqrt w + 2).
 */
import {
  inverseAtZero,
  inverseAtZeroLow,
  inverseMiddle,
  inverseTail,
  inverseTailLow,
} from './coefficients/inverseErrorFunction.ts';
import { horner } from '../math/polynomial.ts';
import { flip, infinity, isNegative, isWithin, nan, nanCase, signOf, sizeOf, withCases } from './bits.ts';
import { logInTwoFloats } from './logarithm.ts';
import type { Machine32 } from './machine.ts';
import { plus, product, rounded, split, squareRoot, sum } from './twoFloats.ts';

export function erfcinv<V, U, M>(m: Machine32<V, U, M>, y: V): V {
  const [zero, one, two] = [m.constant(0), m.constant(1), m.constant(2)];
  const x = m.subtract(one, y);
  // Of a small y the product with 2 - y is 2 y, and the double of a subnormal number may be none.
  const tiny = isWithin(m, y, 2 ** -30);
  const whole = m.select(tiny, y, m.multiply(y, m.subtract(two, y)));
  const w = m.negate(rounded(m, logInTwoFloats(m, whole, m.select(tiny, one, zero))));
  const v = m.subtract(w, m.constant(2.5));
  // The first coefficient is by far the largest.
  const [first = 0, ...others] = inverseMiddle;
  const slope = m.add(m.constant(first), m.multiply(v, horner(m, v, others)));
  const inner = sum(m, m.constant(inverseAtZero), m.multiply(w, slope));
  const middle = rounded(m, product(m, split(m, x), plus(m, inner, m.constant(inverseAtZeroLow))));
  const [value] = m.rarely(m.not(m.less(w, m.constant(5))), [middle], () => [
    flip(m, tail(m, w), signOf(m, x)),
  ]) as [V];
  const twoBits = m.word(0x40000000);
  return withCases(
    m,
    value,
    [m.equalWord(sizeOf(m, y), m.word(0x3f800000)), m.word(0)],
    [m.equalWord(m.bitsOf(y), twoBits), m.word(0xff800000)],
    [m.or(isNegative(m, y), m.lessWord(twoBits, sizeOf(m, y))), nan(m)],
    [m.equalWord(sizeOf(m, y), m.word(0)), infinity(m)],
    nanCase(m, y),
  );
}

/** |erfcinv y| for w of at least 5. */
function tail<V, U, M>(m: Machine32<V, U, M>, w: V): V {
  const root = squareRoot(m, split(m, w));
  const t = m.divide(m.constant(1), m.add(rounded(m, root), m.constant(2)));
  const v = m.subtract(t, m.constant(0.15625));
  const [first = 0, ...others] = inverseTail;
  const factor = sum(m, m.constant(first), m.multiply(v, horner(m, v, others)));
  return rounded(m, product(m, root, plus(m, factor, m.constant(inverseTailLow))));
}
