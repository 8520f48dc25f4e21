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

export interface CompiledKernel {
  readonly run: KernelFunction;
  /** The generated program, to be read by people. */
  readonly code: string;
  /** Memory of its own that the program keeps, beside the buffers it is given. */
  readonly scratchBytes?: number;
}

export interface Target {
  readonly name: TargetName;
  /**
   * Where its kernels find their buffers. `heap`: every buffer is a view on the shared heap (`wasm/memory.ts`), at a
   * multiple of 64 bytes from its start, with at least 256 readable bytes after its end.
   */
  readonly memory: 'host' | 'heap';
  /** Whether the host lets this target run at all; probed once, on first use. */
  readonly available: boolean;
  /** Why it does not run here; only where `available` is false. */
  readonly unavailable?: string | undefined;
  compile(kernel: Kernel): CompiledKernel;
}
