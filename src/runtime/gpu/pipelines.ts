/**
 * Compute pipelines, by the text of their shader: built asynchronously, all of a plan at the same time, and kept.
 */
import { inSession } from '../perSession.ts';
import { LRUCache } from 'lru-cache';
import type { Shader } from '../../codegen/wgsl/program.ts';
import { DeviceError } from '../../ir/errors.ts';

export interface Pipeline {
  readonly handle: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** A shader that the driver does not compile, at the first try or at any later one. */
export class ShaderError extends DeviceError {}

/** Pipelines kept per device. */
const maxPipelines = 2048;

export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #ready = new LRUCache<string, Pipeline>({ max: maxPipelines });
  readonly #building = new Map<string, Promise<Pipeline>>();
  /** Shaders that did not compile, not to be tried again. */
  readonly #refused = new LRUCache<string, ShaderError>({ max: maxPipelines });
  built = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** The pipeline, if it has been built. */
  peek({ wgsl }: Shader): Pipeline | undefined {
    return this.#ready.get(wgsl);
  }

  /** Builds it, unless that has been done. `kernel` is named in errors. */
  async get(shader: Shader, kernel: string): Promise<Pipeline> {
    const ready = this.#ready.get(shader.wgsl);
    if (ready !== undefined) return ready;
    const refused = this.#refused.get(shader.wgsl);
    if (refused !== undefined) throw refused;
    let building = this.#building.get(shader.wgsl);
    if (building === undefined) {
      building = this.#build(shader, kernel).finally(() => this.#building.delete(shader.wgsl));
      this.#building.set(shader.wgsl, building);
    }
    return building;
  }

  async #build({ wgsl, bindings }: Shader, kernel: string): Promise<Pipeline> {
    const device = this.#device;
    const module = device.createShaderModule({ label: kernel, code: wgsl });
    const layout = device.createBindGroupLayout({
      label: kernel,
      entries: [
        ...bindings.map((binding, position): GPUBindGroupLayoutEntry => ({
          binding: position,
          visibility: computeStage,
          buffer: {
            type: binding.kind === 'status' || binding.writes ? 'storage' : 'read-only-storage',
          },
        })),
        { binding: bindings.length, visibility: computeStage, buffer: { type: 'uniform' } },
      ],
    });
    try {
      const handle = await inSession(
        device.createComputePipelineAsync({
          label: kernel,
          layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
          compute: { module, entryPoint: 'main' },
        }),
      );
      this.built++;
      const pipeline = { handle, layout };
      this.#ready.set(wgsl, pipeline);
      return pipeline;
    } catch (error) {
      const refused = new ShaderError('webgpu', await inSession(this.#failure(module, kernel, error)));
      if (isValidation(error)) this.#refused.set(wgsl, refused);
      throw refused;
    }
  }

  /** What the compiler says is more telling than what the pipeline says. */
  async #failure(module: GPUShaderModule, kernel: string, error: unknown): Promise<string> {
    const said = error instanceof Error ? error.message : String(error);
    try {
      const { messages } = await inSession(module.getCompilationInfo());
      const wrong = messages.filter(({ type }) => type === 'error');
      const where = wrong.map(({ lineNum, message }) => `line ${lineNum}: ${message}`).join('; ');
      return `the shader of ${kernel} does not compile: ${where === '' ? said : where}`;
    } catch {
      return `the shader of ${kernel} does not compile: ${said}`;
    }
  }
}

/** Whether it is the shader that is wrong or too large; other reasons (memory, a device on its way out) may pass. */
const isValidation = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'reason' in error && error.reason === 'validation';

/** `GPUShaderStage.COMPUTE`. */
const computeStage = 0x4;
