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
import type { Copy } from '../memory/place.ts';
import { readInputs, restoreAll } from '../memory/sources.ts';
import { Source } from '../memory/source.ts';
import type { Computation } from './computation.ts';

export interface Ran {
  readonly values: Outcome['values'];
  readonly decision: Decision<SyncExecutor>;
  readonly heap: HeapUse | undefined;
}

/**
 * Runs an expression at once. `out` is memory for the results; `before` is what speaks against executors already.
 * `mayDrop`: the heap may drop a result that is cheap to compute again.
 */
export function run(
  work: Computation,
  request: TargetRequest,
  given: readonly Input[],
  out: readonly TypedArray[] | undefined,
  before: Before = nothingBefore,
  mayDrop = true,
): Ran {
  // What is read and copied does not depend on which of several executors of one profile runs.
  const profile = syncProfileOf(request);
  const inputs = readyInputs(work, profile, given);
  let known = before;
  for (;;) {
    const decision = decide(work, request, inputs, out, known);
    const { executor } = decision;
    const own = decision.profile === profile ? inputs : readyInputs(work, decision.profile, given);
    const outcome = executor.run(work, own, out);
    if (outcome instanceof Refusal) {
      known = { offers: known.offers, failures: [...decision.failures, { executor, why: outcome.why }] };
      continue;
    }
    const { values, heap } = outcome;
    if (mayDrop && values.length === 1) attachRecipe(values[0], work, decision.profile, request, own);
    return { values, decision, heap };
  }
}

/** The inputs in memory, those aside that a plan does not read; an executor without a plan may read all of them. */
function readyInputs(
  work: Computation,
  profile: PlanProfile | undefined,
  given: readonly Input[],
): readonly Input[] {
  const inputs = profile === undefined ? given : readInputs(work.under(profile).arrays.parameters, given);
  for (let k = 0; k < inputs.length; k++) {
    const input = inputs[k];
    if (!(input instanceof Source)) continue;
    input.check('evaluate');
    input.reads++;
  }
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

/** Says how to compute the one result of an expression again, if that is cheap and keeps little memory. */
function attachRecipe(
  result: TypedArray | Copy | undefined,
  work: Computation,
  profile: PlanProfile | undefined,
  request: TargetRequest,
  inputs: readonly Input[],
): void {
  if (!(result instanceof Lease) || profile === undefined) return;
  const recipe = recipeOf(work, profile, request, inputs);
  if (recipe !== undefined) result.attach(recipe);
}

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
    const recipe = source.truth instanceof Lease ? source.truth.recipe : undefined;
    retainedBytes += source.byteLength + (recipe?.retainedBytes ?? 0);
    if (retainedBytes > retainedFactor * bytes) return undefined;
    hostBytes += (source.host?.byteLength ?? 0) + (recipe?.hostBytes ?? 0);
    frozen.push(source);
  }
  return {
    retainedBytes,
    hostBytes,
    compute: () => {
      const [values] = run(work, request, frozen, undefined, nothingBefore, false).values;
      if (values === undefined) throw new InternalError('evaluate', 'a recipe gave nothing');
      return values;
    },
  };
}
