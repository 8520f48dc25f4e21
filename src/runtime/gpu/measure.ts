/** Kernel times on a GPU, for `analyze`: by timestamps of the device, one pass per kernel. */
import type { ArraySource } from '../../ir/node.ts';
import type { Binding } from '../evaluate/bindPlan.ts';
import type { Measured } from '../executors/executor.ts';
import { inSession } from '../perSession.ts';
import { openGpu } from './device.ts';
import { holding, sourcesIn } from './hold.ts';
import { launchOf } from './launch.ts';
import { whenThereIsRoom } from './room.ts';
import { runLaunch } from './run.ts';
import { bufferUsage } from './usage.ts';

const repetitions = 7;

/** Milliseconds per kernel; `undefined` where the device cannot tell. */
export async function measureOnGpu(
  binding: Binding,
  inputs: readonly ArraySource[],
): Promise<Measured | undefined> {
  const gpu = await inSession(openGpu());
  if (!gpu.hasTimestamps) return undefined;
  const sources = sourcesIn(inputs);
  const launch = launchOf(binding, gpu.codeLimits);
  const count = launch.kernels.length;
  if (count === 0) return { first: [], median: [] };
  const { handle, readBack } = gpu;
  const set = handle.createQuerySet({ type: 'timestamp', count: 2 * count });
  const resolved = handle.createBuffer({
    size: 16 * count,
    usage: bufferUsage.queryResolve | bufferUsage.copySource,
  });
  const runs: number[][] = [];
  try {
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const results = await inSession(
        whenThereIsRoom(gpu, () =>
          holding(gpu, sources, () => runLaunch(gpu, launch, binding.arrays, sources, { timestamps: set })),
        ),
      );
      for (const values of new Set(results)) {
        values.free();
        values.release();
      }
      const encoder = handle.createCommandEncoder();
      encoder.resolveQuerySet(set, 0, 2 * count, resolved, 0);
      handle.queue.submit([encoder.finish()]);
      const ticks = new BigUint64Array(2 * count);
      await inSession(readBack.read(resolved, new Uint8Array(ticks.buffer)));
      runs.push(launch.kernels.map((_, k) => Number((ticks[2 * k + 1] ?? 0n) - (ticks[2 * k] ?? 0n)) / 1e6));
    }
  } finally {
    set.destroy();
    resolved.destroy();
  }
  const ofKernel = (k: number): number[] => runs.map((run) => run[k] ?? NaN);
  return {
    first: launch.kernels.map((_, k) => ofKernel(k)[0] ?? NaN),
    median: launch.kernels.map((_, k) => ofKernel(k).toSorted((a, b) => a - b)[repetitions >> 1] ?? NaN),
  };
}
