/** The executors there are, by name. Evaluation, `auto` and explain take them from here. */
import { jsTarget } from '../../codegen/js/target.ts';
import type { Target } from '../../codegen/target.ts';
import { wasmTarget } from '../../codegen/wasm/target.ts';
import { compiledExecutor } from './compiled.ts';
import type { Executor } from './executor.ts';
import { referenceExecutor } from './reference.ts';
import { webGpuExecutor } from './webgpu.ts';

const builtIn = [
  compiledExecutor(jsTarget),
  compiledExecutor(wasmTarget),
  webGpuExecutor,
  referenceExecutor,
] as const;

/** What can be asked for. */
export type TargetName = 'auto' | (typeof builtIn)[number]['name'];

/** In the order in which they are preferred where nothing else decides; the last resort is last. */
const executors: Executor[] = [...builtIn];

/** How often the list has changed. */
let changes = 0;

export const listExecutors = (): readonly Executor[] => executors;

export const executorNamed = (name: string): Executor | undefined =>
  executors.find((executor) => executor.name === name);

/** A number that differs whenever the list may. */
export const registryVersion = (): number => changes;

/** Puts an executor in the place of the one of its name, or adds it. Returns what takes that back. */
export function registerExecutor(executor: Executor): () => void {
  const before = [...executors];
  const at = executors.findIndex(({ name }) => name === executor.name);
  const last = executors.findIndex(({ isLastResort }) => isLastResort);
  if (at >= 0) executors[at] = executor;
  else executors.splice(last < 0 ? executors.length : last, 0, executor);
  changes++;
  return () => {
    executors.splice(0, executors.length, ...before);
    changes++;
  };
}

/** The same for a code generator, whose programs run in ordinary memory or on the heap. */
export const registerTarget = (target: Target): (() => void) => registerExecutor(compiledExecutor(target));

/** A target and whether it runs on this host. */
export interface TargetInfo {
  readonly name: string;
  readonly available: boolean;
  /** Why it does not run. */
  readonly unavailable?: string;
}

export const listTargets = (): readonly TargetInfo[] =>
  executors.map((executor) => {
    const { name, unavailable } = executor;
    const missing = unavailable ?? (executor.answersAtOnce ? undefined : executor.pending);
    return missing === undefined
      ? { name, available: true }
      : { name, available: false, unavailable: missing };
  });
