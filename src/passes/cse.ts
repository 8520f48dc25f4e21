/**
 * Pass "common subexpressions": value numbering. Two nodes of one kind, dtype, shape and attributes over the same
 * inputs are one node; operands of commutative ops count as a set. One walk, inputs first, so equal trees collapse
 * from the leaves up however deep they are.
 */
import { withInputs } from '../ir/node.ts';
import { isCommutative } from '../ir/ops.ts';
import type { Size } from '../ir/size.ts';
import { count, rewrite, type Graph, type PlanNode, type RuleCounter } from './graph.ts';

/** Everything about a node except its inputs. */
function attributes(node: PlanNode, shapeKey: (shape: readonly Size[]) => string): string {
  const shape = shapeKey(node.shape);
  switch (node.kind) {
    case 'data':
      return `${node.source.id}`;
    case 'parameter':
      return `${node.role}${node.slot}`;
    case 'constant':
      return Object.is(node.value, -0) ? '-0' : String(node.value);
    case 'iota':
    case 'cast':
    case 'contract':
      return shape;
    case 'map':
      return `${node.op}:${shape}`;
    case 'view':
      switch (node.map.op) {
        case 'reshape':
        case 'broadcast':
          return `${node.map.op}:${shape}`;
        case 'permute':
          return `permute:${node.map.axes.join(',')}`;
        case 'slice':
          return `slice:${shape}:${node.map.ranges.map(({ start, step }) => `${start.key}~${step.key}`).join(',')}`;
      }
      break;
    case 'reduce':
      return `${node.op}:${node.axes.join(',')}`;
    case 'argReduce':
      return `${node.op}:${node.axis}`;
    case 'concat':
    case 'gather':
      return `${node.axis}:${shape}`;
  }
}

export function commonSubexpressions(graph: Graph, rules: RuleCounter): Graph {
  const numbers = new Map<PlanNode, number>();
  const byKey = new Map<string, PlanNode>();
  const shapeKeys = new Map<readonly Size[], string>();
  const shapeKey = (shape: readonly Size[]): string => {
    let key = shapeKeys.get(shape);
    if (key === undefined) {
      key = shape.map((size) => size.key).join(',');
      shapeKeys.set(shape, key);
    }
    return key;
  };
  return rewrite(
    graph,
    (node) => {
      const inputs = node.inputs.map((input) => numbers.get(input) ?? -1);
      if (node.kind === 'map' && isCommutative(node.op)) inputs.sort((a, b) => a - b);
      const key = `${node.kind}:${node.dtype}:${attributes(node, shapeKey)}(${inputs.join(',')})`;
      const known = byKey.get(key);
      if (known !== undefined) {
        if (known !== node) count(rules, node.kind === 'map' ? node.op : node.kind);
        return known;
      }
      byKey.set(key, node);
      numbers.set(node, numbers.size);
      return node;
    },
    withInputs,
  );
}
