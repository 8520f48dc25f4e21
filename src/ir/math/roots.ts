/**
 * cbrt and hypot, both mended by one exact residual.
 *
 * cbrt: x = 2^(3k) v with v in [1, 8); a guess y of 21 bits has an exact square, so that d = 1 - y^3 / v has hardly an
 * error, and v^(1/3) = y (1 - d)^(-1/3) is a short series. hypot: h = sqrt(a^2 + b^2) is corrected by
 * (h^2 - a^2 - b^2) / 2h (C. Borges, "An improved algorithm for hypot(a, b)", 2019).
 */
import { cbrt2, cbrt4, cbrtGuess } from './coefficients/roots.ts';
import type { Machine } from './machine.ts';
import { horner } from './polynomial.ts';

export function cbrt<V, M>(m: Machine<V, M>, x: V): V {
  const size = m.abs(x);
  const normal = m.constant(2 ** -1022);
  const usual = m.and(m.lessEqual(normal, size), m.less(size, m.constant(Infinity)));
  const [root] = m.rarely(m.not(usual), [cbrtOfNormal(m, size)], () => {
    const scaled = m.multiply(cbrtOfNormal(m, m.multiply(size, m.constant(2 ** 54))), m.constant(2 ** -18));
    const subnormal = m.and(m.less(m.constant(0), size), m.less(size, normal));
    return [m.select(subnormal, scaled, size)];
  }) as [V];
  return m.copySign(root, x);
}

/** The terms of (1 - d)^(-1/3) - 1, divided by d. */
const series = [1 / 3, 2 / 9, 14 / 81, 35 / 243, 91 / 729];

function cbrtOfNormal<V, M>(m: Machine<V, M>, x: V): V {
  const exponent = m.exponent(x);
  const third = m.floor(m.multiply(m.add(exponent, m.constant(0.5)), m.constant(1 / 3)));
  const rest = m.subtract(exponent, m.multiply(third, m.constant(3)));
  const significand = m.significand(x);
  const v = m.multiply(significand, m.powerOfTwo(rest));
  const factor = m.select(
    m.less(rest, m.constant(1)),
    m.constant(1),
    m.select(m.less(m.constant(1), rest), m.constant(cbrt4), m.constant(cbrt2)),
  );
  const near = m.multiply(horner(m, significand, cbrtGuess), factor);
  const guess = m.single ? near : m.highHalf(near);
  const square = m.multiply(guess, guess);
  const d = m.divide(residual(m, v, square, guess), v);
  const correction = m.multiply(m.multiply(guess, d), horner(m, d, m.single ? series.slice(0, 2) : series));
  return m.multiply(m.add(guess, correction), m.powerOfTwo(third));
}

/** v - square * guess, exactly: `square` has 42 bits and `guess` 21. */
function residual<V, M>(m: Machine<V, M>, v: V, square: V, guess: V): V {
  if (m.single) return m.subtract(v, m.multiply(square, guess));
  const top = m.highHalf(square);
  return m.subtract(m.subtract(v, m.multiply(top, guess)), m.multiply(m.subtract(square, top), guess));
}

export function hypot<V, M>(m: Machine<V, M>, x: V, y: V): V {
  const infinity = m.constant(Infinity);
  const first = m.abs(x);
  const second = m.abs(y);
  const infinite = (): M => m.or(m.equal(first, infinity), m.equal(second, infinity));
  if (m.single) {
    // Squares of float32 numbers do not overflow.
    const sum = m.add(m.multiply(x, x), m.multiply(y, y));
    const [root] = m.rarely(m.not(m.less(sum, infinity)), [m.sqrt(sum)], () => [
      m.select(infinite(), infinity, sum),
    ]) as [V];
    return root;
  }
  const swap = m.less(first, second);
  const large = m.select(swap, second, first);
  const small = m.select(swap, first, second);
  const usual = m.and(m.less(large, m.constant(2 ** 500)), m.less(m.constant(2 ** -400), large));
  const [root] = m.rarely(m.not(usual), [hypotInRange(m, large, small)], () => {
    const huge = m.less(m.constant(1), large);
    const scale = m.select(huge, m.constant(2 ** -600), m.constant(2 ** 600));
    const back = m.select(huge, m.constant(2 ** 600), m.constant(2 ** -600));
    const scaled = m.multiply(hypotInRange(m, m.multiply(large, scale), m.multiply(small, scale)), back);
    const zero = m.constant(0);
    return [m.select(infinite(), infinity, m.select(m.equal(m.add(large, small), zero), zero, scaled))];
  }) as [V];
  return root;
}

/** For large >= small where no square leaves the range; a small square may vanish. */
function hypotInRange<V, M>(m: Machine<V, M>, large: V, small: V): V {
  const h = m.sqrt(m.add(m.multiply(large, large), m.multiply(small, small)));
  const a = squareParts(m, large);
  const b = squareParts(m, small);
  const c = squareParts(m, h);
  const top = m.subtract(m.subtract(c.top, a.top), b.top);
  const excess = m.add(top, m.subtract(m.subtract(c.rest, a.rest), b.rest));
  return m.subtract(h, m.divide(excess, m.add(h, h)));
}

/** x^2 = top + rest; `top` is exact and `rest` less than 2^-19 of it. */
function squareParts<V, M>(m: Machine<V, M>, x: V): { top: V; rest: V } {
  const half = m.highHalf(x);
  return { top: m.multiply(half, half), rest: m.multiply(m.subtract(x, half), m.add(x, half)) };
}
