/**
 * A scatter as loops: two pieces of work on one buffer, in order. The first stores the base, like any other array; the
 * second goes over the updates, in row-major order, and stores each where its index says. This is where the second one
 * stores.
 */
import { InternalError } from '../ir/errors.ts';
import type { NodeOf } from '../ir/node.ts';
import type { ScatterOp } from '../ir/scatter.ts';
import { productOfSizes, zero, type Size } from '../ir/size.ts';
import { buildExpression, type ExpressionPool, type Frontier, type Gather } from './expression.ts';
import { flatten, type Affine, type IndexMap } from './indexMap.ts';

/** Where the updates of a scatter go, and what they meet there with. */
export interface Place {
  readonly index: Affine;
  readonly gathers: readonly Gather[];
  readonly op: ScatterOp;
}

/** `map` is the index of the updates; that of the indices is the part of it in the place of the axis. */
export function buildPlace(
  pool: ExpressionPool,
  frontier: Frontier,
  extents: readonly Size[],
  { inputs: [base, indices], axis, op }: NodeOf<'scatter', Size>,
  map: IndexMap,
): Place {
  const end = axis + indices.shape.length;
  const value = buildExpression(pool, frontier, extents, indices, map.slice(axis, end), undefined);
  const size = base.shape[axis];
  if (size === undefined) throw new InternalError('lower', 'scatter along a missing axis');
  const still: Affine = { offset: zero, strides: extents.map(() => zero) };
  const index = flatten([...map.slice(0, axis), { rank: 1, index: still }, ...map.slice(end)], base.shape);
  return { index, gathers: [{ value, stride: productOfSizes(base.shape.slice(axis + 1)), size }], op };
}
