/**
 * The caller's side of a pool: it puts the launches of a job into the table, wakes the threads, takes part itself, and
 * waits until every launch is over.
 *
 * Faults. A launch that a thread took along into its end is run again by the caller, once the thread is known to have
 * ended; so is one that threw, at most `maxAttempts` times in all. A kernel that writes over what it reads cannot be
 * run again from the middle: then the whole plan has to (`Interrupted`). All waiting is in slices, after each of which
 * the caller looks around; if even the supervisor does not answer any more, it gives up, and the memory that threads
 * may still write to is never used again.
 */
import { IndexError, InternalError, WorkerError } from '../../ir/errors.ts';
import { failIndex } from '../../ir/scatter.ts';
import type { PartFunction, PartProgram } from '../../codegen/target.ts';
import { GrowingBlock, wasmMemory } from '../../codegen/wasm/module/memory.ts';
import {
  Control,
  controlBytes,
  head,
  identityOf,
  isIdentity,
  launch,
  launchAt,
  line,
  lineAt,
  maxThreads,
  state,
  status,
  tableLaunches,
  threadOf,
} from './control.ts';
import { Executor, type Probe } from './executor.ts';
import type { HostedThreads, ProbeModule, ThreadHost } from './host.ts';
import { heap } from '../memory/heap.ts';
import { abandonPrograms, maxProgramsOfJob, placeProgram, programAt } from './programs.ts';

/** So often a launch is begun before its failure is the kernel's. */
export const maxAttempts = 3;

/** Scratch memory of all threads together. */
const maxScratchBytes = 64 * 2 ** 20;

const newMemory = () => ({
  arguments: new GrowingBlock(),
  outcomes: new GrowingBlock(),
  scratch: new GrowingBlock(),
});

/** One pool hands it on to the next, unless threads are lost that may still use it. */
let memoryOfPools = newMemory();

/** Milliseconds. */
const usualTimes = {
  /** The caller sleeps so long at a time. */
  slice: 20,
  /** Without progress for so long, the supervisor is asked whether it is there. */
  patience: 1000,
  /** It has so long to answer. */
  silence: 20_000,
  /** Threads that have not finished a launch for so long are ended. */
  stuck: 600_000,
};
export type PoolTimes = typeof usualTimes;

/** A launch of a kernel that writes over its input came to an end in the middle: the plan must start again. */
export class Interrupted extends Error {}

export interface Job {
  /** For errors. */
  readonly kernel: string;
  /** Whether it writes to memory that it reads. */
  readonly overwrites?: boolean;
  /** Called now and then, with the number of launches that are over. What it throws ends the job. */
  readonly onProgress?: ((done: number) => void) | undefined;
  /** Milliseconds between two such calls, at least. */
  readonly reportEvery?: number;
}

/** What the threads did, by thread, the caller first. */
export interface ThreadUse {
  readonly milliseconds: number;
  readonly launches: number;
}

export interface PoolSettings {
  readonly host: ThreadHost;
  /** The caller counts. */
  readonly threads: number;
  readonly probe?: ProbeModule | undefined;
  /** What the caller's own thread goes through. For tests. */
  readonly ownProbe?: Probe | undefined;
  readonly times?: Partial<PoolTimes> | undefined;
}

export class Pool {
  #threads: number;
  readonly #control: Control;
  readonly #hosted: HostedThreads;
  readonly #executor: Executor;
  readonly #times: PoolTimes;
  readonly #programs = new Map<PartProgram, number>();
  #count = 0;
  #deaths = 0;
  #scratchStride = 0;
  /** So many threads have scratch memory. */
  #scratchThreads = 0;
  /** Arguments and partial outcomes of kernels. */
  readonly arguments = memoryOfPools.arguments;
  readonly outcomes = memoryOfPools.outcomes;
  #job: Job | undefined;
  /** Set when the threads are beyond control. */
  isLost = false;

