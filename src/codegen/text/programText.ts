/**
 * Scalar programs as text: the machine whose values are expressions. What an operation takes is named first, for its
 * template may repeat it; so a program of one operation stays one expression.
 */
import type { ComputeDType, Scalar } from '../../ir/dtype.ts';
import type { ScalarOp } from '../../ir/ops.ts';
import type { ScalarMachine } from '../../ir/scalarMachine.ts';
import { bare } from './source.ts';

/** How a language writes one operation on names and literals. */
export interface ProgramSyntax {
  /** Declares a value that stays: `const` or `let`. */
  readonly declare: string;
  constant(dtype: ComputeDType, value: Scalar): string;
  op(op: ScalarOp, operand: ComputeDType, args: readonly string[]): string;
  cast(value: string, from: ComputeDType, to: ComputeDType): string;
}

export class ProgramText implements ScalarMachine<string, ScalarOp> {
  /** What has to stand before the results. */
  readonly lines: string[] = [];
  readonly #syntax: ProgramSyntax;
  readonly #prefix: string;
  /** The names of results; empty where there is none yet. */
  readonly #names = new Map<string, string>();

  /** Names begin with `prefix`. Operands from outside are names or literals, or stand in parentheses. */
  constructor(syntax: ProgramSyntax, prefix: string) {
    this.#syntax = syntax;
    this.#prefix = prefix;
  }

  constant(dtype: ComputeDType, value: Scalar): string {
    return this.#syntax.constant(dtype, value);
  }

  op(op: ScalarOp, operand: ComputeDType, ...args: readonly string[]): string {
    const names = args.map((arg) => this.named(arg));
    return this.#result(this.#syntax.op(op, operand, names));
  }

  cast(value: string, from: ComputeDType, to: ComputeDType): string {
    return from === to ? value : this.#result(this.#syntax.cast(this.named(value), from, to));
  }

  /** The name of a result; anything else as it is. */
  named(value: string): string {
    const known = this.#names.get(value);
    if (known === undefined || known !== '') return known ?? value;
    const name = this.kept(value);
    this.#names.set(value, name);
    return name;
  }

  /** A name for what a value is now. */
  kept(value: string): string {
    const name = `${this.#prefix}${this.lines.length}`;
    this.lines.push(`${this.#syntax.declare} ${name} = ${bare(value)};`);
    return name;
  }

  /** Values for several registers at once: none is read after it has changed. */
  together(values: readonly string[], registers: readonly string[]): readonly string[] {
    if (values.length === 1) return values;
    return values.map((value) => (registers.includes(value) ? this.kept(value) : this.named(value)));
  }

  #result(value: string): string {
    if (!this.#names.has(value)) this.#names.set(value, '');
    return value;
  }
}
