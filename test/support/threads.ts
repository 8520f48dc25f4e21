/** Threads for tests: so many of them, work cut into parts at random, and trouble on demand. */
import type { Partitioning } from '../../src/runtime/parallel/partition.ts';
import { setPartitioning } from '../../src/runtime/parallel/partition.ts';
import { setProbes, setThreads, stopThreads, threadPool } from '../../src/runtime/parallel/threads.ts';
import type { PoolTimes } from '../../src/runtime/parallel/pool.ts';
import { troubleWith, type Trouble } from './trouble.ts';

/** A few bits that depend on all of the numbers. */
function mixed(...numbers: readonly number[]): number {
  let state = 0x9e3779b9;
  for (const number of numbers) {
    state = Math.imul(state ^ number, 0x85ebca6b);
    state ^= state >>> 13;
  }
  return state >>> 0;
}

/** Everything runs on all threads, in few or many parts that begin anywhere. */
export const randomParts = (seed: number): Partitioning => ({
  threshold: 0,
  grain: 0,
  cut: (turns) => {
    const ends: number[] = [];
    const longest = 1 + (mixed(seed, turns) % Math.max(1, turns));
    for (let end = 0; end < turns && ends.length < 500;) {
      end = Math.min(turns, end + 1 + (mixed(seed, end) % longest));
      if (ends.length === 499) end = turns;
      ends.push(end);
    }
    return ends;
  },
  cutsNode: (from, length) => mixed(seed, from, length) % 4 !== 0,
});

/** Starts so many threads, and waits until all are there. Returns what ends them. */
export async function startThreads(
  threads: number,
  parts: Partitioning,
  trouble?: Trouble,
  more: { readonly heapMegabytes?: number; readonly times?: Partial<PoolTimes> } = {},
): Promise<() => Promise<void>> {
  const restore = setPartitioning(parts);
  const module = new URL('./trouble.ts', import.meta.url).href;
  setProbes(
    trouble === undefined
      ? {}
      : {
          probe: {
            module,
            data: trouble,
            ...(more.heapMegabytes === undefined ? {} : { heapMegabytes: more.heapMegabytes }),
          },
          ownProbe: troubleWith(trouble),
          ...(more.times === undefined ? {} : { times: more.times }),
        },
  );
  setThreads(threads);
  await presence(threads);
  return async () => {
    restore();
    setProbes({});
    await stopThreads();
  };
}

/** Resolves when so many threads are there. */
export async function presence(threads: number): Promise<void> {
  const giveUp = performance.now() + 30_000;
  while ((threadPool()?.present ?? 1) < threads) {
    if (performance.now() > giveUp)
      throw new Error(`only ${threadPool()?.present ?? 1} threads of ${threads}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
