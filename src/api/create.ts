/**
 * New arrays: from JS data, and from formulas. Formulas (zeros, arange, eye, ...) are ordinary expressions: they take up
 * no memory until something needs them stored, and fuse into the kernels that use them.
 */
import { checkCount, describe, wholeNumber } from '../ir/arguments.ts';
import {
  allocate as allocateOnHost,
  checkArrayDType,
  checkDType,
  dtypeOfTypedArray,
  isComplexDType,
  isFloat,
  partOf,
  weakDType,
  type ArrayDType,
  type ComplexNumber,
  type DType,
  type FloatDType,
  type TypedArrayOf,
} from '../ir/dtype.ts';
import { DataError, DTypeError, OptionError, ShapeError } from '../ir/errors.ts';
import { constant, data, iota, type Node } from '../ir/node.ts';
import { checkOptions, checkSwitch } from '../ir/options.ts';
import { checkShape, checkSize, sizeOf, type Shape } from '../ir/shape.ts';
import { allocateOnHeap } from '../runtime/memory/userMemory.ts';
import { checkMemory } from '../runtime/memory/userArray.ts';
import { wrapSource } from '../runtime/memory/sources.ts';
import { isArray, nodeOf, pairOf } from './anyArray.ts';
import { readNumbers, readShape } from './arguments.ts';
import { checkPairs, containsComplex, isComplexNumber, readComplex } from './complex/literal.ts';
import { castContent, complexConstant, Pair, reshapedPair, storedPair } from './complex/pair.ts';
import { binary, broadcast, castTo, scalarIn, constantLike } from './nodes/elementwise.ts';
import { range, spaced } from './nodes/ramp.ts';
import { expandDims, reshape } from './nodes/view.ts';
import { LazyArray } from './lazyArray.ts';
import { isTypedArray, isWeakScalar, readLiteral } from './literal.ts';
import { hasArrays, stackLists } from './nestedArrays.ts';
import { dataNode } from './operand.ts';
import { fromOtherRealm } from './otherRealm.ts';
import type { DTypeOf, ListOfArrays, NestedList, TypedArrayInput, WeakScalar } from './types.ts';

export interface ArrayOptions<R extends ArrayDType> {
  /** The element type; by default float64 for numbers, int64 for bigints, bool for booleans. */
  readonly dtype?: R | undefined;
  /** The shape; by default that of the nested lists, one axis for a typed array. One size may be -1. */
  readonly shape?: number | readonly number[] | undefined;
}

export interface AsArrayOptions<R extends ArrayDType> extends ArrayOptions<R> {
  /** `false` wraps the memory of a typed array instead of copying it: call `touch()` after writing to it. */
  readonly copy?: boolean | undefined;
}

export interface DTypeOption<R extends ArrayDType> {
  readonly dtype?: R | undefined;
}

type Data = WeakScalar | ComplexNumber | NestedList | TypedArrayInput | ListOfArrays;

/** What an array holds, in the requested shape. */
function shaped(
  operation: string,
  content: Node | Pair,
  shape: number | readonly number[] | undefined,
): Node | Pair {
  if (shape === undefined) return content;
  return content instanceof Pair
    ? reshapedPair(content, (part) => reshape(part, shape, operation))
    : reshape(content, shape, operation);
}

const dtypeOption = (operation: string, dtype: unknown): DType | undefined =>
  dtype === undefined ? undefined : checkDType(operation, dtype);

const arrayDTypeOption = (operation: string, dtype: unknown): ArrayDType | undefined =>
  dtype === undefined ? undefined : checkArrayDType(operation, dtype);

/**
 * An array with a copy of the data. (An array of lazuli is immutable and is not copied.) A typed array is cast to the dtype
 * like `astype`. Arrays and typed arrays in lists are stacked, in their promoted dtype; pending ones stay pending.
 * Throws `DataError` for ragged or mixed lists, `DTypeError` for list entries that the dtype cannot hold
 * (float16 and float32 round instead), `ShapeError` for arrays in lists that differ in shape, or if `shape` has another size.
 *
 * ```ts
 * console.log(lz.array([[1, 2], [3, 4]]).dtype); // float64
 * console.log(lz.array([1, 2, 3], { dtype: 'int32' }).toString()); // [1 2 3]
 * console.log(lz.array(Float32Array.of(1, 2, 3, 4), { shape: [2, 2] }).toString());
 * // [[1. 2.]
 * //  [3. 4.]]
 * const row = lz.arange(2);
 * console.log(lz.array([row, row.mul(10)]).shape); // [ 2, 2 ]
 * ```
 */
