/**
 * Values in device memory: a copy of what is in ordinary memory too, or the only ones.
 *
 * Copies go whenever their room is needed, or with a device that is lost. The only values carry a recipe, the plan and
 * the inputs they came of, where that keeps little memory alive: then they may go as well, and are computed again when
 * they are wanted. Without a recipe they are read back to ordinary memory before they go.
 */
import { allocate, bytesOf, type DType, type TypedArray } from '../../ir/dtype.ts';
import { DeviceError, LazuliError } from '../../ir/errors.ts';
import { dtypeOf } from '../memory/host.ts';
import type { Place, RemoteCopy } from '../memory/place.ts';
import { inSession } from '../perSession.ts';
import type { GpuDevice } from './device.ts';
import type { Tenant } from './pool.ts';
import { upload } from './upload.ts';

/** How to compute values again. */
export interface DeviceRecipe {
  /** Whether its inputs are sure to be there; else it serves only what would be lost anyway. */
  readonly isSure: boolean;
  /** Bytes of the inputs, and of the inputs of their recipes. */
  readonly retainedBytes: number;
  /** How many recipes must be followed at the most, this one included. */
  readonly depth: number;
  /** The values, held. */
  compute(): Promise<DeviceValues>;
}

export class DeviceValues implements RemoteCopy, Tenant {
  readonly gpu: GpuDevice;
  readonly dtype: DType;
  readonly length: number;
  readonly bufferSize: number;
  /** Whether these are the only values, and no copy. */
  only: boolean;
  /** Of the only values. */
  recipe: DeviceRecipe | undefined;
  /** Rejects if the device refused the work that makes the values, or the work that makes its inputs; reads await it. */
  readonly checked: Promise<void>;
  /** The buffer is the user's: the pool never takes it, and the user may write to it. */
  readonly isForeign: boolean;
  rescued: TypedArray | undefined;
  #buffer: GPUBuffer | undefined;
  #holds = 0;
  #freed = false;
  #verdict: 'open' | 'good' | 'bad' = 'open';

