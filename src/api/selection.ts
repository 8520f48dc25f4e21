/**
 * What `x.at(...)` gives: a part of an array, to be read, or to be changed in a copy of the array.
 *
 * It is not an array itself, because its updates (`add`, `multiply`, `min`, `max`) have the names of methods of arrays that
 * mean something else: `x.at(0).add(1)` cannot be both the row plus 1 and the array with 1 added to the row. As in JAX,
 * `get()` says that the part is meant, and reading methods without such a double are here, too.
 */
import { checkMethodCount } from '../ir/arguments.ts';
import type { ArrayDType, DType, ElementOf } from '../ir/dtype.ts';
import { constant, type Node } from '../ir/node.ts';
import type { Shape } from '../ir/shape.ts';
import type { EvaluateOptions } from '../runtime/evaluate/options.ts';
import { isArray, nodeFor, refuseComplex } from './anyArray.ts';
import { complexFrom } from './complex/operands.ts';
import { castPair, mapParts, Pair } from './complex/pair.ts';
import type { LazyArray } from './lazyArray.ts';
import { isTypedArray, isWeakScalar, readLiteral } from './literal.ts';
import { fittingDType, selected, selectedWithin, updated, type UpdateOp } from './nodes/at.ts';
import type { IndexEntry } from './nodes/indexEntries.ts';
import { scalarIn } from './nodes/elementwise.ts';
import { dataNode } from './operand.ts';
import { filled, readSize, type SizeOptions } from './sizes.ts';
import type { Nested, Operand } from './types.ts';

/** The method that Node calls to show an object; browsers do not. */
const inspect = Symbol.for('nodejs.util.inspect.custom');

/**
 * A part of an array: see {@link LazyArray.at}.
 *
 * ```ts
 * const x = lz.zeros([2, 3]);
 * console.log(x.at(0, '1:').set([5, 6]).toString());
 * // [[0. 5. 6.]
 * //  [0. 0. 0.]]
 * console.log(x.at(0).get().add(1).toString()); // [1. 1. 1.]
 * ```
 */
export class Selection<D extends ArrayDType = DType> {
  readonly #content: Node | Pair;
  readonly #entries: readonly IndexEntry[];
  readonly #wrap: (content: Node | Pair) => LazyArray<D>;
  #part: LazyArray<D> | undefined;

  constructor(
    content: Node | Pair,
    entries: readonly IndexEntry[],
    wrap: (content: Node | Pair) => LazyArray<D>,
  ) {
    this.#content = content;
    this.#entries = entries;
    this.#wrap = wrap;
  }

