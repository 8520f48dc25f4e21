/**
 * Values in a block of the shared heap, as long as the block is not needed for others: copies of values that are
 * elsewhere too, or the only ones. Copies are dropped when the block is needed, the only values are first copied out.
 *
 * Copying out is slow: fresh memory has to be mapped and zeroed. And in a synchronous loop nearly all that is copied
 * out is garbage already, for finalizers do not run there. So values that are cheap to compute again carry a *recipe*,
 * and are dropped like copies. Moderate ones are dropped early, so that a loop writes its results to memory that is
 * still in the processor's cache; so are the oldest when recipes keep too much ordinary memory from being collected.
 *
 * Parts of expressions that are kept for later (`kept.ts`) are dropped as well while no evaluation reads them: they can
 * be found only by way of their expression, of which they are computed again.
 *
 * Measured on 2 cores of an EPYC (1 MiB of L2 each, 32 MiB of L3), `a.add(b).evaluateSync({ memo: false })` in a loop,
 * wasm, float64, microseconds per turn once the heap is full. 10,000 elements: 56 to 82 with copying out, 12 to 14 with
 * dropping when the heap of 1 GiB is full, 11 to 30 with a nursery of 8 MiB, 5 to 7 with one of 4 MiB and less (js: 47).
 * 1,000,000 elements: 800 with dropping; js, which maps a fresh 8 MB for each result, 4,000. While the heap still grows,
 * 262,144 elements take 1,300 per turn without a bound for large results (fresh pages), 570 with one of 32 MiB.
 */
import { bytesOf, viewOf, type DType, type TypedArray } from '../../ir/dtype.ts';
import { InternalError } from '../../ir/errors.ts';
import { memoryBuffer } from '../../codegen/wasm/module/memory.ts';
import { perSession } from '../perSession.ts';
import { heap, type Block, type Heap, type Tenant } from './heap.ts';
import { copyToHost, dtypeOf, HostCopy } from './host.ts';
import { finalizers, type Copy, type Place } from './place.ts';
import type { Source } from './source.ts';
import { isUsableOnHeap } from './userMemory.ts';

/** How to compute values again. */
export interface Recipe {
  /** Bytes of the inputs, and of the inputs of their recipes. */
  readonly retainedBytes: number;
  /** The part of them that lies in ordinary memory. */
  readonly hostBytes: number;
  /** Not while a run is in progress. */
  compute(): TypedArray | Copy;
}

/** Values in a block of the heap, as long as the block is not needed for others. */
export class Lease implements Copy, Tenant {
  readonly dtype: DType;
  readonly length: number;
  /** Whether these are the only values, and no copy. */
  only: boolean;
  block: Block | undefined;
  #recipe: Recipe | undefined;
  /** Of values that may be dropped without a recipe: told when they are. */
  #dropped: (() => void) | undefined;
  rescued: TypedArray | undefined;
  #view: TypedArray | undefined;
  /** Where it is listed: with the results of the session that made it. */
  #nursery: Nursery | undefined;

  private constructor(dtype: DType, length: number, only: boolean) {
    this.dtype = dtype;
    this.length = length;
    this.only = only;
  }

  /** Space for so many values; `undefined` if the heap has no room. */
  static take(dtype: DType, length: number, bytes: number, only: boolean): Lease | undefined {
    const lease = new Lease(dtype, length, only);
    lease.block = heap.current.allocate(bytes, lease);
    return lease.block === undefined ? undefined : lease;
  }

  get place(): Place {
    return heapPlace;
  }

  get byteLength(): number {
    return this.length * bytesOf(this.dtype);
  }

  get isThere(): boolean {
    return this.block !== undefined;
  }

  get isInMemory(): boolean {
    return this.block !== undefined;
  }

  get recipe(): Recipe | undefined {
    return this.#recipe;
  }

  get isDropped(): boolean {
    return this.block === undefined && this.#recipe !== undefined;
  }

  recompute(): TypedArray | Copy {
    return this.#recipe?.compute() ?? this.view;
  }

  /** From now on the values may be dropped. */
  attach(recipe: Recipe): void {
    this.#recipe = recipe;
    this.#nursery = nursery.current;
    this.#nursery.add(this, this.block?.span.bytes ?? 0, recipe.hostBytes, heap.current.budget / 4);
  }

  setExpendable(dropped: (() => void) | undefined): void {
    this.#dropped = dropped;
  }

  get isExpendable(): boolean {
    return this.block !== undefined && this.#dropped !== undefined;
  }

  demote(): void {
    this.only = false;
  }

