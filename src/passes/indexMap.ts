/**
 * Index maps: where an element of a node is, as a function of the loops of a kernel.
 *
 * Going from a consumer to its inputs, each view turns one index map into another, so views cost nothing at run
 * time. An index is affine in the loop variables (`offset + sum of stride * loop`). A reshape that merges axes has no
 * affine index per axis, but its *flat* index often is affine; so a map covers the axes in groups, and a group of
 * several axes has one flat, row-major index. A view that needs the axes of such a group one by one (a broadcast, a
 * transpose) is `Blocked` by it. Where the flat index is a whole loop, the caller can split that loop into one per axis
 * and walk again, and needs no memory; otherwise it stores what the reshape that merged the axes is a view of.
 *
 * Below a pad, an index leaves its axis. Each group carries the ranges in which its index is one of an element: what is
 * loaded there is guarded by them. A view that drops an axis drops its ranges, too.
 */
import { InternalError } from '../ir/errors.ts';
import {
  addSizes,
  isOne,
  isZero,
  literalSize,
  multiplySizes,
  one,
  productOfSizes,
  sameSize,
  zero,
  type Size,
} from '../ir/size.ts';
import type { NodeOf, ViewNode } from '../ir/node.ts';

/** `offset + sum over loops k of strides[k] * loop[k]`. */
export interface Affine {
  readonly offset: Size;
  readonly strides: readonly Size[];
}

/** The positions of an axis: `index` is among them from 0 on, below `size`. */
export interface Range {
  readonly index: Affine;
  readonly size: Size;
}

/** `rank` adjacent axes indexed by one row-major position. */
export interface IndexGroup {
  readonly rank: number;
  readonly index: Affine;
  /** Of several axes: what merged them. */
  readonly merged?: Merged;
  /** Below a pad: the index is one of an element within these ranges, elsewhere it need not be. */
  readonly within?: readonly Range[];
}

/** How axes came to share one index. */
export interface Merged {
  /** The view that merged them: a map into what it is a view of has one index for each axis. */
  readonly by: ViewNode<Size>;
  /** The loop that the index is, from 0 to the end, if it is one; the loops that can take its place. */
  readonly loop: { readonly at: number; readonly split: readonly Size[] } | undefined;
}

/** A view that has no affine index map, because of a group whose axes share one index. */
export interface Blocked {
  readonly blockedBy: Merged | undefined;
}

export const isBlocked = <T extends object>(map: T | Blocked): map is Blocked => 'blockedBy' in map;
const blockedBy = (group: IndexGroup): Blocked => ({ blockedBy: group.merged });

export type IndexMap = readonly IndexGroup[];

export const constantAffine = (loops: number): Affine => ({
  offset: zero,
  strides: new Array<Size>(loops).fill(zero),
});

export const loopAffine = (loop: number, loops: number): Affine => ({
  offset: zero,
  strides: Array.from({ length: loops }, (_, k) => (k === loop ? one : zero)),
});

