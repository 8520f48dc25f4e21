/** Positions along one axis of arrays of several, and positions of flattened arrays. */
import { indexDType, isInteger } from '../../ir/dtype.ts';
import { DTypeError, IndexError, ShapeError } from '../../ir/errors.ts';
import { gather, type Node } from '../../ir/node.ts';

import { broadcastShapes, formatShape, sizeOf, stridesOf, type Shape } from '../../ir/shape.ts';
import { indicesFrom } from '../operand.ts';
import { indicesAlong } from './along.ts';
import type { Operand } from '../types.ts';
import { binary, broadcast, castTo, constantLike } from './elementwise.ts';

/** Positions along one axis, as arrays of indices along all axes, of one shape. */
export interface Along {
  readonly axes: readonly number[];
  readonly indices: readonly Node[];
  readonly shape: Shape;
}

/** `given` has as many axes as the array. Along the other axes both broadcast. */
export function alongAxis(operation: string, node: Node, given: Operand, axis: number): Along {
  const { shape } = node;
  const size = shape[axis] ?? 0;
  const indices = integers(operation, indicesFrom(operation, given, size, axis));
  if (indices.shape.length !== shape.length)
    throw new ShapeError(
      operation,
      `the indices have shape ${formatShape(indices.shape)}, but need as many axes as the array, of shape ${formatShape(shape)}`,
    );
  if (size === 0 && sizeOf(indices.shape) > 0)
    throw new IndexError(operation, `axis ${axis} of ${formatShape(shape)} is empty: it has no positions`);
  const others = broadcastShapes(
    operation,
    [shape.with(axis, 1), indices.shape.with(axis, 1)],
    () => 'the array and the indices, apart from the axis of the positions,',
  );
  const common = others.with(axis, indices.shape[axis] ?? 1);
  const along = indicesAlong(shape, axis, broadcast(indices, common));
  return { axes: [...shape.keys()], indices: along, shape: common };
}

/** The elements at positions along an axis, whose place the shape of the positions takes. */
export const gatherAlong = (operation: string, node: Node, given: Operand, axis: number): Node =>
  gather(node, [integers(operation, indicesFrom(operation, given, node.shape[axis] ?? 0, axis))], [axis]);

/** Throws a `DTypeError` unless these are integers. */
export function integers(operation: string, node: Node): Node {
  if (isInteger(node.dtype)) return node;
  throw new DTypeError(
    operation,
    `the indices are ${node.dtype}, but positions are integers; cast them with astype('int32')`,
  );
}

/** The position along each axis of flat positions in an array of this shape. */
export function coordinates(flat: Node, shape: Shape): readonly Node[] {
  if (shape.length === 1) return [flat];
  const dtype = indexDType(sizeOf(shape));
  const positions = castTo(flat, dtype);
  return stridesOf(shape).map((stride, axis) => {
    const whole = stride === 1 ? positions : binary('floorDivide', positions, constantLike(stride, dtype));
    // The first one is left as it is: a flat position outside gives one outside.
    return axis === 0 ? whole : binary('remainder', whole, constantLike(shape[axis] ?? 1, dtype));
  });
}