  constructor({ host, threads, probe, ownProbe, times }: PoolSettings) {
    this.#times = { ...usualTimes, ...times };
    this.#threads = Math.min(threads, maxThreads);
    const block = new SharedArrayBuffer(controlBytes);
    this.#control = new Control(block);
    // Before any thread looks: between the announcement of a job and its launches there is nothing to take.
    this.#control.clearTable();
    Atomics.store(this.#control.words, head.wanted, this.#threads);
    this.#hosted = host.start({ control: block, memory: wasmMemory(), probe });
    const { words } = this.#control;
    const identity = identityOf(0, 1);
    Atomics.store(words, lineAt(0) + line.identity, identity);
    Atomics.store(words, lineAt(0) + line.status, status.resident);
    this.#executor = new Executor(this.#control, identity, {
      functionAt,
      outOfBounds: (error) => (error instanceof IndexError ? error.outside : undefined),
      probe: ownProbe,
    });
  }

  /** Threads that take part in jobs, the caller's included. */
  get threads(): number {
    return this.#threads;
  }

  /** From the next job on so many take part: others are started, or leave. */
  resize(threads: number): void {
    const more = threads > this.#threads;
    this.#threads = Math.min(threads, maxThreads);
    Atomics.store(this.#control.words, head.wanted, this.#threads);
    if (more) this.#hosted.startMore();
    else this.#wakeAll();
  }

  /** Lets idle threads look whether they are to leave. */
  #wakeAll(): void {
    Atomics.add(this.#control.words, head.epoch, 1);
    Atomics.notify(this.#control.words, head.epoch);
  }

  /** Threads that are there, with the caller. */
  get present(): number {
    return 1 + this.#control.residents;
  }

  /** Whether threads keep failing to start. */
  get isBroken(): boolean {
    return this.isLost || this.#control.load(head.broken) === 1;
  }

  /** What the thread that ended last said, as far as it did. */
  get lastWords(): string {
    return this.#control.said(1) || 'for an unknown reason';
  }

  get isBusy(): boolean {
    return this.#job !== undefined;
  }

  /** Makes room for launches of at most so many bytes of scratch memory; false if that is too much. */
  provideScratch(bytes: number): boolean {
    if (bytes <= this.#scratchStride && this.#threads <= this.#scratchThreads) return true;
    const threads = this.#control.threadsEnd;
    const least = 64 * Math.ceil(Math.max(4096, bytes) / 64);
    const grown = 64 * Math.ceil((1.5 * this.#scratchStride) / 64);
    const stride = [Math.max(least, grown), least].find((size) => size * threads <= maxScratchBytes);
    if (stride === undefined) return false;
    const { words } = this.#control;
    words[head.scratch] = memoryOfPools.scratch.atLeast(stride * threads);
    words[head.scratchStride] = stride;
    this.#scratchStride = stride;
    this.#scratchThreads = threads;
    return true;
  }

  /** Begins a job; `add` its launches, then `finish` it. */
  begin(): void {
    if (this.isBusy) throw new InternalError('threads', 'a job began while another is in progress');
    this.#count = 0;
    this.#programs.clear();
  }

  /** Whether the job has no room for another launch of the program. */
  isFull(program: PartProgram): boolean {
    return (
      this.#count === tableLaunches ||
      (this.#programs.size === maxProgramsOfJob && !this.#programs.has(program))
    );
  }

  add(program: PartProgram, entry: number, args: number, from: number, to: number, out: number): void {
    let address = this.#programs.get(program);
    if (address === undefined) {
      address = placeProgram(program);
      this.#programs.set(program, address);
    }
    const { words, doubles } = this.#control;
    const at = launchAt(this.#count++);
    words[at + launch.program] = address;
    words[at + launch.entry] = entry;
    words[at + launch.args] = args;
    doubles[(at + launch.from) >> 1] = from;
    doubles[(at + launch.to) >> 1] = to;
    words[at + launch.out] = out;
    words[at + launch.attempts] = 0;
  }

  /** Runs what was added, on all threads. Throws what the first launch that failed threw. */
  finish(job: Job): void {
    const { words } = this.#control;
    if (this.#count === 0) return;
    this.#job = job;
    try {
      Atomics.store(words, head.done, 0);
      Atomics.store(words, head.failures, 0);
      Atomics.store(words, head.count, this.#count);
      for (let position = 0; position < this.#count; position++)
        Atomics.store(words, launchAt(position), state.todo);
      Atomics.store(words, head.next, 0);
      Atomics.add(words, head.epoch, 1);
      Atomics.notify(words, head.epoch, this.#count - 1);
      this.#takePart();
      this.#join();
      if (Atomics.load(words, head.failures) > 0) this.#settle();
    } catch (error) {
      if (!this.isLost) this.#drainAll();
      throw error;
    } finally {
      // Nothing is left to take for a thread that comes late.
      Atomics.store(words, head.count, 0);
      this.#job = undefined;
    }
  }

  /** Runs one launch on this thread. */
  runAlone(program: PartProgram, entry: number, args: number, from: number, to: number, out: number): void {
    program.functions[entry]?.(args, from, to, this.#control.load(head.scratch), out);
  }

  #takePart(): void {
    const report = this.#reporter();
    // A launch that throws here is looked at when all are over, like those of other threads.
    while (!this.#executor.drain(report));
  }

  /** Tells about progress, if enough time has passed since it was told last. */
  #reporter(): (() => void) | undefined {
    const { onProgress, reportEvery = 0 } = this.#named;
    if (onProgress === undefined) return undefined;
    let last = performance.now();
    return () => {
      const now = performance.now();
      if (now - last < reportEvery) return;
      last = now;
      onProgress(this.#control.load(head.done));
    };
  }

  /** Waits until every launch is over. */
  #join(): void {
    const { words } = this.#control;
    const times = this.#times;
    const report = this.#reporter();
    let progressAt = performance.now();
    let last = -1;
    let asked: { readonly pong: number; readonly at: number } | undefined;
    for (;;) {
      const done = Atomics.load(words, head.done);
      if (done >= this.#count) return;
      const now = performance.now();
      if (done !== last) {
        [last, progressAt, asked] = [done, now, undefined];
        report?.();
      }
      this.#lookAround();
      Atomics.wait(words, head.done, done, times.slice);
      if (now - progressAt < times.patience) continue;
      const pong = Atomics.load(words, head.pong);
      if (asked === undefined || asked.pong !== pong) {
        asked = { pong, at: now };
        this.#hosted.ping();
      } else if (now - asked.at > times.silence) this.#giveUp();
      if (now - progressAt < times.stuck) continue;
      progressAt = now;
      this.#endOthers();
    }
  }

  /** Ends the threads that are at work: once they have ended, what they had is run again. */
  #endOthers(): void {
    for (let position = 0; position < this.#count; position++) {
      const owner = this.#control.load(launchAt(position));
      if (isIdentity(owner) && this.#control.isAlive(owner)) this.#hosted.terminate(threadOf(owner));
    }
  }

  /** Takes the launches that no thread has taken, and those of threads that have ended. */
  #lookAround(): void {
    for (let position = 0; position < this.#count; position++) this.#executor.attempt(position, state.todo);
    const deaths = this.#control.load(head.deaths);
    if (deaths === this.#deaths) return;
    this.#deaths = deaths;
    for (let position = 0; position < this.#count; position++) {
      const owner = this.#control.load(launchAt(position));
      if (!isIdentity(owner) || this.#control.isAlive(owner)) continue;
      this.#again(position, `its thread ended: ${this.#control.said(threadOf(owner)) || 'no message'}`);
      this.#executor.attempt(position, owner);
    }
  }

  /** Counts an attempt that failed; throws if there is no other. */
  #again(position: number, why: string): void {
    const { words } = this.#control;
    const at = launchAt(position) + launch.attempts;
    const attempts = (words[at] ?? 0) + 1;
    words[at] = attempts;
    const { kernel, overwrites } = this.#named;
    if (attempts >= maxAttempts) {
      throw new WorkerError(
        'evaluate',
        kernel,
        `a part of it failed ${attempts} times, the last time because ${why}`,
      );
    }
    if (overwrites === true) throw new Interrupted(why);
  }

  get #named(): Job {
    return this.#job ?? { kernel: 'kernel' };
  }

  /** Stops every thread from taking another launch, and waits for the launches that are running. */
  #drainAll(): void {
    const { words } = this.#control;
    for (let position = 0; position < this.#count; position++) {
      const at = launchAt(position);
      if (Atomics.compareExchange(words, at, state.todo, state.done) === state.todo)
        Atomics.add(words, head.done, 1);
    }
    for (let position = 0; position < this.#count; position++) this.#await(launchAt(position));
  }

  /** Waits until a launch is over, or its thread is. */
  #await(at: number): void {
    const { words } = this.#control;
    let waited = 0;
    for (;;) {
      const owner = Atomics.load(words, at);
      if (!isIdentity(owner) || threadOf(owner) === 0 || !this.#control.isAlive(owner)) return;
      const before = performance.now();
      Atomics.wait(words, at, owner, 1);
      waited += performance.now() - before;
      if (waited > this.#times.stuck) this.#giveUp();
    }
  }

  /** All launches are over, but some failed: those that threw are run again; for an index it is the first that counts. */
  #settle(): void {
    for (let position = 0; position < this.#count; position++) {
      const at = launchAt(position);
      while (this.#control.load(at) === state.fault) {
        this.#again(position, this.#control.said(this.#control.load(head.faulter)));
        this.#executor.attempt(position, state.fault);
      }
      if (this.#control.load(at) !== state.index) continue;
      const { doubles, words } = this.#control;
      const [index = NaN, size = 0] = [doubles[(at + launch.from) >> 1], doubles[(at + launch.to) >> 1]];
      failIndex(index, size, words[at + launch.out] ?? 0);
    }
  }

  #giveUp(): never {
    this.isLost = true;
    memoryOfPools = newMemory();
    abandonPrograms();
    heap.current.abandonRun();
    throw new WorkerError(
      'evaluate',
      this.#named.kernel,
      'its threads do not answer any more; the memory it was writing to is not used again',
    );
  }

  /** From here on threads add up the time they compute. */
  startProfile(): void {
    const { words, doubles } = this.#control;
    for (let thread = 0; thread < maxThreads; thread++) {
      doubles[(lineAt(thread) + line.busy) >> 1] = 0;
      words[lineAt(thread) + line.launches] = 0;
    }
    words[head.profile] = 1;
  }

  endProfile(): readonly ThreadUse[] {
    const { words, doubles } = this.#control;
    words[head.profile] = 0;
    return Array.from({ length: this.threads }, (_, thread) => ({
      milliseconds: doubles[(lineAt(thread) + line.busy) >> 1] ?? 0,
      launches: words[lineAt(thread) + line.launches] ?? 0,
    }));
  }

  /** Ends the threads. */
  stop(): Promise<void> {
    return this.#hosted.stop();
  }

  /** Whether all have left after a `stop`. */
  get hasEnded(): boolean {
    return this.#control.load(head.ended) === 1;
  }
}

function functionAt(address: number, entry: number): PartFunction {
  const found = programAt(address)?.functions[entry];
  if (found === undefined) throw new InternalError('threads', `there is no program at ${address}`);
  return found;
}
