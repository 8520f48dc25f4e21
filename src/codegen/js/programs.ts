/**
 * A scalar program as one JavaScript function: the machine that writes each operation as a `const`.
 *
 * Equal operations are written once in a block. The engine moves what only one side of a choice needs there.
 */
import { allocate, type ComputeDType } from '../../ir/dtype.ts';
import { InternalError } from '../../ir/errors.ts';
import { codeResult, codeRow, type CodeOp, type ProgramResult } from '../../ir/ops.ts';
import type { ProgramMachine, WordFloat } from '../../ir/programs/machine.ts';
import { bare, block as braces, Closure, literal, render, type Code } from '../text/source.ts';
import { cast } from './casts.ts';
import { functionOf } from './compile.ts';

/** A value of each dtype as in kernels: bools are booleans, 64-bit integers bigints. */
type Value = number | bigint | boolean;
type ProgramFunction = (x: Value, y: Value, z: Value) => Value;

/** Writes an operation on atoms. */
export type WriteOp = (
  op: CodeOp,
  operand: ComputeDType,
  args: readonly string[],
  closure: Closure,
) => string;

/** The functions of programs, one for each result. */
const made = new Map<string, readonly ProgramFunction[]>();

/** The function of one result of a program on one dtype, made once. */
export function programFunction(
  found: ProgramResult,
  op: CodeOp,
  operand: ComputeDType,
  write: WriteOp,
): ProgramFunction {
  const title = `${found.name}_${operand}`;
  let functions = made.get(title);
  if (functions === undefined) {
    const { code, closure } = programText(title, found, op, operand, write);
    functions = functionOf<readonly ProgramFunction[]>(code, closure);
    made.set(title, functions);
  }
  const run = functions[found.result];
  if (run === undefined) throw new InternalError('js', `${title} has no result ${found.result}`);
  return run;
}

/**
 * Statements that return a list of functions. Where there are several, the latest operands and results are kept: the
 * other results for the same operands are there at once.
 */
export function programText(
  title: string,
  { program, results }: ProgramResult,
  op: CodeOp,
  operand: ComputeDType,
  write: WriteOp,
): { readonly code: string; readonly closure: Closure } {
  const writer = new ProgramWriter(write);
  const { closure } = writer;
  const names = ['x', 'y', 'z'].slice(0, codeRow(op).arity);
  const [x = '', y = x, z = x] = names;
  const values = program(writer, operand, x, y, z);
  const parameters = names.join(', ');
  if (results === 1) {
    const body = [...writer.lines, `return ${values.join()};`];
    return { code: render([...braces(`return [function ${title}(${parameters})`, body), '];']), closure };
  }
  const outcome = codeResult(op, operand);
  closure.use('operands', allocate(operand, names.length));
  closure.use('results', allocate(outcome, results));
  const kept = names.map((name, k) => `Object.is(operands[${k}], ${name})`).join(' && ');
  const compute = [
    `if (known && ${kept}) return;`,
    'known = true;',
    ...names.map((name, k) => `operands[${k}] = ${name};`),
    ...writer.lines,
    ...values.map((value, k) => `results[${k}] = ${value};`),
  ];
  const parts = values.flatMap((_, k) => [
    `(${parameters}) => {`,
    [`${title}(${parameters});`, `return results[${k}]${outcome === 'bool' ? ' !== 0' : ''};`],
    '},',
  ]);
  const code = ['let known = false;', ...braces(`function ${title}(${parameters})`, compute)];
  return { code: render([...code, 'return [', parts, '];']), closure };
}

/** Cells that floats and their bits share. */
const cells = {
  float32: allocate('float32', 1),
  float64: allocate('float64', 1),
} as const;
const words = {
  float32: new Uint32Array(cells.float32.buffer),
  float64: new BigUint64Array(cells.float64.buffer),
} as const;

class ProgramWriter implements ProgramMachine<string> {
  readonly closure = new Closure();
  lines: (string | Code)[] = [];
  readonly #write: WriteOp;
  /** Names of expressions, the innermost block last. */
  readonly #known: Map<string, string>[] = [new Map<string, string>()];
  #next = 1;

  constructor(write: WriteOp) {
    this.#write = write;
  }

  constant(dtype: ComputeDType, value: number | bigint): string {
    return literal(dtype, value);
  }

  op(op: CodeOp, operand: ComputeDType, ...args: readonly string[]): string {
    return this.#named(this.#write(op, operand, args, this.closure));
  }

  cast(value: string, from: ComputeDType, to: ComputeDType): string {
    return this.#named(cast(value, from, to, this.closure));
  }

  bitsOf(value: string, dtype: WordFloat): string {
    const [cell, word] = this.#cells(dtype);
    return this.#named(`(${cell}[0] = ${value}, ${word}[0])`);
  }

  ofBits(bits: string, dtype: WordFloat): string {
    const [cell, word] = this.#cells(dtype);
    return this.#named(`(${word}[0] = ${bits}, ${cell}[0])`);
  }

  rarely(condition: string, usual: readonly string[], exception: () => readonly string[]): readonly string[] {
    const names = usual.map((value) => this.#variable(value));
    const arm = this.#inside(() => assigned(names, exception()));
    this.lines.push(...braces(`if (${condition})`, arm));
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
      const before = names.map((name) => this.#constant(name));
      this.lines.push(`if (!${more(before)}) break;`);
      return assigned(names, next(before));
    });
    const count = this.#name();
    this.lines.push(...braces(`for (let ${count} = 0; ${count} < ${most}; ${count}++)`, body));
    return names;
  }

  #cells(dtype: WordFloat): readonly [cell: string, word: string] {
    return [this.closure.use(dtype, cells[dtype]), this.closure.use(`${dtype}Bits`, words[dtype])];
  }

  #named(expression: string): string {
    if (/^\w+$/.test(expression)) return expression;
    for (const known of this.#known) {
      const name = known.get(expression);
      if (name !== undefined) return name;
    }
    const name = this.#constant(expression);
    this.#known.at(-1)?.set(expression, name);
    return name;
  }

  #constant(expression: string): string {
    const name = this.#name();
    this.lines.push(`const ${name} = ${bare(expression)};`);
    return name;
  }

  #variable(initial: string): string {
    const name = this.#name();
    this.lines.push(`let ${name} = ${initial};`);
    return name;
  }

  #name(): string {
    return `v${this.#next++}`;
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
}

const assigned = (names: readonly string[], values: readonly string[]): Code =>
  names.map((name, k) => `${name} = ${values[k] ?? name};`);
