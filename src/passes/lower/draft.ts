/**
 * The first stage of lowering: what each member of a cluster computes, as expressions over the loops of the cluster. A
 * draft says what is computed, over which loops, and where it is stored; the passes "collapse" and "reductions" rewrite
 * it, and `emission.ts` writes the kernel.
 */
import { InternalError } from '../../ir/errors.ts';
import type { Reduction } from '../../ir/monoids.ts';
import { addSizes, type Size } from '../../ir/size.ts';
import {
  argsOf,
  buildExpression,
  ExpressionPool,
  indicesOf,
  transfer,
  type Expression,
  type PlanBuffer,
  type PlanSource,
} from '../expression.ts';
import { rowLoops, type Cluster, type Clusters, type Level } from '../fuse.ts';
import type { Graph } from '../graph.ts';
import { flatten, identityMap, type Affine, type LoopsOfAxes } from '../indexMap.ts';
import { storedLoops, type Head, type Regions } from '../regions.ts';
import type { Place } from '../scatter.ts';

interface Work {
  readonly head: Head;
  /** What the head computes at a point; of a reduction: its elements. */
  readonly value: Expression;
  readonly store: Affine;
  /** What of the place depends on data, and how the value meets what lies there. */
  readonly scatter: Place | undefined;
  /** Whether it goes to memory: another kernel or a caller needs it. */
  readonly isStored: boolean;
}

/** A head that computes a value at each point of all loops, or once per row. */
export interface MapItem extends Work {
  readonly level: 'full' | 'row';
}

export interface ReductionItem extends Work {
  readonly level: 'reduce';
  readonly op: Reduction;
  /** The number of the accumulator. */
  readonly reduction: number;
  readonly outcome: Expression;
  /** What the accumulator takes: the value, or a narrower one that it is a cast of. */
  readonly element: Expression;
}

/** A head that computes a value at each point of all loops, of those before it along the loops that are scanned. */
export interface ScanItem extends Omit<ReductionItem, 'level'> {
  readonly level: 'scan';
  readonly exclusive: boolean;
}

export type Item = MapItem | ReductionItem | ScanItem;

export interface Draft {
  readonly kind: 'loops';
  readonly cluster: Cluster;
  /** Sizes of the loops. */
  readonly extents: readonly Size[];
  /** The loops whose iterations are independent, and the loops that are reduced or scanned. */
  readonly rows: readonly number[];
  readonly reduced: readonly number[];
  readonly items: readonly Item[];
  /** All that some item is computed from, itself included, in the order of the pool. */
  readonly used: readonly Expression[];
  /** An index of an expression over the loops. */
  readonly indexOf: (index: Affine) => Affine;
  /** Copies of its body that a reduction may be unrolled to, in lines; 0: none is unrolled. */
  readonly unrolledLines: number;
}

/** The call of a routine, which is a kernel of its own: the results that are stored. */
export interface CallDraft {
  readonly kind: 'call';
  readonly heads: readonly [Head, ...Head[]];
}

export type KernelDraft = Draft | CallDraft;

/** A draft for each cluster, in their order. */
export function draftsOf({
  graph,
  regions,
  clusters: { clusters },
}: {
  readonly graph: Graph;
  readonly regions: Regions;
  readonly clusters: Clusters;
}): readonly KernelDraft[] {
  const needed = neededBuffers(graph, regions, clusters);
  return clusters.map((cluster) => {
    const [first, ...others] = cluster.members.map(({ head }) => head);
    if (first?.kind === 'routine') return { kind: 'call', heads: [first, ...others] };
    return draftOf(cluster, regions, (buffer) => needed.has(buffer));
  });
}

/** Buffers that callers or other kernels read, or the same kernel at other points than it computes. */
function neededBuffers(
  { roots }: Graph,
  { bufferOf }: Regions,
  clusters: readonly Cluster[],
): ReadonlySet<PlanBuffer> {
  const home = new Map<PlanBuffer, number>();
  clusters.forEach(({ members }, k) => {
    for (const { head } of members) home.set(head.buffer, k);
  });
  const needed = new Set(roots.flatMap((root) => bufferOf.get(root) ?? []));
  clusters.forEach(({ members }, k) => {
    for (const { head } of members) {
      if (head.piece !== undefined) needed.add(head.buffer);
      for (const { source, gathered } of head.reads)
        if (source.kind === 'buffer' && (home.get(source) !== k || gathered)) needed.add(source);
    }
  });
  return needed;
}

function draftOf(cluster: Cluster, regions: Regions, isNeeded: (buffer: PlanBuffer) => boolean): Draft {
  const rows = rowLoops(cluster);
  const items = itemsOf(cluster, rows, regions, isNeeded);
  return {
    kind: 'loops',
    cluster,
    extents: cluster.space,
    rows,
    reduced: cluster.space.map((_, k) => k).filter((k) => !rows.includes(k)),
    items,
    used: [...reachable(items.flatMap(neededFor))].toSorted((a, b) => a.id - b.id),
    indexOf: (index) => index,
    unrolledLines: 0,
  };
}

