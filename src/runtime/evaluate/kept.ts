/**
 * Parts of expressions that evaluations need again. A loop that reads a statistic of its state, and never evaluates
 * the state itself, would compute the whole history at each turn; so would several roots, evaluated one after another,
 * that share an expensive expression.
 *
 * An evaluation that takes some time looks at its nodes from the roots down and marks those it computes on the way. A
 * node with a mark was computed by an earlier evaluation: it is needed a second time, and likely a third. The topmost of
 * these, which is what the new part of the expression starts from, becomes one more result of the evaluation where
 * computing it again would take longer than storing and loading it. The marks say in which expression, by structure,
 * and where in it such a node was computed first. When this has happened twice, the node there is kept at the first time
 * already: a loop then computes each of its states once.
 *
 * What is kept lies in the cache of results, under its bounds, and leaves with what was used least recently; then it is
 * computed again. It holds for the target asked for, as memoized results do, and until an array is touched. Nodes are
 * only known weakly. No bit depends on any of this.
 *
 * Nothing but an evaluation that meets the node can read a kept value, so its block on the heap is free for others as
 * soon as it leaves the cache, and may be taken before, without copying it out, while no evaluation is in progress that
 * was given it.
 */
import { bytesOf } from '../../ir/dtype.ts';
import { monoidRow } from '../../ir/monoids.ts';
import { data, isLeaf, isView, type DataNode, type Node } from '../../ir/node.ts';
import { describeNode } from '../../ir/nodeText.ts';
import { extentsOfNode, workOf } from '../../ir/routines/call.ts';
import { scatterWeight } from '../../ir/scatter.ts';
import { formatShape, sizeOf } from '../../ir/shape.ts';
import { ownWeight } from '../../passes/weight.ts';
import type { CountedCache } from '../caches/countedCache.ts';
import { resultCache, type MemoEntry } from '../caches/resultCache.ts';
import { inSession, perSession } from '../perSession.ts';
import type { EvaluationRecord } from './record.ts';
import { currentEpoch, knownValue, knowsValues } from './knownValues.ts';
import { isReused } from './reuse.ts';
import type { Source } from '../memory/source.ts';
import type { KeptPart } from './keptPart.ts';

export interface Part extends KeptPart {
  readonly node: Node;
  /** The expression and the place in it at which it was computed first. */
  readonly origin: Place;
}

/** A place in the expressions of one structure: how many nodes the walk from the roots meets before it. */
interface Place {
  readonly structure: string;
  readonly at: number;
}

/** Units of work (1 = an addition) of an evaluation for which looking at its nodes takes no time. */
const worthLooking = 100_000;

/** Nodes of an expression that are worth a look whatever their work. */
const manyNodes = 32;

/** Nodes that are looked at where there is little work. */
const fewNodes = 24;

/** Storing an element and loading it again, in additions. */
const storeUnits = 8;

/** What a node and a kept part take whatever their size. */
const nodeUnits = 2000;

const partUnits = 20_000;

/** Nodes that one evaluation looks at. */
const mostNodes = 4096;

/**
 * Nodes that one evaluation marks. A mark on a new node takes longer than encoding it, so only the topmost are marked that
 * are reductions or larger than the results, for the state of a loop is next to the statistic of it; and what was used
 * more than once.
 */
const mostMarks = 3;

const mostReused = 64;

/** Marks keep the text of a structure as long as their nodes live: not that of a long one. */
const mostText = 4096;

const tooLong = '';

/** Parts that one evaluation keeps. */
const mostParts = 8;

/** A part that was kept: its place in the cache of results. */
interface Kept {
  readonly key: string;
  readonly request: string;
  readonly epoch: number;
  used: boolean;
}

let serial = 0;

/** What is kept of a node that is gone cannot be found any more. */
const gone = new FinalizationRegistry(({ key, cache }: { key: string; cache: CountedCache<MemoEntry> }) => {
  cache.delete(key);
});

