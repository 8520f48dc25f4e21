/**
 * Values of nodes that were evaluated while other graphs still hold the node. Touching an array starts a new epoch: what
 * was remembered before may rest on its old values.
 */
import type { ArraySource, DataNode, Node } from '../../ir/node.ts';
import { Source } from '../memory/source.ts';

/** Marks that the values have changed: memoized results that used them are no longer found. */
export function touchSource(source: ArraySource): void {
  if (!(source instanceof Source)) return;
  source.touch();
  epoch++;
}

/** Counts touches: what was computed before one may have used the old values. */
let epoch = 0;

/** The epoch in which the last value was remembered. */
let lastRemembered = -1;

/** Values of nodes that were evaluated while other graphs may still hold the node. */
export const known = new WeakMap<Node, { readonly value: DataNode; readonly epoch: number }>();

/** The epoch at hand, for values that take their time. */
export const currentEpoch = (): number => epoch;

/** Remembers a value, unless something was touched since its evaluation began. */
export function rememberValue(node: Node, value: DataNode, since = epoch): void {
  if (since !== epoch) return;
  known.set(node, { value, epoch });
  lastRemembered = epoch;
}

/** Takes back what was remembered for a while. */
export const forgetValue = (node: Node): void => {
  known.delete(node);
};

/** Whether any node has a value that `knownValue` would give. */
export const knowsValues = (): boolean => lastRemembered === epoch;

/** The value of a node, unless some array has been touched since. */
export function knownValue(node: Node): DataNode | undefined {
  if (lastRemembered !== epoch) return undefined;
  const found = known.get(node);
  return found?.epoch === epoch ? found.value : undefined;
}
