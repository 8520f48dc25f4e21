/**
 * How work is cut into parts. Boundaries depend on sizes and on the cost model alone, never on the number of threads or
 * on what happens while they run; so do the bits.
 */
import { leafLength, leftHalf } from '../../ir/pairwiseTree.ts';

export interface Partitioning {
  /** A kernel that is estimated to take less stays on the caller's thread. Nanoseconds, like the next. */
  readonly threshold: number;
  /** What a part takes at least. */
  readonly grain: number;
  /** Tests: the ends of the parts of so many turns, the last one included. */
  readonly cut?: (turns: number) => readonly number[];
  /** Tests: whether the tree is cut in two at a node. */
  readonly cutsNode?: (from: number, length: number) => boolean;
}

/**
 * Waking a thread and waiting for it takes about 15 microseconds on our machine (`npm run bench -- overhead`): with two
 * threads, that much is gained from some 30 on; the estimates are within a factor of two to three.
 */
const usual: Partitioning = { threshold: 100_000, grain: 25_000 };

let current: Partitioning = usual;

/** What holds for plans that are bound from now on. Returns what takes it back. For tests. */
export function setPartitioning(partitioning: Partitioning): () => void {
  current = partitioning;
  return () => {
    current = usual;
  };
}

export const partitioning = (): Partitioning => current;

/** More parts than this cost more than they balance. */
const maxParts = 1024;
/** Elements that fill whole cache lines, whatever they are. */
const wholeLines = 64;

/** The ends of the parts of so many turns that take so long together. */
export function cutTurns(turns: number, granule: number, nanoseconds: number): readonly number[] {
  if (current.cut !== undefined) return current.cut(turns);
  const least = Math.max((turns * current.grain) / Math.max(nanoseconds, 1), turns / maxParts, 1);
  const unit = granule === 1 && least > 4 * wholeLines ? wholeLines : granule;
  const length = unit * Math.ceil(least / unit);
  const ends: number[] = [];
  for (let end = length; end < turns; end += length) ends.push(end);
  ends.push(turns);
  return ends;
}

/**
 * A subtree of the tree of the numerics contract (`ir/pairwiseTree.ts`): it is the tree of its own length.
 * `joined` nodes have two halves.
 */
export type SumTree =
  | { readonly kind: 'part'; readonly from: number; readonly length: number }
  | { readonly kind: 'joined'; readonly left: SumTree; readonly right: SumTree };

/** The tree over so many elements, cut into subtrees that are parts. */
export function cutTree(length: number, nanoseconds: number): SumTree {
  const least = Math.max((length * current.grain) / Math.max(nanoseconds, 1), length / maxParts);
  const cuts = current.cutsNode ?? ((_: number, count: number): boolean => count > least);
  const cut = (from: number, count: number): SumTree => {
    if (count <= leafLength || !cuts(from, count)) return { kind: 'part', from, length: count };
    const left = leftHalf(count);
    return { kind: 'joined', left: cut(from, left), right: cut(from + left, count - left) };
  };
  return cut(0, length);
}
