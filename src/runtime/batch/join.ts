/**
 * Concatenations of many small parts, ahead of the plan that reads them.
 *
 * In a plan each part is a piece of work of its own, with a kernel if it shares no loop with another: hundreds of
 * microseconds a part before anything runs. So parts that are stored are copied to their place here, and parts that have
 * to be computed are evaluated by families, which take one plan for all parts of one structure. What is left for the
 * plan is an array.
 */
import { allocate, bytesOf, type TypedArray } from '../../ir/dtype.ts';
import { data, topologicalOrder, type DataNode, type Node, type NodeOf } from '../../ir/node.ts';
import { sizeOf } from '../../ir/shape.ts';
import { valuesUnder } from '../evaluate/prepare.ts';
import type { EvaluateOptions } from '../evaluate/options.ts';
import { keepValue, type Resolve } from '../evaluate/kept.ts';
import { createSource, restoreAll } from '../memory/sources.ts';
import { currentEpoch, forgetValue, rememberValue } from '../evaluate/knownValues.ts';
import { Source } from '../memory/source.ts';
import { copyStored, storedView, type StoredView } from '../memory/stridedCopy.ts';
import { answersAtOnce, requestFor } from '../choose/request.ts';
import { evaluateMany, type Settle } from './batch.ts';
import { overlapOf } from './overlap.ts';

/** Fewer parts share loops and threads better in a plan. */
const manyParts = 64;
/** Larger parts are worth kernels of their own, and larger arrays threads. */
const largestPart = 2 ** 16;
const largestJoin = 2 ** 26;

/** Whether the parts are put together ahead of the plan. On a GPU only what is stored: the rest is computed there. */
function isJoined(node: NodeOf<'concat'>, options: EvaluateOptions, valueOf: Resolve): boolean {
  const { target, disable, verify } = options;
  const { inputs, shape, dtype } = node;
  if (inputs.length < manyParts || verify === true || (disable?.length ?? 0) > 0) return false;
  const bytes = sizeOf(shape) * bytesOf(dtype);
  if (bytes > largestJoin || bytes > inputs.length * largestPart) return false;
  if (!answersAtOnce(requestFor(target)) && !inputs.every((part) => storedView(part, valueOf) !== undefined))
    return false;
  // The steps of a recurrence are one plan, which had better store them in place.
  return overlapOf(inputs)?.whole !== true;
}

function isRemote(node: Node, valueOf: Resolve): boolean {
  if (!Source.anyRemote) return false;
  const source = node.kind === 'data' ? node.source : valueOf(node)?.source;
  return source instanceof Source && source.remote !== undefined;
}

/** A concatenation to be put together. */
interface Join {
  readonly node: NodeOf<'concat'>;
  /** The last of the joins that reads it. */
  readonly lastUse: number;
}

/**
 * The concatenations that the value of `node` takes, from the inside out: `node` last. Parts of parts are put together
 * one after the other and not by evaluations inside evaluations, whose stack and whose walks over the graph would grow
 * with the nesting. None if something is remote.
 */
function joinsOf(node: NodeOf<'concat'>, options: EvaluateOptions, valueOf: Resolve): readonly Join[] {
  if (!isJoined(node, options, valueOf)) return [];
  const order = topologicalOrder([node], (one) => one !== node && valueOf(one) !== undefined);
  if (order.some((one) => isRemote(one, valueOf))) return [];
  const nodes = order.filter(
    (one): one is NodeOf<'concat'> =>
      one === node ||
      (one.kind === 'concat' && valueOf(one) === undefined && isJoined(one, options, valueOf)),
  );
  if (nodes.length === 1) return [{ node, lastUse: 1 }];
  const places = new Map<Node, number>(nodes.map((one, k) => [one, k]));
  const lastUses = new Map<Node, number>();
  for (const one of order.reverse()) {
    const reader = places.get(one) ?? lastUses.get(one) ?? 0;
    for (const input of one.inputs) lastUses.set(input, Math.max(reader, lastUses.get(input) ?? 0));
  }
  return nodes.map((one) => ({ node: one, lastUse: lastUses.get(one) ?? nodes.length }));
}

/** The values of a concatenation, kept for other expressions that read it. */
export function joinParts(
  node: NodeOf<'concat'>,
  options: EvaluateOptions,
  operation: string,
): DataNode | undefined {
  const valueOf = valuesUnder(options);
  const epoch = currentEpoch();
  const joins = joinsOf(node, options, valueOf);
  const held: Set<Node>[] = joins.map(() => new Set());
  let value: DataNode | undefined;
  try {
    joins.forEach(({ node: one, lastUse }, k) => {
      const source = new Source(joinOne(one, options, operation, valueOf));
      value = data(source, one.dtype, one.shape);
      if (options.memo !== false) keepValue(one, source, requestFor(options.target).name, epoch);
      // Whether or not there is room to keep them, those outside find those inside.
      if (one !== node) {
        rememberValue(one, value);
        held[lastUse]?.add(one);
      }
      for (const inner of held[k] ?? []) forgetValue(inner);
      held[k]?.clear();
    });
  } finally {
    for (const nodes of held) for (const inner of nodes) forgetValue(inner);
  }
  return value;
}

/** The elements of all parts, those computed that are not stored. */
function joinOne(
  node: NodeOf<'concat'>,
  options: EvaluateOptions,
  operation: string,
  valueOf: Resolve,
): TypedArray {
  const parts = node.inputs.map((part) => storedView(part, valueOf) ?? part);
  const roots = [...new Set(parts.filter((part): part is Node => 'kind' in part))];
  const computed = new Map<Node, DataNode>();
  const settle: Settle = (k, { source, dtype, shape }) => {
    const root = roots[k];
    if (root !== undefined) computed.set(root, data(source, dtype, shape));
  };
  if (roots.length > 0) for (const _ of evaluateMany(roots, options, operation, settle));
  const stored = parts.map((part) => ('kind' in part ? storedView(part, (one) => computed.get(one)) : part));
  return copyParts(node, stored);
}

/** An array in the place of one that would be put together: for explain, which computes nothing. */
export function placeOfParts(node: NodeOf<'concat'>, options: EvaluateOptions): DataNode | undefined {
  if (joinsOf(node, options, valuesUnder(options)).length === 0) return undefined;
  return data(createSource(allocate(node.dtype, sizeOf(node.shape))), node.dtype, node.shape);
}

function copyParts(
  { dtype, shape, axis }: NodeOf<'concat'>,
  parts: readonly (StoredView | undefined)[],
): TypedArray {
  const out = allocate(dtype, sizeOf(shape));
  const below = sizeOf(shape.slice(axis + 1));
  const stride = (shape[axis] ?? 0) * below;
  restoreAll(parts.flatMap((part) => (part === undefined ? [] : [part.data.source])));
  let start = 0;
  for (const part of parts) {
    if (part === undefined) continue;
    const run = (part.shape[axis] ?? 0) * below;
    copyStored(part.data.source.values, part, out, { start, run, stride });
    start += run;
  }
  return out;
}
