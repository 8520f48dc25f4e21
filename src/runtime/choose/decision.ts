/**
 * Which executor runs an expression: the one that was asked for, or under `auto` the one whose estimate is least. What
 * an executor refuses, before or when it runs, another one computes, and the reasons say so.
 */
import type { TypedArray } from '../../ir/dtype.ts';
import { InternalError } from '../../ir/errors.ts';
import type { PlanProfile } from '../../passes/profile.ts';
import type { Computation } from '../evaluate/computation.ts';
import {
  Refusal,
  unknownOffer,
  type AsyncExecutor,
  type Executor,
  type Input,
  type Offer,
  type SyncExecutor,
} from '../executors/executor.ts';
import { Source } from '../memory/source.ts';
import { inSession } from '../perSession.ts';
import { formatBytes, formatTime } from '../units.ts';
import type { TargetRequest } from './request.ts';

/** An executor that could have run, with what it would have taken. */
export interface Candidate {
  readonly target: string;
  /** Estimated. */
  readonly microseconds: number;
  /** Threads that share the work, the caller's included. */
  readonly threads: number;
  /** Bytes of inputs (and results for memory of the caller) to copy between ordinary memory and where it computes. */
  readonly copiedBytes: number;
  /** Why it is out of the question, if it is. */
  readonly excluded: string | null;
}

/** Which executor runs, and why. */
export interface TargetChoice {
  readonly name: string;
  readonly reasons: readonly string[];
  /** What was weighed; empty where there was no choice. */
  readonly candidates: readonly Candidate[];
}

/** An executor that could not run it, and why, in words that another one's name follows. */
export interface Failure {
  readonly executor: Executor;
  readonly why: string;
}

/** What is known before a choice: offers of executors that are not to be chosen, and failures. */
export interface Before {
  readonly offers: readonly Offer[];
  readonly failures: readonly Failure[];
}

export const nothingBefore: Before = { offers: [], failures: [] };

/** For an expression on certain inputs. Reasons are put into words only when explain asks. */
export class Decision<E extends Executor = Executor> implements TargetChoice {
  readonly executor: E;
  readonly #offer: Offer<E>;
  readonly #request: TargetRequest;
  readonly #before: Before;

  /** `before`: all that was weighed, and failures. */
  constructor(offer: Offer<E>, request: TargetRequest, before: Before) {
    this.executor = offer.executor;
    this.#offer = offer;
    this.#request = request;
    this.#before = before;
  }

  get name(): string {
    return this.executor.name;
  }

  get profile(): PlanProfile | undefined {
    return this.executor.profile;
  }

  /** What was weighed. */
  get offers(): readonly Offer[] {
    return this.#before.offers;
  }

  get failures(): readonly Failure[] {
    return this.#before.failures;
  }

  /** Estimated. */
  get nanoseconds(): number {
    return this.#offer.nanoseconds ?? 0;
  }

