/**
 * From roots to values: prepare, look in the result memo, run, remember. Executors that answer at once serve every
 * evaluation; one that may wait can have any.
 */
import { IndexError, InternalError, MemoryError } from '../../ir/errors.ts';
import type { ArraySource, Node } from '../../ir/node.ts';
import { sizeOf } from '../../ir/shape.ts';
import type { PlanProfile } from '../../passes/profile.ts';
import { resultCache } from '../caches/resultCache.ts';
import { nothingBefore } from '../choose/decision.ts';
import { checkSynchronous, requestFor, syncProfileOf, type TargetRequest } from '../choose/request.ts';
import { Refusal } from '../executors/executor.ts';
import { bringToMemory, sourcesOf } from '../memory/sources.ts';
import type { Source } from '../memory/source.ts';
import { inSession } from '../perSession.ts';
import { keepParts, neverKeep, whileEvaluating, whileEvaluatingLater } from './kept.ts';
import { currentEpoch } from './knownValues.ts';
import type { EvaluateOptions } from './options.ts';
import {
  afterJoining,
  factsOf,
  memoKey,
  noParts,
  planned,
  planOfKnown,
  prepare,
  withoutParts,
  type Planned,
  type Prepared,
} from './prepare.ts';
import type { EvaluationRecord, Evaluated } from './record.ts';
import { calledBy, run, type Ran } from './run.ts';
import { mayWait, runLater, whereItPays, type LaterDecision, type RanLater } from './runLater.ts';

/** An evaluation: what is asked, and how it is remembered. */
interface Question {
  readonly operation: string;
  readonly roots: readonly Node[];
  readonly options: EvaluateOptions;
  readonly request: TargetRequest;
  readonly prepared: Prepared;
  /** The epoch in which it began. */
  readonly epoch: number;
  /** Its key in the result memo, if it is to be found there. */
  readonly key: string | undefined;
}

/** Evaluates the roots, all in one plan, at once. */
export const evaluateNodes = (
  roots: readonly Node[],
  options: EvaluateOptions,
  operation = 'evaluate',
): readonly Evaluated[] =>
  whileEvaluating(() => {
    const request = requestFor(options.target);
    checkSynchronous(operation, request);
    const question = ask(operation, roots, options, request);
    return remembered(question) ?? answerAtOnce(question, planFor(question, syncProfileOf(request)));
  });

/** Evaluates the roots, all in one plan, on any executor: the one that was asked for, or promises to be fastest. */
export const evaluateNodesAsync = (
  roots: readonly Node[],
  options: EvaluateOptions,
  operation = 'evaluate',
): Promise<readonly Evaluated[]> =>
  whileEvaluatingLater(async () => {
    const request = requestFor(options.target);
    const question = ask(operation, roots, options, request);
    const known = remembered(question);
    if (known !== undefined) return known;
    const { computation, inputs } = question.prepared;
    let before = nothingBefore;
    if (mayWait(request, options) && (!request.isWeighed || isLarge(roots))) {
      const later = await inSession(
        whereItPays(operation, request, computation, inputs, (decision) => answerLater(question, decision)),
      );
      if ('given' in later) return later.given;
      before = later;
    }
    const plan = planFor(question, syncProfileOf(request));
    await inSession(bringToMemory([...inputs, ...plan.inputs]));
    return answerAtOnce(question, plan, before);
  });

/** Elements of all nodes together below which nothing takes long enough to wait for, and nodes that are enough to look at. */
const fewElements = 2 ** 16;
const manyNodes = 512;

/** Whether the expression may be worth waiting for: a look at its sizes, much cheaper than a plan. */
function isLarge(roots: readonly Node[]): boolean {
  const seen = new Set<Node>(roots);
  let elements = 0;
  for (const node of seen) {
    elements += sizeOf(node.shape);
    if (elements >= fewElements || seen.size >= manyNodes) return true;
    for (const input of node.inputs) seen.add(input);
  }
  return false;
}

