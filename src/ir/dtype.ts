/**
 * Element types: their storage, their promotion and what a scalar of each looks like in JS.
 *
 * Names and promotion follow the Python array API standard (2024.12). Mixed kinds, which the standard leaves open, follow
 * NumPy: the smallest float that holds all values of both (int16 with float32 is float32, int32 with float32 is float64).
 * A JS number or bigint combined with an array is *weak*: it takes the array's dtype.
 *
 * float16 is a storage dtype: operations compute in float32, and each result rounds to float16 (`ComputeDType`).
 */
// The types of Float16Array, also for projects that use the declarations of this file with an older `lib`.
/// <reference lib="esnext.float16" preserve="true" />
import { describe } from './arguments.ts';
import { DTypeError, MemoryError } from './errors.ts';

/** What one element is in JS: bigint for the 64-bit integers, number for all others (bool is 0 or 1). */
export type Scalar = number | bigint;

/** Engines before Node 24, Chrome 135, Firefox 129 and Safari 18.2 have no float16. */
const { Float16Array: nativeFloat16Array } = globalThis as {
  readonly Float16Array?: Float16ArrayConstructor;
};
const missingFloat16 =
  'this engine has no Float16Array, which float16 needs (Node 24, Chrome 135, Firefox 129, Safari 18.2); use float32';

/** A stand-in for the engine's class. It is never called: `checkDType` refuses the dtype first. */
function absentFloat16Array(): never {
  throw new DTypeError('float16', missingFloat16);
}

/** One row per dtype; everything else about dtypes derives from here. */
export const dtypeTable = {
  bool: { kind: 'bool', bytes: 1, array: Uint8Array, min: 0, max: 1 },
  int8: { kind: 'int', bytes: 1, array: Int8Array, min: -128, max: 127 },
  int16: { kind: 'int', bytes: 2, array: Int16Array, min: -32768, max: 32767 },
  int32: { kind: 'int', bytes: 4, array: Int32Array, min: -2147483648, max: 2147483647 },
  int64: { kind: 'int', bytes: 8, array: BigInt64Array, min: -(2n ** 63n), max: 2n ** 63n - 1n },
  uint8: { kind: 'uint', bytes: 1, array: Uint8Array, min: 0, max: 255 },
  uint16: { kind: 'uint', bytes: 2, array: Uint16Array, min: 0, max: 65535 },
  uint32: { kind: 'uint', bytes: 4, array: Uint32Array, min: 0, max: 4294967295 },
  uint64: { kind: 'uint', bytes: 8, array: BigUint64Array, min: 0n, max: 2n ** 64n - 1n },
  float16: {
    kind: 'float',
    bytes: 2,
    array: nativeFloat16Array ?? (absentFloat16Array as unknown as Float16ArrayConstructor),
    min: -Infinity,
    max: Infinity,
  },
  float32: { kind: 'float', bytes: 4, array: Float32Array, min: -Infinity, max: Infinity },
  float64: { kind: 'float', bytes: 8, array: Float64Array, min: -Infinity, max: Infinity },
} as const;

export type DType = keyof typeof dtypeTable;
export type DTypeKind = (typeof dtypeTable)[DType]['kind'];

/**
 * Dtypes that arrays have and nodes do not: an element is a pair of floats, which are stored side by side and computed as
 * two nodes (`api/complex/pair.ts`).
 */
export const complexTable = {
  complex64: { part: 'float32', bytes: 8 },
  complex128: { part: 'float64', bytes: 16 },
} as const;

export type ComplexDType = keyof typeof complexTable;
/** The dtype of an array. */
export type ArrayDType = DType | ComplexDType;
/** The dtype of the real and the imaginary part; of other dtypes, the dtype itself. */
export type PartOf<D extends ArrayDType> = D extends ComplexDType ? (typeof complexTable)[D]['part'] : D;
/** The complex dtype whose parts hold the values of `D`. */
export type ComplexOf<D extends DType> = D extends 'float64' | 'int32' | 'int64' | 'uint32' | 'uint64'
  ? 'complex128'
  : 'complex64';

/** A complex number in JS. */
export interface ComplexNumber {
  readonly re: number;
  readonly im: number;
}

/** The typed array that holds elements of dtype `D`; of a complex dtype, real and imaginary parts by turns. */
export type TypedArrayOf<D extends ArrayDType> = TypedArrays[D];

