/** One of the threads that measure what all processors can do together. */
import { parentPort, workerData } from 'node:worker_threads';
import { copyBandwidth } from './bandwidth.ts';
import { measurePeak } from './peak.ts';
import type { Measured } from './together.ts';

const { meeting, threads } = workerData as { readonly meeting: Int32Array; readonly threads: number };

/** Goes on when all threads are there for the `time`th time. */
function meet(time: number): void {
  let count = Atomics.add(meeting, 0, 1) + 1;
  Atomics.notify(meeting, 0);
  for (; count < time * threads; count = Atomics.load(meeting, 0)) Atomics.wait(meeting, 0, count);
}

meet(1);
const copy = copyBandwidth();
meet(2);
const peak = measurePeak();
parentPort?.postMessage({ copy, peak } satisfies Measured);
