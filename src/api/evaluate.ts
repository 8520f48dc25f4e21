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
} from '../runtime/evaluate.ts';
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

/** Computes what is pending, once per distinct expression, and settles the arrays; those of one target together. */
export function settleAll(operation: string, arrays: readonly AnyArray[], options: EvaluateOptions): void {
  checkEvaluateOptions(operation, options);
  const pending = arrays.filter((array) => peekNode(array).kind !== 'data');
  const [first] = pending;
  if (first === undefined) return;
  const same = (array: AnyArray): boolean =>
    options.target !== undefined || targetOf(array) === targetOf(first);
  const group = pending.every(same) ? pending : pending.filter(same);
  const results = evaluateNodes(group.map(peekNode), optionsFor(first, options), operation);
  for (let k = 0; k < group.length; k++) {
    const [array, result] = [group[k], results[k]];
    if (array !== undefined && result !== undefined) settleOne(array, result);
  }
  if (group.length < pending.length)
    settleAll(
      operation,
      pending.filter((array) => !same(array)),
      options,
    );
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

/**
 * Computes the values of one or several arrays together; common parts are computed once. Resolves to what it was
 * given, values present.
 *
 * ```ts
 * const x = lz.array([1, 2, 3]);
 * const [mean, spread] = await lz.evaluate([x.mean(), x.std()]);
 * console.log(String(mean)); // 2.0
 * ```
 */
export async function evaluate<R extends Roots>(roots: R, options: EvaluateOptions = {}): Promise<R> {
  return evaluateSync(roots, options);
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
