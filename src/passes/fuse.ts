/**
 * Pass "fuse": puts heads that can share a loop nest into one cluster, which becomes one kernel.
 *
 * A cluster has a space (the loops) of which some axes may be reduced. Heads take part at one of three levels:
 * `full` (stores at every point), `reduce` (reduces the cluster's reduced axes), `row` (computes with the outcomes of
 * reductions, once per point of the other axes). Reductions may feed full-level work of the same rows (softmax,
 * layernorm) when the reduced axes are innermost: the row is walked several times within one kernel.
 *
 * Acyclic by construction: every cluster has a depth greater than that of each cluster it reads from, so clusters
 * of one depth never depend on each other and may be merged.
 */
import { InternalError } from '../ir/errors.ts';
import type { Size } from '../ir/size.ts';
import { Calls } from './calls.ts';
import { sourceKey, type PlanSource } from './expression.ts';
import { flatten, identityMap, sameAffine, type LoopsOfAxes } from './indexMap.ts';
import type { PlanProfile } from './profile.ts';
import { storedLoops, type Head, type Read, type Regions } from './regions.ts';

export type Level = 'full' | 'row' | 'reduce' | 'scan';
/** The levels of heads that walk over a row. */
type Walking = Extract<Level, 'reduce' | 'scan'>;

/** Why two pieces of work were, or were not, put into one kernel. Documented in docs/explain.md. */
export type FusionCode =
  | 'producer'
  | 'row-resident'
  | 'sibling'
  | 'other-loops'
  | 'other-axes'
  | 'not-innermost'
  | 'other-walks'
  | 'reads-elsewhere'
  | 'needed-first'
  | 'limit-ops'
  | 'limit-weight'
  | 'limit-arrays'
  | 'routine'
  | 'one-call'
  | 'in-order'
  | 'pass-off';

/** One trial of fusion: head `b` with the cluster that holds head `a`. */
export interface FusionTrial {
  readonly a: number;
  readonly b: number;
  readonly fused: boolean;
  readonly code: FusionCode;
}

export interface Cluster {
  readonly space: readonly Size[];
  readonly reduced: readonly boolean[] | undefined;
  /** In topological order. */
  readonly members: readonly Member[];
}

export interface Clusters {
  readonly clusters: readonly Cluster[];
  readonly trials: readonly FusionTrial[];
}

interface Member {
  readonly head: Head;
  readonly level: Level;
}

interface Open {
  readonly id: number;
  depth: number;
  /** Smallest depth among clusters that read from this one. */
  nextDepth: number;
  readonly space: readonly Size[];
  readonly spaceKey: string;
  reduced: readonly boolean[] | undefined;
  /** What the walks over its rows do. */
  walking: Walking | undefined;
  members: Member[];
  /** Where the first member that writes a buffer stands among them. */
  firstWrites: Map<PlanSource, number>;
  /** The kind of a head that shares its loops with no other, if there is one. */
  readonly alone: 'routine' | 'scatter' | undefined;
  /** The member that writes a buffer; any part of a concatenation stands for all. */
  readonly writes: Map<PlanSource, Member>;
  ops: number;
  weight: number;
  /** What it reads and writes, stored or not. */
  arrays: Set<string>;
  mergedInto: Open | undefined;
}

const keyOfSpace = (space: readonly Size[]): string => space.map((size) => size.key).join(',');
const isSuffix = (reduced: readonly boolean[]): boolean =>
  reduced.every((r, k) => !r || reduced.slice(k).every(Boolean));
const sameAxes = (a: readonly boolean[], b: readonly boolean[]): boolean => a.every((r, k) => r === b[k]);
const walkingOf = ({ kind }: Head): Walking | undefined =>
  kind === 'reduce' || kind === 'scan' ? kind : undefined;

/** How `head` could take part in `cluster`, or why it could not. */
function levelIn(head: Head, cluster: Open): Level | FusionCode {
  if (head.kind === 'routine' || cluster.alone === 'routine') return 'routine';
  if (head.kind === 'scatter' || cluster.alone === 'scatter') return 'in-order';
  const key = keyOfSpace(head.space);
  const { reduced } = cluster;
  const walking = walkingOf(head);
  if (walking !== undefined) {
    if (key !== cluster.spaceKey) return 'other-loops';
    if (reduced === undefined)
      return walking === 'scan' || isSuffix(head.reduced) ? walking : 'not-innermost';
    if (walking !== cluster.walking) return 'other-walks';
    return sameAxes(head.reduced, reduced) ? walking : 'other-axes';
  }
  if (cluster.walking === 'reduce' && reduced !== undefined) {
    const rows = cluster.space.filter((_, k) => reduced[k] !== true);
    if (key === keyOfSpace(rows)) return 'row';
    if (key !== cluster.spaceKey) return 'other-loops';
    return isSuffix(reduced) ? 'full' : 'not-innermost';
  }
  return key === cluster.spaceKey ? 'full' : 'other-loops';
}

