/** Parts along one axis, and positions along axes. */
import { gather, iota, slice, type Node } from '../../ir/node.ts';
import type { DType } from '../../ir/dtype.ts';
import type { Shape } from '../../ir/shape.ts';
import { broadcast, castTo } from './elementwise.ts';
import { permute, reshapeTo } from './view.ts';

/** Elements `start`, `start + step`, ... before `stop` along one axis. Positions are within the axis. */
export function cutAlong(node: Node, axis: number, start: number, stop: number, step = 1): Node {
  const { shape } = node;
  const count = Math.max(0, Math.ceil((stop - start) / step));
  if (start === 0 && step === 1 && count === shape[axis]) return node;
  return slice(
    node,
    shape.with(axis, count),
    shape.map((_, k) => (k === axis && count > 0 ? start : 0)),
    shape.map((_, k) => (k === axis && count > 1 ? step : 1)),
  );
}

/** The elements at one position along an axis, which is gone. */
export const pickAlong = (node: Node, axis: number, position: number): Node =>
  reshapeTo(
    cutAlong(node, axis, position, position + 1),
    node.shape.filter((_, k) => k !== axis),
  );

/** 0, 1, 2, ... along one of `rank` axes, the others of size 1. */
export const positionsAlong = (rank: number, axis: number, size: number, dtype: DType = 'int32'): Node =>
  reshapeTo(
    castTo(iota(size, dtype === 'int64' || dtype === 'float64' ? dtype : 'int32'), dtype),
    Array.from({ length: rank }, (_, k) => (k === axis ? size : 1)),
  );

/** The axis last, the others in order. */
export const toLast = (operation: string, node: Node, axis: number): Node =>
  permute(operation, node, [...node.shape.map((_, k) => k).filter((k) => k !== axis), axis]);

/** The last axis at `axis`, the others in order. */
export function fromLast(operation: string, node: Node, axis: number): Node {
  const last = node.shape.length - 1;
  return permute(
    operation,
    node,
    node.shape.map((_, k) => (k < axis ? k : k === axis ? last : k - 1)),
  );
}

/**
 * Indices along all axes of an array of `shape`: along one of them `positions`, along the others the position of the
 * element itself. All have the shape of the positions, to which the other axes broadcast.
 */
export const indicesAlong = (shape: Shape, axis: number, positions: Node): readonly Node[] =>
  shape.map((size, k) =>
    k === axis ? positions : broadcast(positionsAlong(shape.length, k, size), positions.shape),
  );

/** Per row of the last axis: the elements at positions within the row. Both have the other axes in common. */
export const takeAlongLast = (rows: Node, positions: Node): Node =>
  gather(rows, indicesAlong(rows.shape, rows.shape.length - 1, positions), [...rows.shape.keys()]);
