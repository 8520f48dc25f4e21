/**
 * The shared heap as a cache: blocks of the WebAssembly memory under a byte budget, least recently used first out.
 * Every session has a heap, with its budget, in the one memory of the process: kernels of all sessions read any block,
 * and only the session that owns a block ever evicts it.
 *
 * A block belongs to a tenant, which is told when the block is needed for something else and has to save the values it
 * keeps (`source.ts`). Blocks without a tenant stay until they are freed: memory handed to users, temporaries of a
 * run. Blocks used by the run in progress are not evicted: a run stamps what it uses and moves it to the end of the
 * list, so eviction, which begins at the other end, stops at the first stamped block.
 *
 * Regions are taken from the memory when nothing free is large enough and the budget allows; then blocks are evicted
 * until something fits. The memory itself never shrinks; the regions of a heap that was closed serve others.
 */
import { extend } from '../../codegen/wasm/module/memory.ts';
import { InternalError } from '../../ir/errors.ts';
import { perSession } from '../perSession.ts';
import { Allocator, unitBytes, type Region, type Span } from './allocator.ts';

/** The owner of a block. */
export interface Tenant {
  /** The block goes away after this call. */
  evict(): void;
}

export class Block {
  readonly heap: Heap;
  readonly span: Span;
  readonly tenant: Tenant | undefined;
  /** The run that used it last. */
  run = 0;
  older: Block | undefined = undefined;
  newer: Block | undefined = undefined;

  constructor(heap: Heap, span: Span, tenant: Tenant | undefined) {
    this.heap = heap;
    this.span = span;
    this.tenant = tenant;
  }

  get address(): number {
    return this.span.address;
  }
}

/** The heap in numbers. */
export interface HeapInfo {
  /** Bytes of blocks in use. */
  readonly bytes: number;
  /** Bytes taken from the memory so far, in use or free; never more than the budget. */
  readonly reservedBytes: number;
  readonly maxBytes: number;
  readonly blocks: number;
  readonly evictions: number;
  /** Bytes copied from ordinary arrays to the heap, and back. */
  readonly copiedIn: number;
  readonly copiedOut: number;
}

const MiB = 2 ** 20;
export const defaultHeapBytes = 1024 * MiB;

/** A block costs some hundred bytes of bookkeeping; so many small ones would cost more than they hold. */
const maxBlocks = 65_536;

/** Regions are taken in steps of at least this, and of an eighth of what there is. */
const smallestRegion = 4 * MiB;

/** The runs in one memory, whichever of its heaps they are on: there is one at a time. */
class Runs {
  last = 1;
  isInProgress = false;
  /** Those whose blocks stay taken. */
  readonly abandoned = new Set<number>();
}

export class Heap {
  readonly #allocator = new Allocator();
  readonly #extend: (bytes: number) => number | undefined;
  #budget: number;
  /** Ends of the list of blocks that may be evicted. */
  #oldest: Block | undefined;
  #newest: Block | undefined;
  readonly #runs: Runs;
  #isClosed = false;
  evictions = 0;
  copiedIn = 0;
  copiedOut = 0;

  /** `take` gives the address of so many more bytes, or `undefined`. */
  constructor(budget: number, take: (bytes: number) => number | undefined, runs = new Runs()) {
    this.#budget = budget;
    this.#runs = runs;
    this.#extend = take;
  }

  get budget(): number {
    return this.#budget;
  }

  get usedBytes(): number {
    return this.#allocator.used;
  }

  get info(): HeapInfo {
    const { used, total, blocks } = this.#allocator;
    const { evictions, copiedIn, copiedOut } = this;
    return {
      bytes: used,
      reservedBytes: total,
      maxBytes: this.#budget,
      blocks,
      evictions,
      copiedIn,
      copiedOut,
    };
  }

