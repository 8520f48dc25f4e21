/**
 * Running a plan on a GPU: one command buffer, one submit, nothing read back.
 *
 * What takes time comes first (pipelines, room in the pool); then, in one go without waiting, inputs are uploaded that
 * are not on the device yet, all dispatches are encoded and submitted, and temporaries go back to the pool: the queue
 * runs in order, so the next run may have them at once.
 */
import type { Dispatch, GpuBinding } from '../../codegen/wgsl/program.ts';
import { DeviceError, InternalError, LazuliError } from '../../ir/errors.ts';
import { failIndex } from '../../ir/scatter.ts';
import type { BoundArrays } from '../evaluate/bindPlan.ts';
import type { Source } from '../memory/source.ts';
import { inSession } from '../perSession.ts';
import type { GpuDevice } from './device.ts';
import type { Launch, LaunchArgument, LaunchKernel } from './launch.ts';
import { BindGroups } from './bindGroups.ts';
import type { Pipeline } from './pipelines.ts';
import type { Tenant } from './pool.ts';
import { makeRoom } from './room.ts';
import { DeviceValues, placeOn } from './values.ts';

const statusBytes = 16;
/** Groups along one axis of a grid. */
const mostGroups = 65_535;

export interface RunOptions {
  readonly timestamps?: GPUQuerySet;
  /** Called when the work is submitted: from then on it does not matter what becomes of the inputs. */
  readonly submitted?: () => void;
}

/**
 * Runs the launch; the results are on the device, held, each once. Values of the inputs on the device must be held. Throws
 * a `DeviceError` with the kernel's name, or the `IndexError` of a `take` or a `scatter`.
 */
export async function runLaunch(
  gpu: GpuDevice,
  launch: Launch,
  arrays: BoundArrays,
  inputs: readonly Source[],
  { timestamps, submitted }: RunOptions = {},
): Promise<DeviceValues[]> {
  const pipelines = await inSession(pipelinesFor(gpu, launch));
  // One run after the other, so that none takes the room made for another.
  const { results, status } = await inSession(
    gpu.inTurn(async () => {
      await inSession(makeRoomFor(gpu, launch, arrays, inputs));
      const submission = submit(gpu, launch, arrays, inputs, pipelines, timestamps);
      submitted?.();
      return submission;
    }),
  );
  if (status === undefined) return results;
  try {
    await inSession(checkStatus(gpu, status));
  } catch (error) {
    for (const values of new Set(results)) {
      values.free();
      values.release();
    }
    throw error;
  } finally {
    if (gpu.lost === undefined) gpu.pool.give(status);
  }
  return results;
}

interface Submitted {
  readonly results: DeviceValues[];
  /** To be looked at, and given back. */
  readonly status: GPUBuffer | undefined;
}

