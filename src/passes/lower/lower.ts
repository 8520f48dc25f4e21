/**
 * Pass "lower": one cluster becomes one kernel.
 *
 * The nest is the cluster's space: the loops that are not reduced are its points, the reduced ones are the "row" that each
 * point walks over. `draft.ts` has the expressions of the members; the passes `collapse.ts` and `reductions.ts` rewrite the
 * draft; `emission.ts` writes the kernel, walk by walk (`stages.ts`). A value that several walks need is computed again
 * when cheap, kept in memory when not (`keeps.ts`).
 */
import { rowLoops } from '../fuse.ts';
import type { LoweredKernel } from '../plan.ts';
import type { Regions } from '../regions.ts';
import { lowerCall } from './call.ts';
import type { KernelDraft } from './draft.ts';
import { emit } from './emission.ts';
import { Stages } from './stages.ts';
import { readsOf } from './statistics.ts';

/** `keeps`: costly values stay in memory; else they are computed again. */
export function kernelOf(draft: KernelDraft, regions: Regions, keeps: boolean): LoweredKernel {
  if (draft.kind === 'call') return lowerCall(draft.heads, regions);
  const stages = new Stages(draft);
  const { kernel, parameters } = emit(draft, stages, keeps);
  const { cluster, used } = draft;
  return {
    kernel,
    buffers: parameters.sources,
    integers: parameters.integers,
    scalars: parameters.scalars.map(({ slot }) => slot),
    heads: cluster.members.map(({ head }) => head),
    space: cluster.space,
    rowLoops: rowLoops(cluster),
    reads: readsOf(draft, stages),
    ops: used.filter(({ kind }) => kind === 'op' || kind === 'cast' || kind === 'pad').length,
  };
}
