/** What a kernel reads from where, how much of it, and in how many walks over the row: for explain and the cost model. */
import { zero } from '../../ir/size.ts';
import { sourceKey, type Expression, type PlanSource } from '../expression.ts';
import type { ReadPlaces, SourceReads } from '../plan.ts';
import { reachable, type Draft } from './draft.ts';
import type { Stages } from './stages.ts';

export function readsOf(draft: Draft, stages: Stages): readonly SourceReads[] {
  const walks = walksOf(draft, stages);
  // A parameter is another object at each of its loads.
  const bySource = new Map<
    string,
    { readonly source: PlanSource; readonly places: ReadPlaces[]; readonly walks: Set<number> }
  >();
  for (const e of draft.used) {
    if (e.kind !== 'load') continue;
    const key = sourceKey(e.source);
    const entry = bySource.get(key) ?? { source: e.source, places: [], walks: new Set<number>() };
    const { offset, strides } = draft.indexOf(e.index);
    const loops = draft.extents.map((extent, loop) => ({ stride: strides[loop] ?? zero, extent }));
    entry.places.push({ offset, loops, gathered: e.gathers.length > 0 });
    for (const walk of walks.get(e) ?? []) entry.walks.add(walk);
    bySource.set(key, entry);
  }
  return [...bySource.values()].map(({ source, places, walks: own }) => ({
    source,
    places,
    walks: Math.max(1, own.size),
  }));
}

/** The walks that need each load; work once per row is one of its own. Nothing is known of kernels with a single one. */
function walksOf(draft: Draft, stages: Stages): ReadonlyMap<Expression, ReadonlySet<number>> {
  const walks = new Map<Expression, Set<number>>();
  const items = draft.items.map(({ value, level }) => ({ value, level, stage: stages.of(value) }));
  if (new Set(items.map(({ level, stage }) => (level === 'row' ? 0 : stage))).size === 1) return walks;
  for (const { value, level, stage } of items)
    for (const e of reachable([value]))
      if (e.kind === 'load') walks.set(e, (walks.get(e) ?? new Set()).add(level === 'row' ? -1 : stage));
  return walks;
}