/** Written out, so that arrays over shared memory are included. */
interface TypedArrays {
  bool: Uint8Array;
  int8: Int8Array;
  int16: Int16Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  uint16: Uint16Array;
  uint32: Uint32Array;
  uint64: BigUint64Array;
  float16: Float16Array;
  float32: Float32Array;
  float64: Float64Array;
  complex64: Float32Array;
  complex128: Float64Array;
}
export type TypedArray = TypedArrayOf<DType>;

/** The JS type of an element of dtype `D` that a user reads. */
export type ElementOf<D extends ArrayDType> = D extends 'bool'
  ? boolean
  : D extends 'int64' | 'uint64'
    ? bigint
    : D extends ComplexDType
      ? ComplexNumber
      : number;

export const dtypeNames = Object.keys(dtypeTable) as readonly DType[];
export const complexNames = Object.keys(complexTable) as readonly ComplexDType[];

/** The float that integers promote to when an operation leaves the integers (`sqrt`, `divide`, `mean`). */
export const defaultFloat = 'float64' satisfies DType;
/** The integer that sums of small integers and bools are kept in. */
export const defaultInt = 'int64' satisfies DType;
/**
 * The dtype of positions among `count` elements: argmin, argmax. int32 is enough for arrays in memory; sequences that
 * are never stored may be longer.
 */
export const indexDType = (count: number): 'int32' | 'int64' => (count > 2 ** 31 ? 'int64' : 'int32');

/** Promotion of two arrays: `promotion[a][b]`. The literal types make it a table for the type checker as well. */
export const promotion = {
  bool: {
    bool: 'bool',
    int8: 'int8',
    int16: 'int16',
    int32: 'int32',
    int64: 'int64',
    uint8: 'uint8',
    uint16: 'uint16',
    uint32: 'uint32',
    uint64: 'uint64',
    float16: 'float16',
    float32: 'float32',
    float64: 'float64',
  },
  int8: {
    bool: 'int8',
    int8: 'int8',
    int16: 'int16',
    int32: 'int32',
    int64: 'int64',
    uint8: 'int16',
    uint16: 'int32',
    uint32: 'int64',
    uint64: 'float64',
    float16: 'float16',
    float32: 'float32',
    float64: 'float64',
  },
  int16: {
    bool: 'int16',
    int8: 'int16',
    int16: 'int16',
    int32: 'int32',
    int64: 'int64',
    uint8: 'int16',
    uint16: 'int32',
    uint32: 'int64',
    uint64: 'float64',
    float16: 'float32',
    float32: 'float32',
    float64: 'float64',
  },
  int32: {
    bool: 'int32',
    int8: 'int32',
    int16: 'int32',
    int32: 'int32',
    int64: 'int64',
    uint8: 'int32',
    uint16: 'int32',
    uint32: 'int64',
    uint64: 'float64',
    float16: 'float64',
    float32: 'float64',
    float64: 'float64',
  },
  int64: {
    bool: 'int64',
    int8: 'int64',
    int16: 'int64',
    int32: 'int64',
    int64: 'int64',
    uint8: 'int64',
    uint16: 'int64',
    uint32: 'int64',
    uint64: 'float64',
    float16: 'float64',
    float32: 'float64',
    float64: 'float64',
  },
  uint8: {
    bool: 'uint8',
    int8: 'int16',
    int16: 'int16',
    int32: 'int32',
    int64: 'int64',
    uint8: 'uint8',
    uint16: 'uint16',
    uint32: 'uint32',
    uint64: 'uint64',
    float16: 'float16',
    float32: 'float32',
    float64: 'float64',
  },
  uint16: {
    bool: 'uint16',
    int8: 'int32',
    int16: 'int32',
    int32: 'int32',
    int64: 'int64',
    uint8: 'uint16',
    uint16: 'uint16',
    uint32: 'uint32',
    uint64: 'uint64',
    float16: 'float32',
    float32: 'float32',
    float64: 'float64',
  },
  uint32: {
    bool: 'uint32',
    int8: 'int64',
    int16: 'int64',
    int32: 'int64',
    int64: 'int64',
    uint8: 'uint32',
    uint16: 'uint32',
    uint32: 'uint32',
    uint64: 'uint64',
    float16: 'float64',
    float32: 'float64',
    float64: 'float64',
  },
  uint64: {
    bool: 'uint64',
    int8: 'float64',
    int16: 'float64',
    int32: 'float64',
    int64: 'float64',
    uint8: 'uint64',
    uint16: 'uint64',
    uint32: 'uint64',
    uint64: 'uint64',
    float16: 'float64',
    float32: 'float64',
    float64: 'float64',
  },
  float16: {
    bool: 'float16',
    int8: 'float16',
    int16: 'float32',
    int32: 'float64',
    int64: 'float64',
    uint8: 'float16',
    uint16: 'float32',
    uint32: 'float64',
    uint64: 'float64',
    float16: 'float16',
    float32: 'float32',
    float64: 'float64',
  },
  float32: {
    bool: 'float32',
    int8: 'float32',
    int16: 'float32',
    int32: 'float64',
    int64: 'float64',
    uint8: 'float32',
    uint16: 'float32',
    uint32: 'float64',
    uint64: 'float64',
    float16: 'float32',
    float32: 'float32',
    float64: 'float64',
  },
  float64: {
    bool: 'float64',
    int8: 'float64',
    int16: 'float64',
    int32: 'float64',
    int64: 'float64',
    uint8: 'float64',
    uint16: 'float64',
    uint32: 'float64',
    uint64: 'float64',
    float16: 'float64',
    float32: 'float64',
    float64: 'float64',
  },
} as const satisfies Record<DType, Record<DType, DType>>;

