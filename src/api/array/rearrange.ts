/**
 * Axes and elements in another order. All but `roll` are views: they copy nothing.
 */
import { checkCount, describe, wholeNumber } from '../../ir/arguments.ts';
import { AxisError, ShapeError } from '../../ir/errors.ts';
import type { Node } from '../../ir/node.ts';
import { formatShape, normalizeAxis, sizeOf } from '../../ir/shape.ts';
import { readAxes, readWholeNumbers } from '../arguments.ts';
import { eachPart } from '../complex/arrays.ts';
import { isComplex } from '../complex/operands.ts';
import { LazyArray } from '../lazyArray.ts';
import { flip as flipNode } from '../nodes/slice.ts';
import { cutAlong } from '../nodes/along.ts';
import { concat } from '../nodes/join.ts';
import { expandDims, flatten, permute, reshapeTo, swapLast } from '../nodes/view.ts';
import { nodeFrom } from '../operand.ts';
import type { DTypeOf, Operand } from '../types.ts';

/**
 * The axes `source` moved to the positions `destination`; the others keep their order. Throws `AxisError` for axes that
 * do not exist or are named twice. `lz.moveaxis(lz.zeros([2, 3, 4]), 0, -1).shape` is `[3, 4, 2]`.
 */
export function moveaxis<X extends Operand>(
  x: X,
  source: number | readonly number[],
  destination: number | readonly number[],
): LazyArray<DTypeOf<X>> {
  checkCount('moveaxis', arguments.length, 3);
  if (isComplex(x)) return eachPart('moveaxis', x, (part) => moveaxis(part, source, destination));
  const node = nodeFrom('moveaxis', x);
  const rank = node.shape.length;
  const from = readAxes('moveaxis', source, rank);
  const to = readAxes('moveaxis', destination, rank);
  if (from.length !== to.length)
    throw new AxisError('moveaxis', `${from.length} axes cannot move to ${to.length} positions`);
  const others = node.shape.map((_, axis) => axis).filter((axis) => !from.includes(axis));
  const rest = others.values();
  const order = node.shape.map((_, place) => {
    const k = to.indexOf(place);
    return (k < 0 ? rest.next().value : from[k]) ?? 0;
  });
  return new LazyArray(permute('moveaxis', node, order));
}

/** Two axes swapped. Throws `AxisError` for axes that do not exist. `lz.swapaxes(lz.zeros([2, 3, 4]), 0, 2).shape` is `[4, 3, 2]`. */
export function swapaxes<X extends Operand>(x: X, first: number, second: number): LazyArray<DTypeOf<X>> {
  checkCount('swapaxes', arguments.length, 3);
  if (isComplex(x)) return eachPart('swapaxes', x, (part) => swapaxes(part, first, second));
  const node = nodeFrom('swapaxes', x);
  return new LazyArray(swapped('swapaxes', node, first, second));
}

function swapped(operation: string, node: Node, first: number, second: number): Node {
  const rank = node.shape.length;
  const [a, b] = [normalizeAxis(operation, first, rank), normalizeAxis(operation, second, rank)];
  const order = node.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis));
  return permute(operation, node, order);
}

/** The last two axes swapped: the transposes of a stack of matrices. Throws `ShapeError` for fewer than two axes. `lz.matrixTranspose(lz.zeros([5, 2, 3])).shape` is `[5, 3, 2]`. */
export function matrixTranspose<X extends Operand>(x: X): LazyArray<DTypeOf<X>> {
  checkCount('matrixTranspose', arguments.length, 1);
  if (isComplex(x)) return eachPart('matrixTranspose', x, (part) => matrixTranspose(part));
  const node = nodeFrom('matrixTranspose', x);
  if (node.shape.length < 2)
    throw new ShapeError(
      'matrixTranspose',
      `an array of shape ${formatShape(node.shape)} has no two axes to swap`,
    );
  return new LazyArray(swapLast(node));
}

/** The elements in row-major order, as one axis. `lz.ravel([[1, 2], [3, 4]])` is `[1. 2. 3. 4.]`. */
export function ravel<X extends Operand>(x: X): LazyArray<DTypeOf<X>> {
  checkCount('ravel', arguments.length, 1);
  if (isComplex(x)) return eachPart('ravel', x, (part) => ravel(part));
  return new LazyArray(flatten(nodeFrom('ravel', x)));
}

/**
 * The elements shifted along axes by whole numbers; what leaves at one end comes in at the other. Without an axis, of the
 * flattened array. Several axes take as many shifts, or one for all. `lz.roll([1, 2, 3, 4], 1)` is `[4. 1. 2. 3.]`.
 */
