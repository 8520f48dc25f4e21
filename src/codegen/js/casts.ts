/**
 * Conversions between dtypes as JS expressions, equal to `castScalar` of the numerics contract for every pair.
 *
 * In generated code a bool is a JS boolean, a 64-bit integer a bigint and everything else a number.
 */
import { isBigint, isFloat, kindOf, type ComputeDType, type DType, type FloatDType } from '../../ir/dtype.ts';
import { roundHalf, saturate } from '../../ir/scalar.ts';
import type { Closure } from '../text/source.ts';

/** Wraps the result of arithmetic into `dtype`: `normalize` of ir/scalar.ts. */
export function wrap(dtype: Exclude<ComputeDType, 'bool'>, raw: string): string {
  switch (dtype) {
    case 'float64':
      return raw;
    case 'float32':
      return `Math.fround(${raw})`;
    case 'int64':
      return `BigInt.asIntN(64, ${raw})`;
    case 'uint64':
      return `BigInt.asUintN(64, ${raw})`;
    case 'int8':
      return `((${raw}) << 24 >> 24)`;
    case 'int16':
      return `((${raw}) << 16 >> 16)`;
    case 'int32':
      return `((${raw}) | 0)`;
    case 'uint8':
      return `((${raw}) & 255)`;
    case 'uint16':
      return `((${raw}) & 65535)`;
    case 'uint32':
      return `((${raw}) >>> 0)`;
  }
}

/** `value` (an atom: a name, a literal or a parenthesized expression) of dtype `from`, as dtype `to`. */
export function cast(value: string, from: DType, to: DType, closure: Closure): string {
  if (from === to) return value;
  if (to === 'bool') return `(${value} !== ${isBigint(from) ? '0n' : '0'})`;
  if (from === 'bool') return isBigint(to) ? `(${value} ? 1n : 0n)` : `(${value} ? 1 : 0)`;
  if (to === 'float16')
    return `${closure.use('roundHalf', roundHalf)}(${isBigint(from) ? `Number(${value})` : value})`;
  if (from === 'float16' && isFloat(to)) return value;
  if (isFloat(to)) return wrap(to, isBigint(from) ? `Number(${value})` : value);
  if (isFloat(from)) return saturating(value, to, closure);
  if (isBigint(to)) {
    if (isBigint(from)) return wrap(to, value);
    return kindOf(from) === 'int' && to === 'uint64' ? wrap(to, `BigInt(${value})`) : `BigInt(${value})`;
  }
  if (isBigint(from)) {
    const low = `Number(BigInt.asIntN(32, ${value}))`;
    return to === 'int32' ? low : wrap(to, low);
  }
  return wrap(to, value);
}

/** A whole number of up to 53 bits, zero or more, as `to`: as an int64 of that value converts. */
export const castCount = (count: string, to: DType, closure: Closure): string =>
  to === 'uint32' ? wrap(to, count) : cast(count, 'uint32', to, closure);

/** Clamped first, the bit operator only drops the fraction, and turns NaN and -0 into 0. */
function saturating(value: string, to: Exclude<DType, 'bool' | FloatDType>, closure: Closure): string {
  switch (to) {
    case 'int64':
    case 'uint64':
      return `${closure.use('saturate', saturate)}(${value}, '${to}')`;
    case 'int8':
      return `(Math.min(Math.max(${value}, -128), 127) | 0)`;
    case 'int16':
      return `(Math.min(Math.max(${value}, -32768), 32767) | 0)`;
    case 'int32':
      return `(Math.min(Math.max(${value}, -2147483648), 2147483647) | 0)`;
    case 'uint8':
      return `(Math.min(Math.max(${value}, 0), 255) | 0)`;
    case 'uint16':
      return `(Math.min(Math.max(${value}, 0), 65535) | 0)`;
    case 'uint32':
      return `(Math.min(Math.max(${value}, 0), 4294967295) >>> 0)`;
  }
}
