/**
 * Text becomes a function: the one place with `new Function`, and the probe of whether the host allows it (a content
 * security policy without `unsafe-eval` does not).
 */
import { byEngine } from '../refusal.ts';
import type { KernelFunction } from '../target.ts';
import type { Closure } from '../text/source.ts';

/** The function that `code` returns, closing over the values of `closure`: a kernel, or a math function. */
export function functionOf<F = KernelFunction>(code: string, closure: Closure): F {
  const make = byEngine(() => new Function(...closure.values.keys(), `'use strict';\n${code}`)) as (
    ...values: readonly unknown[]
  ) => F;
  return make(...closure.values.values());
}

let allowed: boolean | undefined;

export function mayCompile(): boolean {
  return (allowed ??= probe());
}

function probe(): boolean {
  try {
    return (new Function('return 1') as () => number)() === 1;
  } catch {
    return false;
  }
}
