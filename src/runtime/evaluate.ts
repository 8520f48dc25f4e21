/**
 * From roots to values: encode, look in the result memo, look in the plan cache, compile, run.
 */
import { evaluateReference } from '../ir/reference.ts';
import { checkCount, describe, wholeNumber } from '../ir/arguments.ts';
import {
  DeviceError,
  IndexError,
  InternalError,
  MemoryError,
  OptionError,
  TraceError,
} from '../ir/errors.ts';
import { copyOf, type DType, type Scalar, type TypedArray } from '../ir/dtype.ts';
import type { ArraySource, DataNode, Node, NodeOf } from '../ir/node.ts';
import { checkOptions, checkSwitch } from '../ir/options.ts';
import { CompileRefusal } from '../codegen/refusal.ts';
import { bindGraph, encode, type Encoding } from '../passes/bind.ts';
import { compilePlan, passNames, type PassName } from '../passes/pipeline.ts';
import type { Plan } from '../passes/plan.ts';
import { cpuProfile, frugal, type PlanProfile } from '../passes/profile.ts';
import { PreparedPlan, type Binding, type BoundPlan } from './bindPlan.ts';
import { limitCaches, limitNames, planCache, resultCache, type CacheLimits } from './caches.ts';
import { runOnHost } from './execute.ts';
import { runOnHeap } from './executeOnHeap.ts';
import { configureGpu } from './gpu/device.ts';
import { heap } from './heap.ts';
import { learn, recognize } from './recognize.ts';
import { estimate } from './cost.ts';
import {
  hasValues,
  isPaidFor,
  keepParts,
  neverKeep,
  partsOf,
  valuesFor,
  totalOf,
  whileEvaluating,
  type KeptPart,
  type Part,
  type Resolve,
} from './kept.ts';
import { Lease, type Recipe } from './lease.ts';
import {
  checkInputs,
  currentEpoch,
  knownValue,
  ownValues,
  readInputs,
  restoreAll,
  Source,
  sourcesOf,
} from './storage.ts';
import { checkThreads, setThreads } from './parallel/threads.ts';
import { runStreamed, streamOf } from './stream.ts';
import {
  decide,
  insteadOf,
  insteadOfRefused,
  referenceInstead,
  setDefaultTarget,
  wishFor,
  type Decision,
  type TargetChoice,
  type TargetName,
  type Wish,
} from './targets.ts';

export { cacheInfo, clearCache, type CacheInfo, type CacheLimits } from './caches.ts';
export { checkMemory } from './userArray.ts';
export { allocateOnHeap } from './userMemory.ts';
export {
  createSource,
  hostMemory,
  isOnDevice,
  noteReuse,
  readCopy,
  readShared,
  currentEpoch,
  rememberValue,
  sharesMemory,
  touchSource,
  wrapSource,
} from './storage.ts';
export { listTargets, type TargetInfo, type TargetName } from './targets.ts';

export interface EvaluateOptions {
  /** Keep the result for later evaluations of the same expression over the same data, and use kept ones. Default true. */
  readonly memo?: boolean;
  /**
   * `js`: generated loops; `wasm`: WebAssembly; `webgpu`: a GPU, asynchronously; `reference`: the plain evaluator;
   * `auto`: what is likely to be fastest. The default is what `configure` was given, `auto` at first.
   */
  readonly target?: TargetName;
  /** Passes to leave out; results do not change. */
  readonly disable?: readonly PassName[];
  /** Check what each pass guarantees (slow; for tests and bug reports). */
  readonly verify?: boolean;
}

/** Bounds of the caches, and what evaluations do unless told otherwise. */
export interface Configuration extends CacheLimits {
  /** The target of evaluations that ask for none. */
  readonly target?: TargetName;
  /** Threads that compute, the caller's included. By default as many as the machine has processors. */
  readonly threads?: number;
  /** The most bytes of GPU memory in use at a time. Default 2 GiB. */
  readonly gpuBytes?: number;
}

