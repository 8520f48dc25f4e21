/**
 * What users hand in, read as nodes. Scalars stay scalars: beside an array they take its dtype.
 */
import { isInteger } from '../ir/dtype.ts';
import { DataError, DTypeError, IndexError } from '../ir/errors.ts';
import { data, type Node } from '../ir/node.ts';
import { createSource } from '../runtime/evaluate.ts';
import { isArray, nodeOf } from './anyArray.ts';
import { weakConstant, type Input } from './build/elementwise.ts';
import { isTypedArray, isWeakScalar, readLiteral, type Literal } from './literal.ts';
import type { NestedList, Operand, TypedArrayInput } from './types.ts';

/** A node over values that nobody else writes to. */
export const dataNode = ({ values, dtype, shape }: Literal): Node => data(createSource(values), dtype, shape);

/** An operand of an elementwise function. */
export function inputOf(operation: string, operand: Operand): Input {
  if (isArray(operand)) return nodeOf(operand);
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

/** Several arrays, in a list. */
export function nodesFrom(operation: string, operands: readonly Operand[]): readonly Node[] {
  if (!(operands instanceof Array)) throw new DataError(operation, 'takes a list of arrays');
  return operands.map((operand) => nodeFrom(operation, operand));
}

/** Positions for `take`. Lists of numbers are integers here, and those that are seen are checked at once. */
export function indicesFrom(operation: string, indices: Operand, size: number): Node {
  if (isArray(indices)) return nodeOf(indices);
  const literal = readIndices(operation, indices);
  if (isInteger(literal.dtype)) {
    const outside = literal.values.findIndex((index) => Number(index) < -size || Number(index) >= size);
    if (outside >= 0)
      throw new IndexError(
        operation,
        `index ${String(literal.values[outside])} is out of bounds for an axis of size ${size}`,
      );
  }
  return dataNode(literal);
}

function readIndices(
  operation: string,
  indices: number | bigint | boolean | NestedList | TypedArrayInput,
): Literal {
  const literal = readLiteral(operation, indices, undefined);
  if (isTypedArray(indices) || literal.dtype !== 'float64') return literal;
  const fraction = literal.values.find((value) => !Number.isInteger(value));
  if (fraction !== undefined)
    throw new DTypeError(operation, `${String(fraction)} is no position: indices are integers`);
  return { values: Int32Array.from(literal.values, Number), dtype: 'int32', shape: literal.shape };
}
