/**
 * From roots to a plan bound to numbers: known values take the place of what computes them, the rest is encoded or
 * recognized, and its plan is found in the cache or made.
 */
import { TraceError } from '../../ir/errors.ts';
import type { ArraySource, DataNode, Node, NodeOf } from '../../ir/node.ts';
import { encode, type Encoding } from '../../passes/bind.ts';
import type { Plan } from '../../passes/plan.ts';
import type { PlanProfile } from '../../passes/profile.ts';
import type { Binding } from './bindPlan.ts';
import { planCache } from '../caches/planCache.ts';
import { Computation } from './computation.ts';
import { learn, recognize } from './recognize.ts';
import { hasValues, isPaidFor, partsOf, valuesFor, totalOf, type Part, type Resolve } from './kept.ts';
import type { KeptPart } from './keptPart.ts';
import { knownValue } from './knownValues.ts';
import { profileOf, requestFor, type TargetRequest } from '../choose/request.ts';
import type { TargetChoice } from '../choose/decision.ts';
import { type EvaluateOptions, disabledPasses } from './options.ts';

/** An encoding, to be planned for the executors that are asked. */
export const computationOf = (encoding: Encoding, options: EvaluateOptions): Computation =>
  new Computation(encoding, disabledPasses(options), options.verify === true);

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
  readonly computation: Computation;
  /** Absent where the expression was recognized. */
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
  join = joinParts,
): Prepared {
  const resolve = valuesUnder(options);
  const seen = isPlain(options) ? recognize(roots, hasValues() ? resolve : undefined) : undefined;
  if (seen !== undefined) {
    const { computation, key, numbersKey: numbers } = seen.template;
    return {
      key,
      numbersKey: numbers,
      inputs: seen.inputs,
      computation,
      encoding: undefined,
      joined: nothing,
    };
  }
  const joined: string[] = [];
  const encoding = encodeRoots(roots, options, operation, joined, join);
  const computation = computationOf(encoding, options);
  return {
    joined,
    key: computation.key,
    numbersKey: numbersKey(encoding),
    inputs: inputsOf(operation, encoding),
    computation,
    encoding,
  };
}

/** The plan of a prepared expression, bound to its numbers. What comes a second time is recognized from then on. */
export function bindingOf(
  prepared: Prepared,
  roots: readonly Node[],
  options: EvaluateOptions,
  profile: PlanProfile,
): Binding {
  const { computation, encoding, key, numbersKey: numbers } = prepared;
  const binding = computation.under(profile);
  if (encoding === undefined) planCache.current.hits++;
  else if (binding.comesAgain && options.disable === undefined && options.verify !== true)
    learn(roots, encoding, computation, key, numbers);
  return binding;
}

/** The plan of an expression whose values are known, if it is still there. What comes again is recognized from then on. */
export function planOfKnown(
  { computation, encoding, key, numbersKey: numbers }: Prepared,
  roots: readonly Node[],
  options: EvaluateOptions,
  profile: PlanProfile | undefined,
): Plan | undefined {
  const plan = profile === undefined ? undefined : computation.known(profile);
  if (encoding !== undefined && computation.isBound && isPlain(options))
    learn(roots, encoding, computation, key, numbers);
  return plan;
}

/** What an evaluation of these roots would run, as far as explain can tell; nothing is computed for it. */
export function foreseen(
  roots: readonly Node[],
  options: EvaluateOptions,
  request: TargetRequest,
  join: JoinParts,
): { readonly prepared: Prepared; readonly parts: readonly Part[] } {
  const prepared = prepare('explain', roots, options, join);
  const profile = profileOf(request);
  if (profile === undefined || !keeps(options)) return { prepared, parts: noParts };
  const found = partsOf(roots, prepared.key, valuesUnder(options), totalFor(prepared, profile), false);
  if (found.length === 0) return { prepared, parts: noParts };
  const { parts } = withParts('explain', roots, options, prepared, profile, join, found, false);
  if (parts.length === 0) return { prepared, parts };
  return { prepared: prepare('explain', rootsWith(roots, parts), options, join), parts };
}

const rootsWith = (roots: readonly Node[], parts: readonly Part[]): readonly Node[] => [
  ...roots,
  ...parts.map(({ node }) => node),
];

/** What an evaluation runs: the plan of its roots and of the parts that it keeps. */
export interface Planned {
  readonly computation: Computation;
  readonly inputs: readonly ArraySource[];
  readonly parts: readonly Part[];
}

export const noParts: readonly Part[] = [];

/** Without the node: what an array tells of its evaluation must not keep its graph. */
export const factsOf = ({ name, bytes, reason }: Part): KeptPart => ({ name, bytes, reason });

/** What there is to do for a prepared expression. */
function totalFor(
  { computation, encoding }: Prepared,
  profile: PlanProfile,
): { readonly units: number; readonly nodes: number } {
  if (encoding !== undefined) return totalOf(encoding.order);
  return { units: computation.under(profile).work.units, nodes: computation.nodes };
}

/** A prepared expression, with the parts that are worth keeping as further results. Without a profile it has no plan. */
export function planned(
  operation: string,
  roots: readonly Node[],
  options: EvaluateOptions,
  prepared: Prepared,
  profile: PlanProfile | undefined,
): Planned {
  const parts =
    keeps(options) && profile !== undefined
      ? partsOf(roots, prepared.key, valuesUnder(options), totalFor(prepared, profile), true)
      : noParts;
  return parts.length === 0 || profile === undefined
    ? withoutParts(roots, options, prepared, profile)
    : withParts(operation, roots, options, prepared, profile, joinParts, parts, true);
}

export function withoutParts(
  roots: readonly Node[],
  options: EvaluateOptions,
  prepared: Prepared,
  profile: PlanProfile | undefined,
): Planned {
  if (profile !== undefined) bindingOf(prepared, roots, options, profile);
  return { computation: prepared.computation, inputs: prepared.inputs, parts: noParts };
}

/** Units of work for which it is not asked how much of them the parts are. */
const littleWork = 1_000_000;

function withParts(
  operation: string,
  roots: readonly Node[],
  options: EvaluateOptions,
  prepared: Prepared,
  profile: PlanProfile,
  join: JoinParts,
  parts: readonly Part[],
  isLearning: boolean,
): Planned {
  const all = rootsWith(roots, parts);
  const extended = prepare(operation, all, options, join);
  const { work } = bindingOf(extended, all, options, profile);
  if (work.units > littleWork) {
    const { units } = bindingOf(prepared, roots, options, profile).work;
    if (!isPaidFor(parts, work.units - units, units, isLearning))
      return { computation: prepared.computation, inputs: prepared.inputs, parts: noParts };
  }
  return { computation: extended.computation, inputs: extended.inputs, parts };
}
