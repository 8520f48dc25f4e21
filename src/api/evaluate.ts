/**
 * From expressions to values: several arrays are evaluated together, and their common parts are computed once. Each array
 * then holds its data instead of its expression.
 */
import { checkCount } from '../ir/arguments.ts';
import { DataError, TraceError } from '../ir/errors.ts';
import { isComplexDType, type TypedArray } from '../ir/dtype.ts';
import { data, type DataNode, type Node } from '../ir/node.ts';
import { checkEvaluateOptions, type EvaluateOptions } from '../runtime/evaluate/options.ts';
import { currentEpoch, rememberValue } from '../runtime/evaluate/knownValues.ts';
import { noteReuse } from '../runtime/evaluate/reuse.ts';
import { evaluateNodes, evaluateNodesAsync } from '../runtime/evaluate/evaluate.ts';
import { setJoinParts } from '../runtime/evaluate/prepare.ts';
import type { Evaluated } from '../runtime/evaluate/record.ts';
import type { TargetName } from '../runtime/executors/registry.ts';
import { evaluateMany, isBatch, type Settle } from '../runtime/batch/batch.ts';
import { joinParts } from '../runtime/batch/join.ts';
import type { Families } from '../runtime/batch/family.ts';
import { fetchInputs } from '../runtime/evaluate/fetch.ts';
import { explainNodes, explainRecord, type Explanation } from '../runtime/explain/explain.ts';
import { inSession } from '../runtime/perSession.ts';
import { checkManyOptions, evaluateOptionsOf, inTurns, type ManyOptions } from './turns.ts';
import {
  isArray,
  isUsed,
  peekNode,
  recordOf,
  refuseComplex,
  settle,
  targetOf,
  type AnyArray,
} from './anyArray.ts';

setJoinParts(joinParts);

/** One array, or several in a list. */
export type Roots = AnyArray | readonly AnyArray[];

const asList = 'write several arrays as a list: [x, y]';

export function listOf(operation: string, roots: Roots): readonly AnyArray[] {
  const list: readonly unknown[] = Array.isArray(roots) ? roots : [roots];
  return Array.from(list, (root, k) => {
    if (!isArray(root))
      throw new DataError(operation, `item ${k} is not an array of lazuli; make one with lz.array`);
    return root;
  });
}

/** The options for an array that may have its own target. */
function optionsFor(array: AnyArray, options: EvaluateOptions): EvaluateOptions {
  const target = options.target === undefined ? targetOf(array) : undefined;
  return target === undefined ? options : { ...options, target };
}

/** Arrays that are evaluated together, because they have the same target. */
interface Group {
  readonly arrays: readonly AnyArray[];
  readonly options: EvaluateOptions;
}

/** The pending arrays, each once. */
function pendingGroups(arrays: readonly AnyArray[], options: EvaluateOptions): readonly Group[] {
  const groups = new Map<TargetName | undefined, AnyArray[]>();
  for (const array of new Set(arrays)) {
    if (!isPending(array)) continue;
    const target = options.target ?? targetOf(array);
    const group = groups.get(target);
    if (group === undefined) groups.set(target, [array]);
    else group.push(array);
  }
  return [...groups].map(([target, group]) => ({
    arrays: group,
    options: target === options.target || target === undefined ? options : { ...options, target },
  }));
}

const isPending = (array: AnyArray): boolean => peekNode(array).kind !== 'data';

/** Evaluates a group in slices of time, and settles its arrays. `count` is called for each array that gets its values. */
function* settleMany(
  operation: string,
  { arrays, options }: Group,
  families: Families | undefined,
  count: () => void,
): Generator<undefined, void, undefined> {
  for (const array of arrays) if (isUsed(array)) noteReuse(peekNode(array));
  const settleAt: Settle = (k, result) => {
    const array = arrays[k];
    if (array === undefined) return;
    count();
    // Between two slices, another evaluation may have computed the array.
    if (isPending(array)) settleOne(array, result);
  };
  yield* evaluateMany(arrays.map(peekNode), options, operation, settleAt, families);
}

/**
 * Computes the pending arrays, once per distinct expression, and settles them. Arrays of one target are computed together,
 * on a GPU or in slices of time. Yields the number of arrays that have values so far.
 */
export async function* settling(
  operation: string,
  arrays: readonly AnyArray[],
  options: EvaluateOptions,
  families?: Families,
): AsyncGenerator<number, void, undefined> {
  const groups = pendingGroups(arrays, options);
  const pending = groups.reduce((sum, group) => sum + group.arrays.length, 0);
  // An array that is listed several times counts each time.
  let done = Math.max(0, arrays.length - pending);
  for (const group of groups) {
    const roots = group.arrays.map(peekNode);
    if (isBatch(roots, group.options, families)) {
      await inSession(fetchInputs(roots));
      for (const _ of settleMany(operation, group, families, () => done++)) {
        yield done;
        // Between two slices, another evaluation may have put an input on a GPU.
        await inSession(fetchInputs(roots));
      }
      continue;
    }
    const epoch = currentEpoch();
    const results = await inSession(evaluateNodesAsync(roots, group.options, operation));
    for (let k = 0; k < group.arrays.length; k++) {
      const [array, result] = [group.arrays[k], results[k]];
      if (array !== undefined && result !== undefined && isPending(array)) settleOne(array, result, epoch);
    }
    done += roots.length;
    yield done;
  }
  yield arrays.length;
}

