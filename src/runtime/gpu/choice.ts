/**
 * Whether `auto` should use the GPU: the estimates of `cost.ts` for the CPU against a model of the device, whose terms
 * are measured once per device (`calibrate.ts`).
 *
 * A device is opened for this only if there is much work; a device that is open is weighed always. Software adapters
 * are out of the question.
 */
import type { Node } from '../../ir/node.ts';
import { sizeOf } from '../../ir/shape.ts';
import { gpuProfile } from '../../passes/profile.ts';
import type { Encoding } from '../../passes/bind.ts';
import type { Binding } from '../evaluate/bindPlan.ts';
import { encodeRoots, inputsOf, planFor } from '../evaluate/prepare.ts';
import type { EvaluateOptions } from '../evaluate/options.ts';
import type { Input } from '../evaluate/run.ts';
import { formatBytes, formatTime } from '../units.ts';
import { Source } from '../memory/source.ts';
import { decide, type Candidate, type Decision, type TargetChoice } from '../choose/decision.ts';
import type { TargetRequest } from '../choose/request.ts';
import { calibrate, knownCosts, type GpuCosts } from './calibrate.ts';
import { currentGpu, openGpu, type GpuDevice } from './device.ts';
import { unfitFor } from './evaluate.ts';
import { unsupportedIn } from './launch.ts';

/** Microseconds on the CPU from which a device is opened, and from which one that is open is weighed. */
const worthOpening = 50_000;
const worthWeighing = 200;
/** Elements of all nodes together below which nothing takes long enough, and nodes that are enough to look at. */
const fewElements = 2 ** 16;
const manyNodes = 512;

/** Why no device could be opened: there will be none the next time either. */
let unavailable: string | undefined;

/** What the GPU would take, or why it is out of the question. */
export interface GpuWeighed {
  readonly candidate: Candidate;
  /** The choice, if the GPU is it. */
  readonly choice: TargetChoice | undefined;
}

/** Weighs the GPU for `auto`, opening a device if that may pay; `undefined` where there is nothing to weigh. */
export async function weighGpu(
  roots: readonly Node[],
  options: EvaluateOptions,
  operation: string,
  request: TargetRequest,
): Promise<GpuWeighed | undefined> {
  if (!mayWeigh(options, request) || !isLarge(roots)) return undefined;
  const out = outOfTheQuestion();
  if (out !== undefined) return excluded(out);
  const encoding = encodeRoots(roots, options, operation);
  return weighEncoded(encoding, inputsOf(operation, encoding), options, request);
}

/** The same for what is encoded, but without a word on a GPU that is never weighed: calls have to be quick. */
export async function weighEncoded(
  encoding: Encoding,
  inputs: readonly Input[],
  options: EvaluateOptions,
  request: TargetRequest,
): Promise<GpuWeighed | undefined> {
  if (!mayWeigh(options, request) || outOfTheQuestion() !== undefined) return undefined;
  const open = currentGpu();
  const cpu = cpuDecision(encoding, options, request, inputs);
  if (cpu === undefined || cpu.microseconds < worthWeighing) return undefined;
  const gpu = open ?? (await openFor(cpu.microseconds));
  const out = outOfTheQuestion();
  if (out !== undefined) return excluded(out);
  if (gpu === undefined) return undefined;
  return weigh(gpu, await calibrate(gpu), encoding, options, inputs, cpu);
}

/** Whether there is something to weigh a GPU against. */
const mayWeigh = ({ verify }: EvaluateOptions, { candidates }: TargetRequest): boolean =>
  candidates.length > 0 && verify !== true;

/** Why `auto` takes no GPU whatever the plan. */
function outOfTheQuestion(): string | undefined {
  const gpu = currentGpu();
  if (gpu === undefined) return unavailable;
  return gpu.isSoftware ? `${gpu.name} computes on the CPU` : undefined;
}

const excluded = (why: string): GpuWeighed => ({
  candidate: { target: 'webgpu', microseconds: 0, threads: 1, copiedBytes: 0, excluded: why },
  choice: undefined,
});

/** The same for explain, which opens and measures nothing. */
export function weighOpenGpu(
  encoding: Encoding,
  options: EvaluateOptions,
  inputs: readonly Input[],
  cpu: Decision,
): GpuWeighed | undefined {
  const out = outOfTheQuestion();
  if (out !== undefined) return excluded(out);
  const gpu = currentGpu();
  return gpu === undefined ? undefined : weigh(gpu, knownCosts(gpu), encoding, options, inputs, cpu);
}

