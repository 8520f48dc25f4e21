/**
 * What can compute an expression: generated code in ordinary memory or on the heap, a GPU, the reference evaluator.
 * Evaluation, the choice of `auto` and explain know executors by this interface alone; the registry has the list.
 *
 * An executor that answers at once serves every call; one that answers later serves those that may wait. Each says what
 * a run would take, or why it is out of the question; what it refuses when it is asked to run, another one computes, and
 * explain has the reason.
 */
import type { CodeFacts } from '../../codegen/target.ts';
import type { TypedArray } from '../../ir/dtype.ts';
import type { LazuliError } from '../../ir/errors.ts';
import type { ArraySource } from '../../ir/node.ts';
import type { LoweredKernel } from '../../passes/plan.ts';
import type { PlanProfile } from '../../passes/profile.ts';
import type { Computation } from '../evaluate/computation.ts';
import type { Copy } from '../memory/place.ts';
import type { Source } from '../memory/source.ts';
import type { ThreadFacts } from '../parallel/facts.ts';
import type { ThreadUse } from '../parallel/pool.ts';

export type Input = ArraySource | TypedArray;

/** What an evaluation did with the shared heap, in bytes and blocks. */
export interface HeapUse {
  readonly residentBytes: number;
  readonly copiedIn: number;
  readonly copiedOut: number;
  readonly evictions: number;
}

/** Results, one per root; roots that are equal may share one. */
export interface Outcome {
  readonly values: readonly (TypedArray | Copy)[];
  /** Only of executors that work there. */
  readonly heap?: HeapUse;
}

/** The same where they may be in memory that is not the host's. */
export interface AsyncOutcome {
  readonly values: readonly (TypedArray | Copy | Source)[];
}

/** Must not hold the computation: what tells of an evaluation may keep the refusal. */
type RefusalError = (operation: string, work: Computation) => LazuliError;

/** Why an executor does not run an expression. */
export class Refusal {
  readonly why: string;
  /** Only where another executor should not step in for one that was asked for by name. */
  readonly error: RefusalError | undefined;

  constructor(why: string, error?: RefusalError) {
    this.why = why;
    this.error = error;
  }
}

/** What running an expression on certain inputs would take. */
export interface Offer<E extends Executor = Executor> {
  readonly executor: E;
  /** Estimated. `undefined`: nothing is known, and `auto` takes it only for want of another. */
  readonly nanoseconds: number | undefined;
  /** Threads that share the work, the caller's included. */
  readonly threads: number;
  /** Bytes of inputs (and results for memory of the caller) to copy to where it computes. */
  readonly copiedBytes: number;
  readonly refusal: Refusal | undefined;
  /** What explain says beside. */
  readonly notes: readonly string[];
}

/** Milliseconds per kernel: the first run, and the median of the following ones. */
export interface Measured {
  readonly first: readonly number[];
  readonly median: readonly number[];
  /** What the threads did in one run, the caller's first; only where there are several. */
  readonly threads?: readonly ThreadUse[] | undefined;
}

/** The program of a kernel. */
export interface KernelCode {
  readonly code: string;
  readonly about?: CodeFacts;
  /** The executor whose program it is, where that is another one. */
  readonly target?: string;
}

interface ExecutorFacts {
  readonly name: string;
  /** What its plans are made for; `undefined` for one that computes from the meaning of an expression, without a plan. */
  readonly profile: PlanProfile | undefined;
  /** Why this host cannot run it at all, as far as is known without trying. */
  readonly unavailable: string | undefined;
  /** `auto` takes it only where nothing else runs. */
  readonly isLastResort: boolean;
  /** The program for a kernel at these numbers; `undefined` where there is none. */
  codeOf(kernel: LoweredKernel, numbers: readonly number[]): KernelCode | undefined;
  /** How the kernel is spread over threads; `null` where there are none. */
  threadsOf(kernel: LoweredKernel, numbers: readonly number[]): ThreadFacts | null;
}

export interface SyncExecutor extends ExecutorFacts {
  readonly answersAtOnce: true;
  /** What it offers where nothing is weighed, if it refuses nothing ahead of a run. */
  readonly unweighed?: Offer<SyncExecutor>;
  /** For inputs by slot. `out` is the memory that results are to be written to. */
  offer(
    work: Computation,
    inputs: readonly Input[],
    out: readonly TypedArray[] | undefined,
  ): Offer<SyncExecutor>;
  /** The inputs are in memory. Results are written to `out` where it is given. */
  run(work: Computation, inputs: readonly Input[], out: readonly TypedArray[] | undefined): Outcome | Refusal;
  /** `undefined` where nothing compiles the plan. */
  measure?(work: Computation, inputs: readonly ArraySource[]): Measured | undefined;
}

export interface AsyncExecutor extends ExecutorFacts {
  readonly answersAtOnce: false;
  /** For inputs by slot. */
  offer(work: Computation, inputs: readonly Input[]): Offer<AsyncExecutor>;
  /** Why it cannot tell yet what a run would take; `ready` may change that. */
  readonly pending: string | undefined;
  /** Why `auto` never takes it, whatever the plan. */
  readonly excluded: string | undefined;
  /**
   * Gets ready to run. For `auto`, which weighs it against `rival` nanoseconds on another executor: only where that may
   * pay, and without an error where it cannot be had.
   */
  ready(rival?: number): Promise<void>;
  /** It brings the inputs to where it computes. */
  run(work: Computation, inputs: readonly ArraySource[]): Promise<AsyncOutcome | Refusal>;
  /** `undefined` where times cannot be told. */
  measure?(work: Computation, inputs: readonly ArraySource[]): Promise<Measured | undefined>;
}

export type Executor = SyncExecutor | AsyncExecutor;

/** The values of an input, in memory. */
export const hostValues = (input: Input): TypedArray => (ArrayBuffer.isView(input) ? input : input.values);

export const nothingToNote: readonly string[] = [];

/** Of an executor that says nothing. */
export const unknownOffer: Omit<Offer, 'executor'> = {
  nanoseconds: undefined,
  threads: 1,
  copiedBytes: 0,
  refusal: undefined,
  notes: nothingToNote,
};
