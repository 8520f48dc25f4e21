/** Methods that are the functions of the same name (`array/`), with the array as their first argument. */
import type { ArrayDType, DType, ToFloat, ToSum } from '../ir/dtype.ts';
import type {
  DiagonalOptions,
  DiffOptions,
  MedianOptions,
  QuantileOptions,
  ScanOptions,
  SortOptions,
  WholeNumbers,
} from './array/options.ts';
import type { Binary } from './elementwiseMethods.ts';
import type { LazyArray } from './lazyArray.ts';
import type { Axes, AxisOption, Operand } from './types.ts';

export interface ArrayMethods<D extends ArrayDType> {
  /** The sums of the elements up to each one, along an axis. `lz.array([1, 2, 3]).cumulativeSum()` is `[1. 3. 6.]`. */
  cumulativeSum<R extends ArrayDType = ToSum<D>>(
    axis?: number | null | ScanOptions<R>,
    options?: ScanOptions<R>,
  ): LazyArray<R>;
  /** The products of the elements up to each one, along an axis. `lz.array([1, 2, 3]).cumulativeProd()` is `[1. 2. 6.]`. */
  cumulativeProd<R extends ArrayDType = ToSum<D>>(
    axis?: number | null | ScanOptions<R>,
    options?: ScanOptions<R>,
  ): LazyArray<R>;
  /** The differences of neighbours along an axis (-1). `lz.array([1, 4, 9]).diff()` is `[3. 5.]`. */
  diff(options?: DiffOptions): LazyArray<D>;
  /** The elements in ascending order along an axis (-1), NaN last. `lz.array([3, 1, 2]).sort()` is `[1. 2. 3.]`. */
  sort(axis?: number | null | SortOptions, options?: SortOptions): LazyArray<D>;
  /** The positions that sort the array along an axis (-1). `lz.array([3, 1, 2]).argsort()` is `[1 2 0]`. */
  argsort(axis?: number | null | SortOptions, options?: SortOptions): LazyArray<'int32'>;
  /** The middle element in order of value, or the mean of the two in the middle. `lz.array([3, 1, 2]).median()` is `2.0`. */
  median(axis?: Axes | MedianOptions, options?: MedianOptions): LazyArray<ToFloat<D>>;
  /** The values below which the share `q` of the elements lies. `lz.array([1, 2, 3]).quantile(0.25)` is `1.5`. */
  quantile(
    q: number | readonly number[] | LazyArray | Float64Array,
    axis?: Axes | QuantileOptions,
    options?: QuantileOptions,
  ): LazyArray<ToFloat<D>>;
  /** The largest element minus the smallest. `lz.array([3, 1, 7]).ptp()` is `6.0`. */
  ptp(axis?: Axes | MedianOptions, options?: MedianOptions): LazyArray<D>;
  /** The elements shifted along axes; what leaves at one end comes in at the other. `lz.array([1, 2, 3]).roll(1)` is `[3. 1. 2.]`. */
  roll(shift: number | readonly number[], axis?: number | readonly number[] | null): LazyArray<D>;
  /** Each element several times in a row. `lz.array([1, 2]).repeat(2)` is `[1. 1. 2. 2.]`. */
  repeat(repeats: WholeNumbers, axis?: number | AxisOption<number | null> | null): LazyArray<D>;
  /** The axes `source` moved to the positions `destination`. `lz.zeros([2, 3, 4]).moveaxis(0, -1).shape` is `[3, 4, 2]`. */
  moveaxis(source: number | readonly number[], destination: number | readonly number[]): LazyArray<D>;
  /** Two axes swapped. `lz.zeros([2, 3, 4]).swapaxes(0, 2).shape` is `[4, 3, 2]`. */
  swapaxes(first: number, second: number): LazyArray<D>;
  /** The elements on a diagonal of two axes, as a new last axis. `lz.array([[1, 2], [3, 4]]).diagonal()` is `[1. 4.]`. */
  diagonal(options?: DiagonalOptions): LazyArray<D>;
  /** The sum of the elements on a diagonal. `lz.array([[1, 2], [3, 4]]).trace()` is `5.0`. */
  trace(options?: DiagonalOptions): LazyArray<ToSum<D>>;
  /** NumPy's `dot`: for vectors and matrices the same as `matmul`. `lz.array([1, 2]).dot([3, 4])` is `11.0`. */
  dot<X extends Operand>(other: X): Binary<'multiply', D, X>;
}

/** The functions behind the methods. */
export type MethodFunctions = Readonly<
  Record<keyof ArrayMethods<DType>, (x: LazyArray, ...args: readonly never[]) => unknown>
>;

/** Adds a method per function to `prototype`. */
export function installFunctions(prototype: object, functions: MethodFunctions): void {
  for (const [name, of] of Object.entries(functions)) {
    const value = function (this: LazyArray, ...args: readonly never[]): unknown {
      return of(this, ...args);
    };
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}
