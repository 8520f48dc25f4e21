/**
 * An expression as executors compute it: its structure and its numbers, without its arrays. Its meaning is there at
 * once; a plan is made for each profile when an executor of that profile first asks for it. So an expression is encoded
 * once, however many executors are weighed for it.
 */
import type { Scalar } from '../../ir/dtype.ts';
import { InternalError } from '../../ir/errors.ts';
import { parameter, type Node } from '../../ir/node.ts';
import { bindGraph, type Encoding } from '../../passes/bind.ts';
import type { PlanNode } from '../../passes/graph.ts';
import { compilePlan, type PassName } from '../../passes/pipeline.ts';
import type { Plan } from '../../passes/plan.ts';
import { cpuProfile, frugal, type PlanProfile } from '../../passes/profile.ts';
import { unbind } from '../../passes/unbind.ts';
import { planCache } from '../caches/planCache.ts';
import { PreparedPlan, type Binding } from './bindPlan.ts';

export class Computation {
  /** Names the structure and the passes that are off. */
  readonly key: string;
  readonly numbers: readonly number[];
  readonly scalars: readonly Scalar[];
  /** How many nodes the expression has. */
  readonly nodes: number;
  readonly #disabled: ReadonlySet<PassName>;
  readonly #verify: boolean;
  /** Dropped when the graph is bound: it holds the nodes, and they hold their arrays. */
  #encoding: Encoding | undefined;
  #graph: readonly PlanNode[] | undefined;
  #meaning: readonly Node[] | undefined;
  readonly #bindings: { readonly profile: string; readonly binding: Binding }[] = [];

  /** `verify`: check what each pass guarantees, on plans made for that. */
  constructor(encoding: Encoding, disabled: ReadonlySet<PassName>, verify: boolean) {
    const passes = disabled.size === 0 ? '' : `${[...disabled].toSorted().join(',')}/`;
    this.key = passes + encoding.key;
    this.numbers = encoding.numbers;
    this.scalars = encoding.scalars;
    this.nodes = encoding.order.length;
    this.#disabled = disabled;
    this.#verify = verify;
    this.#encoding = encoding;
  }

  /** The plan for a profile, bound to the numbers. */
  under(profile: PlanProfile): Binding {
    return this.#find(profile) ?? this.#keep(profile, this.planFor(profile).bind(this.numbers, this.scalars));
  }

  /** The plan for a profile, from the cache or by running the passes. */
  planFor(profile: PlanProfile): PreparedPlan {
    const [disabled, verify] = [this.#disabled, this.#verify];
    const key = this.#keyFor(profile);
    const known = verify ? undefined : planCache.current.get(key);
    if (known !== undefined) {
      this.#keepGraph(known.plan.initial.roots);
      return known;
    }
    const plan = compilePlan(key, this.#bound(), { disabled, verify, profile });
    const prepared = new PreparedPlan(plan, () =>
      compilePlan(key, plan.initial.roots, { disabled, verify, profile: frugal(profile) }),
    );
    if (!verify) planCache.current.set(key, prepared);
    return prepared;
  }

  /** The plan for a profile as far as it is there, in the cache or bound; bound to the numbers, if it was bound to them last. */
  known(profile: PlanProfile): Plan | undefined {
    const bound = this.#find(profile);
    if (bound !== undefined) return bound.prepared.plan;
    const prepared = planCache.current.peek(this.#keyFor(profile));
    const last = prepared?.lastBinding;
    if (prepared !== undefined && last?.isFor(this.numbers, this.scalars) === true) {
      this.#keepGraph(prepared.plan.initial.roots);
      this.#keep(profile, last);
    }
    return prepared?.plan;
  }

  /** Whether there is a plan that is bound to the numbers. */
  get isBound(): boolean {
    return this.#bindings.length > 0;
  }

  /** The roots for the reference evaluator: the array of slot k is its parameter k. */
  get meaning(): readonly Node[] {
    return (this.#meaning ??= unbind(this.#bound(), this.numbers, this.scalars, ({ slot, dtype }, shape) =>
      parameter('array', slot, dtype, shape),
    ));
  }

  /** Asked for several times in each run. */
  #find({ name }: PlanProfile): Binding | undefined {
    const bindings = this.#bindings;
    for (let k = 0; k < bindings.length; k++) {
      const known = bindings[k];
      if (known?.profile === name) return known.binding;
    }
    return undefined;
  }

  #keep({ name }: PlanProfile, binding: Binding): Binding {
    this.#bindings.push({ profile: name, binding });
    return binding;
  }

  #keyFor(profile: PlanProfile): string {
    return profile === cpuProfile ? this.key : `${profile.name}:${this.key}`;
  }

  #bound(): readonly PlanNode[] {
    if (this.#graph !== undefined) return this.#graph;
    if (this.#encoding === undefined) throw new InternalError('evaluate', 'an expression has no graph');
    return this.#keepGraph(bindGraph(this.#encoding));
  }

  #keepGraph(graph: readonly PlanNode[]): readonly PlanNode[] {
    this.#encoding = undefined;
    return (this.#graph ??= graph);
  }
}
