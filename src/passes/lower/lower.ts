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
import type { AlikeKernels } from './alike.ts';
import { lowerCall } from './call.ts';
import type { KernelDraft } from './draft.ts';
import { emit } from './emission.ts';
import { Stages } from './stages.ts';
import { readsLike, readsOf } from './statistics.ts';

/** `keeps`: costly values stay in memory; else they are computed again. `alike` has the kernels lowered so far. */
export function kernelOf(
  draft: KernelDraft,
  regions: Regions,
  keeps: boolean,
  alike: AlikeKernels,
): LoweredKernel {
  if (draft.kind === 'call') return lowerCall(draft.heads, regions);
  const { cluster, used } = draft;
  const lowered = alike.kernelOf(
    draft,
    () => {
      const stages = new Stages(draft);
      const { kernel, parameters } = emit(draft, stages, keeps);
      const { sources: buffers, integers } = parameters;
      const scalars = parameters.scalars.map(({ slot }) => slot);
      return { kernel, buffers, integers, scalars, reads: readsOf(draft, stages) };
    },
    (reads) => readsLike(draft, reads),
  );
  return {
    ...lowered,
    heads: cluster.members.map(({ head }) => head),
    space: cluster.space,
    rowLoops: rowLoops(cluster),
    ops: used.filter(({ kind }) => kind === 'op' || kind === 'cast' || kind === 'pad').length,
  };
}
