/**
 * The statements of a math function: each operation of the graph a `const`, or part of the one expression that uses it;
 * a choice a conditional expression, or an `if` where its arms have statements.
 */
import { atom, conditional, none, type Expression } from '../text/expression.ts';
import type { Block, Choice, Node, Outcome, Placement, Unit } from '../text/mathGraph.ts';
import { block as braces, type Code } from '../text/source.ts';

/** Longer expressions are named, and not written into others. */
const longest = 72;

/** Writes units, operands before users, each into its block. */
export class StatementWriter {
  readonly #placement: Placement;
  /** Values of arms that are choices themselves: their arms assign, or return, on behalf of the outer choice. */
  readonly #ends: ReadonlySet<Node>;
  /** Those of them that need statements. */
  readonly #nested = new Set<Node>();
  readonly #values = new Map<Node, Expression>();
  #next = 1;

  constructor(placement: Placement, root: Node, units: readonly Unit[]) {
    this.#placement = placement;
    const values = [root];
    for (const unit of units) {
      if (unit.kind === 'operation') continue;
      const [outcome, ...more] = this.#live(unit);
      if (outcome === undefined || more.length > 0) continue;
      values.push(outcome.then);
      if (!unit.rare) values.push(outcome.otherwise);
    }
    this.#ends = new Set(values.filter((node) => placement.uses.get(node) === 1));
  }

  body(root: Node, units: readonly Unit[], block: Block): Code {
    for (const unit of units) this.#unit(unit);
    return [...block.lines, ...this.#ending(root, (value) => `return ${value};`)];
  }

  #unit(unit: Unit): void {
    const at = this.#placement.block.get(unit);
    if (at === undefined) return;
    if (unit.kind === 'operation')
      this.#define(unit, unit.write(...unit.operands.map((operand) => this.#value(operand))), at);
    else this.#choice(unit, at);
  }

  #choice(choice: Choice, at: Block): void {
    const outcomes = this.#live(choice);
    const [outcome] = outcomes;
    if (outcome !== undefined && outcomes.length === 1) {
      const { then, otherwise } = outcome;
      if (!this.#needsStatements(choice)) {
        const values = [choice.condition, then, otherwise].map((node) => this.#value(node));
        this.#define(outcome, conditional(...values), at);
        return;
      }
      if (this.#ends.has(outcome) && !choice.rare) {
        this.#nested.add(outcome);
        return;
      }
    }
    for (const named of outcomes) this.#values.set(named, atom(this.#name()));
    at.lines.push(...this.#assigning(choice, outcomes));
  }

  #live({ outcomes }: Choice): readonly Outcome[] {
    return outcomes.filter((outcome) => this.#placement.uses.has(outcome));
  }

  #lines(choice: Choice, arm: 0 | 1): Code {
    return this.#placement.arms.get(choice)?.[arm].lines ?? [];
  }

  #needsStatements(choice: Choice): boolean {
    return (
      this.#lines(choice, 0).length > 0 ||
      this.#lines(choice, 1).length > 0 ||
      choice.outcomes.some(({ then, otherwise }) => this.#nested.has(then) || this.#nested.has(otherwise))
    );
  }

  /** Declares the outcomes and gives them their values. */
  #assigning(choice: Choice, outcomes: readonly Outcome[]): Code {
    const arm = (which: 0 | 1): Code => [
      ...this.#lines(choice, which),
      ...outcomes.flatMap((outcome) =>
        this.#ending(
          which === 0 ? outcome.then : outcome.otherwise,
          (value) => `${this.#value(outcome).text} = ${value};`,
        ),
      ),
    ];
    const early =
      this.#lines(choice, 1).length === 0 && !outcomes.some(({ otherwise }) => this.#nested.has(otherwise));
    const declared = outcomes.map((outcome) => {
      const { text } = this.#value(outcome);
      return early ? `${text} = ${this.#value(outcome.otherwise).text}` : text;
    });
    const condition = this.#value(choice.condition).text;
    return [`let ${declared.join(', ')};`, ...branch(condition, arm(0), early ? [] : arm(1))];
  }

  /** Ends an arm with its value, which `give` makes a statement. */
  #ending(node: Node, give: (value: string) => string): Code {
    if (node.kind !== 'outcome' || !this.#nested.has(node)) return [give(this.#value(node).text)];
    const { choice, then, otherwise } = node;
    return branch(
      this.#value(choice.condition).text,
      [...this.#lines(choice, 0), ...this.#ending(then, give)],
      [...this.#lines(choice, 1), ...this.#ending(otherwise, give)],
    );
  }

  /** A value where it is used. */
  #value(node: Node | undefined): Expression {
    if (node === undefined) return none;
    return this.#values.get(node) ?? (node.kind === 'operation' ? node.write() : none);
  }

  #define(node: Node, expression: Expression, at: Block): void {
    const limit = this.#ends.has(node) ? 2 * longest : longest;
    if (this.#placement.uses.get(node) === 1 && expression.text.length <= limit) {
      this.#values.set(node, expression);
      return;
    }
    const name = this.#name();
    at.lines.push(`const ${name} = ${expression.text};`);
    this.#values.set(node, atom(name));
  }

  #name(): string {
    return `v${this.#next++}`;
  }
}

/** An if statement; nothing needs to follow on a return. */
function branch(condition: string, then: Code, otherwise: Code): Code {
  const [only] = then;
  const short = then.length === 1 && typeof only === 'string';
  const head = short ? [`if (${condition}) ${only}`] : braces(`if (${condition})`, then);
  if (otherwise.length === 0) return head;
  const end = then.at(-1);
  if (typeof end === 'string' && end.startsWith('return ')) return [...head, ...otherwise];
  const [first, ...rest] = otherwise;
  if (typeof first !== 'string') return head;
  if (otherwise.length === 1) return [...head, `else ${first}`];
  return first.startsWith('if (')
    ? [...head, `else ${first}`, ...rest]
    : [...head, ...braces('else', otherwise)];
}
