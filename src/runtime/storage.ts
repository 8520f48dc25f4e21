/**
 * Where values live: host typed arrays, garbage-collected. A source has an identity and a version; memo keys are made
 * of both, so a changed array is another array to the caches.
 */
import type { ArraySource, DataNode, Node } from '../ir/node.ts';
import type { TypedArray } from '../ir/dtype.ts';

class HostSource implements ArraySource {
  static #next = 1;
  readonly id = HostSource.#next++;
  version = 0;
  readonly values: TypedArray;

  constructor(values: TypedArray) {
    this.values = values;
  }
}

/** A fresh identity for `values`, which must not change unless `touchSource` says so. */
export const createSource = (values: TypedArray): ArraySource => new HostSource(values);

/** Marks that the values have changed: memoized results that used them are no longer found. */
export function touchSource(source: ArraySource): void {
  if (!(source instanceof HostSource)) return;
  source.version++;
  epoch++;
}

/** Counts touches: what was computed before one may have used the old values. */
let epoch = 0;

/** Values of nodes that were evaluated while other graphs may still hold the node. */
const known = new WeakMap<Node, { readonly value: DataNode<number>; readonly epoch: number }>();

export function rememberValue(node: Node, value: DataNode<number>): void {
  known.set(node, { value, epoch });
}

/** The value of a node, unless some array has been touched since. */
export function knownValue(node: Node): DataNode<number> | undefined {
  const found = known.get(node);
  return found?.epoch === epoch ? found.value : undefined;
}
