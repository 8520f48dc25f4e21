/** The options of functions that are methods as well. */
import type { ArrayDType } from '../../ir/dtype.ts';
import type { AnyArray } from '../anyArray.ts';
import type { QuantileMethod } from '../nodes/quantile.ts';
import type { Axes, Operand, TypedArrayInput } from '../types.ts';

/** Numbers on which the shape of a result depends: arrays of them are evaluated. */
export type WholeNumbers = number | readonly number[] | AnyArray | TypedArrayInput;

export interface DiagonalOptions {
  /** The diagonal: above the main one if positive, below if negative (0). */
  readonly offset?: number | undefined;
  /** The axis of the rows (0). */
  readonly axis1?: number | undefined;
  /** The axis of the columns (1). */
  readonly axis2?: number | undefined;
}

export interface ScanOptions<R extends ArrayDType = ArrayDType> {
  /** The axis along which results run; may be left out for arrays of one axis. */
  readonly axis?: number | null | undefined;
  /** Sums and products: the dtype of the result. Elements are cast to it first. */
  readonly dtype?: R | undefined;
  /** Whether a first element is added: the result of no elements. */
  readonly includeInitial?: boolean | undefined;
  /** Whether each element is the result of those before it, itself not included. */
  readonly exclusive?: boolean | undefined;
  /** Whether the results run from the last element to the first. */
  readonly reverse?: boolean | undefined;
}

export interface DiffOptions {
  /** How often differences are taken (1). */
  readonly n?: number | undefined;
  readonly axis?: number | undefined;
  /** Put in front of the axis before. */
  readonly prepend?: Operand | undefined;
  /** Put behind the axis before. */
  readonly append?: Operand | undefined;
}

export interface SortOptions {
  /** -1 by default; `null` sorts the flattened array. */
  readonly axis?: number | null | undefined;
  /** From the largest to the smallest; NaN is last all the same. */
  readonly descending?: boolean | undefined;
  /** Equal elements always keep their order: `false` is accepted and changes nothing. */
  readonly stable?: boolean | undefined;
}

export interface MedianOptions {
  readonly axis?: Axes | undefined;
  readonly keepdims?: boolean | undefined;
}

export interface QuantileOptions extends MedianOptions {
  /** How values between elements are found; `'linear'` by default, the names are NumPy's in camelCase. */
  readonly method?: QuantileMethod | undefined;
  /** Of each element; needs `method: 'invertedCdf'`. */
  readonly weights?: Operand | undefined;
}
