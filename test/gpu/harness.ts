/**
 * Runs the programs of the WebGPU code generator on typed arrays, one at a time, with nothing of the runtime in
 * between: every buffer is uploaded, padded with rubbish, and read back.
 */
import { create, globals } from 'webgpu';
import type { Dispatch, GpuLimits, GpuProgram } from '../../src/codegen/wgsl/program.ts';
import type { Scalar, TypedArray } from '../../src/ir/dtype.ts';
import type { Kernel } from '../../src/ir/kernel.ts';
import { halfBits } from '../../src/ir/scalar.ts';

Object.assign(globalThis, globals);

/** Kept as long as the process: Dawn does not survive it. */
const gpu = create([]);

/** More workgroup memory than every device has to offer, but most do. */
export const limits: GpuLimits = { workgroupSize: 256, workgroupBytes: 32768, storageBuffers: 8 };

export interface GpuOutcome {
  /** All buffers of the kernel after the run. */
  readonly buffers: readonly TypedArray[];
  /** Whether an index was out of bounds, the index, the size of its axis. */
  readonly status: readonly number[];
}

const mostGroups = 65535;

export class GpuHarness {
  readonly #device: GPUDevice;
  readonly #rewrite: (wgsl: string) => string;
  readonly #pipelines = new Map<string, GPUComputePipeline>();

  private constructor(device: GPUDevice, rewrite: (wgsl: string) => string) {
    this.#device = device;
    this.#rewrite = rewrite;
  }

  /** `rewrite`: what becomes of a shader before it runs, to have it behave as on another device. */
  static async open(rewrite = (wgsl: string): string => wgsl): Promise<GpuHarness> {
    const adapter = await gpu.requestAdapter();
    if (adapter === null) throw new Error('no GPU adapter: run under the project `gpu` of vitest.config.ts');
    const requiredLimits = { maxComputeWorkgroupStorageSize: limits.workgroupBytes };
    return new GpuHarness(await adapter.requestDevice({ requiredLimits }), rewrite);
  }

  close(): void {
    this.#device.destroy();
  }

  async run(
    kernel: Kernel,
    program: GpuProgram,
    arrays: readonly TypedArray[],
    integers: readonly number[],
    scalars: readonly Scalar[],
    rubbish = 0xa5,
  ): Promise<GpuOutcome> {
    const device = this.#device;
    const { dispatches, scratchBytes } = program.plan(integers);
    const buffers = arrays.map((array) => this.#upload(array, rubbish));
    const scratch = scratchBytes.map((bytes) => this.#buffer(new Uint8Array(bytes).fill(rubbish)));
    const status = this.#buffer(new Uint8Array(16));
    const encoder = device.createCommandEncoder();
    for (const dispatch of dispatches) {
      const pipeline = await this.#pipeline(dispatch);
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      const bound = dispatch.shader.bindings.map((binding) =>
        binding.kind === 'buffer'
          ? buffers[binding.buffer]
          : binding.kind === 'scratch'
            ? scratch[binding.scratch]
            : status,
      );
      const uniform = this.#uniform(kernel, dispatch, scalars);
      const entries = [...bound, uniform].map((buffer, binding) => {
        if (buffer === undefined) throw new Error(`binding ${binding} has no buffer`);
        return { binding, resource: { buffer } };
      });
      pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
      const { groups } = dispatch;
      const down = Math.ceil(groups / mostGroups);
      pass.dispatchWorkgroups(Math.ceil(groups / down), down);
      pass.end();
    }
    device.queue.submit([encoder.finish()]);
    const results: TypedArray[] = [];
    for (const [k, array] of arrays.entries()) results.push(await this.#read(buffers[k], array));
    const words = await this.#read(status, new Uint32Array(4));
    for (const buffer of [...buffers, ...scratch, status]) buffer.destroy();
    return { buffers: results, status: Array.from(words, Number) };
  }

  async #pipeline({ shader }: Dispatch): Promise<GPUComputePipeline> {
    const known = this.#pipelines.get(shader.wgsl);
    if (known !== undefined) return known;
    const device = this.#device;
    const module = device.createShaderModule({ code: this.#rewrite(shader.wgsl) });
    const { messages } = await module.getCompilationInfo();
    const errors = messages.filter(({ type }) => type === 'error');
    if (errors.length > 0)
      throw new Error(
        `${errors.map(({ lineNum, message }) => `line ${lineNum}: ${message}`).join('\n')}\n${shader.wgsl}`,
      );
    // Layouts name every binding, used or not.
    const storage = shader.bindings.map((binding, k): GPUBindGroupLayoutEntry => ({
      binding: k,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: binding.kind === 'status' || binding.writes ? 'storage' : 'read-only-storage' },
    }));
    const layout = device.createBindGroupLayout({
      entries: [
        ...storage,
        { binding: storage.length, visibility: GPUShaderStage.COMPUTE, buffer: { type: 'uniform' } },
      ],
    });
    const pipeline = await device.createComputePipelineAsync({
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: 'main' },
    });
    this.#pipelines.set(shader.wgsl, pipeline);
    return pipeline;
  }

  #uniform(kernel: Kernel, { words, scalarWord }: Dispatch, scalars: readonly Scalar[]): GPUBuffer {
    const block = new Uint32Array(Math.ceil((scalarWord + scalars.length + 1) / 4) * 4);
    words.forEach((word, k) => (block[k] = word));
    const floats = new Float32Array(block.buffer);
    scalars.forEach((scalar, k) => {
      const dtype = kernel.scalars[k];
      if (dtype === 'float32') floats[scalarWord + k] = Number(scalar);
      else if (dtype === 'float16') block[scalarWord + k] = halfBits(scalar);
      else block[scalarWord + k] = Number(scalar);
    });
    return this.#buffer(new Uint8Array(block.buffer), GPUBufferUsage.UNIFORM);
  }

  #upload(array: TypedArray, rubbish: number): GPUBuffer {
    const bytes = new Uint8Array(Math.max(16, Math.ceil(array.byteLength / 16) * 16)).fill(rubbish);
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return this.#buffer(bytes);
  }

  #buffer(bytes: Uint8Array, usage = GPUBufferUsage.STORAGE): GPUBuffer {
    const buffer = this.#device.createBuffer({
      size: bytes.byteLength,
      usage: usage | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
      mappedAtCreation: true,
    });
    new Uint8Array(buffer.getMappedRange()).set(bytes);
    buffer.unmap();
    return buffer;
  }

  async #read(buffer: GPUBuffer | undefined, like: TypedArray): Promise<TypedArray> {
    if (buffer === undefined) throw new Error('no buffer to read');
    const staging = this.#device.createBuffer({
      size: buffer.size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    const encoder = this.#device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
    this.#device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const result = like.slice();
    new Uint8Array(result.buffer).set(new Uint8Array(staging.getMappedRange(), 0, result.byteLength));
    staging.unmap();
    staging.destroy();
    return result;
  }
}