/** How sure it is that a place is needed again: from `sure` on it is kept at once. */
interface Confidence {
  count: number;
  /** What was kept there last because of it. */
  last: Kept | undefined;
}

const sure = 2;

const surest = 3;

const mostStructures = 256;

/** What a session has learned, and what it keeps. */
class Memory {
  /** Where nodes were computed first, other than as a result. */
  computed = new WeakMap<Node, Place>();
  readonly kept = new WeakMap<Node, Kept>();
  /** By structure and place, used last last. */
  readonly confidence = new Map<string, Map<number, Confidence>>();
  /** How often the cache of results had been cleared. */
  clears = 0;
  /** The epoch in which the last part was kept. */
  lastKept = -1;
  /** Evaluations in progress, one within another, and what they were given. */
  depth = 0;
  readonly given: { readonly key: string; readonly source: Source }[] = [];
}

const memory = perSession(() => new Memory());

/** What was learned goes with the results that were kept. */
function forgetIfCleared(): void {
  const { clears } = resultCache.current;
  const known = memory.current;
  if (known.clears === clears) return;
  known.clears = clears;
  known.computed = new WeakMap();
  known.confidence.clear();
}

/** Finds the value of a node: evaluated, or kept for those who ask for this target. */
export type Resolve = (node: Node) => DataNode | undefined;

const resolvers = new Map<string, Resolve>();

/** The values that evaluations for a target find. */
export function valuesFor(request: string): Resolve {
  if (memory.current.lastKept !== currentEpoch()) return knownValue;
  let resolve = resolvers.get(request);
  if (resolve === undefined) {
    resolve = (node) => knownValue(node) ?? keptValue(node, request);
    resolvers.set(request, resolve);
  }
  return resolve;
}

/** Whether `valuesFor` would give any. */
export const hasValues = (): boolean => knowsValues() || memory.current.lastKept === currentEpoch();

function keptValue(node: Node, request: string): DataNode | undefined {
  const { kept, depth, given } = memory.current;
  const found = kept.get(node);
  if (found?.epoch !== currentEpoch() || found.request !== request) return undefined;
  const source = resultCache.current.use(found.key)?.sources[0];
  if (source?.isObtainable !== true) return undefined;
  found.used = true;
  if (depth === 0) source.share();
  else {
    source.setExpendable(undefined);
    given.push({ key: found.key, source });
  }
  let value = values.get(source);
  if (value === undefined) {
    value = data(source, node.dtype, node.shape);
    values.set(source, value);
  }
  return value;
}

/** The same node for the same values, as `knownValue` gives it. */
const values = new WeakMap<Source, DataNode>();

/** The work of an evaluation, which reads the kept values that it finds until it is over and not later. */
export function whileEvaluating<T>(work: () => T): T {
  memory.current.depth++;
  try {
    return work();
  } finally {
    leave();
  }
}

/** The same for work that takes its time. */
export async function whileEvaluatingLater<T>(work: () => Promise<T>): Promise<T> {
  memory.current.depth++;
  try {
    return await inSession(work());
  } finally {
    leave();
  }
}

function leave(): void {
  const { given } = memory.current;
  const depth = --memory.current.depth;
  if (depth === 0 && given.length > 0) for (const { key, source } of given.splice(0)) release(key, source);
}

/** Nothing in progress reads a kept value. */
function release(key: string, source: Source): void {
  const cache = resultCache.current;
  source.setExpendable(() => {
    cache.delete(key);
  });
  if (cache.peek(key) === undefined) source.giveUp();
}

