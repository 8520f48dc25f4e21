/** What a result file says before its rows. */
import type { Machine } from '../measure/machine.ts';
import type { Together } from '../measure/together.ts';

export interface Header {
  readonly suite: string;
  readonly quick: boolean;
  readonly date: string;
  readonly machine: Machine;
  /** Of main memory; absent in suites about the GPU. */
  readonly copyBytesPerSecond?: number;
  /** Float64 operations of 128-bit vectors; absent without SIMD, and in suites about the GPU. */
  readonly peakPerSecond?: number;
  /** The same on all processors at once; absent where everyone runs on one thread. */
  readonly together?: Together;
  /** The GPU that lazuli runs on; absent in suites about the CPU, and where there is none. */
  readonly gpu?: string;
  readonly peers: readonly { readonly name: string; readonly version: string; readonly threads: number }[];
}