  /** A block of at least `bytes`, at a multiple of 64; `undefined` if even eviction does not make room. */
  allocate(bytes: number, tenant?: Tenant): Block | undefined {
    const allocator = this.#allocator;
    if (allocator.blocks >= maxBlocks) this.#evictOldest();
    // Only a budget that was lowered is less than what was taken from the memory.
    while (allocator.used + bytes > this.#budget) if (!this.#evictOldest()) return undefined;
    let span = allocator.allocate(bytes);
    while (span === undefined) {
      if (!this.#grow(bytes) && !this.#evictOldest()) return undefined;
      span = allocator.allocate(bytes);
    }
    const block = new Block(this, span, tenant);
    block.run = this.#runs.last;
    if (tenant !== undefined) this.#append(block);
    return block;
  }

  free(block: Block): void {
    if (block.tenant !== undefined) this.#unlink(block);
    if (!this.#runs.abandoned.has(block.run)) this.#allocator.free(block.span);
    if (this.#isClosed) spare.push(...this.#allocator.takeFree());
  }

  /**
   * Blocks that the run in progress frees, and those it would free if it failed, are never used again: threads that do
   * not answer may still write there.
   */
  abandonRun(): void {
    this.#runs.abandoned.add(this.#runs.last);
  }

  /** Whether that was said of the run in progress. */
  get isRunAbandoned(): boolean {
    return this.#runs.abandoned.has(this.#runs.last);
  }

  /** Marks a block as used now: it is the last to be evicted, and not at all while the run lasts. */
  use(block: Block): void {
    if (block.run === this.#runs.last && this.#runs.isInProgress) return;
    block.run = this.#runs.last;
    if (block.tenant === undefined || block === this.#newest) return;
    this.#unlink(block);
    this.#append(block);
  }

  /** Takes the block from its tenant. Not while a run is in progress. */
  evict(block: Block): void {
    this.evictions++;
    block.tenant?.evict();
    this.free(block);
  }

  /** From here to `endRun`, blocks that are allocated or used stay. */
  startRun(): void {
    if (this.#runs.isInProgress) throw new InternalError('heap', 'a run began while another is in progress');
    this.#runs.last++;
    this.#runs.isInProgress = true;
  }

  endRun(): void {
    this.#runs.isInProgress = false;
    // It was closed by a callback of the run.
    if (this.#isClosed) this.close();
  }

  /** Changes the budget, and evicts what goes beyond it. Memory that was taken is kept for reuse. */
  resize(budget: number): void {
    this.#budget = budget;
    while (this.#allocator.used > budget) if (!this.#evictOldest()) return;
  }

  /** Evicts everything, for good: other heaps may have the memory. Blocks that users hold follow when they are freed. */
  close(): void {
    this.#isClosed = true;
    this.resize(0);
    spare.push(...this.#allocator.takeFree());
  }

  #grow(bytes: number): boolean {
    const { total, freeAtEnd } = this.#allocator;
    const room = this.#budget - total;
    // The region very likely continues the last one.
    const least = Math.ceil(Math.max(1, bytes - freeAtEnd) / unitBytes) * unitBytes;
    if (least > room) return false;
    const step = Math.max(least, Math.min(room, Math.max(smallestRegion, total / 8)));
    const rounded = Math.floor(step / unitBytes) * unitBytes;
    for (const size of [rounded, least]) {
      const address = this.#extend(size);
      if (address === undefined) continue;
      this.#allocator.addRegion(address, size);
      return true;
    }
    return false;
  }

  #evictOldest(): boolean {
    const block = this.#oldest;
    if (block?.tenant === undefined || (this.#runs.isInProgress && block.run === this.#runs.last))
      return false;
    this.evict(block);
    return true;
  }

  #append(block: Block): void {
    block.older = this.#newest;
    block.newer = undefined;
    if (this.#newest === undefined) this.#oldest = block;
    else this.#newest.newer = block;
    this.#newest = block;
  }

  #unlink(block: Block): void {
    const { older, newer } = block;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    block.older = undefined;
    block.newer = undefined;
  }
}

/** All sessions compute in the memory of the process. */
const runs = new Runs();
/** Regions of heaps that were closed. */
const spare: Region[] = [];

/** The address of so many bytes for a heap, if there are any. */
function takeRegion(bytes: number): number | undefined {
  for (const [k, { address, bytes: found }] of spare.entries()) {
    if (found < bytes) continue;
    if (found === bytes) spare.splice(k, 1);
    else spare[k] = { address: address + bytes, bytes: found - bytes };
    return address;
  }
  return extend(bytes);
}

/** The heap of the current session. */
export const heap = perSession(
  () => new Heap(defaultHeapBytes, takeRegion, runs),
  (ended) => {
    ended.close();
  },
);
