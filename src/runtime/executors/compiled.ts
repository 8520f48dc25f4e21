/**
 * Executors that run what a code generator makes of the kernels: over ordinary typed arrays, or over views on the shared
 * heap, where kernels can have threads.
 */
import { CompileRefusal } from '../../codegen/refusal.ts';
import type { CompiledKernel, Target, TargetName } from '../../codegen/target.ts';
import type { TypedArray } from '../../ir/dtype.ts';
import { MemoryError } from '../../ir/errors.ts';
import type { ArraySource } from '../../ir/node.ts';
import { evaluateSize } from '../../ir/size.ts';
import type { LoweredKernel } from '../../passes/plan.ts';
import { cpuProfile } from '../../passes/profile.ts';
import { estimate, kernelNanoseconds } from '../choose/cost.ts';
import { formOf, type Binding, type BoundPlan } from '../evaluate/bindPlan.ts';
import { compileKernel } from '../evaluate/compileKernel.ts';
import type { Computation } from '../evaluate/computation.ts';
import { heapBytesOf, runOnHeap } from '../evaluate/runOnHeap.ts';
import { runOnHost, type Profiler } from '../evaluate/runOnHost.ts';
import { rowsPerBlock, runStreamed, streamOf, type Stream } from '../evaluate/stream.ts';
import { heap } from '../memory/heap.ts';
import { heapPlace, Lease } from '../memory/lease.ts';
import { checkInputs, restoreAll } from '../memory/sources.ts';
import { smallBytes, Source } from '../memory/source.ts';
import { isUsableOnHeap } from '../memory/userMemory.ts';
import { threadFacts, type ThreadFacts } from '../parallel/facts.ts';
import { runningPool, threadInfo } from '../parallel/threads.ts';
import { formatBytes } from '../units.ts';
import {
  hostValues,
  nothingToNote,
  Refusal,
  unknownOffer,
  type Input,
  type Measured,
  type Offer,
  type Outcome,
  type SyncExecutor,
} from './executor.ts';

/** Runs of a plan that `measure` makes; the first compiles and warms up. */
const repetitions = 7;

export abstract class CompiledExecutor implements SyncExecutor {
  readonly name: TargetName;
  readonly target: Target;
  readonly profile = cpuProfile;
  readonly isLastResort = false;
  readonly answersAtOnce = true;

  constructor(target: Target) {
    this.name = target.name;
    this.target = target;
  }

  get unavailable(): string | undefined {
    return this.target.available ? undefined : (this.target.unavailable ?? 'this host cannot run it');
  }

  abstract offer(
    work: Computation,
    inputs: readonly Input[],
    out: readonly TypedArray[] | undefined,
  ): Offer<SyncExecutor>;

  abstract run(
    work: Computation,
    inputs: readonly Input[],
    out: readonly TypedArray[] | undefined,
  ): Outcome | Refusal;

  abstract threadsOf(kernel: LoweredKernel, numbers: readonly number[]): ThreadFacts | null;

  /** Runs the kernels for `measure`; the results are dropped. */
  protected abstract runOnce(bound: BoundPlan, inputs: readonly ArraySource[], profile: Profiler): void;

  /** `undefined` where it does not run here, or the engine refuses the program. */
  codeOf({ kernel, integers }: LoweredKernel, numbers: readonly number[]): CompiledKernel | undefined {
    if (!this.target.available) return undefined;
    const form = formOf(
      kernel,
      integers.map((size) => evaluateSize(size, numbers)),
    );
    const compiled = compileKernel(this.target, form);
    return compiled instanceof CompileRefusal ? undefined : compiled;
  }

