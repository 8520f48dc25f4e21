/**
 * Polynomials on a machine. Coefficients stand in order of rising powers.
 *
 * The order of operations is part of a function's definition: it decides the last bit.
 */
import type { Machine } from './machine.ts';

/** c0 + x (c1 + x (c2 + ...)): fewest operations, smallest error, one long chain. */
export function horner<V, M>(m: Machine<V, M>, x: V, coefficients: readonly number[]): V {
  const last = coefficients.length - 1;
  let sum = m.constant(coefficients[last] ?? 0);
  for (let power = last - 1; power >= 0; power--)
    sum = m.add(m.multiply(sum, x), m.constant(coefficients[power] ?? 0));
  return sum;
}

/**
 * Even powers and odd powers apart, each by Horner's rule in `square` = x * x, then joined: two chains of half the
 * length, for the price of one multiplication.
 */
export function evenOdd<V, M>(m: Machine<V, M>, x: V, square: V, coefficients: readonly number[]): V {
  const even = coefficients.filter((_, power) => power % 2 === 0);
  const odd = coefficients.filter((_, power) => power % 2 === 1);
  if (odd.length === 0) return horner(m, square, even);
  return m.add(m.multiply(x, horner(m, square, odd)), horner(m, square, even));
}
