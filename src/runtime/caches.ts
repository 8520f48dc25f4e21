/**
 * The caches, all bounded and counted: plans by structure, compiled kernels by their text, results by structure,
 * inputs and numbers (byte-bounded).
 */
import { LRUCache } from 'lru-cache';
import type { CompileRefusal } from '../codegen/refusal.ts';
import type { CompiledKernel } from '../codegen/target.ts';
import { checkCount, maxEntries, wholeNumber } from '../ir/arguments.ts';
import type { PreparedPlan } from './bindPlan.ts';
import type { EvaluationRecord } from './evaluate.ts';
import { gpuCounters, poolInfo, type GpuCounters } from './gpu/device.ts';
import type { PoolInfo } from './gpu/pool.ts';
import { forgetPrograms } from './gpu/programs.ts';
import { defaultHeapBytes, heap, type HeapInfo } from './heap.ts';
import { forgetTemplates } from './recognize.ts';
import type { Source } from './storage.ts';

export interface CacheCounters {
  readonly entries: number;
  readonly maxEntries: number;
  readonly hits: number;
  readonly misses: number;
}

export interface CacheInfo {
  /** Structures planned. A miss runs the passes. */
  readonly plans: CacheCounters;
  /** Kernels compiled. A miss generates and compiles code. */
  readonly kernels: CacheCounters;
  /** Results kept, with their bytes. */
  readonly results: CacheCounters & { readonly bytes: number; readonly maxBytes: number };
  /** The shared memory that WebAssembly kernels work in. */
  readonly heap: HeapInfo;
  /** What GPUs did so far, and the memory of the one in use. */
  readonly gpu: GpuCounters & { readonly memory: PoolInfo | null };
}

export interface CacheLimits {
  /** Bytes of results kept for reuse. Default 256 MiB. */
  readonly resultBytes?: number;
  /** Results kept. Default 4,096. */
  readonly results?: number;
  /** Plans kept. Default 1,024. */
  readonly plans?: number;
  /** Compiled kernels kept. Default 2,048. */
  readonly kernels?: number;
  /** Bytes of the shared heap, on which WebAssembly kernels find arrays. Default 1 GiB. */
  readonly heapBytes?: number;
}

/** An LRU that counts. `lru-cache` does the work. */
class CountedCache<V extends object> {
  hits = 0;
  misses = 0;
  /** How often it was cleared. */
  clears = 0;
  #cache: LRUCache<string, V>;
  /** A bound of 0: nothing is kept. */
  #off = false;
  #max: number;
  readonly #sizeOf: ((value: V, key: string) => number) | undefined;
  readonly #dispose: ((value: V) => void) | undefined;

  /** `dispose` is told what leaves the cache. */
  constructor(
    max: number,
    maxSize?: number,
    sizeOf?: (value: V, key: string) => number,
    dispose?: (value: V) => void,
  ) {
    this.#sizeOf = sizeOf;
    this.#dispose = dispose;
    this.#max = max;
    this.#cache = this.#make(max, maxSize);
  }

