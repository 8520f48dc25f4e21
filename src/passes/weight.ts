/** What work costs (1 = one add), on graph nodes. On expressions: `weigher` in `expression.ts`. */
import { opRow } from '../ir/ops.ts';
import type { Node } from '../ir/node.ts';
import { kindRow } from '../ir/schema.ts';
import type { NumberedGraph } from './graph.ts';

/** Work that is worth a store and loads instead of doing it in each kernel. */
export const shareWeight = 16;

/** The node itself, without its inputs. */
export const ownWeight = (node: Node<unknown>): number =>
  kindRow(node.kind).weight + (node.kind === 'map' ? opRow(node.op).weight : 0);

/** Each node and all it computes in place, shared parts once per use. Edges are read, not computed. */
export function weigh({ nodes, inputs }: NumberedGraph, isEdge: (k: number) => boolean): Float64Array {
  const weights = new Float64Array(nodes.length);
  nodes.forEach((node, k) => {
    let weight = ownWeight(node);
    for (const input of inputs[k] ?? []) weight += isEdge(input) ? 1 : (weights[input] ?? 0);
    // A diamond doubles at each level: the cap keeps sums finite.
    weights[k] = Math.min(weight, 1e6);
  });
  return weights;
}
