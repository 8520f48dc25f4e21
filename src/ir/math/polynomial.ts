/**
 * Polynomials on a machine. Coefficients stand in order of rising powers.
 *
 * The order of operations is part of a function's definition: it decides the last bit.
 */
import type { Arithmetic } from './machine.ts';

/** c0 + x (c1 + x (c2 + ...)): fewest operations, smallest error, one long chain. */
export const horner = <V>(m: Arithmetic<V>, x: V, coefficients: readonly number[]): V =>
  everyOther(m, x, coefficients, 0, 1);

/**
 * Even powers and odd powers apart, each by Horner's rule in `square` = x * x, then joined: two chains of half the
 * length, for the price of one multiplication. At least two coefficients.
 */
export const evenOdd = <V>(m: Arithmetic<V>, x: V, square: V, coefficients: readonly number[]): V =>
  m.add(m.multiply(x, everyOther(m, square, coefficients, 1, 2)), everyOther(m, square, coefficients, 0, 2));

/** The polynomial of the coefficients number first, first + step, first + 2 step and so on. */
function everyOther<V>(
  m: Arithmetic<V>,
  x: V,
  coefficients: readonly number[],
  first: number,
  step: number,
): V {
  let at = first + step * Math.floor((coefficients.length - 1 - first) / step);
  let sum = m.constant(coefficients[at] ?? NaN);
  while ((at -= step) >= 0) sum = m.add(m.multiply(sum, x), m.constant(coefficients[at] ?? NaN));
  return sum;
}
