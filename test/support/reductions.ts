/** Every row of the table of reductions, over every dtype it takes. */
import { isFloat, type ComputeDType } from '../../src/ir/dtype.ts';
import { isArg, monoidRow, ofBool, reductions, type Reduction } from '../../src/ir/monoids.ts';
import type { Node } from '../../src/ir/node.ts';
import { arrayOf, ordinary, specialsOf } from './specials.ts';
import * as t from './typed.ts';

/** Whether a row takes elements of this dtype. */
export function takes(op: Reduction, dtype: ComputeDType): boolean {
  if (dtype === 'bool' && ofBool(op) !== op) return false;
  switch (monoidRow(op).elements) {
    case 'wide':
    case 'given':
      return true;
    case 'float':
      return isFloat(dtype);
    case 'bool':
      return dtype === 'bool';
    case 'bits':
      return !isFloat(dtype);
  }
}

/** Lengths on either side of packs, lanes and leaves. */
export const lengths = [0, 1, 2, 3, 7, 8, 9, 16, 17, 127, 128, 129, 137, 255, 257, 300, 1031] as const;

/** Elements of a dtype: of 256, so many are infinite, NaN, zero, or at an end of the range. */
export function elements(dtype: ComputeDType, shape: readonly number[], special: number, seed: number): Node {
  const rare = specialsOf(dtype);
  let state = seed;
  const next = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  const size = shape.reduce((a, b) => a * b, 1);
  const values = Array.from({ length: size }, () =>
    next(256) < special ? (rare[next(rare.length)] ?? 0) : ordinary(next(1000), dtype),
  );
  return t.data(arrayOf(dtype, values), shape, dtype);
}

/** Everything that can be reduced of a node along these axes. */
export function allReduced(node: Node, dtype: ComputeDType, axes: readonly number[]): readonly Node[] {
  const empty = axes.some((axis) => node.shape[axis] === 0);
  return reductions.flatMap((op): Node[] => {
    if (!takes(op, dtype) || (empty && monoidRow(op).ofNothing === 'refused')) return [];
    if (!isArg(op)) return [t.reduce(op, node, axes)];
    return axes.length === 1 ? [t.argReduce(op, node, axes[0] ?? 0)] : [];
  });
}
