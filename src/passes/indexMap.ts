/**
 * Index maps: where an element of a node is, as a function of the loops of a kernel.
 *
 * Going from a consumer to its inputs, each view turns one index map into another, so views cost nothing at run
 * time. An index is affine in the loop variables (`offset + sum of stride * loop`). A reshape that merges axes has no
 * affine index per axis, but its *flat* index often is affine; so a map covers the axes in groups, and a group of
 * several axes has one flat, row-major index. Where even that does not hold (reshape after transpose) `throughView`
 * gives `undefined` and the caller materializes the input.
 */
import {
  addSizes,
  isOne,
  isZero,
  multiplySizes,
  one,
  productOfSizes,
  sameSize,
  zero,
  type Size,
} from '../ir/size.ts';
import type { ReshapeGroup } from '../ir/shape.ts';
import type { NodeOf, ViewNode } from '../ir/node.ts';

/** `offset + sum over loops k of strides[k] * loop[k]`. */
export interface Affine {
  readonly offset: Size;
  readonly strides: readonly Size[];
}

/** `rank` adjacent axes indexed by one row-major position. */
export interface IndexGroup {
  readonly rank: number;
  readonly index: Affine;
}

export type IndexMap = readonly IndexGroup[];

export const constantAffine = (loops: number): Affine => ({
  offset: zero,
  strides: new Array<Size>(loops).fill(zero),
});

export const loopAffine = (loop: number, loops: number): Affine => ({
  offset: zero,
  strides: Array.from({ length: loops }, (_, k) => (k === loop ? one : zero)),
});

const addAffine = (a: Affine, b: Affine): Affine => ({
  offset: addSizes(a.offset, b.offset),
  strides: a.strides.map((stride, k) => addSizes(stride, b.strides[k] ?? zero)),
});

export const scaleAffine = (a: Affine, factor: Size): Affine =>
  isOne(factor)
    ? a
    : {
        offset: multiplySizes(a.offset, factor),
        strides: a.strides.map((stride) => multiplySizes(stride, factor)),
      };

export const affineKey = (a: Affine): string =>
  `${a.offset.key}|${a.strides.map((stride) => stride.key).join('|')}`;

export const mapKey = (map: IndexMap): string =>
  map.map((group) => `${group.rank}@${affineKey(group.index)}`).join(';');

/** The map under which axis `k` of `shape` is the loop `loops[k]`; axes of size 1 need none. */
export function identityMap(
  shape: readonly Size[],
  loopOf: readonly (number | undefined)[],
  loops: number,
): IndexMap {
  return shape.map((_, axis) => {
    const loop = loopOf[axis];
    return { rank: 1, index: loop === undefined ? constantAffine(loops) : loopAffine(loop, loops) };
  });
}

/** Loops in order for the axes that are not of size 1. */
export function loopsOf(shape: readonly Size[], first = 0): (number | undefined)[] {
  let next = first;
  return shape.map((size) => (isOne(size) ? undefined : next++));
}

/** The position in a contiguous, row-major array of `shape`. */
export function flatten(map: IndexMap, shape: readonly Size[]): Affine {
  let flat: Affine | undefined;
  let axis = 0;
  for (const { rank, index } of map) {
    const inner = productOfSizes(shape.slice(axis, axis + rank));
    flat = flat === undefined ? index : addAffine(scaleAffine(flat, inner), index);
    axis += rank;
  }
  return flat ?? { offset: zero, strides: [] };
}

/** The map into the input of a view, from the map into its result; `undefined` where it is not affine. */
export function throughView(
  node: ViewNode<Size>,
  map: IndexMap,
  extents: readonly Size[],
): IndexMap | undefined {
  const [input] = node.inputs;
  switch (node.kind) {
    case 'permute':
      return throughPermute(map, node.axes);
    case 'broadcast':
      return throughBroadcast(map, input.shape, node.shape, extents.length);
    case 'slice':
      return throughSlice(map, input.shape, node);
    case 'reshape':
      return throughReshape(map, input.shape, node.shape, node.groups, extents);
  }
}

function throughPermute(map: IndexMap, axes: readonly number[]): IndexMap | undefined {
  const placed: { readonly at: number; readonly group: IndexGroup }[] = [];
  let axis = 0;
  for (const group of map) {
    const first = axes[axis] ?? 0;
    for (let k = 1; k < group.rank; k++) if (axes[axis + k] !== first + k) return undefined;
    placed.push({ at: first, group });
    axis += group.rank;
  }
  return placed.toSorted((a, b) => a.at - b.at).map(({ group }) => group);
}

