/**
 * Structural equality of graphs: same kinds, dtypes, shapes and attributes, same sharing. Equal constants count as one.
 */
import { numbersOf, topologicalOrder, valueText, type Node } from '../../src/ir/node.ts';

/** Text that is equal for equal graphs; data count by the identity of their memory. */
export function structure<Dim>(roots: readonly Node<Dim>[], dim: (size: Dim) => string): string {
  const position = new Map<Node<Dim>, number>();
  const numbers = (nodes: readonly Node<Dim>[]): string => nodes.map((node) => position.get(node)).join(',');
  const lines: string[] = [];
  const constants = new Map<string, number>();
  for (const node of topologicalOrder(roots)) {
    const shape = node.shape.map(dim).join(',');
    const text = `${node.dtype} [${shape}] ${attributes(node, dim)}(${numbers(node.inputs)})`;
    const isConstant = node.kind === 'constant' || (node.kind === 'parameter' && node.role === 'scalar');
    const known = isConstant ? constants.get(text) : undefined;
    position.set(node, known ?? lines.length);
    if (known !== undefined) continue;
    if (isConstant) constants.set(text, lines.length);
    lines.push(`${lines.length} ${text}`);
  }
  return [...lines, `= ${numbers(roots)}`].join('\n');
}

/** Form, bounds and value of one node, without shape and inputs. */
export const attributes = <Dim>(node: Node<Dim>, dim: (size: Dim) => string): string =>
  [node.form.text, numbersOf(node).map(dim).join(','), valueText(node)].join('|');
