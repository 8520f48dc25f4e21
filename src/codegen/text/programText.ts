/**
 * Scalar programs as text: what the machines of the two languages share. Each operation becomes a named constant, equal
 * ones once in a block; loops and exceptions become statements. The lines are a function's, or stand where the program
 * is used (`ending` keeps a program of one operation one expression).
 */
import type { ComputeDType, Scalar } from '../../ir/dtype.ts';
import type { CodeOp } from '../../ir/ops.ts';
import type { ScalarMachine, WordFloat } from '../../ir/programs/machine.ts';
import { bare, block as braces, type Code } from './source.ts';

/** The words of a language that declare a value that stays and one that changes, and what its counts end with. */
export interface Words {
  readonly constant: string;
  readonly variable: string;
  readonly count: string;
}

export abstract class ProgramText implements ScalarMachine<string, CodeOp> {
  lines: (string | Code)[] = [];
  readonly #words: Words;
  readonly #prefix: string;
  /** Names of expressions, the innermost block last. */
  readonly #known: Map<string, string>[] = [new Map<string, string>()];
  /** The expression that the last line names. */
  #last: { readonly name: string; readonly expression: string; readonly line: string } | undefined;
  #next = 1;

  /** Names begin with `prefix`. Operands from outside are names or literals, or stand in parentheses. */
  constructor(words: Words, prefix: string) {
    this.#words = words;
    this.#prefix = prefix;
  }

  abstract constant(dtype: ComputeDType, value: Scalar): string;
  abstract op(op: CodeOp, operand: ComputeDType, ...args: readonly string[]): string;
  abstract cast(value: string, from: ComputeDType, to: ComputeDType): string;
  abstract bitsOf(value: string, dtype: WordFloat): string;
  abstract ofBits(bits: string, dtype: WordFloat): string;

  /** The value of what leaves the block it was made in, where it may be kept in another form. */
  protected abstract settled(value: string): string;
  /** Whether an element takes a branch. */
  protected abstract some(condition: string): string;
  /** `value` where the condition holds, in a branch that is taken. */
  protected abstract chosen(condition: string, value: string, otherwise: string): string;

  rarely(condition: string, usual: readonly string[], exception: () => readonly string[]): readonly string[] {
    const names = usual.map((value) => this.#variable(value));
    const arm = this.#inside(() => this.#assigned(names, exception(), condition));
    this.lines.push(...braces(`if (${this.some(condition)})`, arm));
    return names;
  }

  loop(
    state: readonly string[],
    more: (state: readonly string[]) => string,
    next: (state: readonly string[]) => readonly string[],
    most: number,
  ): readonly string[] {
    const names = state.map((value) => this.#variable(value));
    const body = this.#inside(() => {
      // What a state becomes may be another one's value of before.
      const before = names.map((name) => this.kept(name));
      const condition = more(before);
      this.lines.push(`if (!${this.some(condition)}) { break; }`);
      return this.#assigned(names, next(before), condition);
    });
    const { variable, count } = this.#words;
    const turn = this.#name();
    const head = `for (${variable} ${turn} = 0${count}; ${turn} < ${most}${count}; ${turn}++)`;
    this.lines.push(...braces(head, body));
    return names;
  }

  /** A value as the program gives it. */
  result(value: string): string {
    return this.settled(value);
  }

  /** A name for what a value is now. */
  kept(value: string): string {
    const name = this.#name();
    this.lines.push(`${this.#words.constant} ${name} = ${value};`);
    return name;
  }

  /** The one result, for its only use: an expression, if nothing was written since it was named. */
  ending(result: string): string {
    const value = this.result(result);
    const last = this.#last;
    if (last === undefined || last.name !== value || last.line !== this.lines.at(-1)) return value;
    this.lines.pop();
    this.#known.at(-1)?.delete(last.expression);
    return last.expression;
  }

  /** Values for several registers at once: none is read after it has changed. */
  together(results: readonly string[], registers: readonly string[]): readonly string[] {
    const [only, ...more] = results;
    if (only !== undefined && more.length === 0) return [this.ending(only)];
    return results.map((value) => (registers.includes(value) ? this.kept(value) : this.result(value)));
  }

  /** The name of an expression, which its first use declares as it is `written`. */
  protected named(expression: string, written = bare(expression)): string {
    if (/^\w+$/.test(expression)) return expression;
    for (const known of this.#known) {
      const name = known.get(expression);
      if (name !== undefined) return name;
    }
    const name = this.kept(written);
    this.#known.at(-1)?.set(expression, name);
    const line = this.lines.at(-1);
    if (typeof line === 'string') this.#last = { name, expression, line };
    return name;
  }

  #variable(initial: string): string {
    const value = this.settled(initial);
    const name = this.#name();
    this.lines.push(`${this.#words.variable} ${name} = ${value};`);
    return name;
  }

  #assigned(names: readonly string[], values: readonly string[], condition: string): Code {
    return names.map((name, k) => {
      const value = values[k];
      return `${name} = ${value === undefined ? name : this.chosen(condition, this.settled(value), name)};`;
    });
  }

  /** The lines that `body` writes and those it gives. */
  #inside(body: () => Code): Code {
    const outer = this.lines;
    this.lines = [];
    this.#known.push(new Map());
    const end = body();
    const lines = [...this.lines, ...end];
    this.#known.pop();
    this.lines = outer;
    return lines;
  }

  #name(): string {
    return `${this.#prefix}${this.#next++}`;
  }
}