/** Uploads, encodes and submits; nothing here waits. */
function submit(
  gpu: GpuDevice,
  launch: Launch,
  arrays: BoundArrays,
  inputs: readonly Source[],
  pipelines: ReadonlyMap<string, Pipeline>,
  timestamps: GPUQuerySet | undefined,
): Submitted {
  const { handle, pool } = gpu;
  const groups = BindGroups.of(gpu, launch);
  const given = arrays.parameters.map((parameter, slot) =>
    parameter === undefined ? undefined : onDevice(gpu, inputs, slot),
  );
  // What was accepted once will be again: the same shaders over buffers of the same sizes. Users' buffers may differ each time.
  const checks = !groups.accepted || given.some((values) => values?.isForeign);
  if (checks) handle.pushErrorScope('validation');
  let checked: Promise<void> | undefined;
  /** Given back at the end; `kept` only if nothing comes of the run. */
  const lent: GPUBuffer[] = [];
  const kept: GPUBuffer[] = [];
  const take = (bytes: number, from = lent): GPUBuffer => {
    const buffer = pool.take(bytes);
    from.push(buffer);
    return buffer;
  };
  try {
    const slots = launch.slotBytes.map((bytes) => take(bytes));
    const roots = arrays.roots.map(({ bytes, sameAs }) =>
      sameAs === undefined ? take(bytes, kept) : undefined,
    );
    let status: GPUBuffer | undefined;
    if (launch.kernels.some(({ checksIndices }) => checksIndices)) {
      status = take(statusBytes, kept);
      handle.queue.writeBuffer(status, 0, new Uint32Array(statusBytes / 4));
    }
    const find = (argument: LaunchArgument | undefined): GPUBuffer | undefined => {
      switch (argument?.kind) {
        case 'array':
          return given[argument.slot]?.buffer;
        case 'root':
          return roots[argument.root];
        case 'slot':
          return slots[argument.slot];
        case undefined:
          return undefined;
      }
    };
    const encoder = handle.createCommandEncoder();
    encodeKernels(encoder, gpu, launch, {
      pipelines,
      groups,
      scratch: (bytes) => take(bytes),
      status,
      timestamps,
      bufferOf: (kernel, position) => {
        const buffer = find(kernel.arguments[position]);
        if (buffer === undefined)
          throw new InternalError('webgpu', `${kernel.name} has no buffer ${position}`);
        return buffer;
      },
    });
    handle.queue.submit([encoder.finish()]);
    gpu.submits++;
    if (checks) checked = accepted(gpu, launch, groups);
    kept.length = 0;
    return { results: resultsOf(gpu, arrays, roots, allOf(checked, given)), status };
  } finally {
    if (checks && checked === undefined) void handle.popErrorScope();
    for (const buffer of [...lent, ...kept]) pool.give(buffer);
  }
}

function resultsOf(
  gpu: GpuDevice,
  arrays: BoundArrays,
  roots: readonly (GPUBuffer | undefined)[],
  checked: Promise<void> | undefined,
): DeviceValues[] {
  const results: DeviceValues[] = [];
  for (let k = 0; k < arrays.roots.length; k++) {
    const [root, buffer] = [arrays.roots[k], roots[k]];
    if (root === undefined) continue;
    const same = root.sameAs === undefined ? undefined : results[root.sameAs];
    if (same !== undefined) results.push(same);
    else if (buffer !== undefined) {
      const values = new DeviceValues(gpu, root.dtype, root.length, buffer, true, checked);
      values.hold();
      results.push(values);
    }
  }
  return results;
}

/** The check of what is computed from values whose own is not over. */
function allOf(
  own: Promise<void> | undefined,
  given: readonly (DeviceValues | undefined)[],
): Promise<void> | undefined {
  const checks = [own, ...given.map((values) => values?.doubt)].filter((check) => check !== undefined);
  if (checks.length < 2) return checks[0];
  const all = Promise.all(checks).then(() => undefined);
  all.catch(() => undefined);
  return all;
}

/** Closes the scope in which a launch was submitted for the first time: reading its values throws what went wrong. */
function accepted(gpu: GpuDevice, launch: Launch, groups: BindGroups): Promise<void> {
  const checked = gpu.handle.popErrorScope().then((error) => {
    if (error !== null) throw new DeviceError('webgpu', `${namesOf(launch)}: ${error.message}`);
    groups.accepted = true;
  });
  // Values that are never read need no report.
  checked.catch(() => undefined);
  return checked;
}

const namesOf = ({ kernels }: Launch): string => kernels.map(({ name }) => name).join(', ');

/** Pipelines by the text of their shader, all built at the same time. */
async function pipelinesFor(gpu: GpuDevice, { kernels }: Launch): Promise<Map<string, Pipeline>> {
  const found = new Map<string, Pipeline>();
  const missing: Promise<void>[] = [];
  for (const { name, dispatches } of kernels)
    for (const { shader } of dispatches) {
      if (found.has(shader.wgsl)) continue;
      const ready = gpu.pipelines.peek(shader);
      if (ready !== undefined) found.set(shader.wgsl, ready);
      else
        missing.push(
          gpu.pipelines.get(shader, name).then((pipeline) => {
            found.set(shader.wgsl, pipeline);
          }),
        );
    }
  if (missing.length > 0) await inSession(Promise.all(missing));
  return found;
}

