/** Which expressions were used more than once. */
import type { Node } from '../../ir/node.ts';

/**
 * Expressions that were used more than once: whatever several roots have in common is in one of these, since nodes that
 * an operation makes for itself can only be reached through its result.
 */
const reused = new WeakSet<Node>();

export const noteReuse = (node: Node): void => {
  reused.add(node);
};

export const isReused = (node: Node): boolean => reused.has(node);
