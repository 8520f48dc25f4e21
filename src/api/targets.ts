/** Which targets there are. */
import { listTargets, type TargetInfo } from '../runtime/evaluate.ts';

export type { TargetInfo };

/**
 * The targets, in the order in which they are tried, and whether this host can run them; if not, why not. The
 * reference evaluator runs everywhere.
 * `lz.targetInfo().map(({ name }) => name)` is `['js', 'wasm', 'reference']`.
 */
export const targetInfo = (): readonly TargetInfo[] => listTargets();
