/**
 * What all processors can do at the same time: how fast they copy, and how fast they compute. Neither is a multiple of
 * what one can do, for they share the memory, and sometimes more.
 */
import { Worker } from 'node:worker_threads';

export interface Together {
  readonly copyBytesPerSecond: number;
  /** Float64 operations of 128-bit vectors; absent without SIMD. */
  readonly peakPerSecond: number | undefined;
}

/** What one thread reports. */
export interface Measured {
  readonly copy: number;
  readonly peak: number | undefined;
}

export async function measureTogether(threads: number): Promise<Together> {
  // Each waits for the others before each of its measurements.
  const meeting = new Int32Array(new SharedArrayBuffer(4));
  const all = await Promise.all(Array.from({ length: threads }, () => measureOne(meeting, threads)));
  const sum = (of: (one: Measured) => number): number => all.reduce((total, one) => total + of(one), 0);
  return {
    copyBytesPerSecond: sum(({ copy }) => copy),
    peakPerSecond: all.some(({ peak }) => peak === undefined) ? undefined : sum(({ peak }) => peak ?? 0),
  };
}

function measureOne(meeting: Int32Array, threads: number): Promise<Measured> {
  const worker = new Worker(new URL('togetherThread.ts', import.meta.url), {
    workerData: { meeting, threads },
  });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}
