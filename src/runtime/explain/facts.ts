/**
 * The facts behind explain(): what a plan does with these sizes, in numbers. Text, JSON and Mermaid only print them.
 *
 * Bytes are a model: each element that a kernel touches counts once, and once more per further walk over a row that is
 * too long to stay in cache.
 */
import type { CodeFacts } from '../../codegen/target.ts';
import { bytesOf } from '../../ir/dtype.ts';
import { describeNode, printGraph } from '../../ir/nodeText.ts';
import { evaluateSize, productOfSizes, type Size } from '../../ir/size.ts';
import type { PlanBuffer, PlanSource } from '../../passes/expression.ts';
import type { FusionCode } from '../../passes/fuse.ts';
import type { Graph } from '../../passes/graph.ts';
import type { LoweredKernel, PassRecord, Plan, SourceReads } from '../../passes/plan.ts';
import { accessedElements, type Access } from './accessedElements.ts';
import type { Head } from '../../passes/regions.ts';
import type { StoreReason } from '../../passes/stores.ts';
import { cacheInfo, type CacheInfo } from '../caches/caches.ts';
import { kernelName, layoutMemory } from '../evaluate/bindPlan.ts';
import type { HeapUse } from '../executors/executor.ts';
import { keepReasons, type KeepReason, type KeptPart } from '../evaluate/keptPart.ts';
import type { ThreadFacts } from '../parallel/facts.ts';
import { executorNamed } from '../executors/registry.ts';
import type { Candidate, TargetChoice } from '../choose/decision.ts';

/** Raised when a field of the JSON changes its meaning or goes away. */
export const explainVersion = 2;

/** Why something was fused, or not, in words. The codes are stable. */
export const fusionReasons: Readonly<Record<FusionCode, string>> = {
  producer: 'the value is used where it is made, and never stored for this use',
  'row-resident': 'reduction and use walk the same rows: the row stays in cache',
  sibling: 'both read the same array: one pass over it serves both',
  'other-loops': 'they run over different index spaces',
  'other-axes': 'they reduce different axes',
  'not-innermost': 'the reduced axes are not innermost: the use would stride through memory',
  'other-walks': 'one reduces a row and the other scans it: each takes a walk of its own',
  'reads-elsewhere': 'it needs elements of the value other than the one at hand',
  'needed-first': 'another kernel must run between the two',
  'limit-ops': 'the kernel would hold too many operations',
  'limit-weight': 'the kernel would hold too many math functions',
  'limit-arrays': 'the kernel would read and write too many arrays',
  routine: 'a routine (a matrix product) is a kernel of its own',
  'one-call': 'both are results of one call of a routine',
  'in-order': 'updates at computed places are stored in order, by a kernel of their own',
  'pass-off': 'fusion is switched off',
};

/** Why a value is stored although nobody asked for it. */
export const storeReasons: Readonly<Record<StoreReason, string>> = {
  'reshape-not-affine':
    'a reshape needs it in memory: the loops of the reshape cut its rows in the middle, or a reduction would read a transpose in strides',
  'routine-operand': 'routines (matrix products) read their operands from memory',
  'gathered-from': 'take reads it at places known only at run time',
  'region-limit': 'the expression is too long for one kernel',
  'expensive-and-shared': 'several kernels use it, and it is costly to compute again',
  recomputed: 'one kernel would compute it again at several places',
  'row-epilogue': 'the kernel of its reduction finishes it once per row',
  'pass-off': 'the pass that would have kept it out of memory is switched off',
};

export type PassFacts = PassRecord;

export interface KernelFacts {
  readonly name: string;
  /** Another than the plan's where the engine refuses the program for that. Asking for it compiles the kernel. */
  readonly target: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Loop extents, outermost first. */
  readonly iterationSpace: readonly number[];
  readonly reducedAxes: readonly number[];
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Scalar operations per element. */
  readonly ops: number;
  readonly scratchBytes: number;
  /** What it computes: one entry per head. */
  readonly computes: readonly string[];
  /** The program made of it; `null` where the target says nothing about it. Asking for it compiles the kernel. */
  readonly code: CodeFacts | null;
  /** How it is spread over threads; `null` for a target that has none. Asking for it compiles the kernel. */
  readonly threads: ThreadFacts | null;
}

