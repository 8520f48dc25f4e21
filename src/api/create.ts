/**
 * New arrays: from JS data, and from formulas. Formulas (zeros, arange, eye, ...) are expressions like any other: they
 * take no memory until something needs them there, and fuse into what uses them.
 */
import {
  allocate as allocateOnHost,
  checkDType,
  dtypeOfTypedArray,
  isBigint,
  isFloat,
  weakDType,
  type DType,
  type FloatDType,
  type TypedArrayOf,
} from '../ir/dtype.ts';
import { DTypeError, OptionError, ShapeError } from '../ir/errors.ts';
import { constant, data, iota, type Node } from '../ir/node.ts';
import { checkShape, checkSize, formatShape, sizeOf, type Shape } from '../ir/shape.ts';
import { allocateOnHeap, checkMemory, wrapSource } from '../runtime/evaluate.ts';
import { isArray } from './anyArray.ts';
import { binary, broadcast, castTo, elementwise, scalarIn } from './build/elementwise.ts';
import { expandDims, reshape } from './build/view.ts';
import { LazyArray } from './lazyArray.ts';
import { isTypedArray, readLiteral } from './literal.ts';
import { dataNode } from './operand.ts';
import type { DTypeOf, NestedList, TypedArrayInput, WeakScalar } from './types.ts';

export interface ArrayOptions<R extends DType> {
  /** The element type; by default what the data are: numbers float64, bigints int64, booleans bool. */
  readonly dtype?: R | undefined;
  /** The shape; by default that of the nested lists, one axis for a typed array. */
  readonly shape?: readonly number[] | undefined;
}

export interface AsArrayOptions<R extends DType> extends ArrayOptions<R> {
  /** `false` wraps the memory of a typed array instead of copying it: say `touch()` after writing to it. */
  readonly copy?: boolean | undefined;
}

export interface DTypeOption<R extends DType> {
  readonly dtype?: R | undefined;
}

type Data = WeakScalar | NestedList | TypedArrayInput;

/** With the shape that was asked for. */
const shaped = (node: Node, shape: readonly number[] | undefined): Node =>
  shape === undefined ? node : reshape(node, shape);

const dtypeOption = (operation: string, dtype: DType | undefined): DType | undefined =>
  dtype === undefined ? undefined : checkDType(operation, dtype);

/**
 * An array of the data, copied (an array of lazuli is immutable and passes through). Throws `DataError` for ragged or mixed lists, `DTypeError` for values the dtype cannot
 * hold (beside float16 and float32, which round), `ShapeError` if `shape` has another size.
 *
 * ```ts
 * console.log(lz.array([[1, 2], [3, 4]]).dtype); // float64
 * console.log(lz.array([1, 2, 3], { dtype: 'int32' }).toString()); // [1 2 3]
 * console.log(lz.array(Float32Array.of(1, 2, 3, 4), { shape: [2, 2] }).toString());
 * // [[1. 2.]
 * //  [3. 4.]]
 * ```
 */
export function array<X extends Data | LazyArray, R extends DType = DTypeOf<X>>(
  values: X,
  options: ArrayOptions<R> = {},
): LazyArray<R> {
  const dtype = dtypeOption('array', options.dtype);
  const given: Data | LazyArray = values;
  if (given instanceof LazyArray) {
    const copy = dtype === undefined ? given : given.astype(dtype);
    return (options.shape === undefined ? copy : copy.reshape(options.shape)) as unknown as LazyArray<R>;
  }
  return new LazyArray(shaped(dataNode(readLiteral('array', given, dtype)), options.shape));
}

/**
 * The data as an array: arrays pass through, everything else is copied, except a typed array with `{ copy: false }`,
 * whose memory is wrapped. Write to it later, and say so with `touch()`. Throws as `array` does, and `OptionError`
 * where a copy cannot be avoided.
 *
 * ```ts
 * const memory = new Float32Array(6);
 * const x = lz.asArray(memory, { copy: false, shape: [2, 3] });
 * console.log(x.dtype, x.shape); // float32 [ 2, 3 ]
 * ```
 */
export function asArray<X extends Data | LazyArray, R extends DType = DTypeOf<X>>(
  values: X,
  options: AsArrayOptions<R> = {},
): LazyArray<R> {
  if (options.copy !== false || isArray(values)) return array(values, options);
  if (!isTypedArray(values))
    throw new OptionError('asArray', 'copy: false needs a typed array: lists have to be copied');
  const dtype = dtypeOfTypedArray(values) ?? 'uint8';
  if (options.dtype !== undefined && options.dtype !== dtype)
    throw new OptionError(
      'asArray',
      `copy: false keeps the dtype ${dtype} of the memory; use astype('${options.dtype}') on the array`,
    );
  checkMemory('asArray', values);
  const memory =
    values instanceof Uint8ClampedArray
      ? new Uint8Array(values.buffer, values.byteOffset, values.length)
      : values;
  const shape = checkSize('asArray', [memory.length]);
  return new LazyArray(shaped(data(wrapSource(memory, options.shape ?? shape), dtype, shape), options.shape));
}

