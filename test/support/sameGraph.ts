/**
 * Structural equality of graphs: same kinds, dtypes, shapes and attributes, same sharing.
 */
import { topologicalOrder, type Node } from '../../src/ir/node.ts';

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

/** Kind and attributes of one node, without dtype, shape and inputs. */
export function attributes<Dim>(node: Node<Dim>, dim: (size: Dim) => string): string {
  switch (node.kind) {
    case 'data':
      return `data ${node.source.id}`;
    case 'parameter':
      return `parameter ${node.role} ${node.slot}`;
    case 'constant':
      return `constant ${Object.is(node.value, -0) ? '-0' : String(node.value)}`;
    case 'map':
      return `map ${node.op}`;
    case 'view':
      switch (node.map.op) {
        case 'broadcast':
          return 'broadcast';
        case 'reshape':
          return `reshape ${node.map.groups.join('|')}`;
        case 'permute':
          return `permute ${node.map.axes.join(',')}`;
        case 'slice':
          return `slice ${node.map.ranges.map(({ start, step }) => `${dim(start)}:${dim(step)}`).join(',')}`;
      }
      break;
    case 'reduce':
      return `reduce ${node.op} ${node.axes.join(',')}`;
    case 'argReduce':
      return `argReduce ${node.op} ${node.axis}`;
    case 'concat':
    case 'gather':
      return `${node.kind} ${node.axis}`;
    case 'iota':
    case 'cast':
    case 'contract':
      return node.kind;
  }
}
