/**
 * pow.
 *
 * |x|^y = e^(y ln |x|), with the logarithm to about 68 bits, or else a large y ln |x| would spoil the last bits (the way
 * of `pow` in ARM's optimized-routines): |x| = 2^k m, c = j / 256 the reciprocal of m to 8 bits, and
 * ln |x| = k ln 2 - ln c + ln(1 + r), r = m c - 1. The logarithms of c stand in a table; the table of reciprocals
 * is spared by a division. The products with y are exact because their factors are split.
 */
import { ln2High, ln2Low, log2E } from './coefficients/exponential.ts';
import { lnHigh, lnLow, log1pTail, log2PowSingle } from './coefficients/power.ts';
import { exp2InDouble, expm1Terms, inTwoSteps, sumOfThree } from './exponential.ts';
import { oddSeries, splitForLog } from './logarithm.ts';
import type { Machine, Table } from './machine.ts';
import { horner } from './polynomial.ts';

const logHigh: Table = { name: 'lnHigh', values: Float64Array.from(lnHigh) };
const logLow: Table = { name: 'lnLow', values: Float64Array.from(lnLow) };
/** The j of the first number of the tables. */
const firstReciprocal = 181;

export function pow<V, M>(m: Machine<V, M>, x: V, y: V): V {
  const result = m.single ? powInDouble(m, x, y) : powOfParts(m, x, y);
  // The square is rounded correctly.
  return m.select(m.equal(y, m.constant(2)), m.multiply(x, x), result);
}

function powOfParts<V, M>(m: Machine<V, M>, x: V, y: V): V {
  const one = m.constant(1);
  const log = preciseLog(m, m.abs(x));

  // exponent + rest = y ln |x|: the product of the high halves has 42 bits.
  const yHigh = m.highHalf(y);
  const yLow = m.subtract(y, yHigh);
  const logTop = m.highHalf(log.high);
  const logRest = m.add(m.subtract(log.high, logTop), log.low);
  const exponent = m.multiply(yHigh, logTop);
  const rest = m.add(m.multiply(yLow, logTop), m.multiply(y, logRest));

  // exponent + rest = n ln 2 + high + low
  const n = m.nearest(m.multiply(exponent, m.constant(log2E)));
  const high = m.subtract(exponent, m.multiply(n, m.constant(ln2High)));
  const low = m.subtract(rest, m.multiply(n, m.constant(ln2Low)));
  const reduced = m.add(high, low);
  const tail = expm1Terms(m, reduced, m.multiply(reduced, reduced), low);
  const fraction = sumOfThree(m, one, high, tail).sum;

  const tame = m.less(m.abs(exponent), m.constant(708));
  const rare = m.or(m.signBit(x), m.not(tame));
  const [result] = m.rarely(rare, [m.multiply(fraction, m.powerOfTwo(n))], () => {
    // Where the exponent is out of range, infinite or NaN, only the direction from 1 matters.
    const size = m.abs(x);
    const grows = m.or(
      m.and(m.less(one, size), m.less(m.constant(0), y)),
      m.and(m.less(size, one), m.less(y, m.constant(0))),
    );
    const far = m.select(grows, m.constant(Infinity), m.constant(0));
    const inRange = m.and(m.less(m.constant(-746), exponent), m.less(exponent, m.constant(710)));
    return [withExceptions(m, x, y, m.select(inRange, inTwoSteps(m, fraction, n), far))];
  }) as [V];
  return result;
}

/** For float32 purposes. The logarithm of 0 and of infinity is infinite and leads to the right limit by itself. */
function powInDouble<V, M>(m: Machine<V, M>, x: V, y: V): V {
  const { k, mantissa } = splitForLog(m, m.abs(x));
  const exponent = m.multiply(y, m.add(k, oddSeries(m, mantissa, log2PowSingle)));
  const size = exp2InDouble(m, exponent);
  const rare = m.or(m.signBit(x), m.not(m.equal(exponent, exponent)));
  const [result] = m.rarely(rare, [size], () => [withExceptions(m, x, y, size)]) as [V];
  return result;
}

/** x^y, given |x|^y where neither is NaN nor is it 1 for a special reason (C99, F.9.4.4). */
function withExceptions<V, M>(m: Machine<V, M>, x: V, y: V, size: V): V {
  const zero = m.constant(0);
  const one = m.constant(1);
  const infinity = m.constant(Infinity);
  const nan = m.constant(NaN);
  const base = m.abs(x);

  const unit = m.or(m.equal(y, zero), m.and(m.equal(base, one), m.equal(m.abs(y), infinity)));
  const numbers = m.and(m.equal(x, x), m.equal(y, y));
  const magnitude = m.select(numbers, m.select(unit, one, size), nan);

  const half = m.multiply(y, m.constant(0.5));
  const whole = m.equal(m.floor(y), y);
  const odd = m.and(whole, m.not(m.equal(m.floor(half), half)));
  const signless = m.or(whole, m.or(m.equal(base, zero), m.equal(base, infinity)));
  const ofNegative = m.select(odd, m.negate(magnitude), m.select(signless, magnitude, nan));
  const signed = m.select(m.signBit(x), ofNegative, magnitude);
  return m.select(m.or(m.equal(x, one), m.equal(y, zero)), one, signed);
}

/** ln x = high + low to about 68 bits; high is infinite or NaN where the logarithm is. */
function preciseLog<V, M>(m: Machine<V, M>, x: V): { high: V; low: V } {
  const { k, mantissa } = splitForLog(m, x);
  const one = m.constant(1);
  const half = m.constant(0.5);
  const nearest = m.nearest(m.divide(m.constant(256), mantissa));
  const index = m.subtract(nearest, m.constant(firstReciprocal));
  const reciprocal = m.multiply(nearest, m.constant(1 / 256));

  // r = mantissa * reciprocal - 1 exactly: a multiple of 2^-61 below 2^-8. Its upper half has an exact square.
  const top = m.highHalf(mantissa);
  const bottom = m.multiply(m.subtract(mantissa, top), reciprocal);
  const r = m.add(m.subtract(m.multiply(top, reciprocal), one), bottom);
  const rHigh = m.highHalf(r);

  // A multiple of 2^-42 below 2^10, exact.
  const whole = m.add(m.multiply(k, m.constant(ln2High)), m.lookup(logHigh, index));
  const first = m.add(whole, r);
  const firstLost = m.add(m.subtract(whole, first), r);
  // - r^2/2: of rHigh exactly, the rest with the small terms.
  const halfHigh = m.multiply(rHigh, half);
  const square = m.multiply(rHigh, halfHigh);
  const second = m.subtract(first, square);
  const secondLost = m.subtract(m.subtract(first, second), square);

  const r2 = m.multiply(r, r);
  const cube = m.multiply(m.multiply(r, r2), horner(m, r, log1pTail));
  const cross = m.multiply(m.subtract(r, rHigh), m.add(m.multiply(r, half), halfHigh));
  const tables = m.add(m.multiply(k, m.constant(ln2Low)), m.lookup(logLow, index));
  const small = m.add(m.add(tables, m.add(firstLost, secondLost)), m.subtract(cube, cross));
  const high = m.add(second, small);
  return { high, low: m.add(m.subtract(second, high), small) };
}