/** Whether `read`, by a head at `level`, is of exactly the value that `member` makes at the same point. */
function readsInPlace(
  read: Read,
  level: Level,
  member: Member,
  cluster: Pick<Cluster, 'space' | 'reduced'>,
): boolean {
  const { head } = member;
  if (read.gathered || head.piece !== undefined) return false;
  if (level === 'row' && member.level === 'full') return false;
  const extents =
    level === 'row' ? cluster.space.filter((_, k) => cluster.reduced?.[k] !== true) : cluster.space;
  const expected = flatten(
    identityMap(head.buffer.shape, storeLoops(head, member.level, level, cluster), extents),
    head.buffer.shape,
  );
  return sameAffine(read.index, expected);
}

/** The loops that index the buffer of a member, seen from work at `level`. */
function storeLoops(
  head: Head,
  own: Level,
  level: Level,
  cluster: Pick<Cluster, 'space' | 'reduced'>,
): LoopsOfAxes {
  const loops = storedLoops(head);
  if (own === 'full' || own === 'scan' || level === 'row') return loops;
  const rows = cluster.space.map((_, k) => k).filter((k) => cluster.reduced?.[k] !== true);
  return loops.map((axis) => axis.map((loop) => rows[loop] ?? loop));
}

const countMissing = (known: ReadonlySet<string>, keys: ReadonlySet<string>): number => {
  let missing = 0;
  for (const key of keys) if (!known.has(key)) missing++;
  return missing;
};

/**
 * The heads, but parts of a concatenation as soon as what they read is there: each joins the kernel that makes it before
 * that is full.
 */
function piecesEarly(heads: readonly Head[]): readonly Head[] {
  const position = new Map<PlanSource, number>();
  const places = heads.map((head, k) => {
    const ready = head.reads.reduce((last, { source }) => Math.max(last, position.get(source) ?? -1), -1);
    const place = head.piece === undefined || ready < 0 ? k : ready;
    position.set(head.buffer, Math.max(place, position.get(head.buffer) ?? -1));
    return place;
  });
  return heads
    .map((head, k) => ({ head, place: places[k] ?? k }))
    .toSorted((a, b) => a.place - b.place || a.head.id - b.head.id)
    .map(({ head }) => head);
}

const rootOf = (cluster: Open): Open => {
  let current = cluster;
  while (current.mergedInto !== undefined) current = current.mergedInto;
  return current;
};

