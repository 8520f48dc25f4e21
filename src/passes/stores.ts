/**
 * Which nodes are stored, and why, before regions are formed: what one region, or many, would compute again and again,
 * and what keeps a region within the limits of a kernel.
 */
import { isLeaf, isView } from '../ir/node.ts';
import type { Kind } from '../ir/schema.ts';
import type { PlanNode } from './graph.ts';
import { weigh, type NumberedGraph } from './numbered.ts';
import type { PlanProfile } from './profile.ts';
import { shareWeight } from './weight.ts';

export type StoreReason =
  | 'reshape-not-affine'
  | 'routine-operand'
  | 'gathered-from'
  | 'region-limit'
  | 'expensive-and-shared'
  | 'recomputed'
  | 'row-epilogue'
  | 'pass-off';

const isArray = (node: PlanNode): boolean => node.kind === 'parameter' && node.role === 'array';

/** The nodes of a graph that are stored so far. */
export class Stores {
  readonly graph: NumberedGraph;
  /** Why a node is stored although no root needs it. */
  readonly reasons: Map<PlanNode, StoreReason>;
  readonly #isStored: Uint8Array;
  readonly #isEdge: Uint8Array;
  /** How many nodes are stored. */
  count = 0;
  #weights: { readonly count: number; readonly list: Float64Array } | undefined;

  /** Roots are stored, and the `extra` nodes for the reason given. */
  constructor(graph: NumberedGraph, extra: ReadonlyMap<PlanNode, StoreReason>) {
    this.graph = graph;
    this.reasons = new Map(extra);
    this.#isStored = new Uint8Array(graph.nodes.length);
    this.#isEdge = Uint8Array.from(graph.nodes, (node) => (isArray(node) ? 1 : 0));
    for (const node of [...graph.roots, ...extra.keys()]) this.add(node);
  }

  has(k: number): boolean {
    return this.#isStored[k] === 1;
  }

  /** Whether regions end at a node: it is stored, or an array that is given. */
  readonly isEdge = (k: number): boolean => this.#isEdge[k] === 1;

