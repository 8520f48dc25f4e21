/**
 * The statements of a math function in WGSL: each operation of the graph a `let`, or part of the one expression that
 * uses it; what is done rarely an `if`, which changes the usual value where its condition holds.
 */
import { atom, none, type Expression } from '../text/expression.ts';
import type { Block, Choice, Node, Placement, Unit } from '../text/mathGraph.ts';
import { block as braces, type Code } from '../text/source.ts';

/** Longer expressions are named, and not written into others. */
const longest = 72;

/** Writes units, operands before users, each into its block. */
export class WgslStatements {
  readonly #placement: Placement;
  readonly #width: 1 | 4;
  readonly #values = new Map<Node, Expression>();
  #next = 1;

  constructor(placement: Placement, width: 1 | 4) {
    this.#placement = placement;
    this.#width = width;
  }

  body(root: Node, units: readonly Unit[], block: Block): Code {
    for (const unit of units) {
      const at = this.#placement.block.get(unit);
      if (at === undefined) continue;
      if (unit.kind === 'operation')
        this.#define(unit, unit.write(...unit.operands.map((operand) => this.#value(operand))), at);
      else this.#rarely(unit, at);
    }
    return [...block.lines, `return ${this.#value(root).text};`];
  }

  #rarely(choice: Choice, at: Block): void {
    const condition = this.#named(choice.condition, at);
    const outcomes = choice.outcomes.filter((outcome) => this.#placement.uses.has(outcome));
    const changes = outcomes.map((outcome) => {
      const name = this.#name();
      at.lines.push(`var ${name} = ${this.#value(outcome.otherwise).text};`);
      this.#values.set(outcome, atom(name));
      const then = this.#value(outcome.then).text;
      return this.#width === 1 ? `${name} = ${then};` : `${name} = select(${name}, ${then}, ${condition});`;
    });
    const lines = this.#placement.arms.get(choice)?.[0].lines ?? [];
    const head = this.#width === 1 ? `if (${condition})` : `if (any(${condition}))`;
    at.lines.push(...braces(head, [...lines, ...changes]));
  }

  /** A value where it is used. */
  #value(node: Node | undefined): Expression {
    if (node === undefined) return none;
    return this.#values.get(node) ?? (node.kind === 'operation' ? node.write() : none);
  }

  #define(node: Node, expression: Expression, at: Block): void {
    if (this.#placement.uses.get(node) === 1 && expression.text.length <= longest) {
      this.#values.set(node, expression);
      return;
    }
    const name = this.#name();
    at.lines.push(`let ${name} = ${expression.text};`);
    this.#values.set(node, atom(name));
  }

  /** The name of a value that several lines use. */
  #named(node: Node, at: Block): string {
    const { text } = this.#value(node);
    if (/^\w+$/.test(text)) return text;
    const name = this.#name();
    at.lines.push(`let ${name} = ${text};`);
    this.#values.set(node, atom(name));
    return name;
  }

  #name(): string {
    return `v${this.#next++}`;
  }
}