/** `since`: the epoch in which an asynchronous evaluation began. */
function settleOne(array: AnyArray, { source, dtype, shape, record }: Evaluated, since?: number): DataNode {
  const values = data(source, dtype, shape);
  if (isUsed(array)) rememberValue(peekNode(array), values, since);
  settle(array, values, record);
  return values;
}

/** The data node of an array, computed if it was pending. */
export function valuesOf(
  operation: string,
  array: AnyArray,
  options: EvaluateOptions,
  check = checkEvaluateOptions,
): DataNode {
  check(operation, options);
  const node = peekNode(array);
  if (node.kind === 'data') return node;
  const [result] = evaluateNodes([node], optionsFor(array, options), operation);
  if (result === undefined) throw new TraceError(operation, 'the array has no value');
  return settleOne(array, result);
}

/**
 * The values that the shape of a result depends on, evaluated at once. In a function that is traced there are none: a
 * `TraceError`, which says what to do instead.
 */
export function valuesForShape(operation: string, given: AnyArray | Node): TypedArray {
  if (isArray(given) && isComplexDType(given.dtype)) throw refuseComplex(operation, given.dtype);
  try {
    if (isArray(given)) return valuesOf(operation, given, {}).source.values;
    if (given.kind === 'data') return given.source.values;
    const [result] = evaluateNodes([given], {}, operation);
    if (result !== undefined) return result.source.values;
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
  }
  throw new TraceError(
    operation,
    'the shape of the result depends on values, which do not exist while a function is traced; give it with ' +
      '{ size, fillValue } where the function takes them, or use lz.where(mask, x, other)',
  );
}

/** The same, asynchronously: the evaluation may use a GPU, and the values may be there. */
export async function valuesOfAsync(
  operation: string,
  array: AnyArray,
  options: EvaluateOptions,
  check = checkEvaluateOptions,
): Promise<DataNode> {
  check(operation, options);
  const node = peekNode(array);
  if (node.kind === 'data') return node;
  const epoch = currentEpoch();
  const [result] = await inSession(evaluateNodesAsync([node], optionsFor(array, options), operation));
  // Another evaluation may have been faster; an array keeps its first values.
  const values = peekNode(array);
  if (values.kind === 'data') return values;
  if (result === undefined) throw new TraceError(operation, 'the array has no value');
  return settleOne(array, result, epoch);
}

/**
 * Evaluates one array or several together; common parts are computed once. Resolves to its argument, evaluated: the values
 * are in memory or, for `target: 'webgpu'`, on the GPU, which may still be computing them.
 * Among 64 arrays or more, arrays that differ only in sizes and numbers share one plan and take a few microseconds each.
 * The event loop runs in between: `onProgress` reports the progress, `signal` stops the evaluation.
 *
 * ```ts
 * const x = lz.array([1, 2, 3]);
 * const [mean, spread] = await lz.evaluate([x.mean(), x.std()]);
 * console.log(String(mean)); // 2.0
 * ```
 */
export async function evaluate<R extends Roots>(roots: R, options: ManyOptions = {}): Promise<R> {
  if (isArray(options)) throw new DataError('evaluate', asList);
  checkCount('evaluate', arguments.length, 2, asList);
  const arrays = listOf('evaluate', roots);
  checkManyOptions('evaluate', options);
  await inSession(inTurns(settling('evaluate', arrays, evaluateOptionsOf(options)), arrays.length, options));
  return roots;
}

/**
 * `evaluate` without a promise.
 *
 * ```ts
 * const x = lz.array([1, 2, 3]);
 * const [low, high] = lz.evaluateSync([x.min(), x.max()]);
 * console.log(`${low} to ${high}`); // 1.0 to 3.0
 * ```
 */
export function evaluateSync<R extends Roots>(roots: R, options: EvaluateOptions = {}): R {
  if (isArray(options)) throw new DataError('evaluateSync', asList);
  checkCount('evaluateSync', arguments.length, 2, asList);
  const arrays = listOf('evaluateSync', roots);
  checkEvaluateOptions('evaluateSync', options);
  for (const group of pendingGroups(arrays, options))
    for (const _ of settleMany('evaluateSync', group, undefined, () => undefined));
  return roots;
}

/**
 * How lazuli computes, or computed, these arrays, and why: passes, kernels, fusions, bytes. Printing the result shows a
 * report; `toJSON()` and `toMermaid()` are for programs and documents. Pending arrays stay pending.
 *
 * ```ts
 * const x = lz.array([1, 2, 3]);
 * console.log(lz.explain(x.mul(x).sum()).toJSON().plan.kernels.length); // 1
 * ```
 */
export function explain(roots: Roots, options: EvaluateOptions = {}): Explanation {
  if (isArray(options)) throw new DataError('explain', asList);
  checkCount('explain', arguments.length, 2, asList);
  const arrays = listOf('explain', roots);
  checkEvaluateOptions('explain', options);
  const [first] = arrays;
  const record = arrays.length === 1 && first !== undefined ? recordOf(first) : undefined;
  if (record !== undefined) return explainRecord(record);
  return explainNodes(arrays.map(peekNode), first === undefined ? options : optionsFor(first, options));
}