  promote(): boolean {
    return (this.only = this.block !== undefined);
  }

  pin(): void {
    this.block?.heap.use(this.block);
  }

  detach(): void {
    if (this.block === undefined) return;
    this.#recipe = undefined;
    this.#unlist();
  }

  /** The values. Not to be kept: the block may go away with the next run. */
  get view(): TypedArray {
    const known = this.#view;
    // Growth detaches the views of a memory that is not shared.
    if (known?.length === this.length) return known;
    if (this.block === undefined) throw new InternalError('heap', 'the block was given up');
    return (this.#view = viewOf(this.dtype, memoryBuffer(), this.block.address, this.length));
  }

  read(): TypedArray {
    return this.view;
  }

  /** Moves the values out: the block is free afterwards. */
  settle(): TypedArray {
    const values = this.#copyOut(heap.current);
    finalizers.unregister(this);
    this.free();
    return values;
  }

  #copyOut(counted: Heap): TypedArray {
    const values = copyToHost(this.dtype, this.view);
    counted.copiedOut += values.byteLength;
    return (this.rescued = values);
  }

  evict(): void {
    const dropped = this.#dropped;
    if (this.only && this.#recipe === undefined && dropped === undefined && this.block !== undefined)
      this.#copyOut(this.block.heap);
    finalizers.unregister(this);
    this.#leave();
    dropped?.();
  }

  /** Gives the block back; the values are not needed any more. */
  free(): void {
    if (this.block === undefined) return;
    this.block.heap.free(this.block);
    this.#recipe = undefined;
    this.#leave();
  }

  #leave(): void {
    this.block = undefined;
    this.#view = undefined;
    this.#dropped = undefined;
    this.#unlist();
  }

  #unlist(): void {
    this.#nursery?.remove(this);
    this.#nursery = undefined;
  }
}

/** Leases with recipes, the first to be dropped when together they weigh too much. */
class DropList {
  readonly #weights = new Map<Lease, number>();
  readonly #most: number;
  #total = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(lease: Lease, weight: number, limit: number): void {
    this.#weights.set(lease, weight);
    this.#total += weight;
    for (const [oldest] of this.#weights) {
      if (this.#total <= limit && this.#weights.size <= this.#most) return;
      if (oldest.block === undefined) this.remove(oldest);
      else oldest.block.heap.evict(oldest.block);
    }
  }

  remove(lease: Lease): void {
    this.#total -= this.#weights.get(lease) ?? 0;
    this.#weights.delete(lease);
  }
}

const MiB = 2 ** 20;
/**
 * Results are dropped when there are so many bytes of younger ones (or so many younger ones), small and large apart, so
 * that a loop that makes large ones does not take the small ones along.
 */
const smallResult = MiB;
const youngBytes = 4 * MiB;
const youngLargeBytes = 32 * MiB;

class Nursery {
  readonly #young = new DropList(128);
  readonly #youngLarge = new DropList(128);
  /** Those whose recipes keep ordinary memory. */
  readonly #retaining = new DropList(Infinity);

  add(lease: Lease, bytes: number, hostBytes: number, most: number): void {
    if (bytes <= smallResult) this.#young.add(lease, bytes, Math.min(youngBytes, most));
    else this.#youngLarge.add(lease, bytes, Math.min(Math.max(youngLargeBytes, 2 * bytes), most));
    if (hostBytes > 0) this.#retaining.add(lease, hostBytes, most);
  }

  remove(lease: Lease): void {
    this.#young.remove(lease);
    this.#youngLarge.remove(lease);
    this.#retaining.remove(lease);
  }
}

const nursery = perSession(() => new Nursery());

/** The shared heap as a place: its leases, and arrays of users that lie in its memory. */
export const heapPlace: Place<Lease | HostCopy> = {
  name: 'the heap',
  get budget() {
    return heap.current.budget;
  },
  holds: (copy): copy is Lease | HostCopy =>
    copy instanceof Lease ? copy.isThere : copy instanceof HostCopy && isUsableOnHeap(copy.values),
  bring(values) {
    const lease = Lease.take(dtypeOf(values), values.length, values.byteLength, false);
    if (lease === undefined) return undefined;
    lease.view.set(values as never);
    heap.current.copiedIn += values.byteLength;
    return lease;
  },
};

/** The values on the heap, copied there if need be; `undefined` if it has no room. For the run in progress only. */
export function resident(source: Source): TypedArray | undefined {
  const copy: Copy | undefined = source.bring(heapPlace);
  copy?.pin?.();
  return copy?.read();
}
