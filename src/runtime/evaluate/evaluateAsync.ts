/**
 * Evaluation that may wait: on a GPU, or of what is only on one. Everything else is `evaluateNodes`.
 *
 * Under `target: 'webgpu'` results stay on the device until somebody reads them. Under `auto` they are brought to
 * ordinary memory at once, so that reading them synchronously works wherever they were computed; the estimates count that.
 */
import { DeviceError } from '../../ir/errors.ts';
import type { ArraySource, Node } from '../../ir/node.ts';
import type { TypedArray } from '../../ir/dtype.ts';
import { gpuProfile } from '../../passes/profile.ts';
import { planCache } from '../caches/planCache.ts';
import { resultCache } from '../caches/resultCache.ts';
import { afterJoining, factsOf, memoKey, planFor, planned, prepare, valuesUnder } from './prepare.ts';
import { fillInputs, evaluateTrace, type CompiledTrace, type TraceOutcome } from './trace.ts';
import { evaluated, evaluateNodes } from './evaluate.ts';
import type { Evaluated, EvaluationRecord } from './record.ts';
import type { EvaluateOptions } from './options.ts';
import type { Input } from './run.ts';
import { openGpu, type GpuDevice } from '../gpu/device.ts';
import { checkDTypes, runOnGpu, settled, unfitFor } from '../gpu/evaluate.ts';
import { ShaderError } from '../gpu/pipelines.ts';
import { weighEncoded, weighGpu, withGpu } from '../gpu/choice.ts';
import { keepParts, type Resolve } from './kept.ts';
import { currentEpoch, knownValue } from './knownValues.ts';
import { readCopy, readShared } from '../memory/sources.ts';
import { Source } from '../memory/source.ts';
import { requestFor, type TargetRequest } from '../choose/request.ts';
import type { TargetChoice } from '../choose/decision.ts';

/** Evaluates the roots, all in one plan; on a GPU if that was asked for, or promises to be faster. */
export async function evaluateNodesAsync(
  roots: readonly Node[],
  options: EvaluateOptions,
  operation = 'evaluate',
): Promise<readonly Evaluated[]> {
  const request = requestFor(options.target);
  if (request.name === 'webgpu') return onGpu(roots, options, operation, request);
  const weighed = request.name === 'auto' ? await weighGpu(roots, options, operation, request) : undefined;
  let failure: string | undefined;
  if (weighed?.choice !== undefined)
    try {
      const results = await onGpu(roots, options, operation, request, weighed.choice);
      await fetchAll(results.map(({ source }) => source));
      return results;
    } catch (error) {
      // Whatever the device does, there is the CPU.
      if (!(error instanceof DeviceError)) throw error;
      failure = error.message;
    }
  const results = await whenInMemory(
    () => inputsOnDevice(roots, valuesUnder(options)),
    () => evaluateNodes(roots, options, operation),
  );
  if (weighed === undefined) return results;
  return results.map((result) => withChoice(result, (choice) => withGpu(choice, weighed, failure)));
}

/** The result, its target chosen for other reasons. */
const withChoice = (result: Evaluated, change: (choice: TargetChoice) => TargetChoice): Evaluated => ({
  ...result,
  record: { ...result.record, choice: change(result.record.choice) },
});

/** Brings what is only on a GPU to ordinary memory. */
export const fetchInputs = (roots: readonly Node[]): Promise<void> =>
  whenInMemory(
    () => inputsOnDevice(roots, knownValue),
    () => undefined,
  );

/** What of the expressions is only on a GPU. */
function inputsOnDevice(roots: readonly Node[], resolve: Resolve): readonly Source[] {
  if (!Source.anyOnDevice) return [];
  const sources: ArraySource[] = [];
  const seen = new Set(roots);
  for (const node of seen) {
    const value = node.kind === 'data' ? node : resolve(node);
    if (value !== undefined) sources.push(value.source);
    else for (const input of node.inputs) seen.add(input);
  }
  return onlyOnDevice(sources);
}

const onlyOnDevice = (arrays: readonly (Input | undefined)[]): readonly Source[] =>
  arrays.filter((array): array is Source => array instanceof Source && array.isOnlyOnDevice);

/**
 * Does the work when nothing that it reads is only on a GPU, at once: while one array is fetched, another evaluation may
 * put something else there.
 */
async function whenInMemory<T>(missing: () => readonly Source[], work: () => T): Promise<T> {
  for (let sources = missing(); sources.length > 0; sources = missing())
    for (const source of sources) await source.fetch();
  return work();
}

async function onGpu(
  roots: readonly Node[],
  options: EvaluateOptions,
  operation: string,
  request: TargetRequest,
  chosen?: TargetChoice,
): Promise<readonly Evaluated[]> {
  const gpu = await openGpu();
  const profile = gpuProfile(gpu.codeLimits.storageBuffers);
  const given = prepare(operation, roots, options, profile);
  const { key: structure } = given;
  const memo = options.memo !== false && options.verify !== true;
  const key = memo ? memoKey(request, structure, given.inputs, given.numbersKey) : '';
  const kept = memo ? resultCache.get(key) : undefined;
  if (kept?.sources.every((source) => source.isThere) === true) {
    const plan = planCache.peek(structure)?.plan;
    return evaluated(roots, kept.sources, { ...kept.record, plan, memoHit: true, parts: [] });
  }
  const epoch = currentEpoch();
  const { binding, inputs, parts } = planned(operation, roots, options, given, profile);
  const { numbers, scalars, prepared } = binding;
  checkDTypes(operation, prepared.plan);
  const unfit = unfitFor(gpu, binding);
  if (unfit !== undefined) return onCpuInstead(roots, options, operation, unfit);
  let results: readonly Source[];
  try {
    results = settled(await runOnGpu(binding, inputs));
  } catch (error) {
    if (!(error instanceof ShaderError)) throw error;
    return onCpuInstead(roots, options, operation, error.message);
  }
  const [sources, further] = [results.slice(0, roots.length), results.slice(roots.length)];
  // What `auto` keeps may be read on the CPU next.
  if (chosen !== undefined) await fetchAll(further);
  const record: EvaluationRecord = {
    plan: prepared.plan,
    numbers,
    scalars,
    choice: afterJoining(chosen ?? onDevice(request, gpu), given),
    memoHit: false,
    heap: undefined,
    parts: parts.map(factsOf),
  };
  keepParts(parts, results, request.name, epoch, record);
  if (memo) resultCache.set(key, { sources, record: { ...record, plan: undefined } });
  return evaluated(roots, sources, record);
}

