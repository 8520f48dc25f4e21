/**
 * Arrays with a mask of missing elements: a layer over two arrays, values and mask, whose expressions fuse with each other.
 * The semantics are those of NumPy's `ma`: a result is missing where an operand is, or where a function has no value for
 * its operands, such as the logarithm of -1; reductions leave missing elements out.
 */
import { checkCount, checkMethodCount } from '../ir/arguments.ts';
import { checkDType, isFloat, type DType, type Scalar } from '../ir/dtype.ts';
import { DataError, ShapeError } from '../ir/errors.ts';
import { constant } from '../ir/node.ts';
import { opRow, scalarOps, type ScalarOp } from '../ir/ops.ts';
import { broadcastShapes, formatShape, sameShape, type Shape } from '../ir/shape.ts';
import { nodeOf } from './anyArray.ts';
import { opAliases } from './elementwiseMethods.ts';
import { broadcast, elementwise, type Input } from './nodes/elementwise.ts';
import { extremeOf } from './nodes/reduce.ts';
import type { SliceSpec } from './nodes/slice.ts';
import { LazyArray } from './lazyArray.ts';
import { inputOf, nodeFrom } from './operand.ts';
import { printMasked, type PrintOptions } from './printing.ts';
import type { Axes, BinaryOp, Operand, UnaryOp } from './types.ts';

/** An operand that may have missing elements. */
export type MaskedOperand = Operand | MaskedArray;

interface Over {
  readonly axis?: Axes | undefined;
}

/** Ops that have no value for some finite operands: there the result is missing. */
const partial: ReadonlySet<ScalarOp> = new Set<ScalarOp>([
  'divide',
  'floorDivide',
  'remainder',
  'pow',
  'sqrt',
  'log',
  'log2',
  'log10',
  'asin',
  'acos',
  'acosh',
  'atanh',
]);

type Names<Op> =
  | Op
  | { [A in keyof typeof opAliases]: (typeof opAliases)[A] extends Op ? A : never }[keyof typeof opAliases];

/** The elementwise methods of arrays. A result is missing where an operand is. */
type Elementwise = { readonly [Op in Names<UnaryOp>]: () => MaskedArray } & {
  readonly [Op in Names<BinaryOp>]: (other: MaskedOperand) => MaskedArray;
};

const inspect = Symbol.for('nodejs.util.inspect.custom');

/** The operand of an op, and where it is missing. */
function read(
  operation: string,
  operand: MaskedOperand,
): readonly [values: Input, mask: LazyArray | undefined] {
  return operand instanceof MaskedArray
    ? [nodeOf(operand.values), operand.mask]
    : [inputOf(operation, operand), undefined];
}

/** Applies an op of the table to values, and to masks what follows for them. */
function apply(op: ScalarOp, operands: readonly MaskedOperand[]): MaskedArray {
  const pairs = operands.map((operand) => read(op, operand));
  const inputs = pairs.map(([values]) => values);
  const values = new LazyArray(elementwise(op, inputs));
  const masks = pairs.flatMap(([, mask]) => (mask === undefined ? [] : [mask]));
  const missing = masks.reduce<LazyArray | undefined>(
    (all, mask) => (all === undefined ? mask : all.logicalOr(mask)),
    undefined,
  );
  const without = partial.has(op) ? lacking(op, values, inputs) : undefined;
  const both = missing === undefined ? without : without === undefined ? missing : missing.logicalOr(without);
  return masked(values, both ?? false);
}

/** Where a partial op has no value: a float that is not finite though the operands are, an integer divided by 0. */
function lacking(op: ScalarOp, values: LazyArray, inputs: readonly Input[]): LazyArray | undefined {
  // Integers have powers of every integer.
  if (op === 'pow' && !isFloat(values.dtype)) return undefined;
  const arrays = inputs.map(
    (input) => new LazyArray(typeof input === 'object' ? input : nodeFrom('masked', input)),
  );
  if (!isFloat(values.dtype)) return (arrays[1] ?? values).equal(0);
  return arrays.reduce((bad, operand) => bad.logicalAnd(operand.isfinite()), values.isfinite().logicalNot());
}

/**
 * An array some of whose elements are missing. Made by `lz.masked`.
 *
 * ```ts
 * const x = lz.masked([1, 2, 4], [false, true, false]);
 * console.log(x.mul(2).toString()); // [2.0 -- 8.0]
 * console.log(x.mean().toString(), x.filled(0).toString()); // 2.5 [1. 0. 4.]
 * ```
 */
