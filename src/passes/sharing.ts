/**
 * Finds nodes that are better stored than computed in place, once it is known which kernel does what:
 * - work that several kernels would each do again, and is too costly to repeat (only the topmost such nodes: what lies
 *   below them is then needed once);
 * - what follows a reduction row by row (the division of a mean, the root of a variance) but is used by another kernel
 *   at every point: the kernel of the reduction finishes it once per row.
 */
import { isLeaf, isView } from '../ir/node.ts';
import { kindRow } from '../ir/schema.ts';
import { isOne, type Size } from '../ir/size.ts';
import type { Clusters } from './fuse.ts';
import type { Graph, PlanNode } from './graph.ts';
import type { Regions } from './regions.ts';
import { shareWeight, weigh } from './weight.ts';

export function sharedWork(graph: Graph, regions: Regions, { clusters }: Clusters): PlanNode[] {
  const clusterOf = new Map<number, number>();
  clusters.forEach(({ members }, k) => {
    for (const { head } of members) clusterOf.set(head.id, k);
  });
  // The one cluster that computes a node, or `several`.
  const several = -2;
  const user = new Map<PlanNode, number>();
  let any = false;
  for (const head of regions.heads)
    for (const node of head.inside) {
      const cluster = clusterOf.get(head.id) ?? -1;
      const known = user.get(node);
      if (known === undefined) user.set(node, cluster);
      else if (known !== cluster) {
        user.set(node, several);
        any ||= !isLeaf(node);
      }
    }
  if (!any) return [];
  const shared = (node: PlanNode): boolean => user.get(node) === several && !isLeaf(node) && !isView(node);
  const weights = weigh(graph.nodes, (node) => regions.bufferOf.has(node) || isLeaf(node));
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

const spaceKey = (shape: readonly Size[]): string =>
  shape
    .filter((size) => !isOne(size))
    .map((size) => size.key)
    .join(',');

export function rowEpilogues(regions: Regions, { clusters }: Clusters): PlanNode[] {
  const clusterOf = new Map<PlanNode, number>();
  clusters.forEach(({ members }, k) => {
    for (const { head } of members) clusterOf.set(head.node, k);
  });
  const result = new Set<PlanNode>();
  for (const head of regions.heads) {
    const own = clusterOf.get(head.node);
    // A loop may have been split: work at each point has the shape of the body, or that of the loops.
    const spaces = [spaceKey(head.body.shape), spaceKey(head.space)];
    // Row-wise work after a reduction, by the node that ends it so far.
    const rows = new Set<PlanNode>();
    const followed = new Set<PlanNode>();
    const isRow = (node: PlanNode): boolean =>
      rows.has(node) || (kindRow(node.kind).fusion === 'fold' && clusterOf.get(node) !== own);
    for (const node of head.inside) {
      if (node.kind !== 'map' && node.kind !== 'cast' && node.kind !== 'reshape') continue;
      const key = spaceKey(node.shape);
      if (spaces.includes(key) || !node.inputs.some((input) => isRow(input) && spaceKey(input.shape) === key))
        continue;
      rows.add(node);
      for (const input of node.inputs) followed.add(input);
    }
    for (const row of rows) {
      if (followed.has(row)) continue;
      let top = row;
      while (isView(top)) top = top.inputs[0];
      if (rows.has(top) && !regions.bufferOf.has(top)) result.add(top);
    }
  }
  return [...result];
}
