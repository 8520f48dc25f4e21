/** The graph as text, one line a node: `%3 = add(%1, %2)  float64 (1000, 3)`. */
import type { Node } from './node.ts';
import { formatShape, type Shape } from './shape.ts';

/** What a node does, without its inputs. `dim` prints a size. */
export function describeNode<Dim>(node: Node<Dim>, dim: (size: Dim) => string): string {
  switch (node.kind) {
    case 'data':
      return 'data';
    case 'parameter':
      return node.role === 'array' ? `array ${node.slot}` : `scalar ${node.slot}`;
    case 'constant':
      return `constant ${Object.is(node.value, -0) ? '-0' : String(node.value)}`;
    case 'iota':
      return 'iota';
    case 'map':
      return node.op;
    case 'cast':
      return `cast to ${node.dtype}`;
    case 'view':
      switch (node.map.op) {
        case 'reshape':
        case 'broadcast':
          return node.map.op;
        case 'permute':
          return `permute [${node.map.axes.join(', ')}]`;
        case 'slice':
          return `slice [${node.map.ranges.map(({ start, step }) => `${dim(start)}::${dim(step)}`).join(', ')}]`;
      }
      break;
    case 'reduce':
      return `${node.op} over [${node.axes.join(', ')}]`;
    case 'argReduce':
      return `${node.op} along ${node.axis}`;
    case 'concat':
      return `concat along ${node.axis}`;
    case 'gather':
      return `take along ${node.axis}`;
    case 'contract':
      return 'matmul';
  }
}

/** The values of a node, for errors. */
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
