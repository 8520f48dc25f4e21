/**
 * Many launches at once, of one kernel or of several: a table that all threads take from. Where there are no threads,
 * the caller runs it alone.
 */
import type { PartProgram } from '../../codegen/target.ts';
import { reserve } from '../../codegen/wasm/module/memory.ts';
import { isWorthThreads } from './launch.ts';
import type { Pool } from './pool.ts';
import { threadPool } from './threads.ts';

/** One call of a function of a program, for arguments that lie in memory (`KernelParts.writeArguments`). */
export interface KernelLaunch {
  readonly program: PartProgram;
  readonly entry: number;
  readonly args: number;
  readonly from: number;
  readonly to: number;
}

export interface TableRun {
  /** For errors. */
  readonly kernel: string;
  /** Scratch memory that a launch needs at the most: see `ownMemory`. */
  readonly scratchBytes: number;
  /** Whether kernels write to memory that they read: what was begun is not begun again then (`Interrupted`). */
  readonly overwrites?: boolean;
  /** What all launches take together on one thread, estimated. */
  readonly nanoseconds: number;
  /** Told every now and then how many launches are over, and at the end. What it throws ends the run. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** Where the buffers lie that each thread has one of, counted from its scratch memory; and what that takes in all. */
export interface OwnMemory {
  readonly offsets: ReadonlyMap<number, number>;
  readonly scratchBytes: number;
}

const align = (bytes: number): number => 64 * Math.ceil(bytes / 64);

export function ownMemory(
  { perThread, scratchBytes }: PartProgram,
  bytesOf: (buffer: number) => number,
): OwnMemory {
  const offsets = new Map<number, number>();
  let end = align(scratchBytes);
  for (const buffer of perThread) {
    offsets.set(buffer, end);
    end += align(bytesOf(buffer));
  }
  return { offsets, scratchBytes: end };
}

/** Milliseconds from one report of progress to the next, at least. */
const reportEvery = 20;

/**
 * Runs every launch once. No two may write to the same memory, none to what another reads. Throws what the first that
 * fails throws.
 */
export function runTable(launches: readonly KernelLaunch[], run: TableRun): void {
  const pool = isWorthThreads(run.nanoseconds) ? threadPool() : undefined;
  if (pool?.provideScratch(run.scratchBytes) === true) onThreads(pool, launches, run);
  else alone(launches, run);
  run.onProgress?.(launches.length);
}

function onThreads(
  pool: Pool,
  launches: readonly KernelLaunch[],
  { kernel, overwrites, onProgress }: TableRun,
): void {
  for (let next = 0; next < launches.length;) {
    const before = next;
    pool.begin();
    for (; next < launches.length; next++) {
      const launch = launches[next];
      if (launch === undefined) continue;
      if (pool.isFull(launch.program)) break;
      pool.add(launch.program, launch.entry, launch.args, launch.from, launch.to, 0);
    }
    const report =
      onProgress === undefined
        ? undefined
        : (done: number): void => {
            onProgress(before + done);
          };
    pool.finish({ kernel, overwrites: overwrites === true, onProgress: report, reportEvery });
  }
}

let scratchAt = 0;
let scratchSize = 0;

function alone(launches: readonly KernelLaunch[], { scratchBytes, onProgress }: TableRun): void {
  if (scratchBytes > scratchSize) {
    scratchSize = Math.max(2 * scratchSize, align(scratchBytes));
    scratchAt = reserve(scratchSize, 64);
  }
  let reported = performance.now();
  launches.forEach(({ program, entry, args, from, to }, k) => {
    program.functions[entry]?.(args, from, to, scratchAt, 0);
    if (onProgress === undefined || performance.now() - reported < reportEvery) return;
    reported = performance.now();
    onProgress(k + 1);
  });
}
