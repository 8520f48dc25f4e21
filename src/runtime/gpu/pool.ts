/**
 * Device memory: buffers by size class, handed out again and again, under a byte budget.
 *
 * A buffer may be handed out again as soon as the work that uses it is *submitted*: the queue runs in order. Buffers in
 * the hands of values are told of by `Tenant`s, least recently used first, so that somebody can be asked to leave when
 * the budget is spent; free buffers of other sizes go first.
 *
 * Size classes are a quarter of a power of two apart, so at most a fifth of a buffer is wasted. A buffer ends at a
 * multiple of 16 bytes: vector code reads and writes whole vectors.
 */
import { storageUsage } from './usage.ts';

/** Who holds a buffer for long. */
export interface Tenant {
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
  /** Oldest first. */
  readonly #tenants = new Set<Tenant>();
  #budget: number;
  #used = 0;
  #total = 0;
  #buffers = 0;
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
    this.#fit(0, new Set());
  }

  /**
   * Sees to it that buffers of these sizes can be taken: there are free ones, or made now. Tenants in `staying` are not
   * asked to leave. False if there is no room, or the device has no memory.
   */
  async reserve(sizes: readonly number[], staying: ReadonlySet<Tenant>): Promise<boolean> {
    const missing: number[] = [];
    const counts = new Map<number, number>();
    for (const bytes of sizes) {
      const size = this.#sizeFor(bytes);
      const wanted = (counts.get(size) ?? 0) + 1;
      counts.set(size, wanted);
      if (wanted > (this.#free.get(size)?.length ?? 0)) missing.push(size);
    }
    if (missing.length === 0) return true;
    const needed = missing.reduce((sum, size) => sum + size, 0);
    if (!this.#fit(needed, staying, counts)) return false;
    const made: GPUBuffer[] = [];
    this.#device.pushErrorScope('out-of-memory');
    for (const size of missing) made.push(this.#create(size));
    const error = await this.#device.popErrorScope();
    if (error === null) {
      for (const buffer of made) this.#put(buffer);
      return true;
    }
    for (const buffer of made) this.#destroy(buffer);
    // The device has less memory than the budget allows: live with what it gave so far.
    if (this.#total === 0) return false;
    this.#budget = Math.min(this.#budget, Math.max(this.#total, needed));
    return this.#leaveOne(staying) && this.reserve(sizes, staying);
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

  /** A buffer that belongs to the pool no more: somebody else has it now. */
  part(buffer: GPUBuffer): void {
    this.#used -= buffer.size;
    this.#total -= buffer.size;
    this.#buffers--;
  }

  /** Makes a tenant known as the one used last. */
  use(tenant: Tenant): void {
    this.#tenants.delete(tenant);
    this.#tenants.add(tenant);
  }

  forget(tenant: Tenant): void {
    this.#tenants.delete(tenant);
  }

  /** Who is there, least recently used first. */
  get tenants(): Iterable<Tenant> {
    return this.#tenants;
  }

  /** The size of the buffer for so many bytes; the largest a device makes may lie between two classes. */
  #sizeFor(bytes: number): number {
    return Math.max(Math.min(classOf(bytes), this.#largest), Math.ceil(bytes / 16) * 16);
  }

  /** Frees memory until so many more bytes are within the budget. */
  #fit(bytes: number, staying: ReadonlySet<Tenant>, keep: ReadonlyMap<number, number> = new Map()): boolean {
    for (;;) {
      for (const [size, list] of this.#free)
        while (this.#total + bytes > this.#budget && list.length > (keep.get(size) ?? 0)) {
          const buffer = list.pop();
          if (buffer !== undefined) this.#destroy(buffer);
        }
      if (this.#total + bytes <= this.#budget) return true;
      if (!this.#leaveOne(staying)) return false;
    }
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
