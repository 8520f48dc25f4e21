/**
 * The distinct values of an array, ascending. Each NaN is a value of its own, after all numbers; -0 and 0 are one, as which
 * it occurs first. How many there are depends on the values: they are evaluated and compared by the call, or the caller
 * gives a size and the result is an expression over the sorted elements.
 */
import { checkCount } from '../ir/arguments.ts';
import {
  allocate,
  checkDType,
  isFloat,
  type ArrayDType,
  type DType,
  type Scalar,
  type TypedArray,
} from '../ir/dtype.ts';
import { ShapeError } from '../ir/errors.ts';
import { constant, data, gather, scan, scatter, slice, type Node } from '../ir/node.ts';
import { checkOptions, checkSwitch } from '../ir/options.ts';
import type { Shape } from '../ir/shape.ts';
import { createSource } from '../runtime/memory/sources.ts';
import { isArray, type AnyArray } from './anyArray.ts';
import { valuesForShape } from './evaluate.ts';
import { LazyArray } from './lazyArray.ts';
import { binary, broadcast, castTo, elementwise, unary } from './nodes/elementwise.ts';
import { concat } from './nodes/join.ts';
import { firstPositions } from './nodes/nonzero.ts';
import { callRoutine } from './nodes/routine.ts';
import { flatten, reshapeTo } from './nodes/view.ts';
import { nodeFrom } from './operand.ts';
import { filled, readSize, type GivenSize, type SizeOptions } from './sizes.ts';
import type { DTypeOf, Operand } from './types.ts';

/** The distinct values, and where they are. */
export interface Unique<D extends ArrayDType> {
  /** Ascending. */
  readonly values: LazyArray<D>;
  /** The flat position of the first element of each value, int32. */
  readonly indices: LazyArray<'int32'>;
  /** For each element of the array, in its shape, the position of its value among `values`, int32. */
  readonly inverseIndices: LazyArray<'int32'>;
  /** How often each value occurs, int32. */
  readonly counts: LazyArray<'int32'>;
}

/** The same as nodes. */
interface UniqueNodes {
  readonly values: Node;
  readonly indices: Node;
  readonly inverse: Node;
  readonly counts: Node;
}

const numbers = (values: Int32Array, shape: Shape = [values.length]): Node =>
  data(createSource(values), 'int32', shape);

/** NaN, as the one value that is not equal to itself. */
const isNaNValue = (value: Scalar): boolean => value !== value;

/** Compares the elements. */
function found(values: TypedArray, dtype: DType, shape: Shape, isOneNaN: boolean): UniqueNodes {
  // A map takes -0 for 0.
  const numberOf = new Map<Scalar, number>();
  const first: number[] = [];
  const counts: number[] = [];
  const inverse = new Int32Array(values.length);
  for (let k = 0; k < values.length; k++) {
    const value = values[k] ?? 0;
    const isOwn = !isOneNaN && isNaNValue(value);
    let number = isOwn ? undefined : numberOf.get(value);
    if (number === undefined) {
      number = first.push(k) - 1;
      counts.push(0);
      if (!isOwn) numberOf.set(value, number);
    }
    counts[number] = (counts[number] ?? 0) + 1;
    inverse[k] = number;
  }
  const valueOf = (number: number): Scalar => values[first[number] ?? 0] ?? 0;
  const order = Int32Array.from(first, (_, number) => number).sort((a, b) => {
    const [x, y] = [valueOf(a), valueOf(b)];
    if (x < y) return -1;
    return x > y ? 1 : Number(isNaNValue(x)) - Number(isNaNValue(y)) || a - b;
  });
  const distinct = allocate(dtype, order.length);
  const rank = new Int32Array(order.length);
  order.forEach((number, k) => {
    distinct[k] = valueOf(number);
    rank[number] = k;
  });
  return {
    values: data(createSource(distinct), dtype, [order.length]),
    indices: numbers(order.map((number) => first[number] ?? 0)),
    inverse: numbers(
      inverse.map((number) => rank[number] ?? 0),
      shape,
    ),
    counts: numbers(order.map((number) => counts[number] ?? 0)),
  };
}

