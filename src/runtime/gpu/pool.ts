/**
 * Device memory: buffers by size class, handed out again and again, under a byte budget.
 *
 * A buffer may be handed out again as soon as the work that uses it is *submitted*: the queue runs in order. Buffers that
 * hold values belong to `Tenant`s. When the budget is spent, free buffers of other sizes are destroyed first, then
 * tenants are evicted, the least recently used first.
 *
 * Garbage collection does not see device memory, and in a loop it may never run: of small results only the youngest stay
 * in their buffers, if they can be computed again, so that a loop is served by the same few.
 *
 * Size classes are a quarter of a power of two apart, so at most a fifth of a buffer is wasted. A buffer ends at a
 * multiple of 16 bytes: vector code reads and writes whole vectors.
 */
import { inSession } from '../perSession.ts';
import { storageUsage } from './usage.ts';

/** The owner of a buffer that outlives one submission: the values of an array. */
export interface Tenant {
  /** The size of the buffer it holds. */
  readonly bufferSize: number;
  /** Gives the buffer back to the pool if its values can do without; whether it did. */
  leave(): boolean;
}

/** The pool in numbers. */
export interface PoolInfo {
  /** Bytes of buffers in use, and of all there are. */
  readonly bytes: number;
  readonly reservedBytes: number;
  readonly maxBytes: number;
  readonly buffers: number;
  /** Buffers made so far, and values that had to leave. */
  readonly created: number;
  readonly evictions: number;
}

const smallestClass = 256;
/** Of each size class so many tenants may stay, before one has to go for the next. */
const mostTenants = 128;

const nothing: ReadonlyMap<number, number> = new Map();
const noTenants: ReadonlySet<Tenant> = new Set();

/** The size of the buffer that holds so many bytes. */
export function classOf(bytes: number): number {
  if (bytes <= smallestClass) return smallestClass;
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 2);
  return Math.ceil(bytes / step) * step;
}

export class BufferPool {
  readonly #device: GPUDevice;
  readonly #largest: number;
  readonly #free = new Map<number, GPUBuffer[]>();
  /** Oldest first; all, and by the size of their buffers. */
  readonly #tenants = new Set<Tenant>();
  readonly #bySize = new Map<number, Set<Tenant>>();
  #budget: number;
  #used = 0;
  #total = 0;
  #buffers = 0;
  #holds = 0;
  #waiting: (() => void)[] = [];
  created = 0;
  evictions = 0;

  constructor(device: GPUDevice, budget: number) {
    this.#device = device;
    this.#largest = Math.floor(device.limits.maxBufferSize / 16) * 16;
    this.#budget = budget;
  }

  get info(): PoolInfo {
    return {
      bytes: this.#used,
      reservedBytes: this.#total,
      maxBytes: this.#budget,
      buffers: this.#buffers,
      created: this.created,
      evictions: this.evictions,
    };
  }

  get budget(): number {
    return this.#budget;
  }

