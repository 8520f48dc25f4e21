/**
 * Where values live. A source of values has an identity and a version; memo keys are made of both, so a changed array
 * is another array to the caches.
 *
 * The truth of a source is an ordinary typed array, or a block of the shared heap for what a heap target computed.
 * Beside an ordinary array a source may have a copy on the heap, made when a heap target first reads it and again
 * after the version has changed. Either way the block is held by a `Lease`. When the heap needs the block, a copy is
 * dropped, and the only values are first copied out, where the source finds them. A source that is garbage-collected
 * gives its block back through a finalizer.
 *
 * A lease does not know its source, and a lease without a block is known to its source alone: so neither the heap nor
 * the finalizer keeps a dead source, its host array, or what was copied out for it. That matters in synchronous loops,
 * where finalizers never run. (A WeakRef would keep its target through such a loop.)
 */
import type { ArraySource, DataNode, Node } from '../ir/node.ts';
import {
  allocate,
  bytesOf,
  dtypeOfTypedArray,
  isBigint,
  viewOf,
  type DType,
  type TypedArray,
} from '../ir/dtype.ts';
import { InternalError } from '../ir/errors.ts';
import { hasMemory, inMemory, isShared, memoryBuffer } from '../codegen/wasm/memory.ts';
import { heap, type Block, type Tenant } from './heap.ts';

/** Values in a block of the heap, as long as the block is not needed for others. */
export class Lease implements Tenant {
  readonly dtype: DType;
  readonly length: number;
  /** Whether these are the only values, and no copy. */
  readonly only: boolean;
  /** Of a copy: the version it was made of. */
  version = 0;
  block: Block | undefined;
  /** The only values, copied out. */
  rescued: TypedArray | undefined;
  #view: TypedArray | undefined;

  private constructor(dtype: DType, length: number, only: boolean) {
    this.dtype = dtype;
    this.length = length;
    this.only = only;
  }

  /** Space for so many values; `undefined` if the heap has no room. */
  static take(dtype: DType, length: number, bytes: number, only: boolean): Lease | undefined {
    const lease = new Lease(dtype, length, only);
    lease.block = heap.allocate(bytes, lease);
    return lease.block === undefined ? undefined : lease;
  }

  /** The values. Not to be kept: the block may go away with the next run. */
  get view(): TypedArray {
    const known = this.#view;
    // Growth detaches the views of a memory that is not shared.
    if (known?.length === this.length) return known;
    if (this.block === undefined) throw new InternalError('heap', 'the block was given up');
    return (this.#view = viewOf(this.dtype, memoryBuffer(), this.block.address, this.length));
  }

  evict(): void {
    if (this.only) {
      this.rescued = hostCopy(this.dtype, this.view);
      heap.copiedOut += this.rescued.byteLength;
    }
    this.block = undefined;
    this.#view = undefined;
    finalizers.unregister(this);
  }

  /** Gives the block back; the values are not needed any more. */
  free(): void {
    if (this.block === undefined) return;
    heap.free(this.block);
    this.block = undefined;
    this.#view = undefined;
  }
}

const finalizers = new FinalizationRegistry((lease: Lease) => {
  lease.free();
});

/** Blocks of arrays that users hold, given back when the array is gone. */
const userBlocks = new FinalizationRegistry((block: Block) => {
  heap.free(block);
});

/** Zeros in memory of the heap that stays until the array is collected; `undefined` where that cannot be promised. */
export function allocateOnHeap(dtype: DType, length: number): TypedArray | undefined {
  // Growing a memory that is not shared would detach the array.
  if (length === 0 || !hasMemory() || !isShared()) return undefined;
  const block = heap.allocate(length * bytesOf(dtype));
  if (block === undefined) return undefined;
  const values = viewOf(dtype, memoryBuffer(), block.address, length);
  values.fill((isBigint(dtype) ? 0n : 0) as never);
  userBlocks.register(values, block);
  return keepingOwner(values, values);
}

/** Which array owns the memory that a part of it is a view on: it lives as long as any of its parts. */
const owners = new WeakMap<TypedArray, TypedArray>();

const subarrayOf = (Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array).subarray as (
  this: TypedArray,
  begin?: number,
  end?: number,
) => TypedArray;

/** The view, whose `subarray` gives views that keep the owner of the memory as this one does. */
function keepingOwner(view: TypedArray, owner: TypedArray): TypedArray {
  if (view !== owner) owners.set(view, owner);
  const subarray = (begin?: number, end?: number): TypedArray =>
    keepingOwner(subarrayOf.call(view, begin, end), owner);
  return Object.defineProperty(view, 'subarray', { value: subarray });
}

/** An ordinary array with these values. `slice` would do the same more slowly for shared memory. */
export function hostCopy(dtype: DType, values: TypedArray): TypedArray {
  const copy = allocate(dtype, values.length);
  copy.set(values as never);
  return copy;
}

/** Targets ask for 16; it is what typed arrays over shared memory of a user may lack. */
const alignment = 16;

/** Whether a heap target can use the memory of this array as it is. */
export const isUsableOnHeap = (values: TypedArray): boolean =>
  values.byteOffset % alignment === 0 && inMemory(values);

export class Source implements ArraySource {
  static #next = 1;
  readonly id = Source.#next++;
  version = 0;
  readonly byteLength: number;
  /** Evaluations that read it since its values changed. */
  reads = 0;
  #host: TypedArray | undefined;
  #lease: Lease | undefined;

