/**
 * log, log1p, log2 and log10 in float32.
 *
 * x = 2^k m with m between sqrt(1/2) and sqrt 2; with f = m - 1, which is exact, is ln m = f - f^2/2 + f^3 P(f). All but
 * the first term is small, so that rounding it is felt little, and there is no division.
 */
import { ln2High, ln2Low } from './coefficients/exponential.ts';
import {
  log10EHigh,
  log10ELow,
  log10Of2High,
  log10Of2Low,
  log2EHigh,
  log2ELow,
  logTail,
} from './coefficients/logarithm.ts';
import { horner } from '../math/polynomial.ts';
import {
  infinity,
  infinityBits,
  isNegative,
  isWithin,
  nan,
  nanCase,
  oneBits,
  scale,
  sizeOf,
  splitNumber,
  tinyCase,
  withCases,
} from './bits.ts';
import type { Machine32 } from './machine.ts';
import { plus, rounded, sum, sumOfAny, sumOfThree, top, type TwoFloats } from './twoFloats.ts';

export function log<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  return withCasesOfLog(m, logOf(m, x), x);
}

export function log1p<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const value = logOfOnePlus(m, { high: x, low: m.constant(0) }, sumOfAny(m, m.constant(1), x));
  const beyond = m.and(isNegative(m, x), m.lessWord(m.word(oneBits), sizeOf(m, x)));
  return withCases(
    m,
    value,
    tinyCase(m, x, 2 ** -25),
    [m.equalWord(m.bitsOf(x), m.word(infinityBits)), infinity(m)],
    [m.equalWord(m.bitsOf(x), m.word(0xbf800000)), m.word(0xff800000)],
    [beyond, nan(m)],
    nanCase(m, x),
  );
}

export function log2<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const { k, high, low } = splitLog(m, x);
  const first = m.multiply(high, m.constant(log2EHigh));
  const rest = m.add(
    m.multiply(low, m.constant(log2EHigh)),
    m.multiply(m.add(high, low), m.constant(log2ELow)),
  );
  return withCasesOfLog(m, sumOfThree(m, k, first, rest), x);
}

export function log10<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const { k, high, low } = splitLog(m, x);
  const first = m.multiply(high, m.constant(log10EHigh));
  const rest = m.add(
    m.multiply(low, m.constant(log10EHigh)),
    m.add(m.multiply(m.add(high, low), m.constant(log10ELow)), m.multiply(k, m.constant(log10Of2Low))),
  );
  return withCasesOfLog(m, sumOfThree(m, m.multiply(k, m.constant(log10Of2High)), first, rest), x);
}

/** ln x for x > 0. */
export const logOf = <V, U, M>(m: Machine32<V, U, M>, x: V): V => rounded(m, logInTwoFloats(m, x));

/** ln x + shift ln 2 for x > 0, before it is rounded. */
export function logInTwoFloats<V, U, M>(m: Machine32<V, U, M>, x: V, shift?: V): TwoFloats<V> {
  const { exponent, significand } = splitNumber(m, x, Math.SQRT1_2);
  const { f, half, rest } = logPieces(m, m.subtract(significand, m.constant(1)));
  return joined(m, exponent, f, m.subtract(rest, half), shift);
}

/** ln of the sum, + shift ln 2. */
export function logOfSum<V, U, M>(m: Machine32<V, U, M>, { high, low }: TwoFloats<V>, shift?: V): V {
  const { exponent, significand } = splitNumber(m, high, Math.SQRT1_2);
  const f = { high: m.subtract(significand, m.constant(1)), low: scale(m, low, m.negate(exponent)) };
  return logOfPieces(m, exponent, f, shift);
}

/** ln(1 + x) for a sum x, relative to the result as exact as x is; `whole` is 1 + x. */
export function logOfOnePlus<V, U, M>(m: Machine32<V, U, M>, x: TwoFloats<V>, whole: TwoFloats<V>): V {
  const { high, low } = whole;
  const { exponent, significand } = splitNumber(m, high, Math.SQRT1_2);
  // Near 1 nothing is to be added, and nothing is lost.
  const near = isWithin(m, x.high, 0.25);
  const f = {
    high: m.select(near, x.high, m.subtract(significand, m.constant(1))),
    low: m.select(near, x.low, scale(m, low, m.negate(exponent))),
  };
  return logOfPieces(m, m.select(near, m.constant(0), exponent), f);
}

/** ln(1 + f) + (exponent + shift) ln 2 */
function logOfPieces<V, U, M>(m: Machine32<V, U, M>, exponent: V, f: TwoFloats<V>, shift?: V): V {
  const { half, rest } = logPieces(m, rounded(m, f));
  return rounded(m, joined(m, exponent, f.high, m.add(f.low, m.subtract(rest, half)), shift));
}

/** (k + shift) ln 2 + f + small */
function joined<V, U, M>(m: Machine32<V, U, M>, exponent: V, f: V, small: V, shift?: V): TwoFloats<V> {
  const k = shift === undefined ? exponent : m.add(exponent, shift);
  const main = sum(m, m.multiply(k, m.constant(ln2High)), f);
  return plus(m, main, m.add(m.multiply(k, m.constant(ln2Low)), small));
}

/** ln(1 + f) = f - half + rest: half is f^2/2. */
function logPieces<V, U, M>(m: Machine32<V, U, M>, f: V): { f: V; half: V; rest: V } {
  const square = m.multiply(f, f);
  return {
    f,
    half: m.multiply(square, m.constant(0.5)),
    rest: m.multiply(m.multiply(square, f), horner(m, f, logTail)),
  };
}

/** ln x = k ln 2 + high + low, where `high` has 12 bits. */
function splitLog<V, U, M>(m: Machine32<V, U, M>, x: V): { k: V; high: V; low: V } {
  const { exponent: k, significand } = splitNumber(m, x, Math.SQRT1_2);
  const { f, half, rest } = logPieces(m, m.subtract(significand, m.constant(1)));
  const high = top(m, m.subtract(f, half));
  return { k, high, low: m.add(m.subtract(m.subtract(f, high), half), rest) };
}

/** The logarithms of zeros, infinity, negative numbers and NaN. */
function withCasesOfLog<V, U, M>(m: Machine32<V, U, M>, value: V, x: V): V {
  return withCases(
    m,
    value,
    [isNegative(m, x), nan(m)],
    [m.equalWord(sizeOf(m, x), m.word(0)), m.word(0xff800000)],
    [m.equalWord(m.bitsOf(x), m.word(infinityBits)), infinity(m)],
    nanCase(m, x),
  );
}
