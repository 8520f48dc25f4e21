/**
 * Structural equality of graphs: same kinds, dtypes, shapes and attributes, same sharing.
 */
import { numbersOf, topologicalOrder, valueText, type Node } from '../../src/ir/node.ts';

/** Text that is equal for equal graphs; data count by the identity of their memory. */
export function structure<Dim>(roots: readonly Node<Dim>[], dim: (size: Dim) => string): string {
  const order = topologicalOrder(roots);
  const position = new Map(order.map((node, k) => [node, k]));
  const numbers = (nodes: readonly Node<Dim>[]): string => nodes.map((node) => position.get(node)).join(',');
  const lines = order.map(
    (node, k) =>
      `${k} ${node.dtype} [${node.shape.map(dim).join(',')}] ${attributes(node, dim)}(${numbers(node.inputs)})`,
  );
  return [...lines, `= ${numbers(roots)}`].join('\n');
}

/** Form, bounds and value of one node, without shape and inputs. */
export const attributes = <Dim>(node: Node<Dim>, dim: (size: Dim) => string): string =>
  [node.form.text, numbersOf(node).map(dim).join(','), valueText(node)].join('|');
