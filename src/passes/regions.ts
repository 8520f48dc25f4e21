/**
 * Pass "regions": decides which nodes are stored, and so what each kernel may compute in place.
 *
 * A *head* is a piece of work that ends in a store: a root, a reduction, a scan, a result of a routine, one part of a
 * concatenation, the base or the updates of a scatter, or a node that had to be stored. Everything between heads is
 * computed where it is needed. Nodes are
 * stored when a view of them has no affine index map, when they feed a routine or are gathered from, and when
 * a region would grow beyond what one kernel should hold (`stores.ts`).
 *
 * Regions are formed several times: a view without an index map, or work found to be shared, asks for more stores. Most
 * regions stay as they were, and are formed once.
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
import { isView, type NodeOf } from '../ir/node.ts';
import { scatterWeight } from '../ir/scatter.ts';
import { kindRow } from '../ir/schema.ts';
import { routineRow } from '../ir/routines/table.ts';
import { nestOver, splitFor, type Nest } from './nest.ts';
import { isContiguous, layoutOf } from './operand.ts';
import type { Graph, PlanNode } from './graph.ts';
import { numbered, type NumberedGraph } from './numbered.ts';
import { opRow } from '../ir/ops.ts';
import type { PlanProfile } from './profile.ts';
import { placeOfUpdates, type Place } from './scatter.ts';
import { cutRecomputation, cutRegions, cutRepetition, Stores, type StoreReason } from './stores.ts';

export interface Head {
  readonly id: number;
  readonly kind: 'map' | 'reduce' | 'scan' | 'scatter' | 'routine';
  /** The node whose value is stored. */
  readonly node: PlanNode;
  /** What is evaluated at each point: the node itself, the input of a reduction or scan, the updates of a scatter. */
  readonly body: PlanNode;
  readonly buffer: PlanBuffer;
  /** Part of a concatenation, or the base of a scatter: stores start here along this axis of the buffer. */
  readonly piece: { readonly axis: number; readonly offset: Size } | undefined;
  /** Sizes of the loops: the axes of `body` that are not of size 1, where a view needed it those they were merged from. */
  readonly space: readonly Size[];
  /** Per axis of `body`, the loops it consists of, outermost first. */
  readonly loops: LoopsOfAxes;
  /** Per loop, whether it is reduced or scanned. */
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
  if (node.kind !== 'reduce') return loops;
  const rows = reduced.flatMap((is, loop) => (is ? [] : [loop]));
  return loops
    .filter((_, axis) => !node.axes.includes(axis))
    .map((axis) => axis.map((loop) => rows.indexOf(loop)));
}

/** Whether a head stores the base of a scatter. It is the first to write to the buffer. */
export const isBase = ({ kind, node }: Head): boolean => kind === 'map' && node.kind === 'scatter';

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
  readonly computed: ReadonlyMap<Head, Computed>;
}

/** What is computed at each point of a nest. */
export interface Computed {
  readonly pool: ExpressionPool;
  readonly value: Expression;
  /** Of a scatter. */
  readonly place?: Place;
}

export interface RegionOptions {
  /** Compute elementwise work in place; off: every operation is stored. */
  readonly inline: boolean;
  /** Views as index maps; off: every view is copied. */
  readonly views: boolean;
  readonly limits: Pick<PlanProfile, 'regionNodes' | 'weight' | 'regionArrays'>;
}

/** A piece of work that ends in a store. */
interface Work {
  readonly kind: Head['kind'];
  readonly body: PlanNode;
  /** The axes of `body` that are reduced or scanned. */
  readonly axes: readonly number[];
  readonly piece: Head['piece'];
  /** What it computes, as far as it was formed already. */
  region: Region | undefined;
}

interface Region {
  readonly head: Omit<Head, 'id'>;
  readonly computed: Computed | undefined;
  /** What has to be stored before it can be computed. */
  readonly asks: readonly Ask[];
  /** The numbers of the nodes that it computes or reads: it stays as it is as long as none is stored anew, or no more. */
  readonly met: readonly number[];
  /** The pass that formed it. */
  readonly pass: number;
}

interface Ask {
  readonly node: PlanNode;
  readonly reason: StoreReason;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The regions of one graph, for one set of stores after the other. */
export class RegionFormer {
  readonly graph: NumberedGraph;
  readonly #options: RegionOptions;
  /** Of each node that was stored at any time. Expressions refer to the buffer; its id is its place in the last pass. */
  readonly #stored = new Map<
    PlanNode,
    { readonly buffer: Mutable<PlanBuffer>; readonly works: readonly Work[] }
  >();
  readonly #isStored: Uint8Array;
  /** The last pass before which a node was stored, or was no longer. */
  readonly #changed: Int32Array;
  #pass = 0;
  /** How many regions were formed, those that were formed again included. */
  formed = 0;

  constructor(graph: Graph, options: RegionOptions) {
    this.graph = numbered(graph);
    this.#options = options;
    this.#isStored = new Uint8Array(graph.nodes.length);
    this.#changed = new Int32Array(graph.nodes.length);
  }

