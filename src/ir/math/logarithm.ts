/**
 * log, log1p, log2 and log10.
 *
 * x = 2^k m with m between sqrt(1/2) and sqrt 2; with f = m - 1 and s = f / (2 + f) is
 * ln m = 2 atanh s = f - f^2/2 + s (f^2/2 + R(s^2)), where f is exact and the rest small (fdlibm, e_log.c).
 */
import {
  ln2,
  ln2High,
  ln2Low,
  log10EHigh,
  log10ELow,
  log10Of2,
  log10Of2High,
  log10Of2Low,
  log10Single,
  log2EHigh,
  log2ELow,
  log2Single,
  logSingle,
  logTail,
} from './coefficients/logarithm.ts';
import type { Machine } from './machine.ts';
import { evenOdd, horner } from './polynomial.ts';

export function log<V, M>(m: Machine<V, M>, x: V): V {
  const { k, mantissa } = splitForLog(m, x);
  return logOfSplit(m, k, mantissa);
}

export function log1p<V, M>(m: Machine<V, M>, x: V): V {
  const { u, c } = onePlus(m, x);
  const { k, mantissa, more } = splitForLog(m, u, [m.divide(c, u)]);
  return m.copySign(logOfSplit(m, k, mantissa, more[0]), x);
}

export function log2<V, M>(m: Machine<V, M>, x: V): V {
  if (m.single) {
    const { k, mantissa } = splitForLog(m, x);
    return m.add(k, oddSeries(m, mantissa, log2Single));
  }
  const { k, mantissa, limit } = splitWithLimit(m, x);
  const { high, low } = logInTwoParts(m, mantissa);
  const first = m.multiply(high, m.constant(log2EHigh));
  const rest = m.add(
    m.multiply(m.add(low, high), m.constant(log2ELow)),
    m.multiply(low, m.constant(log2EHigh)),
  );
  return m.add(sumWithWhole(m, k, first, rest), limit);
}

export function log10<V, M>(m: Machine<V, M>, x: V): V {
  if (m.single) {
    const { k, mantissa } = splitForLog(m, x);
    return m.add(m.multiply(k, m.constant(log10Of2)), oddSeries(m, mantissa, log10Single));
  }
  const { k, mantissa, limit } = splitWithLimit(m, x);
  const { high, low } = logInTwoParts(m, mantissa);
  const first = m.multiply(high, m.constant(log10EHigh));
  const rest = m.add(
    m.add(m.multiply(k, m.constant(log10Of2Low)), m.multiply(m.add(low, high), m.constant(log10ELow))),
    m.multiply(low, m.constant(log10EHigh)),
  );
  return m.add(sumWithWhole(m, m.multiply(k, m.constant(log10Of2High)), first, rest), limit);
}

/** 1 + x = u + c, exactly for float64 results; float32 results need c for small x only. */
export function onePlus<V, M>(m: Machine<V, M>, x: V): { u: V; c: V } {
  const one = m.constant(1);
  const u = m.add(one, x);
  const whole = m.subtract(u, one);
  const below = m.subtract(x, whole);
  return { u, c: m.single ? below : m.add(m.subtract(one, m.subtract(u, whole)), below) };
}

/** x = 2^k mantissa with mantissa between sqrt(1/2) and sqrt 2, for positive normal x. */
export function split<V, M>(m: Machine<V, M>, x: V): { k: V; mantissa: V } {
  const significand = m.significand(x);
  const exponent = m.exponent(x);
  const large = m.less(m.constant(Math.SQRT2), significand);
  return {
    k: m.select(large, m.add(exponent, m.constant(1)), exponent),
    mantissa: m.select(large, m.multiply(significand, m.constant(0.5)), significand),
  };
}

/**
 * The same for every x. Where the logarithm is no number, `mantissa` is 1 and k is what it is instead: -Infinity,
 * Infinity or NaN. `more`, which the caller adds to the logarithm, is then 0 (it must be for subnormal x, too).
 */
export function splitForLog<V, M>(
  m: Machine<V, M>,
  x: V,
  more: readonly V[] = [],
): { k: V; mantissa: V; more: readonly V[] } {
  const usual = split(m, x);
  const [k, mantissa, ...rest] = m.rarely(isRare(m, x), [usual.k, usual.mantissa, ...more], () => {
    const rare = splitRare(m, x);
    return [
      m.select(rare.finite, rare.k, rare.limit),
      m.select(rare.finite, rare.mantissa, m.constant(1)),
      ...more.map(() => m.constant(0)),
    ];
  }) as [V, V, ...V[]];
  return { k, mantissa, more: rest };
}

