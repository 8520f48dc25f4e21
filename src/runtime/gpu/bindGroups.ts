/**
 * Bind groups of a launch: which buffers its dispatches use. Making one takes as long as encoding a dispatch, and a
 * program in a loop gets the same few buffers from the pool again and again: so the last ones are kept.
 */
import type { GpuDevice } from './device.ts';
import type { Launch } from './launch.ts';
import type { Pipeline } from './pipelines.ts';
import { bufferUsage } from './usage.ts';

/** Kept per dispatch. */
const kept = 256;

/** Numbers of buffers, for keys. */
const numbers = new WeakMap<GPUBuffer, number>();
let next = 1;

function numberOf(buffer: GPUBuffer): number {
  let number = numbers.get(buffer);
  if (number === undefined) {
    number = next++;
    numbers.set(buffer, number);
  }
  return number;
}

const known = new WeakMap<Launch, BindGroups>();

export class BindGroups {
  readonly #gpu: GpuDevice;
  readonly #uniforms: GPUBuffer | undefined;
  /** By dispatch, then by the numbers of the buffers, oldest first. */
  readonly #groups: Map<string, GPUBindGroup>[] = [];
  /** Whether the device has accepted the launch. */
  accepted = false;

  private constructor(gpu: GpuDevice, { uniforms }: Launch) {
    this.#gpu = gpu;
    if (uniforms.length === 0) return;
    const { handle } = gpu;
    this.#uniforms = handle.createBuffer({
      size: uniforms.byteLength,
      usage: bufferUsage.uniform | bufferUsage.copyDestination,
    });
    handle.queue.writeBuffer(this.#uniforms, 0, uniforms);
  }

  /** Those of a launch on this device. */
  static of(gpu: GpuDevice, launch: Launch): BindGroups {
    let groups = known.get(launch);
    if (groups === undefined || groups.#gpu !== gpu) {
      groups = new BindGroups(gpu, launch);
      known.set(launch, groups);
    }
    return groups;
  }

  get(
    dispatch: number,
    { layout }: Pipeline,
    buffers: readonly GPUBuffer[],
    uniforms: { readonly offset: number; readonly size: number },
    label: string,
  ): GPUBindGroup {
    const groups = (this.#groups[dispatch] ??= new Map<string, GPUBindGroup>());
    let key = '';
    for (const buffer of buffers) key += `${numberOf(buffer)},`;
    const found = groups.get(key);
    if (found !== undefined) return found;
    const group = this.#create(layout, buffers, uniforms, label);
    for (const oldest of groups.keys()) {
      if (groups.size < kept) break;
      groups.delete(oldest);
    }
    groups.set(key, group);
    return group;
  }

  #create(
    layout: GPUBindGroupLayout,
    buffers: readonly GPUBuffer[],
    uniforms: { readonly offset: number; readonly size: number },
    label: string,
  ): GPUBindGroup {
    const largest = this.#gpu.largestArray;
    const entries = buffers.map((buffer, binding): GPUBindGroupEntry => {
      const size = Math.min(buffer.size, largest);
      return { binding, resource: { buffer, size } };
    });
    if (this.#uniforms !== undefined)
      entries.push({ binding: buffers.length, resource: { buffer: this.#uniforms, ...uniforms } });
    return this.#gpu.handle.createBindGroup({ label, layout, entries });
  }
}