  /** Forms the regions; `extra` nodes are stored for the reason given. */
  form(extra: ReadonlyMap<PlanNode, StoreReason> = new Map()): Regions {
    const { inline, views, limits } = this.#options;
    const stores = new Stores(this.graph, extra);
    for (const node of this.graph.nodes) {
      const { fusion } = kindRow(node.kind);
      if (fusion === 'fold' || fusion === 'scan' || fusion === 'opaque' || fusion === 'pieces')
        stores.add(node);
      else if (node.kind === 'gather') stores.store(node.inputs[0], 'gathered-from');
      if (!views && fusion === 'view') stores.store(node, 'pass-off');
      if (!inline && fusion === 'pointwise') stores.store(node, 'pass-off');
    }
    if (inline) {
      cutRecomputation(stores);
      cutRepetition(stores);
    }
    cutRegions(stores, limits);
    for (;;) {
      const before = stores.count;
      const formed = this.#formAll(stores);
      if (stores.count === before) return { ...formed, stored: stores.reasons };
    }
  }

  #formAll(stores: Stores): Omit<Regions, 'stored'> {
    this.#pass++;
    this.#noteChanges(stores);
    const heads: Head[] = [];
    const bufferOf = new Map<PlanNode, PlanBuffer>();
    const computed = new Map<Head, Computed>();
    this.graph.nodes.forEach((node, k) => {
      if (this.#isStored[k] !== 1) return;
      const { buffer, works } = this.#worksOf(node);
      buffer.id = bufferOf.size;
      for (const work of works) {
        const region = this.#isCurrent(work.region)
          ? work.region
          : this.#formRegion(node, work, buffer, bufferOf);
        work.region = region;
        for (const ask of region.asks) stores.store(ask.node, ask.reason);
        const head: Head = { ...region.head, id: heads.length };
        heads.push(head);
        if (region.computed !== undefined) computed.set(head, region.computed);
      }
      bufferOf.set(node, buffer);
    });
    return { heads, bufferOf, computed };
  }

  #noteChanges(stores: Stores): void {
    for (let k = 0; k < this.#isStored.length; k++) {
      const is = stores.has(k) ? 1 : 0;
      if (this.#isStored[k] === is) continue;
      this.#isStored[k] = is;
      this.#changed[k] = this.#pass;
    }
  }

  #isCurrent(region: Region | undefined): region is Region {
    return region?.met.every((k) => (this.#changed[k] ?? 0) <= region.pass) === true;
  }

  #worksOf(node: PlanNode): { readonly buffer: Mutable<PlanBuffer>; readonly works: readonly Work[] } {
    let stored = this.#stored.get(node);
    if (stored === undefined) {
      const { dtype, shape } = node;
      stored = { buffer: { kind: 'buffer', id: 0, dtype, shape }, works: worksOf(node) };
      this.#stored.set(node, stored);
    }
    return stored;
  }

