/**
 * Nodes made with the least ceremony that keeps their invariants: operands are cast to the dtype they meet in and
 * broadcast to one shape; float16 is cast on both sides of what computes. Nothing is simplified on the way (no constant is cast at once, no identity view left out),
 * so that tests can write the graphs the passes are there to improve.
 */
import {
  computeDType,
  dtypeOfTypedArray,
  isFloat,
  kindOf,
  promotion,
  type DType,
  type Scalar,
  type TypedArray,
} from '../../src/ir/dtype.ts';
import * as n from '../../src/ir/node.ts';
import type { Node } from '../../src/ir/node.ts';
import { isArg, ofBool, type Reduction } from '../../src/ir/monoids.ts';
import type { ScatterOp } from '../../src/ir/scatter.ts';
import { opRow, opTypes, type ScalarOp } from '../../src/ir/ops.ts';
import { broadcastShapes, indexedShape, reshapeGroups, sameShape, type Shape } from '../../src/ir/shape.ts';

let sources = 0;

/** An array in memory; a Uint8Array is uint8 unless `dtype` says bool. */
export const data = (
  values: TypedArray,
  shape: Shape = [values.length],
  dtype: DType = dtypeOfTypedArray(values) ?? 'uint8',
): Node => n.data({ id: ++sources, version: 0, values }, dtype, shape);

export const constant = (value: Scalar, dtype: DType): Node => n.constant(value, dtype);
export const iota = (length: number, dtype: DType): Node => n.iota(length, dtype);
export const cast = (node: Node, dtype: DType): Node => n.cast(node, dtype);

export const broadcast = (node: Node, shape: Shape): Node => n.broadcast(node, shape);
const stretch = (node: Node, shape: Shape): Node =>
  node.shape.length === 0 || sameShape(node.shape, shape) ? node : broadcast(node, shape);

/** A scalar op on operands of any dtypes and shapes that fit. */
export function apply(op: ScalarOp, ...inputs: readonly Node[]): Node {
  const { operand, result } = opTypes(
    op,
    inputs.map((input) => input.dtype),
  );
  const shape = broadcastShapes(
    op,
    inputs.map((input) => input.shape),
  );
  const selects = opRow(op).rule === 'select';
  const computed = computeDType(operand);
  const operands = inputs.map((input, k) =>
    stretch(
      cast(cast(input, selects && k === 0 ? 'bool' : operand), selects && k === 0 ? 'bool' : computed),
      shape,
    ),
  );
  return cast(n.map(op, computeDType(result), shape, operands), result);
}

export const reshape = (node: Node, shape: Shape): Node =>
  n.reshape(node, shape, reshapeGroups(node.shape, shape));

export const permute = (node: Node, axes: readonly number[]): Node =>
  n.permute(
    node,
    axes.map((axis) => node.shape[axis] ?? 1),
    axes,
  );

