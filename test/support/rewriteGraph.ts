/** Rewrites a graph node by node, for tests that change one thing about random graphs. */
import { topologicalOrder, withInputs, type Node } from '../../src/ir/node.ts';

/** Rebuilds the graph bottom-up: `replace` sees each node with its new inputs in place. */
export function rewriteGraph<Dim>(
  roots: readonly Node<Dim>[],
  replace: (node: Node<Dim>, original: Node<Dim>) => Node<Dim>,
): Node<Dim>[] {
  const done = new Map<Node<Dim>, Node<Dim>>();
  const of = (node: Node<Dim>): Node<Dim> => done.get(node) ?? node;
  for (const node of topologicalOrder(roots)) {
    const changed = node.inputs.some((input) => of(input) !== input);
    done.set(node, replace(changed ? withInputs(node, node.inputs.map(of)) : node, node));
  }
  return roots.map(of);
}