/** Keeps the values of parts, which are the last results, unless something was touched since the evaluation began. */
export function keepParts(
  parts: readonly Part[],
  results: readonly Source[],
  request: string,
  since: number,
  record: EvaluationRecord,
): void {
  if (since !== currentEpoch()) return;
  const first = results.length - parts.length;
  parts.forEach(({ node, reason, origin }, k) => {
    const source = results[first + k];
    if (source === undefined) return;
    // Passes may find that a part is equal to a result, or to another part.
    if (results.indexOf(source) !== results.lastIndexOf(source)) source.share();
    const entry = keep(node, source, request, since, { ...record, plan: undefined });
    if (reason === 'needed-before') confidenceAt(origin).last = entry;
    else trust(origin);
  });
}

/** Keeps the value of a node that was computed ahead of a plan, within the same bounds. */
export function keepValue(node: Node, source: Source, request: string, since: number): void {
  if (since === currentEpoch()) keep(node, source, request, since, noRecord);
}

function keep(node: Node, source: Source, request: string, epoch: number, record: EvaluationRecord): Kept {
  const entry: Kept = { key: `kept:${++serial}`, request, epoch, used: false };
  const dispose = (): void => {
    source.giveUp();
  };
  const cache = resultCache.current;
  const known = memory.current;
  cache.set(entry.key, { sources: [source], record, dispose });
  if (known.depth > 0) known.given.push({ key: entry.key, source });
  else release(entry.key, source);
  known.kept.set(node, entry);
  gone.register(node, { key: entry.key, cache });
  known.lastKept = epoch;
  return entry;
}

const noRecord: EvaluationRecord = {
  plan: undefined,
  numbers: [],
  scalars: [],
  choice: { name: 'js', reasons: [], candidates: [] },
  memoHit: false,
  heap: undefined,
  parts: [],
};

/** A node that was computed first at this place was needed again. */
function trust(place: Place): void {
  if (place.structure === tooLong) return;
  const known = confidenceAt(place);
  known.count = Math.min(surest, known.count + 1);
}

function confidenceAt({ structure, at }: Place): Confidence {
  const { confidence } = memory.current;
  let places = confidence.get(structure);
  if (places === undefined) {
    const [oldest] = confidence.keys();
    if (confidence.size >= mostStructures && oldest !== undefined) confidence.delete(oldest);
    places = new Map();
    confidence.set(structure, places);
  }
  let known = places.get(at);
  if (known === undefined) {
    known = { count: 0, last: undefined };
    places.set(at, known);
  }
  return known;
}

/** Whether a node at this place is kept at once; what was kept there for nothing makes it less sure. */
function isNeededAgain(known: Confidence | undefined, isLearning: boolean): boolean {
  if (known === undefined) return false;
  if (isLearning && known.last !== undefined) {
    known.count = known.last.used ? surest : known.count - 1;
    known.last = undefined;
  }
  return known.count >= sure;
}

/**
 * What an evaluation of these roots should store beside its results. It marks what it computes, and learns, unless it
 * only looks: for explain.
 */
