/**
 * The one list of passes, and the way from a bound graph to a plan.
 *
 * Each pass has a name, says what it guarantees, and can be switched off per call: results do not change, only how
 * fast they come. With `verify` (tests) the guarantees are checked after each pass.
 */
import { InternalError } from '../ir/errors.ts';
import { commonSubexpressions } from './cse.ts';
import { deadCode } from './deadCode.ts';
import type { PlanBuffer } from './expression.ts';
import { fold } from './fold.ts';
import { fuse, verifyClusters, type Clusters } from './fuse.ts';
import { graphOf, type Graph, type PlanNode, type RuleCounter } from './graph.ts';
import { lowerCluster } from './lower.ts';
import { lowerCall } from './lowerCall.ts';
import { planMemory, verifyMemory } from './memory.ts';
import { orderKernels } from './order.ts';
import type { LoweredKernel, PassRecord, Plan } from './plan.ts';
import { cpuProfile, type PlanProfile } from './profile.ts';
import { formRegions, type Regions, type StoreReason } from './regions.ts';
import { rowEpilogues, sharedWork } from './sharing.ts';
import { simplify } from './simplify.ts';
import { verifyGraph, verifyKernel } from './verify.ts';

/** The passes in order. Docs and `disable` use these names. */
export const passTable = {
  bind: 'numbers become parameters; plans depend on structure alone',
  fold: 'operations on constants are done, in the arithmetic of their dtype',
  simplify: 'rewrite rules that change no bit',
  cse: 'equal expressions are computed once',
  deadCode: 'nodes that no root needs are dropped',
  views: 'views become index maps; off: each view is copied',
  reductions: 'reductions get their schedule and narrow accumulators',
  fuse: 'work that can share a loop nest becomes one kernel',
  collapse: 'adjacent contiguous axes become one loop',
  order: 'kernels run in the order that keeps fewest temporaries alive',
  memory: 'temporaries share memory; some results overwrite an operand',
} as const;

export type PassName = keyof typeof passTable;
export const passNames = Object.keys(passTable) as readonly PassName[];

export interface PipelineOptions {
  readonly disabled: ReadonlySet<PassName>;
  readonly verify: boolean;
  /** What the plan is for; `cpuProfile` by default. */
  readonly profile?: PlanProfile;
}

/** Called with the graph after each graph pass (explain's snapshots). */
export type Observer = (pass: PassName, graph: Graph) => void;

const graphPasses = [
  ['fold', fold],
  ['simplify', simplify],
  ['cse', commonSubexpressions],
  ['deadCode', deadCode],
] as const satisfies readonly (readonly [PassName, (graph: Graph, rules: RuleCounter) => Graph])[];

/** How often work found to be shared may send us back to form regions anew. */
const sharingRounds = 4;

