/**
 * Which target runs a plan: what was asked for, what the host allows, and under `auto` what the model of `cost.ts` expects
 * to be fastest.
 */
import { OptionError } from '../../ir/errors.ts';
import type { TypedArray } from '../../ir/dtype.ts';
import type { ArraySource } from '../../ir/node.ts';
import { CompileRefusal } from '../../codegen/refusal.ts';
import type { Target, TargetName as CompiledTargetName } from '../../codegen/target.ts';
import type { Binding, BoundPlan } from '../evaluate/bindPlan.ts';
import { estimate, type Work } from './cost.ts';
import { heapBytesOf } from '../evaluate/runOnHeap.ts';
import { formatBytes, formatTime } from '../units.ts';
import { heap } from '../memory/heap.ts';
import { threadInfo } from '../parallel/threads.ts';
import { smallBytes, Source } from '../memory/source.ts';
import { rowsPerBlock, streamOf } from '../evaluate/stream.ts';
import { isUsableOnHeap } from '../memory/userMemory.ts';
import { targets } from './targets.ts';
import type { TargetRequest } from './request.ts';

/** A target that could have run, with what it would have taken. */
export interface Candidate {
  readonly target: CompiledTargetName | 'webgpu';
  /** Estimated. */
  readonly microseconds: number;
  /** Threads that share the work, the caller's included. */
  readonly threads: number;
  /** Bytes of inputs (and results for memory of the caller) to copy between ordinary memory and the heap. */
  readonly copiedBytes: number;
  /** Why it is out of the question, if it is. */
  readonly excluded: string | null;
}

/** Which target runs, and why. */
export interface TargetChoice {
  readonly name: CompiledTargetName | 'webgpu' | 'reference';
  readonly reasons: readonly string[];
  /** What was weighed; empty where there was no choice. */
  readonly candidates: readonly Candidate[];
}

/** What an evaluation moves, beside its kernels. */
interface Traffic {
  /** Bytes of fresh results. */
  readonly resultBytes: number;
  /** Bytes between ordinary memory and the heap, for a target that works there; and what to charge for them. */
  readonly copiedBytes: number;
  readonly chargedBytes: number;
  /** Small arrays that pass through the heap. */
  readonly staged: number;
  /** Bytes on the heap, all in all. */
  readonly heapBytes: number;
  /** Whether the arrays do not fit the heap, but can pass through it in blocks. */
  readonly streamed: boolean;
}

/** Threads run what is on the heap. */
const threadsOf = ({ memory }: Target, { sharedUnits }: Work): number =>
  memory === 'heap' && sharedUnits > 0 ? threadInfo().threads : 1;

const nanosecondsOn = (target: Target, work: Work, traffic: Traffic): number =>
  target.memory === 'heap'
    ? estimate(
        target.name,
        work,
        threadsOf(target, work),
        traffic.resultBytes,
        traffic.chargedBytes,
        traffic.staged,
      )
    : estimate(target.name, work, 1, traffic.resultBytes, 0, 0);

/** For a plan on certain inputs. Reasons are put into words only when somebody asks. */
export class Decision implements TargetChoice {
  readonly target: Target;
  readonly name: CompiledTargetName;
  readonly #request: TargetRequest;
  readonly #work: Work | undefined;
  readonly #traffic: Traffic | undefined;
  readonly #budget = heap.budget;
  /** Said when another target had to step in. */
  readonly #instead: string | undefined;

  constructor(target: Target, request: TargetRequest, work?: Work, traffic?: Traffic, instead?: string) {
    this.target = target;
    this.name = target.name;
    this.#request = request;
    this.#work = work;
    this.#traffic = traffic;
    this.#instead = instead;
  }

