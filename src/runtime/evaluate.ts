/**
 * From roots to values: encode, look in the result memo, look in the plan cache, compile, run.
 */
import { evaluateReference } from '../ir/reference.ts';
import { InternalError, OptionError } from '../ir/errors.ts';
import type { DType, Scalar, TypedArray } from '../ir/dtype.ts';
import type { ArraySource, Node } from '../ir/node.ts';
import { jsTarget } from '../codegen/js/target.ts';
import { checkOptions } from '../ir/options.ts';
import { bindGraph, encode, type Encoding } from '../passes/bind.ts';
import { compilePlan, passNames, type PassName } from '../passes/pipeline.ts';
import type { Plan } from '../passes/plan.ts';
import { planCache, resultCache } from './caches.ts';
import { bindPlan, runPlan, type BoundPlan } from './execute.ts';
import { createSource, knownValue } from './storage.ts';

export { cacheInfo, clearCache, configure, type CacheInfo, type CacheLimits } from './caches.ts';
export { createSource, rememberValue, touchSource } from './storage.ts';

export type TargetName = 'auto' | 'js' | 'reference';

export interface EvaluateOptions {
  /** Keep the result for later evaluations of the same expression over the same data, and use kept ones. Default true. */
  readonly memo?: boolean;
  /** `js`: generated loops; `reference`: the plain evaluator; `auto` (default): js where code generation is allowed. */
  readonly target?: TargetName;
  /** Passes to leave out; results do not change. */
  readonly disable?: readonly PassName[];
  /** Check what each pass guarantees (slow; for tests and bug reports). */
  readonly verify?: boolean;
}

/** Why the target is what it is. */
export interface TargetChoice {
  readonly name: 'js' | 'reference';
  readonly reasons: readonly string[];
}

/** What is needed to explain an evaluation afterwards: structure and numbers, no data. */
export interface EvaluationRecord {
  readonly plan: Plan | undefined;
  readonly numbers: readonly number[];
  readonly scalars: readonly Scalar[];
  readonly choice: TargetChoice;
  readonly memoHit: boolean;
}

export interface Evaluated {
  readonly source: ArraySource;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly record: EvaluationRecord;
}

const evaluateOptionKeys = ['memo', 'target', 'disable', 'verify', 'copy'] as const;

/** Throws an `OptionError` for an unknown option, target or pass. */
export function checkEvaluateOptions(operation: string, options: EvaluateOptions): void {
  checkOptions(operation, options, evaluateOptionKeys);
  if (options.target !== undefined || options.disable !== undefined) {
    chooseTarget(options);
    disabledPasses(options);
  }
}

const noPasses: ReadonlySet<PassName> = new Set();

export function disabledPasses(options: EvaluateOptions): ReadonlySet<PassName> {
  if (options.disable === undefined || options.disable.length === 0) return noPasses;
  for (const name of options.disable)
    if (!passNames.includes(name))
      throw new OptionError(
        'evaluate',
        `unknown pass ${JSON.stringify(name)}; the passes are ${passNames.join(', ')}`,
      );
  return new Set(options.disable);
}

export function chooseTarget(options: EvaluateOptions): TargetChoice {
  const wanted = options.target ?? 'auto';
  switch (wanted) {
    case 'reference':
      return { name: 'reference', reasons: ["asked for with target: 'reference'"] };
    case 'js':
    case 'auto':
      if (jsTarget.available)
        return {
          name: 'js',
          reasons: [
            wanted === 'js' ? "asked for with target: 'js'" : 'auto: the only compiled target so far',
          ],
        };
      if (wanted === 'js')
        throw new OptionError(
          'evaluate',
          "target 'js' needs `new Function`, which this page's content security policy forbids; leave target at 'auto'",
        );
      return {
        name: 'reference',
        reasons: ['the content security policy forbids `new Function`: the reference evaluator runs (slow)'],
      };
    default:
      throw new OptionError(
        'evaluate',
        `unknown target ${JSON.stringify(wanted)}; the targets are auto, js, reference`,
      );
  }
}

const planKey = (encoding: Encoding, disabled: ReadonlySet<PassName>): string =>
  disabled.size === 0 ? encoding.key : `${[...disabled].toSorted().join(',')}/${encoding.key}`;

/** The plan for an encoding, from the cache or by running the passes. */
export function planFor(encoding: Encoding, options: EvaluateOptions): Plan {
  const disabled = disabledPasses(options);
  const key = planKey(encoding, disabled);
  if (options.verify === true) return compilePlan(key, bindGraph(encoding), { disabled, verify: true });
  let plan = planCache.get(key);
  if (plan === undefined) {
    plan = compilePlan(key, bindGraph(encoding), { disabled, verify: false });
    planCache.set(key, plan);
  }
  return plan;
}

export function encodeRoots(roots: readonly Node[], options: EvaluateOptions): Encoding {
  return encode(roots, knownValue, options.disable?.includes('bind') !== true);
}