function throughBroadcast(
  map: IndexMap,
  from: readonly Size[],
  to: readonly Size[],
  loops: number,
): IndexMap | undefined {
  const lead = to.length - from.length;
  const result: IndexGroup[] = [];
  let axis = 0;
  for (const group of map) {
    const axes = Array.from({ length: group.rank }, (_, k) => axis + k);
    axis += group.rank;
    const kept = axes.filter((k) => k >= lead && sameSize(from[k - lead] ?? one, to[k] ?? one));
    const inside = axes.filter((k) => k >= lead);
    if (kept.length === axes.length) result.push(group);
    else if (kept.every((k) => isOne(to[k] ?? one)))
      for (const _ of inside) result.push({ rank: 1, index: constantAffine(loops) });
    else return undefined;
  }
  return result;
}

function throughSlice(
  map: IndexMap,
  from: readonly Size[],
  { shape: to, starts, steps }: NodeOf<'slice', Size>,
): IndexMap | undefined {
  const result: IndexGroup[] = [];
  let axis = 0;
  for (const group of map) {
    if (group.rank === 1) {
      const [start, step] = [starts[axis], steps[axis]];
      if (start === undefined || step === undefined) return undefined;
      const { offset, strides } = scaleAffine(group.index, step);
      result.push({ rank: 1, index: { offset: addSizes(offset, start), strides } });
    } else {
      for (let k = axis; k < axis + group.rank; k++) {
        const [start, step] = [starts[k], steps[k]];
        if (start === undefined || step === undefined || !isZero(start) || !isOne(step)) return undefined;
        if (!sameSize(from[k] ?? one, to[k] ?? one)) return undefined;
      }
      result.push(group);
    }
    axis += group.rank;
  }
  return result;
}

function throughReshape(
  map: IndexMap,
  from: readonly Size[],
  to: readonly Size[],
  groups: readonly ReshapeGroup[],
  extents: readonly Size[],
): IndexMap | undefined {
  const loops = extents.length;
  const result: IndexGroup[] = [];
  let inAxis = 0;
  let outAxis = 0;
  let g = 0;
  let m = 0;
  while (g < groups.length || m < map.length) {
    // Grow the block until reshape groups and index groups end at the same axis.
    let inputs = 0;
    let outputs = 0;
    let covered = 0;
    const members: IndexGroup[] = [];
    do {
      const step = groups[g];
      const group = map[m];
      if (covered >= outputs && step !== undefined) {
        inputs += step[0];
        outputs += step[1];
        g++;
      } else if (group !== undefined) {
        members.push(group);
        covered += group.rank;
        m++;
      } else break;
      const more = map[m];
      if (covered < outputs && more !== undefined) {
        members.push(more);
        covered += more.rank;
        m++;
      }
    } while (covered !== outputs);
    const flat =
      members.length === 0 ? constantAffine(loops) : flatten(members, to.slice(outAxis, outAxis + outputs));
    result.push(...placeFlat(flat, from.slice(inAxis, inAxis + inputs), extents));
    inAxis += inputs;
    outAxis += outputs;
  }
  return result;
}

/** Indexes the axes `sizes` by one flat position: axis by axis where the loops allow it, else as one group. */
function placeFlat(flat: Affine, sizes: readonly Size[], extents: readonly Size[]): IndexGroup[] {
  const wide = sizes.filter((size) => !isOne(size)).length;
  const still = constantAffine(extents.length);
  if (wide <= 1) return sizes.map((size) => ({ rank: 1, index: isOne(size) ? still : flat }));
  const split = splitFlat(flat, sizes, extents);
  return split ?? [{ rank: sizes.length, index: flat }];
}

/** One loop per axis, with exactly the axis's row-major stride and extent: then the flat index splits. */
function splitFlat(flat: Affine, sizes: readonly Size[], extents: readonly Size[]): IndexGroup[] | undefined {
  if (!isZero(flat.offset)) return undefined;
  const loops = extents.length;
  const used = new Set<number>();
  const result: IndexGroup[] = [];
  for (let axis = 0; axis < sizes.length; axis++) {
    const size = sizes[axis] ?? one;
    if (isOne(size)) {
      result.push({ rank: 1, index: constantAffine(loops) });
      continue;
    }
    const stride = productOfSizes(sizes.slice(axis + 1));
    const loop = flat.strides.findIndex(
      (s, k) => !used.has(k) && sameSize(s, stride) && sameSize(extents[k] ?? one, size),
    );
    if (loop < 0) return undefined;
    used.add(loop);
    result.push({ rank: 1, index: loopAffine(loop, loops) });
  }
  return flat.strides.every((stride, k) => isZero(stride) || used.has(k)) ? result : undefined;
}
