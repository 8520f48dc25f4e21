/** What a kernel reads from where, how much of it, and in how many walks over the row: for explain and the cost model. */
import { zero } from '../../ir/size.ts';
import type { Expression } from '../expression.ts';
import type { ReadPlaces, SourceReads } from '../plan.ts';
import { reachable, type Draft } from './draft.ts';
import type { Stages } from './stages.ts';

/** The reads of a draft. */
export function readsOf(draft: Draft, stages: Stages): readonly SourceReads[] {
  const walks = walksOf(draft, stages);
  return placesOf(draft).map(({ source, places, loads }) => {
    const own = new Set(loads.flatMap((load) => [...(walks.get(load) ?? [])]));
    return { source, places, walks: Math.max(1, own.size) };
  });
}

/** The same where a draft that is alike has `reads`. */
export const readsLike = (draft: Draft, reads: readonly SourceReads[]): readonly SourceReads[] =>
  placesOf(draft).map(({ source, places }, k) => ({ source, places, walks: reads[k]?.walks ?? 1 }));

interface Places extends Pick<SourceReads, 'source'> {
  readonly places: ReadPlaces[];
  readonly loads: Expression[];
}

/** The places that are read, by array. */
function placesOf(draft: Draft): readonly Places[] {
  // A parameter is another object at each of its loads.
  const bySource = new Map<unknown, Places>();
  for (const e of draft.used) {
    if (e.kind !== 'load') continue;
    const { source } = e;
    const key = source.kind === 'parameter' ? source.slot : source;
    let entry = bySource.get(key);
    if (entry === undefined) bySource.set(key, (entry = { source, places: [], loads: [] }));
    const { offset, strides } = draft.indexOf(e.index);
    const loops = draft.extents.map((extent, loop) => ({ stride: strides[loop] ?? zero, extent }));
    entry.places.push({ offset, loops, gathered: e.gathers.length > 0 });
    entry.loads.push(e);
  }
  return [...bySource.values()];
}

/** The walks that need each load; work once per row is one of its own. Nothing is known of kernels with a single one. */
function walksOf(draft: Draft, stages: Stages): ReadonlyMap<Expression, ReadonlySet<number>> {
  const walks = new Map<Expression, Set<number>>();
  const items = draft.items.map(({ value, level }) => ({ value, level, stage: stages.of(value).stage }));
  if (new Set(items.map(({ level, stage }) => (level === 'row' ? 0 : stage))).size === 1) return walks;
  for (const { value, level, stage } of items)
    for (const e of reachable([value]))
      if (e.kind === 'load') walks.set(e, (walks.get(e) ?? new Set()).add(level === 'row' ? -1 : stage));
  return walks;
}
