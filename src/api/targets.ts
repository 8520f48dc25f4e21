/** Which targets there are. */
import { checkCount } from '../ir/arguments.ts';
import { listTargets, type TargetInfo } from '../runtime/executors/registry.ts';

export type { TargetInfo };

/**
 * The targets, in the order in which they are tried, and whether this host can run them; if not, why not. The
 * reference evaluator runs everywhere; whether there is a GPU for `webgpu`, `await lz.devices()` tells.
 * `lz.targetInfo().map(({ name }) => name)` is `['js', 'wasm', 'webgpu', 'reference']`.
 */
export function targetInfo(): readonly TargetInfo[] {
  checkCount('targetInfo', arguments.length, 0);
  return listTargets();
}
