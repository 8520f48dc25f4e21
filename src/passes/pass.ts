/**
 * What a pass is, and how passes follow each other: the input of one is the output of the one before, by their types.
 * Records, verification, `disable` and snapshots are made while passes run, in one place, for all of them.
 */
import type { Graph, RuleCounter } from './graph.ts';
import type { PassRecord } from './plan.ts';
import type { PlanProfile } from './profile.ts';

export interface Context {
  readonly profile: PlanProfile;
  readonly isOn: (pass: string) => boolean;
  /** Takes what the pass did, and how often. */
  readonly rules: RuleCounter;
}

export interface Pass<A, B, Name extends string = string> {
  readonly name: Name;
  readonly doc: string;
  run(given: A, context: Context): B;
  /** Throws an `InternalError` where the outcome is not what the pass guarantees. */
  verify(made: B): void;
  /** How many things there were before and after, of the kind the pass is about. */
  counts(given: A, made: B): readonly [before: number, after: number];
  /** The graph that explain shows after the pass. */
  snapshot?(made: B): Graph;
}

/** A pass that can be switched off. */
export interface OptionalPass<A, B, Name extends string = string> extends Pass<A, B, Name> {
  /** What takes its place then. */
  off(given: A, context: Context): B;
}

/** Runs one pass after the other and notes what each did. */
export class PassRun {
  readonly snapshots: { readonly pass: string; readonly graph: Graph }[] = [];
  /** By name: a pass that runs again records its last run. */
  readonly #records = new Map<string, PassRecord>();
  readonly #disabled: ReadonlySet<string>;
  readonly #verify: boolean;
  readonly #profile: PlanProfile;

  constructor(disabled: ReadonlySet<string>, verify: boolean, profile: PlanProfile) {
    this.#disabled = disabled;
    this.#verify = verify;
    this.#profile = profile;
  }

  get records(): readonly PassRecord[] {
    return [...this.#records.values()];
  }

  context(rules: RuleCounter = new Map()): Context {
    return { profile: this.#profile, isOn: (pass) => !this.#disabled.has(pass), rules };
  }

  pass<A, B>(pass: Pass<A, B> | OptionalPass<A, B>, given: A): B {
    const { name, doc } = pass;
    const rules: RuleCounter = new Map();
    const context = this.context(rules);
    const enabled = !('off' in pass) || context.isOn(name);
    const made = enabled ? pass.run(given, context) : pass.off(given, context);
    if (this.#verify) pass.verify(made);
    if (pass.snapshot !== undefined) this.snapshots.push({ pass: name, graph: pass.snapshot(made) });
    const [before, after] = pass.counts(given, made);
    const counted = [...rules].map(([rule, count]) => ({ name: rule, count }));
    this.#records.set(name, { name, doc, before, after, enabled, rules: counted });
    return made;
  }
}

/** Passes from `A` to `B`. */
export class Pipeline<A, B, Optional extends string> {
  readonly passes: readonly Pick<Pass<never, unknown>, 'name' | 'doc'>[];
  /** The names of those that can be switched off. */
  readonly optional: readonly Optional[];
  readonly run: (given: A, run: PassRun) => B;

  private constructor(
    passes: Pipeline<A, B, Optional>['passes'],
    optional: readonly Optional[],
    run: (given: A, run: PassRun) => B,
  ) {
    this.passes = passes;
    this.optional = optional;
    this.run = run;
  }

  static from<A>(): Pipeline<A, A, never> {
    return new Pipeline<A, A, never>([], [], (given) => given);
  }

  then<C, Name extends string>(pass: OptionalPass<B, C, Name>): Pipeline<A, C, Optional | Name> {
    return new Pipeline<A, C, Optional | Name>(
      [...this.passes, pass],
      [...this.optional, pass.name],
      (given, run) => run.pass(pass, this.run(given, run)),
    );
  }

  thenAlways<C>(pass: Pass<B, C>): Pipeline<A, C, Optional> {
    return new Pipeline([...this.passes, pass], this.optional, (given, run) =>
      run.pass(pass, this.run(given, run)),
    );
  }

  /** The outcome in another form. */
  map<C>(form: (made: B) => C): Pipeline<A, C, Optional> {
    return new Pipeline(this.passes, this.optional, (given, run) => form(this.run(given, run)));
  }

  /** Runs `inner`, and repeats it on the result of `again` at most `most` more times. */
  repeat<C, More extends string>(
    inner: Pipeline<B, C, More>,
    again: (made: C, context: Context) => B | undefined,
    most: number,
  ): Pipeline<A, C, Optional | More> {
    return new Pipeline<A, C, Optional | More>(
      [...this.passes, ...inner.passes],
      [...this.optional, ...inner.optional],
      (given, run) => {
        let made = inner.run(this.run(given, run), run);
        for (let round = 0; round < most; round++) {
          const next = again(made, run.context());
          if (next === undefined) break;
          made = inner.run(next, run);
        }
        return made;
      },
    );
  }
}