  #formRegion(
    node: PlanNode,
    { kind, body, axes, piece }: Work,
    buffer: PlanBuffer,
    bufferOf: ReadonlyMap<PlanNode, PlanBuffer>,
  ): Region {
    this.formed++;
    const met: number[] = [];
    const sourceOf: SourceOf = (inner) => {
      met.push(this.graph.numberOf.get(inner) ?? -1);
      return bufferOf.get(inner);
    };
    const own = kind === 'map' && piece === undefined ? node : undefined;
    const formed =
      node.kind === 'routine'
        ? formCall(node, sourceOf)
        : formSplit({ body, own, scatter: kind === 'scatter' ? node : undefined }, axes.length > 0, sourceOf);
    const { nest, pool, value, place, inside, asks } = formed;
    const { space, loops } = nest;
    const reduced = new Array<boolean>(space.length).fill(false);
    for (const axis of axes) for (const loop of loops[axis] ?? []) reduced[loop] = true;
    const { ops, weight, reads } = statisticsOf(pool);
    const head = {
      ...{ kind, node, body, buffer, piece, space, loops, reduced, inside, ops },
      weight: weight + (node.kind === 'scatter' && kind === 'scatter' ? scatterWeight(node.op) : 0),
      reads: place === undefined ? reads : [...reads, readBack(buffer, place)],
    };
    const computed = value === undefined ? undefined : { pool, value, ...(place && { place }) };
    return { head, computed, asks, met, pass: this.#pass };
  }
}

/** The updates need what lies at their places: the base, stored before. */
const readBack = (source: PlanBuffer, { index }: Place): Read => ({ source, index, gathered: true });

/** The pieces of work that store a node. */
function worksOf(node: PlanNode): readonly Work[] {
  const one = (kind: Head['kind'], body: PlanNode, axes: readonly number[]): readonly Work[] => [
    { kind, body, axes, piece: undefined, region: undefined },
  ];
  switch (node.kind) {
    case 'reduce':
      return one('reduce', node.inputs[0], node.axes);
    case 'scan':
      return one('scan', node.inputs[0], [node.axis]);
    case 'routine':
      return one('routine', node, []);
    case 'scatter': {
      const [base, updates] = node.inputs;
      const piece = { axis: 0, offset: zero };
      return [
        { kind: 'map', body: base, axes: [], piece, region: undefined },
        ...one('scatter', updates, []),
      ];
    }
    case 'concat': {
      const { axis } = node;
      let offset: Size = zero;
      return node.inputs.map((body) => {
        const work: Work = { kind: 'map', body, axes: [], piece: { axis, offset }, region: undefined };
        const along = body.shape[axis];
        if (along === undefined) throw new InternalError('concat', `axis ${axis} is missing`);
        offset = addSizes(offset, along);
        return work;
      });
    }
    default:
      return one('map', node, []);
  }
}

function statisticsOf(pool: ExpressionPool): Pick<Head, 'ops' | 'weight' | 'reads'> {
  const reads: Read[] = [];
  let ops = 0;
  let weight = 0;
  for (const e of pool.all) {
    if (e.kind === 'load') reads.push({ source: e.source, index: e.index, gathered: e.gathers.length > 0 });
    else if (e.kind === 'op' || e.kind === 'cast' || e.kind === 'pad') {
      ops++;
      weight += e.kind === 'op' ? opRow(e.op).weight : kindRow(e.kind).weight;
    }
  }
  return { ops, weight, reads };
}

type SourceOf = (node: PlanNode) => PlanSource | undefined;

/** A view that has no index map where it is met. */
interface BlockedView {
  readonly view: PlanNode;
  readonly by: Merged | undefined;
}

/** What a piece of work computes. */
interface Formed {
  readonly nest: Nest;
  readonly pool: ExpressionPool;
  /** None of a routine, which reads its operands as they are stored. */
  readonly value: Expression | undefined;
  readonly place?: Place | undefined;
  /** Nodes computed in place. */
  readonly inside: readonly PlanNode[];
  readonly asks: readonly Ask[];
}

/** What is to be computed: `own` even where it is stored, the place of each value for a scatter. */
interface Wanted {
  readonly body: PlanNode;
  readonly own?: PlanNode | undefined;
  readonly scatter?: PlanNode | undefined;
}

/** What is computed at each point of a nest. */
function formAt(
  { body, own, scatter }: Wanted,
  nest: Nest,
  pool: ExpressionPool,
  sourceOf: SourceOf,
): {
  readonly value: Expression;
  readonly place: Place | undefined;
  readonly inside: PlanNode[];
  readonly blocked: readonly BlockedView[];
} {
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
  const place =
    scatter?.kind === 'scatter' ? placeOfUpdates(pool, frontier, nest.space, scatter, map) : undefined;
  return { value, place, inside, blocked };
}

/** Splits loops until no view needs it; what is still in the way is to be stored. */
function formSplit(wanted: Wanted, isReduced: boolean, sourceOf: SourceOf): Formed {
  // A store transposes in tiles. A reduction that follows a transpose goes through memory in strides instead: for it
  // the transpose is better stored first.
  const splits = ({ view }: BlockedView): boolean => !(isReduced && view.kind === 'permute');
  let nest = nestOver(wanted.body.shape);
  for (;;) {
    const pool = new ExpressionPool();
    const { value, place, inside, blocked } = formAt(wanted, nest, pool, sourceOf);
    const split = splitFor(
      blocked.filter(splits).map(({ by }) => by),
      nest,
    );
    if (split === undefined) return { nest, pool, value, place, inside, asks: blocked.map(askFor) };
    nest = split;
  }
}

/** A routine reads its operands from memory, under plain strides or from end to end. */
function formCall(node: NodeOf<'routine', Size>, sourceOf: SourceOf): Formed {
  const pool = new ExpressionPool();
  const needsContiguous = routineRow(node.routine).layout === 'contiguous';
  const asks: Ask[] = [];
  const inside = node.inputs.flatMap((operand) => {
    const formed = formAt({ body: operand }, nestOver(operand.shape), pool, sourceOf);
    const { value, blocked } = formed;
    const [first] = blocked;
    if (first !== undefined && isUnderViews(operand, first.by?.by ?? first.view)) asks.push(askFor(first));
    else {
      const layout = layoutOf(value, operand.shape);
      if (layout === undefined || (needsContiguous && !isContiguous(layout, operand.shape)))
        asks.push({ node: operand, reason: 'routine-operand' });
    }
    return formed.inside;
  });
  return { nest: nestOver(node.shape), pool, value: undefined, inside, asks };
}

/** Whether there are only views from `node` down to `view`. */
function isUnderViews(node: PlanNode, view: PlanNode): boolean {
  let current = node;
  while (current !== view && isView(current)) current = current.inputs[0];
  return current === view;
}

/** A reshape reads any stored array: what is stored is one array, not each that the expression under it reads. */
const askFor = ({ view, by }: BlockedView): Ask =>
  by === undefined
    ? { node: view, reason: isView(view) ? 'reshape-not-affine' : 'gathered-from' }
    : { node: by.by.inputs[0], reason: 'reshape-not-affine' };
