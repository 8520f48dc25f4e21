/** All caches at once: what they hold, their bounds, emptying them. */
import { checkCount, maxEntries, wholeNumber } from '../../ir/arguments.ts';
import { gpuCounters, poolInfo, type GpuCounters } from '../gpu/device.ts';
import type { PoolInfo } from '../gpu/pool.ts';
import { forgetPrograms } from '../gpu/programs.ts';
import { heap, type HeapInfo } from '../memory/heap.ts';
import { forgetTemplates } from '../evaluate/recognize.ts';
import type { CacheCounters } from './countedCache.ts';
import { type CacheLimits, limitNames } from './cacheLimits.ts';
import { maxPlanNodes, planCache } from './planCache.ts';
import { kernelCache } from './kernelCache.ts';
import { resultCache } from './resultCache.ts';

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

/** Hits, misses and sizes of every cache. */
export function cacheInfo(): CacheInfo {
  checkCount('cacheInfo', arguments.length, 0);
  return {
    plans: planCache.current.counters,
    kernels: kernelCache.current.counters,
    results: { ...resultCache.current.counters, ...resultCache.current.bytes },
    heap: heap.current.info,
    gpu: { ...gpuCounters(), memory: poolInfo() ?? null },
  };
}

/** Empties every cache and resets the counters. Values that arrays hold stay. */
export function clearCache(): void {
  checkCount('clearCache', arguments.length, 0);
  planCache.current.clear();
  forgetTemplates();
  kernelCache.current.clear();
  forgetPrograms();
  resultCache.current.clear();
}

/** Sets the bounds of the caches; what does not fit any more is dropped, least recently used first. */
export function limitCaches(operation: string, limits: CacheLimits): void {
  for (const name of limitNames) {
    const limit = limits[name];
    const most = name === 'resultBytes' || name === 'heapBytes' ? Number.MAX_SAFE_INTEGER : maxEntries;
    if (limit !== undefined) wholeNumber(operation, name, limit, 0, most);
  }
  if (limits.plans !== undefined) {
    planCache.current.resize(limits.plans, maxPlanNodes);
    forgetTemplates();
  }
  if (limits.kernels !== undefined) kernelCache.current.resize(limits.kernels);
  if (limits.results !== undefined || limits.resultBytes !== undefined)
    resultCache.current.resize(
      limits.results ?? resultCache.current.counters.maxEntries,
      limits.resultBytes ?? resultCache.current.bytes.maxBytes,
    );
  if (limits.heapBytes !== undefined) heap.current.resize(limits.heapBytes);
}
