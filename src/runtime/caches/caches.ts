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