/** `promotion` with the complex dtypes, as a table: the type checker looks it up far faster than it computes it. */
type Promotions = {
  readonly [A in ArrayDType]: {
    readonly [B in ArrayDType]: A extends DType
      ? B extends DType
        ? (typeof promotion)[A][B]
        : ComplexOf<(typeof promotion)[A][PartOf<B>]>
      : ComplexOf<(typeof promotion)[PartOf<A>][PartOf<B>]>;
  };
};

/** The dtype that arrays of `A` and `B` promote to. */
export type Promote<A extends ArrayDType, B extends ArrayDType> = Promotions[A][B];
export type FloatDType = 'float16' | 'float32' | 'float64';
/** The dtype of a function that leaves the integers. */
export type ToFloat<D extends ArrayDType> = D extends FloatDType | ComplexDType ? D : 'float64';
/** The dtype sums and products of `D` are returned in. */
export type ToSum<D extends ArrayDType> = D extends FloatDType | ComplexDType
  ? D
  : D extends 'uint8' | 'uint16' | 'uint32' | 'uint64'
    ? 'uint64'
    : 'int64';

export function isDType(value: unknown): value is DType {
  return typeof value === 'string' && Object.hasOwn(dtypeTable, value);
}

/** Throws a `DTypeError` unless `value` names a dtype that the engine has. */
export function checkDType(operation: string, value: unknown): DType {
  if (value === 'float16' && nativeFloat16Array === undefined)
    throw new DTypeError(operation, missingFloat16);
  if (isDType(value)) return value;
  throw new DTypeError(
    operation,
    isComplexDType(value)
      ? `has no ${value} form; make the parts as real arrays and join them with lz.complex(re, im)`
      : `unknown dtype ${describe(value)}; the dtypes are ${[...dtypeNames, ...complexNames].join(', ')}`,
  );
}

export function isComplexDType(value: unknown): value is ComplexDType {
  return typeof value === 'string' && Object.hasOwn(complexTable, value);
}

/** `checkDType` for functions that also make complex arrays. */
export const checkArrayDType = (operation: string, value: unknown): ArrayDType =>
  isComplexDType(value) ? value : checkDType(operation, value);

export const partOf = (dtype: ArrayDType): DType =>
  isComplexDType(dtype) ? complexTable[dtype].part : dtype;

/** The complex dtype whose parts hold the values of a real one as promotion to a float does. */
export const complexOf = (dtype: DType): ComplexDType =>
  promotion[dtype].float32 === 'float32' ? 'complex64' : 'complex128';

/** The complex dtype with these parts. */
export const complexWithParts = (part: DType): ComplexDType | undefined =>
  complexNames.find((name) => complexTable[name].part === part);

/** The dtype that arrays of two dtypes promote to. */
export function promote(a: ArrayDType, b: ArrayDType): ArrayDType {
  const part = promotion[partOf(a)][partOf(b)];
  return isComplexDType(a) || isComplexDType(b) ? complexOf(part) : part;
}

