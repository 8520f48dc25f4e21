/** Which routines the targets of the CPU have code of their own for. */
import type { RoutineCode } from '../ir/routines/table.ts';
import { jsRoutines } from './js/routines.ts';
import type { TargetName } from './target.ts';
import { wasmRoutines } from './wasm/routines.ts';

export const routineCode: Readonly<Record<TargetName, RoutineCode<unknown>>> = {
  js: jsRoutines,
  wasm: wasmRoutines,
};