export function array<X extends Data | LazyArray<ArrayDType>, R extends ArrayDType = DTypeOf<X>>(
  values: X,
  options: ArrayOptions<R> = {},
): LazyArray<R> {
  checkOptions('array', options, ['dtype', 'shape']);
  checkCount('array', arguments.length, 2, listOfValues);
  return arrayFrom('array', values, options);
}

const listOfValues = 'write the values as a list: lz.array([1, 2, 3])';

function arrayFrom<R extends ArrayDType>(
  operation: string,
  values: Data | LazyArray<ArrayDType>,
  options: ArrayOptions<R>,
): LazyArray<R> {
  const dtype = arrayDTypeOption(operation, options.dtype);
  if (!(values instanceof LazyArray))
    return new LazyArray(shaped(operation, readContent(operation, values, dtype), options.shape));
  if (options.shape === undefined)
    return (dtype === undefined ? values : values.astype(dtype)) as unknown as LazyArray<R>;
  const content = pairOf(values) ?? nodeOf(values);
  const cast = dtype === undefined ? content : castContent(operation, content, dtype);
  return new LazyArray(shaped(operation, cast, options.shape));
}

function readContent(operation: string, values: Data, dtype: ArrayDType | undefined): Node | Pair {
  if (isComplexDType(dtype)) return readComplex(operation, values, dtype);
  try {
    return readData(operation, values, dtype);
  } catch (error) {
    // Lists are searched for complex numbers only now: those of real numbers are not read twice.
    if (!(error instanceof DataError) || !containsComplex(values)) throw error;
    return castContent(operation, readComplex(operation, values), dtype ?? 'complex128');
  }
}

/** Lists without arrays are read at once. In others, arrays are found only when that fails: most lists have none. */
function readData(operation: string, values: Data, dtype: DType | undefined): Node {
  try {
    return dataNode(readLiteral(operation, values, dtype));
  } catch (error) {
    if (!(error instanceof DataError) || !Array.isArray(values) || !hasArrays(values)) throw error;
  }
  const stacked = stackLists(operation, values);
  return dtype === undefined ? stacked : castTo(stacked, dtype);
}

/**
 * The data as an array, like `array`. With `{ copy: false }` the memory of a typed array is wrapped instead of copied;
 * call `touch()` after writing to it. Throws the errors of `array`, and `OptionError` where `copy: false` is impossible.
 *
 * ```ts
 * const memory = new Float32Array(6);
 * const x = lz.asArray(memory, { copy: false, shape: [2, 3] });
 * console.log(x.dtype, x.shape); // float32 [ 2, 3 ]
 * ```
 */
