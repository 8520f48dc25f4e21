/** The call of a routine that a target has no code of its own for: the reference function of its row. */
import type { RoutineCall } from '../ir/kernel.ts';
import { referenceFunction } from '../ir/routines/call.ts';
import type { CompiledKernel } from './target.ts';

export function referenceCall(call: RoutineCall): CompiledKernel {
  const note = `${call.routine} has no code of its own here: its reference function runs (slow)`;
  return {
    run: referenceFunction(call),
    about: { bytes: 0, notes: [note] },
    code: `// ${note}\n`,
    target: 'reference',
  };
}