/** The same, but k is always finite: what the logarithm is in place of a number stands in `limit`, else 0. */
function splitWithLimit<V, M>(m: Machine<V, M>, x: V): { k: V; mantissa: V; limit: V } {
  const usual = split(m, x);
  const zero = m.constant(0);
  const [k, mantissa, limit] = m.rarely(isRare(m, x), [usual.k, usual.mantissa, zero], () => {
    const rare = splitRare(m, x);
    return [rare.k, rare.mantissa, m.select(rare.finite, zero, rare.limit)];
  }) as [V, V, V];
  return { k, mantissa, limit };
}

/** Whether x is anything but positive, normal and finite. */
const isRare = <V, M>(m: Machine<V, M>, x: V): M =>
  m.not(m.and(m.lessEqual(m.constant(2 ** -1022), x), m.less(x, m.constant(Infinity))));

/** For any x: its parts if it is subnormal, and whether its logarithm is finite or else what it is. */
function splitRare<V, M>(m: Machine<V, M>, x: V): { k: V; mantissa: V; finite: M; limit: V } {
  const zero = m.constant(0);
  const { k, mantissa } = split(m, m.multiply(x, m.constant(2 ** 54)));
  const positive = m.less(zero, x);
  return {
    k: m.subtract(k, m.constant(54)),
    mantissa,
    finite: m.and(positive, m.less(x, m.constant(Infinity))),
    limit: m.select(m.equal(x, zero), m.constant(-Infinity), m.select(positive, x, m.constant(NaN))),
  };
}

/** k ln 2 + ln mantissa + correction, for a correction below the last place of the sum of the others. */
export function logOfSplit<V, M>(m: Machine<V, M>, k: V, mantissa: V, correction?: V): V {
  const plus = (x: V) => (correction === undefined ? x : m.add(x, correction));
  if (m.single) return m.add(m.multiply(k, m.constant(ln2)), plus(oddSeries(m, mantissa, logSingle)));
  const { f, half, rest } = logPieces(m, mantissa);
  const small = m.add(rest, plus(m.multiply(k, m.constant(ln2Low))));
  return m.subtract(m.multiply(k, m.constant(ln2High)), m.subtract(m.subtract(half, small), f));
}

/** ln mantissa = f - half + rest: f is exact, half is f^2/2. */
function logPieces<V, M>(m: Machine<V, M>, mantissa: V): { f: V; half: V; rest: V } {
  const f = m.subtract(mantissa, m.constant(1));
  const s = m.divide(f, m.add(m.constant(2), f));
  const z = m.multiply(s, s);
  const series = m.multiply(z, evenOdd(m, z, m.multiply(z, z), logTail));
  const half = m.multiply(m.multiply(f, m.constant(0.5)), f);
  return { f, half, rest: m.multiply(s, m.add(half, series)) };
}

/** ln mantissa = high + low, where high has so few bits that its product with 32 bits is exact (FreeBSD, e_log2.c). */
function logInTwoParts<V, M>(m: Machine<V, M>, mantissa: V): { high: V; low: V } {
  const { f, half, rest } = logPieces(m, mantissa);
  const high = m.highHalf(m.subtract(f, half));
  return { high, low: m.add(m.subtract(m.subtract(f, high), half), rest) };
}

/** whole + first + rest, where |whole| is 0 or above |first|. */
function sumWithWhole<V, M>(m: Machine<V, M>, whole: V, first: V, rest: V): V {
  const sum = m.add(whole, first);
  const lost = m.add(m.subtract(whole, sum), first);
  return m.add(sum, m.add(rest, lost));
}

/** s P(s^2) with s = (mantissa - 1) / (mantissa + 1). */
export function oddSeries<V, M>(m: Machine<V, M>, mantissa: V, coefficients: readonly number[]): V {
  const one = m.constant(1);
  const s = m.divide(m.subtract(mantissa, one), m.add(mantissa, one));
  const z = m.multiply(s, s);
  return m.multiply(s, horner(m, z, coefficients));
}
