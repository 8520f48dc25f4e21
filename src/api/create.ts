/**
 * New arrays: from JS data, and from formulas. Formulas (zeros, arange, eye, ...) are expressions like any other: they
 * take no memory until something needs them there, and fuse into what uses them.
 */
import { checkCount, describe, wholeNumber } from '../ir/arguments.ts';
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
import { DataError, DTypeError, OptionError, ShapeError } from '../ir/errors.ts';
import { constant, data, iota, type Node } from '../ir/node.ts';
import { checkOptions, checkSwitch } from '../ir/options.ts';
import { checkShape, checkSize, sizeOf } from '../ir/shape.ts';
import { allocateOnHeap } from '../runtime/memory/userMemory.ts';
import { checkMemory } from '../runtime/memory/userArray.ts';
import { wrapSource } from '../runtime/memory/sources.ts';
import { isArray, nodeOf } from './anyArray.ts';
import { readNumbers, readShape } from './arguments.ts';
import { binary, broadcast, castTo, scalarIn } from './nodes/elementwise.ts';
import { range, spaced } from './nodes/ramp.ts';
import { expandDims, reshape } from './nodes/view.ts';
import { LazyArray } from './lazyArray.ts';
import { isTypedArray, isWeakScalar, readLiteral } from './literal.ts';
import { dataNode } from './operand.ts';
import type { DTypeOf, NestedList, TypedArrayInput, WeakScalar } from './types.ts';

