/**
 * The targets there are, and which of them runs a plan: what was asked for, what the host allows, and under `auto`
 * what the model of `cost.ts` expects to be fastest.
 */
import { OptionError } from '../ir/errors.ts';
import type { TypedArray } from '../ir/dtype.ts';
import type { ArraySource } from '../ir/node.ts';
import { jsTarget } from '../codegen/js/target.ts';
import type { Target, TargetName as CompiledTargetName } from '../codegen/target.ts';
import type { Binding } from './bindPlan.ts';
import { estimate } from './cost.ts';
import { heapBytesOf } from './executeOnHeap.ts';
import { heap } from './heap.ts';
import { smallBytes, Source } from './storage.ts';
import { isUsableOnHeap } from './userMemory.ts';

/** What can be asked for. */
export type TargetName = 'auto' | 'reference' | CompiledTargetName;

/** In the order in which they are preferred where nothing else decides. */
const targets: Target[] = [jsTarget];

/** Puts a target in the place of the one of its name, or adds it. Returns what takes that back. For tests. */
export function registerTarget(target: Target): () => void {
  const before = [...targets];
  const at = targets.findIndex(({ name }) => name === target.name);
  if (at < 0) targets.push(target);
  else targets[at] = target;
  wishes.clear();
  return () => {
    targets.splice(0, targets.length, ...before);
    wishes.clear();
  };
}

export const targetNamed = (name: string): Target | undefined =>
  targets.find((target) => target.name === name);

/** A target and whether it runs on this host. */
export interface TargetInfo {
  readonly name: string;
  readonly available: boolean;
  /** Why it does not run. */
  readonly unavailable?: string;
}

export const listTargets = (): readonly TargetInfo[] => [
  ...targets.map(({ name, available, unavailable }) =>
    available ? { name, available } : { name, available, unavailable: unavailable ?? 'not available here' },
  ),
  { name: 'reference', available: true },
];

/** The target of evaluations that ask for none. */
let defaultTarget: TargetName = 'auto';

export function setDefaultTarget(name: TargetName): void {
  wishFor(name);
  defaultTarget = name;
}

/** Which targets may run, before the plan is known. None: the reference evaluator. */
export interface Wish {
  readonly name: TargetName;
  readonly candidates: readonly Target[];
  readonly reasons: readonly string[];
  /** Where there is nothing to weigh. */
  readonly settled: Decision | undefined;
}

type Reasoned = Omit<Wish, 'settled'>;

const wishes = new Map<TargetName, Wish>();

/** Throws an `OptionError` for a target that is unknown, or that was asked for and cannot run here. */
export function wishFor(asked: TargetName | undefined): Wish {
  const name = asked ?? defaultTarget;
  let wish = wishes.get(name);
  if (wish === undefined) {
    const made = makeWish(name);
    const [only] = made.candidates;
    const settled =
      made.candidates.length === 1 && only?.memory === 'host' ? new Decision(only, made, []) : undefined;
    wish = { ...made, settled };
    wishes.set(name, wish);
  }
  return wish;
}

function makeWish(name: TargetName): Reasoned {
  if (name === 'reference') return { name, candidates: [], reasons: ["asked for with target: 'reference'"] };
  if (name === 'auto') {
    const candidates = targets.filter(({ available }) => available);
    const missing = targets
      .filter(({ available }) => !available)
      .map((target) => `${target.name} is not available: ${target.unavailable ?? 'this host cannot run it'}`);
    if (candidates.length === 0)
      return { name, candidates, reasons: [...missing, 'the reference evaluator runs (slow)'] };
    const reasons = candidates.length === 1 ? ['auto: the only target that runs here', ...missing] : missing;
    return { name, candidates, reasons };
  }
  const target = targetNamed(name);
  if (target === undefined)
    throw new OptionError(
      'evaluate',
      `unknown target ${JSON.stringify(name)}; the targets are auto, ${targets.map((one) => one.name).join(', ')}, reference`,
    );
  if (!target.available)
    throw new OptionError(
      'evaluate',
      `target '${name}' does not run here: ${target.unavailable ?? 'the host cannot run it'}; leave target at 'auto'`,
    );
  return { name, candidates: [target], reasons: [`asked for with target: '${name}'`] };
}

/** A target that could have run, with what it would have taken. */
export interface Candidate {
  readonly target: CompiledTargetName;
  /** Estimated. */
  readonly microseconds: number;
  /** Bytes of inputs (and results for memory of the caller) to copy between ordinary memory and the heap. */
  readonly copiedBytes: number;
  /** Why it is out of the question. */
  readonly excluded?: string;
}

/** Which target runs, and why. */
export interface TargetChoice {
  readonly name: CompiledTargetName | 'reference';
  readonly reasons: readonly string[];
  /** What was weighed; empty where there was no choice. */
  readonly candidates: readonly Candidate[];
}

