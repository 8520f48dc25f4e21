/**
 * Where arrays are not zero. The number of such elements depends on the values: they are evaluated, or the caller gives a
 * size, and the positions are an expression like any other.
 */
import type { TypedArray } from '../../ir/dtype.ts';
import { constant, data, iota, scan, scatter, slice, type Node } from '../../ir/node.ts';
import { sizeOf, type Shape } from '../../ir/shape.ts';
import { createSource } from '../../runtime/memory/sources.ts';
import { binary, broadcast, castTo, elementwise } from './elementwise.ts';
import { fold } from './reduce.ts';
import { flatten } from './view.ts';

/** Whether each element is not zero. */
export const truth = (node: Node): Node => castTo(node, 'bool');

/** The flat positions of the elements that are not zero. */
export function flatPositions(values: TypedArray): Int32Array {
  const zero = values instanceof BigInt64Array || values instanceof BigUint64Array ? 0n : 0;
  let count = 0;
  for (const value of values) if (value !== zero) count++;
  const positions = new Int32Array(count);
  let next = 0;
  for (let k = 0; k < values.length && next < count; k++) if (values[k] !== zero) positions[next++] = k;
  return positions;
}

const listOf = (values: Int32Array): Node => data(createSource(values), 'int32', [values.length]);

/** One array of positions for each axis. NaN is not zero. */
export function positionsOfTrue(shape: Shape, values: TypedArray): readonly Node[] {
  const flat = flatPositions(values);
  if (shape.length === 1) return [listOf(flat)];
  const result = shape.map(() => new Int32Array(flat.length));
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? 1;
    const along = result[axis];
    for (let k = 0; k < flat.length && along !== undefined; k++) {
      const rest = flat[k] ?? 0;
      const quotient = Math.floor(rest / size);
      along[k] = rest - quotient * size;
      flat[k] = quotient;
    }
  }
  return result.map(listOf);
}

/** The first `size` flat positions where a mask holds, and whether there are so many. */
export interface Found {
  readonly positions: Node;
  readonly isFound: Node;
}

export function firstPositions(mask: Node, size: number): Found {
  const flat = flatten(mask);
  const count = sizeOf(flat.shape);
  // How many there are before each element; those beyond `size` share one more place, which is cut off.
  const before = scan('sum', castTo(flat, 'int32'), 0, true, 'int32');
  const isTaken = binary('logicalAnd', flat, binary('less', before, constant(size, 'int32')));
  const place = elementwise('where', [isTaken, before, constant(size, 'int32')]);
  const none = broadcast(constant(0, 'int32'), [size + 1]);
  const stored = scatter('set', none, [place], iota<number>(count, 'int32'), [0], 'int32');
  const total = fold('sum', flat, { dtype: 'int32' });
  return {
    positions: slice(stored, [size], [0], [1]),
    isFound: binary('less', iota<number>(size, 'int32'), total),
  };
}