/** The same over the sorted elements, as expressions: each value begins where an element differs from the one before it. */
function within(operation: string, node: Node, { size, fill }: GivenSize, isOneNaN: boolean): UniqueNodes {
  const flat = flatten(node);
  const [count = 0] = flat.shape;
  if (count === 0) throw new ShapeError(operation, 'an empty array has no values; leave out the size');
  const [sorted = flat, order = flat] = callRoutine('sortWithPositions', [flat], { operation });
  const one = constant(1, 'int32');
  const part = (from: number): Node => slice(sorted, [count - 1], [from], [1]);
  const differs = binary('notEqual', part(1), part(0));
  // NaN is last: what follows it is NaN.
  const isNext =
    isOneNaN && isFloat(sorted.dtype)
      ? binary('logicalAnd', differs, unary('logicalNot', unary('isnan', part(0))))
      : differs;
  const isNew = concat([reshapeTo(constant(1, 'bool'), [1]), isNext], 0);
  const { positions, isFound } = firstPositions(isNew, size);
  const total = constant(count, 'int32');
  // The next value begins where this one ends; the last found one ends with the array.
  const { positions: more, isFound: hasNext } = firstPositions(isNew, size + 1);
  const ends = slice(elementwise('where', [hasNext, more, total]), [size], [1], [1]);
  const zero = constant(0, 'int32');
  const number = binary('subtract', scan('sum', castTo(isNew, 'int32'), 0, false, 'int32'), one);
  const inverse = scatter('set', broadcast(zero, [count]), [order], number, [0], 'int32');
  const values = gather(sorted, [positions], [0]);
  const least = slice(sorted, [1], [0], [1]);
  return {
    values: filled(operation, values, isFound, fill, reshapeTo(least, [])),
    indices: elementwise('where', [isFound, gather(order, [positions], [0]), zero]),
    inverse: reshapeTo(inverse, node.shape),
    counts: elementwise('where', [isFound, binary('subtract', ends, positions), zero]),
  };
}

/** `others`: the options of `unique`, for which all NaN are one value. */
function uniqueNodes(
  operation: string,
  x: Operand,
  options: SizeOptions,
  others: readonly string[] = [],
): UniqueNodes {
  const given = readSize(operation, options, others);
  const array: AnyArray = isArray(x) ? x : new LazyArray(nodeFrom(operation, x));
  if (given !== undefined) return within(operation, nodeFrom(operation, array), given, others.length > 0);
  return found(
    valuesForShape(operation, array),
    checkDType(operation, array.dtype),
    array.shape,
    others.length > 0,
  );
}

/**
 * The distinct values of an array, ascending, with the first position of each, the number of each, and for each element
 * the position of its value. Each NaN is a value of its own. With `size` nothing is evaluated: the first `size` values, then
 * `fillValue` (the least value), with position and number 0.
 *
 * ```ts
 * const { values, indices, inverseIndices, counts } = lz.uniqueAll([3, 1, 3]);
 * console.log([values, indices, inverseIndices, counts].join(' ')); // [1. 3.] [1 0] [1 0 1] [1 2]
 * ```
 */
export function uniqueAll<X extends Operand>(x: X, options: SizeOptions = {}): Unique<DTypeOf<X>> {
  checkCount('uniqueAll', arguments.length, 2);
  return wrapped(uniqueNodes('uniqueAll', x, options));
}

const wrapped = <D extends ArrayDType>({ values, indices, inverse, counts }: UniqueNodes): Unique<D> => ({
  values: new LazyArray(values),
  indices: new LazyArray(indices),
  inverseIndices: new LazyArray(inverse),
  counts: new LazyArray(counts),
});

/** The distinct values and how often each occurs: {@link uniqueAll}. `lz.uniqueCounts([3, 1, 3]).counts` is `[1 2]`. */
export function uniqueCounts<X extends Operand>(
  x: X,
  options: SizeOptions = {},
): Pick<Unique<DTypeOf<X>>, 'values' | 'counts'> {
  checkCount('uniqueCounts', arguments.length, 2);
  const { values, counts } = wrapped<DTypeOf<X>>(uniqueNodes('uniqueCounts', x, options));
  return { values, counts };
}