/** Structure, inputs with their versions, and numbers; and the way of computing, so that asking for one runs it. */
function memoKey(encoding: Encoding, choice: TargetChoice, disabled: ReadonlySet<PassName>): string {
  let key = `${choice.name}:${planKey(encoding, disabled)}`;
  for (const array of encoding.arrays)
    key += array.kind === 'data' ? `|${array.source.id}.${array.source.version}` : '|?';
  key += '#';
  for (const number of encoding.numbers) key += `${number},`;
  for (const scalar of encoding.scalars) key += `${Object.is(scalar, -0) ? '-0' : String(scalar)};`;
  return key;
}

/** The roots, with known values in the place of what computes them. */
const rootNodes = (encoding: Encoding): Node[] =>
  encoding.roots.map((position) => encoding.order[position]).filter((node) => node !== undefined);

const valuesOf = (encoding: Encoding): TypedArray[] =>
  encoding.arrays.map((array) => {
    if (array.kind !== 'data') throw new InternalError('evaluate', 'a traced parameter has no value');
    return array.source.values;
  });

/** Evaluates the roots, all in one plan. Synchronous: every target so far is. */
export function evaluateNodes(roots: readonly Node[], options: EvaluateOptions): readonly Evaluated[] {
  const choice = chooseTarget(options);
  const encoding = encodeRoots(roots, options);
  const memo = options.memo !== false && options.verify !== true;
  const disabled = disabledPasses(options);
  const key = memo ? memoKey(encoding, choice, disabled) : '';
  const finish = (
    values: readonly TypedArray[],
    plan: Plan | undefined,
    memoHit: boolean,
  ): readonly Evaluated[] => {
    const record: EvaluationRecord = {
      plan,
      numbers: encoding.numbers,
      scalars: encoding.scalars,
      choice,
      memoHit,
    };
    return roots.map((root, k) => {
      const array = values[k];
      if (array === undefined) throw new InternalError('evaluate', `root ${k} has no value`);
      return { source: createSource(array), dtype: root.dtype, shape: root.shape, record };
    });
  };
  if (memo) {
    const kept = resultCache.get(key);
    if (kept !== undefined) return finish(kept.values, planCache.peek(planKey(encoding, disabled)), true);
  }
  let values: readonly TypedArray[];
  let plan: Plan | undefined;
  if (choice.name === 'reference') {
    const nodes = rootNodes(encoding);
    values = evaluateReference(nodes);
  } else {
    plan = planFor(encoding, options);
    values = runPlan(bindPlan(plan, jsTarget, encoding.numbers, encoding.scalars), valuesOf(encoding));
  }
  if (memo) resultCache.set(key, { values });
  return finish(values, plan, false);
}

/** A traced function, bound to the sizes it was traced with. */
export interface CompiledTrace {
  /** Runs on `arrays` (by parameter number); writes to `out` where given. */
  run(arrays: readonly TypedArray[], out?: readonly TypedArray[]): readonly TypedArray[];
  readonly record: EvaluationRecord;
}

/** Plans a traced graph once; running it is filling in arrays. Data captured by the trace stays bound. */
export function compileNodes(roots: readonly Node[], options: EvaluateOptions): CompiledTrace {
  const choice = chooseTarget(options);
  // A trace outlives the values that nodes have now: it computes from the data.
  const encoding = encode(roots, () => undefined, options.disable?.includes('bind') !== true);
  if (choice.name === 'reference') {
    const nodes = rootNodes(encoding);
    const record: EvaluationRecord = {
      plan: undefined,
      numbers: encoding.numbers,
      scalars: encoding.scalars,
      choice,
      memoHit: false,
    };
    return {
      record,
      run: (arrays, out) => {
        const values = evaluateReference(nodes, arrays);
        if (out === undefined) return values;
        out.forEach((target, k) => {
          copyInto(target, values[k]);
        });
        return out;
      },
    };
  }
  const plan = planFor(encoding, options);
  const bound: BoundPlan = bindPlan(plan, jsTarget, encoding.numbers, encoding.scalars);
  // Arrays in the order of the plan: a parameter of the trace, or data it captured.
  const from = encoding.arrays.map((array) => (array.kind === 'parameter' ? array.slot : array.source));
  const given: TypedArray[] = [];
  return {
    record: { plan, numbers: encoding.numbers, scalars: encoding.scalars, choice, memoHit: false },
    run: (arrays, out) => {
      for (let k = 0; k < from.length; k++) {
        const source = from[k];
        const array = typeof source === 'number' ? arrays[source] : source?.values;
        if (array === undefined) throw new InternalError('compile', `argument ${k} is missing`);
        given[k] = array;
      }
      const values = runPlan(bound, given, out);
      given.length = 0;
      return values;
    },
  };
}

function copyInto(target: TypedArray, values: TypedArray | undefined): void {
  if (values === undefined) return;
  for (let k = 0; k < target.length; k++) target[k] = values[k] ?? 0;
}
