/**
 * Functions that find positions. How many there are may depend on the values: then the call evaluates its arguments, or
 * is given a size and is as lazy as any other.
 */
import { checkCount } from '../ir/arguments.ts';
import { indexDType, isFloat, isInteger, type DType } from '../ir/dtype.ts';
import { DTypeError, ShapeError } from '../ir/errors.ts';
import type { Node } from '../ir/node.ts';
import { checkChoice, checkOptions, checkSwitch } from '../ir/options.ts';
import { formatShape, sameShape, sizeOf } from '../ir/shape.ts';
import { isArray, type AnyArray } from './anyArray.ts';
import { valuesForShape } from './evaluate.ts';
import { LazyArray } from './lazyArray.ts';
import { gatherAlong } from './nodes/positions.ts';
import { binary, castTo, elementwise, promoteNodes, unary, constantLike } from './nodes/elementwise.ts';
import { stack } from './nodes/join.ts';
import { positionsOfTrue, truth } from './nodes/nonzero.ts';
import { fold } from './nodes/reduce.ts';
import { routineResult } from './nodes/routine.ts';
import { isAmong, searchSorted, type Side } from './nodes/search.ts';
import { flip } from './nodes/slice.ts';
import { flatten, reshapeTo } from './nodes/view.ts';
import { positionsWithin, readSize, type SizeOptions } from './sizes.ts';
import { indicesFrom, nodeFrom } from './operand.ts';
import { settingsOf } from './settings.ts';
import type { Axes, Operand } from './types.ts';

const wrap = <D extends DType>(node: Node): LazyArray<D> => new LazyArray<D>(node);

// -------------------------------------------------------------------------------------------- what is not zero

/** The operand, as an array that keeps its values once evaluated. */
const arrayOf = (operation: string, x: Operand): AnyArray =>
  isArray(x) ? x : new LazyArray(nodeFrom(operation, x));

/**
 * The positions of the elements that are not zero, in row-major order: one int32 array for each axis. NaN is not zero.
 * The array is evaluated, for the number of positions depends on its values. With `size` nothing is: the first `size`
 * positions, then `fillValue` (0) if there are fewer. Throws `ShapeError` for an array without axes.
 *
 * ```ts
 * const [rows, columns] = lz.nonzero([[0, 3], [4, 0]]);
 * console.log(String(rows), String(columns)); // [0 1] [1 0]
 * console.log(String(lz.nonzero([0, 3, 4], { size: 3, fillValue: -1 })[0])); // [ 1  2 -1]
 * ```
 */
export function nonzero(x: Operand, options: SizeOptions = {}): readonly LazyArray<'int32'>[] {
  checkCount('nonzero', arguments.length, 2);
  return positionsIn('nonzero', x, options).map((node) => wrap<'int32'>(node));
}

function positionsIn(operation: string, x: Operand, options: SizeOptions): readonly Node[] {
  const given = readSize(operation, options);
  const array = arrayOf(operation, x);
  const { shape } = array;
  if (shape.length === 0)
    throw new ShapeError(operation, 'an array without axes has no positions; reshape it to [1]');
  if (given === undefined) return positionsOfTrue(shape, valuesForShape(operation, array));
  return positionsWithin(operation, truth(nodeFrom(operation, array)), given).axes;
}

/** The positions of the elements that are not zero in the flattened array: {@link nonzero}. `lz.flatnonzero([[0, 3], [4, 0]])` is `[1 2]`. */
export function flatnonzero(x: Operand, options: SizeOptions = {}): LazyArray<'int32'> {
  checkCount('flatnonzero', arguments.length, 2);
  const array = arrayOf('flatnonzero', x);
  const [positions] = positionsIn('flatnonzero', flatOf(array), options);
  return wrap(positions ?? flatten(nodeFrom('flatnonzero', x)));
}

const flatOf = (array: AnyArray): Operand =>
  array.ndim === 1 ? array : new LazyArray(flatten(nodeFrom('reshape', array)));

/** The positions of the elements that are not zero, a row for each: {@link nonzero}. `lz.argwhere([[0, 3], [4, 0]])` is `[[0 1] [1 0]]`. */
export function argwhere(x: Operand, options: SizeOptions = {}): LazyArray<'int32'> {
  checkCount('argwhere', arguments.length, 2);
  return wrap(stack(positionsIn('argwhere', x, options), 1));
}

export interface CountOptions {
  readonly axis?: Axes | undefined;
  readonly keepdims?: boolean | undefined;
}

/**
 * How many elements are not zero, over axes (all), int32. NaN is not zero. Throws `AxisError` for an axis that does not
 * exist. `lz.countNonzero([[0, 3], [4, 5]], 1)` is `[1 2]`.
 */
export function countNonzero(
  x: Operand,
  axis?: Axes | CountOptions,
  options?: CountOptions,
): LazyArray<'int32'> {
  const operation = 'countNonzero';
  checkCount(operation, arguments.length, 3);
  const settings = settingsOf<CountOptions>(operation, axis, options, ['axis', 'keepdims']);
  checkSwitch(operation, 'keepdims', settings.keepdims);
  const node = truth(nodeFrom(operation, x));
  const dtype = indexDType(sizeOf(node.shape));
  return wrap(fold('sum', node, { ...settings, dtype }));
}

// ---------------------------------------------------------------------------------------------------- searches

