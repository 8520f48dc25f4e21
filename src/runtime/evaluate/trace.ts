/** Traced functions: a plan that is kept with the function, bound to the arrays of each call. */
import { evaluateReference } from '../../ir/reference.ts';
import { InternalError } from '../../ir/errors.ts';
import { copyOf, type TypedArray } from '../../ir/dtype.ts';
import type { ArraySource, Node } from '../../ir/node.ts';
import { encode, type Encoding } from '../../passes/bind.ts';
import { checkInputs, restoreAll, sourcesOf } from '../memory/sources.ts';
import { requestFor } from '../choose/request.ts';
import type { EvaluateOptions } from './options.ts';
import type { EvaluationRecord } from './record.ts';
import { planFor, noParts } from './prepare.ts';
import { rootNodes, synchronous } from './evaluate.ts';
import { type Input, hostValues, run, calledBy } from './run.ts';

/** A traced function, bound to the sizes it was traced with. */
export interface CompiledTrace {
  readonly encoding: Encoding;
  /** Runs on `arrays` (by parameter number); the results are new. */
  run(arrays: readonly Input[]): readonly ArraySource[];
  /** Runs on `arrays` and writes to `out`. */
  runInto(arrays: readonly Input[], out: readonly TypedArray[]): void;
}

/** Plans a traced graph once; running it is filling in arrays. Data captured by the trace stays bound. */
export function compileNodes(roots: readonly Node[], options: EvaluateOptions): CompiledTrace {
  // A trace outlives the values that nodes have now: it computes from the data.
  const encoding = encode(roots, () => undefined, options.disable?.includes('bind') !== true);
  let reference: TraceOn | undefined;
  let planned: TraceOn | undefined;
  // What `configure` says about the target holds for traces that were made before, too.
  const current = (): TraceOn =>
    synchronous('compile', requestFor(options.target)).candidates.length === 0
      ? (reference ??= referenceTrace(encoding))
      : (planned ??= plannedTrace(encoding, options));
  if (requestFor(options.target).name !== 'webgpu') current();
  return {
    encoding,
    run: (arrays) => current().run(arrays),
    runInto: (arrays, out) => {
      current().runInto(arrays, out);
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

/** Computes a trace on the CPU by what `auto` would take. */
export function evaluateTrace(
  { encoding }: CompiledTrace,
  options: EvaluateOptions,
  arrays: readonly Input[],
): TraceOutcome {
  const request = requestFor('auto');
  if (request.candidates.length === 0)
    return { sources: referenceTrace(encoding).run(arrays), record: undefined };
  const { numbers, scalars } = encoding;
  const binding = planFor(encoding, options).bind(numbers, scalars);
  const { values, decision, heap } = run(binding, request, fillInputs(encoding, arrays), undefined);
  const { plan } = binding.prepared;
  return {
    sources: sourcesOf(values),
    record: { plan, numbers, scalars, choice: decision, memoHit: false, heap, parts: noParts },
  };
}

type TraceOn = Omit<CompiledTrace, 'encoding'>;

function referenceTrace(encoding: Encoding): TraceOn {
  const nodes = rootNodes(encoding);
  const captured = encoding.arrays.flatMap((array) => (array.kind === 'data' ? [array.source] : []));
  const evaluate = (arrays: readonly Input[]): TypedArray[] => {
    checkInputs('evaluate', [...arrays, ...captured]);
    restoreAll([...arrays, ...captured]);
    return evaluateReference(nodes, arrays.map(hostValues));
  };
  return {
    run: (arrays) => sourcesOf(evaluate(arrays).map((values) => copyOf(values, 'evaluate'))),
    runInto: (arrays, out) => {
      evaluate(arrays).forEach((values, k) => out[k]?.set(values as never));
    },
  };
}

function plannedTrace(encoding: Encoding, options: EvaluateOptions): TraceOn {
  const binding = planFor(encoding, options).bind(encoding.numbers, encoding.scalars);
  const given: Input[] = [];
  const fill = (arrays: readonly Input[]): readonly Input[] => fillInputs(encoding, arrays, given);
  return {
    run: (arrays) => {
      try {
        return sourcesOf(run(binding, requestFor(options.target), fill(arrays), undefined).values);
      } finally {
        given.length = 0;
      }
    },
    runInto: (arrays, out) => {
      const { values } = calledBy('into', () => run(binding, requestFor(options.target), fill(arrays), out));
      given.length = 0;
      // Equal results are computed once, into the first place that asks for them.
      for (let k = 0; k < out.length; k++) if (values[k] !== out[k]) out[k]?.set(values[k] as never);
    },
  };
}
