/**
 * The dtypes of results, computed by the type checker from the same tables that compute them at run time
 * (`opTable` and `promotion`), so that `LazyArray<'float32'>.data()` is known to be a Float32Array.
 */
import type {
  ArrayDType,
  ComplexDType,
  ComplexNumber,
  DType,
  FloatDType,
  PartOf,
  Promote,
  ToFloat,
  WeakScalar,
} from '../ir/dtype.ts';
import type { opTable, ScalarOp } from '../ir/ops.ts';
import type { AnyArray } from './anyArray.ts';

export type { ComplexNumber, WeakScalar };

/** Nested lists of numbers, bigints, booleans or complex numbers: all entries of one type, all rows of one length. */
export type NestedList = readonly (WeakScalar | ComplexNumber | NestedList)[];

/** Nested lists of arrays, typed arrays and scalars. */
export type ListOfArrays = readonly (
  AnyArray | TypedArrayInput | WeakScalar | ComplexNumber | ListOfArrays
)[];

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
export type Operand = AnyArray | WeakScalar | ComplexNumber | NestedList | TypedArrayInput;

/** The dtype of `X` without other operands; any dtype for lists of unknown entries. */
export type DTypeOf<X> = X extends { readonly dtype: infer D extends ArrayDType }
  ? D
  : X extends ComplexNumber
    ? 'complex128'
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
              : ListOfArrays extends X
                ? DType
                : X extends readonly (infer Item)[]
                  ? Mixed<DTypeOf<Item>>
                  : DType;

/** Numbers among complex numbers are complex. */
type Mixed<D extends ArrayDType> = 'complex128' extends D ? (ArrayDType extends D ? D : 'complex128') : D;

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
type WeakNumber<D extends ArrayDType, X extends number> = D extends FloatDType | ComplexDType
  ? D
  : number extends X
    ? (D extends 'bool' ? 'int64' : D) | 'float64'
    : `${X}` extends `${bigint}`
      ? D extends 'bool'
        ? 'int64'
        : D
      : 'float64';
type WeakBigint<D extends ArrayDType> = D extends 'bool' ? 'int64' : D;

type WeakComplex<D extends ArrayDType> = D extends FloatDType | ComplexDType
  ? PartOf<D> extends 'float64'
    ? 'complex128'
    : 'complex64'
  : 'complex128';

/** The dtype that an array of `D` and the operand `X` promote to. */
export type Meet<D extends ArrayDType, X> = X extends boolean
  ? D
  : X extends number
    ? WeakNumber<D, X>
    : X extends bigint
      ? WeakBigint<D>
      : X extends ComplexNumber
        ? WeakComplex<D>
        : Promote<D, DTypeOf<X>>;

/** The dtype that two operands promote to, either of which may be a scalar. */
export type MeetBoth<X, Y> = X extends WeakScalar | ComplexNumber
  ? Y extends WeakScalar | ComplexNumber
    ? Promote<DTypeOf<X>, DTypeOf<Y>>
    : Meet<DTypeOf<Y>, X>
  : Meet<DTypeOf<X>, Y>;

/** The dtype of an array of `D` limited by a bound, which may be missing. */
export type Bounded<D extends ArrayDType, B> = B extends null | undefined ? D : Meet<D, B>;

/** The dtype that the arrays of a list promote to. The type checker cannot promote several dtypes in one list. */
export type Joined<X> = IsUnion<DTypeOf<X>> extends true ? DType : DTypeOf<X>;
type IsUnion<T, U = T> = T extends unknown ? ([U] extends [T] ? false : true) : never;

type Rule<Op extends ScalarOp> = (typeof opTable)[Op]['rule'];

/** The dtype that `Op` returns for operands of the promoted dtype `D`. */
export type ResultDType<Op extends ScalarOp, D extends ArrayDType> = Op extends 'abs'
  ? PartOf<D>
  : Rule<Op> extends 'float'
    ? ToFloat<D>
    : Rule<Op> extends 'compare' | 'predicate' | 'logical'
      ? 'bool'
      : D;

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
