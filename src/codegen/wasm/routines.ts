/** The routines that the WebAssembly target has code of its own for. */
import type { RoutineCall } from '../../ir/kernel.ts';
import type { RoutineCode } from '../../ir/routines/table.ts';
import { emitMatmul } from './matmul/matmul.ts';
import type { EmittedKernel, ModuleContext } from './module/context.ts';
import { emitSort } from './sort/sort.ts';

export const wasmRoutines: RoutineCode<(call: RoutineCall, module: ModuleContext) => EmittedKernel> = {
  matmul: emitMatmul,
  sort: emitSort,
  sortWithPositions: emitSort,
};
