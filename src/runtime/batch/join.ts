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
import type { EvaluateOptions } from '../evaluate.ts';
import { createSource, knownValue, rememberValue, restoreAll, Source } from '../storage.ts';
import { copyStored, storedView, type StoredView } from '../stridedCopy.ts';
import { wishFor } from '../targets.ts';
import { evaluateMany, type Settle } from './batch.ts';
import { overlapOf } from './overlap.ts';

/** Fewer parts share loops and threads better in a plan. */
const manyParts = 64;
/** Larger parts are worth kernels of their own, and larger arrays threads. */
const largestPart = 2 ** 16;
const largestJoin = 2 ** 26;

/** Whether the parts are put together ahead of the plan. On a GPU only what is stored: the rest is computed there. */
function isJoined(node: NodeOf<'concat'>, { target, disable, verify }: EvaluateOptions): boolean {
  const { inputs, shape, dtype } = node;
  if (inputs.length < manyParts || verify === true || (disable?.length ?? 0) > 0) return false;
  const bytes = sizeOf(shape) * bytesOf(dtype);
  if (bytes > largestJoin || bytes > inputs.length * largestPart) return false;
  if (
    wishFor(target).name === 'webgpu' &&
    !inputs.every((part) => storedView(part, knownValue) !== undefined)
  )
    return false;
  if (Source.anyOnDevice && topologicalOrder([node]).some(isOnDevice)) return false;
  // The steps of a recurrence are one plan, which had better store them in place.
  return overlapOf(inputs)?.whole !== true;
}

const isOnDevice = (node: Node): boolean => {
  const source = node.kind === 'data' ? node.source : knownValue(node)?.source;
  return source instanceof Source && source.isOnlyOnDevice;
};

/** The values of a concatenation, remembered for other expressions that read it. */
export function joinParts(
  node: NodeOf<'concat'>,
  options: EvaluateOptions,
  operation: string,
): DataNode | undefined {
  if (!isJoined(node, options)) return undefined;
  const parts = node.inputs.map((part) => storedView(part, knownValue) ?? part);
  const roots = [...new Set(parts.filter((part): part is Node => 'kind' in part))];
  const computed = new Map<Node, DataNode>();
  const settle: Settle = (k, { source, dtype, shape }) => {
    const root = roots[k];
    if (root !== undefined) computed.set(root, data(source, dtype, shape));
  };
  if (roots.length > 0) for (const _ of evaluateMany(roots, options, operation, settle));
  const stored = parts.map((part) => ('kind' in part ? storedView(part, (one) => computed.get(one)) : part));
  const value = data(createSource(copyParts(node, stored)), node.dtype, node.shape);
  rememberValue(node, value);
  return value;
}

/** An array in the place of one that would be put together: for explain, which computes nothing. */
export function placeOfParts(node: NodeOf<'concat'>, options: EvaluateOptions): DataNode | undefined {
  if (!isJoined(node, options)) return undefined;
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
