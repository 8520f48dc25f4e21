/**
 * explain(): the plan of an expression as an object. `toString(level)` prints one level, `toJSON()` gives the facts
 * under a versioned schema, `toMermaid()` draws the graph with its kernels.
 */
import { placeOfParts } from '../batch/join.ts';
import { checkCount, describe } from '../../ir/arguments.ts';
import { OptionError } from '../../ir/errors.ts';
import { printKernel } from '../../ir/kernelText.ts';
import type { ArraySource, Node } from '../../ir/node.ts';
import { CompileRefusal } from '../../codegen/refusal.ts';
import type { Target } from '../../codegen/target.ts';
import { kernelName, type Binding } from '../evaluate/bindPlan.ts';
import { cacheInfo } from '../caches/caches.ts';
import { planCache } from '../caches/planCache.ts';
import { runOnHost } from '../evaluate/runOnHost.ts';
import { runOnHeap } from '../evaluate/runOnHeap.ts';
import { disabledPasses, type EvaluateOptions } from '../evaluate/options.ts';
import { afterJoining, encodeRoots, inputsOf, partsFor, planFor } from '../evaluate/prepare.ts';
import type { EvaluationRecord } from '../evaluate/record.ts';
import {
  codeOf,
  collectFacts,
  explainVersion,
  graphText,
  keptFacts,
  passSnapshots,
  type ExplainFacts,
} from './facts.ts';
import { mermaidOf } from './mermaid.ts';
import { analyzeText, planText, whyText, type Measured } from './text.ts';
import { Lease } from '../memory/lease.ts';
import { runningPool } from '../parallel/threads.ts';
import { checkInputs, restoreAll } from '../memory/sources.ts';
import { codeLimits, currentGpu } from '../gpu/device.ts';
import { weighOpenGpu, withGpu } from '../gpu/choice.ts';
import { checkDTypes } from '../gpu/dtypeAdvice.ts';
import { unfitFor } from '../gpu/evaluate.ts';
import { missingRoutineIn, unsupportedIn } from '../gpu/launch.ts';
import { measureOnGpu } from '../gpu/measure.ts';
import { decide, type TargetChoice } from '../choose/decision.ts';
import { targetNamed } from '../choose/targets.ts';
import { requestFor, type TargetRequest } from '../choose/request.ts';
import { gpuProfile } from '../../passes/profile.ts';
import type { Encoding } from '../../passes/bind.ts';
import type { PassName } from '../../passes/pipeline.ts';
import type { LoweredKernel, Plan } from '../../passes/plan.ts';

/** What to show: the graph, the passes and rules, the kernels, the fusion decisions, the code, or measured times. */
export const explainLevels = ['graph', 'rewrites', 'plan', 'why', 'code', 'analyze'] as const;
export type ExplainLevel = (typeof explainLevels)[number];

interface Subject {
  readonly plan: Plan | undefined;
  readonly numbers: readonly number[];
  readonly facts: ExplainFacts;
  readonly disabled: ReadonlySet<PassName>;
  /** Runs the plan and measures each kernel, unless no engine compiles them; absent once the inputs are gone. */
  readonly measure: (() => Measured | undefined) | undefined;
  /** The same on a device that takes its time. */
  readonly measureAsync?: () => Promise<Measured | undefined>;
}

const notMeasured = ({ measureAsync }: Subject): string =>
  measureAsync === undefined
    ? 'not measured: the array has its value already and its inputs are released; explain before evaluating'
    : 'not measured: times on a GPU have to be awaited, `await explanation.analyze()`';