export interface ArrayOptions<R extends DType> {
  /** The element type; by default what the data are: numbers float64, bigints int64, booleans bool. */
  readonly dtype?: R | undefined;
  /** The shape; by default that of the nested lists, one axis for a typed array. One size may be -1. */
  readonly shape?: number | readonly number[] | undefined;
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
const shaped = (operation: string, node: Node, shape: number | readonly number[] | undefined): Node =>
  shape === undefined ? node : reshape(node, shape, operation);

const dtypeOption = (operation: string, dtype: unknown): DType | undefined =>
  dtype === undefined ? undefined : checkDType(operation, dtype);

/**
 * An array of the data, copied (an array of lazuli is immutable and passes through). Throws `DataError` for ragged or mixed lists, `DTypeError` for values in lists that the dtype cannot
 * hold (beside float16 and float32, which round), `ShapeError` if `shape` has another size. A typed array is cast to the
 * dtype as `astype` does it.
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
  checkOptions('array', options, ['dtype', 'shape']);
  checkCount('array', arguments.length, 2, listOfValues);
  return arrayFrom('array', values, options);
}

const listOfValues = 'values are a list: lz.array([1, 2, 3])';

function arrayFrom<R extends DType>(
  operation: string,
  values: Data | LazyArray,
  options: ArrayOptions<R>,
): LazyArray<R> {
  const dtype = dtypeOption(operation, options.dtype);
  if (!(values instanceof LazyArray))
    return new LazyArray(shaped(operation, dataNode(readLiteral(operation, values, dtype)), options.shape));
  if (options.shape === undefined)
    return (dtype === undefined ? values : values.astype(dtype)) as unknown as LazyArray<R>;
  const node = nodeOf(values);
  return new LazyArray(shaped(operation, dtype === undefined ? node : castTo(node, dtype), options.shape));
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
  checkOptions('asArray', options, ['dtype', 'shape', 'copy']);
  checkSwitch('asArray', 'copy', options.copy);
  checkCount('asArray', arguments.length, 2, listOfValues);
  if (options.copy !== false || isArray(values)) return arrayFrom('asArray', values, options);
  if (!isTypedArray(values))
    throw new OptionError('asArray', 'copy: false needs a typed array: lists have to be copied');
  const dtype = dtypeOfTypedArray(values) ?? 'uint8';
  const wanted = dtypeOption('asArray', options.dtype);
  if (wanted !== undefined && wanted !== dtype)
    throw new OptionError(
      'asArray',
      `copy: false keeps the dtype ${dtype} of the memory; use astype('${wanted}') on the array`,
    );
  checkMemory('asArray', values);
  const memory =
    values instanceof Uint8ClampedArray
      ? new Uint8Array(values.buffer, values.byteOffset, values.length)
      : values;
  const shape = checkSize('asArray', [memory.length]);
  return new LazyArray(
    shaped(
      'asArray',
      data(wrapSource(memory, typeof options.shape === 'object' ? options.shape : shape), dtype, shape),
      options.shape,
    ),
  );
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
  checkCount('allocate', arguments.length, 2, 'a shape of several axes is a list: [2, 3]');
  const checked = checkDType('allocate', dtype);
  const length = sizeOf(checkSize('allocate', checkShape('allocate', shape)));
  return (allocateOnHeap(checked, length) ?? allocateOnHost(checked, length, 'allocate')) as TypedArrayOf<D>;
}

/**
 * The same value everywhere: float64 for a number, int64 for a bigint, bool for a boolean, unless `dtype` says
 * otherwise. Takes no memory. `lz.full([2], 7).toString()` is `[7. 7.]`.
 */
export function full<V extends WeakScalar, R extends DType = DTypeOf<V>>(
  shape: number | readonly number[],
  value: V,
  options: DTypeOption<R> = {},
): LazyArray<R> {
  const sizes = readShape('full', shape, options, ['dtype'], arguments.length, 3);
  if (!isWeakScalar(value))
    throw new DataError(
      'full',
      `the value, after the shape, is a number, a bigint or a boolean, not ${describe(value)}`,
    );
  const dtype = dtypeOption('full', options.dtype) ?? weakDType(value, undefined);
  return new LazyArray(broadcast(constant(scalarIn('full', value, dtype), dtype), sizes));
}

/** Zeros, float64 unless `dtype` says otherwise. `lz.zeros([2], { dtype: 'int8' }).toString()` is `[0 0]`. */
export function zeros<R extends DType = 'float64'>(
  shape: number | readonly number[],
  options: DTypeOption<R> = {},
): LazyArray<R> {
  const sizes = readShape('zeros', shape, options, ['dtype'], arguments.length, 2);
  const dtype = dtypeOption('zeros', options.dtype) ?? 'float64';
  return new LazyArray(broadcast(constant(isBigint(dtype) ? 0n : 0, dtype), sizes));
}

/** Ones, float64 unless `dtype` says otherwise. `lz.ones([2, 2]).sum().item()` is `4`. */
export function ones<R extends DType = 'float64'>(
  shape: number | readonly number[],
  options: DTypeOption<R> = {},
): LazyArray<R> {
  const sizes = readShape('ones', shape, options, ['dtype'], arguments.length, 2);
  const dtype = dtypeOption('ones', options.dtype) ?? 'float64';
  return new LazyArray(broadcast(constant(isBigint(dtype) ? 1n : 1, dtype), sizes));
}

type RangeDType<V> = V extends bigint ? 'int64' : 'float64';

/**
 * From `start` up to, but not including, `stop`, in steps of `step`: `arange(stop)`, `arange(start, stop)`,
 * `arange(start, stop, step)`, options last. Numbers make float64, bigints int64, unless `dtype` says otherwise.
 *
 * Element i is `start + i * step`, computed in float64 and rounded to the dtype. There are as many elements as lie before
 * `stop`, also after rounding, and where the dtype rounds `stop`, before that number as well.
 * Throws `OptionError` for a step of 0 and for numbers that are not finite, `DTypeError` for fractions in an integer dtype
 * and for elements that the dtype cannot hold.
 *
 * ```ts
 * console.log(lz.arange(4).toString()); // [0. 1. 2. 3.]
 * console.log(lz.arange(1, 1.3, 0.1).toString()); // [1.  1.1 1.2]
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
  const { numbers, options } = readNumbers<DTypeOption<DType>>('arange', args, 3, ['dtype']);
  checkEnds(numbers);
  const [first, second] = numbers;
  if (first === undefined) throw new OptionError('arange', 'takes a stop at least: lz.arange(3)');
  const start = second === undefined ? (typeof first === 'bigint' ? 0n : 0) : first;
  const stop = second ?? first;
  const step = numbers[2] ?? (typeof first === 'bigint' ? 1n : 1);
  const kind =
    typeof step === 'bigint' && typeof stop === 'bigint' && typeof start === 'bigint' ? 'int64' : 'float64';
  const dtype = dtypeOption('arange', options.dtype) ?? kind;
  if (dtype === 'bool') throw new DTypeError('arange', 'bool has no range of values');
  return new LazyArray(range('arange', start, stop, step, dtype));
}

function checkEnds(numbers: readonly unknown[]): asserts numbers is readonly (number | bigint)[] {
  for (const value of numbers)
    if (typeof value !== 'number' && typeof value !== 'bigint')
      throw new OptionError('arange', `start, stop and step are numbers or bigints, not ${describe(value)}`);
}

export interface LinspaceOptions<R extends FloatDType> extends DTypeOption<R> {
  /** Whether `stop` is the last value, true by default. */
  readonly endpoint?: boolean | undefined;
}