/**
 * Sets the bounds of the caches, dropping what does not fit any more, least recently used first (0 keeps nothing), and
 * the target of evaluations that ask for none, the number of threads. Throws an `OptionError` for an unknown setting, a
 * bound that is not a whole number, a target that does not run here.
 *
 * ```ts
 * lz.configure({ resultBytes: 64 * 2 ** 20, target: 'js' });
 * console.log(lz.cacheInfo().results.maxBytes, lz.arange(3).add(1).explain().toJSON().plan.target); // 67108864 js
 * lz.configure({ resultBytes: 256 * 2 ** 20, target: 'auto' });
 * ```
 */
export function configure(settings: Configuration = {}): void {
  checkCount('configure', arguments.length, 1);
  checkOptions('configure', settings, [...limitNames, 'target', 'threads', 'gpuBytes']);
  if (settings.target !== undefined) checkTarget('configure', settings.target);
  if (settings.threads !== undefined) checkThreads('configure', settings.threads);
  const { gpuBytes } = settings;
  if (gpuBytes !== undefined) wholeNumber('configure', 'gpuBytes', gpuBytes, 0, Number.MAX_SAFE_INTEGER);
  limitCaches(settings);
  if (gpuBytes !== undefined) configureGpu({ bytes: gpuBytes });
  if (settings.target !== undefined) setDefaultTarget(settings.target);
  if (settings.threads !== undefined) setThreads(settings.threads);
}

/** What an evaluation did with the shared heap, in bytes and blocks. */
export interface HeapUse {
  readonly residentBytes: number;
  readonly copiedIn: number;
  readonly copiedOut: number;
  readonly evictions: number;
}

/** What is needed to explain an evaluation afterwards: structure and numbers, no data. */
export interface EvaluationRecord {
  readonly plan: Plan | undefined;
  readonly numbers: readonly number[];
  readonly scalars: readonly Scalar[];
  readonly choice: TargetChoice;
  readonly memoHit: boolean;
  /** Only of targets that work there. */
  readonly heap: HeapUse | undefined;
  /** What was stored for later evaluations. */
  readonly parts: readonly KeptPart[];
}

export interface Evaluated {
  readonly source: ArraySource;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly record: EvaluationRecord;
}

const evaluateOptionKeys = ['memo', 'target', 'disable', 'verify', 'copy'] as const;

/** Throws an `OptionError` for a target that is unknown or does not run here. */
export const checkTarget = (operation: string, target: TargetName): void => {
  wishFor(target, operation);
};

/** The options that were checked last: programs hand in the same object again and again. */
let lastChecked: EvaluateOptions | undefined;

/** Throws an `OptionError` for an unknown option, target or pass. `more` are options of the operation's own. */
export function checkEvaluateOptions(
  operation: string,
  options: EvaluateOptions,
  more: readonly string[] = [],
): void {
  if (options === lastChecked) return;
  checkOptions(operation, options, [...evaluateOptionKeys, ...more]);
  if (options.target !== undefined) checkTarget(operation, options.target);
  checkSwitch(operation, 'memo', options.memo);
  checkSwitch(operation, 'verify', options.verify);
  checkSwitch(operation, 'copy', (options as { readonly copy?: unknown }).copy);
  if (options.disable !== undefined) disabledPasses(options, operation);
  if (more.length === 0) lastChecked = options;
}

const noPasses: ReadonlySet<PassName> = new Set();

export function disabledPasses(options: EvaluateOptions, operation = 'evaluate'): ReadonlySet<PassName> {
  if (options.disable === undefined || options.disable.length === 0) return noPasses;
  const given: unknown = options.disable;
  if (!Array.isArray(given))
    throw new OptionError(operation, `disable is a list of passes, not ${describe(given)}`);
  for (const name of options.disable)
    if (!passNames.includes(name))
      throw new OptionError(
        operation,
        `unknown pass ${describe(name)}; the passes are ${passNames.join(', ')}`,
      );
  return new Set(options.disable);
}

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
export function memoKey(wish: Wish, plan: string, inputs: readonly ArraySource[], numbers: string): string {
  let key = `${wish.name}:${plan}`;
  for (const { id, version } of inputs) key += `|${id}.${version}`;
  return key + numbers;
}

