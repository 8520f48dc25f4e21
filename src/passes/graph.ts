/**
 * What the passes share: the graph over symbolic sizes, and the record a pass leaves for explain().
 */
import { topologicalOrder, type Node } from '../ir/node.ts';
import type { Size } from '../ir/size.ts';

export type PlanNode = Node<Size>;

/** Roots, and all nodes in topological order (a pass may leave nodes behind that no root needs: "dead code" drops them). */
export interface Graph {
  readonly roots: readonly PlanNode[];
  readonly nodes: readonly PlanNode[];
}

export const graphOf = (roots: readonly PlanNode[]): Graph => ({ roots, nodes: topologicalOrder(roots) });

/** Counts how often each rule fired, in first-fired order. */
export type RuleCounter = Map<string, number>;

export const count = (rules: RuleCounter, name: string): void => {
  rules.set(name, (rules.get(name) ?? 0) + 1);
};

/**
 * Rebuilds the graph bottom-up. `replace` sees each node with its new inputs in place. Nodes without a remaining
 * user are kept in `nodes`.
 */
export function rewrite(
  graph: Graph,
  replace: (node: PlanNode) => PlanNode,
  rebuild: (node: PlanNode, inputs: readonly PlanNode[]) => PlanNode,
): Graph {
  // Only what changed is recorded: most passes leave most nodes alone.
  const done = new Map<PlanNode, PlanNode>();
  const of = (node: PlanNode): PlanNode => done.get(node) ?? node;
  for (const node of graph.nodes) {
    const moved = done.size > 0 && node.inputs.some((input) => done.has(input));
    const result = replace(moved ? rebuild(node, node.inputs.map(of)) : node);
    if (result !== node) done.set(node, result);
  }
  if (done.size === 0) return graph;
  const roots = graph.roots.map(of);
  return { roots, nodes: topologicalOrder([...roots, ...graph.nodes.map(of)]) };
}
