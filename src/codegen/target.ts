/**
 * What the runtime sees of a code generator: a kernel goes in, a function over typed arrays comes out.
 *
 * A target is stateless; the runtime caches what it compiles by the kernel's text.
 */
import type { Scalar, TypedArray } from '../ir/dtype.ts';
import type { Kernel } from '../ir/kernel.ts';

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
}

export interface Target {
  readonly name: 'js';
  /** Whether the host lets this target run at all; probed once, on first use. */
  readonly available: boolean;
  compile(kernel: Kernel): CompiledKernel;
}
