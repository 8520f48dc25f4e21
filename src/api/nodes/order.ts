/**
 * Elements in the order of their values: sorts, and what is read off sorted rows.
 *
 * The routines sort along the last axis, ascending, equal elements in the order in which they were, NaN last. In descending
 * order too NaN is last and equal elements keep their order: the elements are mapped so that their order turns around,
 * sorted, and mapped back, which changes no bit of a number.
 */
import { isFloat } from '../../ir/dtype.ts';
import { InternalError, ShapeError } from '../../ir/errors.ts';
import type { Node } from '../../ir/node.ts';
import { formatShape, normalizeAxis, sameShape } from '../../ir/shape.ts';
import { fromLast, takeAlongLast, toLast } from './along.ts';
import { unary } from './elementwise.ts';
import { callRoutine, routineResult } from './routine.ts';
import { flatten } from './view.ts';

export interface OrderSettings {
  /** -1 by default; `null` orders the flattened array. */
  readonly axis?: number | null | undefined;
  readonly descending?: boolean | undefined;
}

/** Elements whose order is the other way round; its own inverse. NaN stays NaN. */
const turned = (node: Node): Node => unary(isFloat(node.dtype) ? 'negative' : 'bitwiseNot', node);

/** An array with one axis last, and where that axis was. */
export function rowsAlong(
  operation: string,
  node: Node,
  axis: number | null | undefined,
): readonly [rows: Node, axis: number] {
  if (axis === null) return [flatten(node), 0];
  const at = normalizeAxis(operation, axis ?? -1, node.shape.length);
  return [toLast(operation, node, at), at];
}

/** The elements of each row in order. */
export function sortedRows(operation: string, rows: Node, descending = false): Node {
  const sorted = routineResult('sort', [descending ? turned(rows) : rows], { operation });
  return descending ? turned(sorted) : sorted;
}

/** The elements of each row in order, and where they were. */
export function orderedRows(
  operation: string,
  rows: Node,
  descending = false,
): readonly [sorted: Node, positions: Node] {
  const [sorted, positions] = callRoutine('sortWithPositions', [descending ? turned(rows) : rows], {
    operation,
  });
  if (sorted === undefined || positions === undefined) throw new InternalError(operation, 'has no result');
  return [descending ? turned(sorted) : sorted, positions];
}

export function sort(operation: string, node: Node, { axis, descending }: OrderSettings): Node {
  const [rows, at] = rowsAlong(operation, node, axis);
  return fromLast(operation, sortedRows(operation, rows, descending), at);
}

export function argsort(operation: string, node: Node, { axis, descending }: OrderSettings): Node {
  const [rows, at] = rowsAlong(operation, node, axis);
  return fromLast(operation, orderedRows(operation, rows, descending)[1], at);
}

/** The positions that sort by several keys of one shape, the last key first, along an axis. */
export function lexsort(keys: readonly Node[], axis: number): Node {
  const [first, ...others] = keys;
  if (first === undefined) throw new ShapeError('lexsort', 'needs at least one key');
  const odd = others.find((key) => !sameShape(key.shape, first.shape));
  if (odd !== undefined)
    throw new ShapeError(
      'lexsort',
      `all keys must have the same shape, not ${formatShape(first.shape)} and ${formatShape(odd.shape)}`,
    );
  const at = normalizeAxis('lexsort', axis, first.shape.length);
  const rowsOf = (key: Node): Node => toLast('lexsort', key, at);
  // Sorts are stable: what was sorted by the less important keys stays in their order.
  const order = others.reduce(
    (before, key) => takeAlongLast(before, orderedRows('lexsort', takeAlongLast(rowsOf(key), before))[1]),
    orderedRows('lexsort', rowsOf(first))[1],
  );
  return fromLast('lexsort', order, at);
}
