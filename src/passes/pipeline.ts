/**
 * The one list of passes, and the way from a bound graph to a plan.
 *
 * Each pass has a name, says what it guarantees, and can be switched off per call unless it is required: results do not
 * change, only how fast they come. With `verify` (tests) the guarantees are checked after each pass. Records, snapshots,
 * what `disable` takes and the docs come from this list.
 */
import { InternalError } from '../ir/errors.ts';
import { commonSubexpressions } from './cse.ts';
import { deadCode } from './deadCode.ts';
import type { PlanBuffer } from './expression.ts';
import { fold } from './fold.ts';
import { fuse, verifyClusters, type Clusters } from './fuse.ts';
import { count, graphOf, type Graph, type PlanNode, type RuleCounter } from './graph.ts';
import { AlikeKernels } from './lower/alike.ts';
import { collapse } from './lower/collapse.ts';
import { draftsOf, verifyDraft, type Draft, type KernelDraft } from './lower/draft.ts';
import { kernelOf } from './lower/lower.ts';
import { planReductions } from './lower/reductions.ts';
import { isIdle, planMemory, verifyMemory } from './memory.ts';
import { orderKernels, verifyOrder } from './order.ts';
import { PassRun, Pipeline, type Context, type OptionalPass, type Pass } from './pass.ts';
import type { LoweredKernel, MemoryPlan, Plan } from './plan.ts';
import { cpuProfile, type PlanProfile } from './profile.ts';
import { RegionFormer, type Regions } from './regions.ts';
import { rowEpilogues, sharedWork } from './sharing.ts';
import { simplify } from './simplify.ts';
import type { StoreReason } from './stores.ts';
import { verifyGraph, verifyKernel } from './verify.ts';

// --- what the passes hand on -----------------------------------------------------------------------------------

/** A graph, and nodes that are to be stored though regions would not need it. */
interface Marked {
  readonly graph: Graph;
  readonly extra: ReadonlyMap<PlanNode, StoreReason>;
  /** After a first round: forms regions again, and only those that further stored nodes change. */
  readonly former?: RegionFormer;
}
interface Formed extends Marked {
  readonly former: RegionFormer;
  readonly regions: Regions;
}
interface Clustered extends Formed {
  readonly clusters: Clusters;
}
interface Drafted extends Clustered {
  readonly drafts: readonly KernelDraft[];
}
interface Lowered extends Clustered {
  readonly kernels: readonly LoweredKernel[];
  readonly roots: readonly PlanBuffer[];
}
interface Placed extends Lowered {
  readonly memory: MemoryPlan;
}

// --- the passes ------------------------------------------------------------------------------------------------

/** A rewrite of the graph that can be left out. */
const graphPass = <const Name extends string>(
  name: Name,
  doc: string,
  run: (graph: Graph, rules: RuleCounter) => Graph,
): OptionalPass<Graph, Graph, Name> => ({
  name,
  doc,
  run: (graph, { rules }) => run(graph, rules),
  off: (graph) => graph,
  verify: (graph) => {
    verifyGraph(name, graph);
  },
  counts: (before, after) => [before.nodes.length, after.nodes.length],
  snapshot: (graph) => graph,
});

/** A rewrite of the loops of drafts that can be left out. Matrix products have loops of their own. */
const draftPass = <const Name extends string>(
  name: Name,
  doc: string,
  run: (draft: Draft, rules: RuleCounter) => Draft,
  countIn: (draft: Draft) => number,
): OptionalPass<Drafted, Drafted, Name> => {
  const total = ({ drafts }: Drafted): number =>
    drafts.reduce((sum, draft) => sum + (draft.kind === 'loops' ? countIn(draft) : 0), 0);
  return {
    name,
    doc,
    run: (given, { rules }) => ({
      ...given,
      drafts: given.drafts.map((draft) => (draft.kind === 'loops' ? run(draft, rules) : draft)),
    }),
    off: (given) => given,
    verify: ({ drafts }) => {
      drafts.forEach(verifyDraft);
    },
    counts: (before, after) => [total(before), total(after)],
  };
};

