/**
 * A scalar program as one JavaScript function: the machine that writes each operation as a `const`.
 *
 * Equal operations are written once in a block. The engine moves what only one side of a choice needs there.
 */
import { allocate, isFloat, type ComputeDType } from '../../ir/dtype.ts';
import { InternalError } from '../../ir/errors.ts';
import type { CodeOp, ProgramCall } from '../../ir/ops.ts';
import type { ProgramMachine, WordFloat } from '../../ir/programs/machine.ts';
import { bare, block as braces, Closure, literal, render, type Code } from '../text/source.ts';
import { ProgramLines } from '../text/programLines.ts';
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
export function programFunction(call: ProgramCall<ComputeDType>, write: WriteOp): ProgramFunction {
  const title = `${call.name}_${call.operand}`;
  let functions = made.get(title);
  if (functions === undefined) {
    const { code, closure } = programText(title, call, write);
    functions = functionOf<readonly ProgramFunction[]>(code, closure);
    made.set(title, functions);
  }
  const run = functions[call.result];
  if (run === undefined) throw new InternalError('js', `${title} has no result ${call.result}`);
  return run;
}

/**
 * Statements that return a list of functions. Where there are several, the latest operands and results are kept: the
 * other results for the same operands are there at once.
 */
export function programText(
  title: string,
  { program, arity, operand, outcome, results }: ProgramCall<ComputeDType>,
  write: WriteOp,
): { readonly code: string; readonly closure: Closure } {
  const writer = new ProgramWriter(write);
  const { closure } = writer;
  const names = ['x', 'y', 'z'].slice(0, arity);
  const [x = '', y = x, z = x] = names;
  if (results > 1 && operand === 'uint32') writer.keepSigned(names);
  const values = program(writer, operand, x, y, z).map((value) => writer.exact(value));
  const parameters = names.join(', ');
  if (results === 1) {
    const body = [...writer.lines, `return ${values.join()};`];
    return { code: render([...braces(`return [function ${title}(${parameters})`, body), '];']), closure };
  }
  // As int32 words are compared without doubles.
  const word = operand === 'uint32';
  closure.use('operands', allocate(word ? 'int32' : operand, names.length));
  closure.use('results', allocate(outcome, results));
  const same = (a: string, b: string): string =>
    isFloat(operand) ? `Object.is(${a}, ${b})` : `${a} === ${b}`;
  const kept = names.map((name, k) => same(`operands[${k}]`, name)).join(' && ');
  const compute = [
    ...(word ? names.map((name) => `${name} |= 0;`) : []),
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

/** Operations that give the same bits for words as for int32. */
const modular: ReadonlySet<CodeOp> = new Set([
  ...(['add', 'subtract', 'multiply', 'negative', 'shiftLeftWithin', 'rotateLeft'] as const),
  ...(['bitwiseAnd', 'bitwiseOr', 'bitwiseXor', 'bitwiseNot'] as const),
]);

class ProgramWriter extends ProgramLines implements ProgramMachine<string> {
  readonly closure = new Closure();
  readonly #write: WriteOp;
  /** Words that are kept as int32, of the same bits: doubles would hold what exceeds it. */
  readonly #signed = new Set<string>();

  constructor(write: WriteOp) {
    super('const', 'let');
    this.#write = write;
  }

  keepSigned(words: readonly string[]): void {
    for (const word of words) this.#signed.add(word);
  }

  constant(dtype: ComputeDType, value: number | bigint): string {
    return literal(dtype, value);
  }

  op(op: CodeOp, operand: ComputeDType, ...args: readonly string[]): string {
    if (operand !== 'uint32') return this.#bare(this.#write(op, operand, args, this.closure));
    if (modular.has(op)) {
      const name = this.#bare(this.#write(op, 'int32', args, this.closure));
      this.#signed.add(name);
      return name;
    }
    const exact = op === 'shiftRightWithin' ? args : args.map((arg) => this.exact(arg));
    return this.#bare(this.#write(op, operand, exact, this.closure));
  }

  /** The value of a word that may be kept as int32. */
  exact(word: string): string {
    return this.#signed.has(word) ? this.#bare(`(${word} >>> 0)`) : word;
  }

  cast(value: string, from: ComputeDType, to: ComputeDType): string {
    return this.#bare(cast(this.exact(value), from, to, this.closure));
  }

  bitsOf(value: string, dtype: WordFloat): string {
    const [cell, word] = this.#cells(dtype);
    const bits = `(${cell}[0] = ${value}, ${word}[0])`;
    return this.named(bits);
  }

  ofBits(bits: string, dtype: WordFloat): string {
    const [cell, word] = this.#cells(dtype);
    const value = `(${word}[0] = ${bits}, ${cell}[0])`;
    return this.named(value);
  }

  rarely(condition: string, usual: readonly string[], exception: () => readonly string[]): readonly string[] {
    const names = usual.map((value) => this.variable(this.exact(value)));
    const arm = this.inside(() => this.#assigned(names, exception()));
    this.lines.push(...braces(`if (${condition})`, arm));
    return names;
  }

  loop(
    state: readonly string[],
    more: (state: readonly string[]) => string,
    next: (state: readonly string[]) => readonly string[],
    most: number,
  ): readonly string[] {
    const names = state.map((value) => this.variable(this.exact(value)));
    const body = this.inside(() => {
      // What a state becomes may be another one's value of before.
      const before = names.map((name) => this.constantOf(name));
      this.lines.push(`if (!${more(before)}) break;`);
      return this.#assigned(names, next(before));
    });
    const count = this.name();
    this.lines.push(...braces(`for (let ${count} = 0; ${count} < ${most}; ${count}++)`, body));
    return names;
  }

  #bare(expression: string): string {
    return this.named(expression, bare(expression));
  }

  #cells(dtype: WordFloat): readonly [cell: string, word: string] {
    return [this.closure.use(dtype, cells[dtype]), this.closure.use(`${dtype}Bits`, words[dtype])];
  }

  #assigned(names: readonly string[], values: readonly string[]): Code {
    const exact = values.map((value) => this.exact(value));
    return names.map((name, k) => `${name} = ${exact[k] ?? name};`);
  }
}
