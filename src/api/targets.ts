/** The list of targets. */
import { checkCount } from '../ir/arguments.ts';
import { listTargets, type TargetInfo } from '../runtime/executors/registry.ts';

export type { TargetInfo };

/**
 * The targets, whether this host can run each, and if not, why. The reference evaluator runs everywhere. `webgpu` counts
 * as available once a GPU is open; `await lz.devices()` lists the GPUs.
 * `lz.targetInfo().map(({ name }) => name)` is `['js', 'wasm', 'webgpu', 'reference']`.
 */
export function targetInfo(): readonly TargetInfo[] {
  checkCount('targetInfo', arguments.length, 0);
  return listTargets();
}
