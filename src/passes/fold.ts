/**
 * Pass "fold": operations on known constants are carried out, by the reference functions and so in the arithmetic
 * of their dtype (never in JS doubles for a float32 or an int32).
 */
import { constant, withInputs } from '../ir/node.ts';
import { castScalar } from '../ir/scalar.ts';
import { applyOp } from '../ir/scalarNumbers.ts';
import { count, rewrite, type Graph, type PlanNode, type RuleCounter } from './graph.ts';
import type { Scalar } from '../ir/dtype.ts';

const known = (node: PlanNode): Scalar | undefined => (node.kind === 'constant' ? node.value : undefined);

function foldNode(node: PlanNode): PlanNode | undefined {
  if (node.kind === 'cast') {
    const value = known(node.inputs[0]);
    return value === undefined
      ? undefined
      : constant(castScalar(value, node.inputs[0].dtype, node.dtype), node.dtype);
  }
  if (node.kind !== 'map' || node.shape.length > 0) return undefined;
  const values: Scalar[] = [];
  for (const input of node.inputs) {
    const value = known(input);
    if (value === undefined) return undefined;
    values.push(value);
  }
  const operand = node.inputs.at(-1)?.dtype ?? node.dtype;
  return constant(applyOp(node.op, operand, values), node.dtype);
}

export function fold(graph: Graph, rules: RuleCounter): Graph {
  return rewrite(
    graph,
    (node) => {
      const folded = foldNode(node);
      if (folded === undefined) return node;
      count(rules, node.kind === 'cast' ? 'cast of constant' : 'operation on constants');
      return folded;
    },
    withInputs,
  );
}
