/**
 * The WebGPU target: kernels as WGSL.
 *
 * A kernel without walks is a map (`map.ts`), one with walks is spread over lanes and parts (`rows.ts`, `schedule.ts`). Matrix products have tiles of their own (`contract.ts`).
 */
import { InternalError } from '../../ir/errors.ts';
import type { DType } from '../../ir/dtype.ts';
import type { Kernel } from '../../ir/kernel.ts';
import { compileContract } from './contract.ts';
import { compileLoops } from './loops.ts';
import type { GpuLimits, GpuProgram } from './program.ts';
import { isGpuDType } from './registers.ts';

/** The first dtype in the kernel that WGSL cannot compute in. */
export function unsupportedOnGpu(kernel: Kernel): DType | undefined {
  const values = kernel.kind === 'loops' ? kernel.values.map(({ dtype }) => dtype) : [kernel.dtype];
  const dtypes = [...kernel.buffers.map(({ dtype }) => dtype), ...kernel.scalars, ...values];
  return dtypes.find((dtype) => !isGpuDType(dtype));
}

/** The kernel's shaders. Its dtypes have been checked, where the user can be told what to do about them. */
export function compileForGpu(kernel: Kernel, limits: GpuLimits): GpuProgram {
  const unsupported = unsupportedOnGpu(kernel);
  if (unsupported !== undefined) throw new InternalError('webgpu', `a GPU has no ${unsupported}`);
  return kernel.kind === 'contract' ? compileContract(kernel, limits) : compileLoops(kernel, limits);
}
