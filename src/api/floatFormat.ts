/**
 * Floats as NumPy prints them: the shortest digits that read back as the same value, at most `precision` after the point,
 * and in one width for all elements of an array; scientific where sizes differ too much.
 *
 * JS gives the shortest digits of a float64 (`toExponential()`); those of float16 and float32 are found by trying. Cutting off
 * rounds the exact value, ties to even, where JS rounds ties up: `tieToEven` mends that.
 */
import type { FloatDType } from '../ir/dtype.ts';
import { normalize } from '../ir/scalar.ts';

/** Sign, digits without trailing zeros, and the power of ten of the first digit. */
interface Decimal {
  readonly negative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

function decimalOf(text: string, negative: boolean): Decimal {
  const [mantissa = '0', exponent = '0'] = text.split('e');
  const digits = mantissa.replace('-', '').replace('.', '').replace(/0+$/, '');
  return { negative, digits: digits === '' ? '0' : digits, exponent: Number(exponent) };
}

const isNegative = (value: number): boolean => value < 0 || Object.is(value, -0);

/** The fewest digits that no other value of the dtype is nearer to. */
function shortest(value: number, dtype: FloatDType): Decimal {
  const exact = decimalOf(value.toExponential(), isNegative(value));
  if (dtype === 'float64') return exact;
  for (let digits = 0; digits < exact.digits.length; digits++) {
    const text = exponential(value, digits);
    if (normalize(dtype, Number(text)) === Math.abs(value)) return decimalOf(text, exact.negative);
  }
  return exact;
}

/** `digits` digits after the first one, rounding half to even; without the sign. */
function exponential(value: number, digits: number): string {
  const magnitude = Math.abs(value);
  const first = decimalOf(magnitude.toExponential(), false).exponent;
  return tieToEven(magnitude.toExponential(digits), magnitude, first - digits);
}

/** The digits of `value` down to the place 10^place. */
function roundedTo(value: number, place: number): Decimal {
  const first = decimalOf(value.toExponential(), false).exponent;
  if (first >= place) return decimalOf(exponential(value, first - place), isNegative(value));
  // All digits are below the place: they round to nothing, or to one there.
  const isHalf = first === place - 1 && Math.abs(value) > Number(`5e${first}`);
  return { negative: isNegative(value), digits: isHalf ? '1' : '0', exponent: isHalf ? place : 0 };
}

/** `text` ends at the place 10^place. If the value lies exactly half way and the last digit is odd, one less. */
function tieToEven(text: string, magnitude: number, place: number): string {
  const [mantissa = '', exponent = ''] = text.split('e');
  const last = Number(mantissa.at(-1));
  const halfWay =
    place <= 0
      ? Math.abs((magnitude * 2 ** (1 - place)) % 2) === 1
      : Number.isInteger(magnitude) &&
        (BigInt(magnitude) * 2n) % 10n ** BigInt(place) === 0n &&
        ((BigInt(magnitude) * 2n) / 10n ** BigInt(place)) % 2n === 1n;
  return halfWay && last % 2 === 1 ? `${mantissa.slice(0, -1)}${last - 1}e${exponent}` : text;
}

/** Integer part (with sign) and fraction, in positional notation. */
function positionalParts(value: number, dtype: FloatDType, precision: number): readonly [string, string] {
  const short = shortest(value, dtype);
  const decimals = short.digits.length - 1 - short.exponent;
  // The integer part is exact even where fewer digits would do.
  const { digits, exponent, negative } =
    decimals > precision ? roundedTo(value, -precision) : decimals < 0 ? roundedTo(value, 0) : short;
  const whole = exponent < 0 ? '0' : digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = exponent < 0 ? '0'.repeat(-exponent - 1) + digits : digits.slice(exponent + 1);
  return [(negative ? '-' : '') + whole, fraction.replace(/0+$/, '')];
}

/** First digit (with sign), fraction, and exponent, in scientific notation with so many digits after the point. */
function scientificParts(value: number, fraction: number): readonly [string, string, number] {
  const { digits, exponent, negative } = decimalOf(exponential(value, fraction), isNegative(value));
  return [(negative ? '-' : '') + digits.slice(0, 1), digits.slice(1).padEnd(fraction, '0'), exponent];
}

/** How many digits scientific notation takes: the shortest, cut off after the precision. */
function scientificDigits(value: number, dtype: FloatDType, precision: number): number {
  const { digits } = shortest(value, dtype);
  return digits.length <= precision + 1
    ? digits.length
    : decimalOf(exponential(value, precision), false).digits.length;
}

const exponentText = (exponent: number, width: number): string =>
  `e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(width, '0')}`;

const special = (value: number): string => (Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf');

/** Whether NumPy would print these values in scientific notation. */
function needsExponent(finite: readonly number[], dtype: FloatDType): boolean {
  let [min, max] = [Infinity, 0];
  for (const value of finite) {
    if (value === 0) continue;
    min = Math.min(min, Math.abs(value));
    max = Math.max(max, Math.abs(value));
  }
  if (max === 0) return false;
  const ratio = Number(normalize(dtype, max / min));
  return max >= 1e8 || min < 1e-4 || ratio > 1000;
}

const widest = (texts: readonly string[]): number =>
  texts.reduce((width, text) => Math.max(width, text.length), 0);

export interface FloatOptions {
  /** The most digits after the point. */
  readonly precision: number;
  /** Whether numbers are never printed in scientific notation. */
  readonly suppressSmall: boolean;
  /** Whether numbers without a minus have a plus, as imaginary parts do. */
  readonly signed?: boolean | undefined;
}

/** How to print each of these values (and no others) in their common width. */
export function floatFormat(
  values: readonly number[],
  dtype: FloatDType,
  { precision, suppressSmall, signed = false }: FloatOptions,
): (value: number) => string {
  const withPlus = (text: string): string => (signed && !text.startsWith('-') ? `+${text}` : text);
  const wild = (value: number): string => withPlus(special(value));
  const finite = values.filter(Number.isFinite);
  const others = values.filter((value) => !Number.isFinite(value)).map(wild);
  if (finite.length === 0) {
    const width = widest(others);
    return (value) => wild(value).padStart(width);
  }
  if (!suppressSmall && needsExponent(finite, dtype)) {
    const fraction = finite.reduce(
      (most, value) => Math.max(most, scientificDigits(value, dtype, precision) - 1),
      0,
    );
    const parts = finite.map((value) => scientificParts(value, fraction));
    const digits = widest(parts.map((part) => exponentText(part[2], 2))) - 2;
    const right = fraction + digits + 2;
    const left = Math.max(widest(parts.map((part) => withPlus(part[0]))), widest(others) - right - 1);
    return (value) => {
      if (!Number.isFinite(value)) return wild(value).padStart(left + right + 1);
      const [whole, rest, exponent] = scientificParts(value, fraction);
      return `${withPlus(whole).padStart(left)}.${rest}${exponentText(exponent, digits)}`;
    };
  }
  const parts = finite.map((value) => positionalParts(value, dtype, precision));
  const right = widest(parts.map((part) => part[1]));
  const left = Math.max(widest(parts.map((part) => withPlus(part[0]))), widest(others) - right - 1);
  return (value) => {
    if (!Number.isFinite(value)) return wild(value).padStart(left + right + 1);
    const [whole, fraction] = positionalParts(value, dtype, precision);
    return `${withPlus(whole).padStart(left)}.${fraction.padEnd(right)}`;
  };
}

/** One float on its own, as Python prints it: every digit it takes, scientific from 1e16 and below 1e-4. */
export function printFloat(value: number, dtype: FloatDType): string {
  if (!Number.isFinite(value)) return special(value);
  const { digits, exponent, negative } = shortest(value, dtype);
  const sign = negative ? '-' : '';
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude >= 1e16 || magnitude < 1e-4))
    return `${sign}${digits.slice(0, 1)}${digits.length > 1 ? `.${digits.slice(1)}` : ''}${exponentText(exponent, 2)}`;
  const whole = exponent < 0 ? '0' : digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = exponent < 0 ? '0'.repeat(-exponent - 1) + digits : digits.slice(exponent + 1);
  return `${sign}${whole}.${fraction === '' ? '0' : fraction}`;
}