  get candidates(): readonly Candidate[] {
    const [work, traffic] = [this.#work, this.#traffic];
    if (work === undefined || traffic === undefined || this.#request.candidates.length < 2) return [];
    return this.#request.candidates.map((target) => {
      const excluded = excludedBy(target, traffic, this.#budget);
      return {
        target: target.name,
        microseconds: Math.round(nanosecondsOn(target, work, traffic)) / 1000,
        threads: threadsOf(target, work),
        copiedBytes: target.memory === 'heap' ? traffic.copiedBytes : 0,
        excluded: excluded ?? null,
      };
    });
  }

  /** Whether the arrays pass through the heap in blocks. */
  get streamed(): boolean {
    return this.target.memory === 'heap' && this.#traffic?.streamed === true;
  }

  /** What it will take, as far as the model can tell. */
  get microseconds(): number {
    const [work, traffic] = [this.#work, this.#traffic];
    return work === undefined || traffic === undefined ? 0 : nanosecondsOn(this.target, work, traffic) / 1000;
  }

  get reasons(): readonly string[] {
    const weighed = this.candidates.map(({ target, microseconds, threads, copiedBytes, excluded }) => {
      if (excluded !== null) return `${target} not: ${excluded}`;
      const shared = threads > 1 ? ` on ${threads} threads` : '';
      const copying = copiedBytes > 0 ? `, copying ${formatBytes(copiedBytes)}` : '';
      return `${target} about ${formatTime(microseconds)}${shared}${copying}`;
    });
    return [
      ...(weighed.length === 0 ? [] : [`${this.#request.name}: ${weighed.join('; ')}`]),
      ...this.#request.reasons,
      ...(this.streamed ? [`the arrays do not fit the heap: they pass through it in blocks of rows`] : []),
      ...(this.#instead === undefined ? [] : [this.#instead]),
    ];
  }
}

/** Why the target cannot run this. */
const excludedBy = (target: Target, { heapBytes, streamed }: Traffic, budget: number): string | undefined =>
  target.memory === 'heap' && heapBytes > budget && !streamed
    ? `the arrays take ${formatBytes(heapBytes)}, the heap may have ${formatBytes(budget)} (configure({ heapBytes }))`
    : undefined;

type Input = ArraySource | TypedArray;

/** The target for these inputs. With one candidate there is nothing to weigh, unless the heap is too small for it. */
export function decide(
  binding: Binding,
  request: TargetRequest,
  inputs: readonly Input[],
  out: readonly TypedArray[] | undefined,
): Decision {
  const { candidates } = request;
  const [only] = candidates;
  if (candidates.length === 1 && only?.memory === 'host') return new Decision(only, request);
  const { work } = binding;
  const traffic = trafficOf(binding, inputs, out);
  let best: Target | undefined;
  let least = Infinity;
  for (const target of candidates) {
    if (target.memory === 'heap' && traffic.heapBytes > heap.budget && !traffic.streamed) continue;
    const nanoseconds = candidates.length === 1 ? 0 : nanosecondsOn(target, work, traffic);
    if (nanoseconds >= least) continue;
    best = target;
    least = nanoseconds;
  }
  if (best !== undefined) return new Decision(best, request, work, traffic);
  const [first] = candidates;
  return insteadOf(request, first === undefined ? '' : (excludedBy(first, traffic, heap.budget) ?? ''));
}

/** Who steps in where the heap has no room. */
export function insteadOf(request: TargetRequest, why: string): Decision {
  const host = targets.find(({ memory, available }) => memory === 'host' && available);
  if (host === undefined)
    throw new OptionError('evaluate', `${why}, and no target that works in ordinary memory runs here`);
  return new Decision(host, request, undefined, undefined, `${why}: ${host.name} runs instead`);
}

/** The target that runs what the engine refuses to compile for another, if there is one. */
export function insteadOfRefused(
  request: TargetRequest,
  binding: Binding,
  refusal: CompileRefusal,
): { readonly decision: Decision; readonly bound: BoundPlan } | undefined {
  for (const target of request.candidates) {
    const bound = binding.for(target);
    if (bound instanceof CompileRefusal) continue;
    const said = `${refusal.message}: ${target.name} runs instead`;
    return { decision: new Decision(target, request, undefined, undefined, said), bound };
  }
  return undefined;
}

/** The reference evaluator, where the engine compiles the code for none. */
export const referenceInstead = ({ reasons }: TargetRequest, refusal: CompileRefusal): TargetChoice => ({
  name: 'reference',
  reasons: [...reasons, `${refusal.message}: the reference evaluator runs (slow)`],
  candidates: [],
});

function trafficOf(
  binding: Binding,
  inputs: readonly Input[],
  out: readonly TypedArray[] | undefined,
): Traffic {
  const { arrays } = binding;
  const { parameters, roots } = arrays;
  let [resultBytes, copiedBytes, chargedBytes, staged] = [0, 0, 0, 0];
  for (let slot = 0; slot < parameters.length; slot++) {
    const [parameter, given] = [parameters[slot], inputs[slot]];
    if (parameter === undefined || given === undefined) continue;
    const { bytes } = parameter;
    if (bytes <= smallBytes) staged++;
    else if (given instanceof Source) {
      if (given.isResident) continue;
      copiedBytes += bytes;
      // Who was read before will be read again, and copied no more.
      chargedBytes += bytes / (1 + given.reads);
    } else if (!ArrayBuffer.isView(given) || !isUsableOnHeap(given)) {
      copiedBytes += bytes;
      chargedBytes += bytes;
    }
  }
  for (let k = 0; k < roots.length; k++) {
    const root = roots[k];
    if (root === undefined || root.sameAs !== undefined) continue;
    const given = out?.[k];
    if (root.bytes <= smallBytes) staged++;
    if (given === undefined) resultBytes += root.bytes;
    else if (root.bytes > smallBytes && !isUsableOnHeap(given)) {
      copiedBytes += root.bytes;
      chargedBytes += root.bytes;
    }
  }
  const heapBytes = heapBytesOf(arrays);
  const stream = heapBytes > heap.budget ? streamOf(binding) : undefined;
  if (stream === undefined || rowsPerBlock(stream) === 0)
    return { resultBytes, copiedBytes, chargedBytes, staged, heapBytes, streamed: false };
  // Nothing stays there, so nothing is copied for later.
  const [root] = roots;
  const moved = parameters.reduce((sum, parameter) => sum + (parameter?.bytes ?? 0), root?.bytes ?? 0);
  return { resultBytes, copiedBytes: moved, chargedBytes: moved, staged, heapBytes, streamed: true };
}
