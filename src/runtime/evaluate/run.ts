/**
 * Running an expression at once, on the executor that is best for its inputs, or on another one where that one refuses:
 * where a heap has no room, an engine does not compile the code, or memory is short.
 */
import { InternalError, MemoryError } from '../../ir/errors.ts';
import type { TypedArray } from '../../ir/dtype.ts';
import type { PlanProfile } from '../../passes/profile.ts';
import { estimate } from '../choose/cost.ts';
import { decide, nothingBefore, type Before, type Decision } from '../choose/decision.ts';
import { syncProfileOf, type TargetRequest } from '../choose/request.ts';
import { Refusal, type HeapUse, type Input, type Outcome, type SyncExecutor } from '../executors/executor.ts';
import { Lease, type Recipe } from '../memory/lease.ts';
import { checkInputs, readInputs, restoreAll } from '../memory/sources.ts';
import { Source } from '../memory/source.ts';
import type { Computation } from './computation.ts';

export interface Ran {
  readonly values: Outcome['values'];
  readonly decision: Decision<SyncExecutor>;
  readonly heap: HeapUse | undefined;
}

/** Runs an expression at once. `out` is memory for the results; `before` is what speaks against executors already. */
export function run(
  work: Computation,
  request: TargetRequest,
  given: readonly Input[],
  out: readonly TypedArray[] | undefined,
  before: Before = nothingBefore,
): Ran {
  const { decision, outcome, inputs } = runDecided(work, request, given, out, before);
  const { values, heap } = outcome;
  const [only] = values;
  const { profile } = decision.executor;
  if (values.length === 1 && only instanceof Lease && profile !== undefined) {
    const recipe = recipeOf(work, profile, request, inputs);
    if (recipe !== undefined) only.attach(recipe);
  }
  return { values, decision, heap };
}

interface Answer {
  readonly decision: Decision<SyncExecutor>;
  readonly outcome: Outcome;
  readonly inputs: readonly Input[];
}

function runDecided(
  work: Computation,
  request: TargetRequest,
  given: readonly Input[],
  out: readonly TypedArray[] | undefined,
  before: Before,
): Answer {
  // What is read and copied does not depend on which of several executors of one profile runs.
  const profile = syncProfileOf(request);
  const inputs = readyInputs(work, profile, given);
  for (const input of inputs) if (input instanceof Source) input.reads++;
  let known = before;
  for (;;) {
    const decision = decide(work, request, inputs, out, known);
    const { executor, failures } = decision;
    const own = executor.profile === profile ? inputs : readyInputs(work, executor.profile, given);
    const outcome = executor.run(work, own, out);
    if (!(outcome instanceof Refusal)) return { decision, outcome, inputs: own };
    known = { offers: known.offers, failures: [...failures, { executor, why: outcome.why }] };
  }
}

/** The inputs in memory, those aside that a plan does not read; an executor without a plan may read all of them. */
function readyInputs(
  work: Computation,
  profile: PlanProfile | undefined,
  given: readonly Input[],
): readonly Input[] {
  const inputs = profile === undefined ? given : readInputs(work.under(profile).arrays.parameters, given);
  checkInputs('evaluate', inputs);
  restoreAll(inputs);
  return inputs;
}

/** The work of a call that is to be named in errors about memory. */
export function calledBy<T>(operation: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof MemoryError ? error.named(operation) : error;
  }
}

/** Recipes keep at most so many times the bytes of what they are for. */
const retainedFactor = 4;

/** What copying a byte out of the heap and mapping fresh memory for it takes, in nanoseconds; see `cost.ts`. */
const rescueCost = 0.5;

/** How to compute the one result of an expression again, if that is cheap and keeps little memory. */
function recipeOf(
  work: Computation,
  profile: PlanProfile,
  request: TargetRequest,
  inputs: readonly Input[],
): Recipe | undefined {
  const binding = work.under(profile);
  const bytes = binding.arrays.roots[0]?.bytes ?? 0;
  if (estimate('wasm', binding.work, 1, 0, 0, 0) > 2 * rescueCost * bytes) return undefined;
  const frozen: Source[] = [];
  let retainedBytes = 0;
  let hostBytes = 0;
  for (const input of inputs) {
    const source = input instanceof Source ? input.frozen() : undefined;
    if (source === undefined) return undefined;
    retainedBytes += source.byteLength + (source.recipe?.retainedBytes ?? 0);
    if (retainedBytes > retainedFactor * bytes) return undefined;
    hostBytes += (source.host?.byteLength ?? 0) + (source.recipe?.hostBytes ?? 0);
    frozen.push(source);
  }
  return {
    retainedBytes,
    hostBytes,
    compute: () => {
      const [values] = runDecided(work, request, frozen, undefined, nothingBefore).outcome.values;
      if (values === undefined) throw new InternalError('evaluate', 'a recipe gave nothing');
      return values;
    },
  };
}
