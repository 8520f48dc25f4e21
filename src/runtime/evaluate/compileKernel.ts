/**
 * Kernels become programs, once per text and target. What the engine refuses is compiled by the target's stand-in, or
 * remembered as refused, so that it is not tried again.
 */
import { CompileRefusal, refusalOf } from '../../codegen/refusal.ts';
import type { CompiledKernel, Target } from '../../codegen/target.ts';
import type { Kernel } from '../../ir/kernel.ts';
import { printKernel } from '../../ir/kernelText.ts';
import { kernelCache } from '../caches/kernelCache.ts';

export function compileKernel(target: Target, kernel: Kernel): CompiledKernel | CompileRefusal {
  const key = `${target.name}\n${printKernel(kernel)}`;
  let compiled = kernelCache.current.get(key);
  if (compiled === undefined) {
    compiled = compile(target, kernel);
    if (compiled instanceof CompileRefusal) compiled = byStandIn(target, kernel, compiled);
    if (isLasting(compiled)) kernelCache.current.set(key, compiled);
  }
  return compiled;
}

/** Whether the same would come out another time. */
export const isLasting = (compiled: unknown): boolean =>
  !(compiled instanceof CompileRefusal) || compiled.isLasting;

function compile(target: Target, kernel: Kernel): CompiledKernel | CompileRefusal {
  try {
    return target.compile(kernel);
  } catch (error) {
    const refusal = refusalOf(target.name, error);
    if (refusal === undefined) throw error;
    return refusal;
  }
}

function byStandIn(
  { standIn }: Target,
  kernel: Kernel,
  refusal: CompileRefusal,
): CompiledKernel | CompileRefusal {
  if (standIn?.available !== true || !refusal.isLasting) return refusal;
  const compiled = compile(standIn, kernel);
  if (compiled instanceof CompileRefusal) return refusal;
  const about = { bytes: compiled.code.length, notes: [refusal.message] };
  return { ...compiled, about, target: standIn.name };
}
