/**
 * Pass "sharing": finds work that several kernels would each do again, and is too costly to repeat. Such nodes are
 * stored. Only the topmost are: what lies below them is then needed once.
 */
import { isLeaf } from '../ir/node.ts';
import { opRow } from '../ir/ops.ts';
import type { Clusters } from './fuse.ts';
import type { Graph, PlanNode } from './graph.ts';
import type { Regions } from './regions.ts';

/** Work (1 = one add) that is worth a store and loads instead of doing it in each kernel. */
const shareWeight = 16;

export function sharedWork(graph: Graph, regions: Regions, { clusters }: Clusters): PlanNode[] {
  const clusterOf = new Map<number, number>();
  clusters.forEach(({ members }, k) => {
    for (const { head } of members) clusterOf.set(head.id, k);
  });
  const users = new Map<PlanNode, Set<number>>();
  for (const head of regions.heads)
    for (const node of head.inside) {
      const cluster = clusterOf.get(head.id) ?? -1;
      const known = users.get(node);
      if (known === undefined) users.set(node, new Set([cluster]));
      else known.add(cluster);
    }
  const shared = (node: PlanNode): boolean => (users.get(node)?.size ?? 0) > 1 && !isLeaf(node) && node.kind !== 'view';
  const weights = new Map<PlanNode, number>();
  const weigh = (node: PlanNode): number => {
    if (regions.bufferOf.has(node) || isLeaf(node)) return 0;
    return weights.get(node) ?? 0;
  };
  for (const node of graph.nodes) {
    const own = node.kind === 'map' ? opRow(node.op).weight : 1;
    weights.set(node, Math.min(1e6, node.inputs.reduce((sum, input) => sum + weigh(input), own)));
  }
  const covered = new Set<PlanNode>();
  const result: PlanNode[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (regions.bufferOf.has(node)) continue;
    if (covered.has(node) || !shared(node) || (weights.get(node) ?? 0) < shareWeight) {
      if (covered.has(node)) for (const input of node.inputs) covered.add(input);
      continue;
    }
    result.push(node);
    for (const input of node.inputs) covered.add(input);
  }
  return result;
}
