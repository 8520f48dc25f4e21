/**
 * The values at which arithmetic goes wrong, per dtype, simplest first (that is the order in which a failing example
 * shrinks): zeros of both signs, ones and their neighbours, the ends of the range, subnormals, infinities, NaN; and
 * where math functions turn, overflow and underflow.
 */
import {
  dtypeNames,
  dtypeTable,
  isBigint,
  isFloat,
  type ComputeDType,
  type DType,
  type FloatDType,
  type Scalar,
  type TypedArray,
  allocate,
} from '../../src/ir/dtype.ts';
import { castScalar } from '../../src/ir/scalar.ts';

/** The dtypes that operations compute in. */
export const computeDTypes = dtypeNames.filter((dtype): dtype is ComputeDType => dtype !== 'float16');

const floats = (epsilon: number, minSubnormal: number, minNormal: number, max: number): readonly number[] => [
  1,
  0,
  2,
  -1,
  0.5,
  -0,
  3,
  -2.5,
  NaN,
  Infinity,
  -Infinity,
  1 + epsilon,
  1 - epsilon / 2,
  -1 - epsilon,
  minSubnormal,
  -minSubnormal,
  minNormal,
  -minNormal,
  minNormal - minSubnormal,
  max,
  -max,
  max / 2,
  1 / epsilon,
  1 / epsilon + 1,
  0.1,
  1.5,
  -0.5,
  1e10,
  Math.PI / 2,
  7,
  27,
  89,
  -104,
  710,
  -745.5,
];

const float64 = floats(Number.EPSILON, Number.MIN_VALUE, 2 ** -1022, Number.MAX_VALUE);
const float32 = floats(2 ** -23, 2 ** -149, 2 ** -126, (2 - 2 ** -23) * 2 ** 127).map(Math.fround);

const float16 = [
  ...floats(2 ** -10, 2 ** -24, 2 ** -14, 65504),
  // Half a unit of 1, and half a unit of the largest number.
  2 ** -11,
  16,
].map(Math.f16round);

const floatsOf: Readonly<Record<FloatDType, readonly number[]>> = { float16, float32, float64 };

function integers(dtype: DType): readonly Scalar[] {
  const { min, max } = dtypeTable[dtype];
  const wide = [
    1n,
    0n,
    2n,
    -1n,
    3n,
    7n,
    -2n,
    -7n,
    BigInt(max),
    BigInt(min),
    BigInt(max) - 1n,
    BigInt(min) + 1n,
    BigInt(max) / 2n,
    31n,
    32n,
    33n,
    64n,
    100n,
  ];
  const held = [...new Set(wide)].filter((value) => value >= min && value <= max);
  return isBigint(dtype) ? held : held.map(Number);
}

/** Special values of `dtype`, simplest first. */
export function specialsOf(dtype: DType): readonly Scalar[] {
  if (dtype === 'bool') return [1, 0];
  if (isFloat(dtype)) return floatsOf[dtype];
  return integers(dtype);
}

/** Unremarkable values, all different for a while, so that an index gone wrong shows. */
export function ordinary(position: number, dtype: DType): Scalar {
  if (dtype === 'bool') return (position * 5) % 3 === 0 ? 1 : 0;
  if (isFloat(dtype)) return castScalar(position * 0.37 - 2, 'float64', dtype);
  return castScalar(position + 1, 'int32', dtype);
}

export function arrayOf(dtype: DType, values: readonly Scalar[]): TypedArray {
  const result = allocate(dtype, values.length);
  values.forEach((value, k) => (result[k] = value));
  return result;
}