export function asArray<X extends Data | LazyArray<ArrayDType>, R extends ArrayDType = DTypeOf<X>>(
  values: X,
  options: AsArrayOptions<R> = {},
): LazyArray<R> {
  checkOptions('asArray', options, ['dtype', 'shape', 'copy']);
  checkSwitch('asArray', 'copy', options.copy);
  checkCount('asArray', arguments.length, 2, listOfValues);
  if (options.copy !== false || isArray(values)) return arrayFrom('asArray', values, options);
  const local = fromOtherRealm(values);
  if (local !== undefined) return asArray(local as unknown as X, options);
  if (!isTypedArray(values))
    throw new OptionError('asArray', 'copy: false needs a typed array: lists have to be copied');
  const dtype = dtypeOfTypedArray(values) ?? 'uint8';
  const wanted = arrayDTypeOption('asArray', options.dtype);
  if (wanted !== undefined && partOf(wanted) !== dtype)
    throw new OptionError(
      'asArray',
      `copy: false keeps the dtype ${dtype} of the memory; use astype('${wanted}') on the array`,
    );
  checkMemory('asArray', values);
  const memory =
    values instanceof Uint8ClampedArray
      ? new Uint8Array(values.buffer, values.byteOffset, values.length)
      : values;
  if (isComplexDType(wanted)) {
    checkPairs('asArray', memory);
    const parts = checkSize('asArray', [memory.length / 2, 2]);
    const pair = storedPair(data(wrapSource(memory, parts), dtype, parts), wanted);
    return new LazyArray(shaped('asArray', pair, options.shape));
  }
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
 * A typed array of zeros for the elements of `shape` (bool: a Uint8Array), in WebAssembly memory. Compiled functions
 * write to it (`f.into(out, ...)`) without copying, and kernels read it, or `asArray(out, { copy: false })`, without
 * copying. The memory stays reserved until the typed array and its subarrays are collected; views made from its `buffer`
 * do not keep it. If the host cannot share WebAssembly memory, or the heap (`configure({ heapBytes })`) is full of such
 * arrays, the result is an ordinary typed array, which works the same but is copied.
 *
 * ```ts
 * const scale = lz.compile((x) => x.mul(3));
 * const [input, output] = [lz.allocate('float64', 4), lz.allocate('float64', [2, 2])];
 * input.set([1, 2, 3, 4]);
 * scale.into(output, input);
 * console.log(output.length, output[3]); // 4 12
 * ```
 */
export function allocate<D extends ArrayDType>(dtype: D, shape: number | readonly number[]): TypedArrayOf<D> {
  checkCount('allocate', arguments.length, 2, 'a shape of several axes is a list: [2, 3]');
  const checked = partOf(checkArrayDType('allocate', dtype));
  const sizes = checkShape('allocate', shape);
  const length = sizeOf(checkSize('allocate', isComplexDType(dtype) ? [...sizes, 2] : sizes));
  return (allocateOnHeap(checked, length) ?? allocateOnHost(checked, length, 'allocate')) as TypedArrayOf<D>;
}

/**
 * The same value everywhere. By default a number gives float64, a bigint int64, a boolean bool. Takes up no memory.
 * `lz.full([2], 7).toString()` is `[7. 7.]`.
 */
export function full<V extends WeakScalar | ComplexNumber, R extends ArrayDType = DTypeOf<V>>(
  shape: number | readonly number[],
  value: V,
  options: DTypeOption<R> = {},
): LazyArray<R> {
  const sizes = readShape('full', shape, options, ['dtype'], arguments.length, 3);
  if (isComplexNumber(value) || isComplexDType(options.dtype)) {
    const dtype = arrayDTypeOption('full', options.dtype) ?? 'complex128';
    const one = isComplexNumber(value) ? value : realOf(value);
    if (one !== undefined) return new LazyArray(fullOf('full', one, dtype, sizes));
  }
  if (!isWeakScalar(value))
    throw new DataError(
      'full',
      `the second argument, the value, must be a number, a bigint or a boolean, not ${describe(value)}`,
    );
  const dtype = dtypeOption('full', options.dtype) ?? weakDType(value, undefined);
  return new LazyArray(broadcast(constant(scalarIn('full', value, dtype), dtype), sizes));
}

const realOf = (value: unknown): ComplexNumber | undefined =>
  isWeakScalar(value) ? { re: Number(value), im: 0 } : undefined;

/** One complex number everywhere. */
function fullOf(operation: string, value: ComplexNumber, dtype: ArrayDType, shape: Shape): Node | Pair {
  const pair = complexConstant(value, isComplexDType(dtype) ? dtype : 'complex128');
  return castContent(
    operation,
    pair.map((part) => broadcast(part, shape)),
    dtype,
  );
}

/** Zeros, float64 by default. `lz.zeros([2], { dtype: 'int8' }).toString()` is `[0 0]`. */
export function zeros<R extends ArrayDType = 'float64'>(
  shape: number | readonly number[],
  options: DTypeOption<R> = {},
): LazyArray<R> {
  const sizes = readShape('zeros', shape, options, ['dtype'], arguments.length, 2);
  const dtype = arrayDTypeOption('zeros', options.dtype) ?? 'float64';
  if (isComplexDType(dtype)) return new LazyArray(fullOf('zeros', { re: 0, im: 0 }, dtype, sizes));
  return new LazyArray(broadcast(constantLike(0, dtype), sizes));
}

/** Ones, float64 by default. `lz.ones([2, 2]).sum().item()` is `4`. */
export function ones<R extends ArrayDType = 'float64'>(
  shape: number | readonly number[],
  options: DTypeOption<R> = {},
): LazyArray<R> {
  const sizes = readShape('ones', shape, options, ['dtype'], arguments.length, 2);
  const dtype = arrayDTypeOption('ones', options.dtype) ?? 'float64';
  if (isComplexDType(dtype)) return new LazyArray(fullOf('ones', { re: 1, im: 0 }, dtype, sizes));
  return new LazyArray(broadcast(constantLike(1, dtype), sizes));
}

type RangeDType<V> = V extends bigint ? 'int64' : 'float64';

/**
 * From `start` (inclusive, default 0) to `stop` (exclusive) in increments of `step` (default 1): `arange(stop)`,
 * `arange(start, stop)`, `arange(start, stop, step)`, options last. By default numbers give float64, bigints int64.
 *
 * Element i is `start + i * step`, computed in float64 and rounded to the dtype (exact in integer dtypes). All elements lie
 * before `stop` and before `stop` rounded to the dtype.
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
  if (first === undefined) throw new OptionError('arange', 'needs at least a stop: lz.arange(3)');
  const start = second === undefined ? (typeof first === 'bigint' ? 0n : 0) : first;
  const stop = second ?? first;
  const step = numbers[2] ?? (typeof first === 'bigint' ? 1n : 1);
  const kind =
    typeof step === 'bigint' && typeof stop === 'bigint' && typeof start === 'bigint' ? 'int64' : 'float64';
  const dtype = dtypeOption('arange', options.dtype) ?? kind;
  if (dtype === 'bool') throw new DTypeError('arange', 'makes numbers, not bools; use another dtype');
  return new LazyArray(range('arange', start, stop, step, dtype));
}

function checkEnds(numbers: readonly unknown[]): asserts numbers is readonly (number | bigint)[] {
  for (const value of numbers)
    if (typeof value !== 'number' && typeof value !== 'bigint')
      throw new OptionError(
        'arange',
        `start, stop and step must be numbers or bigints, not ${describe(value)}`,
      );
}

export interface LinspaceOptions<R extends FloatDType> extends DTypeOption<R> {
  /** Whether `stop` is the last value; true by default. */
  readonly endpoint?: boolean | undefined;
}

