/**
 * Where values live. A source of values has an identity and a version; memo keys are made of both, so a changed array
 * is another array to the caches.
 *
 * The truth of a source is an ordinary typed array, or a block of the shared heap for what a heap target computed.
 * Beside an ordinary array a source may have a copy on the heap, made when a heap target first reads it and again
 * after the version has changed. Either way the block is held by a `Lease` (`lease.ts`), which copies the only values
 * out when the heap needs the block, so that the source finds them. A source that is garbage-collected gives its block
 * back through a finalizer.
 *
 * Results that were dropped because they have a recipe are computed a second time when they are read after all, and
 * have no recipe from then on. A recipe needs inputs that do not change: of memory that users may write to it takes the
 * copy on the heap, which then is the only one of its version.
 *
 * A lease does not know its source, and a lease without a block is known to its source alone: so neither the heap nor
 * the finalizer keeps a dead source, its host array, or what was copied out for it. That matters in synchronous loops,
 * where finalizers never run. (A WeakRef would keep its target through such a loop.)
 */
import type { ArraySource } from '../../ir/node.ts';
import { bytesOf, dtypeOfTypedArray, type DType, type TypedArray } from '../../ir/dtype.ts';
import { DeviceError, InternalError, LazuliError } from '../../ir/errors.ts';
import type { Shape } from '../../ir/shape.ts';
import type { GpuDevice } from '../gpu/device.ts';
import { upload } from '../gpu/upload.ts';
import { deviceFinalizers, DeviceValues } from '../gpu/values.ts';
import { inSession } from '../perSession.ts';
import { heap } from './heap.ts';
import { finalizers, hostCopy, Lease, type Recipe } from './lease.ts';
import { memoryGone, resultGone } from './userArray.ts';
import { isUsableOnHeap } from './userMemory.ts';

/** Arrays up to this size are copied where others are kept track of, which costs more. */
export const smallBytes = 1024;

/** How often values are computed again because a GPU was lost. */
export const maxAttempts = 3;

export class Source implements ArraySource {
  static #next = 1;
  /** Whether any values were ever only on a GPU. */
  static anyOnDevice = false;
  readonly id = Source.#next++;
  version = 0;
  readonly byteLength: number;
  /** Evaluations that read it since its values changed. */
  reads = 0;
  #host: TypedArray | undefined;
  #lease: Lease | undefined;
  /** Of memory that users may write to: the shape it was wrapped in, for errors. */
  readonly #wrapped: Shape | undefined;
  /** Of memory that users may write to: the values on the heap, and the version they are of. */
  #snapshot: Source | undefined;
  #snapshotVersion = 0;
  /** Whether the values may be read at any time. */
  #isShared = false;
  /** The values on a GPU. */
  #device: DeviceValues | undefined;

  constructor(values: TypedArray | Lease | DeviceValues, wrapped?: Shape) {
    this.#wrapped = wrapped;
    if (values instanceof DeviceValues) {
      this.byteLength = values.bytes;
      this.#place(values);
      Source.anyOnDevice = true;
    } else if (values instanceof Lease) {
      this.#lease = values;
      this.byteLength = values.length * bytesOf(values.dtype);
      finalizers.register(this, values, values);
    } else {
      this.#host = values;
      this.byteLength = values.byteLength;
    }
  }

  /** Not to be kept: a block of the heap may go away with the next run. */
  get values(): TypedArray {
    this.check('data');
    this.restore();
    return this.host ?? this.#held().view;
  }