  #make(max: number, maxSize?: number): LRUCache<string, V> {
    const sizeCalculation = this.#sizeOf;
    const dispose = this.#dispose === undefined ? {} : { dispose: this.#dispose };
    return maxSize === undefined || sizeCalculation === undefined
      ? new LRUCache<string, V>({ max, ...dispose })
      : new LRUCache<string, V>({ max, maxSize, sizeCalculation, ...dispose });
  }

  get(key: string): V | undefined {
    const value = this.#cache.get(key);
    if (value === undefined) this.misses++;
    else this.hits++;
    return value;
  }

  /** Looks without counting or touching. */
  peek(key: string): V | undefined {
    return this.#cache.peek(key);
  }

  /** Looks without counting; what is found counts as used. */
  use(key: string): V | undefined {
    return this.#cache.get(key);
  }

  delete(key: string): void {
    this.#cache.delete(key);
  }

  set(key: string, value: V): void {
    if (!this.#off) this.#cache.set(key, value);
  }

  clear(): void {
    this.#cache.clear();
    this.clears++;
    this.hits = 0;
    this.misses = 0;
  }

  resize(max: number, maxSize?: number): void {
    this.#off = max === 0 || maxSize === 0;
    this.#max = max;
    if (this.#off) {
      this.#cache.clear();
      return;
    }
    const next = this.#make(max, maxSize);
    for (const [key, value] of [...this.#cache.entries()].reverse()) next.set(key, value);
    this.#cache = next;
  }

  get counters(): CacheCounters {
    return { entries: this.#cache.size, maxEntries: this.#max, hits: this.hits, misses: this.misses };
  }

  /** The most that a value may weigh; 0 where nothing is kept. */
  get room(): number {
    return this.#off ? 0 : this.#cache.maxSize;
  }

  get bytes(): { readonly bytes: number; readonly maxBytes: number } {
    return { bytes: this.#cache.calculatedSize, maxBytes: this.#cache.maxSize };
  }
}

const defaults = {
  resultBytes: 256 * 2 ** 20,
  results: 4096,
  plans: 1024,
  kernels: 2048,
  heapBytes: defaultHeapBytes,
} as const;

/** A memoized result: one source per root, and how it came about. */
export interface MemoEntry {
  readonly sources: readonly Source[];
  readonly record: EvaluationRecord;
  /** Called when it leaves the cache. */
  readonly dispose?: () => void;
}

/** Keys are text; they count as well as the values they name. */
function memoBytes({ sources }: MemoEntry, key: string): number {
  let bytes = 2 * key.length + 128;
  for (const source of sources) bytes += source.byteLength;
  return bytes;
}

/** A node of a plan takes about half a KiB: this bounds the plans of very long expressions. */
const maxPlanNodes = 400_000;

export const planCache = new CountedCache<PreparedPlan>(
  defaults.plans,
  maxPlanNodes,
  ({ plan: { initial, graph } }) => initial.nodes.length + graph.nodes.length + 1,
);
export const kernelCache = new CountedCache<CompiledKernel | CompileRefusal>(defaults.kernels);
export const resultCache = new CountedCache<MemoEntry>(
  defaults.results,
  defaults.resultBytes,
  memoBytes,
  (entry) => entry.dispose?.(),
);

/** Hits, misses and sizes of every cache. */
export function cacheInfo(): CacheInfo {
  checkCount('cacheInfo', arguments.length, 0);
  return {
    plans: planCache.counters,
    kernels: kernelCache.counters,
    results: { ...resultCache.counters, ...resultCache.bytes },
    heap: heap.info,
    gpu: { ...gpuCounters(), memory: poolInfo() ?? null },
  };
}

/** Empties every cache and resets the counters. Values that arrays hold stay. */
export function clearCache(): void {
  checkCount('clearCache', arguments.length, 0);
  planCache.clear();
  forgetTemplates();
  kernelCache.clear();
  forgetPrograms();
  resultCache.clear();
}

export const limitNames = Object.keys(defaults) as readonly (keyof CacheLimits)[];

/** Sets the bounds of the caches; what does not fit any more is dropped, least recently used first. */
export function limitCaches(limits: CacheLimits): void {
  for (const name of limitNames) {
    const limit = limits[name];
    const most = name === 'resultBytes' || name === 'heapBytes' ? Number.MAX_SAFE_INTEGER : maxEntries;
    if (limit !== undefined) wholeNumber('configure', name, limit, 0, most);
  }
  if (limits.plans !== undefined) {
    planCache.resize(limits.plans, maxPlanNodes);
    forgetTemplates();
  }
  if (limits.kernels !== undefined) kernelCache.resize(limits.kernels);
  if (limits.results !== undefined || limits.resultBytes !== undefined)
    resultCache.resize(
      limits.results ?? resultCache.counters.maxEntries,
      limits.resultBytes ?? resultCache.bytes.maxBytes,
    );
  if (limits.heapBytes !== undefined) heap.resize(limits.heapBytes);
}
