/**
 * The WebGPU target: kernels as WGSL.
 *
 * A kernel without walks is a map (`map.ts`), one with walks is spread over lanes and parts (`rows.ts`, `schedule.ts`). Routines
 * have shaders of their own or none (`routines.ts`).
 */
import { InternalError } from '../../ir/errors.ts';
import type { DType } from '../../ir/dtype.ts';
import type { Kernel } from '../../ir/kernel.ts';
import type { RoutineName } from '../../ir/routines/table.ts';
import { compileLoops } from './loops.ts';
import type { GpuLimits, GpuProgram } from './program.ts';
import { isGpuDType } from './registers.ts';
import { wgslRoutines } from './routines.ts';

/** The first dtype in the kernel that WGSL cannot compute in. */
export function unsupportedOnGpu(kernel: Kernel): DType | undefined {
  const values = kernel.kind === 'loops' ? kernel.values.map(({ dtype }) => dtype) : [];
  const dtypes = [...kernel.buffers.map(({ dtype }) => dtype), ...kernel.scalars, ...values];
  return dtypes.find((dtype) => !isGpuDType(dtype));
}

/** The routine that a kernel calls and for which there are no shaders. */
export const routineWithoutShaders = (kernel: Kernel): RoutineName | undefined =>
  kernel.kind === 'call' && wgslRoutines[kernel.routine] === undefined ? kernel.routine : undefined;

/** The kernel's shaders. Its dtypes and routines have been checked, where the user can be told what to do about them. */
export function compileForGpu(kernel: Kernel, limits: GpuLimits): GpuProgram {
  const unsupported = unsupportedOnGpu(kernel);
  if (unsupported !== undefined) throw new InternalError('webgpu', `a GPU has no ${unsupported}`);
  if (kernel.kind === 'loops') return compileLoops(kernel, limits);
  const compile = wgslRoutines[kernel.routine];
  if (compile === undefined) throw new InternalError('webgpu', `a GPU has no code for ${kernel.routine}`);
  return compile(kernel, limits);
}
