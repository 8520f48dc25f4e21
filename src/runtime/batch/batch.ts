/**
 * Evaluating many roots: a few in one plan, as ever; many by families (`family.ts`), in launch tables (`launchTable.ts`).
 *
 * Thousands of sums of different lengths are one plan and one kernel, at a few microseconds each. What roots have in
 * common is still computed once: roots that share costly work stay together, or the shared work goes first
 * (`overlap.ts`, `grouping.ts`), and so does what is the same for a whole family (`invariant.ts`).
 *
 * An evaluation is a generator that stops after each slice of time, so that a caller with a promise can let the event
 * loop turn, report progress, and give up.
 */
import { InternalError } from '../../ir/errors.ts';
import { data, type Node } from '../../ir/node.ts';
import { CompileRefusal } from '../../codegen/refusal.ts';
import type { Target } from '../../codegen/target.ts';
import type { PreparedPlan } from '../evaluate/bindPlan.ts';
import { costs, measureWork } from '../choose/cost.ts';
import { evaluateNodes } from '../evaluate/evaluate.ts';
import type { Evaluated, EvaluationRecord } from '../evaluate/record.ts';
import type { EvaluateOptions } from '../evaluate/options.ts';
import { runOnHost } from '../evaluate/runOnHost.ts';
import type { Lease } from '../memory/lease.ts';
import type { TypedArray } from '../../ir/dtype.ts';
import { threadInfo } from '../parallel/threads.ts';
import { checkInputs, restoreAll, sourcesOf } from '../memory/sources.ts';
import { rememberValue } from '../evaluate/knownValues.ts';
import { answersAtOnce, requestFor } from '../choose/request.ts';
import { CompiledExecutor } from '../executors/compiled.ts';
import type { TargetChoice } from '../choose/decision.ts';
import { Families, type Family, type Member } from './family.ts';
import { groupRoots } from './grouping.ts';
import { invariants } from './invariant.ts';
import { overlapOf } from './overlap.ts';
import { LaunchTable, TableProgram } from './launchTable.ts';

/** Fewer roots than this are one plan, in which they share loops as well. */
const fewRoots = 64;
/** Slices end after so many milliseconds, and tables when they are expected to take as long. */
const sliceMilliseconds = 16;
/** Members that take longer, in nanoseconds, have an evaluation of their own, which threads share better. */
const largestLaunch = 4e6;
/** Members that are looked at for one table. */
const maxTaken = 2048;

/** Told the value of each root, by position, as soon as there is one. */
export type Settle = (position: number, value: Evaluated) => void;

/** Whether roots are evaluated by families. Where values take their time they are one plan, however many. */
export const isBatch = (
  roots: readonly Node[],
  { target }: EvaluateOptions,
  families: Families | undefined,
): boolean => (families !== undefined || roots.length >= fewRoots) && answersAtOnce(requestFor(target));

/**
 * Evaluates the roots. Stops now and then. Who has more roots of the same kind to come hands in the `families` it has
 * met; then even a few roots are no plan of their own.
 */
export function* evaluateMany(
  roots: readonly Node[],
  options: EvaluateOptions,
  operation: string,
  settle: Settle,
  families?: Families,
): Generator<undefined, void, undefined> {
  if (!isBatch(roots, options, families)) {
    evaluateNodes(roots, options, operation).forEach((value, k) => settle(k, value));
    return;
  }
  const met = families ?? new Families(options, operation);
  yield* new Batch(roots, options, operation, settle, met).run();
}

class Batch {
  readonly #roots: readonly Node[];
  readonly #options: EvaluateOptions;
  readonly #operation: string;
  readonly #settle: Settle;
  readonly #families: Families;
  #sliceEnd = performance.now() + sliceMilliseconds;

  constructor(
    roots: readonly Node[],
    options: EvaluateOptions,
    operation: string,
    settle: Settle,
    families: Families,
  ) {
    this.#roots = roots;
    this.#options = options;
    this.#operation = operation;
    this.#settle = settle;
    this.#families = families;
  }

