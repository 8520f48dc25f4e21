/**
 * The tree in which reductions that round combine their elements, that of NumPy's pairwise sum
 * (numpy/_core/src/umath/loops_utils.h.src; NumPy itself adds buffers of 8,192 elements one after the other, so its bits
 * may differ beyond that length). Up to 128 elements go round-robin into eight accumulators, the *lanes* of a leaf; longer
 * sequences split in halves, the left one a multiple of eight. It depends on the length alone.
 */

/** Elements of a leaf, its accumulators, and levels (2^31 elements have 24, 2^53 46). */
export const leafLength = 128;
export const leafLanes = 8;
export const maxDepth = 32;
export const wideDepth = 64;

/** A mask that rounds a count down to whole rounds over the lanes. */
export const wholeTurns = ~(leafLanes - 1);

/** The length of the left half of a node over `count` elements. Counts may exceed 32 bits. */
export const leftHalf = (count: number): number => leafLanes * Math.floor(count / (2 * leafLanes));

/** The lanes of a leaf as one: ((0+1)+(2+3))+((4+5)+(6+7)). */
export function joinLanes<T>(lane: (k: number) => T, join: (x: T, y: T) => T): T {
  const part = (from: number, count: number): T =>
    count === 1 ? lane(from) : join(part(from, count / 2), part(from + count / 2, count / 2));
  return part(0, leafLanes);
}

/** The tree over `count` elements from position `from` on; lanes start from `neutral`, which changes nothing. */
export function foldPairwise<T>(
  from: number,
  count: number,
  element: (position: number) => T,
  join: (x: T, y: T) => T,
  neutral: T,
): T {
  if (count > leafLength) {
    const left = leftHalf(count);
    return join(
      foldPairwise(from, left, element, join, neutral),
      foldPairwise(from + left, count - left, element, join, neutral),
    );
  }
  const lanes = new Array<T>(leafLanes).fill(neutral);
  const body = count - (count % leafLanes);
  for (let i = 0; i < body; i++)
    lanes[i % leafLanes] = join(lanes[i % leafLanes] ?? neutral, element(from + i));
  let total = joinLanes((k) => lanes[k] ?? neutral, join);
  for (let i = body; i < count; i++) total = join(total, element(from + i));
  return total;
}