/** Encoding has taken the numbers out of the graph, or left the scalars in: the key of the plan depends on it. */
const bind = graphPass(
  'bind',
  'numbers become parameters; plans depend on structure alone',
  (graph) => graph,
);

function regionsOf(marked: Marked, { profile, isOn, rules }: Context, views: boolean): Formed {
  const { graph, extra } = marked;
  const former = marked.former ?? new RegionFormer(graph, { inline: isOn('fuse'), views, limits: profile });
  const regions = former.form(extra);
  for (const reason of regions.stored.values()) count(rules, reason);
  return { graph, extra, former, regions };
}

const views: OptionalPass<Marked, Formed, 'views'> = {
  name: 'views',
  doc: 'views become index maps; off: each view is copied',
  run: (marked, context) => regionsOf(marked, context, true),
  off: (marked, context) => regionsOf(marked, context, false),
  verify: ({ graph, regions }) => {
    for (const root of graph.roots) bufferOf(regions, root);
  },
  counts: ({ graph }, { regions }) => [graph.nodes.length, regions.heads.length],
};

function clustersOf(formed: Formed, { profile, rules }: Context, enabled: boolean): Clustered {
  const clusters = fuse(formed.regions, enabled, profile);
  for (const { fused, code } of clusters.trials) if (fused) count(rules, code);
  return { ...formed, clusters };
}

const fusion: OptionalPass<Formed, Clustered, 'fuse'> = {
  name: 'fuse',
  doc: 'work that can share a loop nest becomes one kernel',
  run: (formed, context) => clustersOf(formed, context, true),
  off: (formed, context) => clustersOf(formed, context, false),
  verify: ({ regions, clusters }) => {
    verifyClusters(regions, clusters);
  },
  counts: ({ regions }, { clusters }) => [regions.heads.length, clusters.clusters.length],
};

/** How often work found to be shared may send us back to form regions anew. */
const sharingRounds = 4;

/** What should be stored besides, now that it is known which kernel does what. */
function shared(
  { graph, extra, former, regions, clusters }: Clustered,
  { profile, isOn }: Context,
): Marked | undefined {
  if (!isOn('fuse')) return undefined;
  const rows = rowEpilogues(regions, clusters);
  const work = profile.shares && rows.length === 0 ? sharedWork(former.graph, regions, clusters) : [];
  if (rows.length === 0 && work.length === 0) return undefined;
  const more = new Map(extra);
  for (const node of rows) more.set(node, 'row-epilogue');
  for (const node of work) more.set(node, 'expensive-and-shared');
  return { graph, extra: more, former };
}

const lower: Pass<Clustered, Drafted> = {
  name: 'lower',
  doc: 'each cluster becomes a draft: loops, and the expressions at each of their points',
  run: (clustered) => ({ ...clustered, drafts: draftsOf(clustered) }),
  verify: ({ drafts }) => {
    drafts.forEach(verifyDraft);
  },
  counts: ({ clusters }, { drafts }) => [clusters.clusters.length, drafts.length],
};

const emit: Pass<Drafted, Lowered> = {
  name: 'emit',
  doc: 'each draft becomes a kernel: values are placed, tables and rows kept',
  run: ({ drafts, ...clustered }, { profile }) => {
    const alike = new AlikeKernels();
    return {
      ...clustered,
      kernels: drafts.map((draft) => kernelOf(draft, clustered.regions, profile.keeps, alike)),
      roots: clustered.graph.roots.map((root) => bufferOf(clustered.regions, root)),
    };
  },
  verify: ({ kernels }) => {
    for (const { kernel } of kernels) verifyKernel(kernel);
  },
  counts: ({ drafts }, { kernels }) => [drafts.length, kernels.length],
};

