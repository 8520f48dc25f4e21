/**
 * Matrix products. With a vector as operand, the product is a multiplication and a sum over the last axis, which fuse with
 * other operations. The product of two matrices (or stacks of them) is one call of a routine. Products of float16 are computed
 * in float32 and rounded once.
 */
import { computeDType, type ComputeDType } from '../../ir/dtype.ts';
import { DTypeError, ShapeError } from '../../ir/errors.ts';
import { reduce, routine, type Node } from '../../ir/node.ts';
import { broadcastShapes, checkSize, formatShape } from '../../ir/shape.ts';
import { binary, broadcast, castTo, promoteNodes } from './elementwise.ts';
import { expandDims, swapLast } from './view.ts';

export function matmul(left: Node, right: Node, operation = 'matmul'): Node {
  const dtype = promoteNodes([left, right]) ?? 'float64';
  checkOperands(operation, left, right);
  const computed = computeDType(dtype);
  return castTo(product(castTo(left, computed), castTo(right, computed), computed), dtype);
}

function product(a: Node, b: Node, dtype: ComputeDType): Node {
  if (b.shape.length === 1) return sumOfProducts(a, b, dtype);
  if (a.shape.length === 1) return sumOfProducts(swapLast(b), a, dtype);
  const [m, n] = [a.shape.at(-2) ?? 1, b.shape.at(-1) ?? 1];
  const batch = broadcastShapes(
    'matmul',
    [a.shape.slice(0, -2), b.shape.slice(0, -2)],
    () => `stacks of matrices, of shapes ${formatShape(a.shape)} and ${formatShape(b.shape)},`,
  );
  const [x, y] = [
    broadcast(a, [...batch, ...a.shape.slice(-2)]),
    broadcast(b, [...batch, ...b.shape.slice(-2)]),
  ];
  // The product, and its operands along the summed axis, must be in memory.
  checkSize('matmul', [a.shape.at(-1) ?? 1]);
  // The operands fit the signature: `callRoutine` would only find that out again.
  return routine('matmul', [x, y], dtype, checkSize('matmul', [...batch, m, n]));
}

/** Rows of `a` times the vector `b`. The sum stays in the dtype of the operands, as in every matrix product. */
function sumOfProducts(a: Node, b: Node, dtype: ComputeDType): Node {
  const products = binary('multiply', a, b, 'matmul');
  return reduce('sum', products, [products.shape.length - 1], dtype);
}

function checkOperands(operation: string, a: Node, b: Node): void {
  if (a.dtype === 'bool' && b.dtype === 'bool')
    throw new DTypeError(operation, "does not take bool and bool; cast one operand, e.g. x.astype('int32')");
  const shapes = (): string => `${formatShape(a.shape)} and ${formatShape(b.shape)}`;
  if (a.shape.length === 0 || b.shape.length === 0)
    throw new ShapeError(
      operation,
      `operands of shapes ${shapes()}: each needs at least one axis; use multiply for scalars`,
    );
  const inner = b.shape.length === 1 ? b.shape[0] : b.shape.at(-2);
  if (a.shape.at(-1) !== inner)
    throw new ShapeError(
      operation,
      `operands of shapes ${shapes()} do not fit: the last axis of the first has size ${a.shape.at(-1) ?? 1}, ` +
        `but the ${b.shape.length === 1 ? 'axis' : 'second-to-last axis'} of the second has size ${inner ?? 1}`,
    );
}

/** The products of each element of one vector with each element of another. */
export function outer(a: Node, b: Node): Node {
  if (a.shape.length !== 1 || b.shape.length !== 1)
    throw new ShapeError(
      'outer',
      `takes two vectors, not operands of shapes ${formatShape(a.shape)} and ${formatShape(b.shape)}`,
    );
  return binary('multiply', expandDims(a, 1), b, 'outer');
}
