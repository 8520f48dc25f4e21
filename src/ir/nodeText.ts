/** The graph as text, one line a node: `%3 = add(%1, %2)  float64 (1000, 3)`. */
import { attributeTextOf, type Node } from './node.ts';
import { kindRow } from './schema.ts';
import { formatShape, type Shape } from './shape.ts';

/** What a node does, without its inputs, as the schema words it. `dim` prints a size. */
export const describeNode = <Dim>(node: Node<Dim>, dim: (size: Dim) => string): string =>
  kindRow(node.kind).text.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    name === 'dtype' ? node.dtype : attributeTextOf(node, name, dim),
  );

/** The values of a node, for errors: `multiply, float64 of shape (2, 3),`. */
export const describeValues = <Dim>(node: Node<Dim>, shape: Shape): string =>
  `${describeNode(node, () => '')}, ${node.dtype} of shape ${formatShape(shape)},`;

export function printGraph<Dim>(
  nodes: readonly Node<Dim>[],
  roots: readonly Node<Dim>[],
  dim: (size: Dim) => string,
): string {
  const numbers = new Map(nodes.map((node, k) => [node, k]));
  const width = String(nodes.length).length + 1;
  const lines = nodes.map((node, k) => {
    const inputs =
      node.inputs.length === 0
        ? ''
        : `(${node.inputs.map((input) => `%${numbers.get(input) ?? '?'}`).join(', ')})`;
    const shape =
      node.shape.length === 1 ? `(${node.shape.map(dim).join('')},)` : `(${node.shape.map(dim).join(', ')})`;
    return `${`%${k}`.padStart(width)} = ${describeNode(node, dim)}${inputs}  ${node.dtype} ${shape}`;
  });
  return `${lines.join('\n')}\n${' '.repeat(Math.max(0, width - 4))}roots ${roots.map((root) => `%${numbers.get(root) ?? '?'}`).join(', ')}\n`;
}
