/**
 * How far a result is from the exact one, in units in the last place: the error divided by the distance of
 * neighbouring numbers in the binade of the correctly rounded result (of the subnormal numbers, if it is one or zero).
 *
 * A result that is right by definition has to be met exactly: NaN, infinities and zeros with their signs; anything else
 * is an infinite error. At an overflow the rounded result is infinite and stands for 2^1024 (2^128); at an underflow to
 * zero the sign has to be right.
 */
import type { Float } from './bounds.ts';

/** A correctly rounded result, and what the exact one has beyond it, in units of its last place. */
export interface Exact {
  readonly nearest: number;
  readonly remainder: number;
}

interface Format {
  /** Exponent of the last place of a number with exponent 0. */
  readonly last: number;
  /** Exponents of the smallest normal and the largest number. */
  readonly least: number;
  readonly largest: number;
}

const formats: Readonly<Record<Float, Format>> = {
  float64: { last: -52, least: -1022, largest: 1023 },
  float32: { last: -23, least: -126, largest: 127 },
};

const value = new DataView(new ArrayBuffer(8));

/** floor(log2 |x|) of a finite number other than 0; some smaller number for 0 and subnormals. */
function exponentOf(x: number): number {
  value.setFloat64(0, x);
  return ((value.getUint32(0) >>> 20) & 0x7ff) - 1023;
}

/** The distance of neighbouring numbers at `x`; at infinities that of the largest numbers. */
export function unitOf(x: number, dtype: Float): number {
  const { last, least, largest } = formats[dtype];
  return 2 ** (Math.min(Math.max(exponentOf(x), least), largest) + last);
}

/** The error of `actual`, which is a number of the dtype, in units in the last place. */
export function ulpError(actual: number, { nearest, remainder }: Exact, dtype: Float): number {
  if (remainder === 0 && (nearest === 0 || !Number.isFinite(nearest)))
    return Object.is(actual, nearest) ? 0 : Infinity;
  if (Number.isNaN(actual) || Number.isNaN(nearest)) return Infinity;
  if (nearest === 0 && actual === 0) return Object.is(actual, nearest) ? Math.abs(remainder) : Infinity;
  if (actual === nearest && !Number.isFinite(nearest)) return 0;
  const unit = unitOf(nearest, dtype);
  if (Number.isFinite(nearest) && Number.isFinite(actual))
    return Math.abs(actual / unit - nearest / unit - remainder);
  return Math.abs(half(actual, dtype) - half(nearest, dtype)) / (unit / 2);
}

/** Half a number, where an infinity is the power of two that overflows. */
const half = (x: number, dtype: Float): number =>
  Number.isFinite(x) ? x / 2 : Math.sign(x) * 2 ** formats[dtype].largest;
