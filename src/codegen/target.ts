/**
 * What the runtime sees of a code generator: a kernel goes in, a function over typed arrays comes out.
 *
 * A target is stateless; the runtime caches what it compiles by the kernel's text.
 */
import type { Scalar, TypedArray } from '../ir/dtype.ts';
import type { Kernel } from '../ir/kernel.ts';

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

/** How to call a kernel of the heap on arguments that lie in memory: for tables of many launches. */
export interface Launcher {
  readonly argumentBytes: number;
  /** Writes the arguments of one launch to an address. Buffers are given by their addresses. */
  write(
    at: number,
    buffers: ArrayLike<number>,
    integers: ArrayLike<number>,
    scalars: readonly Scalar[],
  ): void;
  /** Runs the whole kernel on the arguments at an address. */
  launch(at: number, integers: ArrayLike<number>): void;
}

export interface CompiledKernel {
  readonly run: KernelFunction;
  /** Only of kernels that work on the heap. */
  readonly launcher?: Launcher;
  readonly about?: CodeFacts;
  /** The generated program, to be read by people. */
  readonly code: string;
  /** Memory of its own that the program keeps, beside the buffers it is given. */
  readonly scratchBytes?: number;
}

export interface Target {
  readonly name: TargetName;
  /**
   * Where its kernels find their buffers. `heap`: every buffer is a view on the shared heap (`wasm/memory.ts`), at a
   * multiple of 16 bytes from its start, so that vectors lie in one cache line, with at least 256 readable bytes after
   * its end. What the runtime allocates begins at multiples of 64; a part of it that a user holds need not.
   */
  readonly memory: 'host' | 'heap';
  /** Whether the host lets this target run at all; probed once, on first use. */
  readonly available: boolean;
  /** Why it does not run here; only where `available` is false. */
  readonly unavailable?: string | undefined;
  compile(kernel: Kernel): CompiledKernel;
}
