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
  const nodes: PlanNode[] = [];
  let placed: Set<PlanNode> | undefined;
  /** A new node may stand on others that are new. */
  const place = (node: PlanNode, known: Set<PlanNode>): void => {
    if (known.has(node)) return;
    known.add(node);
    for (const input of node.inputs) place(input, known);
    nodes.push(node);
  };
  for (const node of graph.nodes) {
    const moved = done.size > 0 && node.inputs.some((input) => done.has(input));
    const result = replace(moved ? rebuild(node, node.inputs.map(of)) : node);
    if (result !== node) {
      done.set(node, result);
      placed ??= new Set(nodes);
    }
    if (placed === undefined) nodes.push(node);
    else place(result, placed);
  }
  return done.size === 0 ? graph : { roots: graph.roots.map(of), nodes };
}
