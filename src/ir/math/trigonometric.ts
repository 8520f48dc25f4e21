/**
 * sin, cos and tan.
 *
 * After reduction to r in [-pi/4, pi/4] both sin r and cos r are polynomials, and the quadrant n selects. The second word
 * of r enters where it matters (as in fdlibm, k_sin.c and k_cos.c). tan r is a quotient of two polynomials much like sin and
 * cos, but shorter; in odd quadrants it is turned over, and its rounding errors are mended.
 */
import {
  cosTail,
  cosTailSingle,
  sinTail,
  sinTailSingle,
  tanAbove,
  tanAboveSingle,
  tanBelow,
  tanBelowSingle,
} from './coefficients/trigonometric.ts';
import { productLess } from './doubleWord.ts';
import type { Machine } from './machine.ts';
import { horner } from './polynomial.ts';
import { reduce } from './reduction.ts';
import type { Reduced } from './reduction.ts';

export function sin<V, M>(m: Machine<V, M>, x: V): V {
  const reduced = reduce(m, x);
  const half = m.multiply(reduced.n, m.constant(0.5));
  const size = m.select(isWhole(m, half), sinNear(m, reduced), cosNear(m, reduced));
  return m.select(isEven(m, m.floor(half)), size, m.negate(size));
}

export function cos<V, M>(m: Machine<V, M>, x: V): V {
  const reduced = reduce(m, x);
  const half = m.multiply(reduced.n, m.constant(0.5));
  const size = m.select(isWhole(m, half), cosNear(m, reduced), sinNear(m, reduced));
  return m.select(isEven(m, m.floor(m.add(half, m.constant(0.5)))), size, m.negate(size));
}

const isWhole = <V, M>(m: Machine<V, M>, x: V): M => m.equal(m.floor(x), x);
const isEven = <V, M>(m: Machine<V, M>, n: V): M => isWhole(m, m.multiply(n, m.constant(0.5)));

/** sin(high - lost) = high - (high^3 S(high^2) + lost); keeps the sign of a zero. */
export function sinNear<V, M>(m: Machine<V, M>, { high, lost }: Reduced<V>): V {
  const z = m.multiply(high, high);
  if (m.single)
    return m.multiply(high, m.subtract(m.constant(1), m.multiply(z, horner(m, z, sinTailSingle))));
  const tail = m.multiply(m.multiply(z, high), horner(m, z, sinTail));
  return m.subtract(high, m.add(tail, lost));
}

/** cos(high - lost) = 1 - z/2 + (z^2 C(z) + high lost) with z = high^2, the first difference in two words. */
export function cosNear<V, M>(m: Machine<V, M>, { high, lost }: Reduced<V>): V {
  const z = m.multiply(high, high);
  const one = m.constant(1);
  if (m.single) {
    const factor = m.subtract(m.constant(0.5), m.multiply(z, horner(m, z, cosTailSingle)));
    return m.subtract(one, m.multiply(z, factor));
  }
  const { main, rest } = oneLessHalf(m, z);
  const tail = m.add(m.multiply(m.multiply(z, z), horner(m, z, cosTail)), m.multiply(high, lost));
  return m.add(main, m.add(rest, tail));
}

/** 1 - z/2 = main + rest exactly. */
function oneLessHalf<V, M>(m: Machine<V, M>, z: V): { main: V; rest: V } {
  const one = m.constant(1);
  const half = m.multiply(z, m.constant(0.5));
  const main = m.subtract(one, half);
  return { main, rest: m.subtract(m.subtract(one, main), half) };
}

/** 1 - x^2/2 = main + rest, where x^2 is not rounded either: x is cut in two. */
function oneLessHalfSquare<V, M>(m: Machine<V, M>, x: V): { main: V; rest: V } {
  const top = m.highHalf(x);
  const { main, rest } = oneLessHalf(m, m.multiply(top, top));
  const low = m.multiply(m.subtract(x, top), m.multiply(m.add(x, top), m.constant(0.5)));
  return { main, rest: m.subtract(rest, low) };
}

export function tan<V, M>(m: Machine<V, M>, x: V): V {
  const { n, high, lost } = reduce(m, x);
  const even = isEven(m, n);
  const z = m.multiply(high, high);
  const one = m.constant(1);
  if (m.single) {
    const above = m.multiply(high, m.subtract(one, m.multiply(z, horner(m, z, tanAboveSingle))));
    const below = m.subtract(
      one,
      m.multiply(z, m.subtract(m.constant(0.5), m.multiply(z, horner(m, z, tanBelowSingle)))),
    );
    return m.divide(m.select(even, above, m.negate(below)), m.select(even, below, above));
  }
  // The numerator is near sin r and the denominator near cos r: what r lacks changes them by the derivatives of these.
  const { main, rest } = oneLessHalfSquare(m, high);
  const aboveTail = m.add(m.multiply(m.multiply(z, high), horner(m, z, tanAbove)), m.multiply(lost, main));
  const belowTail = m.add(
    rest,
    m.add(m.multiply(m.multiply(z, z), horner(m, z, tanBelow)), m.multiply(high, lost)),
  );
  const above = m.subtract(high, aboveTail);
  const aboveLow = m.subtract(m.subtract(high, above), aboveTail);
  const below = m.add(main, belowTail);
  const belowLow = m.subtract(belowTail, m.subtract(below, main));
  return dividePairs(
    m,
    m.select(even, above, m.negate(below)),
    m.select(even, aboveLow, m.negate(belowLow)),
    m.select(even, below, above),
    m.select(even, belowLow, aboveLow),
  );
}

/** (a + aLow) / (b + bLow), rounded once but for errors of much less than the last place; keeps the sign of a zero. */
function dividePairs<V, M>(m: Machine<V, M>, a: V, aLow: V, b: V, bLow: V): V {
  const inverse = m.divide(m.constant(1), b);
  const quotient = m.multiply(a, inverse);
  const excess = m.add(productLess(m, quotient, b, a), m.subtract(m.multiply(quotient, bLow), aLow));
  return m.subtract(quotient, m.multiply(excess, inverse));
}