/**
 * A typed array of zeros for the elements of `shape` (bool: a Uint8Array), in the memory that WebAssembly works in.
 * Compiled functions write to it (`f.into(out, ...)`) and read from it, or from `asArray(out, { copy: false })`, without
 * copying. The memory is yours until the array and its subarrays are collected; views made from its `buffer` do not keep
 * it. On hosts that do not share WebAssembly's memory, or when the heap (`configure({ heapBytes })`) is full of
 * such arrays, it is an ordinary typed array and works as well, with copies.
 *
 * ```ts
 * const scale = lz.compile((x) => x.mul(3));
 * const [input, output] = [lz.allocate('float64', 4), lz.allocate('float64', [2, 2])];
 * input.set([1, 2, 3, 4]);
 * scale.into(output, input);
 * console.log(output.length, output[3]); // 4 12
 * ```
 */
export function allocate<D extends DType>(dtype: D, shape: number | readonly number[]): TypedArrayOf<D> {
  const checked = checkDType('allocate', dtype);
  const length = sizeOf(checkSize('allocate', readShape('allocate', shape)));
  return (allocateOnHeap(checked, length) ?? allocateOnHost(checked, length, 'allocate')) as TypedArrayOf<D>;
}

/** A shape given as a list, or one size. */
const readShape = (operation: string, shape: number | readonly number[]): Shape =>
  checkShape(operation, typeof shape === 'number' ? [shape] : shape);

/**
 * The same value everywhere: float64 for a number, int64 for a bigint, bool for a boolean, unless `dtype` says
 * otherwise. Takes no memory. `lz.full([2], 7).toString()` is `[7. 7.]`.
 */
export function full<V extends WeakScalar, R extends DType = DTypeOf<V>>(
  shape: number | readonly number[],
  value: V,
  options: DTypeOption<R> = {},
): LazyArray<R> {
  const dtype = dtypeOption('full', options.dtype) ?? weakDType(value, undefined);
  return new LazyArray(broadcast(constant(scalarIn('full', value, dtype), dtype), readShape('full', shape)));
}

/** Zeros, float64 unless `dtype` says otherwise. `lz.zeros([2], { dtype: 'int8' }).toString()` is `[0 0]`. */
export function zeros<R extends DType = 'float64'>(
  shape: number | readonly number[],
  options: DTypeOption<R> = {},
): LazyArray<R> {
  const dtype = dtypeOption('zeros', options.dtype) ?? 'float64';
  return new LazyArray(broadcast(constant(isBigint(dtype) ? 0n : 0, dtype), readShape('zeros', shape)));
}

/** Ones, float64 unless `dtype` says otherwise. `lz.ones([2, 2]).sum().item()` is `4`. */
export function ones<R extends DType = 'float64'>(
  shape: number | readonly number[],
  options: DTypeOption<R> = {},
): LazyArray<R> {
  const dtype = dtypeOption('ones', options.dtype) ?? 'float64';
  return new LazyArray(broadcast(constant(isBigint(dtype) ? 1n : 1, dtype), readShape('ones', shape)));
}

type RangeDType<V> = V extends bigint ? 'int64' : 'float64';

/**
 * From `start` up to, but not including, `stop`, in steps of `step`: `arange(stop)`, `arange(start, stop)`,
 * `arange(start, stop, step)`, options last. Numbers make float64, bigints int64, unless `dtype` says otherwise.
 * Throws `OptionError` for a step of 0, `DTypeError` for fractions in an integer dtype.
 *
 * ```ts
 * console.log(lz.arange(4).toString()); // [0. 1. 2. 3.]
 * console.log(lz.arange(1, 2, 0.25).toString()); // [1.   1.25 1.5  1.75]
 * console.log(lz.arange(5, 0, -2, { dtype: 'int32' }).toString()); // [5 3 1]
 * ```
 */
