/**
 * Running a plan on a GPU: one command buffer, one submit, nothing read back.
 *
 * What takes time comes first (pipelines, room in the pool); then, in one go without waiting, inputs are uploaded that
 * are not on the device yet, all dispatches are encoded and submitted, and temporaries go back to the pool: the queue
 * runs in order, so the next run may have them at once.
 */
import type { Dispatch, GpuBinding } from '../../codegen/wgsl/program.ts';
import { DeviceError, InternalError, LazuliError } from '../../ir/errors.ts';
import { resolveIndex } from '../../ir/reference.ts';
import type { BoundArrays } from '../bindPlan.ts';
import type { GpuDevice } from './device.ts';
import type { Launch, LaunchKernel } from './launch.ts';
import type { Pipeline } from './pipelines.ts';
import type { Tenant } from './pool.ts';
import { bufferUsage } from './usage.ts';
import { DeviceValues } from './values.ts';

/** What a run reads: values that are on the device, if they are, or how to come by them. */
export interface DeviceInput {
  /** On this device, if they are. */
  onDevice(gpu: GpuDevice): DeviceValues | undefined;
  /** Uploaded, at once. */
  upload(gpu: GpuDevice): DeviceValues;
}

const statusBytes = 16;
/** Groups along one axis of a grid. */
const mostGroups = 65_535;

/** Runs the launch; the results are on the device. Throws a `DeviceError` with the kernel's name, or the `IndexError` of a `take`. */
export async function runLaunch(
  gpu: GpuDevice,
  launch: Launch,
  arrays: BoundArrays,
  inputs: readonly DeviceInput[],
  timestamps?: GPUQuerySet,
): Promise<DeviceValues[]> {
  const pipelines = await pipelinesFor(gpu, launch);
  await makeRoom(gpu, launch, arrays, inputs);
  const { handle, pool } = gpu;
  const lent: GPUBuffer[] = [];
  const take = (bytes: number): GPUBuffer => {
    const buffer = pool.take(bytes);
    lent.push(buffer);
    return buffer;
  };
  handle.pushErrorScope('validation');
  let results: DeviceValues[];
  let status: GPUBuffer | undefined;
  const scope = { open: true };
  const close = (): Promise<GPUError | null> => {
    scope.open = false;
    return handle.popErrorScope();
  };
  try {
    const given = arrays.parameters.map((parameter, slot) =>
      parameter === undefined ? undefined : onDevice(gpu, inputs, slot),
    );
    const slots = launch.slotBytes.map(take);
    const roots = arrays.roots.map(({ bytes, sameAs }) =>
      sameAs === undefined ? pool.take(bytes) : undefined,
    );
    const uniforms = uniformBuffer(gpu, launch);
    if (launch.kernels.some(({ checksIndices }) => checksIndices)) {
      status = take(statusBytes);
      handle.queue.writeBuffer(status, 0, new Uint32Array(statusBytes / 4));
    }
    const encoder = handle.createCommandEncoder();
    const scratch = (bytes: number): GPUBuffer => take(bytes);
    encodeKernels(encoder, gpu, launch, {
      pipelines,
      uniforms,
      scratch,
      status,
      timestamps,
      bufferOf: (kernel, position) => {
        const argument = kernel.arguments[position];
        const buffer =
          argument?.kind === 'array'
            ? given[argument.slot]?.buffer
            : argument?.kind === 'root'
              ? roots[argument.root]
              : argument === undefined
                ? undefined
                : slots[argument.slot];
        if (buffer === undefined)
          throw new InternalError('webgpu', `${kernel.name} has no buffer ${position}`);
        return buffer;
      },
    });
    handle.queue.submit([encoder.finish()]);
    gpu.submits++;
    const checked = close().then((error) => {
      if (error !== null) throw new DeviceError('webgpu', `${namesOf(launch)}: ${error.message}`);
    });
    // Whoever reads the values is told; if nobody does, nobody needs to know.
    checked.catch(() => undefined);
    results = [];
    for (let k = 0; k < arrays.roots.length; k++) {
      const [root, buffer] = [arrays.roots[k], roots[k]];
      if (root === undefined) continue;
      const same = root.sameAs === undefined ? undefined : results[root.sameAs];
      if (same !== undefined) results.push(same);
      else if (buffer !== undefined)
        results.push(new DeviceValues(gpu, root.dtype, root.length, buffer, true, checked));
    }
  } finally {
    if (scope.open) void close();
    for (const buffer of lent) if (buffer !== status) pool.give(buffer);
  }
  if (status !== undefined) {
    try {
      await checkStatus(gpu, status);
    } catch (error) {
      for (const values of new Set(results)) values.free();
      throw error;
    } finally {
      if (gpu.lost === undefined) pool.give(status);
    }
  }
  return results;
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
  if (missing.length > 0) await Promise.all(missing);
  return found;
}