/**
 * `num` (50) evenly spaced values from `start` to `stop`, which is left out if `endpoint` is false. The ends are exact in
 * the dtype. The values between them are finite and in order at any distance of the ends. Throws `ShapeError` for a `num`
 * that is not a size, `OptionError` for ends that are not finite, `DTypeError` for a dtype that is not a float or cannot
 * hold the ends.
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
      `start and stop must be numbers, not ${describe(typeof start === 'number' ? stop : start)}`,
    );
  checkSwitch('linspace', 'endpoint', options.endpoint);
  const dtype = dtypeOption('linspace', options.dtype) ?? 'float64';
  if (!isFloat(dtype))
    throw new DTypeError('linspace', `makes floats, not ${dtype}; use astype on the result`);
  const [length = 0] = checkSize('linspace', checkShape('linspace', [num]));
  return new LazyArray(spaced('linspace', start, stop, length, options.endpoint ?? true, dtype));
}

/**
 * A matrix of `n` rows and `m` (`n`) columns, with ones on diagonal `k` (0) and zeros elsewhere. Diagonal 0 is the main
 * diagonal; positive `k` lie to its right.
 *
 * ```ts
 * console.log(lz.eye(2, 3, 1).toString());
 * // [[0. 1. 0.]
 * //  [0. 0. 1.]]
 * ```
 */
export function eye<R extends DType = 'float64'>(
  n: number,
  m?: number | null,
  k?: number,
  options?: DTypeOption<R>,
): LazyArray<R>;
export function eye<R extends DType = 'float64'>(
  n: number,
  m: number | null,
  options: DTypeOption<R>,
): LazyArray<R>;
export function eye<R extends DType = 'float64'>(n: number, options: DTypeOption<R>): LazyArray<R>;
export function eye(...args: readonly (number | DTypeOption<DType> | null | undefined)[]): LazyArray {
  const { numbers, options } = readNumbers<DTypeOption<DType>>('eye', args, 3, ['dtype']);
  const [n, columnCount, k = 0] = numbers;
  const m = columnCount ?? n;
  const dtype = dtypeOption('eye', options.dtype) ?? 'float64';
  const [rows = 0, columns = 0] = checkShape('eye', [n, m]);
  // Rows and columns are numbered in int32.
  checkSize('eye', [Math.max(rows, columns)]);
  // All diagonals beyond the corners give zeros only.
  const diagonal = wholeNumber('eye', 'the diagonal k', k, -Infinity, Infinity, ShapeError);
  const offset = Math.min(Math.max(diagonal, -rows), columns);
  const row = expandDims(iota<number>(rows, 'int32'), 1);
  const shifted = offset === 0 ? row : binary('add', row, offset);
  return new LazyArray(castTo(binary('equal', shifted, iota<number>(columns, 'int32')), dtype));
}
