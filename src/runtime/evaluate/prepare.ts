/**
 * From roots to a plan bound to numbers: known values take the place of what computes them, the rest is encoded or
 * recognized, and its plan is found in the cache or made.
 */
import { InternalError, TraceError } from '../../ir/errors.ts';
import type { ArraySource, DataNode, Node, NodeOf } from '../../ir/node.ts';
import { bindGraph, encode, type Encoding } from '../../passes/bind.ts';
import { compilePlan, type PassName } from '../../passes/pipeline.ts';
import type { Plan } from '../../passes/plan.ts';
import { cpuProfile, frugal, type PlanProfile } from '../../passes/profile.ts';
import { PreparedPlan, type Binding } from './bindPlan.ts';
import { planCache } from '../caches/planCache.ts';
import { learn, recognize } from './recognize.ts';
import { hasValues, isPaidFor, partsOf, valuesFor, totalOf, type Part, type Resolve } from './kept.ts';
import type { KeptPart } from './keptPart.ts';
import { knownValue } from './knownValues.ts';
import { requestFor, type TargetRequest } from '../choose/request.ts';
import type { TargetChoice } from '../choose/decision.ts';
import { type EvaluateOptions, disabledPasses } from './options.ts';

const planKey = (
  encoding: Encoding,
  disabled: ReadonlySet<PassName>,
  profile: PlanProfile = cpuProfile,
): string => {
  const passes = disabled.size === 0 ? '' : `${[...disabled].toSorted().join(',')}/`;
  return `${profile === cpuProfile ? '' : `${profile.name}:`}${passes}${encoding.key}`;
};

/** The plan for an encoding, from the cache or by running the passes. */
export function planFor(
  encoding: Encoding,
  options: EvaluateOptions,
  profile: PlanProfile = cpuProfile,
): PreparedPlan {
  const disabled = disabledPasses(options);
  const key = planKey(encoding, disabled, profile);
  const verify = options.verify === true;
  let prepared = verify ? undefined : planCache.get(key);
  if (prepared === undefined) {
    const plan = compilePlan(key, bindGraph(encoding), { disabled, verify, profile });
    prepared = new PreparedPlan(plan, () =>
      compilePlan(key, plan.initial.roots, { disabled, verify, profile: frugal(profile) }),
    );
    if (!verify) planCache.set(key, prepared);
  }
  return prepared;
}

/** Computes concatenations of many parts ahead of a plan; `undefined` where the plan should. */
export type JoinParts = (
  node: NodeOf<'concat'>,
  options: EvaluateOptions,
  operation: string,
) => DataNode | undefined;

/** Parts are evaluated by families, which evaluate by way of this file: so it is handed in. */
let joinParts: JoinParts = () => undefined;

export const setJoinParts = (join: JoinParts): void => {
  joinParts = join;
};

/** `joined` takes the lines for explain about what was computed ahead of the plan. */
export function encodeRoots(
  roots: readonly Node[],
  options: EvaluateOptions,
  operation = 'evaluate',
  joined: string[] = [],
  join = joinParts,
): Encoding {
  const valueOf = valuesUnder(options);
  const resolve = (node: Node): Node | undefined => {
    const known = valueOf(node);
    if (known !== undefined || node.kind !== 'concat') return known;
    const value = join(node, options, operation);
    if (value !== undefined) joined.push(`${node.inputs.length} parts are put together ahead of the plan`);
    return value;
  };
  return encode(roots, resolve, options.disable?.includes('bind') !== true);
}

/** Sizes and scalars, as part of a memo key. */
function numbersKey({ numbers, scalars }: Encoding): string {
  let key = '#';
  for (const number of numbers) key += `${number},`;
  for (const scalar of scalars) key += `${Object.is(scalar, -0) ? '-0' : String(scalar)};`;
  return key;
}

