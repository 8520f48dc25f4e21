/**
 * One thread at work: takes launches from the table and runs them until there are none left.
 */
import type { PartFunction } from '../../codegen/target.ts';
import { Control, head, launch, launchAt, line, lineAt, state, threadOf } from './control.ts';

/** Where a thread is; tests make threads stop, throw or linger there. */
export type Stage = 'resident' | 'ticket' | 'claimed' | 'ran' | 'done' | 'idle';

/** Called at each stage of a thread, with the launch it is about. For tests. */
export interface Probe {
  at(stage: Stage, thread: number, call: LaunchCall | undefined): void;
}

/** A launch as a thread is about to run it. */
export interface LaunchCall {
  readonly run: PartFunction;
  readonly args: number;
  readonly from: number;
  readonly to: number;
  readonly scratch: number;
  readonly out: number;
}

/** Thrown inside a kernel for an index that is out of bounds. */
export interface OutOfBounds {
  readonly index: number;
  readonly size: number;
  /** `indexPurpose` of `ir/scatter.ts`. */
  readonly purpose: number;
}

/** What threads differ in. */
export interface ThreadHabits {
  /** A function of the program at an address. */
  readonly functionAt: (program: number, entry: number) => PartFunction;
  /** The index that an error is about, if it is about one. */
  readonly outOfBounds: (error: unknown) => OutOfBounds | undefined;
  readonly probe?: Probe | undefined;
}

export class Executor {
  readonly #control: Control;
  readonly #identity: number;
  readonly #thread: number;
  readonly #habits: ThreadHabits;

  constructor(control: Control, identity: number, habits: ThreadHabits) {
    this.#control = control;
    this.#identity = identity;
    this.#thread = threadOf(identity);
    this.#habits = habits;
  }

  /**
   * Runs launches until none is left to take; false if one of them threw something that is not the data's fault.
   * `between` is called after each.
   */
  drain(between?: () => void): boolean {
    const { words } = this.#control;
    for (;;) {
      const position = Atomics.add(words, head.next, 1);
      if (position >= Atomics.load(words, head.count)) return true;
      this.#habits.probe?.at('ticket', this.#thread, undefined);
      if (!this.attempt(position, state.todo)) return false;
      between?.();
    }
  }

  /** Runs a launch if it is in this state. False if it threw something that is not the data's fault. */
  attempt(position: number, from: number): boolean {
    const { words } = this.#control;
    const at = launchAt(position);
    if (Atomics.compareExchange(words, at, from, this.#identity) !== from) return true;
    const outcome = this.#run(at);
    Atomics.store(words, at, outcome);
    if (outcome !== state.done) Atomics.add(words, head.failures, 1);
    if (Atomics.add(words, head.done, 1) + 1 >= Atomics.load(words, head.count))
      Atomics.notify(words, head.done);
    this.#habits.probe?.at('done', this.#thread, undefined);
    return outcome !== state.fault;
  }

  #run(at: number): number {
    const { words, doubles } = this.#control;
    const { probe, functionAt, outOfBounds } = this.#habits;
    const scratch = (words[head.scratch] ?? 0) + this.#thread * (words[head.scratchStride] ?? 0);
    const own = lineAt(this.#thread);
    const start = words[head.profile] === 1 ? performance.now() : 0;
    try {
      const run = functionAt(words[at + launch.program] ?? 0, words[at + launch.entry] ?? 0);
      const args = words[at + launch.args] ?? 0;
      const [from, to, out] = [
        doubles[(at + launch.from) >> 1] ?? 0,
        doubles[(at + launch.to) >> 1] ?? 0,
        words[at + launch.out] ?? 0,
      ];
      probe?.at('claimed', this.#thread, { run, args, from, to, scratch, out });
      run(args, from, to, scratch, out);
      probe?.at('ran', this.#thread, undefined);
    } catch (error) {
      const bounds = outOfBounds(error);
      if (bounds === undefined) {
        this.#control.say(this.#thread, String(error));
        Atomics.store(words, head.faulter, this.#thread);
        return state.fault;
      }
      doubles[(at + launch.from) >> 1] = bounds.index;
      doubles[(at + launch.to) >> 1] = bounds.size;
      words[at + launch.out] = bounds.purpose;
      return state.index;
    } finally {
      if (start > 0)
        doubles[(own + line.busy) >> 1] = (doubles[(own + line.busy) >> 1] ?? 0) + performance.now() - start;
      words[own + line.launches] = (words[own + line.launches] ?? 0) + 1;
    }
    return state.done;
  }
}