/**
 * `num` values from `start` to `stop`, evenly spaced; without the last one if `endpoint` is false. The ends are exact (in
 * the dtype), and all values between them are finite and in order, however far apart or close the ends are. Throws
 * `ShapeError` for a `num` that is no size, `OptionError` for ends that are not finite, `DTypeError` for a dtype that is no
 * float or cannot hold the ends.
 * `lz.linspace(0, 1, 5).toString()` is `[0.   0.25 0.5  0.75 1.  ]`.
 */
export function linspace<R extends FloatDType = 'float64'>(
  start: number,
  stop: number,
  num?: number,
  options?: LinspaceOptions<R>,
): LazyArray<R>;
export function linspace<R extends FloatDType = 'float64'>(
  start: number,
  stop: number,
  options: LinspaceOptions<R>,
): LazyArray<R>;
export function linspace(
  ...args: readonly (number | LinspaceOptions<FloatDType> | undefined)[]
): LazyArray<FloatDType> {
  const { numbers, options } = readNumbers<LinspaceOptions<FloatDType>>('linspace', args, 3, [
    'dtype',
    'endpoint',
  ]);
  const [start, stop, num = 50] = numbers;
  if (typeof start !== 'number' || typeof stop !== 'number')
    throw new OptionError(
      'linspace',
      `start and stop are numbers, not ${describe(typeof start === 'number' ? stop : start)}`,
    );
  checkSwitch('linspace', 'endpoint', options.endpoint);
  const dtype = dtypeOption('linspace', options.dtype) ?? 'float64';
  if (!isFloat(dtype))
    throw new DTypeError('linspace', `makes floats, not ${dtype}; use astype on the result`);
  const [length = 0] = checkSize('linspace', checkShape('linspace', [num]));
  return new LazyArray(spaced('linspace', start, stop, length, options.endpoint ?? true, dtype));
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
  m?: number,
  k?: number,
  options?: DTypeOption<R>,
): LazyArray<R>;
export function eye<R extends DType = 'float64'>(n: number, m: number, options: DTypeOption<R>): LazyArray<R>;
export function eye<R extends DType = 'float64'>(n: number, options: DTypeOption<R>): LazyArray<R>;
export function eye(...args: readonly (number | DTypeOption<DType> | undefined)[]): LazyArray {
  const { numbers, options } = readNumbers<DTypeOption<DType>>('eye', args, 3, ['dtype']);
  const [n, m = n, k = 0] = numbers;
  const dtype = dtypeOption('eye', options.dtype) ?? 'float64';
  const [rows = 0, columns = 0] = checkShape('eye', [n, m]);
  // Rows and columns are told apart in int32.
  checkSize('eye', [Math.max(rows, columns)]);
  // Diagonals beyond the corners are alike: all zeros.
  const diagonal = wholeNumber('eye', 'the diagonal k', k, -Infinity, Infinity, ShapeError);
  const offset = Math.min(Math.max(diagonal, -rows), columns);
  const row = expandDims(iota<number>(rows, 'int32'), 1);
  const shifted = offset === 0 ? row : binary('add', row, offset);
  return new LazyArray(castTo(binary('equal', shifted, iota<number>(columns, 'int32')), dtype));
}