export const kindOf = (dtype: DType): DTypeKind => dtypeTable[dtype].kind;
export const bytesOf = (dtype: DType): number => dtypeTable[dtype].bytes;
export const isFloat = (dtype: DType): dtype is FloatDType =>
  dtype === 'float64' || dtype === 'float32' || dtype === 'float16';
export const isBigint = (dtype: DType): dtype is 'int64' | 'uint64' =>
  dtype === 'int64' || dtype === 'uint64';
export const isInteger = (dtype: DType): boolean => dtype !== 'bool' && !isFloat(dtype);

/** The dtypes that operations compute in and return. */
export type ComputeDType = Exclude<DType, 'float16'>;

/**
 * The dtype that elements of `dtype` are computed in. A sum, product, quotient or root of float16 that is computed in
 * float32 and rounded to float16 is correctly rounded: 24 >= 2 * 11 + 2 (S. Figueroa, When is double rounding innocuous?,
 * 1995).
 */
export const computeDType = (dtype: DType): ComputeDType => (dtype === 'float16' ? 'float32' : dtype);

/**
 * A zeroed typed array for `length` elements of `dtype`. All memory of values is allocated here. If the engine refuses,
 * a `MemoryError` names the purpose of the memory.
 */
export function allocate<D extends DType>(
  dtype: D,
  length: number,
  operation?: string,
  what?: () => string,
): TypedArrayOf<D>;
export function allocate(
  dtype: DType,
  length: number,
  operation = 'evaluate',
  what?: () => string,
): TypedArray {
  try {
    return new dtypeTable[dtype].array(length);
  } catch (error) {
    // Only a RangeError is about the length.
    if (!(error instanceof RangeError)) throw error;
    throw new MemoryError(
      operation,
      what?.() ?? `an array of ${length} elements, ${dtype},`,
      length * bytesOf(dtype),
    );
  }
}

/** A copy in its own memory. */
export function copyOf(values: TypedArray, operation = 'data'): TypedArray {
  try {
    return values.slice();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const dtype = dtypeOfTypedArray(values) ?? 'uint8';
    throw new MemoryError(
      operation,
      `a copy of ${values.length} elements, ${dtype}, (copy: false reads without one)`,
      values.byteLength,
    );
  }
}

/** A view of `length` elements of `dtype` over `buffer`. */
export function viewOf(
  dtype: DType,
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number,
): TypedArray {
  // The union of the constructors is declared for ordinary memory only.
  return new dtypeTable[dtype].array(buffer as ArrayBuffer, byteOffset, length);
}

/** Which row of the scalar-op table computes a dtype: its arithmetic class. */
export type ArithmeticClass = 'float' | 'int' | 'bigint';
export const arithmeticOf = (dtype: DType): ArithmeticClass =>
  isFloat(dtype) ? 'float' : isBigint(dtype) ? 'bigint' : 'int';

/** The dtype of a typed array from a user. Uint8ClampedArray reads as uint8. */
export function dtypeOfTypedArray(array: ArrayBufferView): DType | undefined {
  if (array instanceof Float64Array) return 'float64';
  if (array instanceof Float32Array) return 'float32';
  if (nativeFloat16Array !== undefined && array instanceof nativeFloat16Array) return 'float16';
  if (array instanceof Int32Array) return 'int32';
  if (array instanceof Uint8Array || array instanceof Uint8ClampedArray) return 'uint8';
  if (array instanceof Int16Array) return 'int16';
  if (array instanceof Uint16Array) return 'uint16';
  if (array instanceof Uint32Array) return 'uint32';
  if (array instanceof Int8Array) return 'int8';
  if (array instanceof BigInt64Array) return 'int64';
  if (array instanceof BigUint64Array) return 'uint64';
  return undefined;
}

/** A JS scalar. Combined with an array it takes the array's dtype if that can hold it. */
export type WeakScalar = number | bigint | boolean;

/** The dtype of a weak scalar combined with an array of dtype `beside` (undefined: without an array). */
export function weakDType(value: WeakScalar, beside: DType | undefined): DType {
  const float = beside !== undefined && isFloat(beside);
  if (typeof value === 'boolean') return beside ?? 'bool';
  if (typeof value === 'bigint') return beside === undefined || beside === 'bool' ? defaultInt : beside;
  if (beside === undefined) return defaultFloat;
  if (float) return beside;
  if (Number.isInteger(value) && !Object.is(value, -0)) return beside === 'bool' ? defaultInt : beside;
  return defaultFloat;
}
