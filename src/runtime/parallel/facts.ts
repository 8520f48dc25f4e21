/** What explain says about the threads of a kernel. */
import { isPairwise } from '../../ir/kernel.ts';
import type { KernelParts, Phase } from '../../codegen/target.ts';
import { productOf } from '../../codegen/wasm/module/parts.ts';
import { splitOf } from './launch.ts';
import { cutTree, cutTurns, partitioning, type SumTree } from './partition.ts';
import { threadInfo } from './threads.ts';

export interface PhaseFacts {
  /** What is split: an axis, several as one sequence, rows or columns of a product. */
  readonly turns: string;
  readonly parts: number;
}

/** How a kernel is spread over threads. */
export interface ThreadFacts {
  /** Threads that take part, the caller's included. */
  readonly threads: number;
  /** Estimated time on one thread, and the time from which on threads pay, in microseconds. */
  readonly microseconds: number;
  readonly threshold: number;
  /** One after the other; empty where the kernel stays on one thread. */
  readonly phases: readonly PhaseFacts[];
  /** Why it stays on one thread. */
  readonly why: string | null;
}

export function threadFacts(
  parts: KernelParts | undefined,
  nanoseconds: number,
  integers: readonly number[],
): ThreadFacts {
  const { threads, why } = threadInfo();
  const { threshold } = partitioning();
  const times = { microseconds: Math.round(nanoseconds) / 1000, threshold: threshold / 1000 };
  const alone = (reason: string): ThreadFacts => ({ threads: 1, ...times, phases: [], why: reason });
  if (nanoseconds < threshold) return alone('it is too short for threads to pay');
  if (parts === undefined) return alone('its code has no parts');
  if (why !== undefined) return alone(why);
  const { phases } = parts.programFor(integers);
  const elements = phases.reduce((sum, { space }) => sum + productOf(space, integers), 0);
  const facts = phases.flatMap((phase) => phaseFacts(phase, integers, nanoseconds / elements));
  if (facts.every((phase) => phase.parts < 2)) return alone('there is nothing in it that could be split');
  return { threads, ...times, phases: facts, why: null };
}

function phaseFacts(phase: Phase, integers: readonly number[], perElement: number): PhaseFacts[] {
  const split = splitOf(phase, integers);
  if (split === undefined || (split.iterations.length === 0 && phase.accumulators.length === 0)) return [];
  const turns = productOf(split.iterations, integers);
  const time = perElement * productOf(phase.space, integers);
  const parts = phase.accumulators.some(isPairwise)
    ? leaves(cutTree(turns, time))
    : cutTurns(turns, split.alignment, time).length;
  return [{ turns: split.label, parts }];
}

const leaves = (tree: SumTree): number => (tree.kind === 'part' ? 1 : leaves(tree.left) + leaves(tree.right));