/** For a plan on certain inputs. Reasons are put into words only when somebody asks. */
export class Decision implements TargetChoice {
  readonly target: Target;
  readonly name: CompiledTargetName;
  readonly #wish: Reasoned;
  readonly #weighed: readonly Weighed[];
  /** Said when another target had to step in. */
  readonly #instead: string | undefined;

  constructor(target: Target, wish: Reasoned, weighed: readonly Weighed[], instead?: string) {
    this.target = target;
    this.name = target.name;
    this.#wish = wish;
    this.#weighed = weighed;
    this.#instead = instead;
  }

  get candidates(): readonly Candidate[] {
    return this.#weighed.map(({ target, nanoseconds, copiedBytes, excluded }) => ({
      target: target.name,
      microseconds: Math.round(nanoseconds) / 1000,
      copiedBytes,
      ...(excluded === undefined ? {} : { excluded }),
    }));
  }

  get reasons(): readonly string[] {
    const reasons = [...this.#wish.reasons];
    if (this.#instead !== undefined) reasons.push(this.#instead);
    if (this.#wish.name === 'auto' && this.#weighed.length > 1)
      reasons.unshift(
        `auto: ${this.candidates
          .map(({ target, microseconds, copiedBytes, excluded }) =>
            excluded === undefined
              ? `${target} about ${microseconds.toPrecision(2)} us${copiedBytes > 0 ? `, copying ${copiedBytes} bytes` : ''}`
              : `${target} not: ${excluded}`,
          )
          .join('; ')}`,
      );
    return reasons;
  }
}

interface Weighed {
  readonly target: Target;
  readonly nanoseconds: number;
  readonly copiedBytes: number;
  readonly excluded: string | undefined;
}

type Input = ArraySource | TypedArray;

/** The target for these inputs. With one candidate there is nothing to weigh, unless the heap is too small for it. */
export function decide(
  binding: Binding,
  wish: Wish,
  inputs: readonly Input[],
  out: readonly TypedArray[] | undefined,
): Decision {
  if (wish.settled !== undefined) return wish.settled;
  const weighed = wish.candidates.map((target) => weigh(binding, target, inputs, out));
  let best: Weighed | undefined;
  for (const one of weighed)
    if (one.excluded === undefined && (best === undefined || one.nanoseconds < best.nanoseconds)) best = one;
  if (best !== undefined) return new Decision(best.target, wish, weighed);
  return insteadOf(wish, weighed, weighed[0]?.excluded ?? '');
}

/** Who steps in where the heap has no room. */
export function insteadOf(wish: Wish, weighed: readonly Weighed[], why: string): Decision {
  const host = targets.find(({ memory, available }) => memory === 'host' && available);
  if (host === undefined)
    throw new OptionError('evaluate', `${why}, and no target that works in ordinary memory runs here`);
  return new Decision(host, wish, weighed, `${why}: ${host.name} runs instead`);
}

function weigh(
  binding: Binding,
  target: Target,
  inputs: readonly Input[],
  out: readonly TypedArray[] | undefined,
): Weighed {
  const { parameters, roots } = binding.arrays;
  let copiedBytes = 0;
  let charged = 0;
  let staged = 0;
  let resultBytes = 0;
  let excluded: string | undefined;
  const onHeap = target.memory === 'heap';
  if (onHeap) {
    const needed = heapBytesOf(binding.arrays);
    if (needed > heap.budget)
      excluded = `the arrays take ${needed} bytes, more than the heap may have (${heap.budget}, see configure({ heapBytes }))`;
    for (let slot = 0; slot < parameters.length; slot++) {
      const parameter = parameters[slot];
      const given = inputs[slot];
      if (parameter === undefined || given === undefined) continue;
      if (parameter.bytes <= smallBytes) staged++;
      else if (given instanceof Source) {
        if (given.isResident) continue;
        copiedBytes += parameter.bytes;
        // Who was read before will be read again, and copied no more.
        charged += parameter.bytes / (1 + given.reads);
      } else if (ArrayBuffer.isView(given) && !isUsableOnHeap(given)) {
        copiedBytes += parameter.bytes;
        charged += parameter.bytes;
      }
    }
  }
  for (let k = 0; k < roots.length; k++) {
    const root = roots[k];
    if (root === undefined || root.sameAs !== undefined) continue;
    const given = out?.[k];
    if (given === undefined) resultBytes += root.bytes;
    else if (onHeap && root.bytes > smallBytes && !isUsableOnHeap(given)) {
      copiedBytes += root.bytes;
      charged += root.bytes;
    }
    if (onHeap && root.bytes <= smallBytes) staged++;
  }
  const nanoseconds = estimate(target.name, binding.work, resultBytes, charged, staged);
  return { target, nanoseconds, copiedBytes, excluded };
}
