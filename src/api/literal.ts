/**
 * JS data read into typed arrays: nested lists, typed arrays, single values. Values that cannot be array data are refused
 * here, with their position.
 */
import { countOf, describe } from '../ir/arguments.ts';
import {
  allocate,
  dtypeOfTypedArray,
  weakDType,
  type DType,
  type Scalar,
  type TypedArray,
} from '../ir/dtype.ts';
import { DataError, DTypeError } from '../ir/errors.ts';
import { castScalar } from '../ir/scalar.ts';
import { checkSize, sizeOf, type Shape } from '../ir/shape.ts';
import { checkMemory } from '../runtime/memory/userArray.ts';
import { isArray } from './anyArray.ts';
import { scalarIn } from './nodes/elementwise.ts';
import { fromOtherRealm } from './otherRealm.ts';
import type { NestedList, TypedArrayInput, WeakScalar } from './types.ts';

/** Values with their dtype and shape, ready to become a data node. */
export interface Literal {
  readonly values: TypedArray;
  readonly dtype: DType;
  readonly shape: Shape;
}

export const isTypedArray = (value: unknown): value is TypedArrayInput =>
  ArrayBuffer.isView(value) && dtypeOfTypedArray(value) !== undefined;

export const isWeakScalar = (value: unknown): value is WeakScalar =>
  typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';

/** `dtype` undefined: number lists are float64, bigint lists int64, boolean lists bool; typed arrays keep theirs. */
export function readLiteral(operation: string, input: unknown, dtype: DType | undefined): Literal {
  if (isTypedArray(input)) {
    checkMemory(operation, input);
    return copyTypedArray(operation, input, dtype);
  }
  if (isWeakScalar(input) || Array.isArray(input)) return readNested(operation, input, dtype);
  const local = fromOtherRealm(input);
  if (local !== undefined) return readLiteral(operation, local, dtype);
  // Other iterables of numbers are refused: some can be read only once.
  throw new DataError(
    operation,
    `${describe(input)} is not array data; use numbers, bigints or booleans, lists of them, or a typed array`,
  );
}

/** A copy, cast to `wanted` if that is another dtype. */
function copyTypedArray(operation: string, input: TypedArrayInput, wanted: DType | undefined): Literal {
  const from = dtypeOfTypedArray(input) ?? 'uint8';
  const dtype = wanted ?? from;
  const values = allocate(dtype, input.length, operation);
  if (dtype === from) values.set(input as never);
  else for (let i = 0; i < values.length; i++) values[i] = castScalar(input[i] ?? 0, from, dtype);
  return { values, dtype, shape: [input.length] };
}

function readNested(operation: string, input: WeakScalar | NestedList, wanted: DType | undefined): Literal {
  const shape = checkSize(operation, shapeOfNested(operation, input));
  const kind = kindOfFirst(input);
  const dtype = wanted ?? (kind === undefined ? 'float64' : weakDType(kind, undefined));
  const values = allocate(dtype, sizeOf(shape), operation);
  let next = 0;

  const element = (value: unknown, position: readonly number[]): Scalar => {
    if (!isWeakScalar(value))
      throw new DataError(
        operation,
        isArray(value) || isTypedArray(value)
          ? `${describe(value)} at ${at(position)} is an array; to join arrays use stack or concat`
          : `${describe(value)} at ${at(position)} is neither a number, a bigint nor a boolean`,
      );
    if (typeof value !== typeof kind)
      throw new DataError(
        operation,
        `mixed data: a ${typeof kind} at ${at(position.map(() => 0))}, a ${typeof value} at ${at(position)}`,
      );
    if (typeof value === 'number' && dtype === 'float64') return value;
    try {
      return scalarIn(operation, value, dtype);
    } catch (error) {
      throw error instanceof DTypeError
        ? new DTypeError(operation, `at ${at(position)}: ${error.message.slice(operation.length + 2)}`)
        : error;
    }
  };
  const read = (item: unknown, axis: number, position: readonly number[]): void => {
    const size = shape[axis];
    if (size === undefined) {
      if (Array.isArray(item))
        throw new DataError(
          operation,
          `ragged data: ${at(position)} is a list where other entries are single values`,
        );
      values[next++] = element(item, position);
      return;
    }
    if (!Array.isArray(item)) {
      if (isWeakScalar(item))
        throw new DataError(
          operation,
          `ragged data: ${at(position)} is a single value where others are lists`,
        );
      throw new DataError(
        operation,
        `${describe(item)} at ${at(position)} is not a list; to join arrays use stack or concat`,
      );
    }
    if (item.length !== size)
      throw new DataError(
        operation,
        `ragged data: ${at(position)} has ${countOf(item.length, 'entry', 'entries')} where others have ${size}`,
      );
    if (axis === shape.length - 1 && dtype === 'float64' && typeof kind === 'number') {
      for (let i = 0; i < size; i++) {
        const value: unknown = item[i];
        if (typeof value === 'number') values[next++] = value;
        else read(value, axis + 1, [...position, i]);
      }
      return;
    }
    for (let i = 0; i < size; i++) read(item[i], axis + 1, [...position, i]);
  };
  read(input, 0, []);
  return { values, dtype, shape };
}

const at = (position: readonly number[]): string =>
  position.length === 0 ? 'the top level' : `[${position.join(', ')}]`;

/** The maximum depth of nested lists. */
export const maxDepth = 64;

export const tooDeep = (operation: string): DataError =>
  new DataError(operation, `lists are nested more than ${maxDepth} deep, or contain themselves`);

/** The shape along the first entries. The other entries are checked when they are read. */
function shapeOfNested(operation: string, input: unknown): Shape {
  const shape: number[] = [];
  for (let item = input; Array.isArray(item); item = item[0]) {
    if (shape.length === maxDepth) throw tooDeep(operation);
    shape.push(item.length);
    if (item.length === 0) break;
  }
  return shape;
}

function kindOfFirst(input: unknown): WeakScalar | undefined {
  let item = input;
  while (Array.isArray(item)) item = item[0];
  return isWeakScalar(item) ? item : undefined;
}
