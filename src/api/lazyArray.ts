/**
 * `LazyArray`: an immutable n-dimensional array that computes when it is read.
 *
 * A method makes a node and returns at once; dtypes and shapes are checked then. Reading (`data`, `item`, `toArray`,
 * printing) evaluates the whole expression in as few passes over memory as possible and keeps the values.
 */
import { checkMethodCount, countOf } from '../ir/arguments.ts';
import {
  bytesOf,
  checkArrayDType,
  complexTable,
  isBigint,
  isComplexDType,
  type ArrayDType,
  type DType,
  type ElementOf,
  type TypedArray,
  type TypedArrayOf,
} from '../ir/dtype.ts';
import { DTypeError, MemoryError, ShapeError, TraceError } from '../ir/errors.ts';
import type { Node } from '../ir/node.ts';
import { argumentOrOption } from '../ir/options.ts';
import { formatShape, normalizeAxis } from '../ir/shape.ts';
import {
  checkEvaluateOptions,
  checkReadOptions,
  checkTarget,
  type EvaluateOptions,
} from '../runtime/evaluate/options.ts';
import {
  readCopy,
  readCopyAsync,
  readShared,
  readSharedAsync,
  remotePlaceOf,
} from '../runtime/memory/sources.ts';
import { touchSource } from '../runtime/evaluate/knownValues.ts';
import type { TargetName } from '../runtime/executors/registry.ts';
import { copyToBuffer } from '../runtime/gpu/userBuffers.ts';
import type { Explanation } from '../runtime/explain/explain.ts';
import { inSession } from '../runtime/perSession.ts';
import { AnyArray, nodeFor, nodeOf, pairOf, peekNode, realNodeOf } from './anyArray.ts';
import type { ArrayMethods } from './arrayMethods.ts';
import { bilinear } from './complex/products.ts';
import { isComplex, complexFrom } from './complex/operands.ts';
import { castContent, Pair, reshapedPair } from './complex/pair.ts';
import { clip } from './nodes/elementwise.ts';
import { entriesOf, type IndexSpec } from './nodes/indexEntries.ts';
import { take } from './nodes/join.ts';
import { matmul } from './nodes/product.ts';
import { flip, slice, type SliceSpec } from './nodes/slice.ts';
import { broadcastTo, expandDims, permute, reshape, squeeze, swapLast } from './nodes/view.ts';
import { installElementwise, type Binary, type ElementwiseMethods } from './elementwiseMethods.ts';
import { explain, valuesOf, valuesOfAsync } from './evaluate.ts';
import { boundOf, indicesFrom, nodeFrom } from './operand.ts';
import { printArray, type PrintOptions } from './printing.ts';
import { installReductions, type ReductionMethods } from './reductionMethods.ts';
import { Selection } from './selection.ts';
import type { WebGPUBuffer } from './webgpuTypes.ts';
import type { Axes, AxisOption, Bounded, Nested, Operand } from './types.ts';

export interface ReadOptions extends EvaluateOptions {
  /** `false` returns the storage of the array itself. Do not write to it: other arrays may share it. */
  readonly copy?: boolean;
}

/** The method that Node calls to show an object; browsers do not. */
const inspect = Symbol.for('nodejs.util.inspect.custom');

/** Numbers given one by one or in a list, but not both. */
function listOf(
  operation: string,
  first: number | readonly number[] | undefined,
  rest: readonly number[],
): readonly number[] {
  if (!Array.isArray(first)) return [first as number, ...rest];
  checkMethodCount(operation, 1 + rest.length, 1, 'a list must be the only argument');
  return first as readonly number[];
}

/** The axes of a method that takes them as they are or as `{ axis }`. */
const axisOf = <A>(operation: string, axis: A | AxisOption<A> | undefined): A | undefined =>
  argumentOrOption<A>(operation, 'axis', axis as A | Readonly<Record<string, unknown>> | undefined);

const reversed = (node: Node): Node => permute('T', node, undefined);

/** The element at a position of the values of an array. */
function elementOf(values: TypedArray, dtype: ArrayDType, position: number): unknown {
  if (isComplexDType(dtype))
    return { re: Number(values[2 * position] ?? 0), im: Number(values[2 * position + 1] ?? 0) };
  const value = values[position] ?? 0;
  return dtype === 'bool' ? value === 1 : value;
}

