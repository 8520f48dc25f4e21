/**
 * The loops of a head. An array has one loop for each axis that is not of size 1. Where axes were merged by a reshape
 * and what lies below needs them one by one (a broadcast, a transpose), the loop over the merged axis is split into
 * loops over those: `(a - b).reshape(-1)` of a column and a row walks rows and columns, and neither is stored
 * stretched. Every index that is affine in a loop is affine in the loops it is split into.
 */
import { isOne, type Size } from '../ir/size.ts';
import { loopsOf, type LoopsOfAxes, type Merged } from './indexMap.ts';

export interface Nest {
  /** Sizes of the loops, outermost first. */
  readonly space: readonly Size[];
  /** Per axis of the array, the loops it consists of. */
  readonly loops: LoopsOfAxes;
}

/** Loops of a nest, at most: lowering keeps sets of them as bits, and deeper nests are no use. */
const maxLoops = 16;

export const nestOver = (shape: readonly Size[]): Nest => ({
  space: shape.filter((size) => !isOne(size)),
  loops: loopsOf(shape),
});

/** The nest with the loop that stands in the way of a view split in its parts, if that is possible. */
export function splitFor(blocked: readonly (Merged | undefined)[], nest: Nest): Nest | undefined {
  const loop = blocked.find((merged) => merged?.loop !== undefined)?.loop;
  if (loop === undefined || nest.space.length + loop.split.length - 1 > maxLoops) return undefined;
  const { at, split } = loop;
  const parts = split.map((_, k) => at + k);
  return {
    space: nest.space.toSpliced(at, 1, ...split),
    loops: nest.loops.map((axis) =>
      axis.flatMap((l) => (l < at ? [l] : l === at ? parts : [l + split.length - 1])),
    ),
  };
}