/** Structure, inputs with their versions, and numbers; and the target asked for, so that asking for one runs it. */
export function memoKey(
  request: TargetRequest,
  plan: string,
  inputs: readonly ArraySource[],
  numbers: string,
): string {
  let key = `${request.name}:${plan}`;
  for (const { id, version } of inputs) key += `|${id}.${version}`;
  return key + numbers;
}

/** The sources of an encoding, by array slot. An argument of a function being traced has none: a `TraceError`. */
export function inputsOf(operation: string, encoding: Encoding): ArraySource[] {
  const inputs: ArraySource[] = [];
  for (const array of encoding.arrays) {
    if (array.kind !== 'data')
      throw new TraceError(
        operation,
        'this array stands for an argument of a compiled function and has no value while the function is traced; ' +
          'compute with it (lz.where instead of if), return it, and read the result',
      );
    inputs.push(array.source);
  }
  return inputs;
}

/** Templates of the CPU have no name: they are asked for most. */
const templatesOf = (profile: PlanProfile): string => (profile === cpuProfile ? '' : profile.name);

const isPlain = ({ verify, disable }: EvaluateOptions): boolean =>
  verify !== true && (disable === undefined || disable.length === 0);

/** Whether an evaluation keeps parts for later ones, and uses those kept. */
const keeps = (options: EvaluateOptions): boolean => options.memo !== false && isPlain(options);

/** The values of nodes that an evaluation finds. */
export const valuesUnder = (options: EvaluateOptions): Resolve =>
  keeps(options) ? valuesFor(requestFor(options.target).name) : knownValue;

/** An expression ready to run: where its plan is kept, and its arrays. */
export interface Prepared {
  readonly key: string;
  readonly numbersKey: string;
  readonly inputs: readonly ArraySource[];
  /** Absent until the plan is needed. */
  readonly binding: Binding | undefined;
  readonly encoding: Encoding | undefined;
  /** What was computed ahead of it, in words. */
  readonly joined: readonly string[];
}

const nothing: readonly string[] = [];

/** The choice, with what was computed ahead of the plan among its reasons. */
export const afterJoining = (choice: TargetChoice, { joined }: Pick<Prepared, 'joined'>): TargetChoice =>
  joined.length === 0 ? choice : { ...choice, reasons: [...choice.reasons, ...joined] };

export function prepare(
  operation: string,
  roots: readonly Node[],
  options: EvaluateOptions,
  profile: PlanProfile = cpuProfile,
  join = joinParts,
): Prepared {
  const resolve = valuesUnder(options);
  const seen = isPlain(options)
    ? recognize(roots, templatesOf(profile), hasValues() ? resolve : undefined)
    : undefined;
  if (seen !== undefined) {
    const { binding, key, numbersKey: numbers } = seen.template;
    return { key, numbersKey: numbers, inputs: seen.inputs, binding, encoding: undefined, joined: nothing };
  }
  const joined: string[] = [];
  const encoding = encodeRoots(roots, options, operation, joined, join);
  return {
    joined,
    key: planKey(encoding, disabledPasses(options), profile),
    numbersKey: numbersKey(encoding),
    inputs: inputsOf(operation, encoding),
    binding: undefined,
    encoding,
  };
}

/** The plan of a prepared expression, bound to its numbers. What comes a second time is recognized from then on. */
export function bindingOf(
  prepared: Prepared,
  roots: readonly Node[],
  options: EvaluateOptions,
  profile: PlanProfile = cpuProfile,
): Binding {
  const { binding, encoding, key, numbersKey: numbers } = prepared;
  if (binding !== undefined) {
    planCache.hits++;
    return binding;
  }
  if (encoding === undefined) throw new InternalError('evaluate', 'an expression was not encoded');
  const plan = planFor(encoding, options, profile);
  const before = plan.lastBinding;
  const bound = plan.bind(encoding.numbers, encoding.scalars);
  if (bound === before && options.disable === undefined && options.verify !== true)
    learn(roots, encoding, bound, key, numbers, templatesOf(profile));
  return bound;
}