export interface WhyFacts {
  readonly a: string;
  readonly b: string;
  readonly fused: boolean;
  readonly code: FusionCode | StoreReason;
  readonly reason: string;
  /** Bytes not moved because of it (fused), or moved because of it. */
  readonly bytes: number;
}

/** A part of the expression that is stored beside the results. */
export interface KeptFacts {
  readonly name: string;
  readonly bytes: number;
  readonly code: KeepReason;
  readonly reason: string;
}

export interface ExplainFacts {
  readonly version: number;
  readonly passes: readonly PassFacts[];
  readonly plan: {
    readonly kernels: readonly KernelFacts[];
    readonly bytesMoved: number;
    readonly bytesMinimum: number;
    readonly peakTemporaryBytes: number;
    readonly target: string;
    readonly reasons: readonly string[];
    /** The targets that were weighed, with estimates; empty where there was no choice. */
    readonly candidates: readonly Candidate[];
    /** What is stored beside the results, for later evaluations. */
    readonly kept: readonly KeptFacts[];
    /** What the evaluation did with the shared heap; `null` if it worked elsewhere, or has not happened. */
    readonly heap: HeapUse | null;
  };
  readonly why: readonly WhyFacts[];
  readonly caches: CacheInfo & { readonly plan: 'hit' | 'miss'; readonly result: 'hit' | 'miss' | 'unknown' };
}

export const keptFacts = (parts: readonly KeptPart[]): readonly KeptFacts[] =>
  parts.map(({ name, bytes, reason }) => ({ name, bytes, code: reason, reason: keepReasons[reason] }));

/** A row longer than this is read from memory again on a second walk. */
const cachedRowBytes = 256 * 1024;

const sourceName = (source: PlanSource): string =>
  source.kind === 'parameter' ? `array ${source.slot}` : `value ${source.id}`;

export function collectFacts(
  plan: Plan,
  numbers: readonly number[],
  choice: TargetChoice,
  planHit: boolean,
  memoHit: boolean | undefined,
  heap: HeapUse | undefined,
  parts: readonly KeptPart[],
): ExplainFacts {
  const at = (size: Size): number => evaluateSize(size, numbers);
  const layout = layoutMemory(plan, numbers);
  const kernels = plan.kernels.map((kernel, k) => kernelFacts(kernel, k, numbers, choice.name));
  const given = plan.kernels
    .flatMap(({ reads }) => reads)
    .filter(({ source }) => source.kind === 'parameter');
  const inputs = [...Map.groupBy(given, ({ source }) => sourceName(source)).values()].reduce(
    (sum, reads) => sum + readBytes(reads, at),
    0,
  );
  const roots = [...new Set(plan.roots)].reduce((sum, buffer) => sum + bufferBytes(buffer, at), 0);
  return {
    version: explainVersion,
    passes: plan.passes,
    plan: {
      kernels,
      bytesMoved: kernels.reduce((sum, { bytesRead, bytesWritten }) => sum + bytesRead + bytesWritten, 0),
      bytesMinimum: inputs + roots,
      peakTemporaryBytes: layout.bytes,
      target: choice.name,
      reasons: choice.reasons,
      candidates: choice.candidates,
      kept: keptFacts(parts),
      heap: heap ?? null,
    },
    why: whyFacts(plan, at),
    caches: {
      ...cacheInfo(),
      plan: planHit ? 'hit' : 'miss',
      result: memoHit === undefined ? 'unknown' : memoHit ? 'hit' : 'miss',
    },
  };
}

const bufferBytes = (buffer: PlanBuffer, at: (size: Size) => number): number =>
  at(productOfSizes(buffer.shape)) * bytesOf(buffer.dtype);

/** Bytes of one array that these reads of it touch, each byte counted once. */
function readBytes(reads: readonly SourceReads[], at: (size: Size) => number): number {
  const [first] = reads;
  if (first === undefined) return 0;
  const length = at(productOfSizes(first.source.shape));
  const accesses: Access[] = [];
  let gathered = 0;
  for (const { offset, loops: own, gathered: anywhere } of reads.flatMap(({ places }) => places)) {
    const loops = own.map(({ stride, extent }) => ({ stride: at(stride), extent: at(extent) }));
    if (anywhere) gathered += loops.reduce((turns, { extent }) => turns * extent, 1);
    else accesses.push({ offset: at(offset), loops });
  }
  const elements = Math.min(length, accessedElements(accesses, length) + gathered);
  return elements * bytesOf(first.source.dtype);
}

