/**
 * Warm-up and calibration: let compilers settle, then choose how many calls make one sample, and how many
 * samples fit the budget.
 */
import type { Prepared } from '../peers/peer.ts';
import type { Effort } from './effort.ts';

export interface Plan {
  readonly callsPerSample: number;
  readonly samples: number;
}

/** Calls that take longer than a second have few samples: chance matters less. */
const LONG_NS = 1e9;
const FEWEST_LONG = 3;

export async function calibrate(prepared: Prepared, coldNs: number, effort: Effort): Promise<Plan> {
  const nsPerCall = await warmUp(prepared, coldNs, effort);
  const callsPerSample = Math.max(1, Math.ceil(effort.sampleNs / nsPerCall));
  const affordable = Math.floor(effort.budgetNs / (callsPerSample * nsPerCall));
  const fewest = nsPerCall > LONG_NS ? Math.min(FEWEST_LONG, effort.fewestSamples) : effort.fewestSamples;
  return { callsPerSample, samples: Math.min(effort.samples, Math.max(fewest, affordable)) };
}

/** Runs ever longer loops until the warm-up time has passed; the last one tells the time of a warm call. */
async function warmUp(prepared: Prepared, coldNs: number, effort: Effort): Promise<number> {
  let calls = 1;
  let spentNs = 0;
  let nsPerCall = coldNs;
  while (spentNs < effort.warmNs) {
    const ns = await prepared.run(calls);
    spentNs += Math.max(ns, 1);
    nsPerCall = Math.max(ns / calls, 1);
    if (ns < effort.sampleNs) calls *= 2;
  }
  return nsPerCall;
}
