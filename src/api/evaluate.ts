/**
 * From expressions to values: many arrays at once, their common parts computed once. Each array then holds its data
 * in the place of its expression.
 */
import { DataError, TraceError } from '../ir/errors.ts';
import { data, type DataNode } from '../ir/node.ts';
import {
  checkEvaluateOptions,
  evaluateNodes,
  noteReuse,
  rememberValue,
  type Evaluated,
  type EvaluateOptions,
} from '../runtime/evaluate.ts';
import { evaluateMany, type Settle } from '../runtime/batch/batch.ts';
import type { Families } from '../runtime/batch/family.ts';
import { explainNodes, explainRecord, type Explanation } from '../runtime/explain.ts';
import { checkManyOptions, evaluateOptionsOf, inTurns, type ManyOptions } from './turns.ts';
import { isArray, isUsed, peekNode, recordOf, settle, targetOf, type AnyArray } from './anyArray.ts';

/** One array, or several in a list. */
export type Roots = AnyArray | readonly AnyArray[];

export function listOf(operation: string, roots: Roots): readonly AnyArray[] {
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

/**
 * Computes what is pending, once per distinct expression, and settles the arrays; those of one target together. Stops
 * after each slice of time and gives the number of arrays that have values by then.
 */
export function* settling(
  operation: string,
  arrays: readonly AnyArray[],
  options: EvaluateOptions,
  families?: Families,
): Generator<number, void, undefined> {
  const isPending = (array: AnyArray): boolean => peekNode(array).kind !== 'data';
  const pending = arrays.filter(isPending);
  let done = arrays.length - pending.length;
  const byTarget = Map.groupBy(new Set(pending), (array) =>
    options.target === undefined ? targetOf(array) : undefined,
  );
  for (const group of byTarget.values()) {
    const [first] = group;
    if (first === undefined) continue;
    for (const array of group) if (isUsed(array)) noteReuse(peekNode(array));
    const settleAt: Settle = (k, result) => {
      const array = group[k];
      if (array === undefined) return;
      done++;
      // While others had their turn, the array may have got its values from another evaluation.
      if (isPending(array)) settleOne(array, result);
    };
    const roots = group.map(peekNode);
    for (const _ of evaluateMany(roots, optionsFor(first, options), operation, settleAt, families))
      yield done;
  }
  yield arrays.length;
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
 * given, values present. Of 64 arrays and more, those that differ in sizes and numbers only take one plan and a few
 * microseconds each, and the event loop turns meanwhile: `onProgress` tells how far it is, `signal` stops it.
 *
 * ```ts
 * const x = lz.array([1, 2, 3]);
 * const [mean, spread] = await lz.evaluate([x.mean(), x.std()]);
 * console.log(String(mean)); // 2.0
 * ```
 */
export async function evaluate<R extends Roots>(roots: R, options: ManyOptions = {}): Promise<R> {
  const arrays = listOf('evaluate', roots);
  checkManyOptions('evaluate', options);
  await inTurns(settling('evaluate', arrays, evaluateOptionsOf(options)), arrays.length, options);
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
  const arrays = listOf('evaluate', roots);
  checkEvaluateOptions('evaluate', options);
  for (const _ of settling('evaluate', arrays, options));
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