  /**
   * The selected elements. Positions, ranges and new axes make a view; arrays of positions are read when the result is
   * evaluated; masks are evaluated at once, because the shape depends on them: a `TraceError` in a function that
   * `compile` traces. With `size` the mask is not evaluated: the first `size` elements, then `fillValue` (0).
   * `lz.array([1, 5, 9]).at([0, 2]).get()` is `[1. 5.]`, and
   * `lz.array([1, 5, 9]).at([true, false, true]).get({ size: 3, fillValue: -1 })` is `[ 1.  9. -1.]`.
   */
  get(options: SizeOptions = {}): LazyArray<D> {
    checkMethodCount('get', arguments.length, 1);
    const given = readSize('get', options);
    if (given !== undefined) {
      if (this.#content instanceof Pair) throw refuseComplex('get', this.#content.dtype);
      const { part, isFound } = selectedWithin(this.#content, this.#entries, given.size);
      return this.#wrap(filled('get', part, isFound, given.fill));
    }
    return (this.#part ??= this.#wrap(mapParts(this.#content, (part) => selected(part, this.#entries))));
  }

  /** The shape of the selected part. `lz.zeros([2, 3]).at(null, 0).shape` is `[1, 3]`. */
  get shape(): Shape {
    return this.get().shape;
  }

  /** The element type of the array. `lz.zeros(3).at(0).dtype` is `float64`. */
  get dtype(): D {
    return this.#content.dtype as D;
  }

  /**
   * The array with the selected elements replaced by `values`, which broadcast to the selection. Where an element is
   * selected several times, the last value wins, in row-major order. Throws `ShapeError` for values that do not fit,
   * `DTypeError` for values that the dtype of the array cannot hold. `lz.arange(4).at('::2').set([7, 8])` is `[7. 1. 8. 3.]`.
   */
  set(values: Operand): LazyArray<D> {
    checkMethodCount('set', arguments.length, 1);
    return this.#updated('set', values);
  }

  /**
   * The array with `values` added to the selected elements. An element that is selected several times takes all values,
   * one after the other in row-major order, so that the bits are the same on every target and number of threads.
   * `lz.zeros(3).at(Int32Array.of(0, 2, 2)).add(1)` is `[1. 0. 2.]`.
   */
  add(values: Operand): LazyArray<D> {
    checkMethodCount('add', arguments.length, 1);
    return this.#updated('add', values);
  }

  /** The array with the selected elements multiplied by `values`, as `add` adds them. `lz.ones(3).at(1).multiply(5)` is `[1. 5. 1.]`. */
  multiply(values: Operand): LazyArray<D> {
    checkMethodCount('multiply', arguments.length, 1);
    return this.#updated('multiply', values);
  }

  /** The array with the smaller of each selected element and `values`; NaN if either is NaN. `lz.arange(4).at('1:').min(2)` is `[0. 1. 2. 2.]`. */
  min(values: Operand): LazyArray<D> {
    checkMethodCount('min', arguments.length, 1, 'to reduce the selected elements write get().min()');
    return this.#updated('min', values);
  }

  /** The array with the larger of each selected element and `values`; NaN if either is NaN. `lz.arange(4).at(':3').max(1)` is `[1. 1. 2. 3.]`. */
  max(values: Operand): LazyArray<D> {
    checkMethodCount('max', arguments.length, 1, 'to reduce the selected elements write get().max()');
    return this.#updated('max', values);
  }

  #updated(op: UpdateOp, values: Operand): LazyArray<D> {
    const content = this.#content;
    if (!(content instanceof Pair))
      return this.#wrap(updated(op, content, this.#entries, valuesIn(op, values, content.dtype)));
    if (op !== 'set' && op !== 'add') throw refuseComplex(op, content.dtype);
    const { re, im } = castPair(complexFrom(op, values), content.dtype);
    const part = (of: Node, by: Node): Node => updated(op, of, this.#entries, by);
    return this.#wrap(new Pair(content.dtype, part(content.re, re), part(content.im, im)));
  }

  /** The only element of the selection: {@link LazyArray.item}. `lz.array([[1, 2], [3, 4]]).at(1, 0).item()` is `3`. */
  item(options: EvaluateOptions = {}): ElementOf<D> {
    checkMethodCount('item', arguments.length, 1);
    return this.get().item(options);
  }

  /** Nested lists of the selected elements: {@link LazyArray.toArray}. `lz.arange(4).at('1::2').toArray()` is `[1, 3]`. */
  toArray(options: EvaluateOptions = {}): Nested<ElementOf<D>> {
    checkMethodCount('toArray', arguments.length, 1);
    return this.get().toArray(options);
  }

  /** The selected elements as text. `lz.arange(4).at(-1).toString()` is `3.0`. */
  toString(): string {
    checkMethodCount('toString', arguments.length, 0);
    return this.get().toString();
  }

  /** For `JSON.stringify`: {@link LazyArray.toJSON}. `JSON.stringify(lz.arange(3).at('1:'))` is `[1,2]`. */
  toJSON(): unknown {
    return this.get().toJSON();
  }

  /** The text of `console.log`. It never computes. */
  [inspect](): string {
    return `Selection of LazyArray(${this.#content.dtype}): get() reads it, set(), add(), multiply(), min() and max() change it`;
  }
}

/** Values for elements of this dtype: numbers and lists are read in it. */
export function valuesIn(operation: string, values: Operand, dtype: DType): Node {
  if (isArray(values)) return nodeFor(operation, values);
  if (isWeakScalar(values)) return constant(scalarIn(operation, values, dtype), dtype);
  return dataNode(readLiteral(operation, values, isTypedArray(values) ? undefined : dtype));
}

/** The same, of arrays too, which the dtype has to hold. */
export const valuesFitting = (operation: string, values: Operand, dtype: DType): Node =>
  fittingDType(operation, { dtype }, valuesIn(operation, values, dtype));
