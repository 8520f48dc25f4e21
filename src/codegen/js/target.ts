/**
 * The JS target: a kernel as one JavaScript function. It runs wherever code may be generated at all, and it is the
 * baseline that every other target has to match to the bit.
 */
import type { Kernel } from '../../ir/kernel.ts';
import { byEngine } from '../refusal.ts';
import type { CompiledKernel, Target } from '../target.ts';
import { functionOf, mayCompile } from './compile.ts';
import { emitLoops } from './emit.ts';
import { jsRoutines } from './routines.ts';
import { referenceCall } from '../referenceCall.ts';
import { block, Closure, render, type Code } from '../text/source.ts';

export const jsTarget: Target = {
  name: 'js',
  memory: 'host',
  get available() {
    return mayCompile();
  },
  get unavailable() {
    return mayCompile() ? undefined : 'the content security policy forbids `new Function`';
  },
  compile(kernel: Kernel): CompiledKernel {
    const closure = new Closure();
    let body: Code;
    if (kernel.kind === 'call') {
      const emitRoutine = jsRoutines[kernel.routine];
      if (emitRoutine === undefined) return referenceCall(kernel);
      body = emitRoutine(kernel, closure);
    } else body = emitLoops(kernel, closure);
    // Strings have a greatest length.
    const code = byEngine(() => render(block('return function kernel(buffers, integers, scalars)', body)));
    const { mathFunctions } = closure;
    const note =
      mathFunctions.size === 0
        ? ''
        : `// math functions: ${[...mathFunctions].join(', ')} (docs/numerics.md)\n`;
    return { run: functionOf(code, closure), code: code + note };
  },
};
