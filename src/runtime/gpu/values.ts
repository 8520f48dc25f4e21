/**
 * Values in device memory: a copy of what is in ordinary memory too, or the only ones.
 *
 * Copies go whenever their room is needed, or with a device that is lost. The only values carry a recipe, the plan and
 * the inputs they came of, where that keeps little memory alive: then they may go as well, and are computed again when
 * they are wanted. Without a recipe they are read back to ordinary memory before they go.
 */
import { allocate, bytesOf, type DType, type TypedArray } from '../../ir/dtype.ts';
import { DeviceError } from '../../ir/errors.ts';
import type { GpuDevice } from './device.ts';
import type { Tenant } from './pool.ts';

/** How to compute values again. */
export interface DeviceRecipe {
  /** Whether its inputs are sure to be there; else it serves only what would be lost anyway. */
  readonly isSure: boolean;
  /** Bytes of the inputs, and of the inputs of their recipes. */
  readonly retainedBytes: number;
  /** How many recipes must be followed at the most, this one included. */
  readonly depth: number;
  compute(): Promise<DeviceValues>;
}

export class DeviceValues implements Tenant {
  readonly gpu: GpuDevice;
  readonly dtype: DType;
  readonly length: number;
  readonly bufferSize: number;
  /** Whether these are the only values, and no copy. */
  only: boolean;
  /** Of the only values. */
  recipe: DeviceRecipe | undefined;
  /** Whether the work that makes them was accepted; awaited by whoever reads them. */
  readonly checked: Promise<void>;
  /** The only values, read back to make room. */
  rescued: TypedArray | undefined;
  #buffer: GPUBuffer | undefined;
  #pins = 0;
  #freed = false;

  /** `foreign` buffers belong to users: the pool does not get them. */
  readonly #foreign: boolean;

  constructor(
    gpu: GpuDevice,
    dtype: DType,
    length: number,
    buffer: GPUBuffer,
    only: boolean,
    checked: Promise<void> = done,
    foreign = false,
  ) {
    this.gpu = gpu;
    this.dtype = dtype;
    this.length = length;
    this.#buffer = buffer;
    this.bufferSize = buffer.size;
    this.only = only;
    this.checked = checked;
    this.#foreign = foreign;
    if (!foreign) gpu.pool.use(this);
  }

  get bytes(): number {
    return this.length * bytesOf(this.dtype);
  }

  /** Whether the values are there. */
  get isLive(): boolean {
    return this.#buffer !== undefined && this.gpu.lost === undefined;
  }

  /** The buffer, for work to be submitted before anything else happens. */
  get buffer(): GPUBuffer {
    if (this.#buffer === undefined || !this.isLive)
      throw new DeviceError('webgpu', 'the values are not on the device any more');
    if (!this.#foreign) this.gpu.pool.use(this);
    return this.#buffer;
  }

  leave(): boolean {
    if (this.#pins > 0 || this.#foreign || (this.only && this.recipe?.isSure !== true)) return false;
    this.free();
    return true;
  }

  /** Brings the only values to ordinary memory, so that they may leave; false if there is nothing to do. */
  async rescue(): Promise<boolean> {
    if (!this.isLive || this.#foreign || !this.only || this.recipe?.isSure === true) return false;
    this.rescued = await this.read();
    this.only = false;
    return true;
  }

  /** The values are not needed any more. */
  free(): void {
    this.#freed = true;
    if (this.#buffer === undefined || this.#pins > 0) return;
    const buffer = this.#buffer;
    this.#buffer = undefined;
    if (this.#foreign) return;
    this.gpu.pool.forget(this);
    if (this.gpu.lost === undefined) this.gpu.pool.give(buffer);
  }

  /** Hands the buffer over to a user; the pool does not own it from then on. */
  part(): GPUBuffer {
    const { buffer } = this;
    this.#buffer = undefined;
    if (!this.#foreign) {
      this.gpu.pool.forget(this);
      this.gpu.pool.part(buffer);
    }
    return buffer;
  }

  /** The values in an ordinary array. */
  async read(): Promise<TypedArray> {
    const { buffer, gpu } = this;
    const values = allocate(this.dtype, this.length);
    this.#pins++;
    try {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      if (bytes.byteLength > 0) await gpu.readBack.read(buffer, bytes);
      await this.checked;
    } finally {
      this.#pins--;
      if (this.#freed) this.free();
    }
    return values;
  }
}

const done = Promise.resolve();

/** Gives buffers back whose sources are gone. */
export const deviceFinalizers = new FinalizationRegistry((values: DeviceValues) => {
  values.free();
});
