/**
 * log, log1p, log2 and log10 in float32.
 *
 * x = 2^k m with m between sqrt(1/2) and sqrt 2; with f = m - 1, which is exact, is ln m = f - f^2/2 + f^3 P(f). All but
 * the first term is small, so that rounding it is felt little. There is no division, which a GPU does not round
 * correctly, but in log1p, of a correction.
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
import { fastTwoSum, twoSum } from '../math/doubleWord.ts';
import { horner } from '../math/polynomial.ts';
import {
  infinity,
  infinityBits,
  isNegative,
  nan,
  nanCase,
  oneBits,
  sizeOf,
  splitNumber,
  tinyCase,
  withCases,
} from './bits.ts';
import type { Machine32 } from './machine.ts';
import { sumOfThree, top, type TwoFloats } from './twoFloats.ts';

export function log<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  return withCasesOfLog(m, logOf(m, x), x);
}

export function log1p<V, U, M>(m: Machine32<V, U, M>, x: V): V {
  const [sum, rest] = twoSum(m, m.constant(1), x);
  const value = logOf(m, sum, m.divide(rest, sum));
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

/** ln x + shift ln 2 + correction, for x > 0 and a correction about the last place of 1 at most. */
export function logOf<V, U, M>(m: Machine32<V, U, M>, x: V, correction?: V, shift?: V): V {
  const { high, low } = logInTwoFloats(m, x, correction, shift);
  return m.add(high, low);
}

/** The same before it is rounded. */
export function logInTwoFloats<V, U, M>(
  m: Machine32<V, U, M>,
  x: V,
  correction?: V,
  shift?: V,
): TwoFloats<V> {
  const { exponent, significand } = splitNumber(m, x, Math.SQRT1_2);
  const k = shift === undefined ? exponent : m.add(exponent, shift);
  const { f, half, rest } = logPieces(m, significand);
  const [main, lost] = fastTwoSum(m, m.multiply(k, m.constant(ln2High)), f);
  const small = m.add(rest, m.add(lost, m.multiply(k, m.constant(ln2Low))));
  return { high: main, low: m.subtract(correction === undefined ? small : m.add(small, correction), half) };
}

/** ln m = f - half + rest: f is exact, half is f^2/2. */
function logPieces<V, U, M>(m: Machine32<V, U, M>, significand: V): { f: V; half: V; rest: V } {
  const f = m.subtract(significand, m.constant(1));
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
  const { f, half, rest } = logPieces(m, significand);
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
