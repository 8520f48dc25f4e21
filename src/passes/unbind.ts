/**
 * The way back from the symbolic graph of a plan to a graph of numbers, which the reference evaluator understands: the
 * inverse of `bindGraph`.
 */
import type { Scalar } from '../ir/dtype.ts';
import { InternalError } from '../ir/errors.ts';
import { constant, data, numbersOf, rebuild, topologicalOrder, type Node } from '../ir/node.ts';
import type { Shape } from '../ir/shape.ts';
import { evaluateSize, type Size } from '../ir/size.ts';
import type { PlanNode } from './graph.ts';

/** `array` gives the node that stands for an array parameter. */
export function unbind(
  roots: readonly PlanNode[],
  numbers: readonly number[],
  scalars: readonly Scalar[],
  array: (parameter: PlanNode & { readonly kind: 'parameter' }, shape: Shape) => Node,
): Node[] {
  const number = (size: Size): number => evaluateSize(size, numbers);
  const done = new Map<PlanNode, Node>();
  const of = (node: PlanNode): Node => {
    const found = done.get(node);
    if (found === undefined) throw new InternalError('bind', `${node.kind} was not visited`);
    return found;
  };
  const convert = (node: PlanNode): Node => {
    const shape = node.shape.map(number);
    if (node.kind === 'data') return data(node.source, node.dtype, shape);
    if (node.kind !== 'parameter')
      return rebuild(node, shape, node.inputs.map(of), numbersOf(node).map(number));
    if (node.role === 'array') return array(node, shape);
    const value = scalars[node.slot];
    if (value === undefined) throw new InternalError('bind', `scalar ${node.slot} was not given`);
    return constant(value, node.dtype);
  };
  for (const node of topologicalOrder(roots)) done.set(node, convert(node));
  return roots.map(of);
}
