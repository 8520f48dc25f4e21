/**
 * Pass "common subexpressions": value numbering. Two nodes of one form, shape, bounds and value over the same
 * inputs are one node; operands of commutative ops count as a set. One walk, inputs first, so equal trees collapse
 * from the leaves up however deep they are.
 */
import { numbersOf, valueText, withInputs } from '../ir/node.ts';
import { isCommutative } from '../ir/ops.ts';
import type { Size } from '../ir/size.ts';
import { count, rewrite, type Graph, type PlanNode, type RuleCounter } from './graph.ts';

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
      const bounds = numbersOf(node)
        .map((size) => size.key)
        .join(',');
      const key = `${node.form.text}:${shapeKey(node.shape)}:${bounds}:${valueText(node)}(${inputs.join(',')})`;
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
