/** The bounds of the caches. */
import { defaultHeapBytes } from '../memory/heap.ts';

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

export const defaults = {
  resultBytes: 256 * 2 ** 20,
  results: 4096,
  plans: 1024,
  kernels: 2048,
  heapBytes: defaultHeapBytes,
} as const;

export const limitNames = Object.keys(defaults) as readonly (keyof CacheLimits)[];