// The interface of the same name adds the elementwise methods.
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export class MaskedArray {
  /** The values; missing ones may be anything. */
  readonly values: LazyArray;
  /** Where elements are missing. */
  readonly mask: LazyArray<'bool'>;

  constructor(values: LazyArray, mask: LazyArray<'bool'>) {
    this.values = values;
    this.mask = mask;
  }

  get dtype(): DType {
    return this.values.dtype;
  }
  get shape(): Shape {
    return this.values.shape;
  }
  get ndim(): number {
    return this.values.ndim;
  }
  get size(): number {
    return this.values.size;
  }
  /** The array with its axes in reverse order. */
  get T(): MaskedArray {
    return this.#each((x) => x.T);
  }

  /** The same change of shape, order or selection to values and mask. */
  #each(change: (x: LazyArray) => LazyArray): MaskedArray {
    return new MaskedArray(change(this.values), change(this.mask) as LazyArray<'bool'>);
  }

  /** The same elements in another shape: {@link LazyArray.reshape}. */
  reshape(shape: number | readonly number[], ...rest: readonly number[]): MaskedArray {
    return this.#each((x) => x.reshape(shape, ...rest));
  }
  /** The axes reversed, or in another order: {@link LazyArray.transpose}. */
  transpose(axes?: readonly number[]): MaskedArray {
    return this.#each((x) => (axes === undefined ? x.transpose() : x.transpose(axes)));
  }
  /** A part of the array: {@link LazyArray.slice}. */
  slice(...specs: readonly SliceSpec[]): MaskedArray {
    return this.#each((x) => x.slice(...specs));
  }
  /** The elements at integer positions: {@link LazyArray.take}. */
  take(indices: Operand, axis?: number | null): MaskedArray {
    return this.#each((x) => x.take(indices, axis));
  }
  /** The elements cast to another dtype: {@link LazyArray.astype}. */
  astype(dtype: DType): MaskedArray {
    return new MaskedArray(this.values.astype(checkDType('astype', dtype)), this.mask);
  }

  /** An array with `value` in place of missing elements. */
  filled(value: Operand): LazyArray {
    checkMethodCount('filled', arguments.length, 1);
    return new LazyArray(
      elementwise('where', [nodeOf(this.mask), inputOf('filled', value), nodeOf(this.values)]),
    );
  }

  /** The elements that are there, as one axis. Evaluates the mask at the call. */
  compressed(): LazyArray {
    checkMethodCount('compressed', arguments.length, 0);
    return this.values.at(this.mask.logicalNot()).get();
  }

  /** How many elements are there, over axes; int64. */
  count(axis?: Axes): LazyArray<'int64'> {
    checkMethodCount('count', arguments.length, 1);
    return this.mask.logicalNot().sum<'int64'>(axis);
  }

  /** The elements that take part in a reduction, as its option. */
  #reduced(axis: Axes | undefined, reduce: (where: LazyArray, over: Over) => LazyArray): MaskedArray {
    const over = axis === undefined ? {} : { axis };
    return masked(reduce(this.mask.logicalNot(), over), this.mask.all(over));
  }

  /** The sum of the elements that are there, missing if there are none: {@link LazyArray.sum}. */
  sum(axis?: Axes): MaskedArray {
    return this.#reduced(axis, (where, over) => this.values.sum({ ...over, where }));
  }
  /** The product of the elements that are there: {@link LazyArray.prod}. */
  prod(axis?: Axes): MaskedArray {
    return this.#reduced(axis, (where, over) => this.values.prod({ ...over, where }));
  }
  /** The mean of the elements that are there: {@link LazyArray.mean}. */
  mean(axis?: Axes): MaskedArray {
    return this.#reduced(axis, (where, over) => this.values.mean({ ...over, where }));
  }
  /** The variance of the elements that are there: {@link LazyArray.var}. */
  var(axis?: Axes): MaskedArray {
    return this.#reduced(axis, (where, over) => this.values.var({ ...over, where }));
  }
  /** The standard deviation of the elements that are there: {@link LazyArray.std}. */
  std(axis?: Axes): MaskedArray {
    return this.#reduced(axis, (where, over) => this.values.std({ ...over, where }));
  }
  /** Whether some element that is there is not zero: {@link LazyArray.any}. */
  any(axis?: Axes): MaskedArray {
    return this.#reduced(axis, (where, over) => this.values.any({ ...over, where }));
  }
  /** Whether no element that is there is zero: {@link LazyArray.all}. */
  all(axis?: Axes): MaskedArray {
    return this.#reduced(axis, (where, over) => this.values.all({ ...over, where }));
  }
  /** The smallest element that is there: {@link LazyArray.min}. */
  min(axis?: Axes): MaskedArray {
    return this.#reduced(axis, (_, over) => this.#filledFor('min').min(over));
  }
  /** The largest element that is there: {@link LazyArray.max}. */
  max(axis?: Axes): MaskedArray {
    return this.#reduced(axis, (_, over) => this.#filledFor('max').max(over));
  }
  /** The position of the smallest element that is there: {@link LazyArray.argmin}. */
  argmin(axis?: number | null): LazyArray<'int32'> {
    return this.#filledFor('min').argmin(axis);
  }
  /** The position of the largest element that is there: {@link LazyArray.argmax}. */
  argmax(axis?: number | null): LazyArray<'int32'> {
    return this.#filledFor('max').argmax(axis);
  }

  /** Missing elements as what no extreme is. */
  #filledFor(op: 'min' | 'max'): LazyArray {
    const filler = new LazyArray(constant(extremeOf(op, this.dtype), this.dtype));
    return this.filled(filler);
  }

  /** The only element, or `null` if it is missing. */
  item(): unknown {
    checkMethodCount('item', arguments.length, 0);
    return this.mask.item() ? null : this.values.item();
  }

  /** The elements as NumPy prints masked arrays: `--` is a missing one. */
  toString(options?: PrintOptions): string {
    const [values, mask] = [this.values.dataSync({ copy: false }), this.mask.dataSync({ copy: false })];
    const element = (flat: number): Scalar | undefined =>
      mask[flat] === 0 ? (values[flat] ?? 0) : undefined;
    return printMasked(element, this.dtype, this.shape, options);
  }

  [inspect](): string {
    return `MaskedArray(${this.dtype}, ${formatShape(this.shape)})`;
  }
}

