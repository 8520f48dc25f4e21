/**
 * Dtypes as values (`lz.float32` is `float32`, a string), and their promotion.
 */
import { checkCount } from '../ir/arguments.ts';
import { isDType, promotion, weakDType, checkDType, type DType, type Promote } from '../ir/dtype.ts';
import { DTypeError } from '../ir/errors.ts';
import { promoteNodes } from './nodes/elementwise.ts';
import { isWeakScalar } from './literal.ts';
import { nodeFrom } from './operand.ts';
import type { Operand } from './types.ts';

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

/** The dtype that two dtypes promote to. `lz.promoteTypes('int16', 'uint16')` is `int32`. */
export function promoteTypes<A extends DType, B extends DType>(a: A, b: B): Promote<A, B> {
  checkCount('promoteTypes', arguments.length, 2, 'resultType takes any number');
  return promotion[checkDType('promoteTypes', a)][checkDType('promoteTypes', b)] as Promote<A, B>;
}

/**
 * The dtype that arrays, dtypes and scalars promote to; scalars are weak. Throws `DTypeError` for no operands.
 * `lz.resultType('float32', 2)` is `float32`.
 */
export function resultType(...operands: readonly (DType | Operand)[]): DType {
  const strong = operands.filter((operand) => !isWeakScalar(operand));
  const beside = promoteNodes(
    strong.map((operand) =>
      typeof operand === 'string'
        ? { dtype: checkDType('resultType', operand) }
        : nodeFrom('resultType', operand),
    ),
  );
  const weak = operands.filter(isWeakScalar).map((scalar) => ({ dtype: weakDType(scalar, beside) }));
  const dtype = promoteNodes(beside === undefined ? weak : [{ dtype: beside }, ...weak]);
  if (dtype === undefined) throw new DTypeError('resultType', 'needs at least one array, dtype or scalar');
  return dtype;
}

export {
  /** Whether a value is the name of a dtype. `lz.isDType('int8')` is `true`. */
  isDType,
};
