/**
 * Operands from users, read as nodes. Scalars stay scalars: combined with an array they take its dtype.
 */
import { describe } from '../ir/arguments.ts';
import { isInteger } from '../ir/dtype.ts';
import { DataError, DTypeError, IndexError } from '../ir/errors.ts';
import { data, type Node } from '../ir/node.ts';
import { outsideText } from '../ir/scatter.ts';
import { createSource } from '../runtime/memory/sources.ts';
import { isArray, nodeFor } from './anyArray.ts';
import { weakConstant, type Input } from './nodes/elementwise.ts';
import { isTypedArray, isWeakScalar, readLiteral, type Literal } from './literal.ts';
import type { Operand } from './types.ts';

/** A node over values that no other code writes to. */
export const dataNode = ({ values, dtype, shape }: Literal): Node => data(createSource(values), dtype, shape);

/** An operand of an elementwise function. */
export function inputOf(operation: string, operand: Operand): Input {
  if (isArray(operand)) return nodeFor(operation, operand);
  return isWeakScalar(operand) ? operand : dataNode(readLiteral(operation, operand, undefined));
}

/** A bound of clip, which may be missing. */
export const boundOf = (bound: Operand | null | undefined): Input | null =>
  bound === null || bound === undefined ? null : inputOf('clip', bound);

/** An operand of a function for which a scalar is an array without axes. */
export function nodeFrom(operation: string, operand: Operand): Node {
  const input = inputOf(operation, operand);
  return typeof input === 'object' ? input : weakConstant(operation, input, undefined);
}

/** Two operands, of which a scalar beside an array takes its dtype. */
export function pairFrom(operation: string, x: Operand, y: Operand): [Node, Node] {
  const [a, b] = [inputOf(operation, x), inputOf(operation, y)];
  const besides = (input: Input, other: Input): Node =>
    typeof input === 'object'
      ? input
      : weakConstant(operation, input, typeof other === 'object' ? other.dtype : undefined);
  return [besides(a, b), besides(b, a)];
}

/** Several arrays, in a list. */
export function nodesFrom(operation: string, operands: readonly Operand[]): readonly Node[] {
  if (!Array.isArray(operands)) {
    const advice = isArray(operands) ? `; for a list of its rows write lz.${operation}([...x])` : '';
    throw new DataError(operation, `takes a list of arrays, got ${describe(operands)}${advice}`);
  }
  const nodes: Node[] = [];
  // Not with `map`, which skips the holes of a list.
  for (const operand of operands as readonly Operand[]) nodes.push(nodeFrom(operation, operand));
  return nodes;
}

/** Positions for `take`. Numbers in lists are integers here. Positions that are known already are checked at once. */
export function indicesFrom(operation: string, indices: Operand, size: number, axis: number): Node {
  if (isArray(indices)) return nodeFor(operation, indices);
  const { values, dtype, shape } = readLiteral(operation, indices, undefined);
  const whole = dtype === 'float64' && !isTypedArray(indices);
  if (!whole && !isInteger(dtype)) return dataNode({ values, dtype, shape });
  // Before the numbers become int32, which would wrap.
  for (const value of values) {
    const index = Number(value);
    if (!Number.isInteger(index))
      throw new DTypeError(operation, `${index} is not a position: indices must be integers`);
    if (index < -size || index >= size) throw new IndexError(operation, outsideText(value, size, axis));
  }
  if (!whole) return dataNode({ values, dtype, shape });
  return dataNode(
    size <= 2 ** 31
      ? { values: Int32Array.from(values, Number), dtype: 'int32', shape }
      : { values: BigInt64Array.from(values, BigInt), dtype: 'int64', shape },
  );
}
