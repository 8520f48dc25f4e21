/**
 * The GPU as an executor. Asked for by name, it opens a device and leaves the results there. Under `auto` a device is
 * opened only for much work; one that is open is weighed always, by a model whose terms are measured once per device
 * (`gpu/calibrate.ts`), and software adapters never are.
 */
import { codeOfLaunch } from '../../codegen/wgsl/program.ts';
import { routineWithoutShaders, unsupportedOnGpu } from '../../codegen/wgsl/target.ts';
import type { ArraySource } from '../../ir/node.ts';
import { evaluateSize } from '../../ir/size.ts';
import type { LoweredKernel } from '../../passes/plan.ts';
import { gpuProfile, type PlanProfile } from '../../passes/profile.ts';
import type { Binding } from '../evaluate/bindPlan.ts';
import type { Computation } from '../evaluate/computation.ts';
import { calibrate, knownCosts, type GpuCosts } from '../gpu/calibrate.ts';
import { codeLimits, currentGpu, openGpu } from '../gpu/device.ts';
import { dtypeError } from '../gpu/dtypeAdvice.ts';
import { runOnGpu, settled, unfitFor } from '../gpu/evaluate.ts';
import { unsupportedIn } from '../gpu/launch.ts';
import { measureOnGpu } from '../gpu/measure.ts';
import { ShaderError } from '../gpu/pipelines.ts';
import { gpuProgram } from '../gpu/programs.ts';
import { placeOn } from '../gpu/values.ts';
import { Source } from '../memory/source.ts';
import { inSession } from '../perSession.ts';
import {
  Refusal,
  type AsyncExecutor,
  type AsyncOutcome,
  type Input,
  type KernelCode,
  type Measured,
  type Offer,
} from './executor.ts';

/** Nanoseconds on another executor from which a device is opened. */
const worthOpening = 50e6;

class WebGpuExecutor implements AsyncExecutor {
  readonly name = 'webgpu' as const;
  readonly unavailable = undefined;
  readonly isLastResort = false;
  readonly answersAtOnce = false;
  /** Why no device could be opened for `auto`: there will be none the next time either. */
  #missing: string | undefined;

  get profile(): PlanProfile {
    return gpuProfile(codeLimits().storageBuffers);
  }

  get pending(): string | undefined {
    return currentGpu() === undefined
      ? 'no GPU is open; the first evaluation on one opens it, and `await lz.devices()` lists them'
      : undefined;
  }

  get excluded(): string | undefined {
    const gpu = currentGpu();
    if (gpu === undefined) return this.#missing;
    return gpu.isSoftware ? `${gpu.name} computes on the CPU` : undefined;
  }

  async ready(rival?: number): Promise<void> {
    if (rival === undefined) {
      await inSession(openGpu());
      return;
    }
    if (currentGpu() === undefined) {
      if (rival < worthOpening) return;
      try {
        await inSession(openGpu());
      } catch (error) {
        this.#missing = `no device could be opened: ${error instanceof Error ? error.message : String(error)}`;
        return;
      }
    }
    const gpu = currentGpu();
    if (gpu !== undefined && this.excluded === undefined) await inSession(calibrate(gpu));
  }

  offer(work: Computation, inputs: readonly Input[]): Offer<AsyncExecutor> {
    const gpu = currentGpu();
    const binding = work.under(this.profile);
    const unsupported = unsupportedIn(binding.prepared.plan);
    const unfit = unfitFor(gpu, binding);
    const copiedBytes = uploadBytes(binding, inputs);
    const costs = gpu === undefined ? undefined : knownCosts(gpu);
    return {
      executor: this,
      nanoseconds: costs === undefined ? undefined : estimateOn(costs, binding, copiedBytes),
      threads: 1,
      copiedBytes,
      refusal:
        unsupported !== undefined
          ? new Refusal(`GPUs have no ${unsupported.dtype}`, (operation, again) =>
              dtypeError(operation, again.under(this.profile).prepared.plan, unsupported),
            )
          : unfit === undefined
            ? undefined
            : new Refusal(unfit),
      notes: [
        gpu === undefined
          ? 'no GPU is open yet: code for the limits that every GPU has'
          : `runs on ${gpu.name}`,
      ],
    };
  }

  async run(work: Computation, inputs: readonly ArraySource[]): Promise<AsyncOutcome | Refusal> {
    try {
      return { values: settled(await inSession(runOnGpu(work.under(this.profile), inputs))) };
    } catch (error) {
      if (error instanceof ShaderError) return new Refusal(error.message);
      throw error;
    }
  }

  /** The shaders that run for these numbers. */
  codeOf({ kernel, integers }: LoweredKernel, numbers: readonly number[]): KernelCode | undefined {
    if (unsupportedOnGpu(kernel) !== undefined || routineWithoutShaders(kernel) !== undefined)
      return undefined;
    const program = gpuProgram(kernel, codeLimits());
    return codeOfLaunch(program.plan(integers.map((size) => evaluateSize(size, numbers))));
  }

  threadsOf(): null {
    return null;
  }

  measure(work: Computation, inputs: readonly ArraySource[]): Promise<Measured | undefined> {
    return measureOnGpu(work.under(this.profile), inputs);
  }
}

export const webGpuExecutor: AsyncExecutor & { readonly name: 'webgpu' } = new WebGpuExecutor();

/** Bytes of the inputs that are not on the device. */
function uploadBytes({ arrays: { parameters } }: Binding, inputs: readonly Input[]): number {
  const gpu = currentGpu();
  let sum = 0;
  parameters.forEach((array, slot) => {
    const input = inputs[slot];
    const isThere = gpu !== undefined && input instanceof Source && input.at(placeOn(gpu)) !== undefined;
    if (array !== undefined && !isThere) sum += array.bytes;
  });
  return sum;
}

/** Nanoseconds from one iteration to the next where they run in order: each waits for memory. Not measured yet. */
const orderedTurn = 300;

/** Nanoseconds for a run on the device, results brought back. */
function estimateOn(costs: GpuCosts, { work, arrays }: Binding, uploadedBytes: number): number {
  const { resultBytes } = arrays;
  const inputBytes = arrays.parameters.reduce((sum, array) => sum + (array?.bytes ?? 0), 0);
  return (
    costs.run +
    work.kernels * costs.launch +
    work.orderedTurns * orderedTurn +
    Math.max(work.units * costs.unit, (inputBytes + resultBytes) * costs.byte) +
    uploadedBytes * costs.upload +
    resultBytes * costs.readBack
  );
}
