/** The results that are remembered, by structure, inputs and numbers; bounded in bytes. */
import type { PlanProfile } from '../../passes/profile.ts';
import type { EvaluationRecord } from '../evaluate/record.ts';
import type { Source } from '../memory/source.ts';
import { perSession } from '../perSession.ts';
import { CountedCache, turnOff } from './countedCache.ts';
import { defaults } from './cacheLimits.ts';

/** A memoized result: one source per root, and how it came about. */
export interface MemoEntry {
  readonly sources: readonly Source[];
  /** Without the plan, which is not kept beyond the plan cache; `profile` is what it was made for. */
  readonly record: EvaluationRecord;
  readonly profile?: PlanProfile | undefined;
  /** Called when it leaves the cache. */
  readonly dispose?: () => void;
}

/** Keys are text; they count as well as the values they name. */
function memoBytes({ sources }: MemoEntry, key: string): number {
  let bytes = 2 * key.length + 128;
  for (const source of sources) bytes += source.byteLength;
  return bytes;
}

export const resultCache = perSession(
  () =>
    new CountedCache<MemoEntry>(defaults.results, defaults.resultBytes, memoBytes, (entry) =>
      entry.dispose?.(),
    ),
  turnOff,
);