/** The roots, with known values in the place of what computes them. */
const rootNodes = (encoding: Encoding): Node[] =>
  encoding.roots.map((position) => encoding.order[position]).filter((node) => node !== undefined);

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

export type Input = ArraySource | TypedArray;

interface Ran {
  readonly values: readonly (TypedArray | Lease)[];
  readonly decision: TargetChoice;
  readonly heap: HeapUse | undefined;
}

const hostValues = (input: Input): TypedArray => (ArrayBuffer.isView(input) ? input : input.values);

/** Runs a bound plan on the target that is best for these inputs, or on another where that one has no room. */
function run(
  binding: Binding,
  wish: Wish,
  given: readonly Input[],
  out: readonly TypedArray[] | undefined,
  mayDrop = true,
): Ran {
  const inputs = readInputs(binding.arrays.parameters, given);
  for (const input of inputs)
    if (input instanceof Source) {
      input.check('evaluate');
      input.reads++;
    }
  restoreAll(inputs);
  let { decision, bound } = boundFor(binding, decide(binding, wish, inputs, out), wish);
  if (bound instanceof CompileRefusal) {
    const other = insteadOfRefused(wish, binding, bound);
    if (other === undefined) return byReference(binding, wish, bound, inputs, out);
    ({ decision, bound } = other);
  }
  if (decision.target.memory === 'heap') {
    const { copiedIn, copiedOut, evictions } = heap;
    const values = runWhereThereIsMemory(
      bound,
      decision.streamed ? streamOf(binding) : undefined,
      inputs,
      out,
    );
    if (typeof values === 'object') {
      const [only] = values;
      if (mayDrop && values.length === 1 && only instanceof Lease) {
        const recipe = recipeOf(binding, wish, inputs);
        if (recipe !== undefined) only.attach(recipe);
      }
      const use: HeapUse = {
        residentBytes: heap.usedBytes,
        copiedIn: heap.copiedIn - copiedIn,
        copiedOut: heap.copiedOut - copiedOut,
        evictions: heap.evictions - evictions,
      };
      return { values, decision, heap: use };
    }
    decision = insteadOf(wish, values ?? 'the heap has no room for the arrays');
    bound = binding.for(decision.target);
    if (bound instanceof CompileRefusal) return byReference(binding, wish, bound, inputs, out);
  }
  return { values: runOnHost(bound, inputs.map(hostValues), out), decision, heap: undefined };
}

/** What no engine compiles. */
function byReference(
  binding: Binding,
  wish: Wish,
  refusal: CompileRefusal,
  inputs: readonly Input[],
  out: readonly TypedArray[] | undefined,
): Ran {
  const values = evaluateReference(binding.meaning, inputs.map(hostValues)).map((result, root) => {
    const given = out?.[root];
    if (given === undefined) return result.slice();
    given.set(result as never);
    return given;
  });
  return { values, decision: referenceInstead(wish, refusal), heap: undefined };
}

/** The bound plan, for another target where the one decided on has no memory for its programs. */
function boundFor(
  binding: Binding,
  decision: Decision,
  wish: Wish,
): { decision: Decision; bound: BoundPlan | CompileRefusal } {
  try {
    return { decision, bound: binding.for(decision.target) };
  } catch (error) {
    if (!(error instanceof MemoryError)) throw error;
    const other = insteadOf(wish, error.message);
    return { decision: other, bound: binding.for(other.target) };
  }
}

/** What a heap target gives; `undefined` if the heap has no room, or what else it had no memory for. */
function runWhereThereIsMemory(
  bound: BoundPlan,
  stream: ReturnType<typeof streamOf>,
  inputs: readonly Input[],
  out: readonly TypedArray[] | undefined,
): readonly (TypedArray | Lease)[] | string | undefined {
  try {
    return stream === undefined ? runOnHeap(bound, inputs, out) : runStreamed(bound, stream, inputs, out);
  } catch (error) {
    if (error instanceof MemoryError) return error.message;
    throw error;
  }
}