export function roll<X extends Operand>(
  x: X,
  shift: number | readonly number[],
  axis?: number | readonly number[] | null,
): LazyArray<DTypeOf<X>> {
  checkCount('roll', arguments.length, 3);
  if (isComplex(x)) return eachPart('roll', x, (part) => roll(part, shift, axis));
  const node = nodeFrom('roll', x);
  const shifts = readWholeNumbers('roll', 'the shift', shift);
  if (axis === undefined || axis === null) {
    const total = shifts.reduce((sum, count) => sum + count, 0);
    return new LazyArray(reshapeTo(rolled(flatten(node), total, 0), node.shape));
  }
  const axes = (Array.isArray(axis) ? (axis as readonly unknown[]) : [axis]).map((one) =>
    normalizeAxis('roll', one, node.shape.length),
  );
  const count = Math.max(axes.length, shifts.length);
  if ((axes.length !== 1 && axes.length !== count) || (shifts.length !== 1 && shifts.length !== count))
    throw new ShapeError('roll', `${shifts.length} shifts do not fit ${axes.length} axes`);
  let result = node;
  for (let k = 0; k < count; k++)
    result = rolled(result, shifts[shifts.length === 1 ? 0 : k] ?? 0, axes[axes.length === 1 ? 0 : k] ?? 0);
  return new LazyArray(result);
}

function rolled(node: Node, shift: number, axis: number): Node {
  const size = node.shape[axis] ?? 0;
  const by = size === 0 ? 0 : ((shift % size) + size) % size;
  if (by === 0) return node;
  return concat([cutAlong(node, axis, size - by, size), cutAlong(node, axis, 0, size - by)], axis);
}

/**
 * The array rotated by `k` quarter turns in the plane of two axes, from the first toward the second. Throws `AxisError`
 * unless two different axes are named. `lz.rot90([[1, 2], [3, 4]])` is `[[2. 4.] [1. 3.]]`.
 */
export function rot90<X extends Operand>(
  x: X,
  k = 1,
  axes: readonly [number, number] = [0, 1],
): LazyArray<DTypeOf<X>> {
  checkCount('rot90', arguments.length, 3);
  if (isComplex(x)) return eachPart('rot90', x, (part) => rot90(part, k, axes));
  const node = nodeFrom('rot90', x);
  wholeNumber('rot90', 'the number of quarter turns', k, -Infinity, Infinity);
  const plane: unknown = axes;
  if (!Array.isArray(plane) || plane.length !== 2)
    throw new AxisError('rot90', `takes two axes, got ${describe(axes)}`);
  const [from = 0, to = 1] = readAxes('rot90', axes, node.shape.length);
  const turns = ((k % 4) + 4) % 4;
  if (turns === 0) return new LazyArray(node);
  if (turns === 2) return new LazyArray(flipNode(node, [from, to]));
  return new LazyArray(
    turns === 1
      ? swapped('rot90', flipNode(node, to), from, to)
      : flipNode(swapped('rot90', node, from, to), to),
  );
}

/** The columns in reverse order: the array reversed along axis 1. `lz.fliplr([[1, 2], [3, 4]])` is `[[2. 1.] [4. 3.]]`. */
export function fliplr<X extends Operand>(x: X): LazyArray<DTypeOf<X>> {
  checkCount('fliplr', arguments.length, 1);
  if (isComplex(x)) return eachPart('fliplr', x, (part) => fliplr(part));
  const node = nodeFrom('fliplr', x);
  return new LazyArray(flipNode(node, normalizeAxis('fliplr', 1, node.shape.length)));
}

/** The rows in reverse order: the array reversed along axis 0. `lz.flipud([[1, 2], [3, 4]])` is `[[3. 4.] [1. 2.]]`. */
export function flipud<X extends Operand>(x: X): LazyArray<DTypeOf<X>> {
  checkCount('flipud', arguments.length, 1);
  if (isComplex(x)) return eachPart('flipud', x, (part) => flipud(part));
  const node = nodeFrom('flipud', x);
  return new LazyArray(flipNode(node, normalizeAxis('flipud', 0, node.shape.length)));
}

/** The array with at least one axis. `lz.atleast1d(5).shape` is `[1]`. */
export function atleast1d<X extends Operand>(x: X): LazyArray<DTypeOf<X>> {
  checkCount('atleast1d', arguments.length, 1);
  if (isComplex(x)) return eachPart('atleast1d', x, (part) => atleast1d(part));
  const node = nodeFrom('atleast1d', x);
  return new LazyArray(node.shape.length === 0 ? reshapeTo(node, [1]) : node);
}

/** The array with at least two axes: a vector is a row. `lz.atleast2d([1, 2]).shape` is `[1, 2]`. */
export function atleast2d<X extends Operand>(x: X): LazyArray<DTypeOf<X>> {
  checkCount('atleast2d', arguments.length, 1);
  if (isComplex(x)) return eachPart('atleast2d', x, (part) => atleast2d(part));
  const node = nodeFrom('atleast2d', x);
  const { shape } = node;
  return new LazyArray(shape.length < 2 ? reshapeTo(node, [1, shape[0] ?? 1]) : node);
}

/** The array with at least three axes, as NumPy adds them: a vector becomes `[1, n, 1]`, a matrix `[m, n, 1]`. `lz.atleast3d([1, 2]).shape` is `[1, 2, 1]`. */
export function atleast3d<X extends Operand>(x: X): LazyArray<DTypeOf<X>> {
  checkCount('atleast3d', arguments.length, 1);
  if (isComplex(x)) return eachPart('atleast3d', x, (part) => atleast3d(part));
  const node = nodeFrom('atleast3d', x);
  const { shape } = node;
  if (shape.length >= 3) return new LazyArray(node);
  return new LazyArray(shape.length === 2 ? expandDims(node, 2) : reshapeTo(node, [1, sizeOf(shape), 1]));
}
