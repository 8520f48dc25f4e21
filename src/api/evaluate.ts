/**
 * From expressions to values: many arrays at once, their common parts computed once. Each array then holds its data
 * in the place of its expression.
 */
import { DataError, TraceError } from '../ir/errors.ts';
import { data, topologicalOrder, type DataNode, type Node } from '../ir/node.ts';
import {
  checkEvaluateOptions,
  evaluateNodes,
  rememberValue,
  type EvaluateOptions,
} from '../runtime/evaluate.ts';
import { explainNodes, explainRecord, type Explanation } from '../runtime/explain.ts';
import { isArray, nodeOf, recordOf, settle, type AnyArray } from './anyArray.ts';

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

/** Tracing has begun somewhere: from now on, graphs are searched for parameters before they are evaluated. */
let traced = false;
export const noteTrace = (): void => {
  traced = true;
};

const isParameter = (node: Node): boolean => node.kind === 'parameter';

/** Reading an array that stands for an argument of a function being traced is a `TraceError`. */
function refuseParameters(operation: string, nodes: readonly Node[]): void {
  if (!traced || !topologicalOrder(nodes).some(isParameter)) return;
  throw new TraceError(
    operation,
    'this array stands for an argument of a compiled function and has no value while the function is traced; ' +
      'compute with it (lz.where instead of if), return it, and read the result',
  );
}

/** Computes what is pending, once per distinct expression, and settles the arrays. */
export function settleAll(operation: string, arrays: readonly AnyArray[], options: EvaluateOptions): void {
  checkEvaluateOptions(operation, options);
  const pending = arrays.filter((array) => nodeOf(array).kind !== 'data');
  if (pending.length === 0) return;
  const nodes = pending.map(nodeOf);
  refuseParameters(operation, nodes);
  const results = evaluateNodes(nodes, options);
  pending.forEach((array, k) => {
    const [node, result] = [nodes[k], results[k]];
    if (node === undefined || result === undefined) return;
    const values = data(result.source, result.dtype, result.shape);
    rememberValue(node, values);
    settle(array, values, result.record);
  });
}

/** The data node of an array, computed if it was pending. */
export function valuesOf(operation: string, array: AnyArray, options: EvaluateOptions): DataNode<number> {
  settleAll(operation, [array], options);
  const node = nodeOf(array);
  if (node.kind !== 'data') throw new TraceError(operation, 'the array has no value');
  return node;
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
  const nodes = arrays.map(nodeOf);
  refuseParameters('explain', nodes);
  return explainNodes(nodes, options);
}
