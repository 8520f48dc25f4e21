/**
 * Roots that need much of each other: all the steps of a recurrence. Each root alone looks small beside a sum of all of
 * them, but a thousand steps taken one by one are half a million nodes to look at where there are a thousand. Such roots
 * stay together, unless what they have in common is a few expressions, which can be computed first.
 */
import { bytesOf } from '../../ir/dtype.ts';
import { isLeaf, isView, topologicalOrder, type Node } from '../../ir/node.ts';
import { sizeOf } from '../../ir/shape.ts';
import { knownValue } from '../evaluate/knownValues.ts';

/** What overlapping roots have in common; `whole` where they are better computed by one plan. */
export interface Overlap {
  readonly common: readonly Node[];
  readonly whole: boolean;
}

/** Roots overlap where each needs so many nodes on average, and all of them together so many times the nodes there are. */
const largeCone = 64;
const repetitions = 4;
/** Common parts beyond this size are not put into memory to take roots apart. */
const maxCommonBytes = 64 * 2 ** 20;

/** Whether a node may be computed ahead of the roots that have it in common. */
export const fitsMemory = (node: Node): boolean => sizeOf(node.shape) * bytesOf(node.dtype) <= maxCommonBytes;

/** Views compute nothing: what they look at is what roots share. */
export function viewed(node: Node): Node {
  let at = node;
  while (isView(at)) at = at.inputs[0];
  return at;
}

/** Takes time proportional to the nodes, however much the roots overlap. */
export function overlapOf(roots: readonly Node[]): Overlap | undefined {
  if (roots.every((root) => countCone(root, largeCone) <= largeCone)) return undefined;
  const order = topologicalOrder(roots);
  if (order.length < largeCone) return undefined;
  const places = new Map(order.map((node, place) => [node, place]));
  const inputs = order.map((node) =>
    knownValue(node) === undefined ? node.inputs.map((input) => places.get(input) ?? 0) : [],
  );
  const rootPlaces = [...new Set(roots)].map((root) => places.get(root) ?? 0);
  const bound = Math.max(repetitions * order.length, largeCone * rootPlaces.length);
  if (!conesExceed(rootPlaces, inputs, bound)) return undefined;
  const common = commonOf(order, rootPlaces, inputs);
  return { common, whole: 2 * common.length > rootPlaces.length || !common.every(fitsMemory) };
}

/** The nodes that a root needs, each as often as it is reached; more than `most` if they are more. */
function countCone(root: Node, most: number): number {
  let count = 1;
  for (const input of root.inputs) {
    if (count > most) break;
    count += countCone(input, most - count);
  }
  return count;
}

/** Whether the nodes that each root needs, added up over the roots, are more than `bound`. */
function conesExceed(
  roots: readonly number[],
  inputs: readonly (readonly number[])[],
  bound: number,
): boolean {
  // The longest way down from a node is less than what it needs, and found for all nodes at once.
  const depths = new Int32Array(inputs.length);
  inputs.forEach((own, place) => {
    for (const input of own) depths[place] = Math.max(depths[place] ?? 0, 1 + (depths[input] ?? 0));
  });
  let total = 0;
  for (const root of roots) total += 1 + (depths[root] ?? 0);
  if (total > bound) return true;
  const seenBy = new Int32Array(inputs.length).fill(-1);
  total = 0;
  for (const root of roots) {
    const stack = [root];
    seenBy[root] = root;
    for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
      if (++total > bound) return true;
      for (const input of inputs[place] ?? []) {
        if (seenBy[input] === root) continue;
        seenBy[input] = root;
        stack.push(input);
      }
    }
  }
  return false;
}

/** The topmost nodes that several roots need. */
function commonOf(
  order: readonly Node[],
  roots: readonly number[],
  inputs: readonly (readonly number[])[],
): readonly Node[] {
  const [none, several] = [-1, -2];
  // The one root that needs a node, or `several`.
  const neededBy = new Int32Array(order.length).fill(none);
  // Whether a node is needed by something that is not common itself.
  const isTop = new Uint8Array(order.length);
  const isRoot = new Uint8Array(order.length);
  for (const root of roots) isRoot[root] = 1;
  const common = new Set<Node>();
  for (let place = order.length - 1; place >= 0; place--) {
    const above = neededBy[place] ?? none;
    // A root that other roots need is common itself.
    const own = isRoot[place] === 0 ? above : above === none ? place : several;
    const node = order[place];
    if (own === several && (isTop[place] === 1 || isRoot[place] === 1) && node !== undefined)
      common.add(viewed(node));
    for (const input of inputs[place] ?? []) {
      const known = neededBy[input];
      neededBy[input] = known === none || known === own ? own : several;
      if (own !== several) isTop[input] = 1;
    }
  }
  return [...common].filter((node) => !isLeaf(node));
}