export function fuse(
  regions: Regions,
  enabled: boolean,
  limits: Pick<PlanProfile, 'ops' | 'weight' | 'arrays'>,
): Clusters {
  const clusters: Open[] = [];
  const trials: FusionTrial[] = [];
  const writers = new Map<string, Open[]>();
  const readers = new Map<string, Open[]>();

  const open = (head: Head, depth: number): Open => {
    const cluster: Open = {
      id: clusters.length,
      depth,
      nextDepth: Infinity,
      space: head.space,
      spaceKey: keyOfSpace(head.space),
      reduced: walkingOf(head) === undefined ? undefined : head.reduced,
      walking: walkingOf(head),
      members: [],
      firstWrites: new Map(),
      alone: head.kind === 'routine' || head.kind === 'scatter' ? head.kind : undefined,
      writes: new Map(),
      ops: 0,
      weight: 0,
      arrays: new Set(),
      mergedInto: undefined,
    };
    clusters.push(cluster);
    return cluster;
  };

  const join = (head: Head, cluster: Open, level: Level): void => {
    const member = { head, level };
    if (!cluster.firstWrites.has(head.buffer)) cluster.firstWrites.set(head.buffer, cluster.members.length);
    cluster.members.push(member);
    cluster.writes.set(head.buffer, member);
    cluster.ops += head.ops + 1;
    cluster.weight += head.weight;
    const walking = walkingOf(head);
    if (walking !== undefined) {
      cluster.reduced = head.reduced;
      cluster.walking = walking;
    }
    for (const read of head.reads) {
      const key = sourceKey(read.source);
      cluster.arrays.add(key);
      for (const writer of writers.get(key) ?? []) {
        const from = rootOf(writer);
        if (from !== cluster) from.nextDepth = Math.min(from.nextDepth, cluster.depth);
      }
      const known = readers.get(key);
      if (known === undefined) readers.set(key, [cluster]);
      else if (known.at(-1) !== cluster) known.push(cluster);
    }
    const key = sourceKey(head.buffer);
    cluster.arrays.add(key);
    const others = writers.get(key);
    if (others === undefined) writers.set(key, [cluster]);
    else others.push(cluster);
  };

  /** The member that a trial is about: what `head` reads, or else the last one. */
  const partner = (head: Head, cluster: Open): number => {
    let first = cluster.members.length;
    for (const { source } of head.reads) first = Math.min(first, cluster.firstWrites.get(source) ?? first);
    return (cluster.members[first] ?? cluster.members.at(-1))?.head.id ?? -1;
  };

  const refuse = (head: Head, cluster: Open, code: FusionCode): false => {
    trials.push({ a: partner(head, cluster), b: head.id, fused: false, code });
    return false;
  };

  const tooLong = (cluster: Open, added: Head | Open): FusionCode | undefined =>
    cluster.ops + added.ops + ('members' in added ? 0 : 1) > limits.ops
      ? 'limit-ops'
      : cluster.weight + added.weight > limits.weight
        ? 'limit-weight'
        : undefined;

  /** Space, level, reads and limits; not yet the order of clusters. */
  const accepts = (head: Head, cluster: Open): Level | false => {
    const level = levelIn(head, cluster);
    if (level !== 'full' && level !== 'row' && level !== 'reduce' && level !== 'scan')
      return refuse(head, cluster, level);
    const seen = {
      space: cluster.space,
      reduced: walkingOf(head) === undefined ? cluster.reduced : head.reduced,
    };
    for (const read of head.reads) {
      const member = cluster.writes.get(read.source);
      if (member !== undefined && !readsInPlace(read, level, member, seen))
        return refuse(head, cluster, 'reads-elsewhere');
    }
    const limit = tooLong(cluster, head);
    if (limit !== undefined) return refuse(head, cluster, limit);
    // Mostly there is room for all that it reads and writes.
    if (cluster.arrays.size + head.reads.length + 1 > limits.arrays) {
      const added = new Set([head.buffer, ...head.reads.map(({ source }) => source)].map(sourceKey));
      if (cluster.arrays.size + countMissing(cluster.arrays, added) > limits.arrays)
        return refuse(head, cluster, 'limit-arrays');
    }
    return level;
  };

  /** Joins `other` to `target`: same loops, and nothing that reads `other` runs before `target` does. */
  const merge = (target: Open, other: Open): boolean => {
    if (target.spaceKey !== other.spaceKey) return false;
    if (
      target.reduced !== undefined &&
      other.reduced !== undefined &&
      !sameAxes(target.reduced, other.reduced)
    )
      return false;
    const reduced = target.reduced ?? other.reduced;
    const walking = target.walking ?? other.walking;
    if (walking !== (other.walking ?? walking)) return false;
    if (
      walking === 'reduce' &&
      reduced !== undefined &&
      !isSuffix(reduced) &&
      [...target.members, ...other.members].some(({ level }) => level === 'full')
    )
      return false;
    if (other.depth > target.depth || (other.depth < target.depth && other.nextDepth <= target.depth))
      return false;
    if (tooLong(target, other) !== undefined) return false;
    if (target.arrays.size + countMissing(target.arrays, other.arrays) > limits.arrays) return false;
    target.members = [...target.members, ...other.members].toSorted((a, b) => a.head.id - b.head.id);
    target.firstWrites = new Map(target.members.map(({ head }, k) => [head.buffer, k] as const).reverse());
    for (const [buffer, member] of other.writes) target.writes.set(buffer, member);
    target.ops += other.ops;
    target.weight += other.weight;
    target.reduced = reduced;
    target.walking = walking;
    target.nextDepth = Math.min(target.nextDepth, other.nextDepth);
    for (const array of other.arrays) target.arrays.add(array);
    other.mergedInto = target;
    return true;
  };

  const calls = new Calls<Open>();

  for (const head of piecesEarly(regions.heads)) {
    const call = calls.find(head.node);
    if (call !== undefined) {
      note(head, call, 'one-call');
      join(head, call, 'full');
      continue;
    }
    const producers = distinct(
      head.reads.flatMap((read) => (writers.get(sourceKey(read.source)) ?? []).map(rootOf)),
    );
    const after = 1 + Math.max(-1, ...producers.map((cluster) => cluster.depth));
    const target = enabled
      ? (joinProducers(head, producers) ?? joinSiblings(head, after, producers))
      : undefined;
    if (!enabled) for (const cluster of producers) refuse(head, cluster, 'pass-off');
    if (target !== undefined) join(head, target.cluster, target.level);
    else {
      const cluster = open(head, after);
      calls.add(head.node, cluster);
      join(head, cluster, walkingOf(head) ?? 'full');
    }
  }

  function joinProducers(
    head: Head,
    producers: readonly Open[],
  ): { readonly cluster: Open; readonly level: Level } | undefined {
    const willing = producers
      .map((cluster) => ({ cluster, level: accepts(head, cluster) }))
      .filter((option): option is { cluster: Open; level: Level } => option.level !== false)
      .toSorted((a, b) => b.cluster.depth - a.cluster.depth || a.cluster.id - b.cluster.id);
    const best = willing[0];
    if (best === undefined) return undefined;
    for (const option of willing.slice(1)) {
      const one = rootOf(option.cluster);
      if (one !== best.cluster && merge(best.cluster, one)) note(head, one, 'producer');
    }
    const level = willing.length === 1 ? best.level : accepts(head, best.cluster);
    if (level === false) return undefined;
    const late = producers.find(
      (cluster) => rootOf(cluster) !== best.cluster && rootOf(cluster).depth >= best.cluster.depth,
    );
    if (late !== undefined) {
      refuse(head, best.cluster, 'needed-first');
      return undefined;
    }
    const sources = best.cluster.walking === undefined ? undefined : sourcesOf(head);
    const followsRow =
      sources !== undefined &&
      best.cluster.members.some(({ head: other, level: own }) => own !== 'full' && sources.has(other.buffer));
    note(head, best.cluster, followsRow && level !== 'row' ? 'row-resident' : 'producer');
    return { cluster: best.cluster, level };
  }

  function joinSiblings(
    head: Head,
    after: number,
    producers: readonly Open[],
  ): { readonly cluster: Open; readonly level: Level } | undefined {
    const siblings = distinct(
      head.reads.flatMap((read) => (readers.get(sourceKey(read.source)) ?? []).slice(-8).map(rootOf)),
    );
    for (const cluster of siblings) {
      if (producers.includes(cluster)) continue;
      const inTime = cluster.depth >= after || cluster.nextDepth > after;
      if (!inTime) {
        refuse(head, cluster, 'needed-first');
        continue;
      }
      const level = accepts(head, cluster);
      if (level === false || level === 'row') continue;
      cluster.depth = Math.max(cluster.depth, after);
      note(head, cluster, 'sibling');
      return { cluster, level };
    }
    return undefined;
  }

  function note(head: Head, cluster: Open, code: FusionCode): void {
    trials.push({ a: partner(head, cluster), b: head.id, fused: true, code });
  }

  const kept = clusters
    .filter((cluster) => cluster.mergedInto === undefined)
    .toSorted((a, b) => a.depth - b.depth || a.id - b.id)
    .map(({ space, reduced, members }) => ({ space, reduced, members }));
  return { clusters: kept, trials };
}

