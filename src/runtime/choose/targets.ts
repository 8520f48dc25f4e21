/** The targets of this host: their names, and whether they run here. */
import { jsTarget } from '../../codegen/js/target.ts';
import type { Target, TargetName as CompiledTargetName } from '../../codegen/target.ts';
import { wasmTarget } from '../../codegen/wasm/target.ts';
import { currentGpu } from '../gpu/device.ts';

/** What can be asked for. */
export type TargetName = 'auto' | 'reference' | 'webgpu' | CompiledTargetName;

/** In the order in which they are preferred where nothing else decides. */
export const targets: Target[] = [jsTarget, wasmTarget];

export const targetNamed = (name: string): Target | undefined =>
  targets.find((target) => target.name === name);

/** A target and whether it runs on this host. */
export interface TargetInfo {
  readonly name: string;
  readonly available: boolean;
  /** Why it does not run. */
  readonly unavailable?: string;
}

export const listTargets = (): readonly TargetInfo[] => [
  ...targets.map(({ name, available, unavailable }) =>
    available ? { name, available } : { name, available, unavailable: unavailable ?? 'not available here' },
  ),
  gpuInfo(),
  { name: 'reference', available: true },
];

/** Whether there is a GPU is known only when one has been asked for. */
function gpuInfo(): TargetInfo {
  const name = 'webgpu';
  return currentGpu() === undefined
    ? {
        name,
        available: false,
        unavailable:
          'no GPU is open; the first evaluation on one opens it, and `await lz.devices()` lists them',
      }
    : { name, available: true };
}
