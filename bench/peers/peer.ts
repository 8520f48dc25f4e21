/**
 * What the harness needs from an implementation, ours or a peer's: prepare a case, run it n times, show results.
 *
 * `run(n)` times itself, inside the process that computes, and returns the nanoseconds of n calls together; so
 * talking to a child process is never part of a time.
 */
import type { Case } from '../cases/case.ts';
import type { Inputs } from '../cases/inputs.ts';
import type { WorkName } from '../cases/works.ts';
import type { Sample } from '../measure/agreement.ts';

type MaybeAsync<T> = T | Promise<T>;

/** How lazuli is called: an expression evaluated, or a compiled function that writes into given outputs. */
export type Form = 'evaluate' | 'into';

export interface Peer {
  /** Unique among those who take part. */
  readonly name: string;
  /** Which form of lazuli this is; absent for all others. */
  readonly form?: Form;
  readonly version: string;
  readonly threads: number;
  /** Gives undefined when this implementation cannot do the work. Nothing is computed or compiled yet. */
  prepare(benchCase: Case, inputs: Inputs): MaybeAsync<Prepared | undefined>;
  close?(): void;
}

export interface Prepared {
  /** What executes: `js`, `wasm`, `native`, ... */
  readonly target: string;
  run(n: number): MaybeAsync<number>;
  /** The outputs of the latest call, thinned out; empty when the work has no result to compare. */
  sample(): MaybeAsync<readonly Sample[]>;
  release?(): MaybeAsync<void>;
  /** The time of the kernels alone, by the clock of the device, where it has one. */
  kernelNs?(): MaybeAsync<number | undefined>;
  /** Size of the WebAssembly compiled for one call, where that is the point. */
  readonly moduleBytes?: number;
}

/** An in-process implementation is a table: each work it knows, made ready for given inputs. */
export type WorkTable = { readonly [W in WorkName]?: (inputs: Inputs) => Prepared };