/**
 * A lazy array of dtype `D`. Create one with `lz.array`, `lz.zeros`, `lz.arange` or a similar function.
 *
 * ```ts
 * const x = lz.array([[1, 2, 3], [4, 5, 6]]);
 * const z = x.sub(x.mean(0)).div(x.std(0));
 * console.log(z.shape, z.isEvaluated); // [ 2, 3 ] false
 * console.log(z.toString());
 * // [[-1. -1. -1.]
 * //  [ 1.  1.  1.]]
 * ```
 */
// The interface of the same name adds methods that `install...` puts on the prototype.
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export class LazyArray<D extends ArrayDType = DType> extends AnyArray {
  /** The element type, e.g. `'float64'`. */
  override get dtype(): D {
    return super.dtype as D;
  }

  // -------------------------------------------------------------------------------------------------- views

  /** The array with its elements moved: of complex numbers, the parts in the same way. */
  #moved(move: (node: Node) => Node): LazyArray<D> {
    const node = realNodeOf(this);
    return new LazyArray(node === undefined ? complexFrom('LazyArray', this).map(move) : move(node));
  }

  /** The array with its axes in reverse order, without copying. `lz.arange(6).reshape(2, 3).T.shape` is `[3, 2]`. */
  get T(): LazyArray<D> {
    return this.#moved(reversed);
  }

  /** The array with its last two axes swapped: the transposes of a stack of matrices. `lz.zeros([5, 2, 3]).mT.shape` is `[5, 3, 2]`. */
  get mT(): LazyArray<D> {
    if (this.ndim < 2)
      throw new ShapeError('mT', `an array of shape ${formatShape(this.shape)} has no two axes to swap`);
    return this.#moved(swapLast);
  }

  /** The bytes of one element. `lz.zeros(3).itemsize` is `8`. */
  get itemsize(): number {
    const dtype: ArrayDType = this.dtype;
    return isComplexDType(dtype) ? complexTable[dtype].bytes : bytesOf(dtype);
  }

  /** The bytes of all elements, whether they are in memory or not. `lz.zeros(3).nbytes` is `24`. */
  get nbytes(): number {
    return this.size * this.itemsize;
  }

  /**
   * The same elements, in row-major order, in another shape. One size may be -1 and is then computed. Throws `ShapeError`
   * if the product of the sizes is not the size of the array. `lz.arange(6).reshape(2, -1).shape` is `[2, 3]`.
   */
  reshape(shape: number | readonly number[], ...rest: readonly number[]): LazyArray<D> {
    const sizes = rest.length === 0 ? shape : listOf('reshape', shape, rest);
    const node = realNodeOf(this);
    if (node !== undefined) return new LazyArray(reshape(node, sizes));
    return new LazyArray(reshapedPair(complexFrom('reshape', this), (part) => reshape(part, sizes)));
  }

  /**
   * Axis `k` of the result is axis `axes[k]` of this array. Throws `AxisError` unless each axis is named once.
   * `lz.zeros([2, 3, 4]).permuteDims([2, 0, 1]).shape` is `[4, 2, 3]`.
   */
  permuteDims(axes: number | readonly number[], ...rest: readonly number[]): LazyArray<D> {
    const order = listOf('permuteDims', axes, rest);
    return this.#moved((part) => permute('permuteDims', part, order));
  }

  /** The same as `permuteDims`; reverses all axes if none are given. `lz.zeros([2, 3, 4]).transpose().shape` is `[4, 3, 2]`. */
  transpose(axes?: number | readonly number[], ...rest: readonly number[]): LazyArray<D> {
    const order = axes === undefined && rest.length === 0 ? undefined : listOf('transpose', axes, rest);
    return this.#moved((part) => permute('transpose', part, order));
  }

  /** New axes of size 1, at these positions of the result. Like all methods with an axis it also takes `{ axis }`. `lz.arange(3).expandDims(1).shape` is `[3, 1]`. */
  expandDims(axis: number | readonly number[] | AxisOption<number | readonly number[]>): LazyArray<D> {
    checkMethodCount('expandDims', arguments.length, 1);
    const at = axisOf('expandDims', axis);
    return this.#moved((part) => expandDims(part, at));
  }

  /**
   * The array without the named axes of size 1, by default without all axes of size 1. Throws `ShapeError` if a named axis
   * has another size.
   * `lz.zeros([1, 3, 1]).squeeze(0).shape` is `[3, 1]`.
   */
  squeeze(axis?: Axes | AxisOption): LazyArray<D> {
    checkMethodCount('squeeze', arguments.length, 1);
    const at = axisOf('squeeze', axis) ?? undefined;
    return this.#moved((part) => squeeze(part, at));
  }

  /** The array stretched to `shape`, without copying. Throws `ShapeError` if the shapes do not fit. `lz.arange(3).broadcastTo([2, 3]).shape` is `[2, 3]`. */
  broadcastTo(shape: number | readonly number[]): LazyArray<D> {
    checkMethodCount('broadcastTo', arguments.length, 1, 'write the shape as a list');
    return this.#moved((part) => broadcastTo(part, shape));
  }

  /** The array reversed along the axes, by default along all. `lz.arange(3).flip()` is `[2. 1. 0.]`. */
  flip(axis?: Axes | AxisOption): LazyArray<D> {
    checkMethodCount('flip', arguments.length, 1);
    const at = axisOf('flip', axis) ?? undefined;
    return this.#moved((part) => flip(part, at));
  }

  /**
   * A part of the array, without copying. Each argument selects along one axis: `[start, stop, step]`, a position (which
   * removes the axis), or `null` for the whole axis. NumPy's notation as text works, too. Ranges are clamped to the axis as
   * in Python; a position outside is an `IndexError`.
   * A list is a range: `x.slice([0, 2])` is rows 0 and 1. Rows 0 and 2 are `x.take([0, 2], 0)`.
   *
   * ```ts
   * const x = lz.arange(12).reshape(3, 4);
   * console.log(x.slice(1).toString()); // [4. 5. 6. 7.]
   * console.log(x.slice(null, [null, null, -2]).shape); // [ 3, 2 ]
   * console.log(x.slice('1:, -1').toString()); // [ 7. 11.]
   * ```
   */
  slice(...specs: readonly SliceSpec[]): LazyArray<D> {
    return this.#moved((part) => slice(part, specs));
  }

  /**
   * A part of the array, to be read (`get`) or changed in a copy (`set`, `add`, `multiply`, `min`, `max`): one argument for
   * each axis, as in NumPy's `x[...]`; axes without one are whole. An argument is
   *
   * - a position, which removes the axis, or a range `[start, stop, step]`, as in `slice`;
   * - `null` for a new axis of size 1 (in `slice`, `null` is the whole axis);
   * - an array of integers, or a typed array: the elements at these positions. Several are broadcast together. Their axes
   *   take the place of the first one, or come first where something other than a position is between them;
   * - a mask: an array or list of booleans, of one axis or several: the elements where it holds;
   * - text in NumPy's notation, for one axis or several: `'::2, ..., newaxis, -1'`.
   *
   * A list of numbers is a range, also here; a list of positions is `lz.array([0, 2], { dtype: 'int32' })` or
   * `Int32Array.of(0, 2)`. Throws `IndexError` for positions outside the array and masks of another shape; positions in
   * arrays of lazuli are checked when the result is evaluated, and then the error is that of `take` or `scatter`.
   *
   * ```ts
   * const x = lz.arange(12).reshape(3, 4);
   * console.log(x.at(1, -1).item()); // 7
   * console.log(x.at('::2, 1').toString()); // [1. 9.]
   * console.log(x.at(Int32Array.of(2, 0), [1, 3]).toString());
   * // [[ 9. 10.]
   * //  [ 1.  2.]]
   * console.log(x.at(x.greater(8)).get().sum().item()); // 30
   * console.log(x.at(x.greater(8)).set(0).max().item()); // 8
   * ```
   */
  at(...specs: readonly IndexSpec[]): Selection<D> {
    const content = pairOf(this) ?? nodeOf(this);
    const entries = entriesOf(content instanceof Pair ? content.re : content, specs);
    return new Selection<D>(content, entries, (part) => new LazyArray<D>(part));
  }

  // ------------------------------------------------------------------------------------------------- others

  /**
   * The elements at integer positions along `axis`, by default of the flattened array. The shape of `indices` replaces the
   * axis. Negative positions count from the end. Throws `IndexError` for positions outside the array, `DTypeError` for
   * indices that are not integers: `lz.arange(n)` is float64, so use `lz.arange(n, { dtype: 'int32' })`. `lz.array([10, 20, 30]).take([2, 0])` is `[30. 10.]`.
   */
  take(indices: Operand, axis?: number | null | AxisOption<number | null>): LazyArray<D> {
    checkMethodCount('take', arguments.length, 2, 'write the positions as a list');
    const named = axisOf('take', axis) ?? undefined;
    const along = named === undefined ? undefined : normalizeAxis('take', named, this.ndim);
    const size = along === undefined ? this.size : (this.shape[along] ?? 0);
    const positions = indicesFrom('take', indices, size, along ?? 0);
    return this.#moved((part) => take(part, positions, along));
  }

  /**
   * The matrix product. Stacks of matrices broadcast; a vector is a row on the left and a column on the right.
   * Throws `ShapeError` if the inner sizes differ, `DTypeError` for two bools.
   * `lz.array([[1, 2], [3, 4]]).matmul([1, 1])` is `[3. 7.]`.
   */
  matmul<X extends Operand>(other: X): Binary<'multiply', D, X> {
    checkMethodCount('matmul', arguments.length, 1);
    if (isComplex(this) || isComplex(other)) return new LazyArray(bilinear('matmul', this, other, matmul));
    return new LazyArray(matmul(nodeOf(this), nodeFrom('matmul', other)));
  }

  /**
   * The elements cast to another dtype. Floats to integers truncate toward zero and saturate; integers to integers wrap.
   * Throws `DTypeError` for an unknown dtype. `lz.array([1.7, -1.7]).astype('int32')` is `[ 1 -1]`.
   */
  astype<R extends ArrayDType>(dtype: R): LazyArray<R> {
    checkMethodCount('astype', arguments.length, 1);
    return new LazyArray(
      castContent('astype', pairOf(this) ?? nodeOf(this), checkArrayDType('astype', dtype)),
    );
  }

  /** The elements limited to the range between two bounds, either of which may be missing or `null`. `lz.arange(5).clip(1, 3)` is `[1. 1. 2. 3. 3.]`. */
  clip<L extends Operand | null | undefined = null, H extends Operand | null | undefined = null>(
    min?: L,
    max?: H,
  ): LazyArray<Bounded<Bounded<D, L>, H>> {
    checkMethodCount('clip', arguments.length, 2);
    return new LazyArray(clip(nodeFor('clip', this), boundOf(min), boundOf(max)));
  }

  // ------------------------------------------------------------------------------------------------ reading

  /**
   * Computes the values and resolves to this array, which then holds the values instead of its expression. With
   * `target: 'webgpu'` they are on the GPU, which may still be computing them; `data()` waits and reads.
   * `(await lz.arange(3).add(1).evaluate()).isEvaluated` is `true`.
   */
  async evaluate(options: EvaluateOptions = {}): Promise<this> {
    checkMethodCount('evaluate', arguments.length, 1);
    await inSession(valuesOfAsync('evaluate', this, options));
    return this;
  }

  /** `evaluate` without a promise. `lz.arange(3).add(1).evaluateSync().isEvaluated` is `true`. */
  evaluateSync(options: EvaluateOptions = {}): this {
    checkMethodCount('evaluateSync', arguments.length, 1);
    valuesOf('evaluateSync', this, options);
    return this;
  }

  /**
   * The same array, computed on this target unless an option names another. Expressions built from it are not bound to the
   * target. Throws `OptionError` for a target that is unknown or does not run here (`targetInfo`).
   * `lz.arange(3).exp().on('js').explain().toJSON().plan.target` is `js`.
   */
  on(target: TargetName): LazyArray<D> {
    checkMethodCount('on', arguments.length, 1);
    checkTarget('on', target);
    return new LazyArray(pairOf(this) ?? nodeOf(this), target);
  }

  /**
   * The elements in row-major order as a typed array, a copy unless `{ copy: false }`. bool is a Uint8Array of 0 and 1,
   * 64-bit integers are a BigInt64Array or BigUint64Array, complex numbers their real and imaginary parts by turns. `await lz.arange(3).data()` is `Float64Array(3) [ 0, 1, 2 ]`.
   */
  async data(options: ReadOptions = {}): Promise<TypedArrayOf<D>> {
    checkMethodCount('data', arguments.length, 1);
    const { source } = await inSession(valuesOfAsync('data', this, options, checkReadOptions));
    const values = await inSession(options.copy === false ? readSharedAsync(source) : readCopyAsync(source));
    return values as TypedArrayOf<D>;
  }

  /**
   * The values in a new GPUBuffer of the device that evaluations run on (`await lz.gpuDevice()`), with the usages
   * STORAGE, COPY_SRC and COPY_DST, padded to a multiple of 16 bytes. You own the buffer: destroy it after use.
   * Throws `DeviceError` if there is no GPU, `DTypeError` for a dtype that GPUs lack.
   */
  async toGPUBuffer(options: EvaluateOptions = {}): Promise<WebGPUBuffer> {
    checkMethodCount('toGPUBuffer', arguments.length, 1);
    const { dtype } = peekNode(this);
    if (dtype === 'float64' || dtype === 'int64' || dtype === 'uint64')
      throw new DTypeError(
        'toGPUBuffer',
        `GPUs do not support ${this.dtype}; cast first, as with x.astype('${isComplexDType(this.dtype) ? 'complex64' : 'float32'}')`,
      );
    const { source } = await inSession(valuesOfAsync('toGPUBuffer', this, options));
    return copyToBuffer(source);
  }

  /** `data` without a promise. `lz.array([1, 0]).astype('int8').dataSync()` is `Int8Array(2) [ 1, 0 ]`. */
  dataSync(options: ReadOptions = {}): TypedArrayOf<D> {
    checkMethodCount('dataSync', arguments.length, 1);
    const { source } = valuesOf('dataSync', this, options, checkReadOptions);
    return (options.copy === false ? readShared(source) : readCopy(source)) as TypedArrayOf<D>;
  }

  /**
   * The only element, as a number, a boolean (bool), a bigint (64-bit integers) or `{ re, im }` (complex numbers). Throws `ShapeError` unless the array
   * has exactly one element. `lz.arange(5).sum().item()` is `10`.
   */
  item(options: EvaluateOptions = {}): ElementOf<D> {
    checkMethodCount('item', arguments.length, 1);
    if (this.size !== 1) {
      checkEvaluateOptions('item', options);
      throw new ShapeError(
        'item',
        `the array of shape ${formatShape(this.shape)} has ${countOf(this.size, 'element')}, but item() reads exactly one`,
      );
    }
    const { values } = valuesOf('item', this, options).source;
    return elementOf(values, this.dtype, 0) as ElementOf<D>;
  }

  /** Nested lists of the elements, in the types of `item`. `lz.arange(4).reshape(2, 2).toArray()` is `[[0, 1], [2, 3]]`. */
  toArray(options: EvaluateOptions = {}): Nested<ElementOf<D>> {
    checkMethodCount('toArray', arguments.length, 1);
    const { values } = valuesOf('toArray', this, options).source;
    const { dtype, shape } = this;
    let next = 0;
    const nest = (axis: number): unknown => {
      const size = shape[axis];
      return size === undefined
        ? elementOf(values, dtype, next++)
        : Array.from({ length: size }, () => nest(axis + 1));
    };
    const longest = shape.reduce((most, size) => Math.max(most, size), 0);
    if (longest > maxListLength)
      throw new MemoryError('toArray', `a list of ${longest} elements, ${dtype},`, 8 * this.size);
    return nest(0) as Nested<ElementOf<D>>;
  }

  /**
   * The elements as NumPy prints them. Options: `precision`, `threshold`, `edgeItems`, `lineWidth`, `suppressSmall`; for
   * all arrays, `lz.setPrintOptions`. `lz.array([1, 2.5]).toString()` is `[1.  2.5]`.
   */
  override toString(options?: PrintOptions): string {
    checkMethodCount('toString', arguments.length, 1);
    const { values } = valuesOf('toString', this, {}).source;
    return printArray(values, this.dtype, this.shape, options);
  }

  /**
   * For `JSON.stringify`: the nested lists of `toArray`. JSON has no bigints: 64-bit integers become numbers if all of them
   * are exact as numbers (up to 2^53 - 1); otherwise all become strings. JSON has no NaN or Infinity, and `JSON.stringify`
   * writes them as `null`. `JSON.stringify(lz.array([[1n, 2n]]))` is `[[1,2]]`.
   */
  toJSON(): unknown {
    const dtype: ArrayDType = this.dtype;
    if (isComplexDType(dtype) || !isBigint(dtype)) return this.toArray();
    const { values } = valuesOf('toJSON', this, {}).source;
    const isSafe = values.every((value) => Number.isSafeInteger(Number(value)));
    const convert = isSafe ? Number : String;
    const plain = (entry: unknown): unknown => (Array.isArray(entry) ? entry.map(plain) : convert(entry));
    return plain(this.toArray());
  }

  /** The size of the first axis. Throws `ShapeError` for an array without axes. `lz.zeros([2, 3]).length` is `2`. */
  get length(): number {
    const [first] = this.shape;
    if (first === undefined)
      throw new ShapeError('length', 'an array without axes has no length; its size is 1');
    return first;
  }

  /**
   * The parts along the first axis, `x.slice(0)`, `x.slice(1)`, ...: the rows of a matrix, or the elements of a vector as
   * arrays without axes. They are expressions, so evaluate the array first if it is expensive to compute. Throws
   * `ShapeError` for an array without axes.
   *
   * ```ts
   * for (const row of lz.array([[1, 2], [3, 4]])) console.log(row.toString());
   * // [1. 2.]
   * // [3. 4.]
   * ```
   */
  [Symbol.iterator](): IterableIterator<LazyArray<D>> {
    if (this.ndim === 0)
      throw new ShapeError('iterator', 'an array without axes has no rows; item() reads its value');
    return this.#rows();
  }

  *#rows(): Generator<LazyArray<D>, void, undefined> {
    for (let k = 0; k < this.length; k++) yield this.slice(k);
  }

  /** Text in templates and string functions. Operators are refused: JavaScript cannot apply them to arrays. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === 'string') return this.toString();
    throw new DTypeError(
      'LazyArray',
      'JavaScript operators do not work on arrays; use add, mul, greater, ..., or item() for a single value',
    );
  }

  /** The text of `console.log`: dtype, shape, and the values if they are in memory. It never computes. */
  [inspect](): string {
    const title = `LazyArray(${this.dtype}, ${formatShape(this.shape)})`;
    const node = peekNode(this);
    if (node.kind !== 'data') return `${title} pending`;
    const remote = remotePlaceOf(node.source);
    if (remote !== undefined) return `${title} on ${remote}`;
    const text = printArray(node.source.values, this.dtype, this.shape);
    return text.includes('\n') ? `${title}\n${text}` : `${title} ${text}`;
  }

  /**
   * How the array is, or was, computed, and why. Does not compute it.
   * `lz.arange(3).exp().explain().toJSON().plan.kernels.length` is `1`.
   */
  explain(options: EvaluateOptions = {}): Explanation {
    checkMethodCount('explain', arguments.length, 1);
    return explain(this, options);
  }

  /**
   * Must be called after writing to the memory that this array wraps (`lz.asArray(values, { copy: false })`). Expressions
   * evaluated later use the new values; arrays that already hold values keep them.
   *
   * ```ts
   * const memory = Float64Array.of(1, 2, 3);
   * const x = lz.asArray(memory, { copy: false });
   * console.log(x.sum().item()); // 6
   * memory[0] = 10;
   * x.touch();
   * console.log(x.sum().item()); // 15
   * ```
   */
  touch(): this {
    checkMethodCount('touch', arguments.length, 0);
    const node = peekNode(this);
    if (node.kind !== 'data') throw new TraceError('touch', 'the array is an expression and wraps no memory');
    touchSource(node.source);
    return this;
  }
}

/** The methods that tables define. */
export interface LazyArray<D extends ArrayDType>
  extends ElementwiseMethods<D>, ReductionMethods<D>, ArrayMethods<D> {}

/** The longest list of V8. For longer ones it makes tables of properties, or ends the process. */
const maxListLength = 2 ** 27 - 3;

const wrap = (content: Node | Pair): LazyArray => new LazyArray(content);
installElementwise(LazyArray.prototype, wrap);
installReductions(LazyArray.prototype, wrap);