const order: OptionalPass<Lowered, Lowered, 'order'> = {
  name: 'order',
  doc: 'kernels run in the order that keeps fewest temporaries alive',
  run: (lowered) => {
    const roots = new Set(lowered.roots);
    return { ...lowered, kernels: orderKernels(lowered.kernels, (buffer) => roots.has(buffer)) };
  },
  off: (lowered) => lowered,
  verify: ({ kernels }) => {
    verifyOrder(kernels);
  },
  counts: (before, after) => [before.kernels.length, after.kernels.length],
};

function place(lowered: Lowered, { profile }: Context, reuse: boolean): Placed {
  const memory = planMemory(lowered.kernels, lowered.roots, reuse, profile.overwrites);
  return { ...lowered, kernels: lowered.kernels.filter((kernel) => !isIdle(kernel, memory)), memory };
}

const memory: OptionalPass<Lowered, Placed, 'memory'> = {
  name: 'memory',
  doc: 'temporaries share memory; some results overwrite an operand',
  run: (lowered, context) => place(lowered, context, true),
  off: (lowered, context) => place(lowered, context, false),
  verify: (placed) => {
    verifyMemory(placed.kernels, placed.memory);
  },
  counts: (_, placed) => [
    placed.memory.placements.size - new Set(placed.roots).size,
    placed.memory.slots.length,
  ],
};

// --- the list --------------------------------------------------------------------------------------------------

const toGraph = Pipeline.from<Graph>()
  .then(bind)
  .then(graphPass('fold', 'operations on constants are done, in the arithmetic of their dtype', fold))
  .then(graphPass('simplify', 'rewrite rules that change no bit', simplify))
  .then(graphPass('cse', 'equal expressions are computed once', commonSubexpressions))
  .then(graphPass('deadCode', 'nodes that no root needs are dropped', deadCode));

const pipeline = toGraph
  .map((graph): Marked => ({ graph, extra: new Map() }))
  .repeat(Pipeline.from<Marked>().then(views).then(fusion), shared, sharingRounds)
  .thenAlways(lower)
  .then(
    draftPass(
      'collapse',
      'adjacent contiguous axes become one loop',
      collapse,
      ({ extents }) => extents.length,
    ),
  )
  .then(
    draftPass(
      'reductions',
      'reductions get their schedule and narrow accumulators',
      planReductions,
      ({ items }) => items.filter(({ level }) => level === 'reduce').length,
    ),
  )
  .thenAlways(emit)
  .then(order)
  .then(memory);

/** All passes, in order. */
export const passes = pipeline.passes;

/** Those that can be switched off. */
export const passNames = pipeline.optional;
export type PassName = (typeof passNames)[number];

export interface PipelineOptions {
  readonly disabled: ReadonlySet<PassName>;
  readonly verify: boolean;
  /** What the plan is for; `cpuProfile` by default. */
  readonly profile?: PlanProfile;
}

export function compilePlan(
  key: string,
  nodes: readonly PlanNode[],
  { disabled, verify, profile = cpuProfile }: PipelineOptions,
): Plan {
  const initial = graphOf(nodes);
  const run = new PassRun(disabled, verify, profile);
  const { graph, kernels, roots, memory: placed, regions, clusters } = pipeline.run(initial, run);
  return {
    key,
    initial,
    graph,
    kernels,
    roots,
    memory: placed,
    passes: run.records,
    snapshots: () => {
      const again = new PassRun(disabled, false, profile);
      toGraph.run(initial, again);
      return again.snapshots;
    },
    trials: clusters.trials,
    heads: regions.heads,
    stored: regions.heads.flatMap((head) => {
      const reason = regions.stored.get(head.node);
      return reason === undefined ? [] : [{ head: head.id, reason }];
    }),
  };
}

function bufferOf(regions: Regions, node: PlanNode): PlanBuffer {
  const buffer = regions.bufferOf.get(node);
  if (buffer === undefined) throw new InternalError('lower', `a root of kind ${node.kind} is not stored`);
  return buffer;
}
