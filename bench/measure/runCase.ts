/**
 * One case, all implementations: cold call, agreement, calibration, then samples taken in turns.
 *
 * Taking turns (sample 1 of everyone, sample 2 of everyone, ...) spreads whatever the machine does meanwhile over
 * all of them alike; who goes first rotates. An implementation that fails drops out with a row that says why.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Case } from '../cases/case.ts';
import { Inputs } from '../cases/inputs.ts';
import { type Work, WORKS } from '../cases/works.ts';
import type { Peer, Prepared } from '../peers/peer.ts';
import { type Sample, errorBetween, sampleOf } from './agreement.ts';
import { type Plan, calibrate } from './calibrate.ts';
import type { Effort } from './effort.ts';
import { messageOf } from './errorMessage.ts';
import type { FailedRow, MeasuredRow, Row } from './row.ts';
import { spreadOf } from './spread.ts';

/** The results that all others are compared with: those of one who takes part, or made for the purpose. */
export type Reference = { readonly impl: string } | ((benchCase: Case, inputs: Inputs) => readonly Sample[]);

/** An implementation on its way through a case. */
interface Contestant {
  readonly peer: Peer;
  readonly prepared: Prepared;
  readonly coldNs: number;
  readonly outputs: readonly Sample[];
  readonly plan: Plan;
  readonly samplesNs: number[];
  kernelNs?: number | undefined;
  failure?: string;
}

export async function runCase(
  suite: string,
  benchCase: Case,
  peers: readonly Peer[],
  effort: Effort,
  reference: Reference,
): Promise<Row[]> {
  const inputs = new Inputs(benchCase);
  const contestants: Contestant[] = [];
  const failures: FailedRow[] = [];
  for (const peer of peers) {
    try {
      const contestant = await enter(peer, benchCase, inputs, effort);
      if (contestant !== undefined) contestants.push(contestant);
    } catch (error) {
      failures.push(failedRow(suite, benchCase, peer, messageOf(error)));
    }
  }

  await takeTurns(contestants);
  for (const contestant of contestants) await release(contestant);

  const expected =
    workOf(benchCase).expected?.map((value) => sampleOf([value])) ??
    (typeof reference === 'function'
      ? reference(benchCase, inputs)
      : (contestants.find(({ peer }) => peer.name === reference.impl)?.outputs ?? []));
  const rows = contestants.map((contestant) =>
    contestant.failure === undefined
      ? measuredRow(suite, benchCase, contestant, expected)
      : failedRow(suite, benchCase, contestant.peer, contestant.failure),
  );
  return [...rows, ...failures];
}

const workOf = ({ work }: Case): Work => WORKS[work];

async function enter(
  peer: Peer,
  benchCase: Case,
  inputs: Inputs,
  effort: Effort,
): Promise<Contestant | undefined> {
  const prepared = await peer.prepare(benchCase, inputs);
  if (prepared === undefined) return undefined;
  const coldNs = await prepared.run(1);
  const outputs = await prepared.sample();
  const plan = await calibrate(prepared, coldNs, effort);
  return { peer, prepared, coldNs, outputs, plan, samplesNs: [] };
}

async function takeTurns(contestants: readonly Contestant[]): Promise<void> {
  const rounds = Math.max(0, ...contestants.map(({ plan }) => plan.samples));
  for (let round = 0; round < rounds; round++) {
    for (const contestant of rotated(contestants, round)) {
      if (contestant.failure !== undefined || !takesPart(contestant.plan, round, rounds)) continue;
      await nextTurn();
      await takeSample(contestant);
    }
  }
}

/** Spreads an implementation's samples, if it takes fewer than others, evenly over the rounds. */
function takesPart({ samples }: Plan, round: number, rounds: number): boolean {
  return Math.floor(((round + 1) * samples) / rounds) > Math.floor((round * samples) / rounds);
}

function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

async function takeSample(contestant: Contestant): Promise<void> {
  const { callsPerSample } = contestant.plan;
  try {
    contestant.samplesNs.push((await contestant.prepared.run(callsPerSample)) / callsPerSample);
  } catch (error) {
    contestant.failure = messageOf(error);
  }
}

async function release(contestant: Contestant): Promise<void> {
  try {
    if (contestant.failure === undefined) contestant.kernelNs = await contestant.prepared.kernelNs?.();
  } catch (error) {
    contestant.failure = messageOf(error);
  }
  try {
    await contestant.prepared.release?.();
  } catch (error) {
    contestant.failure ??= messageOf(error);
  }
}

function measuredRow(
  suite: string,
  benchCase: Case,
  { peer, prepared, coldNs, outputs, samplesNs, kernelNs }: Contestant,
  reference: readonly Sample[],
): MeasuredRow {
  const units = benchCase.unit?.perCall ?? 1;
  const { median, q1, q3 } = spreadOf(samplesNs);
  const error = outputs.length > 0 && reference.length > 0 ? errorBetween(outputs, reference) : null;
  return {
    status: 'measured',
    suite,
    case: benchCase.name,
    impl: peer.name,
    form: peer.form ?? null,
    target: prepared.target,
    threads: peer.threads,
    medianNs: median / units,
    q1Ns: q1 / units,
    q3Ns: q3 / units,
    coldNs: coldNs / units,
    samples: samplesNs.length,
    kernelNs: kernelNs === undefined ? null : kernelNs / units,
    agrees: error === null ? null : error <= WORKS[benchCase.work].tolerance,
    error,
    moduleBytes: prepared.moduleBytes ?? null,
  };
}

function failedRow(suite: string, benchCase: Case, { name, form, threads }: Peer, reason: string): FailedRow {
  return { status: 'failed', suite, case: benchCase.name, impl: name, form: form ?? null, threads, reason };
}
