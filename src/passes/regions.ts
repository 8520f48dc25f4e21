/**
 * Pass "regions": decides which nodes are stored, and so what each kernel may compute in place.
 *
 * A *head* is a piece of work that ends in a store: a root, a reduction, a result of a routine, one part of a
 * concatenation, or a node that had to be stored. Everything between heads is computed where it is needed. Nodes are
 * stored when a view of them has no affine index map, when they feed a routine or are gathered from, and when
 * a region would grow beyond what one kernel should hold.
 */
import { InternalError } from '../ir/errors.ts';
import { addSizes, zero, type Size } from '../ir/size.ts';
import { identityMap, type Affine, type LoopsOfAxes, type Merged } from './indexMap.ts';
import {
  buildExpression,
  ExpressionPool,
  type Expression,
  type PlanBuffer,
  type PlanSource,
} from './expression.ts';
import { isLeaf, isView, type NodeOf } from '../ir/node.ts';
import { kindRow } from '../ir/schema.ts';
import { routineRow } from '../ir/routines/table.ts';
import { nestOver, splitFor, type Nest } from './nest.ts';
import { isContiguous, layoutOf } from './operand.ts';
import { ownWeight, shareWeight, weigh } from './weight.ts';
import type { Graph, PlanNode } from './graph.ts';
import { opRow } from '../ir/ops.ts';
import type { PlanProfile } from './profile.ts';

export interface Head {
  readonly id: number;
  readonly kind: 'map' | 'reduce' | 'argReduce' | 'routine';
  /** The node whose value is stored. */
  readonly node: PlanNode;
  /** What is evaluated at each point: the node itself, or the input of a reduction. */
  readonly body: PlanNode;
  readonly buffer: PlanBuffer;
  /** Part of a concatenation: stores start here along this axis of the buffer. */
  readonly piece: { readonly axis: number; readonly offset: Size } | undefined;
  /** Sizes of the loops: the axes of `body` that are not of size 1, where a view needed it those they were merged from. */
  readonly space: readonly Size[];
  /** Per axis of `body`, the loops it consists of, outermost first. */
  readonly loops: LoopsOfAxes;
  /** Per loop, whether it is reduced over. */
  readonly reduced: readonly boolean[];
  readonly ops: number;
  /** What they cost, 1 for an addition. */
  readonly weight: number;
  readonly reads: readonly Read[];
  /** Nodes computed in place. */
  readonly inside: readonly PlanNode[];
}

/** Per axis of what a head stores, the loops it consists of, counted among those that are not reduced. */
export function storedLoops({ node, loops, reduced }: Head): LoopsOfAxes {
  if (node.kind !== 'reduce' && node.kind !== 'argReduce') return loops;
  const dropped = node.kind === 'reduce' ? node.axes : [node.axis];
  const rows = reduced.flatMap((is, loop) => (is ? [] : [loop]));
  return loops
    .filter((_, axis) => !dropped.includes(axis))
    .map((axis) => axis.map((loop) => rows.indexOf(loop)));
}

export interface Read {
  readonly source: PlanSource;
  readonly index: Affine;
  readonly gathered: boolean;
}

export interface Regions {
  readonly heads: readonly Head[];
  readonly bufferOf: ReadonlyMap<PlanNode, PlanBuffer>;
  /** Why a node is stored although no root needs it. */
  readonly stored: ReadonlyMap<PlanNode, StoreReason>;
  /** What each head computes over its own loops (results of routines aside). */
  readonly computed: ReadonlyMap<Head, { readonly pool: ExpressionPool; readonly value: Expression }>;
}

export type StoreReason =
  | 'reshape-not-affine'
  | 'routine-operand'
  | 'gathered-from'
  | 'region-limit'
  | 'expensive-and-shared'
  | 'recomputed'
  | 'row-epilogue'
  | 'pass-off';

export interface RegionOptions {
  /** Compute elementwise work in place; off: every operation is stored. */
  readonly inline: boolean;
  /** Views as index maps; off: every view is copied. */
  readonly views: boolean;
  readonly limits: Pick<PlanProfile, 'regionNodes' | 'weight' | 'regionArrays'>;
}

