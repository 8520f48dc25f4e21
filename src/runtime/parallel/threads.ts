/**
 * The threads of this process: how many are wanted, which each session says for itself, and the pool, which all sessions
 * share and which is started when work asks for it first.
 */
import { wholeNumber } from '../../ir/arguments.ts';
import { inSession, isFirstSession, perSession } from '../perSession.ts';
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

const settings = perSession((): { wanted: number | undefined } => ({ wanted: undefined }));
let pool: Pool | undefined;
let probes: Probes = {};
/** Pools that are on their way out, and what they wait for. */
const leaving = new Map<Pool, Promise<void>>();
/** So many may leave while another starts: a program that ends and needs threads again and again outruns them. */
const maxLeaving = 2;

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
  const { wanted } = settings.current;
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

/**
 * From the next kernel on so many threads compute: the pool stays, threads are started or leave. For a session beside
 * the first that happens when it has work for them.
 */
export function setThreads(threads: number): void {
  settings.current.wanted = threads;
  if (pool === undefined || pool.threads === threads) return;
  if (pool.isBroken) void stopThreads();
  else if (isFirstSession()) pool.resize(threads);
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
    if (typeof host === 'string' || !mayStart()) return undefined;
    pool = new Pool({ host, threads, ...probes });
  }
  if (pool.isBusy) return undefined;
  // It was started, or used last, by a session that wants another number.
  if (pool.threads !== threads) pool.resize(threads);
  return pool;
}

/** All pools work in the same memory, one at a time. */
function mayStart(): boolean {
  let count = 0;
  for (const old of leaving.keys()) {
    if (old.isBusy) return false;
    if (!old.hasEnded) count++;
  }
  return count < maxLeaving;
}

/** The pool, if it was started. */
export const runningPool = (): Pool | undefined => (pool?.isLost === true ? undefined : pool);

/** Ends the threads; work that comes later starts others. */
export async function stopThreads(): Promise<void> {
  const old = pool;
  pool = undefined;
  if (old !== undefined) {
    const ending = old.stop().then(() => {
      leaving.delete(old);
    });
    leaving.set(old, ending);
  }
  await inSession(Promise.all(leaving.values()));
}