export const addAffine = (a: Affine, b: Affine): Affine => ({
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

/** Whether two indices are the same; loops that one does not have are no part of the other. */
export function sameAffine(a: Affine, b: Affine): boolean {
  if (!sameSize(a.offset, b.offset)) return false;
  for (let k = 0; k < Math.max(a.strides.length, b.strides.length); k++)
    if (!sameSize(a.strides[k] ?? zero, b.strides[k] ?? zero)) return false;
  return true;
}

export function affineKey({ offset, strides }: Affine): string {
  let key = offset.key;
  for (const stride of strides) key += `|${stride.key}`;
  return key;
}

export const rangesKey = (ranges: readonly Range[]): string =>
  ranges.map(({ index, size }) => `${affineKey(index)}<${size.key}`).join('&');

export const mapKey = (map: IndexMap): string =>
  map.map(({ rank, index, within = [] }) => `${rank}@${affineKey(index)}${rangesKey(within)}`).join(';');

/** The ranges of some groups together, each once: what a load under them is guarded by. */
export function rangesOf(groups: IndexMap): readonly Range[] {
  const guarded = groups.flatMap(({ within }) => (within === undefined ? [] : [within]));
  const [only, ...more] = guarded;
  if (only === undefined || more.length === 0) return only ?? [];
  return [...new Map(guarded.flat().map((range) => [rangesKey([range]), range])).values()];
}

/** A group that is meant within some ranges alone. */
const groupWithin = (group: IndexGroup, within: readonly Range[]): IndexGroup =>
  within.length === 0 ? group : { ...group, within };

/** The loops that make up each axis of an array, outermost first; an axis of size 1 needs none. */
export type LoopsOfAxes = readonly (readonly number[])[];

/** The map under which axis `k` of `shape` is indexed by the loops `loopsOf[k]`, of these extents. */
export function identityMap(
  shape: readonly Size[],
  loopsOf: LoopsOfAxes,
  extents: readonly Size[],
): IndexMap {
  return shape.map((_, axis) => ({ rank: 1, index: rowMajor(loopsOf[axis] ?? [], extents) }));
}

/** The row-major position in the loops `inner`. */
function rowMajor(inner: readonly number[], extents: readonly Size[]): Affine {
  const strides = new Array<Size>(extents.length).fill(zero);
  let stride = one;
  for (const loop of inner.toReversed()) {
    strides[loop] = stride;
    stride = multiplySizes(stride, extents[loop] ?? one);
  }
  return { offset: zero, strides };
}

/** One loop for each axis that is not of size 1, in order. */
export function loopsOf(shape: readonly Size[]): LoopsOfAxes {
  let next = 0;
  return shape.map((size) => (isOne(size) ? [] : [next++]));
}

/** The position in a contiguous, row-major array of `shape`. */
export function flatten(map: IndexMap, shape: readonly Size[]): Affine {
  let flat: Affine | undefined;
  let axis = 0;
  for (const { rank, index } of map) {
    flat =
      flat === undefined
        ? index
        : addAffine(scaleAffine(flat, productOfSizes(shape.slice(axis, axis + rank))), index);
    axis += rank;
  }
  return flat ?? { offset: zero, strides: [] };
}

/**
 * The maps into what is indexed along `axes`, and into the index arrays (of rank `rank`), from the map into the result.
 * Along the axes that are indexed the first one is 0: what the index arrays say is added to it.
 */
export function throughIndexing(
  map: IndexMap,
  shape: readonly Size[],
  axes: readonly number[],
  rank: number,
  loops: number,
): { readonly into: IndexMap; readonly along: IndexMap } | Blocked {
  const first = axes[0] ?? shape.length;
  const into: IndexGroup[] = [];
  const along: IndexGroup[] = [];
  let axis = 0;
  let covered = 0;
  const skip = (): void => {
    for (; axes.includes(axis); axis++) into.push({ rank: 1, index: constantAffine(loops) });
  };
  for (const group of map) {
    const end = covered + group.rank;
    if (covered >= first && end <= first + rank) along.push(group);
    else {
      // Groups must not straddle axes that are indexed.
      if (covered < first + rank && end > first) return blockedBy(group);
      skip();
      for (let k = axis; k < axis + group.rank; k++) if (axes.includes(k)) return blockedBy(group);
      into.push(group);
      axis += group.rank;
    }
    covered = end;
  }
  skip();
  return { into, along };
}

/** The map into the input of a view, from the map into its result. */
export function throughView(
  node: ViewNode<Size>,
  map: IndexMap,
  extents: readonly Size[],
): IndexMap | Blocked {
  const [input] = node.inputs;
  switch (node.kind) {
    case 'permute':
      return throughPermute(map, node.axes);
    case 'broadcast':
      return throughBroadcast(map, input.shape, node.shape, extents.length);
    case 'slice':
      return throughSlice(map, input.shape, node);
    case 'window':
      return throughWindow(map, node);
    case 'reshape':
      return throughReshape(node, map, extents);
  }
}

function throughPermute(map: IndexMap, axes: readonly number[]): IndexMap | Blocked {
  const placed: { readonly at: number; readonly group: IndexGroup }[] = [];
  let axis = 0;
  for (const group of map) {
    const first = axes[axis] ?? 0;
    for (let k = 1; k < group.rank; k++) if (axes[axis + k] !== first + k) return blockedBy(group);
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
): IndexMap | Blocked {
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
    else return blockedBy(group);
  }
  return result;
}

function throughSlice(
  map: IndexMap,
  from: readonly Size[],
  { shape: to, starts, steps }: NodeOf<'slice', Size>,
): IndexMap | Blocked {
  const result: IndexGroup[] = [];
  let axis = 0;
  for (const group of map) {
    if (group.rank === 1) {
      const [start, step] = [starts[axis], steps[axis]];
      if (start === undefined || step === undefined) return blockedBy(group);
      const { offset, strides } = scaleAffine(group.index, step);
      const { within = [] } = group;
      result.push(groupWithin({ rank: 1, index: { offset: addSizes(offset, start), strides } }, within));
    } else {
      for (let k = axis; k < axis + group.rank; k++) {
        const [start, step] = [starts[k], steps[k]];
        if (start === undefined || step === undefined || !isZero(start) || !isOne(step))
          return blockedBy(group);
        if (!sameSize(from[k] ?? one, to[k] ?? one)) return blockedBy(group);
      }
      result.push(group);
    }
    axis += group.rank;
  }
  return result;
}

/** Positions and offsets of windows make one index. */
function throughWindow(
  map: IndexMap,
  { axis, steps: [step = one, dilation = one] }: NodeOf<'window', Size>,
): IndexMap | Blocked {
  const inside = map.at(-1);
  if (inside === undefined) throw new InternalError('lower', 'windows without an axis of their own');
  if (inside.rank > 1) return blockedBy(inside);
  const result: IndexGroup[] = [];
  let at = 0;
  for (const group of map.slice(0, -1)) {
    if (at <= axis && axis < at + group.rank) {
      if (group.rank > 1) return blockedBy(group);
      const index = addAffine(scaleAffine(group.index, step), scaleAffine(inside.index, dilation));
      result.push(groupWithin({ rank: 1, index }, rangesOf([group, inside])));
    } else result.push(group);
    at += group.rank;
  }
  return result;
}

/** The map into the input of a pad, and the ranges in which its elements are meant. */
export function throughPad(
  { shape: to, before, inputs: [{ shape: from }] }: NodeOf<'pad', Size>,
  map: IndexMap,
): { readonly inner: IndexMap; readonly guard: readonly Range[] } | Blocked {
  const inner: IndexGroup[] = [];
  const guard: Range[] = [];
  let axis = 0;
  for (const group of map) {
    const axes = Array.from({ length: group.rank }, (_, k) => axis + k);
    axis += group.rank;
    const padded = axes.filter((k) => !isZero(before[k] ?? zero) || !sameSize(from[k] ?? one, to[k] ?? one));
    const [first] = padded;
    if (first === undefined) {
      inner.push(group);
      continue;
    }
    if (group.rank > 1) return blockedBy(group);
    const { offset, strides } = group.index;
    const size = from[first] ?? one;
    const shifted = multiplySizes(literalSize(-1), before[first] ?? zero);
    const index = { offset: addSizes(offset, shifted), strides };
    const range = { index, size };
    guard.push(range);
    // The one element of an axis is there wherever it is read.
    if (isOne(size)) inner.push({ rank: 1, index: constantAffine(strides.length) });
    else inner.push({ rank: 1, index, within: [...(group.within ?? []), range] });
  }
  return { inner, guard };
}

function throughReshape(node: NodeOf<'reshape', Size>, map: IndexMap, extents: readonly Size[]): IndexMap {
  const [{ shape: from }] = node.inputs;
  const { shape: to, groups } = node;
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
    const sizes = to.slice(outAxis, outAxis + outputs);
    const flat = members.length === 0 ? constantAffine(loops) : flatten(members, sizes);
    const axes = from.slice(inAxis, inAxis + inputs);
    const loop = { by: node, at: wholeLoop(members, sizes, extents) };
    const within = rangesOf(members);
    result.push(...placeFlat(flat, axes, extents, loop).map((group) => groupWithin(group, within)));
    inAxis += inputs;
    outAxis += outputs;
  }
  return result;
}

/** The one loop that runs through all of the axes `sizes`, if there is one. */
function wholeLoop(
  members: readonly IndexGroup[],
  sizes: readonly Size[],
  extents: readonly Size[],
): number | undefined {
  let found: number | undefined;
  let axis = 0;
  for (const { rank, index, merged } of members) {
    const own = sizes.slice(axis, axis + rank);
    axis += rank;
    if (own.every(isOne)) continue;
    const loop = merged === undefined ? wholeAxis(index, own[0] ?? one, extents) : merged.loop?.at;
    if (loop === undefined || found !== undefined) return undefined;
    found = loop;
  }
  return found;
}

/** The loop that `index` is, if it is a loop over all of an axis of this size. */
function wholeAxis({ offset, strides }: Affine, size: Size, extents: readonly Size[]): number | undefined {
  const loop = strides.findIndex((stride) => !isZero(stride));
  const extent = extents[loop];
  const isWhole =
    isZero(offset) &&
    extent !== undefined &&
    sameSize(extent, size) &&
    strides.every((stride, k) => (k === loop ? isOne(stride) : isZero(stride)));
  return isWhole ? loop : undefined;
}

/** Indexes the axes `sizes` by one flat position: axis by axis where the loops allow it, else as one group. */
function placeFlat(
  flat: Affine,
  sizes: readonly Size[],
  extents: readonly Size[],
  whole: { readonly by: ViewNode<Size>; readonly at: number | undefined },
): IndexGroup[] {
  const wide = sizes.filter((size) => !isOne(size));
  const still = constantAffine(extents.length);
  if (wide.length <= 1) return sizes.map((size) => ({ rank: 1, index: isOne(size) ? still : flat }));
  const { by, at } = whole;
  const loop = at === undefined ? undefined : { at, split: wide };
  return splitFlat(flat, sizes, extents) ?? [{ rank: sizes.length, index: flat, merged: { by, loop } }];
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