/** Forms the regions; `extra` nodes are stored for the reason given. */
export function formRegions(
  graph: Graph,
  extra: ReadonlyMap<PlanNode, StoreReason>,
  options: RegionOptions,
): Regions {
  const stored = new Map(extra);
  const heads = new Set<PlanNode>(graph.roots);
  const store = (node: PlanNode, reason: StoreReason): void => {
    if (node.kind === 'parameter' && node.role === 'array') return;
    if (heads.has(node)) return;
    heads.add(node);
    stored.set(node, reason);
  };
  for (const node of extra.keys()) heads.add(node);
  for (const node of graph.nodes) {
    const { fusion } = kindRow(node.kind);
    if (fusion === 'fold' || fusion === 'opaque' || fusion === 'pieces') heads.add(node);
    else if (node.kind === 'gather') store(node.inputs[0], 'gathered-from');
    if (!options.views && fusion === 'view') store(node, 'pass-off');
    if (!options.inline && fusion === 'pointwise') store(node, 'pass-off');
  }
  if (options.inline) {
    cutRecomputation(graph, heads, store);
    cutRepetition(graph, heads, store);
  }
  cutRegions(graph, heads, store, options.limits);
  for (;;) {
    const before = heads.size;
    const formed = analyseHeads(graph, heads, store);
    if (heads.size === before) return { ...formed, stored };
  }
}

/** Work (1 = one add) that is worth a store and loads instead of being done again at other places of one region. */
const recomputeWeight = 16;
/** Places counted per node: beyond these it is stored anyway. */
const maxPlaces = 64;

/**
 * Stores work that one region would do again at each of several places: a shifted, flipped or transposed self. (What
 * broadcasting repeats stays: lowering hoists it or keeps it in a table.) Without this, k levels of shifts would be
 * computed at up to 2^k places.
 */
function cutRecomputation(
  graph: Graph,
  heads: Set<PlanNode>,
  store: (node: PlanNode, reason: StoreReason) => void,
): void {
  const isEdge = (node: PlanNode): boolean =>
    heads.has(node) || (node.kind === 'parameter' && node.role === 'array');
  const weights = weigh(graph.nodes, isEdge);
  // A place is a head and the chain of moving views that leads from it; places are numbered, with their heads.
  const headOf: PlanNode[] = [];
  const place = (head: PlanNode): number => headOf.push(head) - 1;
  const mostOfOneHead = (places: ReadonlySet<number>): number => {
    const perHead = new Map<PlanNode | undefined, number>();
    for (const id of places) perHead.set(headOf[id], (perHead.get(headOf[id]) ?? 0) + 1);
    return Math.max(0, ...perHead.values());
  };
  const placesOf = new Map<PlanNode, Set<number>>();
  for (const node of graph.nodes.toReversed()) {
    let places = placesOf.get(node) ?? new Set<number>();
    placesOf.delete(node);
    const repeated =
      node.kind === 'map' &&
      places.size > 1 &&
      (mostOfOneHead(places) - 1) * (weights.get(node) ?? 0) > recomputeWeight;
    if (repeated) store(node, 'recomputed');
    if (isEdge(node)) places = new Set([place(node)]);
    const moves = node.kind === 'gather' || node.kind === 'slice' || node.kind === 'permute';
    const below = moves ? new Set([...places].map((id) => place(headOf[id] ?? node))) : places;
    for (const input of node.inputs) {
      if (isEdge(input)) continue;
      const known = placesOf.get(input);
      if (known === undefined) placesOf.set(input, new Set(below));
      else if (known.size < maxPlaces) for (const id of below) known.add(id);
    }
  }
}

/** So many regions that would compute the same work are too many, where it is worth a store, or has so many nodes. */
const mostRepetitions = 3;
const repeatedNodes = 64;

/**
 * Stores work that many regions would each do again. Without this, a recurrence of which every step is a root, or a
 * part of a concatenation, would be computed from its start in the region of each step. (What few regions share is left
 * to `sharing.ts`, which knows what will be fused.)
 */
function cutRepetition(
  graph: Graph,
  heads: Set<PlanNode>,
  store: (node: PlanNode, reason: StoreReason) => void,
): void {
  const isEdge = (node: PlanNode): boolean =>
    heads.has(node) || (node.kind === 'parameter' && node.role === 'array');
  const weights = weigh(graph.nodes, isEdge);
  const sizes = new Map<PlanNode, number>();
  for (const node of graph.nodes) {
    let size = 1;
    for (const input of node.inputs) if (!isEdge(input)) size += sizes.get(input) ?? 0;
    sizes.set(node, Math.min(size, repeatedNodes));
  }
  // Each part of a concatenation is a region of its own; regions are numbered.
  let regions = 0;
  const regionsOf = new Map<PlanNode, Set<number>>();
  for (const node of graph.nodes.toReversed()) {
    let own = regionsOf.get(node) ?? new Set<number>();
    regionsOf.delete(node);
    const isWork = (weights.get(node) ?? 0) >= shareWeight || (sizes.get(node) ?? 0) >= repeatedNodes;
    if (own.size >= mostRepetitions && isWork && !isEdge(node))
      store(computingNode(node), 'expensive-and-shared');
    if (isEdge(node)) own = new Set([regions++]);
    for (const input of node.inputs) {
      if (isEdge(input) || isLeaf(input)) continue;
      const known = regionsOf.get(input) ?? new Set<number>();
      regionsOf.set(input, known);
      if (node.kind === 'concat') known.add(regions++);
      else if (known.size < mostRepetitions) for (const region of own) known.add(region);
    }
  }
}

