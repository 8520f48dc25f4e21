/**
 * The way back from the symbolic graph of a plan: `unbind(bindGraph(encoding), encoding)` is the graph that was encoded.
 */
import { data, type Node } from '../../src/ir/node.ts';
import { sameShape } from '../../src/ir/shape.ts';
import type { Size } from '../../src/ir/size.ts';
import { bindGraph, encode, type Encoding } from '../../src/passes/bind.ts';
import { graphOf, type Graph } from '../../src/passes/graph.ts';
import { unbind as unbindWith } from '../../src/passes/unbind.ts';

/** The numbers of one evaluation: what `Encoding` splits from the structure. */
export type Numbers = Pick<Encoding, 'numbers' | 'scalars' | 'arrays'>;

export const unbind = (roots: readonly Node<Size>[], { numbers, scalars, arrays }: Numbers): Node[] =>
  unbindWith(roots, numbers, scalars, ({ slot }, shape) => {
    const given = arrays[slot];
    if (given === undefined) throw new Error(`array ${slot} was not given`);
    return sameShape(given.shape, shape) || given.kind !== 'data'
      ? given
      : data(given.source, given.dtype, shape);
  });

/** A graph of numbers as the passes see it, with the numbers that were taken out. */
export function bound(
  roots: readonly Node[],
  bindScalars = true,
): { readonly graph: Graph; readonly encoding: Encoding } {
  const encoding = encode(roots, () => undefined, bindScalars);
  return { graph: graphOf(bindGraph(encoding)), encoding };
}
