/**
 * Arithmetic on single elements, exactly as the numerics contract states it (docs/architecture.md, Numerics):
 * integers wrap, division by zero gives 0, modulo is floored, minimum and maximum propagate NaN, rounding is
 * half to even, float to integer saturates. The reference evaluator, constant folding and the JS target all use
 * these functions, so an edge case is decided once.
 */
import { allocate, dtypeTable, isBigint, isFloat, type DType, type Scalar } from './dtype.ts';

/** Brings the result of integer or float arithmetic back into its dtype: wraps integers, rounds floats. */
export function normalize(dtype: DType, value: Scalar): Scalar {
  switch (dtype) {
    case 'float64':
      return Number(value);
    case 'float32':
      return Math.fround(Number(value));
    case 'float16':
      return roundHalf(Number(value));
    case 'int64':
      return BigInt.asIntN(64, value as bigint);
    case 'uint64':
      return BigInt.asUintN(64, value as bigint);
    case 'bool':
      return Number(value) !== 0 ? 1 : 0;
    case 'int8':
      return (Number(value) << 24) >> 24;
    case 'int16':
      return (Number(value) << 16) >> 16;
    case 'int32':
      return Number(value) | 0;
    case 'uint8':
      return Number(value) & 255;
    case 'uint16':
      return Number(value) & 65535;
    case 'uint32':
      return Number(value) >>> 0;
  }
}

/** Float to integer: toward zero, saturating at the ends of the range, NaN to 0. */
export function saturate(value: number, dtype: DType): Scalar {
  const { min, max } = dtypeTable[dtype];
  if (Number.isNaN(value)) return isBigint(dtype) ? 0n : 0;
  if (value <= Number(min)) return min;
  if (value >= Number(max)) return max;
  const whole = Math.trunc(value);
  return isBigint(dtype) ? BigInt(whole) : whole + 0;
}

/** Converts one element from dtype `from` to dtype `to`. Integers to narrower integers wrap, floats saturate. */
export function castScalar(value: Scalar, from: DType, to: DType): Scalar {
  if (from === to) return value;
  if (to === 'bool') return Number(value) !== 0 ? 1 : 0;
  if (isFloat(to)) return normalize(to, Number(value));
  if (isFloat(from)) return saturate(Number(value), to);
  if (isBigint(to)) return normalize(to, BigInt(value));
  if (isBigint(from)) return normalize(to, Number(BigInt.asIntN(32, value as bigint)));
  return normalize(to, value);
}

let half: Float16Array | undefined;

/** The nearest float16. V8 compiles the store and the load to instructions, but calls `Math.f16round`, at ten times the cost. */
export function roundHalf(value: number): number {
  half ??= allocate('float16', 1);
  half[0] = value;
  return half[0];
}

/** The 16 bits of a float16. */
export function halfBits(value: Scalar): number {
  const element = allocate('float16', 1).fill(Number(value));
  return new Uint16Array(element.buffer)[0] ?? 0;
}

/** Integer power modulo 2^32 by squaring; a negative exponent gives the truncated reciprocal. */
export function powInt(x: number, y: number): number {
  if (y < 0) return x === 1 ? 1 : x === -1 ? (y % 2 === 0 ? 1 : -1) : 0;
  let result = 1;
  for (let base = x, exponent = y; exponent > 0; exponent = Math.floor(exponent / 2)) {
    if (exponent % 2 === 1) result = Math.imul(result, base);
    base = Math.imul(base, base);
  }
  return result;
}

/** Integer power modulo 2^64. */
export function powBigint(x: bigint, y: bigint): bigint {
  if (y < 0n) return x === 1n ? 1n : x === -1n ? (y % 2n === 0n ? 1n : -1n) : 0n;
  let result = 1n;
  for (let base = x, exponent = y; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = BigInt.asIntN(64, result * base);
    base = BigInt.asIntN(64, base * base);
  }
  return result;
}

/** Floored modulo: the result has the divisor's sign; x % 0 is NaN; an exact zero takes the divisor's sign. */
export function remainderFloat(x: number, y: number): number {
  const rest = x % y;
  if (rest === 0) return y < 0 ? -0 : 0;
  return rest < 0 !== y < 0 ? rest + y : rest;
}

/**
 * floor(x / y) without the rounding of the division: the quotient of x - remainder(x, y), rounded to the nearest
 * integer, as CPython and NumPy compute it (floorDivide(1, 0.1) is 9, not 10).
 */
export function floorDivideFloat(x: number, y: number): number {
  if (y === 0) return x / y;
  let rest = x % y;
  let quotient = (x - rest) / y;
  if (rest !== 0 && rest < 0 !== y < 0) {
    rest += y;
    quotient -= 1;
  }
  if (quotient === 0) return x / y < 0 || Object.is(x / y, -0) ? -0 : 0;
  const floor = Math.floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

export function floorDivideInt(x: number, y: number): number {
  return y === 0 ? 0 : Math.floor(x / y);
}

export function remainderInt(x: number, y: number): number {
  if (y === 0) return 0;
  const rest = x % y;
  return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
}

export function floorDivideBigint(x: bigint, y: bigint): bigint {
  if (y === 0n) return 0n;
  const quotient = x / y;
  return x % y !== 0n && x < 0n !== y < 0n ? quotient - 1n : quotient;
}

export function remainderBigint(x: bigint, y: bigint): bigint {
  if (y === 0n) return 0n;
  const rest = x % y;
  return rest !== 0n && rest < 0n !== y < 0n ? rest + y : rest;
}

/** Round half to even. Adding and subtracting 2^52 rounds at the units place; larger values are whole already. */
export function roundHalfEven(x: number): number {
  if (!(Math.abs(x) < 4503599627370496)) return x;
  const rounded = x < 0 ? x - 4503599627370496 + 4503599627370496 : x + 4503599627370496 - 4503599627370496;
  return rounded === 0 ? (x < 0 || Object.is(x, -0) ? -0 : 0) : rounded;
}

/** The sign as -1, 0 or 1; both zeros give +0, NaN stays NaN. */
export function signFloat(x: number): number {
  return x > 0 ? 1 : x < 0 ? -1 : x === 0 ? 0 : NaN;
}

/** Left shift modulo 2^32; a count outside [0, 31] shifts everything out. */
export function shiftLeftInt(x: number, count: number): number {
  return count >= 0 && count < 32 ? x << count : 0;
}

/** Arithmetic right shift; a count outside [0, 31] leaves only the sign. Unsigned values are below 2^32. */
export function shiftRightInt(x: number, count: number): number {
  if (x > 2147483647) return count >= 0 && count < 32 ? x >>> count : 0;
  return count >= 0 && count < 32 ? x >> count : x < 0 ? -1 : 0;
}

export function shiftLeftBigint(x: bigint, count: bigint): bigint {
  return count >= 0n && count < 64n ? x << count : 0n;
}

export function shiftRightBigint(x: bigint, count: bigint): bigint {
  return count >= 0n && count < 64n ? x >> count : x < 0n ? -1n : 0n;
}

/** min(max(x, low), high): NaN in any operand gives NaN, and `high` wins where low > high. */
export function clipFloat(x: number, low: number, high: number): number {
  return Math.min(Math.max(x, low), high);
}

export function clipBigint(x: bigint, low: bigint, high: bigint): bigint {
  const raised = x < low ? low : x;
  return raised > high ? high : raised;
}