/** Stores nodes so that no region holds too many nodes or reads too many arrays. Each node is looked at once per region. */
function cutRegions(
  graph: Graph,
  heads: Set<PlanNode>,
  store: (node: PlanNode, reason: StoreReason) => void,
  limits: RegionOptions['limits'],
): void {
  const isEdge = (node: PlanNode): boolean =>
    heads.has(node) || (node.kind === 'parameter' && node.role === 'array');
  const original = new Set(heads);
  // Each part of a concatenation is a region of its own.
  const bodies = graph.nodes
    .filter((node) => original.has(node))
    .flatMap((node) => (node.kind === 'concat' ? node.inputs.filter((input) => !isEdge(input)) : [node]));
  for (const head of bodies) {
    const order = regionOrder(head, isEdge).filter((node) => !isLeaf(node) || node === head);
    const arrays = new Set<PlanNode>();
    for (const node of order) for (const input of node.inputs) if (isEdge(input)) arrays.add(input);
    const total = order.reduce((sum, node) => sum + ownWeight(node), 0);
    if (order.length <= limits.regionNodes && arrays.size <= limits.regionArrays && total <= limits.weight)
      continue;
    const chunkOf = new Map<PlanNode, number>();
    let chunk = 0;
    let size = 0;
    let weight = 0;
    let reads = new Set<PlanNode>();
    for (const node of order) {
      // What an earlier chunk computes will be stored, and read here.
      const added = node.inputs.filter(
        (input) => !reads.has(input) && (isEdge(input) || (!isLeaf(input) && chunkOf.get(input) !== chunk)),
      );
      const own = ownWeight(node);
      const isFull = size >= limits.regionNodes || (size > 0 && weight + own > limits.weight);
      if (isFull || reads.size + added.length > limits.regionArrays) {
        chunk++;
        size = 0;
        weight = 0;
        reads = new Set();
      }
      size++;
      weight += own;
      chunkOf.set(node, chunk);
      for (const input of node.inputs) {
        if (isEdge(input)) reads.add(input);
        else if (!isLeaf(input) && chunkOf.get(input) !== chunk) {
          store(computingNode(input), 'region-limit');
          reads.add(input);
        }
      }
    }
  }
}

/** What to store so that `node` can be read: the work under its views, or, after many views, a copy of the view. */
function computingNode(node: PlanNode): PlanNode {
  let current = node;
  for (let k = 0; k < 32 && isView(current); k++) current = current.inputs[0];
  return isLeaf(current) || isView(current) ? node : current;
}

/** The nodes computed in place under `head`, inputs first. */
function regionOrder(head: PlanNode, isEdge: (node: PlanNode) => boolean): PlanNode[] {
  const order: PlanNode[] = [];
  const seen = new Set<PlanNode>([head]);
  const stack: { readonly node: PlanNode; next: number }[] = [{ node: head, next: 0 }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const input = top.node.inputs[top.next++];
    if (input === undefined) {
      order.push(top.node);
      stack.pop();
    } else if (!seen.has(input) && !isEdge(input)) {
      seen.add(input);
      stack.push({ node: input, next: 0 });
    }
  }
  return order;
}

/** What a head computes at each point of its nest, and the views in it that have no index map there. */
interface Formed {
  readonly nest: Nest;
  readonly pool: ExpressionPool;
  readonly value: Expression;
  /** Nodes computed in place. */
  readonly inside: readonly PlanNode[];
  readonly blocked: readonly BlockedView[];
}

interface BlockedView {
  readonly view: PlanNode;
  readonly by: Merged | undefined;
}

/** Whether there are only views from `node` down to `view`. */
function isUnderViews(node: PlanNode, view: PlanNode): boolean {
  let current = node;
  while (current !== view && isView(current)) current = current.inputs[0];
  return current === view;
}

