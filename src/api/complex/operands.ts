/** Operands from users of which some are complex, read as pairs of one dtype. */
import {
  complexOf,
  isComplexDType,
  isFloat,
  promote,
  type ArrayDType,
  type ComplexDType,
} from '../../ir/dtype.ts';
import { DTypeError } from '../../ir/errors.ts';
import { broadcastShapes } from '../../ir/shape.ts';
import { isArray, pairOf, realNodeOf } from '../anyArray.ts';
import { broadcast, type Input } from '../nodes/elementwise.ts';
import { isWeakScalar, maxDepth } from '../literal.ts';
import { inputOf, nodeFrom } from '../operand.ts';
import type { Operand } from '../types.ts';
import { isComplexNumber, readComplex } from './literal.ts';
import { castPair, complexConstant, Pair, realPair } from './pair.ts';

/** Whether an operand is a complex array, a complex number, or a list that begins with one. */
export function isComplex(operand: unknown): boolean {
  if (typeof operand !== 'object' || operand === null) return false;
  return isArray(operand) ? isComplexDType(operand.dtype) : isComplexLiteral(operand);
}

function isComplexLiteral(operand: unknown): boolean {
  let first = operand;
  // A list may contain itself.
  for (let depth = 0; depth <= maxDepth && Array.isArray(first); depth++)
    first = (first as readonly unknown[])[0];
  return isComplexNumber(first);
}

/** An operand of an elementwise function, `undefined` if it is complex. This is warm code, and most operands are real. */
export function realInputOf(operation: string, operand: Operand): Input | undefined {
  if (typeof operand === 'object') {
    if (isArray(operand)) return realNodeOf(operand);
    if (isComplexLiteral(operand)) return undefined;
  }
  return inputOf(operation, operand);
}

type Read = Pair | ReturnType<typeof nodeFrom>;

/** An operand with a dtype of its own. */
function strongOf(operation: string, operand: Operand): Read {
  if (isArray(operand)) return pairOf(operand) ?? nodeFrom(operation, operand);
  return isComplex(operand) ? readComplex(operation, operand, undefined) : nodeFrom(operation, operand);
}

/** The dtype of a complex number combined with arrays of `beside`. */
export const weakComplex = (beside: ArrayDType | undefined): ComplexDType =>
  beside === undefined
    ? 'complex128'
    : isComplexDType(beside)
      ? beside
      : isFloat(beside)
        ? complexOf(beside)
        : 'complex128';

/** The operands of an elementwise function, in their promoted dtype. Scalars are weak. */
export function complexesFrom(operation: string, operands: readonly Operand[]): readonly Pair[] {
  const read = operands.map((operand) =>
    isWeakScalar(operand) || isComplexNumber(operand) ? operand : strongOf(operation, operand),
  );
  let beside: ArrayDType | undefined;
  for (const one of read)
    if (!isWeakScalar(one) && !isComplexNumber(one))
      beside = beside === undefined ? one.dtype : promote(beside, one.dtype);
  const dtype = weakComplex(beside);
  return read.map((one) => {
    if (one instanceof Pair) return castPair(one, dtype);
    if (isWeakScalar(one)) return complexConstant({ re: Number(one), im: 0 }, dtype);
    return isComplexNumber(one) ? complexConstant(one, dtype) : realPair(one, dtype);
  });
}

/** One operand. */
export function complexFrom(operation: string, operand: Operand): Pair {
  const [pair] = complexesFrom(operation, [operand]);
  if (pair === undefined) throw new DTypeError(operation, 'needs an operand');
  return pair;
}

/** Pairs, stretched to their common shape. */
export function stretched(operation: string, pairs: readonly Pair[]): readonly Pair[] {
  const shape = broadcastShapes(
    operation,
    pairs.map(({ re }) => re.shape),
  );
  return pairs.map((pair) => pair.map((part) => broadcast(part, shape)));
}
