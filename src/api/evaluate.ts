/**
 * From expressions to values: many arrays at once, their common parts computed once. Each array then holds its data
 * in the place of its expression.
 */
import { DataError, TraceError } from '../ir/errors.ts';
import { data, type DataNode } from '../ir/node.ts';
import {
  checkEvaluateOptions,
  evaluateNodes,
  rememberValue,
  type Evaluated,
  type EvaluateOptions,
  type TargetName,
} from '../runtime/evaluate.ts';
import { evaluateNodesAsync } from '../runtime/evaluateAsync.ts';
import { explainNodes, explainRecord, type Explanation } from '../runtime/explain.ts';
import { isArray, isUsed, peekNode, recordOf, settle, targetOf, type AnyArray } from './anyArray.ts';

/** One array, or several in a list. */
export type Roots = AnyArray | readonly AnyArray[];

function listOf(operation: string, roots: Roots): readonly AnyArray[] {
  const list: readonly unknown[] = Array.isArray(roots) ? roots : [roots];
  return list.map((root, k) => {
    if (!isArray(root))
      throw new DataError(operation, `item ${k} is not an array of lazuli; make one with lz.array`);
    return root;
  });
}

/** The options for an array that may have a target of its own. */
function optionsFor(array: AnyArray, options: EvaluateOptions): EvaluateOptions {
  const target = options.target === undefined ? targetOf(array) : undefined;
  return target === undefined ? options : { ...options, target };
}

/** Arrays that are evaluated together: those of one target. */
interface Group {
  readonly arrays: readonly AnyArray[];
  readonly options: EvaluateOptions;
}

/** What is pending among the arrays. */
function pendingGroups(
  operation: string,
  arrays: readonly AnyArray[],
  options: EvaluateOptions,
): readonly Group[] {
  checkEvaluateOptions(operation, options);
  const groups = new Map<TargetName | undefined, AnyArray[]>();
  for (const array of arrays) {
    if (peekNode(array).kind === 'data') continue;
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

function settleGroup({ arrays }: Group, results: readonly Evaluated[]): void {
  for (let k = 0; k < arrays.length; k++) {
    const [array, result] = [arrays[k], results[k]];
    if (array !== undefined && result !== undefined) settleOne(array, result);
  }
}

/** Computes what is pending, once per distinct expression, and settles the arrays; those of one target together. */
export function settleAll(operation: string, arrays: readonly AnyArray[], options: EvaluateOptions): void {
  for (const group of pendingGroups(operation, arrays, options))
    settleGroup(group, evaluateNodes(group.arrays.map(peekNode), group.options, operation));
}

/** The same where it may take a GPU. */
export async function settleAllAsync(
  operation: string,
  arrays: readonly AnyArray[],
  options: EvaluateOptions,
): Promise<void> {
  for (const group of pendingGroups(operation, arrays, options))
    settleGroup(group, await evaluateNodesAsync(group.arrays.map(peekNode), group.options, operation));
}

function settleOne(array: AnyArray, { source, dtype, shape, record }: Evaluated): DataNode<number> {
  const values = data(source, dtype, shape);
  if (isUsed(array)) rememberValue(peekNode(array), values);
  settle(array, values, record);
  return values;
}

/** The data node of an array, computed if it was pending. */
export function valuesOf(operation: string, array: AnyArray, options: EvaluateOptions): DataNode<number> {
  checkEvaluateOptions(operation, options);
  const node = peekNode(array);
  if (node.kind === 'data') return node;
  const [result] = evaluateNodes([node], optionsFor(array, options), operation);
  if (result === undefined) throw new TraceError(operation, 'the array has no value');
  return settleOne(array, result);
}

/** The same where it may take a GPU: the values may be on it. */
export async function valuesOfAsync(
  operation: string,
  array: AnyArray,
  options: EvaluateOptions,
): Promise<DataNode<number>> {
  checkEvaluateOptions(operation, options);
  const node = peekNode(array);
  if (node.kind === 'data') return node;
  const [result] = await evaluateNodesAsync([node], optionsFor(array, options), operation);
  if (result === undefined) throw new TraceError(operation, 'the array has no value');
  return settleOne(array, result);
}

/**
 * Computes the values of one or several arrays together; common parts are computed once. Resolves to what it was
 * given, values present: in memory, or, for `target: 'webgpu'`, on the GPU, where the work may still be under way.
 *
 * ```ts
 * const x = lz.array([1, 2, 3]);
 * const [mean, spread] = await lz.evaluate([x.mean(), x.std()]);
 * console.log(String(mean)); // 2.0
 * ```
 */
export async function evaluate<R extends Roots>(roots: R, options: EvaluateOptions = {}): Promise<R> {
  await settleAllAsync('evaluate', listOf('evaluate', roots), options);
  return roots;
}

/**
 * The same without a promise.
 *
 * ```ts
 * const x = lz.array([1, 2, 3]);
 * const [low, high] = lz.evaluateSync([x.min(), x.max()]);
 * console.log(`${low} to ${high}`); // 1.0 to 3.0
 * ```
 */
export function evaluateSync<R extends Roots>(roots: R, options: EvaluateOptions = {}): R {
  settleAll('evaluate', listOf('evaluate', roots), options);
  return roots;
}

/**
 * What lazuli does, or did, to compute these arrays, and why: passes, kernels, fusions, bytes. Printing it gives a
 * report; `toJSON()` and `toMermaid()` give it to programs and documents. Pending arrays stay pending.
 *
 * ```ts
 * const x = lz.array([1, 2, 3]);
 * console.log(lz.explain(x.mul(x).sum()).toJSON().plan.kernels.length); // 1
 * ```
 */
export function explain(roots: Roots, options: EvaluateOptions = {}): Explanation {
  const arrays = listOf('explain', roots);
  const [first] = arrays;
  const record = arrays.length === 1 && first !== undefined ? recordOf(first) : undefined;
  if (record !== undefined) return explainRecord(record);
  return explainNodes(arrays.map(peekNode), first === undefined ? options : optionsFor(first, options));
}