/** What the device cannot hold is computed on the CPU, and explain says why. */
async function onCpuInstead(
  roots: readonly Node[],
  options: EvaluateOptions,
  operation: string,
  why: string,
): Promise<readonly Evaluated[]> {
  const results = await whenInMemory(
    () => inputsOnDevice(roots, knownValue),
    () => evaluateNodes(roots, { ...options, target: 'auto' }, operation),
  );
  return results.map((result) => withChoice(result, (choice) => insteadOfGpu(choice, why)));
}

/** The GPU, because it was asked for. */
const onDevice = (request: TargetRequest, gpu: GpuDevice): TargetChoice => ({
  name: 'webgpu',
  reasons: [...request.reasons, `runs on ${gpu.name}`],
  candidates: [],
});

const insteadOfGpu = ({ name, reasons, candidates }: TargetChoice, why: string): TargetChoice => ({
  name,
  reasons: [`${why}: ${name} runs instead`, ...reasons],
  candidates,
});

/**
 * Runs a traced function where it may take a GPU: because that was asked for, and results stay there, or because it
 * promises to be faster.
 */
export async function runTraceAsync(
  trace: CompiledTrace,
  options: EvaluateOptions,
  arrays: readonly Input[],
): Promise<TraceOutcome> {
  const request = requestFor(options.target);
  if (request.name === 'webgpu') return traceOnGpu(trace, options, arrays, request);
  const inputs = fillInputs(trace.encoding, arrays);
  const weighed =
    request.name === 'auto' ? await weighEncoded(trace.encoding, inputs, options, request) : undefined;
  let failure: string | undefined;
  if (weighed?.choice !== undefined)
    try {
      const outcome = await traceOnGpu(trace, options, arrays, request, weighed.choice);
      await fetchAll(outcome.sources);
      return outcome;
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      failure = error.message;
    }
  return whenInMemory(
    () => onlyOnDevice(inputs),
    () =>
      weighed === undefined
        ? { sources: trace.run(arrays), record: undefined }
        : traceOnCpu(trace, options, arrays, (choice) => withGpu(choice, weighed, failure)),
  );
}

async function traceOnGpu(
  trace: CompiledTrace,
  options: EvaluateOptions,
  arrays: readonly Input[],
  request: TargetRequest,
  chosen?: TargetChoice,
): Promise<TraceOutcome> {
  const { encoding } = trace;
  const { numbers, scalars } = encoding;
  const gpu = await openGpu();
  const prepared = planFor(encoding, options, gpuProfile(gpu.codeLimits.storageBuffers));
  checkDTypes('compile', prepared.plan);
  const binding = prepared.bind(numbers, scalars);
  const given = fillInputs(encoding, arrays);
  const unfit = unfitFor(gpu, binding);
  if (unfit !== undefined)
    return whenInMemory(
      () => onlyOnDevice(given),
      () => traceOnCpu(trace, options, arrays, (choice) => insteadOfGpu(choice, unfit)),
    );
  // Typed arrays were copied at the call: nobody else has them.
  const inputs = given.map((array) => (ArrayBuffer.isView(array) ? new Source(array) : array));
  let sources: readonly Source[];
  try {
    sources = settled(await runOnGpu(binding, inputs));
  } catch (error) {
    if (!(error instanceof ShaderError)) throw error;
    const { message } = error;
    return whenInMemory(
      () => onlyOnDevice(given),
      () => traceOnCpu(trace, options, arrays, (choice) => insteadOfGpu(choice, message)),
    );
  }
  const choice = chosen ?? onDevice(request, gpu);
  return {
    sources,
    record: { plan: prepared.plan, numbers, scalars, choice, memoHit: false, heap: undefined, parts: [] },
  };
}

/** What `auto` takes of the CPU, chosen for reasons of its own. */
function traceOnCpu(
  trace: CompiledTrace,
  options: EvaluateOptions,
  arrays: readonly Input[],
  change: (choice: TargetChoice) => TargetChoice,
): TraceOutcome {
  const { sources, record } = evaluateTrace(trace, options, arrays);
  return { sources, record: record && { ...record, choice: change(record.choice) } };
}

async function fetchAll(arrays: readonly Input[]): Promise<void> {
  for (const source of onlyOnDevice(arrays)) await source.fetch();
}

/** A copy of the values that the reader may keep and write to, brought from a GPU if need be. */
export async function readCopyAsync(source: ArraySource): Promise<TypedArray> {
  if (source instanceof Source && source.isOnlyOnDevice) await source.fetch();
  return readCopy(source);
}

/** The memory that the source reads from, in an ordinary array that stays. */
export async function readSharedAsync(source: ArraySource): Promise<TypedArray> {
  if (source instanceof Source && source.isOnlyOnDevice) await source.fetch();
  return readShared(source);
}
