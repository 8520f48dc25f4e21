/**
 * The threads of this process: how many are wanted, and the pool, which is started when work asks for it first.
 */
import { wholeNumber } from '../../ir/arguments.ts';
import type { ProbeModule } from './host.ts';
import { threadHost } from './host.ts';
import { maxThreads } from './control.ts';
import type { Probe } from './executor.ts';
import { Pool, type PoolTimes } from './pool.ts';

interface Probes {
  readonly probe?: ProbeModule;
  readonly ownProbe?: Probe;
  readonly times?: Partial<PoolTimes>;
}

let wanted: number | undefined;
let pool: Pool | undefined;
let probes: Probes = {};
/** Pools that are on their way out. */
let stopping: Promise<unknown> = Promise.resolve();

/** How many threads compute, the caller's included; and why no more, where more cannot be. */
export interface ThreadInfo {
  readonly threads: number;
  readonly why: string | undefined;
}

export function threadInfo(): ThreadInfo {
  const host = threadHost();
  if (typeof host === 'string') return { threads: 1, why: host };
  if (pool?.isBroken === true && !pool.isLost)
    return { threads: 1, why: `threads ended as soon as they were started: ${pool.lastWords}` };
  const threads = Math.min(wanted ?? host.parallelism, maxThreads);
  if (threads > 1) return { threads, why: undefined };
  return {
    threads,
    why: wanted === undefined ? 'the machine has one processor' : 'asked for with configure({ threads: 1 })',
  };
}

export function checkThreads(operation: string, threads: number): void {
  wholeNumber(operation, 'threads', threads, 1, maxThreads);
}

/** From now on so many threads compute. With one, those that there are wait for being wanted again. */
export function setThreads(threads: number): void {
  wanted = threads;
  if (threads > 1 && pool !== undefined && pool.threads !== threadInfo().threads) void stopThreads();
}

/** Puts probes into threads that are started from now on. For tests. */
export function setProbes(next: Probes): void {
  probes = next;
  void stopThreads();
}

/** The pool, where there is one to be had now: not for a launch from within a job. */
export function threadPool(): Pool | undefined {
  if (pool?.isLost === true) pool = undefined;
  const { threads } = threadInfo();
  if (threads < 2) return undefined;
  if (pool === undefined) {
    const host = threadHost();
    if (typeof host === 'string') return undefined;
    pool = new Pool({ host, threads, ...probes });
  }
  return pool.isBusy ? undefined : pool;
}

/** The pool, if it was started. */
export const runningPool = (): Pool | undefined => (pool?.isLost === true ? undefined : pool);

/** Ends the threads; work that comes later starts others. */
export function stopThreads(): Promise<void> {
  const ending = pool?.stop();
  pool = undefined;
  if (ending !== undefined) stopping = Promise.all([stopping, ending]);
  return stopping.then(() => undefined);
}