/** The work of a call that is to be named in errors about memory. */
function calledBy<T>(operation: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof MemoryError ? error.named(operation) : error;
  }
}

/** Recipes keep at most so many times the bytes of what they are for. */
const retainedFactor = 4;
/** What copying a byte out of the heap and mapping fresh memory for it takes, in nanoseconds; see `cost.ts`. */
const rescueCost = 0.5;

/** How to compute the one result of a binding again, if that is cheap and keeps little memory. */
function recipeOf(binding: Binding, wish: Wish, inputs: readonly Input[]): Recipe | undefined {
  const { roots } = binding.arrays;
  const bytes = roots[0]?.bytes ?? 0;
  if (estimate('wasm', binding.work, 1, 0, 0, 0) > 2 * rescueCost * bytes) return undefined;
  const frozen: Source[] = [];
  let retainedBytes = 0;
  let hostBytes = 0;
  for (const input of inputs) {
    const source = input instanceof Source ? input.frozen() : undefined;
    if (source === undefined) return undefined;
    retainedBytes += source.byteLength + (source.recipe?.retainedBytes ?? 0);
    if (retainedBytes > retainedFactor * bytes) return undefined;
    hostBytes += (source.host?.byteLength ?? 0) + (source.recipe?.hostBytes ?? 0);
    frozen.push(source);
  }
  return {
    retainedBytes,
    hostBytes,
    compute: () => {
      const [values] = run(binding, wish, frozen, undefined, false).values;
      if (values === undefined) throw new InternalError('evaluate', 'a recipe gave nothing');
      return values;
    },
  };
}

const referenceChoice = (wish: Wish): TargetChoice => ({
  name: 'reference',
  reasons: wish.reasons,
  candidates: [],
});

/** Templates of the CPU have no name: they are asked for most. */
const templatesOf = (profile: PlanProfile): string => (profile === cpuProfile ? '' : profile.name);

const isPlain = ({ verify, disable }: EvaluateOptions): boolean =>
  verify !== true && (disable === undefined || disable.length === 0);

/** Whether an evaluation keeps parts for later ones, and uses those kept. */
const keeps = (options: EvaluateOptions): boolean => options.memo !== false && isPlain(options);

/** The values of nodes that an evaluation finds. */
export const valuesUnder = (options: EvaluateOptions): Resolve =>
  keeps(options) ? valuesFor(wishFor(options.target).name) : knownValue;

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

/** A GPU has no values to give before the event loop has turned. */
function synchronous(operation: string, wish: Wish): Wish {
  if (wish.name !== 'webgpu') return wish;
  throw new DeviceError(
    operation,
    "target 'webgpu' computes asynchronously: `await x.evaluate()` or `await x.data()` first (of compiled functions, `await f.async(...)`), or name another target",
  );
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

/** What an evaluation of these roots would keep. */
export function partsFor(
  roots: readonly Node[],
  options: EvaluateOptions,
  wish: Wish,
  join: JoinParts,
  profile?: PlanProfile,
): readonly Part[] {
  if (wish.name === 'reference' || !keeps(options)) return noParts;
  const prepared = prepare('explain', roots, options, profile, join);
  return withParts('explain', roots, options, prepared, profile, join, false).parts;
}

/** What an evaluation runs: the plan of its roots and of the parts that it keeps. */
export interface Planned {
  readonly binding: Binding;
  readonly inputs: readonly ArraySource[];
  readonly parts: readonly Part[];
}

const noParts: readonly Part[] = [];
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
  return keeps(options)
    ? withParts(operation, roots, options, prepared, profile, joinParts, true)
    : withoutParts(roots, options, prepared, profile);
}

