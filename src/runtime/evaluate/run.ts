/**
 * Running a bound plan on the target that is best for its inputs, or on another one: where a heap has no room, an engine
 * refuses the code, or memory is short.
 */
import { evaluateReference } from '../../ir/reference.ts';
import { InternalError, MemoryError } from '../../ir/errors.ts';
import type { TypedArray } from '../../ir/dtype.ts';
import type { ArraySource } from '../../ir/node.ts';
import { CompileRefusal } from '../../codegen/refusal.ts';
import type { Binding, BoundPlan } from './bindPlan.ts';
import { runOnHost } from './runOnHost.ts';
import { runOnHeap } from './runOnHeap.ts';
import { heap } from '../memory/heap.ts';
import { estimate } from '../choose/cost.ts';
import { Lease, type Recipe } from '../memory/lease.ts';
import { readInputs, restoreAll } from '../memory/sources.ts';
import { Source } from '../memory/source.ts';
import { runStreamed, streamOf } from './stream.ts';
import {
  decide,
  insteadOf,
  insteadOfRefused,
  referenceInstead,
  type Decision,
  type TargetChoice,
} from '../choose/decision.ts';
import type { TargetRequest } from '../choose/request.ts';
import type { HeapUse } from './record.ts';

export type Input = ArraySource | TypedArray;

export interface Ran {
  readonly values: readonly (TypedArray | Lease)[];
  readonly decision: TargetChoice;
  readonly heap: HeapUse | undefined;
}

export const hostValues = (input: Input): TypedArray => (ArrayBuffer.isView(input) ? input : input.values);

/** Runs a bound plan on the target that is best for these inputs, or on another where that one has no room. */
export function run(
  binding: Binding,
  request: TargetRequest,
  given: readonly Input[],
  out: readonly TypedArray[] | undefined,
  mayDrop = true,
): Ran {
  const inputs = readInputs(binding.arrays.parameters, given);
  for (const input of inputs)
    if (input instanceof Source) {
      input.check('evaluate');
      input.reads++;
    }
  restoreAll(inputs);
  let { decision, bound } = boundFor(binding, decide(binding, request, inputs, out), request);
  if (bound instanceof CompileRefusal) {
    const other = insteadOfRefused(request, binding, bound);
    if (other === undefined) return byReference(binding, request, bound, inputs, out);
    ({ decision, bound } = other);
  }
  if (decision.target.memory === 'heap') {
    const { copiedIn, copiedOut, evictions } = heap;
    const values = runWhereThereIsMemory(
      bound,
      decision.streamed ? streamOf(binding) : undefined,
      inputs,
      out,
    );
    if (typeof values === 'object') {
      const [only] = values;
      if (mayDrop && values.length === 1 && only instanceof Lease) {
        const recipe = recipeOf(binding, request, inputs);
        if (recipe !== undefined) only.attach(recipe);
      }
      const use: HeapUse = {
        residentBytes: heap.usedBytes,
        copiedIn: heap.copiedIn - copiedIn,
        copiedOut: heap.copiedOut - copiedOut,
        evictions: heap.evictions - evictions,
      };
      return { values, decision, heap: use };
    }
    decision = insteadOf(request, values ?? 'the heap has no room for the arrays');
    bound = binding.for(decision.target);
    if (bound instanceof CompileRefusal) return byReference(binding, request, bound, inputs, out);
  }
  return { values: runOnHost(bound, inputs.map(hostValues), out), decision, heap: undefined };
}

/** What no engine compiles. */
function byReference(
  binding: Binding,
  request: TargetRequest,
  refusal: CompileRefusal,
  inputs: readonly Input[],
  out: readonly TypedArray[] | undefined,
): Ran {
  const values = evaluateReference(binding.meaning, inputs.map(hostValues)).map((result, root) => {
    const given = out?.[root];
    if (given === undefined) return result.slice();
    given.set(result as never);
    return given;
  });
  return { values, decision: referenceInstead(request, refusal), heap: undefined };
}

/** The bound plan, for another target where the one decided on has no memory for its programs. */
function boundFor(
  binding: Binding,
  decision: Decision,
  request: TargetRequest,
): { decision: Decision; bound: BoundPlan | CompileRefusal } {
  try {
    return { decision, bound: binding.for(decision.target) };
  } catch (error) {
    if (!(error instanceof MemoryError)) throw error;
    const other = insteadOf(request, error.message);
    return { decision: other, bound: binding.for(other.target) };
  }
}

/** What a heap target gives; `undefined` if the heap has no room, or what else it had no memory for. */
function runWhereThereIsMemory(
  bound: BoundPlan,
  stream: ReturnType<typeof streamOf>,
  inputs: readonly Input[],
  out: readonly TypedArray[] | undefined,
): readonly (TypedArray | Lease)[] | string | undefined {
  try {
    return stream === undefined ? runOnHeap(bound, inputs, out) : runStreamed(bound, stream, inputs, out);
  } catch (error) {
    if (error instanceof MemoryError) return error.message;
    throw error;
  }
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

/** How to compute the one result of a binding again, if that is cheap and keeps little memory. */
function recipeOf(binding: Binding, request: TargetRequest, inputs: readonly Input[]): Recipe | undefined {
  const { roots } = binding.arrays;
  const bytes = roots[0]?.bytes ?? 0;
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
      const [values] = run(binding, request, frozen, undefined, false).values;
      if (values === undefined) throw new InternalError('evaluate', 'a recipe gave nothing');
      return values;
    },
  };
}
