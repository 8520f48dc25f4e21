/** Functions that are linear in each of two operands (matrix products, outer products), of complex operands. */
import { InternalError } from '../../ir/errors.ts';
import type { Node } from '../../ir/node.ts';
import type { Operand } from '../types.ts';
import { conjugate } from './arithmetic.ts';
import { add, sub } from './floats.ts';
import { complexesFrom } from './operands.ts';
import { Pair } from './pair.ts';

/**
 * Four real products. Three would do (P. Ungar, 1963), but their sums cancel: the error of a part would be relative to the
 * whole number.
 */
export function bilinear(
  operation: string,
  x: Operand,
  y: Operand,
  of: (a: Node, b: Node) => Node,
  { conjugated = false }: { readonly conjugated?: boolean } = {},
): Pair {
  const [given, w] = complexesFrom(operation, [x, y]);
  if (given === undefined || w === undefined) throw new InternalError(operation, 'needs two operands');
  const z = conjugated ? conjugate(given) : given;
  return new Pair(z.dtype, sub(of(z.re, w.re), of(z.im, w.im)), add(of(z.re, w.im), of(z.im, w.re)));
}
