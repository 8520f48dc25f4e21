/** The lines of a function while a scalar program is written: equal expressions are named once in a block. */
import type { Code } from './source.ts';

export class ProgramLines {
  lines: (string | Code)[] = [];
  readonly #constant: string;
  readonly #variable: string;
  /** Names of expressions, the innermost block last. */
  readonly #known: Map<string, string>[] = [new Map<string, string>()];
  #next = 1;

  /** The words that declare what stays as it is and what changes. */
  constructor(constant: string, variable: string) {
    this.#constant = constant;
    this.#variable = variable;
  }

  /** The name of an expression, which its first use declares as it is `written`. */
  named(expression: string, written = expression): string {
    if (/^\w+$/.test(expression)) return expression;
    for (const known of this.#known) {
      const name = known.get(expression);
      if (name !== undefined) return name;
    }
    const name = this.constantOf(written);
    this.#known.at(-1)?.set(expression, name);
    return name;
  }

  constantOf(value: string): string {
    return this.#declared(this.#constant, value);
  }

  variable(initial: string): string {
    return this.#declared(this.#variable, initial);
  }

  name(): string {
    return `v${this.#next++}`;
  }

  /** The lines that `body` writes and those it gives. */
  inside(body: () => Code): Code {
    const outer = this.lines;
    this.lines = [];
    this.#known.push(new Map());
    const end = body();
    const lines = [...this.lines, ...end];
    this.#known.pop();
    this.lines = outer;
    return lines;
  }

  #declared(word: string, value: string): string {
    const name = this.name();
    this.lines.push(`${word} ${name} = ${value};`);
    return name;
  }
}