export function partsOf(
  roots: readonly Node[],
  structure: string,
  resolve: Resolve,
  total: { readonly units: number; readonly nodes: number },
  isLearning: boolean,
): readonly Part[] {
  if (total.units < worthLooking && total.nodes < manyNodes) return [];
  const most = total.units < worthLooking ? fewNodes : mostNodes;
  forgetIfCleared();
  const room = resultCache.current.room / 2;
  if (room === 0) return [];
  const { computed, confidence } = memory.current;
  const places = confidence.get(structure);
  const parts: Part[] = [];
  const marks: (readonly [node: Node, at: number])[] = [];
  // Below a part that is kept when it is new: what is computed again there was not kept when it was.
  const below = new Set<Node>();
  const seen = new Set(roots);
  const results = seen.size;
  const largest = Math.max(...roots.map(({ shape }) => sizeOf(shape)));
  let [at, fresh] = [-1, 0];
  for (const node of seen) {
    if (++at >= most) break;
    if (isLeaf(node)) continue;
    if (at >= results && !isView(node)) {
      if (resolve(node) !== undefined) continue;
      const before = computed.get(node);
      const isNew = before === undefined;
      if (isNew && marks.length < mostReused)
        if (isReused(node)) marks.push([node, at]);
        else if (fresh < mostMarks && (node.kind === 'reduce' || sizeOf(node.shape) > largest)) {
          fresh++;
          marks.push([node, at]);
        }
      const isWanted = (!isNew || isNeededAgain(places?.get(at), isLearning)) && !unkeepable.has(node);
      const bytes = isWanted ? sizeOf(node.shape) * bytesOf(node.dtype) : 0;
      if (isWanted && bytes <= room && isWorthKeeping(node, resolve)) {
        if (!below.has(node)) {
          if (parts.length >= mostParts) break;
          const name = `${describeNode(node, String)} ${formatShape(node.shape)}`;
          const reason = isNew ? 'needed-before' : 'computed-before';
          parts.push({ node, name, bytes, reason, origin: before ?? { structure, at } });
          below.add(node);
        } else if (!isNew && isLearning) trust(before);
        if (!isNew) continue;
      }
    }
    const isBelow = below.has(node);
    for (const input of node.inputs) {
      if (isBelow && !seen.has(input)) below.add(input);
      seen.add(input);
    }
  }
  if (isLearning) {
    const first = structure.length <= mostText ? structure : tooLong;
    for (const [node, place] of marks) computed.set(node, { structure: first, at: place });
  }
  return parts;
}

/**
 * Whether computing a node takes longer than storing it and loading it. What reductions in it take is not counted: they
 * give less, and are kept in their own right.
 */
function isWorthKeeping(node: Node, resolve: Resolve): boolean {
  const size = sizeOf(node.shape);
  const enough = storeUnits * size + partUnits;
  const seen = new Set([node]);
  let units = 0;
  for (const inner of seen) {
    if (units > enough || seen.size >= mostNodes) return true;
    if (isLeaf(inner) || resolve(inner) !== undefined) continue;
    const isSmall = inner.kind === 'reduce' && storeUnits * sizeOf(inner.shape) <= size;
    if (isSmall && inner !== node) continue;
    units += unitsOf(inner) + nodeUnits;
    for (const input of inner.inputs) seen.add(input);
  }
  return units > enough;
}

/** What evaluations took, in units, that could have started from a part had it been kept. */
const spent = new WeakMap<Node, number>();

/**
 * Whether parts are kept that take so many units more than the evaluation alone, which takes `units`. An expression may
 * read a few elements of a part: then the whole is computed once as much has been spent without it as it takes.
 */
export function isPaidFor(parts: readonly Part[], more: number, units: number, isLearning: boolean): boolean {
  let paid = units;
  for (const { node } of parts) paid = Math.max(paid, units + (spent.get(node) ?? 0));
  if (more <= paid) return true;
  if (isLearning) for (const { node } of parts) spent.set(node, (spent.get(node) ?? 0) + units);
  return false;
}

/** Parts that cannot be computed as a whole. */
const unkeepable = new WeakSet<Node>();

export function neverKeep(parts: readonly Part[]): void {
  for (const { node } of parts) unkeepable.add(node);
}

/** What there is to do for these nodes. */
export function totalOf(nodes: readonly Node[]): { readonly units: number; readonly nodes: number } {
  let units = 0;
  for (const node of nodes) units += unitsOf(node);
  return { units, nodes: nodes.length };
}

/** The work of one node, in additions. */
function unitsOf(node: Node): number {
  switch (node.kind) {
    case 'reduce':
    case 'scan':
      return sizeOf(node.inputs[0].shape) * monoidRow(node.op).weight;
    case 'routine':
      return workOf(node.routine, extentsOfNode(node));
    case 'concat':
      return sizeOf(node.shape);
    case 'scatter':
      return sizeOf(node.shape) + (ownWeight(node) + scatterWeight(node.op)) * sizeOf(node.inputs[1].shape);
    default:
      return ownWeight(node) * sizeOf(node.shape);
  }
}