export class Explanation {
  readonly #subject: Subject;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  /** One level as text; `plan` unless told. Throws an `OptionError` for an unknown level. */
  toString(level: ExplainLevel = 'plan'): string {
    checkCount('explain', arguments.length, 1);
    const { plan, numbers, facts, disabled, measure } = this.#subject;
    if (!explainLevels.includes(level))
      throw new OptionError(
        'explain',
        `unknown level ${describe(level)}; the levels are ${explainLevels.join(', ')}`,
      );
    if (plan === undefined) return `no plan: ${facts.plan.reasons.join('; ')}\n`;
    switch (level) {
      case 'graph':
        return graphText(plan.initial, numbers);
      case 'rewrites':
        return passSnapshots(plan, numbers, disabled)
          .map(({ pass, text }) => {
            const found = facts.passes.find(({ name }) => name === pass);
            const rules = (found?.rules ?? []).map(({ name, count }) => `    ${name} x${count}`);
            const state = found?.enabled === false ? ' (off)' : '';
            return [
              `after ${pass}${state}: ${found?.before ?? 0} -> ${found?.after ?? 0} nodes`,
              ...rules,
              text,
            ].join('\n');
          })
          .join('\n');
      case 'plan':
        return planText(facts);
      case 'why':
        return whyText(facts);
      case 'code': {
        // Many kernels of a long plan may be one program, whose text is made anew whenever it is read.
        const texts = new Map<object, string>();
        const textOf = (kernel: LoweredKernel): string => {
          const made = codeOf(kernel, facts.plan.target, numbers);
          if (made === undefined)
            return '(no code: the reference evaluator runs; generation was not asked for or is not allowed here)';
          const text = texts.get(made) ?? made.code;
          texts.set(made, text);
          return text;
        };
        return plan.kernels
          .map(
            (kernel, k) =>
              `// ${kernelName(kernel, k)}\n/*\n${printKernel(kernel.kernel)}*/\n${textOf(kernel)}\n`,
          )
          .join('\n');
      }
      case 'analyze': {
        if (measure === undefined) return `${planText(facts)}\n${notMeasured(this.#subject)}\n`;
        const measured = measure();
        return measured === undefined
          ? `${planText(facts)}\nnot measured: the reference evaluator runs, which has no kernels\n`
          : analyzeText(facts, measured);
      }
    }
  }

  /** Level `analyze` for targets whose times cannot be had at once, GPUs; on all others the same as `toString('analyze')`. */
  async analyze(): Promise<string> {
    checkCount('explain', arguments.length, 0);
    const { facts, measureAsync } = this.#subject;
    if (measureAsync === undefined) return this.toString('analyze');
    const measured = await measureAsync();
    return measured === undefined
      ? `${planText(facts)}\nnot measured: this GPU keeps no timestamps\n`
      : analyzeText(facts, measured);
  }

  /** The facts, as plain data under schema version `version`. */
  toJSON(): ExplainFacts {
    return this.#subject.facts;
  }