function itemsOf(
  { members, space }: Cluster,
  rows: readonly number[],
  regions: Regions,
  isNeeded: (buffer: PlanBuffer) => boolean,
): Item[] {
  const known = new Map<PlanBuffer, Expression>();
  const read = (source: PlanSource): Expression | undefined =>
    source.kind === 'buffer' ? known.get(source) : undefined;
  const frontier: Parameters<typeof buildExpression>[1] = {
    sourceOf: (node) => regions.bufferOf.get(node),
    read,
    blocked: () => {
      throw new InternalError('lower', 'a view has no affine index map in its cluster');
    },
  };
  const [first, second] = members;
  const alone = first !== undefined && second === undefined ? regions.computed.get(first.head) : undefined;
  const pool = alone?.pool ?? new ExpressionPool();
  /** What a head computes over its own loops was found when its region was formed. */
  const valueOf = (head: Head, level: Level): Expression => {
    if (alone !== undefined) return alone.value;
    const formed = regions.computed.get(head);
    if (formed !== undefined && level !== 'row') return transfer(pool, formed.value, read);
    const map = identityMap(head.body.shape, inRows(head.loops, rows), space);
    const own = head.kind === 'map' && head.piece === undefined ? head.node : undefined;
    return buildExpression(pool, frontier, space, head.body, map, own);
  };
  let reductions = 0;
  return members.map(({ head, level }): Item => {
    const value = valueOf(head, level);
    const scatter = regions.computed.get(head)?.place;
    if (scatter !== undefined && alone === undefined)
      throw new InternalError('lower', 'a scatter shares its loops');
    const store = scatter?.index ?? storeIndex(head, level, space, rows);
    const work = { head, value, store, scatter, isStored: isNeeded(head.buffer) };
    let item: Item;
    if (level === 'reduce') {
      const { node } = head;
      if (node.kind !== 'reduce') throw new InternalError('lower', `${node.kind} is not a reduction`);
      const reduction = reductions++;
      const outcome = pool.add({ kind: 'result', dtype: node.dtype, reduction });
      item = { ...work, level, op: node.op, reduction, outcome, element: value };
    } else if (level === 'scan') {
      const { node } = head;
      if (node.kind !== 'scan') throw new InternalError('lower', `${node.kind} is not a scan`);
      const reduction = reductions++;
      const outcome = pool.add({ kind: 'result', dtype: node.dtype, reduction });
      const { op, exclusive } = node;
      item = { ...work, level, op, exclusive, reduction, outcome, element: value };
    } else item = { ...work, level };
    if (head.piece === undefined) known.set(head.buffer, 'outcome' in item ? item.outcome : value);
    return item;
  });
}

function storeIndex(head: Head, level: Level, extents: readonly Size[], rows: readonly number[]): Affine {
  const { piece } = head;
  const shape = piece === undefined ? head.node.shape : head.body.shape;
  const loops = storedLoops(head);
  const map = identityMap(shape, level === 'full' || level === 'scan' ? loops : inRows(loops, rows), extents);
  if (piece === undefined) return flatten(map, head.buffer.shape);
  const shifted = map.map((group, axis) =>
    axis === piece.axis
      ? { ...group, index: { ...group.index, offset: addSizes(group.index.offset, piece.offset) } }
      : group,
  );
  return flatten(shifted, head.buffer.shape);
}

/** Loops of the nest in place of loops counted among those that are not reduced. */
const inRows = (loops: LoopsOfAxes, rows: readonly number[]): LoopsOfAxes =>
  loops.map((axis) => axis.map((loop) => rows[loop] ?? loop));

/** What an item computes: its value, and where that goes. */
export const neededFor = ({ value, scatter }: Item): readonly Expression[] =>
  scatter === undefined ? [value] : [value, ...scatter.gathers.map((gather) => gather.value)];

/** What expressions are computed from, themselves included. */
export function reachable(roots: readonly Expression[]): ReadonlySet<Expression> {
  const seen = new Set<Expression>();
  const stack = [...roots];
  for (let e = stack.pop(); e !== undefined; e = stack.pop()) {
    if (seen.has(e)) continue;
    seen.add(e);
    stack.push(...argsOf(e));
  }
  return seen;
}

/** Every loop is a row's or reduced, and no index goes over others. */
export function verifyDraft(draft: KernelDraft): void {
  if (draft.kind === 'call') return;
  const { extents, rows, reduced, items, used, indexOf } = draft;
  const fail = (message: string): never => {
    throw new InternalError('lower', message);
  };
  const loops = [...rows, ...reduced].toSorted((a, b) => a - b);
  if (loops.join() !== [...extents.keys()].join()) fail(`loops ${loops.join()} of ${extents.length}`);
  const indices = [...items.map(({ store }) => store), ...used.flatMap(indicesOf).map(indexOf)];
  for (const { strides } of indices)
    if (strides.length > extents.length) fail(`${strides.length} strides over ${extents.length} loops`);
}
