/**
 * Pass "common subexpressions": value numbering. Two nodes of one form, shape, bounds and value over the same
 * inputs are one node; operands of commutative ops count as a set. One walk, inputs first, so equal trees collapse
 * from the leaves up however deep they are.
 */
import type { Form } from '../ir/form.ts';
import { numbersOf, valueText, withInputs } from '../ir/node.ts';
import { isCommutative } from '../ir/ops.ts';
import type { Size } from '../ir/size.ts';
import { count, rewrite, type Graph, type PlanNode, type RuleCounter } from './graph.ts';

const keyOf = (sizes: readonly Size[]): string => sizes.map((size) => size.key).join();

export function commonSubexpressions(graph: Graph, rules: RuleCounter): Graph {
  const numbers = new Map<PlanNode, number>();
  const byKey = new Map<string, PlanNode>();
  const shapeKeys = new Map<readonly Size[], string>();
  const shapeKey = (shape: readonly Size[]): string => {
    let key = shapeKeys.get(shape);
    if (key === undefined) {
      key = keyOf(shape);
      shapeKeys.set(shape, key);
    }
    return key;
  };
  // Forms have a long text, and most nodes few forms.
  const formKeys = new Map<Form, string>();
  const formKey = (form: Form): string => {
    let key = formKeys.get(form);
    if (key === undefined) {
      key = String(formKeys.size);
      formKeys.set(form, key);
    }
    return key;
  };
  return rewrite(
    graph,
    (node) => {
      const { form } = node;
      const inputs = node.inputs.map((input) => numbers.get(input) ?? -1);
      if (inputs.length > 1 && node.kind === 'map' && isCommutative(node.op)) inputs.sort((a, b) => a - b);
      let key = `${formKey(form)}:${shapeKey(node.shape)}`;
      if (form.hasNumbers) key += `:${keyOf(numbersOf(node))}`;
      if (form.hasValue) key += `=${valueText(node)}`;
      for (const input of inputs) key += `,${input}`;
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