/** The distinct values and the position of each element's value among them: {@link uniqueAll}. `lz.uniqueInverse([3, 1, 3]).inverseIndices` is `[1 0 1]`. */
export function uniqueInverse<X extends Operand>(
  x: X,
  options: SizeOptions = {},
): Pick<Unique<DTypeOf<X>>, 'values' | 'inverseIndices'> {
  checkCount('uniqueInverse', arguments.length, 2);
  const { values, inverseIndices } = wrapped<DTypeOf<X>>(uniqueNodes('uniqueInverse', x, options));
  return { values, inverseIndices };
}

/** The distinct values, ascending: {@link uniqueAll}. `lz.uniqueValues([3, 1, 3])` is `[1. 3.]`. */
export function uniqueValues<X extends Operand>(x: X, options: SizeOptions = {}): LazyArray<DTypeOf<X>> {
  checkCount('uniqueValues', arguments.length, 2);
  return new LazyArray(valuesOnly('uniqueValues', x, options));
}

/** Sorting alone is faster than telling where each value is. */
function valuesOnly(operation: string, x: Operand, options: SizeOptions): Node {
  const given = readSize(operation, options);
  if (given !== undefined) return uniqueNodes(operation, x, options).values;
  const array: AnyArray = isArray(x) ? x : new LazyArray(nodeFrom(operation, x));
  const values = valuesForShape(operation, array);
  const sorted = values.slice().sort();
  let count = 0;
  for (let k = 0; k < sorted.length; k++) {
    const value = sorted[k] ?? 0;
    if (k === 0 || value !== sorted[count - 1]) sorted[count++] = value;
  }
  const zero = sorted.subarray(0, count).findIndex((value: Scalar) => value === 0);
  // Of -0 and 0, the one that comes first in the array.
  if (zero >= 0) sorted[zero] = values[values.findIndex((value: Scalar) => value === 0)] ?? 0;
  return data(createSource(sorted.slice(0, count)), checkDType(operation, array.dtype), [count]);
}

export interface UniqueOptions extends SizeOptions {
  readonly returnIndex?: boolean | undefined;
  readonly returnInverse?: boolean | undefined;
  readonly returnCounts?: boolean | undefined;
}

/**
 * The distinct values, ascending, as NumPy's `unique`: with an option `returnIndex`, `returnInverse` or `returnCounts` a
 * list, of the values and what was asked for, in this order. All NaN are one value. {@link uniqueAll} has names for them.
 * `lz.unique([3, 1, 3])` is `[1. 3.]`.
 */
export function unique<X extends Operand>(x: X, options?: SizeOptions): LazyArray<DTypeOf<X>>;
export function unique<X extends Operand>(
  x: X,
  options: UniqueOptions &
    ({ readonly returnIndex: true } | { readonly returnInverse: true } | { readonly returnCounts: true }),
): readonly [values: LazyArray<DTypeOf<X>>, ...others: LazyArray<'int32'>[]];
export function unique<X extends Operand>(
  x: X,
  options: UniqueOptions,
): LazyArray<DTypeOf<X>> | readonly LazyArray[];
export function unique(
  x: Operand,
  options: UniqueOptions = {},
): LazyArray<ArrayDType> | readonly LazyArray<ArrayDType>[] {
  const operation = 'unique';
  checkCount(operation, arguments.length, 2);
  const switches = ['returnIndex', 'returnInverse', 'returnCounts'] as const;
  checkOptions(operation, options, ['size', 'fillValue', ...switches]);
  for (const name of switches) checkSwitch(operation, name, options[name]);
  const { values, indices, inverse, counts } = uniqueNodes(operation, x, options, switches);
  const results = [
    values,
    ...(options.returnIndex === true ? [indices] : []),
    ...(options.returnInverse === true ? [inverse] : []),
    ...(options.returnCounts === true ? [counts] : []),
  ].map((node) => new LazyArray(node));
  const [only] = results;
  return results.length === 1 && only !== undefined ? only : results;
}