  /** What each node costs with all that is computed in place for it, as things are stored now. */
  get weights(): Float64Array {
    const { count } = this;
    if (this.#weights?.count !== count) this.#weights = { count, list: weigh(this.graph, this.isEdge) };
    return this.#weights.list;
  }

  /** Stores a node that is a piece of work by what it is. */
  add(node: PlanNode): void {
    const k = this.graph.numberOf.get(node) ?? -1;
    if (k < 0 || this.#isStored[k] === 1) return;
    this.#isStored[k] = 1;
    this.#isEdge[k] = 1;
    this.count++;
  }

  /** Stores a node that could be computed in place. */
  store(node: PlanNode, reason: StoreReason): void {
    const { count } = this;
    if (!isArray(node)) this.add(node);
    if (this.count > count) this.reasons.set(node, reason);
  }
}

/** Work (1 = one add) that is stored and loaded rather than repeated at other places of one region. */
const recomputeWeight = 16;
/** Places counted per node: beyond these it is stored anyway. */
const maxPlaces = 64;

/** Kinds that read their inputs at other places than those that they are computed at. (What a gather reads is stored, and its indices are computed where it is.) */
const moves: ReadonlySet<Kind> = new Set(['slice', 'permute', 'pad'] as const);
/** The places at which windows read an element, as far as that is known: their length is given at run time. */
const windowPlaces = 3;

/** A set of numbers, never changed: most nodes have the set of their one user. */
type Numbers = readonly number[];
const none: Numbers = [];

/** What is in either set; `known` alone where that is `enough` already. */
function union(known: Numbers | undefined, added: Numbers, enough: number): Numbers {
  if (known === undefined || known === none) return added;
  if (known === added || known.length >= enough) return known;
  return [...new Set([...known, ...added])];
}

/**
 * Stores work that one region would do again at each of several places: a shifted, flipped or transposed self. (What
 * broadcasting repeats stays: lowering hoists it or keeps it in a table.) Without this, k levels of shifts would be
 * computed at up to 2^k places.
 */
export function cutRecomputation(stores: Stores): void {
  const { nodes, inputs } = stores.graph;
  // One region meets a node at several places only by way of views that move it.
  const isMoved = nodes.some(
    ({ kind }, k) => (moves.has(kind) || kind === 'window') && inputs[k]?.every(stores.isEdge) === false,
  );
  if (!isMoved) return;
  const { weights } = stores;
  // A place is a head and the chain of moving views that leads from it; places are numbered, with their heads.
  const headOf: number[] = [];
  const place = (head: number): number => headOf.push(head) - 1;
  const mostOfOneHead = (places: Numbers): number => {
    const perHead = new Map<number | undefined, number>();
    for (const id of places) perHead.set(headOf[id], (perHead.get(headOf[id]) ?? 0) + 1);
    return Math.max(0, ...perHead.values());
  };
  const placesOf = new Array<Numbers | undefined>(nodes.length);
  for (let k = nodes.length - 1; k >= 0; k--) {
    const node = nodes[k];
    if (node === undefined) continue;
    let places = placesOf[k] ?? none;
    placesOf[k] = undefined;
    const weight = weights[k] ?? 0;
    const repeated =
      node.kind === 'map' &&
      (places.length - 1) * weight > recomputeWeight &&
      (mostOfOneHead(places) - 1) * weight > recomputeWeight;
    if (repeated) stores.store(node, 'recomputed');
    if (stores.isEdge(k)) places = [place(k)];
    const below =
      node.kind === 'window'
        ? places.flatMap((id) => Array.from({ length: windowPlaces }, () => place(headOf[id] ?? k)))
        : moves.has(node.kind)
          ? places.map((id) => place(headOf[id] ?? k))
          : places;
    for (const input of inputs[k] ?? [])
      if (!stores.isEdge(input)) placesOf[input] = union(placesOf[input], below, maxPlaces);
  }
}

/** Work that this number of regions would repeat is stored, if it costs more than a store or has this number of nodes. */
const mostRepetitions = 3;
const repeatedNodes = 64;

/**
 * Stores work that many regions would each do again. Without this, a recurrence of which every step is a root, or a
 * part of a concatenation, would be computed from its start in the region of each step. (What few regions share is left
 * to `sharing.ts`, which knows what will be fused.)
 */
export function cutRepetition(stores: Stores): void {
  const { nodes, inputs } = stores.graph;
  const { weights } = stores;
  const sizes = new Uint8Array(nodes.length);
  for (let k = 0; k < nodes.length; k++) {
    let size = 1;
    for (const input of inputs[k] ?? none) if (!stores.isEdge(input)) size += sizes[input] ?? 0;
    sizes[k] = Math.min(size, repeatedNodes);
  }
  // Each part of a concatenation is a region of its own; regions are numbered from 1. Of each node up to `mostRepetitions`
  // of the regions that compute it: there is no need to tell more of them apart.
  let regions = 0;
  const regionsOf = new Int32Array(mostRepetitions * nodes.length);
  const count = new Uint8Array(nodes.length);
  const add = (k: number, region: number): void => {
    const at = mostRepetitions * k;
    const known = count[k] ?? 0;
    for (let j = 0; j < known; j++) if (regionsOf[at + j] === region) return;
    if (known === mostRepetitions) return;
    regionsOf[at + known] = region;
    count[k] = known + 1;
  };
  for (let k = nodes.length - 1; k >= 0; k--) {
    const node = nodes[k];
    const own = inputs[k];
    if (node === undefined || own === undefined) continue;
    const isWork = (weights[k] ?? 0) >= shareWeight || (sizes[k] ?? 0) >= repeatedNodes;
    if (count[k] === mostRepetitions && isWork && !stores.isEdge(k))
      stores.store(computingNode(node), 'expensive-and-shared');
    const region = stores.isEdge(k) ? ++regions : undefined;
    for (let at = 0; at < own.length; at++) {
      const input = own[at] ?? -1;
      if (stores.isEdge(input) || inputs[input]?.length === 0) continue;
      if (node.kind === 'concat' || (node.kind === 'scatter' && at === 0)) add(input, ++regions);
      else if (region !== undefined) add(input, region);
      else for (let j = 0; j < (count[k] ?? 0); j++) add(input, regionsOf[mostRepetitions * k + j] ?? 0);
    }
  }
}

/** Stores nodes so that no region holds too many nodes or reads too many arrays. Each node is looked at once per region. */
export function cutRegions(
  stores: Stores,
  limits: Pick<PlanProfile, 'regionNodes' | 'weight' | 'regionArrays'>,
): void {
  const { nodes, inputs, ownWeights } = stores.graph;
  const inputsOf = (k: number): Numbers => inputs[k] ?? none;
  const isLeafAt = (k: number): boolean => inputsOf(k).length === 0;
  const weightOf = (k: number): number => ownWeights[k] ?? 0;
  const regionOrder = regionWalker(stores);
  // Each part of a concatenation is a region of its own, and so are base and updates of a scatter.
  const bodies = nodes.flatMap((node, k): Numbers[] => {
    if (!stores.has(k)) return [];
    if (node.kind !== 'concat' && node.kind !== 'scatter') return [[k]];
    const parts = inputsOf(k);
    const works = node.kind === 'scatter' ? [parts.slice(0, 1), parts.slice(1)] : parts.map((part) => [part]);
    return works.map((work) => work.filter((input) => !stores.isEdge(input)));
  });
  const bounds = boundsOf(stores);
  for (const heads of bodies) {
    if (bounds.hold(heads, limits)) continue;
    const order = regionOrder(heads).filter((k) => !isLeafAt(k) || heads.includes(k));
    const reads: number[] = [];
    let total = 0;
    for (const k of order) {
      for (const input of inputsOf(k)) if (stores.isEdge(input)) reads.push(input);
      total += weightOf(k);
    }
    const isNarrow = reads.length <= limits.regionArrays || new Set(reads).size <= limits.regionArrays;
    if (order.length <= limits.regionNodes && isNarrow && total <= limits.weight) continue;
    const chunkOf = new Map<number, number>();
    let chunk = 0;
    let size = 0;
    let weight = 0;
    let arrays = new Set<number>();
    for (const k of order) {
      // What an earlier chunk computes will be stored, and read here.
      const added = inputsOf(k).filter(
        (input) =>
          !arrays.has(input) && (stores.isEdge(input) || (!isLeafAt(input) && chunkOf.get(input) !== chunk)),
      );
      const own = weightOf(k);
      const isFull = size >= limits.regionNodes || (size > 0 && weight + own > limits.weight);
      if (isFull || arrays.size + added.length > limits.regionArrays) {
        chunk++;
        size = 0;
        weight = 0;
        arrays = new Set();
      }
      size++;
      weight += own;
      chunkOf.set(k, chunk);
      for (const input of inputsOf(k)) {
        const node = nodes[input];
        if (stores.isEdge(input)) arrays.add(input);
        else if (node !== undefined && !isLeaf(node) && chunkOf.get(input) !== chunk) {
          stores.store(computingNode(node), 'region-limit');
          arrays.add(input);
        }
      }
    }
  }
}

/** Bounds of what regions hold, found for all nodes at once: what a region meets more than once counts as often. */
function boundsOf({ graph: { inputs, ownWeights }, isEdge }: Stores): {
  /** Whether the region of these heads is within the limits, whatever else is stored. */
  readonly hold: (heads: Numbers, limits: Parameters<typeof cutRegions>[1]) => boolean;
} {
  const sizes = new Float64Array(inputs.length);
  const weights = new Float64Array(inputs.length);
  const reads = new Float64Array(inputs.length);
  for (let k = 0; k < inputs.length; k++) {
    let [size, weight, read] = [1, ownWeights[k] ?? 0, 0];
    for (const input of inputs[k] ?? none) {
      if (!isEdge(input)) {
        size += sizes[input] ?? 0;
        weight += weights[input] ?? 0;
      }
      // What is computed in place so far may be stored and read.
      read += isEdge(input) ? 1 : Math.max(1, reads[input] ?? 0);
    }
    sizes[k] = size;
    weights[k] = weight;
    reads[k] = read;
  }
  const sum = (list: Float64Array, heads: Numbers): number =>
    heads.reduce((total, head) => total + (list[head] ?? 0), 0);
  return {
    hold: (heads, { regionNodes, weight, regionArrays }) =>
      sum(sizes, heads) <= regionNodes && sum(weights, heads) <= weight && sum(reads, heads) <= regionArrays,
  };
}

/** What to store so that `node` can be read: the work under its views, or, after many views, a copy of the view. */
function computingNode(node: PlanNode): PlanNode {
  let current = node;
  for (let k = 0; k < 32 && isView(current); k++) current = current.inputs[0];
  return isLeaf(current) || isView(current) ? node : current;
}

/** Gives the nodes computed in place under heads of one region, inputs first. */
function regionWalker({ graph: { inputs }, isEdge }: Stores): (heads: Numbers) => number[] {
  const seenBy = new Int32Array(inputs.length).fill(-1);
  let walks = 0;
  const stack: number[] = [];
  const next: number[] = [];
  return (heads) => {
    const order: number[] = [];
    const walk = walks++;
    const enter = (k: number): void => {
      seenBy[k] = walk;
      stack.push(k);
      next.push(0);
    };
    for (const head of heads) {
      if (seenBy[head] !== walk) enter(head);
      for (let k = stack.at(-1); k !== undefined; k = stack.at(-1)) {
        const at = next.at(-1) ?? 0;
        const input = inputs[k]?.[at];
        if (input === undefined) {
          order.push(k);
          stack.pop();
          next.pop();
        } else {
          next[next.length - 1] = at + 1;
          if (seenBy[input] !== walk && !isEdge(input)) enter(input);
        }
      }
    }
    return order;
  };
}
