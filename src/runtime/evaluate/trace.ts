/** Traced functions: an expression that is kept with the function, and runs on the arrays of each call. */
import { InternalError } from '../../ir/errors.ts';
import type { TypedArray } from '../../ir/dtype.ts';
import type { ArraySource, Node } from '../../ir/node.ts';
import { encode, type Encoding } from '../../passes/bind.ts';
import { nothingBefore } from '../choose/decision.ts';
import { checkSynchronous, requestFor, type TargetRequest } from '../choose/request.ts';
import type { Input } from '../executors/executor.ts';
import { bringToMemory, sourcesOf } from '../memory/sources.ts';
import { inSession } from '../perSession.ts';
import type { Computation } from './computation.ts';
import type { EvaluateOptions } from './options.ts';
import { computationOf, noParts } from './prepare.ts';
import type { EvaluationRecord } from './record.ts';
import { calledBy, run, type Ran } from './run.ts';
import { mayWait, runLater, whereItPays, type RanLater } from './runLater.ts';

/** A traced function, bound to the sizes it was traced with. */
export interface CompiledTrace {
  readonly encoding: Encoding;
  readonly computation: Computation;
  /** Runs on `arrays` (by parameter number); the results are new. */
  run(arrays: readonly Input[]): readonly ArraySource[];
  /** Runs on `arrays` and writes to `out`. */
  runInto(arrays: readonly Input[], out: readonly TypedArray[]): void;
}

/** Plans a traced graph once; running it is filling in arrays. Data captured by the trace stays bound. */
export function compileNodes(roots: readonly Node[], options: EvaluateOptions): CompiledTrace {
  // A trace outlives the values that nodes have now: it computes from the data.
  const encoding = encode(roots, () => undefined, options.disable?.includes('bind') !== true);
  const computation = computationOf(encoding, options);
  // What `configure` says about the target holds for traces that were made before, too.
  const request = (): TargetRequest => {
    const asked = requestFor(options.target);
    checkSynchronous('compile', asked);
    return asked;
  };
  const given: Input[] = [];
  // Planning now, its errors are those of the trace.
  const profile = requestFor(options.target).sync[0]?.profile;
  if (profile !== undefined) computation.under(profile);
  return {
    encoding,
    computation,
    run: (arrays) => {
      try {
        return sourcesOf(run(computation, request(), fillInputs(encoding, arrays, given), undefined).values);
      } finally {
        given.length = 0;
      }
    },
    runInto: (arrays, out) => {
      const inputs = fillInputs(encoding, arrays, given);
      const { values } = calledBy('into', () => run(computation, request(), inputs, out));
      given.length = 0;
      // Equal results are computed once, into the first place that asks for them.
      for (let k = 0; k < out.length; k++) if (values[k] !== out[k]) out[k]?.set(values[k] as never);
    },
  };
}

/** The arrays of a plan, in its order: arguments of the trace, and data it captured. */
export function fillInputs(encoding: Encoding, arrays: readonly Input[], into: Input[] = []): Input[] {
  for (let k = 0; k < encoding.arrays.length; k++) {
    const array = encoding.arrays[k];
    const input = array?.kind === 'parameter' ? arrays[array.slot] : array?.source;
    if (input === undefined) throw new InternalError('compile', `argument ${k} is missing`);
    into[k] = input;
  }
  return into;
}

/** The results of a trace, and how they came about where that is told. */
export interface TraceOutcome {
  readonly sources: readonly ArraySource[];
  readonly record: EvaluationRecord | undefined;
}

/** Runs a traced function where it may wait: on the executor that was asked for, or promises to be fastest. */
export async function runTraceAsync(
  trace: CompiledTrace,
  options: EvaluateOptions,
  arrays: readonly Input[],
): Promise<TraceOutcome> {
  const request = requestFor(options.target);
  const { computation, encoding } = trace;
  const inputs = fillInputs(encoding, arrays);
  let before = nothingBefore;
  if (mayWait(request, options)) {
    const later = await inSession(
      whereItPays('compile', request, computation, inputs, (decision) =>
        runLater(decision, request, computation, inputs),
      ),
    );
    if ('given' in later) return outcomeOf(computation, later.given);
    before = later;
  }
  await inSession(bringToMemory(inputs));
  const isTold = before.offers.length > 0 || before.failures.length > 0;
  return isTold
    ? outcomeOf(computation, run(computation, request, inputs, undefined, before))
    : { sources: trace.run(arrays), record: undefined };
}

function outcomeOf(computation: Computation, { values, decision, heap }: Ran | RanLater): TraceOutcome {
  const { numbers, scalars } = computation;
  const { profile } = decision;
  const plan = profile === undefined ? undefined : computation.under(profile).prepared.plan;
  return {
    sources: sourcesOf(values),
    record: { plan, numbers, scalars, choice: decision, memoHit: false, heap, parts: noParts },
  };
}