/** The plan of an expression whose values are known, if it is still there. What comes again is recognized from then on. */
export function planOfKnown(
  { binding, encoding, key, numbersKey: numbers }: Prepared,
  roots: readonly Node[],
  options: EvaluateOptions,
): Plan | undefined {
  if (binding !== undefined) return binding.prepared.plan;
  const plan = planCache.peek(key);
  const last = plan?.lastBinding;
  if (encoding !== undefined && last?.isFor(encoding.numbers, encoding.scalars) === true && isPlain(options))
    learn(roots, encoding, last, key, numbers, templatesOf(cpuProfile));
  return plan?.plan;
}

/** What an evaluation of these roots would keep, and their encoding if that took one. */
export function partsFor(
  roots: readonly Node[],
  options: EvaluateOptions,
  request: TargetRequest,
  join: JoinParts,
  profile?: PlanProfile,
): { readonly parts: readonly Part[]; readonly prepared: Prepared | undefined } {
  if (request.name === 'reference' || !keeps(options)) return { parts: noParts, prepared: undefined };
  const prepared = prepare('explain', roots, options, profile, join);
  const found = partsOf(roots, prepared.key, valuesUnder(options), totalFor(prepared), false);
  if (found.length === 0) return { parts: noParts, prepared };
  const { parts } = withParts('explain', roots, options, prepared, profile, join, found, false);
  return { parts, prepared };
}

/** What an evaluation runs: the plan of its roots and of the parts that it keeps. */
export interface Planned {
  readonly binding: Binding;
  readonly inputs: readonly ArraySource[];
  readonly parts: readonly Part[];
}

export const noParts: readonly Part[] = [];

/** Without the node: what an array tells of its evaluation must not keep its graph. */
export const factsOf = ({ name, bytes, reason }: Part): KeptPart => ({ name, bytes, reason });

/** What there is to do for a prepared expression. */
function totalFor({ binding, encoding }: Prepared): { readonly units: number; readonly nodes: number } {
  if (binding === undefined) return totalOf(encoding?.order ?? []);
  return { units: binding.work.units, nodes: binding.prepared.plan.initial.nodes.length };
}

/** The plan of a prepared expression, with the parts that are worth keeping as further results. */
export function planned(
  operation: string,
  roots: readonly Node[],
  options: EvaluateOptions,
  prepared: Prepared,
  profile: PlanProfile = cpuProfile,
): Planned {
  const parts = keeps(options)
    ? partsOf(roots, prepared.key, valuesUnder(options), totalFor(prepared), true)
    : noParts;
  return parts.length === 0
    ? withoutParts(roots, options, prepared, profile)
    : withParts(operation, roots, options, prepared, profile, joinParts, parts, true);
}

export const withoutParts = (
  roots: readonly Node[],
  options: EvaluateOptions,
  prepared: Prepared,
  profile?: PlanProfile,
): Planned => ({
  binding: bindingOf(prepared, roots, options, profile),
  inputs: prepared.inputs,
  parts: noParts,
});

/** Units of work for which it is not asked how much of them the parts are. */
const littleWork = 1_000_000;

function withParts(
  operation: string,
  roots: readonly Node[],
  options: EvaluateOptions,
  prepared: Prepared,
  profile: PlanProfile | undefined,
  join: JoinParts,
  parts: readonly Part[],
  isLearning: boolean,
): Planned {
  const all = [...roots, ...parts.map(({ node }) => node)];
  const extended = prepare(operation, all, options, profile, join);
  const binding = bindingOf(extended, all, options, profile);
  if (binding.work.units > littleWork) {
    const alone = withoutParts(roots, options, prepared, profile);
    const { units } = alone.binding.work;
    if (!isPaidFor(parts, binding.work.units - units, units, isLearning)) return alone;
  }
  return { binding, inputs: extended.inputs, parts };
}
