/**
 * explain(): the plan of an expression as an object. `toString(level)` prints one level, `toJSON()` gives the facts
 * under a versioned schema, `toMermaid()` draws the graph with its kernels.
 */
import { checkCount, describe } from '../../ir/arguments.ts';
import { OptionError } from '../../ir/errors.ts';
import { printKernel } from '../../ir/kernelText.ts';
import type { Node } from '../../ir/node.ts';
import type { LoweredKernel, Plan } from '../../passes/plan.ts';
import { cpuProfile } from '../../passes/profile.ts';
import { placeOfParts } from '../batch/join.ts';
import { cacheInfo } from '../caches/caches.ts';
import { planCache } from '../caches/planCache.ts';
import { awaitedNow, decide } from '../choose/decision.ts';
import { profileOf, requestFor } from '../choose/request.ts';
import { kernelName } from '../evaluate/bindPlan.ts';
import type { EvaluateOptions } from '../evaluate/options.ts';
import { afterJoining, foreseen } from '../evaluate/prepare.ts';
import type { EvaluationRecord } from '../evaluate/record.ts';
import { mayWait } from '../evaluate/runLater.ts';
import type { Executor, Measured } from '../executors/executor.ts';
import { executorNamed } from '../executors/registry.ts';
import { inSession } from '../perSession.ts';
import { collectFacts, explainVersion, graphText, keptFacts, type ExplainFacts } from './facts.ts';
import { mermaidOf } from './mermaid.ts';
import { analyzeText, planText, whyText } from './text.ts';

/** What to show: the graph, the passes and rules, the kernels, the fusion decisions, the code, or measured times. */
export const explainLevels = ['graph', 'rewrites', 'plan', 'why', 'code', 'analyze'] as const;
export type ExplainLevel = (typeof explainLevels)[number];

interface Subject {
  readonly plan: Plan | undefined;
  readonly numbers: readonly number[];
  readonly facts: ExplainFacts;
  readonly executor: Executor | undefined;
  /** Runs the plan and measures each kernel, where its executor can; absent once the inputs are gone. */
  readonly measure: (() => Measured | undefined | Promise<Measured | undefined>) | undefined;
}

const isReleased =
  'not measured: the array has its value already and its inputs are released; explain before evaluating';

export class Explanation {
  readonly #subject: Subject;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  /** One level as text; `plan` unless told. Throws an `OptionError` for an unknown level. */
  toString(level: ExplainLevel = 'plan'): string {
    checkCount('explain', arguments.length, 1);
    const { plan, numbers, facts, executor, measure } = this.#subject;
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
        return plan
          .snapshots()
          .map(({ pass, graph }) => {
            const found = facts.passes.find(({ name }) => name === pass);
            const rules = (found?.rules ?? []).map(({ name, count }) => `    ${name} x${count}`);
            const state = found?.enabled === false ? ' (off)' : '';
            return [
              `after ${pass}${state}: ${found?.before ?? 0} -> ${found?.after ?? 0} nodes`,
              ...rules,
              graphText(graph, numbers),
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
          const made = executorNamed(facts.plan.target)?.codeOf(kernel, numbers);
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
        if (measure === undefined) return `${planText(facts)}\n${isReleased}\n`;
        if (executor?.answersAtOnce === false)
          return `${planText(facts)}\nnot measured: times on a GPU have to be awaited, \`await explanation.analyze()\`\n`;
        const measured = measure();
        return measured === undefined || measured instanceof Promise
          ? `${planText(facts)}\nnot measured: the reference evaluator runs, which has no kernels\n`
          : analyzeText(facts, measured);
      }
    }
  }

  /** Level `analyze` for targets whose times cannot be had at once, GPUs; on all others the same as `toString('analyze')`. */
  async analyze(): Promise<string> {
    checkCount('explain', arguments.length, 0);
    const { facts, executor, measure } = this.#subject;
    if (measure === undefined || executor?.answersAtOnce !== false) return this.toString('analyze');
    const measured = await inSession(measure());
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
  const { misses } = planCache.current;
  const { prepared, parts } = foreseen(roots, options, request, placeOfParts);
  const { computation: work, inputs } = prepared;
  const later = mayWait(request, options) ? awaitedNow(work, request, inputs) : undefined;
  const decision = later?.decision ?? decide(work, request, inputs, undefined, later);
  const { executor } = decision;
  const { plan } = work.under(executor.profile ?? profileOf(request) ?? cpuProfile).prepared;
  const planHit = planCache.current.misses === misses;
  const choice = afterJoining(decision, prepared);
  return new Explanation({
    plan,
    numbers: work.numbers,
    facts: collectFacts(plan, work.numbers, choice, planHit, undefined, undefined, parts),
    executor,
    measure: () => {
      const error = later?.refusal?.error;
      if (error !== undefined) throw error('explain', work);
      return executor.measure?.(work, inputs);
    },
  });
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
    executor: undefined,
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