  constructor(
    gpu: GpuDevice,
    dtype: DType,
    length: number,
    buffer: GPUBuffer,
    only: boolean,
    checked?: Promise<void>,
    isForeign = false,
  ) {
    this.gpu = gpu;
    this.dtype = dtype;
    this.length = length;
    this.#buffer = buffer;
    this.bufferSize = buffer.size;
    this.only = only;
    this.checked = checked ?? done;
    this.isForeign = isForeign;
    if (!isForeign) gpu.pool.use(this);
    if (checked === undefined) this.#verdict = 'good';
    else
      checked.then(
        () => (this.#verdict = 'good'),
        () => (this.#verdict = 'bad'),
      );
  }

  get place(): Place {
    return placeOn(this.gpu);
  }

  get isInMemory(): false {
    return false;
  }

  get mayChange(): boolean {
    return this.isForeign;
  }

  get byteLength(): number {
    return this.length * bytesOf(this.dtype);
  }

  /** What is computed from them is as good as they are: their check, unless it has ended well. */
  get doubt(): Promise<void> | undefined {
    return this.#verdict === 'good' ? undefined : this.checked;
  }

  /** Whether they are known to be worth nothing. */
  get isBad(): boolean {
    return this.#verdict === 'bad';
  }

  /** Keeps them on the device until they are released. */
  hold(): void {
    this.#holds++;
    if (!this.isForeign) this.gpu.pool.hold();
  }

  release(): void {
    this.#holds--;
    if (this.#freed) this.free();
    if (!this.isForeign) this.gpu.pool.release();
  }

  get isThere(): boolean {
    return this.#buffer !== undefined && this.gpu.lost === undefined;
  }

  /** The buffer, for work to be submitted before anything else happens. */
  get buffer(): GPUBuffer {
    if (this.#buffer === undefined || !this.isThere)
      throw new DeviceError('webgpu', 'the values are not on the device any more');
    if (!this.isForeign) this.gpu.pool.use(this);
    return this.#buffer;
  }

  leave(): boolean {
    if (this.#holds > 0 || this.isForeign) return false;
    if (this.only && this.recipe?.isSure !== true && !this.isBad) return false;
    this.free();
    return true;
  }

  /** Brings the only values to ordinary memory, so that they may leave; false if there is nothing to do. */
  async rescue(): Promise<boolean> {
    if (!this.isThere || this.isForeign || !this.only || this.isBad || this.recipe?.isSure === true)
      return false;
    try {
      this.rescued = await inSession(this.fetch());
      this.only = false;
    } catch (error) {
      // What turns out to be worth nothing may leave, too.
      if (this.#verdict !== 'bad') throw error;
    }
    return true;
  }

  demote(): void {
    this.only = false;
    this.recipe = undefined;
  }

  /** Whether values that were lost may come back, and those that are there were not refused by the device. */
  get isObtainable(): boolean {
    return !this.isBad && (this.isThere || this.recipe?.isSure === true);
  }

  async recomputeLater(): Promise<DeviceValues> {
    if (this.isBad) await inSession(this.checked);
    if (this.recipe === undefined)
      throw new DeviceError(
        'webgpu',
        `the values were only on a GPU, which was lost (${this.gpu.lost ?? 'closed'}), and what they came of is gone; ` +
          'read what you want to keep with data()',
      );
    return inSession(this.recipe.compute());
  }

  isLost(): Promise<boolean> {
    return this.gpu.isLost();
  }

  read(): never {
    throw new DeviceError(
      'webgpu',
      'the values are on the GPU, which can only be read asynchronously: `await x.data()` first, after that they ' +
        'are in memory for synchronous reading too',
    );
  }

  free(): void {
    this.#freed = true;
    if (this.#buffer === undefined || this.#holds > 0) return;
    const buffer = this.#buffer;
    this.#buffer = undefined;
    if (this.isForeign) return;
    this.gpu.pool.forget(this);
    if (this.gpu.lost === undefined) this.gpu.pool.give(buffer);
  }

  async fetch(): Promise<TypedArray> {
    const { buffer } = this;
    const values = allocate(
      this.dtype,
      this.length,
      'data',
      () => `reading ${this.length} elements, ${this.dtype}, of a GPU`,
    );
    this.hold();
    try {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      if (bytes.byteLength > 0) await inSession(this.#copy(buffer, bytes));
      await inSession(this.checked);
    } catch (error) {
      throw error instanceof LazuliError
        ? error
        : new DeviceError('data', `reading failed: ${String(error)}`);
    } finally {
      this.release();
    }
    return values;
  }

  async #copy(buffer: GPUBuffer, into: Uint8Array): Promise<void> {
    const { handle, readBack } = this.gpu;
    if (!this.isForeign) return readBack.read(buffer, into);
    // It may have been destroyed, or be of another device. The first copy is submitted at once.
    handle.pushErrorScope('validation');
    const reading = readBack.read(buffer, into);
    const refusal = await inSession(handle.popErrorScope());
    if (refusal === null) return reading;
    reading.catch(() => undefined);
    throw new DeviceError('fromGPUBuffer', `the buffer cannot be read: ${refusal.message}`);
  }
}

const done = Promise.resolve();

const places = new WeakMap<GpuDevice, Place<DeviceValues>>();

/** The memory of a device, as a place. */
export function placeOn(gpu: GpuDevice): Place<DeviceValues> {
  let place = places.get(gpu);
  if (place === undefined) {
    place = {
      name: 'the GPU',
      get budget() {
        return gpu.pool.budget;
      },
      holds: (copy): copy is DeviceValues => copy instanceof DeviceValues && copy.gpu === gpu && copy.isThere,
      bring(values) {
        const buffer = gpu.pool.take(values.byteLength);
        const device = new DeviceValues(gpu, dtypeOf(values), values.length, buffer, false);
        upload(gpu, values, buffer);
        return device;
      },
    };
    places.set(gpu, place);
  }
  return place;
}
