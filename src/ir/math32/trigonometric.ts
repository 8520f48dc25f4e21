/**
 * sin, cos and tan in float32.
 *
 * As in ir/math/trigonometric.ts: after reduction to r = high + low in [-pi/4, pi/4] both sin r and cos r are polynomials,
 * and the quadrant selects. tan r is their quotient, or its reciprocal with the opposite sign, of two floats each.
 */
import { cosTail, sinTail } from './coefficients/trigonometric.ts';
import { horner } from '../math/polynomial.ts';
import { flip, infinityBits, nan, sizeOf, tinyCase, withCases } from './bits.ts';
import type { Machine32 } from './machine.ts';
import { reduce } from './reduction.ts';
import { plus, quotient, rounded, square, sum, type TwoFloats } from './twoFloats.ts';

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
    { high: chosen(sine.high, cosine.high), low: chosen(sine.low, cosine.low) },
    { high: chosen(cosine.high, sine.high), low: chosen(cosine.low, sine.low) },
  );
  const sign = m.shiftLeft(quadrant, m.word(31));
  return withCases(m, flip(m, rounded(m, value), sign), tinyCase(m, x, tiny), endlessCase(m, x));
}

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

/** sin r, for r = high + low of up to 24 bits in `high`. */
export function sinNear<V, U, M>(m: Machine32<V, U, M>, r: TwoFloats<V>): TwoFloats<V> {
  const near = rounded(m, r);
  const z = m.multiply(near, near);
  const tail = m.multiply(m.multiply(z, near), horner(m, z, sinTail));
  // What rounding took from r is felt cos r times.
  const lost = m.multiply(m.add(m.subtract(r.high, near), r.low), m.multiply(z, m.constant(0.5)));
  return sum(m, r.high, m.subtract(r.low, m.add(tail, lost)));
}

/** cos r = 1 - z/2 + z^2 C(z), z = r^2 in two floats. */
export function cosNear<V, U, M>(m: Machine32<V, U, M>, r: TwoFloats<V>): TwoFloats<V> {
  const parts = square(m, sum(m, r.high, r.low));
  const z = rounded(m, parts);
  const half = m.constant(-0.5);
  const main = sum(m, m.constant(1), m.multiply(parts.high, half));
  const curve = m.multiply(m.multiply(z, z), horner(m, z, cosTail));
  return plus(m, main, m.add(m.multiply(parts.low, half), curve));
}
