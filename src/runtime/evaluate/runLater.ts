/**
 * Running an expression on an executor that answers later. Where `auto` chose it, the results are brought to ordinary
 * memory at once, so that reading them synchronously works wherever they were computed, and whatever becomes of a device
 * there is another executor.
 */
import { DeviceError } from '../../ir/errors.ts';
import { decideLater, type Awaited, type Before, type Decision } from '../choose/decision.ts';
import type { TargetRequest } from '../choose/request.ts';
import { Refusal, type AsyncExecutor, type Input } from '../executors/executor.ts';
import { bringToMemory, sourcesOf } from '../memory/sources.ts';
import { Source } from '../memory/source.ts';
import { inSession } from '../perSession.ts';
import type { Computation } from './computation.ts';
import type { EvaluateOptions } from './options.ts';

export type LaterDecision = Decision<AsyncExecutor>;

export interface RanLater {
  readonly values: readonly Source[];
  readonly decision: LaterDecision;
  readonly heap: undefined;
}

/** Whether there is an executor to wait for, as far as the options tell. */
export const mayWait = ({ async, isWeighed }: TargetRequest, { verify }: EvaluateOptions): boolean =>
  async.length > 0 && !(isWeighed && verify === true);

/** What `attempt` gives on the executor to wait for; or what speaks against it, for an evaluation at once. */
export async function whereItPays<T>(
  operation: string,
  request: TargetRequest,
  work: Computation,
  inputs: readonly Input[],
  attempt: (decision: LaterDecision) => Promise<T | Refusal>,
): Promise<{ readonly given: T } | Before> {
  const awaited = await inSession(decideLater(work, request, inputs));
  const { decision, refusal } = awaited;
  if (decision === undefined) return awaited;
  if (refusal?.error !== undefined) throw refusal.error(operation, work);
  try {
    const given = await inSession(attempt(decision));
    return given instanceof Refusal ? without(awaited, decision, given.why) : { given };
  } catch (error) {
    if (!request.isWeighed || !(error instanceof DeviceError)) throw error;
    return without(awaited, decision, `it was tried and failed, ${error.message}`);
  }
}

const without = ({ offers, failures }: Awaited, { executor }: LaterDecision, why: string): Before => ({
  offers,
  failures: [...failures, { executor, why }],
});

/** Runs on the executor that was decided on. Typed arrays among the inputs belong to this run. */
export async function runLater(
  decision: LaterDecision,
  request: TargetRequest,
  work: Computation,
  inputs: readonly (Source | Input)[],
): Promise<RanLater | Refusal> {
  const outcome = await inSession(decision.executor.run(work, inputs.map(asSource)));
  if (outcome instanceof Refusal) return outcome;
  const values = sourcesOf(outcome.values);
  if (request.isWeighed) await inSession(bringToMemory(values));
  return { values, decision, heap: undefined };
}

const asSource = (input: Input) => (ArrayBuffer.isView(input) ? new Source(input) : input);
