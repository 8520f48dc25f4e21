/**
 * What things cost on a device, measured once, when `auto` first weighs it: the way to the device and back, and the
 * bandwidth of its memory. A few milliseconds in all.
 */
import { inSession } from '../perSession.ts';
import type { GpuDevice } from './device.ts';

/** Nanoseconds; per byte, per unit of work (one addition), per kernel, per run with a read-back. */
export interface GpuCosts {
  readonly run: number;
  readonly launch: number;
  readonly unit: number;
  readonly byte: number;
  readonly upload: number;
  readonly readBack: number;
}

const measured = new WeakMap<GpuDevice, Promise<GpuCosts>>();
const known = new WeakMap<GpuDevice, GpuCosts>();

/** What has been measured already. */
export const knownCosts = (gpu: GpuDevice): GpuCosts | undefined => known.get(gpu);

export function calibrate(gpu: GpuDevice): Promise<GpuCosts> {
  let costs = measured.get(gpu);
  if (costs === undefined) {
    costs = measure(gpu).then((found) => {
      known.set(gpu, found);
      return found;
    });
    measured.set(gpu, costs);
  }
  return costs;
}

/** Takes it that things cost so much on a device. For tests. */
export function assumeCosts(gpu: GpuDevice, costs: GpuCosts): void {
  measured.set(gpu, Promise.resolve(costs));
  known.set(gpu, costs);
}

const sampleBytes = 4 * 2 ** 20;
const copies = 16;

async function measure(gpu: GpuDevice): Promise<GpuCosts> {
  const { handle, pool, readBack } = gpu;
  const [from, to] = [pool.take(sampleBytes), pool.take(sampleBytes)];
  const [host, few] = [new Uint8Array(sampleBytes), new Uint8Array(16)];
  try {
    const upload = await inSession(
      best(async () => {
        handle.queue.writeBuffer(from, 0, host);
        await inSession(handle.queue.onSubmittedWorkDone());
      }),
    );
    const latency = await inSession(best(() => readBack.read(from, few)));
    const back = await inSession(best(() => readBack.read(from, host)));
    const copy = await inSession(
      best(async () => {
        const encoder = handle.createCommandEncoder();
        for (let k = 0; k < copies; k++) encoder.copyBufferToBuffer(from, 0, to, 0, sampleBytes);
        handle.queue.submit([encoder.finish()]);
        await inSession(handle.queue.onSubmittedWorkDone());
      }),
    );
    const perByte = Math.max(1e-4, (copy - latency) / (2 * copies * sampleBytes));
    return {
      run: latency,
      launch: launchNanoseconds,
      unit: perByte * unitsPerByte,
      byte: perByte,
      upload: Math.max(perByte, (upload - latency / 2) / sampleBytes),
      readBack: Math.max(perByte, (back - latency) / sampleBytes),
    };
  } finally {
    pool.give(from);
    pool.give(to);
  }
}

/** A dispatch, encoded and started. */
const launchNanoseconds = 10_000;
/** GPUs do about 20 operations while they move a word of four bytes; additions count half. */
const unitsPerByte = 0.1;

/** The least of five times, in nanoseconds. */
async function best(run: () => Promise<void>): Promise<number> {
  let least = Infinity;
  for (let k = 0; k < 5; k++) {
    const start = performance.now();
    await inSession(run());
    least = Math.min(least, performance.now() - start);
  }
  return least * 1e6;
}