export function arange<V extends number | bigint, R extends DType = RangeDType<V>>(
  stop: V,
  options?: DTypeOption<R>,
): LazyArray<R>;
export function arange<V extends number | bigint, R extends DType = RangeDType<V>>(
  start: V,
  stop: V,
  options?: DTypeOption<R>,
): LazyArray<R>;
export function arange<V extends number | bigint, R extends DType = RangeDType<V>>(
  start: V,
  stop: V,
  step: V,
  options?: DTypeOption<R>,
): LazyArray<R>;
export function arange(...args: readonly (number | bigint | DTypeOption<DType> | undefined)[]): LazyArray {
  const numbers = args.filter((value) => typeof value !== 'object' && value !== undefined);
  const options = args.find((value) => typeof value === 'object');
  const [first = 0, second, step = typeof first === 'bigint' ? 1n : 1] = numbers;
  const [start, stop] = second === undefined ? [typeof first === 'bigint' ? 0n : 0, first] : [first, second];
  const kind =
    typeof step === 'bigint' && typeof stop === 'bigint' && typeof start === 'bigint' ? 'int64' : 'float64';
  const dtype = dtypeOption('arange', options?.dtype) ?? kind;
  if (dtype === 'bool') throw new DTypeError('arange', 'bool has no range of values');
  const length = rangeLength(start, stop, step);
  // In a narrower float the products would round twice.
  const exact = isFloat(dtype) ? 'float64' : dtype;
  return new LazyArray(castTo(ramp('arange', length, start, step, exact), dtype));
}

/** How many steps lie before `stop`. */
function rangeLength(start: number | bigint, stop: number | bigint, step: number | bigint): number {
  if (Number(step) === 0) throw new OptionError('arange', 'the step must not be 0');
  const exact = typeof start === 'bigint' && typeof stop === 'bigint' && typeof step === 'bigint';
  const length = exact
    ? Number((stop - start + step - (step > 0n ? 1n : -1n)) / step)
    : Math.ceil((Number(stop) - Number(start)) / Number(step));
  if (!Number.isFinite(length))
    throw new OptionError('arange', `no range leads from ${start} to ${stop} in steps of ${step}`);
  return sizeOf(checkSize('arange', [Math.max(0, length)]));
}

/** start + step * (0, 1, 2, ...). */
function ramp(
  operation: string,
  length: number,
  start: number | bigint,
  step: number | bigint,
  dtype: DType,
): Node {
  const count = iota<number>(length, dtype);
  const [from, by] = [
    constant(scalarIn(operation, start, dtype), dtype),
    constant(scalarIn(operation, step, dtype), dtype),
  ];
  const scaled = Number(step) === 1 ? count : binary('multiply', count, by);
  return Number(start) === 0 ? scaled : binary('add', scaled, from);
}

/**
 * `num` values from `start` to `stop`, evenly spaced; without the last one if `endpoint` is false. Throws `ShapeError`
 * for a `num` that is no size, `DTypeError` for a dtype that is no float.
 * `lz.linspace(0, 1, 5).toString()` is `[0.   0.25 0.5  0.75 1.  ]`.
 */
export function linspace<R extends FloatDType = 'float64'>(
  start: number,
  stop: number,
  num = 50,
  options: DTypeOption<R> & { readonly endpoint?: boolean | undefined } = {},
): LazyArray<R> {
  const dtype = dtypeOption('linspace', options.dtype) ?? 'float64';
  if (!isFloat(dtype))
    throw new DTypeError('linspace', `makes floats, not ${dtype}; use astype on the result`);
  const [length = 0] = checkSize('linspace', checkShape('linspace', [num]));
  const endpoint = options.endpoint ?? true;
  const steps = endpoint ? length - 1 : length;
  const values = ramp('linspace', length, start, steps > 0 ? (stop - start) / steps : 0, 'float64');
  if (!endpoint || length < 2) return new LazyArray(castTo(values, dtype));
  // The product may miss the end by a rounding.
  const isLast = binary('equal', iota<number>(length, 'int32'), length - 1);
  return new LazyArray(castTo(elementwise('where', [isLast, stop, values]), dtype));
}

/**
 * A matrix of `n` rows and `m` columns (`n` by default) with ones on diagonal `k`, counted from the main one to the
 * right, and zeros elsewhere.
 *
 * ```ts
 * console.log(lz.eye(2, 3, 1).toString());
 * // [[0. 1. 0.]
 * //  [0. 0. 1.]]
 * ```
 */
export function eye<R extends DType = 'float64'>(
  n: number,
  m = n,
  k = 0,
  options: DTypeOption<R> = {},
): LazyArray<R> {
  const dtype = dtypeOption('eye', options.dtype) ?? 'float64';
  const [rows = 0, columns = 0] = checkShape('eye', [n, m]);
  if (!Number.isInteger(k))
    throw new ShapeError(
      'eye',
      `diagonal ${k} of a matrix of shape ${formatShape([n, m])} is not an integer`,
    );
  const row = expandDims(iota<number>(rows, 'int32'), 1);
  const shifted = k === 0 ? row : binary('add', row, k);
  return new LazyArray(castTo(binary('equal', shifted, iota<number>(columns, 'int32')), dtype));
}
