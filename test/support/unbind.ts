/**
 * The way back from the symbolic graph of a plan to a graph of numbers, which the reference evaluator understands:
 * `unbind(bindGraph(encoding), encoding)` is the graph that was encoded.
 */
import { constant, data, numbersOf, rebuild, topologicalOrder, type Node } from '../../src/ir/node.ts';
import { sameShape } from '../../src/ir/shape.ts';
import { evaluateSize, type Size } from '../../src/ir/size.ts';
import { bindGraph, encode, type Encoding } from '../../src/passes/bind.ts';
import { graphOf, type Graph } from '../../src/passes/graph.ts';

/** The numbers of one evaluation: what `Encoding` splits from the structure. */
export type Numbers = Pick<Encoding, 'numbers' | 'scalars' | 'arrays'>;

export function unbind(roots: readonly Node<Size>[], { numbers, scalars, arrays }: Numbers): Node[] {
  const number = (size: Size): number => evaluateSize(size, numbers);
  const done = new Map<Node<Size>, Node>();
  const of = (node: Node<Size>): Node => {
    const found = done.get(node);
    if (found === undefined) throw new Error(`${node.kind} was not visited`);
    return found;
  };
  const leaf = (slot: number, shape: readonly number[]): Node => {
    const given = arrays[slot];
    if (given === undefined) throw new Error(`array ${slot} was not given`);
    return sameShape(given.shape, shape) || given.kind !== 'data'
      ? given
      : data(given.source, given.dtype, shape);
  };
  const convert = (node: Node<Size>): Node => {
    const shape = node.shape.map(number);
    if (node.kind === 'data') return data(node.source, node.dtype, shape);
    if (node.kind !== 'parameter')
      return rebuild(node, shape, node.inputs.map(of), numbersOf(node).map(number));
    if (node.role === 'array') return leaf(node.slot, shape);
    const value = scalars[node.slot];
    if (value === undefined) throw new Error(`scalar ${node.slot} was not given`);
    return constant(value, node.dtype);
  };
  for (const node of topologicalOrder(roots)) done.set(node, convert(node));
  return roots.map(of);
}

/** A graph of numbers as the passes see it, with the numbers that were taken out. */
export function bound(
  roots: readonly Node[],
  bindScalars = true,
): { readonly graph: Graph; readonly encoding: Encoding } {
  const encoding = encode(roots, () => undefined, bindScalars);
  return { graph: graphOf(bindGraph(encoding)), encoding };
}