  constructor(values: TypedArray | Lease) {
    if (values instanceof Lease) {
      this.#lease = values;
      this.byteLength = values.view.byteLength;
      finalizers.register(this, values, values);
    } else {
      this.#host = values;
      this.byteLength = values.byteLength;
    }
  }

  get values(): TypedArray {
    return this.host ?? this.#block().view;
  }

  /** The ordinary array that holds the values, if there is one. */
  get host(): TypedArray | undefined {
    const rescued = this.#lease?.rescued;
    if (rescued === undefined) return this.#host;
    this.#lease = undefined;
    return (this.#host = rescued);
  }

  /** Whether a heap target can read the values without copying them first. */
  get isResident(): boolean {
    const lease = this.#lease;
    if (lease?.block !== undefined) return lease.only || lease.version === this.version;
    return this.#host !== undefined && isUsableOnHeap(this.#host);
  }

  /** The values on the heap, copied there if need be; `undefined` if it has no room. For the run in progress only. */
  resident(): TypedArray | undefined {
    const known = this.#lease;
    if (known?.block !== undefined) {
      heap.use(known.block);
      if (known.only || known.version === this.version) return known.view;
      return this.#fill(known);
    }
    const { values } = this;
    if (isUsableOnHeap(values)) return values;
    const lease = Lease.take(dtypeOf(values), values.length, this.byteLength, false);
    if (lease === undefined) return undefined;
    this.#lease = lease;
    finalizers.register(this, lease, lease);
    return this.#fill(lease);
  }

  #fill(lease: Lease): TypedArray {
    const { view } = lease;
    view.set(this.values as never);
    heap.copiedIn += this.byteLength;
    lease.version = this.version;
    return view;
  }

  /** The values in an ordinary array, which is the truth from now on. */
  settleOnHost(): TypedArray {
    const { host } = this;
    if (host !== undefined) return host;
    const lease = this.#block();
    const copy = hostCopy(lease.dtype, lease.view);
    heap.copiedOut += copy.byteLength;
    finalizers.unregister(lease);
    lease.free();
    this.#lease = undefined;
    return (this.#host = copy);
  }

  #block(): Lease {
    if (this.#lease === undefined) throw new InternalError('storage', 'the values are nowhere');
    return this.#lease;
  }
}

/** The dtype to keep the bits with: bool lives in bytes. */
const dtypeOf = (values: TypedArray): DType => dtypeOfTypedArray(values) ?? 'uint8';

/** A fresh identity for `values`, which must not change unless `touchSource` says so. */
export const createSource = (values: TypedArray): ArraySource => new Source(values);

/** Sources of what a run gave: values that several roots share have one source. */
export function sourcesOf(values: readonly (TypedArray | Lease)[]): Source[] {
  const sources: Source[] = [];
  for (let k = 0; k < values.length; k++) {
    const value = values[k];
    if (value === undefined) continue;
    const same = k === 0 ? -1 : values.indexOf(value);
    sources.push((same < k ? sources[same] : undefined) ?? new Source(value));
  }
  return sources;
}

/** The values in memory that does not go away: not a view on a block. */
export const ownValues = (values: TypedArray): TypedArray => (inMemory(values) ? values.slice() : values);

/** A copy of the values that the reader may keep and write to. */
export function readCopy(source: ArraySource): TypedArray {
  const { values } = source;
  if (!inMemory(values)) return values.slice();
  const copy = hostCopy(dtypeOf(values), values);
  heap.copiedOut += copy.byteLength;
  return copy;
}

/** The memory that the source reads from, in an ordinary array that stays. */
export const readShared = (source: ArraySource): TypedArray =>
  source instanceof Source ? source.settleOnHost() : source.values;

/** The array a user could also hold that the source reads from. */
export const hostMemory = (source: ArraySource): TypedArray | undefined =>
  source instanceof Source ? source.host : source.values;

/** Whether two arrays overlap. All views on the heap are views on one memory, whatever buffer they were made with. */
export function sharesMemory(a: TypedArray, b: TypedArray): boolean {
  return (
    a.byteOffset < b.byteOffset + b.byteLength &&
    b.byteOffset < a.byteOffset + a.byteLength &&
    (a.buffer === b.buffer || (inMemory(a) && inMemory(b)))
  );
}

/** Marks that the values have changed: memoized results that used them are no longer found. */
export function touchSource(source: ArraySource): void {
  if (!(source instanceof Source)) return;
  source.version++;
  source.reads = 0;
  epoch++;
}

/** Counts touches: what was computed before one may have used the old values. */
let epoch = 0;
/** The epoch in which the last value was remembered. */
let lastRemembered = -1;

/** Values of nodes that were evaluated while other graphs may still hold the node. */
const known = new WeakMap<Node, { readonly value: DataNode<number>; readonly epoch: number }>();

export function rememberValue(node: Node, value: DataNode<number>): void {
  known.set(node, { value, epoch });
  lastRemembered = epoch;
}

/** Whether any node has a value that `knownValue` would give. */
export const knowsValues = (): boolean => lastRemembered === epoch;

/** The value of a node, unless some array has been touched since. */
export function knownValue(node: Node): DataNode<number> | undefined {
  if (lastRemembered !== epoch) return undefined;
  const found = known.get(node);
  return found?.epoch === epoch ? found.value : undefined;
}