export function compilePlan(
  key: string,
  roots: readonly PlanNode[],
  options: PipelineOptions,
  observe?: Observer,
): Plan {
  const on = (pass: PassName): boolean => !options.disabled.has(pass);
  const profile = options.profile ?? cpuProfile;
  const passes: PassRecord[] = [];
  const initial = graphOf(roots);
  let graph = initial;
  passes.push({
    name: 'bind',
    before: graph.nodes.length,
    after: graph.nodes.length,
    enabled: on('bind'),
    rules: [],
  });
  for (const [name, pass] of graphPasses) {
    const rules: RuleCounter = new Map();
    const before = graph.nodes.length;
    if (on(name)) graph = pass(graph, rules);
    if (options.verify) verifyGraph(name, graph);
    observe?.(name, graph);
    passes.push({
      name,
      before,
      after: graph.nodes.length,
      enabled: on(name),
      rules: [...rules].map(([rule, count]) => ({ name: rule, count })),
    });
  }

  const { regions, clusters } = cluster(graph, on, options.verify, profile);
  const lowered = lowerAll(graph, regions, clusters, on, profile);
  if (options.verify) for (const { kernel } of lowered) verifyKernel(kernel);
  const rootBuffers = graph.roots.map((root) => bufferOf(regions, root));
  const rootSet = new Set(rootBuffers);
  const kernels = on('order') ? orderKernels(lowered, (buffer) => rootSet.has(buffer)) : lowered;
  const memory = planMemory(kernels, rootBuffers, on('memory'), profile.overwrites);
  if (options.verify) verifyMemory(kernels, memory);

  const fusions: RuleCounter = new Map();
  for (const trial of clusters.trials)
    if (trial.fused) fusions.set(trial.code, (fusions.get(trial.code) ?? 0) + 1);
  const record = (name: PassName, before: number, after: number, rules: RuleCounter = new Map()): void => {
    passes.push({
      name,
      before,
      after,
      enabled: on(name),
      rules: [...rules].map(([rule, count]) => ({ name: rule, count })),
    });
  };
  const stored: RuleCounter = new Map();
  for (const reason of regions.stored.values()) stored.set(reason, (stored.get(reason) ?? 0) + 1);
  record('views', graph.nodes.length, regions.heads.length, stored);
  record('reductions', regions.heads.length, regions.heads.length);
  record('fuse', regions.heads.length, clusters.clusters.length, fusions);
  record('collapse', kernels.length, kernels.length);
  record('order', kernels.length, kernels.length);
  record('memory', memory.placements.size - rootSet.size, memory.slots.length);
  return {
    key,
    initial,
    graph,
    kernels,
    roots: rootBuffers,
    memory,
    passes,
    trials: clusters.trials,
    heads: regions.heads,
    stored: regions.heads.flatMap((head) => {
      const reason = regions.stored.get(head.node);
      return reason === undefined ? [] : [{ head: head.id, reason }];
    }),
  };
}

function cluster(
  graph: Graph,
  on: (pass: PassName) => boolean,
  verify: boolean,
  profile: PlanProfile,
): { readonly regions: Regions; readonly clusters: Clusters } {
  const extra = new Map<PlanNode, StoreReason>();
  for (let round = 0; ; round++) {
    const regions = formRegions(graph, extra, { inline: on('fuse'), views: on('views'), limits: profile });
    const clusters = fuse(regions, on('fuse'), profile);
    if (verify) verifyClusters(regions, clusters);
    const again = on('fuse') && round < sharingRounds;
    const rows = again ? rowEpilogues(regions, clusters) : [];
    const shared = again && profile.shares && rows.length === 0 ? sharedWork(graph, regions, clusters) : [];
    if (rows.length === 0 && shared.length === 0) return { regions, clusters };
    for (const node of rows) extra.set(node, 'row-epilogue');
    for (const node of shared) extra.set(node, 'expensive-and-shared');
  }
}

function lowerAll(
  graph: Graph,
  regions: Regions,
  { clusters }: Clusters,
  on: (pass: PassName) => boolean,
  profile: PlanProfile,
): LoweredKernel[] {
  const home = new Map<PlanBuffer, number>();
  clusters.forEach(({ members }, k) => {
    for (const { head } of members) home.set(head.buffer, k);
  });
  const needed = new Set<PlanBuffer>(graph.roots.map((root) => bufferOf(regions, root)));
  clusters.forEach(({ members }, k) => {
    for (const { head } of members) {
      if (head.piece !== undefined) needed.add(head.buffer);
      for (const { source, gathered } of head.reads)
        if (source.kind === 'buffer' && (home.get(source) !== k || gathered)) needed.add(source);
    }
  });
  return clusters.map((current) => {
    const [first, ...others] = current.members.map(({ head }) => head);
    if (first?.kind === 'routine') return lowerCall([first, ...others], regions);
    return lowerCluster(current, regions, (buffer) => needed.has(buffer), {
      collapse: on('collapse'),
      planReductions: on('reductions'),
      keeps: profile.keeps,
    });
  });
}

function bufferOf(regions: Regions, node: PlanNode): PlanBuffer {
  const buffer = regions.bufferOf.get(node);
  if (buffer === undefined) throw new InternalError('lower', `a root of kind ${node.kind} is not stored`);
  return buffer;
}
