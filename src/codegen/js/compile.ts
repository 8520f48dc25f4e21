/**
 * The JS target: kernels become functions by `new Function`, here and nowhere else.
 *
 * It runs everywhere but under a content security policy without `unsafe-eval`, which `available` finds out.
 */
import type { Kernel } from '../../ir/kernel.ts';
import type { CompiledKernel, KernelFunction, Target } from '../target.ts';
import { emitContract } from './contract.ts';
import { emitLoops } from './emit.ts';
import { block, Closure, render } from './source.ts';

let probed: boolean | undefined;

export const jsTarget: Target = {
  name: 'js',
  get available() {
    return (probed ??= probe());
  },
  compile: compileJs,
};

function probe(): boolean {
  try {
    return (new Function('return 1') as () => number)() === 1;
  } catch {
    return false;
  }
}

function compileJs(kernel: Kernel): CompiledKernel {
  const closure = new Closure();
  const body = kernel.kind === 'contract' ? emitContract(kernel, closure) : emitLoops(kernel, closure);
  const code = render(block('return function kernel(buffers, integers, scalars)', body));
  const make = new Function(...closure.values.keys(), `'use strict';\n${code}`) as (
    ...values: readonly unknown[]
  ) => KernelFunction;
  return { run: make(...closure.values.values()), code };
}