const sourcesOf = (head: Head): ReadonlySet<PlanSource> => new Set(head.reads.map(({ source }) => source));

const distinct = <T>(items: readonly T[]): T[] => [...new Set(items)];

/** Checks what the pass promises: each head in one cluster, every read of an earlier cluster or of the same one. */
export function verifyClusters(regions: Regions, { clusters }: Clusters): void {
  const place = new Map<number, number>();
  clusters.forEach(({ members }, k) => {
    for (const { head } of members) {
      if (place.has(head.id)) throw new InternalError('fuse', `head ${head.id} is in two clusters`);
      place.set(head.id, k);
    }
  });
  for (const head of regions.heads) {
    const own = place.get(head.id);
    if (own === undefined) throw new InternalError('fuse', `head ${head.id} is in no cluster`);
    for (const read of head.reads) {
      if (read.source.kind === 'parameter') continue;
      const { source } = read;
      for (const writer of regions.heads.filter(({ buffer }) => buffer === source))
        if ((place.get(writer.id) ?? Infinity) > own)
          throw new InternalError('fuse', `head ${head.id} reads what is written later`);
    }
  }
}

/** Loops of a cluster that are not reduced over, in order. */
export const rowLoops = (cluster: Cluster): readonly number[] =>
  cluster.space.map((_, k) => k).filter((k) => cluster.reduced?.[k] !== true);