/** Whether the expression may be worth weighing: a look at its sizes, much cheaper than a plan. */
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

/** What the CPU would do; `undefined` if some input is only on a GPU and would have to be computed first. */
function cpuDecision(
  encoding: Encoding,
  options: EvaluateOptions,
  request: TargetRequest,
  inputs: readonly Input[],
): Decision | undefined {
  if (
    inputs.some((input) => input instanceof Source && input.isOnlyOnDevice && input.device?.isLive !== true)
  )
    return undefined;
  const binding = planFor(encoding, options).bind(encoding.numbers, encoding.scalars);
  return decide(binding, request, inputs, undefined);
}

async function openFor(microseconds: number): Promise<GpuDevice | undefined> {
  if (microseconds < worthOpening) return undefined;
  try {
    return await openGpu();
  } catch (error) {
    unavailable = `no device could be opened: ${error instanceof Error ? error.message : String(error)}`;
    return undefined;
  }
}

function weigh(
  gpu: GpuDevice,
  costs: GpuCosts | undefined,
  encoding: Encoding,
  options: EvaluateOptions,
  inputs: readonly Input[],
  cpu: Decision,
): GpuWeighed | undefined {
  const prepared = planFor(encoding, options, gpuProfile(gpu.codeLimits.storageBuffers));
  const unsupported = unsupportedIn(prepared.plan);
  if (unsupported !== undefined) return excluded(`GPUs have no ${unsupported.dtype}`);
  const binding = prepared.bind(encoding.numbers, encoding.scalars);
  const unfit = unfitFor(gpu, binding);
  if (unfit !== undefined) return excluded(unfit);
  if (costs === undefined) return undefined;
  let uploadBytes = 0;
  binding.arrays.parameters.forEach((array, slot) => {
    const input = inputs[slot];
    if (array === undefined || (input instanceof Source && input.onDevice(gpu) !== undefined)) return;
    uploadBytes += array.bytes;
  });
  const microseconds = Math.round(estimateOn(costs, binding, uploadBytes)) / 1000;
  const candidate: Candidate = {
    target: 'webgpu',
    microseconds,
    threads: 1,
    copiedBytes: uploadBytes,
    excluded: null,
  };
  if (microseconds >= cpu.microseconds) return { candidate, choice: undefined };
  const copying = uploadBytes > 0 ? `, copying ${formatBytes(uploadBytes)}` : '';
  return {
    candidate,
    choice: {
      name: 'webgpu',
      reasons: [
        `auto: webgpu about ${formatTime(microseconds)}${copying}; ${cpu.name} about ${formatTime(cpu.microseconds)}`,
        `runs on ${gpu.name}`,
      ],
      candidates: [...cpu.candidates, candidate],
    },
  };
}

/** Nanoseconds for a run on the device, results brought back. */
function estimateOn(costs: GpuCosts, { work, arrays }: Binding, uploadBytes: number): number {
  const resultBytes = arrays.roots.reduce(
    (sum, { bytes, sameAs }) => sum + (sameAs === undefined ? bytes : 0),
    0,
  );
  const inputBytes = arrays.parameters.reduce((sum, array) => sum + (array?.bytes ?? 0), 0);
  return (
    costs.run +
    work.kernels * costs.launch +
    Math.max(work.units * costs.unit, (inputBytes + resultBytes) * costs.byte) +
    uploadBytes * costs.upload +
    resultBytes * costs.readBack
  );
}

/** The choice of a CPU target, with what the GPU would have taken beside it, or why it failed when it was tried. */
export function withGpu(choice: TargetChoice, { candidate }: GpuWeighed, failure?: string): TargetChoice {
  const { microseconds, copiedBytes, excluded } = candidate;
  const copying = copiedBytes > 0 ? `, copying ${formatBytes(copiedBytes)}` : '';
  const words = excluded === null ? `about ${formatTime(microseconds)}${copying}` : `not: ${excluded}`;
  return {
    name: choice.name,
    reasons: [
      ...choice.reasons,
      `webgpu ${words}`,
      ...(failure === undefined ? [] : [`it was tried and failed, ${failure}: ${choice.name} runs instead`]),
    ],
    candidates: [...choice.candidates, candidate],
  };
}
