/**
 * View nodes: other shapes and orders of the same elements, none of which copies.
 */
import { countOf, describe } from '../../ir/arguments.ts';
import { AxisError, ShapeError } from '../../ir/errors.ts';
import { data, permute as permuteNode, reshape as reshapeNode, type Node } from '../../ir/node.ts';
import {
  checkShape,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  reshapeGroups,
  sameShape,
  sizeOf,
  type Shape,
} from '../../ir/shape.ts';
import { broadcast } from './elementwise.ts';

/** A reshape to a shape of equal size. Data in memory need no view: they are row-major already. */
export function reshapeTo(node: Node, shape: Shape): Node {
  if (sameShape(node.shape, shape)) return node;
  if (node.kind === 'data') return data(node.source, node.dtype, shape);
  return reshapeNode(node, shape, reshapeGroups(node.shape, shape));
}

/** One entry of `given` may be -1: it is what the size leaves. */
export function reshape(node: Node, given: number | readonly number[], operation = 'reshape'): Node {
  const list = typeof given === 'number' ? [given] : given;
  const unknown = Array.isArray(list) ? list.indexOf(-1) : -1;
  const shape = checkShape(operation, unknown < 0 ? list : list.map((size) => (size === -1 ? 1 : size)));
  const size = sizeOf(node.shape);
  const known = sizeOf(shape);
  const mismatch = (): ShapeError =>
    new ShapeError(
      operation,
      `cannot reshape ${formatShape(node.shape)}, of size ${size}, into ${formatShape(list)}`,
    );
  if (unknown < 0) {
    if (known !== size) throw mismatch();
    return reshapeTo(node, shape);
  }
  if (list.includes(-1, unknown + 1))
    throw new ShapeError(operation, `only one axis of ${formatShape(list)} may be -1`);
  if (known === 0 ? size !== 0 : size % known !== 0) throw mismatch();
  if (known === 0)
    throw new ShapeError(operation, `-1 in ${formatShape(list)} could be any size: the array is empty`);
  const whole = shape.slice();
  whole[unknown] = size / known;
  return reshapeTo(node, whole);
}

export const flatten = (node: Node): Node => reshapeTo(node, [sizeOf(node.shape)]);

/** Axis `k` of the result is axis `axes[k]` of the input; all axes reversed when none are given. */
export function permute(operation: string, node: Node, axes: readonly number[] | undefined): Node {
  const rank = node.shape.length;
  if (axes !== undefined && !Array.isArray(axes))
    throw new AxisError(operation, `takes a list of axes, got ${describe(axes)}`);
  const order = axes === undefined ? reversedAxes(rank) : orderOf(operation, axes, rank);
  const shape = order.slice();
  let isSame = true;
  for (let k = 0; k < rank; k++) {
    const axis = order[k] ?? k;
    if (axis !== k) isSame = false;
    shape[k] = node.shape[axis] ?? 1;
  }
  return isSame ? node : permuteNode(node, shape, order);
}

/** The axes of each rank the other way round, made once. */
const reversed: (readonly number[])[] = [];

const reversedAxes = (rank: number): readonly number[] =>
  (reversed[rank] ??= Array.from({ length: rank }, (_, k) => rank - 1 - k));

/** Each axis once. */
function orderOf(operation: string, axes: readonly number[], rank: number): readonly number[] {
  const order = axes.slice();
  let isEachOnce = axes.length === rank;
  for (let k = 0; k < axes.length; k++) {
    const axis = normalizeAxis(operation, order[k], rank);
    order[k] = axis;
    if (order.indexOf(axis) < k) isEachOnce = false;
  }
  if (isEachOnce) return order;
  throw new AxisError(
    operation,
    `[${axes.join(', ')}] does not name each axis once; the array has ${countOf(rank, 'axis', 'axes')}`,
  );
}

/** The last two axes swapped. */
export function swapLast(node: Node): Node {
  const rank = node.shape.length;
  const order = node.shape.map((_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
  return permute('matmul', node, order);
}

/** New axes of size 1, at these positions of the result. */
export function expandDims(node: Node, axes: number | readonly number[] | undefined): Node {
  const rank = node.shape.length + (Array.isArray(axes) ? axes.length : 1);
  if (axes === undefined)
    throw new AxisError('expandDims', 'takes the position of the new axis, such as expandDims(0)');
  const places = normalizeAxes('expandDims', axes, rank);
  const sizes = node.shape.values();
  return reshapeTo(
    node,
    Array.from({ length: rank }, (_, axis) => (places.includes(axis) ? 1 : (sizes.next().value ?? 1))),
  );
}

/** Without the named axes, all of which must have size 1; without every axis of size 1 when none are named. */
export function squeeze(node: Node, axes: number | readonly number[] | undefined): Node {
  const { shape } = node;
  if (axes === undefined)
    return reshapeTo(
      node,
      shape.filter((size) => size !== 1),
    );
  const dropped = normalizeAxes('squeeze', axes, shape.length);
  const wide = dropped.find((axis) => shape[axis] !== 1);
  if (wide !== undefined)
    throw new ShapeError(
      'squeeze',
      `axis ${wide} of ${formatShape(shape)} has size ${shape[wide] ?? 0}, only axes of size 1 can go`,
    );
  return reshapeTo(
    node,
    shape.filter((_, axis) => !dropped.includes(axis)),
  );
}

/** The reduced axes put back with size 1. */
export function keepAxes(reduced: Node, shape: Shape, axes: readonly number[]): Node {
  return reshapeTo(
    reduced,
    shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
  );
}

export function broadcastTo(node: Node, target: number | readonly number[]): Node {
  const shape = checkShape('broadcastTo', target);
  const lead = shape.length - node.shape.length;
  const fits = lead >= 0 && node.shape.every((size, axis) => size === 1 || size === shape[lead + axis]);
  if (!fits)
    throw new ShapeError(
      'broadcastTo',
      `${formatShape(node.shape)} does not stretch to ${formatShape(shape)}: aligned from the last axis, each size must be equal or 1`,
    );
  return broadcast(node, shape);
}