function ask(
  operation: string,
  roots: readonly Node[],
  options: EvaluateOptions,
  request: TargetRequest,
): Question {
  const epoch = currentEpoch();
  const prepared = prepare(operation, roots, options);
  const key =
    options.memo !== false && options.verify !== true
      ? memoKey(request, prepared.key, prepared.inputs, prepared.numbersKey)
      : undefined;
  return { operation, roots, options, request, prepared, epoch, key };
}

/** The results, if they are in the memo. */
function remembered({ key, roots, options, prepared }: Question): readonly Evaluated[] | undefined {
  const kept = key === undefined ? undefined : resultCache.current.get(key);
  if (kept === undefined || !kept.sources.every(isObtainable)) return undefined;
  const plan = planOfKnown(prepared, roots, options, kept.profile);
  return evaluated(roots, kept.sources, { ...kept.record, plan, memoHit: true, parts: noParts });
}

const isObtainable = (source: Source): boolean => source.isObtainable;

const planFor = (
  { operation, roots, options, prepared }: Question,
  profile: PlanProfile | undefined,
): Planned => planned(operation, roots, options, prepared, profile);

/**
 * The plan without the parts that are kept of it, where these may be why it failed: where there is no memory for both, or
 * a part has an index out of bounds that the roots do not read. Else throws the error.
 */
function withoutFailed(
  error: unknown,
  { parts }: Planned,
  { roots, options, prepared }: Question,
  profile: PlanProfile | undefined,
): Planned {
  if (parts.length === 0 || !(error instanceof MemoryError || error instanceof IndexError)) throw error;
  if (error instanceof IndexError) neverKeep(parts);
  return withoutParts(roots, options, prepared, profile);
}

function answerAtOnce(question: Question, given: Planned, before = nothingBefore): readonly Evaluated[] {
  const { operation, request } = question;
  const runOne = ({ computation, inputs }: Planned): Ran =>
    calledBy(operation, () => run(computation, request, inputs, undefined, before));
  let plan = given;
  let ran: Ran;
  try {
    ran = runOne(plan);
  } catch (error) {
    plan = withoutFailed(error, plan, question, syncProfileOf(request));
    ran = runOne(plan);
  }
  return answer(question, plan, ran);
}

async function answerLater(
  question: Question,
  decision: LaterDecision,
): Promise<readonly Evaluated[] | Refusal> {
  const { request } = question;
  const runOne = ({ computation, inputs }: Planned): Promise<RanLater | Refusal> =>
    runLater(decision, request, computation, inputs);
  let plan = planFor(question, decision.profile);
  let ran: RanLater | Refusal;
  try {
    ran = await inSession(runOne(plan));
  } catch (error) {
    plan = withoutFailed(error, plan, question, decision.profile);
    ran = await inSession(runOne(plan));
  }
  return ran instanceof Refusal ? ran : answer(question, plan, ran);
}

/** The values, with what explain tells of them; kept for later evaluations. */
function answer(question: Question, plan: Planned, ran: Ran | RanLater): readonly Evaluated[] {
  const { roots, request, prepared, epoch, key } = question;
  const { computation, parts } = plan;
  const { values, decision, heap } = ran;
  const all = sourcesOf(values);
  const sources = parts.length === 0 ? all : all.slice(0, roots.length);
  const profile = decision.profile ?? syncProfileOf(request);
  const { numbers, scalars } = computation;
  const record: EvaluationRecord = {
    plan: profile === undefined ? undefined : computation.under(profile).prepared.plan,
    numbers,
    scalars,
    choice: afterJoining(decision, prepared),
    memoHit: false,
    heap,
    parts: parts.map(factsOf),
  };
  keepParts(parts, all, request.name, epoch, record);
  // The memo must not keep the plan beyond the plan cache.
  if (key !== undefined)
    resultCache.current.set(key, { sources, record: { ...record, plan: undefined }, profile });
  return evaluated(roots, sources, record);
}

function evaluated(
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