  get candidates(): readonly Candidate[] {
    if (!this.#request.isWeighed) return [];
    const candidates = this.offers.flatMap(
      ({ executor, nanoseconds, threads, copiedBytes, refusal }): Candidate[] => {
        if (nanoseconds === undefined && refusal === undefined) return [];
        const microseconds = Math.round(nanoseconds ?? 0) / 1000;
        return [
          { target: executor.name, microseconds, threads, copiedBytes, excluded: refusal?.why ?? null },
        ];
      },
    );
    return candidates.length < 2 ? [] : candidates;
  }

  get reasons(): readonly string[] {
    const weighed = this.candidates.map(({ target, microseconds, threads, copiedBytes, excluded }) => {
      if (excluded !== null) return `${target} not: ${excluded}`;
      const shared = threads > 1 ? ` on ${threads} threads` : '';
      const copying = copiedBytes > 0 ? `, copying ${formatBytes(copiedBytes)}` : '';
      return `${target} about ${formatTime(microseconds)}${shared}${copying}`;
    });
    const instead = this.executor.isLastResort
      ? 'the reference evaluator runs (slow)'
      : `${this.name} runs instead`;
    return [
      ...(weighed.length === 0 ? [] : [`${this.#request.name}: ${weighed.join('; ')}`]),
      ...this.#request.reasons,
      ...this.#offer.notes,
      ...this.failures.map(({ why }) => `${why}: ${instead}`),
    ];
  }
}

/** The executor that runs this at once. */
export function decide(
  work: Computation,
  request: TargetRequest,
  inputs: readonly Input[],
  out: readonly TypedArray[] | undefined,
  before: Before = nothingBefore,
): Decision<SyncExecutor> {
  const only = request.isWeighed || before !== nothingBefore ? undefined : request.sync[0]?.unweighed;
  if (only !== undefined) return new Decision(only, request, before);
  const { failures } = before;
  const offers = offersOf(request.sync, work, inputs, out, failures);
  const best = leastOf(offers);
  const all = before.offers.length === 0 ? offers : [...offers, ...before.offers];
  if (best !== undefined) return new Decision(best, request, { offers: all, failures });
  const more = [...failures, ...offers.flatMap(failureOf)];
  const substitute = leastOf(offersOf(request.substitutes, work, inputs, out, more));
  if (substitute === undefined)
    throw new InternalError('evaluate', `${more.map(({ why }) => why).join('; ')}, and nothing else runs`);
  return new Decision(substitute, request, { offers: all, failures: more });
}

const failureOf = ({ executor, refusal }: Offer): Failure[] =>
  refusal === undefined ? [] : [{ executor, why: refusal.why }];

/** Of those that have not failed. */
function offersOf(
  executors: readonly SyncExecutor[],
  work: Computation,
  inputs: readonly Input[],
  out: readonly TypedArray[] | undefined,
  failures: readonly Failure[],
): readonly Offer<SyncExecutor>[] {
  const left =
    failures.length === 0
      ? executors
      : executors.filter((one) => !failures.some(({ executor }) => executor === one));
  return left.map((executor) => executor.offer(work, inputs, out));
}

/** The least of the estimates, or else the first that is no refusal. */
function leastOf<E extends Executor>(offers: readonly Offer<E>[]): Offer<E> | undefined {
  let best: Offer<E> | undefined;
  let least = Infinity;
  for (let k = 0; k < offers.length; k++) {
    const offer = offers[k];
    if (offer === undefined || offer.refusal !== undefined) continue;
    const nanoseconds = offer.nanoseconds ?? Infinity;
    if (best !== undefined && nanoseconds >= least) continue;
    best = offer;
    least = nanoseconds;
  }
  return best;
}

/** Nanoseconds on an executor that answers at once below which waiting for another one never pays. */
const worthWaiting = 200_000;

/** What speaks for and against the executors that answer later, and the one to wait for, if there is one. */
export interface Awaited extends Before {
  readonly decision: Decision<AsyncExecutor> | undefined;
  /** Why it will not run after all, though it was asked for by name. */
  readonly refusal: Refusal | undefined;
}

const nothingAwaited: Awaited = { ...nothingBefore, decision: undefined, refusal: undefined };

/** The executor to wait for, which gets ready for that: because it was asked for, or promises to be faster. */
export async function decideLater(
  work: Computation,
  request: TargetRequest,
  inputs: readonly Input[],
): Promise<Awaited> {
  if (!request.isWeighed) {
    for (const executor of request.async) await inSession(executor.ready());
    return awaitedNow(work, request, inputs);
  }
  const rival = rivalOf(work, request, inputs);
  if (rival === undefined || rival.nanoseconds < worthWaiting) return nothingAwaited;
  for (const executor of request.async)
    if (executor.excluded === undefined) await inSession(executor.ready(rival.nanoseconds));
  return awaitedNow(work, request, inputs, rival);
}

/** The same for explain: as the executors are now. */
export function awaitedNow(
  work: Computation,
  request: TargetRequest,
  inputs: readonly Input[],
  rival = request.isWeighed ? rivalOf(work, request, inputs) : undefined,
): Awaited {
  if (!request.isWeighed) return askedByName(work, request, inputs);
  if (rival === undefined || rival.nanoseconds < worthWaiting) return nothingAwaited;
  const offers: Offer[] = [];
  let best: Offer<AsyncExecutor> | undefined;
  let least = rival.nanoseconds;
  for (const executor of request.async) {
    if (executor.excluded === undefined && executor.pending !== undefined) continue;
    const offer =
      executor.excluded === undefined
        ? executor.offer(work, inputs)
        : { ...unknownOffer, executor, refusal: new Refusal(executor.excluded) };
    offers.push(offer);
    if (offer.refusal !== undefined || offer.nanoseconds === undefined || offer.nanoseconds >= least)
      continue;
    best = offer;
    least = offer.nanoseconds;
  }
  const all = { offers: [...rival.offers, ...offers], failures: [] };
  return {
    offers,
    failures: [],
    decision: best === undefined ? undefined : new Decision(best, request, all),
    refusal: undefined,
  };
}

function askedByName(work: Computation, request: TargetRequest, inputs: readonly Input[]): Awaited {
  const [executor] = request.async;
  if (executor === undefined) return nothingAwaited;
  const offer = executor.offer(work, inputs);
  const { refusal } = offer;
  if (refusal !== undefined && refusal.error === undefined)
    return { ...nothingAwaited, failures: [{ executor, why: refusal.why }] };
  const notes = refusal === undefined ? offer.notes : [...offer.notes, `it will not run: ${refusal.why}`];
  const decision = new Decision({ ...offer, notes }, request, nothingBefore);
  return { ...nothingBefore, decision, refusal };
}

/** What would run at once; `undefined` where an input was lost with a remote place, and would have to be computed first. */
function rivalOf(
  work: Computation,
  request: TargetRequest,
  inputs: readonly Input[],
): Decision<SyncExecutor> | undefined {
  const isMissing = (input: Input): boolean => input instanceof Source && input.isLost;
  return inputs.some(isMissing) ? undefined : decide(work, request, inputs, undefined);
}
