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
 * A function of a program: does the turns from `from` to `to`, for the arguments at an address. `scratch` is memory of
 * the calling thread's own. A part of a reduction leaves its states at `out`.
 */
export type PartFunction = (args: number, from: number, to: number, scratch: number, out: number) => void;

/** One way to split a phase. */
export interface Split {
  /** Which function of the program does it. */
  readonly entry: number;
  /** The turns there are: a product. Empty, and no reduction: stores that follow all the rest, done by one call. */
  readonly extent: readonly KernelInt[];
  /** Parts should begin at multiples of this. */
  readonly granule: number;
  /** What the turns are, in words: `i0`. */
  readonly turns: string;
}

/** What lies between two points where all threads have to meet. */
export interface Phase {
  /** The first is the best for the caches, as long as it has enough turns. */
  readonly splits: readonly Split[];
  /** For a reduction: what a part of it leaves, the state of each. */
  readonly accumulators: readonly Accumulator[];
  /** The elements there are, whatever the split: a product. */
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
  /** Memory that each thread needs for itself, beside the buffers in `own`. */
  readonly scratchBytes: number;
  /** The buffers that each thread has one of: their addresses are relative to its scratch memory. */
  readonly own: ReadonlySet<number>;
}

/** How a kernel is run part by part. */
export interface KernelParts {
  readonly argumentBytes: number;
  /** One phase, one function, `own` all that is scratch: the kernel as a whole. */
  readonly whole: PartProgram;
  /** What to pass as `to` beside `from = 0` for the whole of it. */
  wholeRange(integers: ArrayLike<number>): number;
  /** To be called before each run at these sizes: what has run often enough takes the form that runs fastest. */
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
  /** Where they find the states of reductions in front of them, from `args` on. */
  readonly statesAt: number;
}

export interface CompiledKernel {
  readonly run: KernelFunction;
  /** Only of kernels that can run on several threads. */
  readonly parts?: KernelParts;
  readonly about?: CodeFacts;
  /** The generated program, to be read by people. */
  readonly code: string;
  /** Memory of its own that the program keeps, beside the buffers it is given. */
  readonly scratchBytes?: number;
  /** What runs, where it is not the target that was asked: the engine refused its program, or it has none for a routine. */
  readonly target?: TargetName | 'reference';
}

export interface Target {
  readonly name: TargetName;
  /**
   * Where its kernels find their buffers. `heap`: every buffer is a view on the shared heap (`wasm/module/memory.ts`), at a
   * multiple of 16 bytes from its start, so that vectors lie in one cache line, with at least 256 readable bytes after
   * its end. What the runtime allocates begins at multiples of 64; a part of it that a user holds need not.
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
