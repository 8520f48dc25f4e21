/**
 * Arithmetic on single elements, exactly as the numerics contract states it (docs/architecture.md, Numerics):
 * integers wrap, division by zero gives 0, modulo is floored, minimum and maximum propagate NaN, rounding is
 * half to even, float to integer saturates. The reference evaluator, constant folding and the JS target all use
 * these functions, so an edge case is decided once.
 */
import { allocate, dtypeTable, isBigint, isFloat, type DType, type Scalar } from './dtype.ts';

/** Bring the result of integer or float arithmetic back into its dtype: they wrap integers, round floats. */
export const normalizers: Readonly<Record<DType, (value: Scalar) => Scalar>> = {
  float64: Number,
  float32: (value) => Math.fround(Number(value)),
  float16: (value) => roundHalf(Number(value)),
  int64: (value) => BigInt.asIntN(64, value as bigint),
  uint64: (value) => BigInt.asUintN(64, value as bigint),
  bool: (value) => (Number(value) !== 0 ? 1 : 0),
  int8: (value) => (Number(value) << 24) >> 24,
  int16: (value) => (Number(value) << 16) >> 16,
  int32: (value) => Number(value) | 0,
  uint8: (value) => Number(value) & 255,
  uint16: (value) => Number(value) & 65535,
  uint32: (value) => Number(value) >>> 0,
};

export const normalize = (dtype: DType, value: Scalar): Scalar => normalizers[dtype](value);

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

export function floorDivideInt(x: number, y: number): number {
  return y === 0 ? 0 : Math.floor(x / y);
}

export function floorDivideBigint(x: bigint, y: bigint): bigint {
  if (y === 0n) return 0n;
  const quotient = x / y;
  return quotient * y !== x && x < 0n !== y < 0n ? quotient - 1n : quotient;
}

/** Round half to even. Adding and subtracting 2^52 rounds at the units place; larger values are whole already. */
export function roundHalfEven(x: number): number {
  if (!(Math.abs(x) < 4503599627370496)) return x;
  const rounded = x < 0 ? x - 4503599627370496 + 4503599627370496 : x + 4503599627370496 - 4503599627370496;
  return rounded === 0 ? (x < 0 || Object.is(x, -0) ? -0 : 0) : rounded;
}
