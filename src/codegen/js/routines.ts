/** The routines that the JS target has code of its own for. */
import type { RoutineCall } from '../../ir/kernel.ts';
import type { RoutineCode } from '../../ir/routines/table.ts';
import type { Closure, Code } from '../text/source.ts';
import { emitMatmul } from './matmul.ts';
import { emitSort } from './sort.ts';

export const jsRoutines: RoutineCode<(call: RoutineCall, closure: Closure) => Code> = {
  matmul: emitMatmul,
  sort: emitSort,
  sortWithPositions: emitSort,
};