  /** The ordinary array that holds the values, if there is one. */
  get host(): TypedArray | undefined {
    const rescued = this.#lease?.rescued;
    if (rescued !== undefined) {
      this.#lease = undefined;
      return (this.#host = rescued);
    }
    return (this.#host ??= this.#device?.rescued);
  }

  /** Whether a heap target can read the values without copying them first. */
  get isResident(): boolean {
    if (this.#lease?.block !== undefined) return true;
    if (this.#snapshot !== undefined && this.#snapshotVersion === this.version)
      return this.#snapshot.isResident;
    return this.#host !== undefined && isUsableOnHeap(this.#host);
  }

  /** Throws a `DataError` if the values were in memory that has gone: of a user, or handed out without a copy. */
  check(operation: string): void {
    const host = this.#host;
    if (host === undefined || host.byteLength === this.byteLength) return;
    if (this.#wrapped !== undefined) throw memoryGone(operation, host, this.byteLength, this.#wrapped);
    if (host.byteLength === 0) throw resultGone(operation, host, this.byteLength);
  }

  get recipe(): Recipe | undefined {
    return this.#lease?.recipe;
  }

  /** The values on a GPU, if they were ever there. */
  get device(): DeviceValues | undefined {
    return this.#device;
  }

  /** Whether nobody but a GPU has the values, or had them. */
  get isOnlyOnDevice(): boolean {
    return this.#device !== undefined && this.#lease === undefined && this.host === undefined;
  }

  /** Whether the values can be had: those that were lost with a device may not come back, others were refused by one. */
  get isThere(): boolean {
    if (!this.isOnlyOnDevice) return true;
    const device = this.#device;
    return device !== undefined && !device.isBad && (device.isLive || device.recipe?.isSure === true);
  }

  onDevice(gpu: GpuDevice): DeviceValues | undefined {
    const device = this.#device;
    return device?.gpu === gpu && device.isLive ? device : undefined;
  }

  /** Copies the values to a GPU, at once. */
  upload(gpu: GpuDevice): DeviceValues {
    const { values } = this;
    const buffer = gpu.pool.take(values.byteLength);
    const device = new DeviceValues(gpu, dtypeOf(values), values.length, buffer, false);
    upload(gpu, values, buffer);
    // A buffer of a user stays the truth, on the device of whichever session it was adopted in.
    if (this.#device?.isForeign !== true) this.#place(device);
    return device;
  }

  /** Whether a GPU can have the values at once: they are on it, or can be uploaded. */
  isReadyFor(gpu: GpuDevice): boolean {
    return this.onDevice(gpu) !== undefined || !this.isOnlyOnDevice;
  }

  /** Computes the values again if they were only on a GPU and are there no more; held, unless somebody else was first. */
  async #computeAgain(device: DeviceValues): Promise<DeviceValues | undefined> {
    if (device.isBad) await inSession(device.checked);
    if (device.recipe === undefined)
      throw new DeviceError(
        'webgpu',
        `the values were only on a GPU, which was lost (${device.gpu.lost ?? 'closed'}), and what they came of is gone; ` +
          'read what you want to keep with data()',
      );
    const values = await inSession(device.recipe.compute());
    if (this.#device === device) {
      this.#place(values);
      return values;
    }
    values.release();
    values.free();
    return undefined;
  }

  /** A step towards being ready for a GPU. Not while a run is in progress. */
  async restoreOnDevice(): Promise<void> {
    const device = this.#device;
    if (!this.isOnlyOnDevice || device === undefined) return;
    if (device.isLive) await inSession(this.fetch());
    else (await inSession(this.#computeAgain(device)))?.release();
  }

  /** The values in an ordinary array, brought from the GPU if they are only there. */
  async fetch(): Promise<TypedArray> {
    for (let attempt = 1; ;) {
      const device = this.isOnlyOnDevice ? this.#device : undefined;
      if (device === undefined) break;
      const { version } = this;
      const again = device.isLive ? undefined : await inSession(this.#computeAgain(device));
      const there = device.isLive ? device : again;
      if (there === undefined) continue;
      try {
        const values = await inSession(there.read());
        if (version !== this.version) continue;
        this.#host ??= values;
        there.only = false;
        there.recipe = undefined;
      } catch (error) {
        if (attempt++ < maxAttempts && (await inSession(there.gpu.isLost()))) continue;
        throw error instanceof LazuliError
          ? error
          : new DeviceError('data', `reading failed: ${String(error)}`);
      } finally {
        again?.release();
      }
    }
    return this.values;
  }

  #place(device: DeviceValues): void {
    const before = this.#device;
    if (before !== undefined) deviceFinalizers.unregister(before);
    // On the device of another session: only the last copy is known.
    if (before?.only === false) before.free();
    this.#device = device;
    deviceFinalizers.register(this, device, device);
  }

  /** Whether the values were dropped and are to be computed again. */
  get isDropped(): boolean {
    const lease = this.#lease;
    return lease !== undefined && lease.block === undefined && lease.recipe !== undefined;
  }

  /** Computes the values again if they were dropped. Not while a run is in progress. */
  restore(): void {
    if (!this.isDropped) return;
    const values = this.#lease?.recipe?.compute();
    if (values === undefined) return;
    if (values instanceof Lease) {
      this.#lease = values;
      finalizers.register(this, values, values);
    } else {
      this.#lease = undefined;
      this.#host = values;
    }
  }

  /** The values on the heap, copied there if need be; `undefined` if it has no room. For the run in progress only. */
  resident(): TypedArray | undefined {
    const known = this.#lease;
    if (known?.block !== undefined) {
      known.block.heap.use(known.block);
      return known.view;
    }
    if (this.#wrapped !== undefined) return this.#current()?.resident();
    const { values } = this;
    return isUsableOnHeap(values) ? values : this.#copyToHeap(values)?.view;
  }

  /** Keeps the values where they are until the run in progress is over. */
  pin(): void {
    const block = this.#lease?.block;
    if (block !== undefined) block.heap.use(block);
    else if (this.#snapshotVersion === this.version) this.#snapshot?.pin();
  }

  /** From now on the values are copied out when their room is needed, and not dropped. */
  keep(): void {
    this.#lease?.detach();
  }

  /** What a recipe may read later: this source, or its values as they are now if somebody may write to them. */
  frozen(): Source | undefined {
    if (this.#device?.isForeign === true) return undefined;
    if (this.#wrapped === undefined) {
      this.share();
      return this;
    }
    const host = this.#host;
    const snapshot = this.#snapshotVersion === this.version ? this.#snapshot : undefined;
    if (snapshot !== undefined) return snapshot.#keep() ? snapshot : undefined;
    if (host === undefined || host.byteLength > smallBytes) return undefined;
    this.#snapshotVersion = this.version;
    return (this.#snapshot = new Source(host.slice()));
  }

  /**
   * Lets the heap drop the only values for good, which `dropped` is told, for nothing reads them now; `undefined`: not
   * any more. Shared values stay.
   */
  setExpendable(dropped: (() => void) | undefined): void {
    if (dropped === undefined || !this.#isShared) this.#lease?.setExpendable(dropped);
  }

  /** From now on the values may be read at any time, by a recipe or an array. */
  share(): void {
    this.#isShared = true;
    this.#lease?.setExpendable(undefined);
  }

  /** Gives the block of expendable values back. */
  giveUp(): void {
    const lease = this.#lease;
    if (lease?.isExpendable !== true) return;
    finalizers.unregister(lease);
    lease.free();
  }

  /** Makes a copy stay: it is the only one there will be. False if it has gone already. */
  #keep(): boolean {
    const lease = this.#lease;
    if (lease?.block === undefined) return this.host !== undefined;
    lease.only = true;
    return true;
  }

  /** The values of memory that users may write to, copied to the heap when they are first needed there. */
  #current(): Source | undefined {
    const known = this.#snapshotVersion === this.version ? this.#snapshot : undefined;
    if (known !== undefined && (known.isResident || known.host !== undefined)) return known;
    const host = this.#host;
    if (host === undefined) return undefined;
    if (isUsableOnHeap(host)) return new Source(host);
    const lease = Lease.take(dtypeOf(host), host.length, this.byteLength, false);
    if (lease === undefined) return undefined;
    fill(lease, host);
    this.#snapshotVersion = this.version;
    return (this.#snapshot = new Source(lease));
  }

  /** The values were written to: what was copied of them is stale. */
  touch(): void {
    this.check('touch');
    this.version++;
    this.reads = 0;
    const isForeign = this.#device?.isForeign === true;
    if (!isForeign && !this.isOnlyOnDevice) {
      this.#device?.free();
      this.#device = undefined;
    }
    const lease = this.#lease;
    // Beside a buffer of a user everything is a copy; else the only values on the heap are what was written to.
    if (isForeign) this.#host = undefined;
    else if (this.host === undefined || lease?.block === undefined) return;
    if (lease === undefined) return;
    finalizers.unregister(lease);
    lease.free();
    this.#lease = undefined;
  }

  #copyToHeap(values: TypedArray): Lease | undefined {
    const lease = Lease.take(dtypeOf(values), values.length, this.byteLength, false);
    if (lease === undefined) return undefined;
    this.#lease = lease;
    finalizers.register(this, lease, lease);
    fill(lease, values);
    return lease;
  }

  /** The values in an ordinary array, which is the truth from now on. */
  settleOnHost(): TypedArray {
    this.check('data');
    this.restore();
    const { host } = this;
    if (host !== undefined) return host;
    const lease = this.#held();
    const copy = hostCopy(lease.dtype, lease.view);
    heap.current.copiedOut += copy.byteLength;
    finalizers.unregister(lease);
    lease.free();
    this.#lease = undefined;
    return (this.#host = copy);
  }

  #held(): Lease {
    if (this.#lease === undefined)
      throw this.#device === undefined
        ? new InternalError('storage', 'the values are nowhere')
        : new DeviceError(
            'webgpu',
            'the values are on the GPU, which can only be read asynchronously: `await x.data()` first, after that they ' +
              'are in memory for synchronous reading too',
          );
    return this.#lease;
  }
}

function fill(lease: Lease, values: TypedArray): void {
  lease.view.set(values as never);
  heap.current.copiedIn += values.byteLength;
}

/** The dtype to keep the bits with: bool lives in bytes. */
export const dtypeOf = (values: TypedArray): DType => dtypeOfTypedArray(values) ?? 'uint8';