export interface Range {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

export const slice = (node: Node, ranges: readonly Range[]): Node =>
  n.slice(
    node,
    ranges.map(({ count }) => count),
    ranges.map(({ start }) => start),
    ranges.map(({ step }) => step),
  );

/** Axis `k` grows by `before[k]` elements at its start and `after[k]` at its end; negative numbers cut off. */
export const pad = (node: Node, before: readonly number[], after: readonly number[], fill: Node): Node =>
  n.pad(
    node,
    cast(fill, node.dtype),
    node.shape.map((size, k) => Math.max(0, size + (before[k] ?? 0) + (after[k] ?? 0))),
    before,
  );

/** As many windows of `length` elements as fit. */
export function window(node: Node, axis: number, length: number, step = 1, dilation = 1): Node {
  const last = (node.shape[axis] ?? 0) - 1 - (length - 1) * dilation;
  const count = last < 0 ? 0 : 1 + Math.floor(last / step);
  return n.window(node, axis, [...node.shape.with(axis, count), length], [step, dilation]);
}

/** All axes turned round. */
export const flip = (node: Node): Node =>
  slice(
    node,
    node.shape.map((size) => ({ start: Math.max(0, size - 1), step: size > 1 ? -1 : 1, count: size })),
  );

/** The last two axes swapped. */
export const transpose = (node: Node): Node => {
  const rank = node.shape.length;
  return permute(
    node,
    node.shape.map((_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis)),
  );
};

/** The dtype sums of `dtype` are kept in. */
export const sumDType = (dtype: DType): DType =>
  isFloat(dtype) ? dtype : kindOf(dtype) === 'uint' ? 'uint64' : 'int64';

/** A reduction, in `dtype`. */
export const reduce = (op: Reduction, node: Node, axes: readonly number[], dtype: DType = node.dtype): Node =>
  cast(n.reduce(op, cast(node, computeDType(dtype)), axes, computeDType(dtype)), dtype);

export const argReduce = (op: 'argmin' | 'argmax', node: Node, axis: number): Node =>
  n.reduce(op, cast(node, computeDType(node.dtype)), [axis], 'int32');

/** Of elements in their own dtype. */
export function scan(op: Reduction, node: Node, axis: number, exclusive: boolean): Node {
  const dtype = computeDType(node.dtype);
  const result = isArg(op) ? 'int32' : dtype;
  const row = dtype === 'bool' ? ofBool(op) : op;
  return cast(n.scan(row, cast(node, dtype), axis, exclusive, result), isArg(op) ? result : node.dtype);
}

export function concat(nodes: readonly Node[], axis: number): Node {
  const dtype = nodes.map((node) => node.dtype).reduce((a, b) => promotion[a][b]);
  const [first] = nodes;
  const length = nodes.reduce((sum, node) => sum + (node.shape[axis] ?? 0), 0);
  return n.concat(
    nodes.map((node) => cast(node, dtype)),
    axis,
    dtype,
    (first?.shape ?? []).with(axis, length),
  );
}

export const gather = (node: Node, indices: Node, axis: number): Node => n.gather(node, [indices], [axis]);

/** At indices of one shape, one for each axis. */
export const gatherAll = (node: Node, indices: readonly Node[], axes: readonly number[]): Node =>
  n.gather(node, indices, axes);

/** Updates that broadcast to the shape they need, in the dtype of the base. */
export const scatter = (op: ScatterOp, base: Node, indices: Node, updates: Node, axis: number): Node =>
  scatterAll(op, base, [indices], updates, [axis]);

/** The same at indices of one shape, one for each axis. */
export function scatterAll(
  op: ScatterOp,
  base: Node,
  indices: readonly Node[],
  updates: Node,
  axes: readonly number[],
): Node {
  const dtype = computeDType(base.dtype);
  const shape = indexedShape(base.shape, axes, indices[0]?.shape ?? []);
  const values = cast(cast(updates, base.dtype), dtype);
  const stretched = sameShape(values.shape, shape) ? values : broadcast(values, shape);
  return cast(n.scatter(op, cast(base, dtype), indices, stretched, axes, dtype), base.dtype);
}

/** Stacks of matrices; both of rank 2 at least. */
export function matmul(a: Node, b: Node): Node {
  const dtype = promotion[a.dtype][b.dtype];
  const computed = computeDType(dtype);
  const batch = broadcastShapes('matmul', [a.shape.slice(0, -2), b.shape.slice(0, -2)]);
  const [left, right] = [a, b].map((node) => {
    const shape = [...batch, ...node.shape.slice(-2)];
    const typed = cast(node, computed);
    return sameShape(shape, typed.shape) ? typed : broadcast(typed, shape);
  });
  if (left === undefined || right === undefined) throw new Error('matmul takes two operands');
  const product = n.routine('matmul', [left, right], computed, [
    ...batch,
    a.shape.at(-2) ?? 1,
    b.shape.at(-1) ?? 1,
  ]);
  return cast(product, dtype);
}
