/** The routines that the WebGPU target has shaders for. */
import type { RoutineCall } from '../../ir/kernel.ts';
import type { RoutineCode } from '../../ir/routines/table.ts';
import { compileMatmul } from './matmul.ts';
import type { GpuLimits, GpuProgram } from './program.ts';

export const wgslRoutines: RoutineCode<(call: RoutineCall, limits: GpuLimits) => GpuProgram> = {
  matmul: compileMatmul,
};