function analyseHeads(
  graph: Graph,
  heads: Set<PlanNode>,
  store: (node: PlanNode, reason: StoreReason) => void,
): Omit<Regions, 'stored'> {
  const bufferOf = new Map<PlanNode, PlanBuffer>();
  const list: Head[] = [];
  const computed = new Map<Head, { readonly pool: ExpressionPool; readonly value: Expression }>();
  const sourceOf = (node: PlanNode): PlanSource | undefined => bufferOf.get(node);

  /** What is computed at each point of a nest. */
  const form = (body: PlanNode, own: PlanNode | undefined, nest: Nest, pool: ExpressionPool): Formed => {
    const inside: PlanNode[] = [];
    const blocked: BlockedView[] = [];
    const frontier = {
      sourceOf,
      blocked: (view: PlanNode, by: Merged | undefined): void => {
        blocked.push({ view, by });
      },
      visited: (visited: PlanNode): void => {
        inside.push(visited);
      },
    };
    const map = identityMap(body.shape, nest.loops, nest.space);
    const value = buildExpression(pool, frontier, nest.space, body, map, own);
    return { nest, pool, value, inside, blocked };
  };

  /** Splits loops until no view needs it; what is still in the way is stored. */
  const formSplit = (body: PlanNode, own: PlanNode | undefined, isReduced: boolean): Formed => {
    // A store transposes in tiles. A reduction that follows a transpose goes through memory in strides instead: for it
    // the transpose is better stored first.
    const splits = ({ view }: BlockedView): boolean => !(isReduced && view.kind === 'permute');
    let formed = form(body, own, nestOver(body.shape), new ExpressionPool());
    for (;;) {
      const split = splitFor(
        formed.blocked.filter(splits).map(({ by }) => by),
        formed.nest,
      );
      if (split === undefined) break;
      formed = form(body, own, split, new ExpressionPool());
    }
    formed.blocked.forEach(storeBlocked);
    return formed;
  };

  /** A routine reads its operands from memory, under plain strides or from end to end. */
  const formCall = (
    node: NodeOf<'routine', Size>,
  ): Omit<Formed, 'value' | 'blocked'> & { readonly value: undefined } => {
    const pool = new ExpressionPool();
    const needsContiguous = routineRow(node.routine).layout === 'contiguous';
    const inside = node.inputs.flatMap((operand) => {
      const { value, blocked, inside: nodes } = form(operand, undefined, nestOver(operand.shape), pool);
      const [first] = blocked;
      if (first !== undefined && isUnderViews(operand, first.by?.by ?? first.view)) storeBlocked(first);
      else {
        const layout = layoutOf(value, operand.shape);
        if (layout === undefined || (needsContiguous && !isContiguous(layout, operand.shape)))
          store(operand, 'routine-operand');
      }
      return nodes;
    });
    return { nest: nestOver(node.shape), pool, inside, value: undefined };
  };

  /** A reshape reads any stored array: what is stored is one array, not each that the expression under it reads. */
  const storeBlocked = ({ view, by }: BlockedView): void => {
    if (by !== undefined) store(by.by.inputs[0], 'reshape-not-affine');
    else store(view, isView(view) ? 'reshape-not-affine' : 'gathered-from');
  };

  const add = (
    kind: Head['kind'],
    node: PlanNode,
    body: PlanNode,
    buffer: PlanBuffer,
    axes: readonly number[],
    piece: Head['piece'],
  ): void => {
    const own = kind === 'map' && piece === undefined ? node : undefined;
    const formed = node.kind === 'routine' ? formCall(node) : formSplit(body, own, axes.length > 0);
    const { nest, pool, inside } = formed;
    const { space, loops } = nest;
    const reduced = new Array<boolean>(space.length).fill(false);
    for (const axis of axes) for (const loop of loops[axis] ?? []) reduced[loop] = true;
    const reads: Read[] = [];
    let ops = 0;
    let weight = 0;
    for (const e of pool.all) {
      if (e.kind === 'load') reads.push({ source: e.source, index: e.index, gathered: e.gathers.length > 0 });
      else if (e.kind === 'op' || e.kind === 'cast') {
        ops++;
        weight += e.kind === 'op' ? opRow(e.op).weight : 1;
      }
    }
    const head: Head = {
      id: list.length,
      kind,
      node,
      body,
      buffer,
      piece,
      space,
      loops,
      reduced,
      ops,
      weight,
      reads,
      inside,
    };
    list.push(head);
    if (formed.value !== undefined) computed.set(head, { pool, value: formed.value });
  };

  for (const node of graph.nodes) {
    if (!heads.has(node)) continue;
    const buffer: PlanBuffer = { kind: 'buffer', id: bufferOf.size, dtype: node.dtype, shape: node.shape };
    switch (node.kind) {
      case 'reduce':
        add('reduce', node, node.inputs[0], buffer, node.axes, undefined);
        break;
      case 'argReduce':
        add('argReduce', node, node.inputs[0], buffer, [node.axis], undefined);
        break;
      case 'routine':
        add('routine', node, node, buffer, [], undefined);
        break;
      case 'concat':
        addPieces(node, buffer);
        break;
      default:
        add('map', node, node, buffer, [], undefined);
    }
    bufferOf.set(node, buffer);
  }
  return { heads: list, bufferOf, computed };

  function addPieces(node: NodeOf<'concat', Size>, buffer: PlanBuffer): void {
    let offset: Size = zero;
    for (const input of node.inputs) {
      add('map', node, input, buffer, [], { axis: node.axis, offset });
      const along = input.shape[node.axis];
      if (along === undefined) throw new InternalError('concat', `axis ${node.axis} is missing`);
      offset = addSizes(offset, along);
    }
  }
}
