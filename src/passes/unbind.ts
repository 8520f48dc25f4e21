/**
 * The way back from the symbolic graph of a plan to a graph of numbers, which the reference evaluator understands: the
 * inverse of `bindGraph`.
 */
import type { Scalar } from '../ir/dtype.ts';
import { InternalError } from '../ir/errors.ts';
import { constant, data, topologicalOrder, type Node, type ViewMap } from '../ir/node.ts';
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
  const viewMap = (map: ViewMap<Size>): ViewMap<number> =>
    map.op === 'slice'
      ? {
          op: 'slice',
          ranges: map.ranges.map(({ start, step }) => ({ start: number(start), step: number(step) })),
        }
      : map;
  const convert = (node: PlanNode): Node => {
    const shape = node.shape.map(number);
    switch (node.kind) {
      case 'data':
        return data(node.source, node.dtype, shape);
      case 'parameter': {
        if (node.role === 'array') return array(node, shape);
        const value = scalars[node.slot];
        if (value === undefined) throw new InternalError('bind', `scalar ${node.slot} was not given`);
        return constant(value, node.dtype);
      }
      case 'constant':
      case 'iota':
        return { ...node, shape };
      case 'map':
      case 'concat':
        return { ...node, shape, inputs: node.inputs.map(of) };
      case 'view':
        return { ...node, shape, map: viewMap(node.map), inputs: [of(node.inputs[0])] };
      case 'cast':
      case 'reduce':
      case 'argReduce':
        return { ...node, shape, inputs: [of(node.inputs[0])] };
      case 'gather':
      case 'contract':
        return { ...node, shape, inputs: [of(node.inputs[0]), of(node.inputs[1])] };
    }
  };
  for (const node of topologicalOrder(roots)) done.set(node, convert(node));
  return roots.map(of);
}
