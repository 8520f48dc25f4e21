/**
 * sin, cos and tan in float32.
 *
 * As in ir/math/trigonometric.ts: after reduction to r = high + low in [-pi/4, pi/4] both sin r and cos r are polynomials,
 * and the quadrant selects. tan r is their quotient, or its reciprocal with the opposite sign, of two floats each.
 */
import { cosTail, sinTail } from './coefficients/trigonometric.ts';
import { fastTwoSum } from '../math/doubleWord.ts';
import { horner } from '../math/polynomial.ts';
import { flip, infinityBits, nan, sizeOf, tinyCase, withCases } from './bits.ts';
import type { Machine32 } from './machine.ts';
import { reduce } from './reduction.ts';
import { quotient, square, type TwoFloats } from './twoFloats.ts';

/** Up to here sin x and tan x are x, rounded, and cos x is 1. */
const tiny = 2 ** -13;

export function sin<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const { quadrant, high, low } = reduce(m, x);
  const [sine, cosine] = [rounded(m, sinNear(m, { high, low })), rounded(m, cosNear(m, { high, low }))];
  const value = m.select(isOdd(m, quadrant), cosine, sine);
  return withCases(m, flip(m, value, signOfHalf(m, quadrant)), tinyCase(m, x, tiny), endlessCase(m, x));
}

export function cos<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const { quadrant, high, low } = reduce(m, x);
  const [sine, cosine] = [rounded(m, sinNear(m, { high, low })), rounded(m, cosNear(m, { high, low }))];
  const value = m.select(isOdd(m, quadrant), sine, cosine);
  const next = m.addWords(quadrant, m.word(1));
  return withCases(m, flip(m, value, signOfHalf(m, next)), endlessCase(m, x));
}

export function tan<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const { quadrant, high, low } = reduce(m, x);
  const [sine, cosine] = [sinNear(m, { high, low }), cosNear(m, { high, low })];
  const odd = isOdd(m, quadrant);
  const chosen = (even: V, otherwise: V): V => m.select(odd, otherwise, even);
  const value = quotient(
    m,
    chosen(sine.high, cosine.high),
    chosen(cosine.high, sine.high),
    chosen(sine.low, cosine.low),
    chosen(cosine.low, sine.low),
  );
  const sign = m.shiftLeft(quadrant, m.word(31));
  return withCases(m, flip(m, rounded(m, value), sign), tinyCase(m, x, tiny), endlessCase(m, x));
}

const rounded = <V, U, M>(m: Machine32<V, U, M>, { high, low }: TwoFloats<V>): V => m.add(high, low);

const isOdd = <V, U, M>(m: Machine32<V, U, M>, quadrant: U): M =>
  m.equalWord(m.andWords(quadrant, m.word(1)), m.word(1));

/** The sign bit, set in the second two of four quadrants. */
const signOfHalf = <V, U, M>(m: Machine32<V, U, M>, quadrant: U): U =>
  m.shiftLeft(m.andWords(quadrant, m.word(2)), m.word(30));

/** Infinity and NaN have no sine. */
const endlessCase = <V, U, M>(m: Machine32<V, U, M>, x: V): readonly [M, U] => [
  m.not(m.lessWord(sizeOf(m, x), m.word(infinityBits))),
  nan(m),
];

/** sin(high + low) */
export function sinNear<V, U, M>(m: Machine32<V, U, M>, { high, low }: TwoFloats<V>): TwoFloats<V> {
  const z = m.multiply(high, high);
  const tail = m.subtract(low, m.multiply(m.multiply(z, high), horner(m, z, sinTail)));
  const [main, rest] = fastTwoSum(m, high, tail);
  return { high: main, low: rest };
}

/** cos(high + low) = 1 - z/2 + (z^2 C(z) - high low), z = high^2 to more than float32. */
export function cosNear<V, U, M>(m: Machine32<V, U, M>, { high, low }: TwoFloats<V>): TwoFloats<V> {
  const half = m.constant(0.5);
  const parts = square(m, high);
  const z = m.add(parts.high, parts.low);
  const [main, lost] = fastTwoSum(m, m.constant(1), m.multiply(parts.high, m.constant(-0.5)));
  const curve = m.multiply(m.multiply(z, z), horner(m, z, cosTail));
  const tail = m.subtract(curve, m.add(m.multiply(parts.low, half), m.multiply(high, low)));
  const [sum, rest] = fastTwoSum(m, main, m.add(lost, tail));
  return { high: sum, low: rest };
}
