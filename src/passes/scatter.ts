/**
 * A scatter as loops: two pieces of work on one buffer, in order. The first stores the base, like any other array; the
 * second goes over the updates, in row-major order, and stores each where its index says. This is where the second one
 * stores.
 */
import { InternalError } from '../ir/errors.ts';
import type { NodeOf } from '../ir/node.ts';
import type { ScatterOp } from '../ir/scatter.ts';
import type { Size } from '../ir/size.ts';
import {
  buildExpression,
  buildPlace,
  type ExpressionPool,
  type Frontier,
  type IndexedPlace,
} from './expression.ts';
import { isBlocked, type IndexMap } from './indexMap.ts';

/** Where the updates of a scatter go, and what they meet there with. */
export interface Place extends IndexedPlace {
  readonly op: ScatterOp;
}

/** `map` is the index of the updates. */
export function placeOfUpdates(
  pool: ExpressionPool,
  frontier: Frontier,
  extents: readonly Size[],
  node: NodeOf<'scatter', Size>,
  map: IndexMap,
): Place {
  const place = buildPlace(node, map, extents, (indices, along) =>
    buildExpression(pool, frontier, extents, indices, along, undefined),
  );
  if (isBlocked(place)) throw new InternalError('lower', 'the updates of a scatter share an index');
  return { ...place, op: node.op };
}