/** Sees to it that all buffers of the run can be had. */
async function makeRoom(
  gpu: GpuDevice,
  launch: Launch,
  { parameters, roots }: BoundArrays,
  inputs: readonly DeviceInput[],
): Promise<void> {
  const sizes: number[] = [];
  const staying = new Set<Tenant>();
  parameters.forEach((parameter, slot) => {
    if (parameter === undefined) return;
    const there = inputs[slot]?.onDevice(gpu);
    if (there === undefined) sizes.push(parameter.bytes);
    else staying.add(there);
  });
  for (const { bytes, sameAs } of roots) if (sameAs === undefined) sizes.push(bytes);
  sizes.push(...launch.slotBytes);
  for (const { scratchBytes } of launch.kernels) sizes.push(...scratchBytes);
  if (await gpu.pool.reserve(sizes, staying)) return;
  if (gpu.lost !== undefined) throw new DeviceError('webgpu', `the GPU was lost: ${gpu.lost}`);
  const needed = sizes.reduce((sum, bytes) => sum + bytes, 0);
  throw new OutOfDeviceMemory(
    'webgpu',
    `${namesOf(launch)}: the GPU has no room for ${needed} bytes more; ` +
      `${gpu.pool.info.bytes} of ${gpu.pool.budget} are in use (configure({ gpuBytes })); read results you keep with data(), drop others`,
  );
}

/** No room on the device, even after everything was dropped that can be computed again. */
export class OutOfDeviceMemory extends DeviceError {}

function onDevice(gpu: GpuDevice, inputs: readonly DeviceInput[], slot: number): DeviceValues {
  const input = inputs[slot];
  if (input === undefined) throw new InternalError('webgpu', `array ${slot} is missing`);
  return input.onDevice(gpu) ?? input.upload(gpu);
}

interface Encoding {
  readonly pipelines: ReadonlyMap<string, Pipeline>;
  readonly uniforms: GPUBuffer | undefined;
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
      encodeDispatch(pass, gpu, launch, number++, kernel, dispatch, scratch, given);
      gpu.dispatches++;
    }
  });
  pass?.end();
}

function encodeDispatch(
  pass: GPUComputePassEncoder,
  gpu: GpuDevice,
  { uniformRanges }: Launch,
  number: number,
  kernel: LaunchKernel,
  { shader, groups }: Dispatch,
  scratch: readonly GPUBuffer[],
  given: Encoding,
): void {
  const pipeline = given.pipelines.get(shader.wgsl);
  const range = uniformRanges[number];
  if (pipeline === undefined || range === undefined || given.uniforms === undefined)
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
  const largest = gpu.largestArray;
  const group = gpu.handle.createBindGroup({
    label: kernel.name,
    layout: pipeline.layout,
    entries: [
      ...shader.bindings.map((binding, position): GPUBindGroupEntry => {
        const buffer = bound(binding);
        return { binding: position, resource: { buffer, size: Math.min(buffer.size, largest) } };
      }),
      { binding: shader.bindings.length, resource: { buffer: given.uniforms, ...range } },
    ],
  });
  pass.setPipeline(pipeline.handle);
  pass.setBindGroup(0, group);
  const across = Math.min(groups, mostGroups);
  pass.dispatchWorkgroups(across, Math.ceil(groups / across));
}

/** The words of a launch on each device it runs on; collected with it. */
const uniformBuffers = new WeakMap<Launch, { readonly gpu: GpuDevice; readonly buffer: GPUBuffer }>();

function uniformBuffer(gpu: GpuDevice, launch: Launch): GPUBuffer | undefined {
  if (launch.uniforms.length === 0) return undefined;
  const known = uniformBuffers.get(launch);
  if (known?.gpu === gpu) return known.buffer;
  const buffer = gpu.handle.createBuffer({
    size: launch.uniforms.byteLength,
    usage: bufferUsage.uniform | bufferUsage.copyDestination,
  });
  gpu.handle.queue.writeBuffer(buffer, 0, launch.uniforms);
  uniformBuffers.set(launch, { gpu, buffer });
  return buffer;
}

/** Throws the error of an index that was out of bounds. */
async function checkStatus(gpu: GpuDevice, status: GPUBuffer): Promise<void> {
  const words = new Int32Array(statusBytes / 4);
  try {
    await gpu.readBack.read(status, new Uint8Array(words.buffer));
  } catch (error) {
    if (error instanceof LazuliError) throw error;
    throw new DeviceError('webgpu', `the run could not be checked: ${gpu.lost ?? String(error)}`);
  }
  const [failed = 0, index = 0, size = 0] = words;
  if (failed !== 0) resolveIndex(index, size);
}