  *run(): Generator<undefined, void, undefined> {
    const positions = Array.from(this.#roots, (_, k) => k);
    const overlap = overlapOf(this.#roots);
    if (overlap?.whole === true) {
      this.#evaluateTogether(positions);
      return;
    }
    if (overlap !== undefined) yield* this.#evaluateCommon(overlap.common);
    yield* this.#evaluate(positions);
  }

  /** What roots have in common, ahead of them. */
  *#evaluateCommon(common: readonly Node[]): Generator<undefined, void, undefined> {
    const remember: Settle = (k, { source, dtype, shape }) => {
      const node = common[k];
      if (node !== undefined) rememberValue(node, data(source, dtype, shape));
    };
    yield* evaluateMany(common, this.#options, this.#operation, remember);
  }

  *#pause(): Generator<undefined, void, undefined> {
    if (performance.now() < this.#sliceEnd) return;
    yield;
    this.#sliceEnd = performance.now() + sliceMilliseconds;
  }

  #rootAt = (position: number): Node => {
    const root = this.#roots[position];
    if (root === undefined) throw new InternalError(this.#operation, `root ${position} is missing`);
    return root;
  };

  *#evaluate(positions: readonly number[]): Generator<undefined, void, undefined> {
    const { members, common, cut, whole } = groupRoots(positions, this.#rootAt, this.#families);
    if (cut.length > 0) {
      yield* this.#evaluateCommon(common);
      yield* this.#evaluate(cut);
    }
    const byFamily = Map.groupBy(members, ({ family }) => family);
    const alone: number[] = [];
    for (const [family, list] of byFamily)
      if (list.length === 1 || compiledTargets(this.#options).length === 0)
        for (const { roots } of list) for (const root of roots) alone.push(root);
      else yield* this.#evaluateFamily(family, list);
    for (const roots of whole) {
      this.#evaluateTogether(roots);
      yield* this.#pause();
    }
    for (let k = 0; k < alone.length; k += fewRoots) {
      this.#evaluateTogether(alone.slice(k, k + fewRoots));
      yield* this.#pause();
    }
  }

  /** These roots, in one plan. */
  #evaluateTogether(positions: readonly number[]): void {
    const values = evaluateNodes(positions.map(this.#rootAt), this.#options, this.#operation);
    for (let k = 0; k < positions.length; k++) {
      const [position, value] = [positions[k], values[k]];
      if (position !== undefined && value !== undefined) this.#settle(position, value);
    }
  }

  *#evaluateFamily(family: Family, given: readonly Member[]): Generator<undefined, void, undefined> {
    const moved = this.#moveInvariants(family, given);
    if (moved === undefined) return;
    const { prepared, members } = moved;
    const target = compiledTargets(this.#options).find(({ memory }) => memory === 'heap');
    const program = target === undefined ? undefined : TableProgram.of(prepared, target);
    if (target !== undefined && program !== undefined)
      yield* this.#runTables(target, program, prepared, members);
    else yield* this.#runOnHost(prepared, members);
  }

  /** The family without what all members have in common, which is computed here. */
  #moveInvariants(family: Family, members: readonly Member[]): Moved | undefined {
    const [first] = members;
    if (first === undefined) return undefined;
    const firstRoots = first.roots.map(this.#rootAt);
    const places: (Node | undefined)[] = [];
    const valueOf = this.#families.valueOf();
    family.member(firstRoots, first.roots, [], valueOf, places);
    const found = invariants(family, members, places);
    if (found.length === 0) return { prepared: family.planFor(this.#options), members };
    const given = new Map<Node, Node>();
    evaluateNodes(found, this.#options, this.#operation).forEach(({ source, dtype, shape }, k) => {
      const node = found[k];
      if (node !== undefined) given.set(node, data(source, dtype, shape));
    });
    const rest = this.#families.given(firstRoots, given);
    const valueOfRest = this.#families.valueOf();
    const others: Member[] = [];
    for (const { roots } of members) {
      const member = rest.member(roots.map(this.#rootAt), roots, [], valueOfRest);
      // By now some members have values where others have expressions.
      if (member === undefined) return { prepared: family.planFor(this.#options), members };
      others.push(member);
    }
    return { prepared: rest.planFor(this.#options), members: others };
  }

  *#runTables(
    target: Target,
    program: TableProgram,
    prepared: PreparedPlan,
    members: readonly Member[],
  ): Generator<undefined, void, undefined> {
    const choice: TargetChoice = {
      name: target.name,
      reasons: [`one of ${members.length} launches of one plan, in tables on the heap`],
      candidates: [],
    };
    let next = 0;
    while (next < members.length) {
      const first = next;
      const taken = takeSlice(prepared, members, first);
      const results =
        taken.length === 0
          ? undefined
          : LaunchTable.run(program, (table) => {
              for (const { member, nanoseconds } of taken) {
                if (!table.add(member, nanoseconds)) return;
                next++;
              }
            });
      for (let k = first; k < next; k++)
        this.#settleMember(members[k], results?.[k - first], prepared, choice);
      const alone = next === first ? members[next++] : undefined;
      if (alone !== undefined) this.#evaluateTogether(alone.roots);
      yield* this.#pause();
    }
  }

  *#runOnHost(prepared: PreparedPlan, members: readonly Member[]): Generator<undefined, void, undefined> {
    const target = compiledTargets(this.#options).find(({ memory }) => memory === 'host');
    if (target === undefined) {
      for (const { roots } of members) this.#evaluateTogether(roots);
      return;
    }
    const choice: TargetChoice = {
      name: target.name,
      reasons: [`one of ${members.length} runs of one plan`],
      candidates: [],
    };
    for (const member of members) {
      checkInputs(this.#operation, member.inputs);
      restoreAll(member.inputs);
      const bound = prepared.bindAnew(member.numbers, member.scalars).for(target);
      const inputs = member.inputs.map(({ values }) => values);
      if (bound instanceof CompileRefusal) this.#evaluateTogether(member.roots);
      else this.#settleMember(member, runOnHost(bound, inputs), prepared, choice);
      yield* this.#pause();
    }
  }

  #settleMember(
    member: Member | undefined,
    values: readonly (TypedArray | Lease)[] | undefined,
    { plan }: PreparedPlan,
    choice: TargetChoice,
  ): void {
    if (member === undefined || values === undefined)
      throw new InternalError(this.#operation, 'a launch has no results');
    const { numbers, scalars, roots } = member;
    const record: EvaluationRecord = {
      plan,
      numbers,
      scalars,
      choice,
      memoHit: false,
      heap: undefined,
      parts: [],
    };
    const sources = sourcesOf(values);
    for (let k = 0; k < roots.length; k++) {
      const [position, source] = [roots[k], sources[k]];
      if (position === undefined || source === undefined) continue;
      const { dtype, shape } = this.#rootAt(position);
      this.#settle(position, { source, dtype, shape, record });
    }
  }
}

/** The code generators that the evaluation may use. */
const compiledTargets = ({ target }: EvaluateOptions): readonly Target[] =>
  requestFor(target).sync.flatMap((executor) =>
    executor instanceof CompiledExecutor ? [executor.target] : [],
  );

interface Moved {
  readonly prepared: PreparedPlan;
  readonly members: readonly Member[];
}

interface Taken {
  readonly member: Member;
  /** Estimated, on one thread. */
  readonly nanoseconds: number;
}

/** As many members as a slice of time is for, their inputs present; none if the first is a slice by itself. */
function takeSlice({ plan }: PreparedPlan, members: readonly Member[], first: number): readonly Taken[] {
  const { launch, unit } = costs.wasm;
  const taken: Taken[] = [];
  let left = 1e6 * sliceMilliseconds * threadInfo().threads;
  const end = Math.min(members.length, first + maxTaken);
  for (let k = first; k < end && left > 0; k++) {
    const member = members[k];
    if (member === undefined) break;
    const { kernels, units } = measureWork(plan, member.numbers);
    const nanoseconds = kernels * launch + units * unit;
    if (nanoseconds > largestLaunch) break;
    checkInputs('evaluate', member.inputs);
    restoreAll(member.inputs);
    left -= nanoseconds;
    taken.push({ member, nanoseconds });
  }
  return taken;
}