  /** The optimized graph as a Mermaid flowchart, kernels as boxes. */
  toMermaid(): string {
    checkCount('explain', arguments.length, 0);
    const { plan, numbers } = this.#subject;
    return plan === undefined ? 'flowchart TD\n' : mermaidOf(plan, numbers);
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** Explains how these roots would be evaluated. Nothing runs, except for level `analyze`. */
export function explainNodes(roots: readonly Node[], options: EvaluateOptions = {}): Explanation {
  const request = requestFor(options.target);
  const joined: string[] = [];
  const disabled = disabledPasses(options);
  const onGpu = request.name === 'webgpu';
  const profile = onGpu ? gpuProfile(codeLimits().storageBuffers) : undefined;
  const { misses } = planCache;
  const parts = partsFor(roots, options, request, placeOfParts, profile);
  const all = [...roots, ...parts.map(({ node }) => node)];
  const encoding = encodeRoots(all, options, 'explain', joined, placeOfParts);
  const { numbers, scalars } = encoding;
  const planned = planFor(encoding, options, profile);
  const planHit = planCache.misses === misses;
  const binding = planned.bind(numbers, scalars);
  const { prepared } = binding;
  const inputs = inputsOf('explain', encoding);
  if (onGpu)
    return new Explanation({
      plan: prepared.plan,
      numbers,
      facts: collectFacts(
        prepared.plan,
        numbers,
        afterJoining(gpuChoice(request, binding), { joined }),
        planHit,
        undefined,
        undefined,
        parts,
      ),
      disabled,
      measure: undefined,
      measureAsync: async () => {
        checkDTypes('explain', prepared.plan);
        return measureOnGpu(binding, inputs);
      },
    });
  const choice = afterJoining(cpuChoice(encoding, options, request, binding, inputs), { joined });
  const target = targetNamed(choice.name);
  return new Explanation({
    plan: prepared.plan,
    numbers,
    facts: collectFacts(prepared.plan, numbers, choice, planHit, undefined, undefined, parts),
    disabled,
    measure: target === undefined ? undefined : () => measure(binding, target, inputs),
  });
}

/** The CPU's choice, and under `auto` what an open GPU would take. */
function cpuChoice(
  encoding: Encoding,
  options: EvaluateOptions,
  request: TargetRequest,
  binding: Binding,
  inputs: readonly ArraySource[],
): TargetChoice {
  if (request.candidates.length === 0) return { name: 'reference', reasons: request.reasons, candidates: [] };
  const decision = decide(binding, request, inputs, undefined);
  const weighed = request.name === 'auto' ? weighOpenGpu(encoding, options, inputs, decision) : undefined;
  if (weighed === undefined) return decision;
  return weighed.choice ?? withGpu(decision, weighed);
}

/** What was asked for with `webgpu`, and whether it can be had. */
function gpuChoice(request: TargetRequest, binding: Binding): TargetChoice {
  const gpu = currentGpu();
  const { plan } = binding.prepared;
  const unsupported = unsupportedIn(plan);
  const unfit = gpu === undefined ? missingRoutineIn(plan) : unfitFor(gpu, binding);
  const reasons = [
    ...request.reasons,
    gpu === undefined ? 'no GPU is open yet: code for the limits that every GPU has' : `runs on ${gpu.name}`,
    ...(unsupported === undefined ? [] : [`it will not run: GPUs have no ${unsupported.dtype}`]),
    ...(unfit === undefined ? [] : [`${unfit}: the CPU will run instead`]),
  ];
  return { name: 'webgpu', reasons, candidates: [] };
}

function measure(binding: Binding, target: Target, inputs: readonly ArraySource[]): Measured | undefined {
  const bound = binding.for(target);
  if (bound instanceof CompileRefusal) return undefined;
  const times = bound.kernels.map((): number[] => []);
  const note = (kernel: number, milliseconds: number): void => {
    times[kernel]?.push(milliseconds);
  };
  const repetitions = 7;
  for (let repetition = 0; repetition < repetitions; repetition++) {
    // The pool starts with the first work for it.
    if (repetition === 1) runningPool()?.startProfile();
    // Values that were dropped come back before the first of them is looked at.
    checkInputs('explain', inputs);
    restoreAll(inputs);
    if (target.memory === 'heap') {
      for (const result of runOnHeap(bound, inputs, undefined, note) ?? [])
        if (result instanceof Lease) result.free();
    } else
      runOnHost(
        bound,
        inputs.map(({ values }) => values),
        undefined,
        note,
      );
  }
  const ordered = times.map((list) => list.toSorted((a, b) => a - b));
  const uses = runningPool()
    ?.endProfile()
    .map(({ milliseconds, launches }) => ({
      milliseconds: milliseconds / (repetitions - 1),
      launches: Math.round(launches / (repetitions - 1)),
    }));
  return {
    threads: uses?.some(({ launches }) => launches > 0) === true ? uses : undefined,
    first: times.map((list) => list[0] ?? NaN),
    median: ordered.map((list) => list[list.length >> 1] ?? NaN),
  };
}

/** Explains an evaluation that has happened. */
export function explainRecord(record: EvaluationRecord): Explanation {
  const { plan, numbers, choice, memoHit, heap, parts } = record;
  const empty: ExplainFacts['plan'] = {
    kernels: [],
    bytesMoved: 0,
    bytesMinimum: 0,
    peakTemporaryBytes: 0,
    target: choice.name,
    reasons: choice.reasons,
    candidates: choice.candidates,
    kept: keptFacts(parts),
    heap: heap ?? null,
  };
  const facts =
    plan === undefined ? undefined : collectFacts(plan, numbers, choice, true, memoHit, heap, parts);
  return new Explanation({
    plan,
    numbers,
    facts: facts ?? { ...collectEmpty(), plan: empty },
    disabled: new Set(),
    measure: undefined,
  });
}

function collectEmpty(): Omit<ExplainFacts, 'plan'> {
  return {
    version: explainVersion,
    passes: [],
    why: [],
    caches: { ...cacheInfo(), plan: 'miss', result: 'unknown' },
  };
}
