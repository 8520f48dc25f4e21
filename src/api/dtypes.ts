/**
 * Dtypes as values (`lz.float32` is `float32`, a string), and their promotion.
 */
import { checkCount } from '../ir/arguments.ts';
import {
  checkArrayDType,
  isComplexDType,
  isDType as isRealDType,
  promote,
  weakDType,
  type ArrayDType,
  type Promote,
} from '../ir/dtype.ts';
import { DTypeError } from '../ir/errors.ts';
import { isArray } from './anyArray.ts';
import { isComplexNumber } from './complex/literal.ts';
import { isComplex, weakComplex } from './complex/operands.ts';
import { isWeakScalar } from './literal.ts';
import { nodeFrom } from './operand.ts';
import type { Operand, WeakScalar } from './types.ts';

export const bool = 'bool';
export const int8 = 'int8';
export const int16 = 'int16';
export const int32 = 'int32';
export const int64 = 'int64';
export const uint8 = 'uint8';
export const uint16 = 'uint16';
export const uint32 = 'uint32';
export const uint64 = 'uint64';
export const float16 = 'float16';
export const float32 = 'float32';
export const float64 = 'float64';
export const complex64 = 'complex64';
export const complex128 = 'complex128';

/** The dtype that two dtypes promote to. `lz.promoteTypes('int16', 'uint16')` is `int32`. */
export function promoteTypes<A extends ArrayDType, B extends ArrayDType>(a: A, b: B): Promote<A, B> {
  checkCount('promoteTypes', arguments.length, 2, 'resultType takes any number');
  return promote(checkArrayDType('promoteTypes', a), checkArrayDType('promoteTypes', b)) as Promote<A, B>;
}

/**
 * The dtype that arrays, dtypes and scalars promote to; scalars are weak. Throws `DTypeError` for no operands.
 * `lz.resultType('float32', 2)` is `float32`.
 */
export function resultType(...operands: readonly (ArrayDType | Operand)[]): ArrayDType {
  let beside: ArrayDType | undefined;
  let isNumberComplex = false;
  const weak: WeakScalar[] = [];
  for (const operand of operands) {
    if (isWeakScalar(operand)) weak.push(operand);
    else if (isComplexNumber(operand)) isNumberComplex = true;
    else {
      const dtype = dtypeOf(operand);
      beside = beside === undefined ? dtype : promote(beside, dtype);
    }
  }
  if (isNumberComplex) beside = weakComplex(beside);
  const others = isComplexDType(beside) ? [] : weak;
  const strong = isComplexDType(beside) ? undefined : beside;
  let result = beside;
  for (const scalar of others) {
    const dtype = weakDType(scalar, strong);
    result = result === undefined ? dtype : promote(result, dtype);
  }
  if (result === undefined) throw new DTypeError('resultType', 'needs at least one array, dtype or scalar');
  return result;
}

function dtypeOf(operand: ArrayDType | Exclude<Operand, WeakScalar>): ArrayDType {
  if (typeof operand === 'string') return checkArrayDType('resultType', operand);
  if (isArray(operand)) return operand.dtype;
  return isComplex(operand) ? 'complex128' : nodeFrom('resultType', operand).dtype;
}

/** Whether a value is the name of a dtype. `lz.isDType('int8')` is `true`. */
export const isDType = (value: unknown): value is ArrayDType => isRealDType(value) || isComplexDType(value);
