/**
 * What threads share beside the memory of the kernels: a table of launches, counters to take them by and to wait on,
 * and a line about each thread. One block of int32 words, all of it touched through `Atomics` where threads meet.
 *
 * One job is in progress at a time. Threads take positions of the table from a counter; but what makes a launch
 * theirs is the exchange of its state. So a thread that was held up between the two, even for several jobs, does no
 * harm: it finds the launch taken, or takes it rightfully. For that, a state must not be `todo` before its job is there.
 */

/** Threads of a pool, the caller's own being number 0. */
export const maxThreads = 64;
/** Launches of a job. */
export const tableLaunches = 4096;

/** Words of the head. Counters that different threads write to lie in cache lines of their own. */
export const head = {
  /** The number of jobs so far: idle threads wait for the next. */
  epoch: 0,
  /** 1: threads leave. */
  stop: 1,
  /** Launches of the job. */
  count: 2,
  /** Scratch memory: of thread 0, and from each thread to the next. */
  scratch: 3,
  scratchStride: 4,
  /** 1: threads add up the time they compute. */
  profile: 5,
  /** Threads that ended by themselves, so far. */
  deaths: 6,
  /** Answers of the supervisor. */
  pong: 7,
  /** Set when threads cannot be started; they are not tried again. */
  broken: 8,
  /** How many threads take part, the caller included: those with a higher number leave. */
  wanted: 9,
  /** Set when all threads have left after a `stop`. */
  ended: 10,
  /** The next launch to take. */
  next: 16,
  /** The number of launches that are over; the thread that finishes the last one wakes the caller. */
  done: 32,
  /** How many of them failed. */
  failures: 33,
  /** The thread whose launch threw last. */
  faulter: 34,
} as const;

const threadsAt = 48;
const threadWords = 64;
/** Words of a thread's line. */
export const line = {
  /** The worker that runs on this line: its number, and how many workers used the line before it. */
  identity: 0,
  status: 1,
  /** What the host calls the thread. */
  thread: 2,
  /** Launches it has run. */
  launches: 3,
  /** Float64: milliseconds it has computed. */
  busy: 4,
  /** Characters of a message, and the message, two characters a word. */
  messageLength: 6,
  message: 7,
} as const;
const maxMessage = 2 * (threadWords - line.message);

export const status = { empty: 0, starting: 1, resident: 2, gone: 3 } as const;

const tableAt = threadsAt + maxThreads * threadWords;
const launchWords = 10;
/** Words of a launch. */
export const launch = {
  state: 0,
  /** Address of the program, as `programs.ts` lays it out. */
  program: 1,
  /** Which of its functions. */
  entry: 2,
  args: 3,
  /** Float64, for they may be beyond 32 bits. */
  from: 4,
  to: 6,
  out: 8,
  /** How often it was begun and not brought to an end. */
  attempts: 9,
} as const;

/** States of a launch; anything above is the identity of the thread that runs it. */
export const state = {
  todo: 0,
  done: 1,
  /** An index was out of bounds: it lies where `from` did, the size where `to` did, its purpose where `out` did. */
  index: 2,
  /** It threw something else. */
  fault: 3,
} as const;
const firstIdentity = maxThreads;

export const identityOf = (thread: number, incarnation: number): number => incarnation * maxThreads + thread;
export const threadOf = (identity: number): number => identity % maxThreads;
export const isIdentity = (value: number): boolean => value >= firstIdentity;

export const controlBytes = 4 * (tableAt + tableLaunches * launchWords);
export const lineAt = (thread: number): number => threadsAt + thread * threadWords;
export const launchAt = (position: number): number => tableAt + position * launchWords;

export class Control {
  readonly words: Int32Array;
  readonly doubles: Float64Array;

  constructor(block: ArrayBufferLike) {
    this.words = new Int32Array(block);
    this.doubles = new Float64Array(block);
  }

  load(word: number): number {
    return Atomics.load(this.words, word);
  }

  /**
   * Makes every position of the table one that is over. A launch is to be taken only from the moment that its state says
   * so; a fresh block says 0, `todo`, of launches that were never written.
   */
  clearTable(): void {
    for (let position = 0; position < tableLaunches; position++)
      Atomics.store(this.words, launchAt(position), state.done);
  }

  /** Whether a thread may still be at work under this identity. */
  isAlive(identity: number): boolean {
    const at = lineAt(threadOf(identity));
    return this.load(at + line.identity) === identity && this.load(at + line.status) !== status.gone;
  }

  /** Whether a thread has to leave between two jobs. */
  mustLeave(thread: number): boolean {
    return this.load(head.stop) === 1 || thread >= this.load(head.wanted);
  }

  /** Threads that wait for work or do it, without the caller and those that are to leave. */
  get residents(): number {
    let count = 0;
    for (let thread = 1; thread < this.load(head.wanted); thread++)
      if (this.load(lineAt(thread) + line.status) === status.resident) count++;
    return count;
  }

  /** All threads have numbers below this one, the caller's included: those that are to leave may be there still. */
  get threadsEnd(): number {
    for (let thread = maxThreads - 1; thread > 0; thread--) {
      const at = this.load(lineAt(thread) + line.status);
      if (at === status.starting || at === status.resident)
        return Math.max(thread + 1, this.load(head.wanted));
    }
    return this.load(head.wanted);
  }

  say(thread: number, message: string): void {
    const at = lineAt(thread);
    const length = Math.min(maxMessage, message.length);
    for (let k = 0; k < length; k += 2)
      this.words[at + line.message + k / 2] =
        message.charCodeAt(k) | (k + 1 < length ? message.charCodeAt(k + 1) << 16 : 0);
    Atomics.store(this.words, at + line.messageLength, length);
  }

  said(thread: number): string {
    const at = lineAt(thread);
    const length = this.load(at + line.messageLength);
    let message = '';
    for (let k = 0; k < length; k++) {
      const word = this.words[at + line.message + (k >> 1)] ?? 0;
      message += String.fromCharCode((k % 2 === 0 ? word : word >>> 16) & 0xffff);
    }
    return message;
  }
}
