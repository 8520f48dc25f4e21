/**
 * A graph by numbers, for passes that walk it again and again: node k is `nodes[k]`, and what a pass knows of it is
 * element k of an array.
 */
import type { Graph, PlanNode } from './graph.ts';
import { ownWeight } from './weight.ts';

export interface NumberedGraph extends Graph {
  readonly numberOf: ReadonlyMap<PlanNode, number>;
  /** Per node, the numbers of its inputs. */
  readonly inputs: readonly (readonly number[])[];
  /** What each node costs alone. */
  readonly ownWeights: Float64Array;
}

export function numbered({ roots, nodes }: Graph): NumberedGraph {
  const numberOf = new Map<PlanNode, number>();
  const inputs = nodes.map((node, k) => {
    numberOf.set(node, k);
    return node.inputs.map((input) => numberOf.get(input) ?? -1);
  });
  return { roots, nodes, numberOf, inputs, ownWeights: Float64Array.from(nodes, ownWeight) };
}

/** What each node costs with all it computes in place, shared parts once per use. Edges are read, not computed. */
export function weigh(
  { nodes, inputs, ownWeights }: NumberedGraph,
  isEdge: (k: number) => boolean,
): Float64Array {
  const weights = new Float64Array(nodes.length);
  for (let k = 0; k < nodes.length; k++) {
    let weight = ownWeights[k] ?? 0;
    for (const input of inputs[k] ?? []) weight += isEdge(input) ? 1 : (weights[input] ?? 0);
    // A diamond doubles at each level: the cap keeps sums finite.
    weights[k] = Math.min(weight, 1e6);
  }
  return weights;
}