/** The methods that the table of ops defines. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging, @typescript-eslint/no-empty-object-type
export interface MaskedArray extends Elementwise {}

for (const [name, op] of [
  ...scalarOps.map((op): readonly [string, ScalarOp] => [op, op]),
  ...Object.entries(opAliases),
]) {
  const { arity, rule } = opRow(op);
  if (arity > 2 || rule === 'word') continue;
  const value = function (this: MaskedArray, ...others: readonly MaskedOperand[]): MaskedArray {
    checkMethodCount(name, others.length, arity - 1);
    return apply(op, [this, ...others]);
  };
  Object.defineProperty(MaskedArray.prototype, name, { value, writable: true, configurable: true });
}

/**
 * An array whose elements are missing where `mask` holds; the mask broadcasts to the array. Throws `ShapeError` if it does
 * not. `lz.masked([1, 2], [false, true]).toString()` is `[1.0 --]`.
 */
export function masked(values: Operand, mask: Operand): MaskedArray {
  checkCount('masked', arguments.length, 2);
  const node = nodeFrom('masked', values);
  const where = nodeFrom('masked', mask);
  const shape = broadcastShapes('masked', [node.shape, where.shape], () => 'the array and its mask');
  if (!sameShape(shape, node.shape))
    throw new ShapeError(
      'masked',
      `a mask of shape ${formatShape(where.shape)} does not broadcast to an array of shape ${formatShape(node.shape)}`,
    );
  if (where.dtype !== 'bool')
    throw new DataError(
      'masked',
      `the mask must be truth values, not ${where.dtype}; compare first, as with x.less(0)`,
    );
  return new MaskedArray(new LazyArray(node), new LazyArray<'bool'>(broadcast(where, shape)));
}

/** The array with NaN and infinities missing. `lz.maskedInvalid([1, NaN]).toString()` is `[1.0 --]`. */
export function maskedInvalid(values: Operand): MaskedArray {
  checkCount('maskedInvalid', arguments.length, 1);
  const x = new LazyArray(nodeFrom('maskedInvalid', values));
  return masked(x, x.isfinite().logicalNot());
}

/** Whether a value is an array with a mask. `lz.isMasked(lz.masked([1], [true]))` is `true`. */
export function isMasked(value: unknown): value is MaskedArray {
  checkCount('isMasked', arguments.length, 1);
  return value instanceof MaskedArray;
}