  measure(work: Computation, inputs: readonly ArraySource[]): Measured | undefined {
    const bound = work.under(this.profile).for(this.target);
    if (bound instanceof CompileRefusal) return undefined;
    const times = bound.kernels.map((): number[] => []);
    for (let repetition = 0; repetition < repetitions; repetition++) {
      // The pool starts with the first work for it.
      if (repetition === 1) runningPool()?.startProfile();
      // Values that were dropped come back before the first of them is looked at.
      checkInputs('explain', inputs);
      restoreAll(inputs);
      this.runOnce(bound, inputs, (kernel, milliseconds) => {
        times[kernel]?.push(milliseconds);
      });
    }
    const ordered = times.map((list) => list.toSorted((a, b) => a - b));
    const uses = runningPool()
      ?.endProfile()
      .map(({ milliseconds, launches }) => ({
        milliseconds: milliseconds / (repetitions - 1),
        launches: Math.round(launches / (repetitions - 1)),
      }));
    return {
      threads: uses?.some(({ launches }) => launches > 0) === true ? uses : undefined,
      first: times.map((list) => list[0] ?? NaN),
      median: ordered.map((list) => list[list.length >> 1] ?? NaN),
    };
  }
}

/** Over ordinary typed arrays, on the thread of the caller. */
export class HostExecutor extends CompiledExecutor {
  readonly unweighed: Offer<SyncExecutor> = { ...unknownOffer, executor: this };
  /** The offer made last: it depends on the binding alone, and a compiled function asks for it at each call. */
  #last:
    { readonly binding: Binding; readonly bytes: number; readonly offer: Offer<SyncExecutor> } | undefined;

  offer(
    work: Computation,
    _inputs: readonly Input[],
    out: readonly TypedArray[] | undefined,
  ): Offer<SyncExecutor> {
    const binding = work.under(this.profile);
    const bytes = freshBytes(binding, out);
    const last = this.#last;
    if (last?.binding === binding && last.bytes === bytes) return last.offer;
    const offer: Offer<SyncExecutor> = {
      executor: this,
      nanoseconds: estimate(this.name, binding.work, 1, bytes, 0, 0),
      threads: 1,
      copiedBytes: 0,
      refusal: undefined,
      notes: nothingToNote,
    };
    this.#last = { binding, bytes, offer };
    return offer;
  }

  run(
    work: Computation,
    inputs: readonly Input[],
    out: readonly TypedArray[] | undefined,
  ): Outcome | Refusal {
    const bound = work.under(this.profile).for(this.target);
    if (bound instanceof CompileRefusal) return new Refusal(bound.message);
    return { values: runOnHost(bound, inputs.map(hostValues), out) };
  }

  threadsOf(): null {
    return null;
  }

  protected runOnce(bound: BoundPlan, inputs: readonly ArraySource[], profile: Profiler): void {
    runOnHost(bound, inputs.map(hostValues), undefined, profile);
  }
}

/** Over the shared heap, on as many threads as pay. */
export class HeapExecutor extends CompiledExecutor {
  offer(
    work: Computation,
    inputs: readonly Input[],
    out: readonly TypedArray[] | undefined,
  ): Offer<SyncExecutor> {
    const binding = work.under(this.profile);
    const { arrays } = binding;
    const { parameters, roots } = arrays;
    // Bytes copied between ordinary memory and the heap, what to charge for them, and small arrays that pass through it.
    let [copiedBytes, chargedBytes, staged] = [0, 0, 0];
    for (let slot = 0; slot < parameters.length; slot++) {
      const [parameter, given] = [parameters[slot], inputs[slot]];
      if (parameter === undefined || given === undefined) continue;
      const { bytes } = parameter;
      if (bytes <= smallBytes) staged++;
      else if (given instanceof Source) {
        if (given.at(heapPlace) !== undefined) continue;
        copiedBytes += bytes;
        // An input that was read before will be read again, and copied no more.
        chargedBytes += bytes / (1 + given.reads);
      } else if (!ArrayBuffer.isView(given) || !isUsableOnHeap(given)) {
        copiedBytes += bytes;
        chargedBytes += bytes;
      }
    }
    for (let k = 0; k < roots.length; k++) {
      const root = roots[k];
      if (root === undefined || root.sameAs !== undefined) continue;
      const given = out?.[k];
      if (root.bytes <= smallBytes) staged++;
      else if (given !== undefined && !isUsableOnHeap(given)) {
        copiedBytes += root.bytes;
        chargedBytes += root.bytes;
      }
    }
    const heapBytes = heapBytesOf(arrays);
    const isStreamed = streamFor(binding, heapBytes) !== undefined;
    if (isStreamed) {
      // Nothing stays there, so nothing is copied for later.
      copiedBytes = parameters.reduce(
        (sum, parameter) => sum + (parameter?.bytes ?? 0),
        roots[0]?.bytes ?? 0,
      );
      [chargedBytes, staged] = [copiedBytes, 0];
    }
    const threads = binding.work.sharedUnits > 0 ? threadInfo().threads : 1;
    const bytes = freshBytes(binding, out);
    return {
      executor: this,
      nanoseconds: estimate(this.name, binding.work, threads, bytes, chargedBytes, staged),
      threads,
      copiedBytes,
      refusal: heapBytes > heap.current.budget && !isStreamed ? tooLarge(heapBytes) : undefined,
      notes: isStreamed ? streamed : nothingToNote,
    };
  }