const withoutParts = (
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
  isLearning: boolean,
): Planned {
  const parts = partsOf(roots, prepared.key, valuesUnder(options), totalFor(prepared), isLearning);
  if (parts.length === 0) return withoutParts(roots, options, prepared, profile);
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

/**
 * Runs the plan of the roots and of what is kept of them; without the latter where there is no memory for both, or where
 * a part has an index out of bounds that the roots do not read.
 */
function runPlanned(
  operation: string,
  roots: readonly Node[],
  options: EvaluateOptions,
  prepared: Prepared,
  wish: Wish,
): Planned & { readonly ran: Ran } {
  const runOne = (plan: Planned): Planned & { readonly ran: Ran } => ({
    ...plan,
    ran: calledBy(operation, () => run(plan.binding, wish, plan.inputs, undefined)),
  });
  const plan = planned(operation, roots, options, prepared);
  if (plan.parts.length === 0) return runOne(plan);
  try {
    return runOne(plan);
  } catch (error) {
    if (!(error instanceof MemoryError || error instanceof IndexError)) throw error;
    if (error instanceof IndexError) neverKeep(plan.parts);
    return runOne(withoutParts(roots, options, prepared));
  }
}

/** Evaluates the roots, all in one plan, at once: on the CPU. */
export const evaluateNodes = (
  roots: readonly Node[],
  options: EvaluateOptions,
  operation = 'evaluate',
): readonly Evaluated[] => whileEvaluating(() => evaluateAtOnce(roots, options, operation));

function evaluateAtOnce(
  roots: readonly Node[],
  options: EvaluateOptions,
  operation: string,
): readonly Evaluated[] {
  const wish = synchronous(operation, wishFor(options.target));
  const prepared = prepare(operation, roots, options);
  const memo = options.memo !== false && options.verify !== true;
  const key = memo ? memoKey(wish, prepared.key, prepared.inputs, prepared.numbersKey) : '';
  if (memo) {
    const kept = resultCache.get(key);
    if (kept !== undefined) {
      const plan = planCache.peek(prepared.key)?.plan;
      return evaluated(roots, kept.sources, { ...kept.record, plan, memoHit: true, parts: noParts });
    }
  }
  let sources: readonly Source[];
  let record: EvaluationRecord;
  if (wish.candidates.length === 0) {
    const encoding = prepared.encoding ?? encodeRoots(roots, options);
    const { numbers, scalars } = encoding;
    checkInputs(operation, prepared.inputs);
    restoreAll(prepared.inputs);
    const values = calledBy(operation, () => evaluateReference(rootNodes(encoding)).map(ownValues));
    sources = sourcesOf(values);
    const choice = referenceChoice(wish);
    record = { plan: undefined, numbers, scalars, choice, memoHit: false, heap: undefined, parts: noParts };
  } else {
    const epoch = currentEpoch();
    const { binding, parts, ran } = runPlanned(operation, roots, options, prepared, wish);
    const { values, decision, heap: use } = ran;
    const { plan } = binding.prepared;
    const { numbers, scalars } = binding;
    const all = sourcesOf(values);
    sources = parts.length === 0 ? all : all.slice(0, roots.length);
    record = {
      plan,
      numbers,
      scalars,
      choice: afterJoining(decision, prepared),
      memoHit: false,
      heap: use,
      parts: parts.map(factsOf),
    };
    keepParts(parts, all, wish.name, epoch, record);
  }
  // The memo must not keep the plan beyond the plan cache.
  if (memo) resultCache.set(key, { sources, record: { ...record, plan: undefined } });
  return evaluated(roots, sources, record);
}

export function evaluated(
  roots: readonly Node[],
  sources: readonly ArraySource[],
  record: EvaluationRecord,
): readonly Evaluated[] {
  const list: Evaluated[] = [];
  for (let k = 0; k < roots.length; k++) {
    const [root, source] = [roots[k], sources[k]];
    if (root === undefined || source === undefined)
      throw new InternalError('evaluate', `root ${k} has no value`);
    list.push({ source, dtype: root.dtype, shape: root.shape, record });
  }
  return list;
}

/** A traced function, bound to the sizes it was traced with. */
export interface CompiledTrace {
  readonly encoding: Encoding;
  /** Runs on `arrays` (by parameter number); the results are new. */
  run(arrays: readonly Input[]): readonly ArraySource[];
  /** Runs on `arrays` and writes to `out`. */
  runInto(arrays: readonly Input[], out: readonly TypedArray[]): void;
}

/** Plans a traced graph once; running it is filling in arrays. Data captured by the trace stays bound. */
export function compileNodes(roots: readonly Node[], options: EvaluateOptions): CompiledTrace {
  // A trace outlives the values that nodes have now: it computes from the data.
  const encoding = encode(roots, () => undefined, options.disable?.includes('bind') !== true);
  let reference: TraceOn | undefined;
  let planned: TraceOn | undefined;
  // What `configure` says about the target holds for traces that were made before, too.
  const current = (): TraceOn =>
    synchronous('compile', wishFor(options.target)).candidates.length === 0
      ? (reference ??= referenceTrace(encoding))
      : (planned ??= plannedTrace(encoding, options));
  if (wishFor(options.target).name !== 'webgpu') current();
  return {
    encoding,
    run: (arrays) => current().run(arrays),
    runInto: (arrays, out) => {
      current().runInto(arrays, out);
    },
  };
}

/** The arrays of a plan, in its order: arguments of the trace, and data it captured. */
export function fillInputs(encoding: Encoding, arrays: readonly Input[], into: Input[] = []): Input[] {
  for (let k = 0; k < encoding.arrays.length; k++) {
    const array = encoding.arrays[k];
    const input = array?.kind === 'parameter' ? arrays[array.slot] : array?.source;
    if (input === undefined) throw new InternalError('compile', `argument ${k} is missing`);
    into[k] = input;
  }
  return into;
}

/** The results of a trace, and how they came about where that is told. */
export interface TraceOutcome {
  readonly sources: readonly ArraySource[];
  readonly record: EvaluationRecord | undefined;
}

/** Computes a trace on the CPU by what `auto` would take. */
export function evaluateTrace(
  { encoding }: CompiledTrace,
  options: EvaluateOptions,
  arrays: readonly Input[],
): TraceOutcome {
  const wish = wishFor('auto');
  if (wish.candidates.length === 0)
    return { sources: referenceTrace(encoding).run(arrays), record: undefined };
  const { numbers, scalars } = encoding;
  const binding = planFor(encoding, options).bind(numbers, scalars);
  const { values, decision, heap } = run(binding, wish, fillInputs(encoding, arrays), undefined);
  const { plan } = binding.prepared;
  return {
    sources: sourcesOf(values),
    record: { plan, numbers, scalars, choice: decision, memoHit: false, heap, parts: noParts },
  };
}

type TraceOn = Omit<CompiledTrace, 'encoding'>;

function referenceTrace(encoding: Encoding): TraceOn {
  const nodes = rootNodes(encoding);
  const captured = encoding.arrays.flatMap((array) => (array.kind === 'data' ? [array.source] : []));
  const evaluate = (arrays: readonly Input[]): TypedArray[] => {
    checkInputs('evaluate', [...arrays, ...captured]);
    restoreAll([...arrays, ...captured]);
    return evaluateReference(nodes, arrays.map(hostValues));
  };
  return {
    run: (arrays) => sourcesOf(evaluate(arrays).map((values) => copyOf(values, 'evaluate'))),
    runInto: (arrays, out) => {
      evaluate(arrays).forEach((values, k) => out[k]?.set(values as never));
    },
  };
}

function plannedTrace(encoding: Encoding, options: EvaluateOptions): TraceOn {
  const binding = planFor(encoding, options).bind(encoding.numbers, encoding.scalars);
  const given: Input[] = [];
  const fill = (arrays: readonly Input[]): readonly Input[] => fillInputs(encoding, arrays, given);
  return {
    run: (arrays) => {
      try {
        return sourcesOf(run(binding, wishFor(options.target), fill(arrays), undefined).values);
      } finally {
        given.length = 0;
      }
    },
    runInto: (arrays, out) => {
      const { values } = calledBy('into', () => run(binding, wishFor(options.target), fill(arrays), out));
      given.length = 0;
      // Equal results are computed once, into the first place that asks for them.
      for (let k = 0; k < out.length; k++) if (values[k] !== out[k]) out[k]?.set(values[k] as never);
    },
  };
}
