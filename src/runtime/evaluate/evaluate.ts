/**
 * From roots to values, at once: prepare, look in the result memo, run, remember.
 */
import { evaluateReference } from '../../ir/reference.ts';
import { DeviceError, IndexError, InternalError, MemoryError } from '../../ir/errors.ts';
import type { ArraySource, Node } from '../../ir/node.ts';
import type { Encoding } from '../../passes/bind.ts';
import { resultCache } from '../caches/resultCache.ts';
import { keepParts, neverKeep, whileEvaluating } from './kept.ts';
import { checkInputs, ownValues, restoreAll, sourcesOf } from '../memory/sources.ts';
import { currentEpoch } from './knownValues.ts';
import { Source } from '../memory/source.ts';
import { requestFor, type TargetRequest } from '../choose/request.ts';
import type { TargetChoice } from '../choose/decision.ts';
import type { EvaluateOptions } from './options.ts';
import type { EvaluationRecord, Evaluated } from './record.ts';
import {
  encodeRoots,
  memoKey,
  type Prepared,
  afterJoining,
  prepare,
  type Planned,
  noParts,
  factsOf,
  planned,
  planOfKnown,
  withoutParts,
} from './prepare.ts';
import { type Ran, run, calledBy } from './run.ts';

/** The roots, with known values in the place of what computes them. */
export const rootNodes = (encoding: Encoding): Node[] =>
  encoding.roots.map((position) => encoding.order[position]).filter((node) => node !== undefined);

const referenceChoice = (request: TargetRequest): TargetChoice => ({
  name: 'reference',
  reasons: request.reasons,
  candidates: [],
});

/** A GPU has no values to give before the event loop has turned. */
export function synchronous(operation: string, request: TargetRequest): TargetRequest {
  if (request.name !== 'webgpu') return request;
  throw new DeviceError(
    operation,
    "target 'webgpu' computes asynchronously: `await x.evaluate()` or `await x.data()` first (of compiled functions, `await f.async(...)`), or name another target",
  );
}

/**
 * Runs the plan of the roots and of what is kept of them; without the latter where there is no memory for both, or where
 * a part has an index out of bounds that the roots do not read.
 */
function runPlanned(
  operation: string,
  roots: readonly Node[],
  options: EvaluateOptions,
  prepared: Prepared,
  request: TargetRequest,
): Planned & { readonly ran: Ran } {
  const runOne = (plan: Planned): Planned & { readonly ran: Ran } => ({
    ...plan,
    ran: calledBy(operation, () => run(plan.binding, request, plan.inputs, undefined)),
  });
  const plan = planned(operation, roots, options, prepared);
  if (plan.parts.length === 0) return runOne(plan);
  try {
    return runOne(plan);
  } catch (error) {
    if (!(error instanceof MemoryError || error instanceof IndexError)) throw error;
    if (error instanceof IndexError) neverKeep(plan.parts);
    return runOne(withoutParts(roots, options, prepared));
  }
}

/** Evaluates the roots, all in one plan, at once: on the CPU. */
export const evaluateNodes = (
  roots: readonly Node[],
  options: EvaluateOptions,
  operation = 'evaluate',
): readonly Evaluated[] => whileEvaluating(() => evaluateAtOnce(roots, options, operation));

function evaluateAtOnce(
  roots: readonly Node[],
  options: EvaluateOptions,
  operation: string,
): readonly Evaluated[] {
  const request = synchronous(operation, requestFor(options.target));
  const prepared = prepare(operation, roots, options);
  const memo = options.memo !== false && options.verify !== true;
  const key = memo ? memoKey(request, prepared.key, prepared.inputs, prepared.numbersKey) : '';
  if (memo) {
    const kept = resultCache.get(key);
    if (kept !== undefined) {
      const plan = planOfKnown(prepared, roots, options);
      return evaluated(roots, kept.sources, { ...kept.record, plan, memoHit: true, parts: noParts });
    }
  }
  let sources: readonly Source[];
  let record: EvaluationRecord;
  if (request.candidates.length === 0) {
    const encoding = prepared.encoding ?? encodeRoots(roots, options);
    const { numbers, scalars } = encoding;
    checkInputs(operation, prepared.inputs);
    restoreAll(prepared.inputs);
    const values = calledBy(operation, () => evaluateReference(rootNodes(encoding)).map(ownValues));
    sources = sourcesOf(values);
    const choice = referenceChoice(request);
    record = { plan: undefined, numbers, scalars, choice, memoHit: false, heap: undefined, parts: noParts };
  } else {
    const epoch = currentEpoch();
    const { binding, parts, ran } = runPlanned(operation, roots, options, prepared, request);
    const { values, decision, heap: use } = ran;
    const { plan } = binding.prepared;
    const { numbers, scalars } = binding;
    const all = sourcesOf(values);
    sources = parts.length === 0 ? all : all.slice(0, roots.length);
    record = {
      plan,
      numbers,
      scalars,
      choice: afterJoining(decision, prepared),
      memoHit: false,
      heap: use,
      parts: parts.map(factsOf),
    };
    if (parts.length > 0) keepParts(parts, all, request.name, epoch, record);
  }
  // The memo must not keep the plan beyond the plan cache.
  if (memo) resultCache.set(key, { sources, record: { ...record, plan: undefined } });
  return evaluated(roots, sources, record);
}

export function evaluated(
  roots: readonly Node[],
  sources: readonly ArraySource[],
  record: EvaluationRecord,
): readonly Evaluated[] {
  const list: Evaluated[] = [];
  for (let k = 0; k < roots.length; k++) {
    const [root, source] = [roots[k], sources[k]];
    if (root === undefined || source === undefined)
      throw new InternalError('evaluate', `root ${k} has no value`);
    list.push({ source, dtype: root.dtype, shape: root.shape, record });
  }
  return list;
}