  run(
    work: Computation,
    inputs: readonly Input[],
    out: readonly TypedArray[] | undefined,
  ): Outcome | Refusal {
    const { copiedIn, copiedOut, evictions } = heap.current;
    let values: readonly (TypedArray | Lease)[] | undefined;
    try {
      const binding = work.under(this.profile);
      const bound = binding.for(this.target);
      if (bound instanceof CompileRefusal) return new Refusal(bound.message);
      const stream = streamFor(binding, heapBytesOf(binding.arrays));
      values = stream === undefined ? runOnHeap(bound, inputs, out) : runStreamed(bound, stream, inputs, out);
    } catch (error) {
      if (error instanceof MemoryError) return new Refusal(error.message);
      throw error;
    }
    if (values === undefined) return new Refusal('the heap has no room for the arrays');
    return {
      values,
      heap: {
        residentBytes: heap.current.usedBytes,
        copiedIn: heap.current.copiedIn - copiedIn,
        copiedOut: heap.current.copiedOut - copiedOut,
        evictions: heap.current.evictions - evictions,
      },
    };
  }

  threadsOf(kernel: LoweredKernel, numbers: readonly number[]): ThreadFacts | null {
    if (!this.target.available) return null;
    const integers = kernel.integers.map((size) => evaluateSize(size, numbers));
    const nanoseconds = kernelNanoseconds(this.name, kernel, numbers);
    return threadFacts(this.codeOf(kernel, numbers)?.parts, nanoseconds, integers);
  }

  protected runOnce(bound: BoundPlan, inputs: readonly ArraySource[], profile: Profiler): void {
    for (const result of runOnHeap(bound, inputs, undefined, profile) ?? [])
      if (result instanceof Lease) result.free();
  }
}

export const compiledExecutor = (target: Target): CompiledExecutor =>
  target.memory === 'heap' ? new HeapExecutor(target) : new HostExecutor(target);

const streamed = ['the arrays do not fit the heap: they pass through it in blocks of rows'];

const tooLarge = (heapBytes: number): Refusal =>
  new Refusal(
    `the arrays take ${formatBytes(heapBytes)}, the heap may have ${formatBytes(heap.current.budget)} (configure({ heapBytes }))`,
  );

/** How the plan passes through a heap that has no room for its arrays, if it can. */
function streamFor(binding: Binding, heapBytes: number): Stream | undefined {
  if (heapBytes <= heap.current.budget) return undefined;
  const stream = streamOf(binding);
  return stream === undefined || rowsPerBlock(stream) === 0 ? undefined : stream;
}

/** Bytes of fresh results: none where they are written to memory of the caller. */
const freshBytes = ({ arrays }: Binding, out: readonly TypedArray[] | undefined): number =>
  out === undefined ? arrays.resultBytes : 0;
