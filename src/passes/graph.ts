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
export function rewrite(graph: Graph, replace: (node: PlanNode) => PlanNode, rebuild: (node: PlanNode, inputs: readonly PlanNode[]) => PlanNode): Graph {
  const done = new Map<PlanNode, PlanNode>();
  const of = (node: PlanNode): PlanNode => done.get(node) ?? node;
  let changed = false;
  for (const node of graph.nodes) {
    const moved = node.inputs.some((input) => of(input) !== input);
    const result = replace(moved ? rebuild(node, node.inputs.map(of)) : node);
    if (result !== node) changed = true;
    done.set(node, result);
  }
  if (!changed) return graph;
  const roots = graph.roots.map(of);
  return { roots, nodes: topologicalOrder([...done.values()]) };
}
