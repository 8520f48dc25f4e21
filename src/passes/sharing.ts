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
import type { PlanNode } from './graph.ts';
import { weigh, type NumberedGraph } from './numbered.ts';
import type { Regions } from './regions.ts';
import { shareWeight } from './weight.ts';

export function sharedWork(graph: NumberedGraph, regions: Regions, { clusters }: Clusters): PlanNode[] {
  const clusterOf = new Map<number, number>();
  clusters.forEach(({ members }, k) => {
    for (const { head } of members) clusterOf.set(head.id, k);
  });
  // The one cluster that computes a node, or `several`.
  const [none, several] = [-3, -2];
  const { nodes, inputs, numberOf } = graph;
  const user = new Int32Array(nodes.length).fill(none);
  let any = false;
  for (const head of regions.heads)
    for (const node of head.inside) {
      const cluster = clusterOf.get(head.id) ?? -1;
      const k = numberOf.get(node) ?? -1;
      if (user[k] === none) user[k] = cluster;
      else if (user[k] !== cluster) {
        user[k] = several;
        any ||= !isLeaf(node);
      }
    }
  if (!any) return [];
  const isStored = nodes.map((node) => regions.bufferOf.has(node));
  const weights = weigh(graph, (k) => isStored[k] === true || inputs[k]?.length === 0);
  const covered = new Uint8Array(nodes.length);
  const result: PlanNode[] = [];
  for (let k = nodes.length - 1; k >= 0; k--) {
    const node = nodes[k];
    if (node === undefined || isStored[k] === true) continue;
    const isShared =
      user[k] === several && !isLeaf(node) && !isView(node) && (weights[k] ?? 0) >= shareWeight;
    if (isShared && covered[k] === 0) result.push(node);
    else if (covered[k] === 0) continue;
    for (const input of inputs[k] ?? []) covered[input] = 1;
  }
  return result;
}

/** Whether many elements make one. */
const isFold = (node: PlanNode): boolean => kindRow(node.kind).fusion === 'fold';

/** The axes of a shape that are not of size 1, as text. Nodes have shapes in common. */
function spaceKeys(): (shape: readonly Size[]) => string {
  const keys = new Map<readonly Size[], string>();
  return (shape) => {
    let key = keys.get(shape);
    if (key === undefined) {
      const wide = shape.filter((size) => !isOne(size));
      key = wide.map((size) => size.key).join(',');
      keys.set(shape, key);
    }
    return key;
  };
}

export function rowEpilogues(regions: Regions, { clusters }: Clusters): PlanNode[] {
  if (!regions.heads.some(({ node }) => isFold(node))) return [];
  const clusterOf = new Map<PlanNode, number>();
  clusters.forEach(({ members }, k) => {
    for (const { head } of members) clusterOf.set(head.node, k);
  });
  const result = new Set<PlanNode>();
  const keyOf = spaceKeys();
  for (const head of regions.heads) {
    const own = clusterOf.get(head.node);
    // A loop may have been split: work at each point has the shape of the body, or that of the loops.
    const spaces = [keyOf(head.body.shape), keyOf(head.space)];
    // Row-wise work after a reduction, by the node that ends it so far.
    const rows = new Set<PlanNode>();
    const followed = new Set<PlanNode>();
    const isRow = (node: PlanNode): boolean =>
      rows.has(node) || (isFold(node) && clusterOf.get(node) !== own);
    for (const node of head.inside) {
      if (node.kind !== 'map' && node.kind !== 'cast' && node.kind !== 'reshape') continue;
      const key = keyOf(node.shape);
      if (spaces.includes(key) || !node.inputs.some((input) => isRow(input) && keyOf(input.shape) === key))
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
