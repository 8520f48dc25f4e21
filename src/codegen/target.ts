/**
 * What the runtime sees of a code generator: a kernel goes in, a function over typed arrays comes out.
 *
 * A target is stateless; the runtime caches what it compiles by the kernel's text.
 */
import type { Scalar, TypedArray } from '../ir/dtype.ts';
import type { Accumulator, Kernel, KernelInt } from '../ir/kernel.ts';

/** The compiled targets, by name. */
export type TargetName = 'js' | 'wasm';

/** Runs a kernel on its buffers, run-time integers and run-time scalars (bigint for the 64-bit integers, bool as 0 or 1). */
export type KernelFunction = (
  buffers: readonly TypedArray[],
  integers: ArrayLike<number>,
  scalars: readonly Scalar[],
) => void;

/** What a target says about a kernel it compiled. */
export interface CodeFacts {
  /** The size of the program. */
  readonly bytes: number;
  /** How each loop runs: how many elements it takes at a time, and why not more. A few words each. */
  readonly notes: readonly string[];
}

/**
 * A function of a program: runs the iterations from `from` to `to`, with the arguments at an address. `scratch` is memory
 * of the calling thread. A part of a reduction leaves its states at `out`.
 */
export type PartFunction = (args: number, from: number, to: number, scratch: number, out: number) => void;

/** One way to split a phase. */
export interface Split {
  /** The position of its function in the program. */
  readonly entry: number;
  /** The number of independent iterations, as a product; empty for the final stores, which run in one call. */
  readonly iterations: readonly KernelInt[];
  /** Parts should begin at multiples of this. */
  readonly alignment: number;
  /** What the iterations go over, for explain: `i0`. */
  readonly label: string;
}

/** The work between two barriers for all threads. */
export interface Phase {
  /** The first is the best for the caches if it has enough iterations. */
  readonly splits: readonly Split[];
  /** The accumulators of a reduction, whose states each part leaves behind; empty for a loop. */
  readonly accumulators: readonly Accumulator[];
  /** The number of elements, as a product; the same for every split. */
  readonly space: readonly KernelInt[];
}

/** A program whose parts can run on any thread that has the memory. */
export interface PartProgram {
  /** Never given to another program. */
  readonly id: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** On this thread, in the order of the module's exports. */
  readonly functions: readonly PartFunction[];
  readonly phases: readonly Phase[];
  /** Memory that each thread needs in addition to the buffers in `perThread`. */
  readonly scratchBytes: number;
  /** Memory that all parts of a run share, which phases leave things in: its address is `out` where that is no state. */
  readonly sharedBytes: number;
  /** Scratch buffers of which each thread has its own copy; addresses are relative to the thread's scratch memory. */
  readonly perThread: ReadonlySet<number>;
}

/** How a kernel is run part by part. */
export interface KernelParts {
  readonly argumentBytes: number;
  /** The kernel as one phase and one function; all scratch buffers are in `perThread`. */
  readonly whole: PartProgram;
  /** The value of `to` that covers the whole kernel from `from = 0` on. */
  wholeRange(integers: ArrayLike<number>): number;
  /** Called before each run at these sizes: a kernel that has run long enough switches to its fastest form. */
  beforeRun(integers: ArrayLike<number>): void;
  /** The program that is best split at these sizes. */
  programFor(integers: ArrayLike<number>): PartProgram;
  /** Writes what the functions find at `args`. */
  writeArguments(
    args: number,
    addresses: ArrayLike<number>,
    integers: ArrayLike<number>,
    scalars: readonly Scalar[],
  ): void;
  /** The offset from `args` of the states of earlier reductions. */
  readonly statesAt: number;
}

export interface CompiledKernel {
  readonly run: KernelFunction;
  /** Undefined for kernels that cannot run on several threads. */
  readonly parts?: KernelParts;
  readonly about?: CodeFacts;
  /** The generated program as text. */
  readonly code: string;
  /** Memory that the program keeps in addition to its buffers. */
  readonly scratchBytes?: number;
  /** The fallback that runs instead, if the engine refused the program or the target has no code for a routine. */
  readonly target?: TargetName | 'reference';
}

export interface Target {
  readonly name: TargetName;
  /**
   * Where its kernels find their buffers. `heap`: every buffer is a view on the shared heap (`wasm/module/memory.ts`), at a
   * multiple of 16 bytes from its start, so that vectors lie in one cache line, with at least 256 readable bytes before
   * its start and after its end. What the runtime allocates begins at multiples of 64; a part of it that a user holds need not.
   */
  readonly memory: 'host' | 'heap';
  /** Whether the host lets this target run at all; probed once, on first use. */
  readonly available: boolean;
  /** Why it does not run here; only where `available` is false. */
  readonly unavailable?: string | undefined;
  /** The work of the engine is `byEngine`, so that what it refuses can be told from errors of lazuli: `refusal.ts`. */
  compile(kernel: Kernel): CompiledKernel;
  /** Compiles for the same buffers what the engine refuses here. */
  readonly standIn?: Target;
}
