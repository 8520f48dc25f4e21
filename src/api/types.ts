/**
 * The dtypes of results, computed by the type checker from the same tables that compute them at run time
 * (`opTable` and `promotion`), so that `LazyArray<'float32'>.data()` is known to be a Float32Array.
 */
import type { DType, FloatDType, Promote, ToFloat } from '../ir/dtype.ts';
import type { opTable, ScalarOp } from '../ir/ops.ts';
import type { AnyArray } from './anyArray.ts';

/** A JS scalar. Combined with an array it takes the array's dtype if that can hold it. */
export type WeakScalar = number | bigint | boolean;

/** Nested lists of numbers, bigints or booleans: all entries of one type, all rows of one length. */
export type NestedList = readonly (WeakScalar | NestedList)[];

/** The typed arrays that are accepted as data. */
export type TypedArrayInput =
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Float16Array
  | Float32Array
  | Float64Array;

/** An operand of an elementwise function: an array, a scalar, lists or a typed array (of one axis). */
export type Operand = AnyArray | WeakScalar | NestedList | TypedArrayInput;

/** The dtype of `X` without other operands; any dtype for lists of unknown entries. */
export type DTypeOf<X> = X extends { readonly dtype: infer D extends DType }
  ? D
  : X extends number
    ? 'float64'
    : X extends bigint
      ? 'int64'
      : X extends boolean
        ? 'bool'
        : X extends TypedArrayInput
          ? TypedArrayDType<X>
          : NestedList extends X
            ? DType
            : X extends readonly (infer Item)[]
              ? DTypeOf<Item>
              : DType;

type TypedArrayDType<X> = X extends Float64Array
  ? 'float64'
  : X extends Float32Array
    ? 'float32'
    : X extends Float16Array
      ? 'float16'
      : X extends BigInt64Array
        ? 'int64'
        : X extends BigUint64Array
          ? 'uint64'
          : X extends Int32Array
            ? 'int32'
            : X extends Uint32Array
              ? 'uint32'
              : X extends Int16Array
                ? 'int16'
                : X extends Uint16Array
                  ? 'uint16'
                  : X extends Int8Array
                    ? 'int8'
                    : 'uint8';

/** A whole number combined with an integer array keeps the dtype. A literal type decides; the type `number` allows both. */
type WeakNumber<D extends DType, X extends number> = D extends FloatDType
  ? D
  : number extends X
    ? (D extends 'bool' ? 'int64' : D) | 'float64'
    : `${X}` extends `${bigint}`
      ? D extends 'bool'
        ? 'int64'
        : D
      : 'float64';
type WeakBigint<D extends DType> = D extends 'bool' ? 'int64' : D;

/** The dtype that an array of `D` and the operand `X` promote to. */
export type Meet<D extends DType, X> = X extends boolean
  ? D
  : X extends number
    ? WeakNumber<D, X>
    : X extends bigint
      ? WeakBigint<D>
      : Promote<D, DTypeOf<X>>;

/** The dtype that two operands promote to, either of which may be a scalar. */
export type MeetBoth<X, Y> = X extends WeakScalar
  ? Y extends WeakScalar
    ? Promote<DTypeOf<X>, DTypeOf<Y>>
    : Meet<DTypeOf<Y>, X>
  : Meet<DTypeOf<X>, Y>;

/** The dtype of an array of `D` limited by a bound, which may be missing. */
export type Bounded<D extends DType, B> = B extends null | undefined ? D : Meet<D, B>;

/** The dtype that the arrays of a list promote to. The type checker cannot promote several dtypes in one list. */
export type Joined<X> = IsUnion<DTypeOf<X>> extends true ? DType : DTypeOf<X>;
type IsUnion<T, U = T> = T extends unknown ? ([U] extends [T] ? false : true) : never;

type Rule<Op extends ScalarOp> = (typeof opTable)[Op]['rule'];

/** The dtype that `Op` returns for operands of the promoted dtype `D`. */
export type ResultDType<Op extends ScalarOp, D extends DType> =
  Rule<Op> extends 'float' ? ToFloat<D> : Rule<Op> extends 'compare' | 'predicate' | 'logical' ? 'bool' : D;

type Arity<Op extends ScalarOp> = (typeof opTable)[Op]['arity'];
export type UnaryOp = { [Op in ScalarOp]: Arity<Op> extends 1 ? Op : never }[ScalarOp];
export type BinaryOp = { [Op in ScalarOp]: Arity<Op> extends 2 ? Op : never }[ScalarOp];

/** Nested JS lists of `T`; a plain `T` for an array without axes. */
export type Nested<T> = T | Nested<T>[];

/** One axis or several. Negative axes count from the end; `null` means all axes. */
export type Axes = number | readonly number[] | null;

/** The axis as an option, `{ axis: 1 }`, for functions that also take it as an argument. */
export interface AxisOption<A = Axes> {
  readonly axis?: A | undefined;
}