  set budget(bytes: number) {
    this.#budget = bytes;
    while (!this.#trim(0, nothing) && this.#leaveOne(noTenants));
  }

  /**
   * Sees to it that buffers of these sizes can be taken: there are free ones, or made now. Tenants in `staying` are not
   * asked to leave. False if there is no room, or the device has no memory.
   */
  async reserve(sizes: readonly number[], staying: ReadonlySet<Tenant>): Promise<boolean> {
    const wanted = new Map<number, number>();
    for (const bytes of sizes) {
      const size = this.#sizeFor(bytes);
      wanted.set(size, (wanted.get(size) ?? 0) + 1);
    }
    for (const size of wanted.keys()) this.#recycle(size, staying);
    for (;;) {
      const missing = this.#missing(wanted);
      if (missing.length === 0) return true;
      const bytes = missing.reduce((sum, size) => sum + size, 0);
      if (this.#total + bytes <= this.#budget && (await inSession(this.#make(missing)))) return true;
      // The budget is spent, or the device has less memory than that. The buffer of the next tenant may have just the
      // size that is missing.
      const before = this.#total;
      this.#trim(before + bytes <= this.#budget ? Infinity : bytes, wanted);
      if (this.#total === before && !this.#leaveOne(staying)) return false;
    }
  }

  /** Sizes of which there are too few free buffers, once for each. */
  #missing(wanted: ReadonlyMap<number, number>): number[] {
    const missing: number[] = [];
    for (const [size, count] of wanted)
      for (let k = this.#free.get(size)?.length ?? 0; k < count; k++) missing.push(size);
    return missing;
  }

  /** Makes buffers; false if the device has no memory for all of them. */
  async #make(sizes: readonly number[]): Promise<boolean> {
    this.#device.pushErrorScope('out-of-memory');
    const made = sizes.map((size) => this.#create(size));
    const error = await inSession(this.#device.popErrorScope());
    for (const buffer of made)
      if (error === null) this.#put(buffer);
      else this.#destroy(buffer);
    return error === null;
  }

  /** A buffer of at least so many bytes, with anything in it. */
  take(bytes: number): GPUBuffer {
    const size = this.#sizeFor(bytes);
    const buffer = this.#free.get(size)?.pop() ?? this.#create(size);
    this.#used += size;
    return buffer;
  }

  /** Gives a buffer back; work that was submitted may still use it. */
  give(buffer: GPUBuffer): void {
    this.#used -= buffer.size;
    this.#put(buffer);
  }

  /** Takes a buffer out of the pool: another owner has it now. */
  part(buffer: GPUBuffer): void {
    this.#used -= buffer.size;
    this.#total -= buffer.size;
    this.#buffers--;
  }

  /** Makes a tenant known as the one used last. */
  use(tenant: Tenant): void {
    this.#tenants.delete(tenant);
    this.#tenants.add(tenant);
    const { bufferSize } = tenant;
    const peers = this.#bySize.get(bufferSize);
    if (peers === undefined) this.#bySize.set(bufferSize, new Set([tenant]));
    else {
      peers.delete(tenant);
      peers.add(tenant);
    }
  }

  forget(tenant: Tenant): void {
    this.#tenants.delete(tenant);
    this.#bySize.get(tenant.bufferSize)?.delete(tenant);
  }

  /** The values of a tenant must stay for a while: work that reads them is about to be submitted, or reads them now. */
  hold(): void {
    this.#holds++;
  }

  release(): void {
    this.#holds--;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const proceed of waiting) proceed();
  }

  /** How many count on something. */
  get holds(): number {
    return this.#holds;
  }

  /** Resolves at the next release. To be awaited only by work that holds nothing itself, or it would wait forever. */
  nextRelease(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** All tenants, least recently used first. */
  get tenants(): Iterable<Tenant> {
    return this.#tenants;
  }

  /** Where there are many of one size, the oldest give their buffers to the next. */
  #recycle(size: number, staying: ReadonlySet<Tenant>): void {
    const peers = this.#bySize.get(size);
    if (peers === undefined || peers.size < mostTenants || (this.#free.get(size)?.length ?? 0) > 0) return;
    for (const tenant of peers) if (!staying.has(tenant) && tenant.leave()) return;
  }

  /** The size of the buffer for so many bytes; the largest a device makes may lie between two classes. */
  #sizeFor(bytes: number): number {
    return Math.max(Math.min(classOf(bytes), this.#largest), Math.ceil(bytes / 16) * 16);
  }

  /** Destroys free buffers, except those in `wanted`, until `bytes` more fit the budget; whether they do. */
  #trim(bytes: number, wanted: ReadonlyMap<number, number>): boolean {
    for (const [size, list] of this.#free)
      while (this.#total + bytes > this.#budget && list.length > (wanted.get(size) ?? 0)) {
        const buffer = list.pop();
        if (buffer !== undefined) this.#destroy(buffer);
      }
    return this.#total + bytes <= this.#budget;
  }

  #leaveOne(staying: ReadonlySet<Tenant>): boolean {
    for (const tenant of this.#tenants)
      if (!staying.has(tenant) && tenant.leave()) {
        this.evictions++;
        return true;
      }
    return false;
  }

  #create(size: number): GPUBuffer {
    this.created++;
    this.#buffers++;
    this.#total += size;
    return this.#device.createBuffer({ size, usage: storageUsage });
  }

  #put(buffer: GPUBuffer): void {
    const list = this.#free.get(buffer.size);
    if (list === undefined) this.#free.set(buffer.size, [buffer]);
    else list.push(buffer);
  }

  #destroy(buffer: GPUBuffer): void {
    this.#total -= buffer.size;
    this.#buffers--;
    buffer.destroy();
  }
}