export interface SearchOptions {
  /** `'left'` (default): before equal elements; `'right'`: after them. */
  readonly side?: Side | undefined;
  /** Positions that sort `x1`, which then need not be sorted itself. */
  readonly sorter?: Operand | undefined;
}

/**
 * Where each value of `x2` would go in `x1`, which has one axis and is sorted: the number of elements that are less, with
 * side `'right'` also those that are equal. NaN is the greatest, and equal to NaN. The result is int32 and has the shape
 * of `x2`. A search is log2(n) reads in the kernel of the values that are searched for. Throws `ShapeError` unless `x1`
 * has one axis. `lz.searchsorted([1, 3, 3, 7], [3, 8])` is `[1 4]`.
 */
export function searchsorted(x1: Operand, x2: Operand, options: SearchOptions = {}): LazyArray<'int32'> {
  const operation = 'searchsorted';
  checkCount(operation, arguments.length, 3);
  checkOptions(operation, options, ['side', 'sorter']);
  const { side = 'left', sorter } = options;
  checkChoice(operation, 'side', side, ['left', 'right']);
  const list = listOf(operation, 'x1', x1);
  const sorted = sorter === undefined ? list : sortedBy(operation, list, sorter);
  return wrap(searchSorted(sorted, nodeFrom(operation, x2), side));
}

function sortedBy(operation: string, list: Node, sorter: Operand): Node {
  const order = indicesFrom(operation, sorter, list.shape[0] ?? 0, 0);
  if (sameShape(order.shape, list.shape)) return gatherAlong(operation, list, new LazyArray(order), 0);
  throw new ShapeError(
    operation,
    `the sorter has shape ${formatShape(order.shape)}, but one position for each element of x1, of shape ${formatShape(list.shape)}`,
  );
}

function listOf(operation: string, name: string, x: Operand): Node {
  const node = nodeFrom(operation, x);
  if (node.shape.length === 1) return node;
  throw new ShapeError(operation, `${name} must have one axis, but has shape ${formatShape(node.shape)}`);
}

export interface DigitizeOptions {
  /** Whether bins contain their upper edge instead of their lower one. */
  readonly right?: boolean | undefined;
}

/**
 * The number of the bin that each value falls into. `bins` are edges, ascending or descending: value `v` is in bin `i` if
 * `bins[i-1] <= v < bins[i]` (`right`: `bins[i-1] < v <= bins[i]`). 0 and `bins.length` are outside of all bins. int32, in
 * the shape of `x`. Throws `ShapeError` unless `bins` has one axis. `lz.digitize([0.2, 6.4, 3], [0, 1, 2.5, 4])` is `[1 4 3]`.
 */
export function digitize(x: Operand, bins: Operand, options: DigitizeOptions = {}): LazyArray<'int32'> {
  const operation = 'digitize';
  checkCount(operation, arguments.length, 3);
  checkOptions(operation, options, ['right']);
  checkSwitch(operation, 'right', options.right);
  const edges = listOf(operation, 'bins', bins);
  const [count = 0] = edges.shape;
  const values = nodeFrom(operation, x);
  const side = options.right === true ? 'left' : 'right';
  if (count < 2) return wrap(searchSorted(edges, values, side));
  const ends = [0, count - 1].map((k) => reshapeTo(gatherAlong(operation, edges, [k], 0), []));
  const [first = edges, last = edges] = ends;
  const isDescending = binary('greater', first, last);
  const ascending = elementwise('where', [isDescending, flip(edges, undefined), edges]);
  // Seen from the other end, an edge belongs to the other side.
  const found = searchSorted(ascending, values, side);
  const opposite = binary('subtract', constantLike(count, 'int32'), found);
  return wrap(elementwise('where', [isDescending, opposite, found]));
}

export interface IsInOptions {
  /** Whether to test for absence. */
  readonly invert?: boolean | undefined;
}

/** Beyond this number, values to compare with are sorted and searched. */
const fewValues = 32;

/**
 * Whether each element of `x1` is among those of `x2`, a bool array of the shape of `x1`. NaN is not among any.
 * `lz.isin([1, 2, 3], [3, 1])` is `[ True False  True]`.
 */
export function isin(x1: Operand, x2: Operand, options: IsInOptions = {}): LazyArray<'bool'> {
  const operation = 'isin';
  checkCount(operation, arguments.length, 3);
  checkOptions(operation, options, ['invert']);
  checkSwitch(operation, 'invert', options.invert);
  const [left, right] = [nodeFrom(operation, x1), flatten(nodeFrom(operation, x2))];
  const [count = 0] = right.shape;
  let found: Node;
  if (count > 0 && count <= fewValues) {
    const beside = reshapeTo(left, [...left.shape, 1]);
    found = fold('any', binary('equal', beside, right), { axis: -1 });
  } else {
    const dtype = promoteNodes([left, right]) ?? left.dtype;
    if (isFloat(dtype) && isInteger(left.dtype) && isInteger(right.dtype))
      throw new DTypeError(
        operation,
        `no dtype holds all values of ${left.dtype} and ${right.dtype}; cast one of them with astype`,
      );
    const sorted = routineResult('sort', [castTo(right, dtype)], { operation });
    found = isAmong(sorted, castTo(left, dtype));
  }
  return wrap(options.invert === true ? unary('logicalNot', found) : found);
}