/** Sees to it that all buffers of the run can be had. */
async function makeRoomFor(
  gpu: GpuDevice,
  launch: Launch,
  { parameters, roots }: BoundArrays,
  inputs: readonly Source[],
): Promise<void> {
  const sizes: number[] = [];
  const staying = new Set<Tenant>();
  parameters.forEach((parameter, slot) => {
    if (parameter === undefined) return;
    const there = inputs[slot]?.at(placeOn(gpu));
    if (there === undefined) sizes.push(parameter.bytes);
    else staying.add(there);
  });
  for (const { bytes, sameAs } of roots) if (sameAs === undefined) sizes.push(bytes);
  sizes.push(...launch.slotBytes);
  for (const { scratchBytes } of launch.kernels) sizes.push(...scratchBytes);
  await inSession(makeRoom(gpu, sizes, staying, namesOf(launch)));
}

function onDevice(gpu: GpuDevice, inputs: readonly Source[], slot: number): DeviceValues {
  const values = inputs[slot]?.bring(placeOn(gpu));
  if (values === undefined) throw new InternalError('webgpu', `array ${slot} is missing`);
  return values;
}

interface Encoding {
  readonly pipelines: ReadonlyMap<string, Pipeline>;
  readonly groups: BindGroups;
  readonly status: GPUBuffer | undefined;
  /** Where the times of the kernels go: twice as many as kernels. */
  readonly timestamps: GPUQuerySet | undefined;
  scratch(bytes: number): GPUBuffer;
  bufferOf(kernel: LaunchKernel, position: number): GPUBuffer;
}

function encodeKernels(encoder: GPUCommandEncoder, gpu: GpuDevice, launch: Launch, given: Encoding): void {
  let number = 0;
  let pass: GPUComputePassEncoder | undefined;
  launch.kernels.forEach((kernel, position) => {
    if (given.timestamps !== undefined) {
      pass?.end();
      pass = encoder.beginComputePass({
        timestampWrites: {
          querySet: given.timestamps,
          beginningOfPassWriteIndex: 2 * position,
          endOfPassWriteIndex: 2 * position + 1,
        },
      });
    } else pass ??= encoder.beginComputePass();
    const scratch = kernel.scratchBytes.map((bytes) => given.scratch(bytes));
    for (const dispatch of kernel.dispatches) {
      encodeDispatch(pass, launch, number++, kernel, dispatch, scratch, given);
      gpu.dispatches++;
    }
  });
  pass?.end();
}

function encodeDispatch(
  pass: GPUComputePassEncoder,
  { uniformRanges }: Launch,
  number: number,
  kernel: LaunchKernel,
  { shader, groups }: Dispatch,
  scratch: readonly GPUBuffer[],
  given: Encoding,
): void {
  const pipeline = given.pipelines.get(shader.wgsl);
  const range = uniformRanges[number];
  if (pipeline === undefined || range === undefined)
    throw new InternalError('webgpu', `${kernel.name} is not ready`);
  const bound = (binding: GpuBinding): GPUBuffer => {
    const buffer =
      binding.kind === 'buffer'
        ? given.bufferOf(kernel, binding.buffer)
        : binding.kind === 'scratch'
          ? scratch[binding.scratch]
          : given.status;
    if (buffer === undefined) throw new InternalError('webgpu', `${kernel.name} lacks a buffer`);
    return buffer;
  };
  pass.setPipeline(pipeline.handle);
  pass.setBindGroup(0, given.groups.get(number, pipeline, shader.bindings.map(bound), range, kernel.name));
  const across = Math.min(groups, mostGroups);
  pass.dispatchWorkgroups(across, Math.ceil(groups / across));
}

/** Throws the error of an index that was out of bounds. */
async function checkStatus(gpu: GpuDevice, status: GPUBuffer): Promise<void> {
  const words = new Int32Array(statusBytes / 4);
  try {
    await inSession(gpu.readBack.read(status, new Uint8Array(words.buffer)));
  } catch (error) {
    if (error instanceof LazuliError) throw error;
    throw new DeviceError('webgpu', `the run could not be checked: ${gpu.lost ?? String(error)}`);
  }
  const [failed = 0, index = 0, size = 0, purpose = 0] = words;
  // 1: a signed index, 2: an unsigned one.
  if (failed !== 0) failIndex(failed === 1 ? index : index >>> 0, size, purpose);
}