/** Whether a head stores every element of its node. */
const writesAll = ({ piece, kind }: Head): boolean => piece === undefined && kind !== 'scatter';

function kernelFacts(
  kernel: LoweredKernel,
  position: number,
  numbers: readonly number[],
  target: string,
): KernelFacts {
  const at = (size: Size): number => evaluateSize(size, numbers);
  const rows = kernel.rowLoops.reduce(
    (product, loop) => product * at(kernel.space[loop] ?? productOfSizes([])),
    1,
  );
  const bytesRead = kernel.reads.reduce((sum, read) => {
    const bytes = readBytes([read], at);
    return sum + bytes * (bytes / Math.max(1, rows) <= cachedRowBytes ? 1 : read.walks);
  }, 0);
  const outputs = kernel.buffers.filter(
    (buffer, k): buffer is PlanBuffer =>
      buffer.kind === 'buffer' && kernel.kernel.buffers[k]?.role === 'output',
  );
  const written = new Set(outputs);
  const bytesWritten = kernel.heads
    .filter(({ buffer }) => written.has(buffer))
    .reduce(
      (sum, head) =>
        sum +
        at(productOfSizes(writesAll(head) ? head.node.shape : head.body.shape)) * bytesOf(head.buffer.dtype),
      0,
    );
  const scratchBytes = kernel.buffers.reduce(
    (sum, buffer) => sum + (buffer.kind === 'scratch' ? at(buffer.size) * bytesOf(buffer.dtype) : 0),
    0,
  );
  const executor = executorNamed(target);
  return {
    name: kernelName(kernel, position),
    get target() {
      return executor?.codeOf(kernel, numbers)?.target ?? target;
    },
    inputs: kernel.reads.map(({ source }) => sourceName(source)),
    outputs: outputs.map(sourceName),
    iterationSpace: kernel.space.map(at),
    reducedAxes: kernel.space.map((_, k) => k).filter((k) => !kernel.rowLoops.includes(k)),
    bytesRead,
    bytesWritten,
    ops: kernel.ops,
    scratchBytes,
    computes: kernel.heads.map(headName),
    get code() {
      return executor?.codeOf(kernel, numbers)?.about ?? null;
    },
    get threads() {
      return executor?.threadsOf(kernel, numbers) ?? null;
    },
  };
}

export const headName = (head: Head): string => `${describeNode(head.node, (size) => size.key)} #${head.id}`;

function whyFacts(plan: Plan, at: (size: Size) => number): WhyFacts[] {
  const name = (id: number): string => {
    const head = plan.heads[id];
    return head === undefined ? 'nothing' : headName(head);
  };
  const written = new Set(
    plan.kernels.flatMap(({ buffers, kernel }) =>
      buffers.filter((_, k) => kernel.buffers[k]?.role === 'output'),
    ),
  );
  const trials = plan.trials.map(({ a, b, fused, code }): WhyFacts => {
    const producer = plan.heads[a];
    // A value that is stored anyway only spares its reader the load.
    const moves =
      producer === undefined || code === 'sibling' ? 0 : written.has(producer.buffer) && fused ? 1 : 2;
    const bytes = producer === undefined ? 0 : moves * bufferBytes(producer.buffer, at);
    return { a: name(a), b: name(b), fused, code, reason: fusionReasons[code], bytes };
  });
  const stored = plan.stored.map(({ head, reason }): WhyFacts => {
    const found = plan.heads[head];
    return {
      a: name(head),
      b: 'its users',
      fused: false,
      code: reason,
      reason: storeReasons[reason],
      bytes: found === undefined ? 0 : 2 * bufferBytes(found.buffer, at),
    };
  });
  return [...trials, ...stored];
}

export const graphText = (graph: Graph, numbers: readonly number[]): string =>
  printGraph(graph.nodes, graph.roots, (size) => String(evaluateSize(size, numbers)));
