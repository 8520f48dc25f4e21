/**
 * Scalar programs as JavaScript: where they are used, or as one function, which kernels call.
 *
 * Each operation is a `const`. The engine moves what only one side of a choice needs there.
 */
import { allocate, isFloat, type ComputeDType, type Scalar } from '../../ir/dtype.ts';
import { InternalError } from '../../ir/errors.ts';
import { codeRow, type CodeOp, type ProgramCall } from '../../ir/ops.ts';
import type { WordFloat } from '../../ir/programs/machine.ts';
import { ProgramText } from '../text/programText.ts';
import { block as braces, Closure, literal, render } from '../text/source.ts';
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
    const { code, closure } = functionText(title, call, write);
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
function functionText(
  title: string,
  { program, arity, operand, outcome, results }: ProgramCall<ComputeDType>,
  write: WriteOp,
): { readonly code: string; readonly closure: Closure } {
  const closure = new Closure();
  const writer = new ProgramWriter(write, closure);
  const names = ['x', 'y', 'z'].slice(0, arity);
  const [x = '', y = x, z = x] = names;
  if (results > 1 && operand === 'uint32') writer.keepSigned(names);
  const values = program(writer, operand, x, y, z).map((value) => writer.result(value));
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

/** The machine of scalar programs. */
export class ProgramWriter extends ProgramText {
  readonly #write: WriteOp;
  readonly #closure: Closure;
  /** Words that are kept as int32, of the same bits: doubles would hold what exceeds it. */
  readonly #signed: Set<string> | undefined;

  /** `prefix`, of names: the program is written where it is used. Else it is a function, whose words may be kept signed. */
  constructor(write: WriteOp, closure: Closure, prefix?: string) {
    super({ constant: 'const', variable: 'let', count: '' }, prefix ?? 'v');
    this.#write = write;
    this.#closure = closure;
    this.#signed = prefix === undefined ? new Set() : undefined;
  }

  keepSigned(words: readonly string[]): void {
    for (const word of words) this.#signed?.add(word);
  }

  constant(dtype: ComputeDType, value: Scalar): string {
    return literal(dtype, value);
  }

  op(op: CodeOp, operand: ComputeDType, ...args: readonly string[]): string {
    if (operand !== 'uint32' || this.#signed === undefined)
      return this.named(this.#write(op, operand, args, this.#closure));
    if (codeRow(op).modular === true) {
      const name = this.named(this.#write(op, 'int32', args, this.#closure));
      this.#signed.add(name);
      return name;
    }
    const exact = op === 'shiftRightWithin' ? args : args.map((arg) => this.settled(arg));
    return this.named(this.#write(op, operand, exact, this.#closure));
  }

  cast(value: string, from: ComputeDType, to: ComputeDType): string {
    return from === to ? value : this.named(cast(this.settled(value), from, to, this.#closure));
  }

  bitsOf(value: string, dtype: WordFloat): string {
    const [cell, word] = this.#cells(dtype);
    const bits = `(${cell}[0] = ${value}, ${word}[0])`;
    return this.named(bits, bits);
  }

  ofBits(bits: string, dtype: WordFloat): string {
    const [cell, word] = this.#cells(dtype);
    const value = `(${word}[0] = ${bits}, ${cell}[0])`;
    return this.named(value, value);
  }

  protected settled(value: string): string {
    return this.#signed?.has(value) === true ? this.named(`(${value} >>> 0)`) : value;
  }

  protected some(condition: string): string {
    return condition;
  }

  protected chosen(_: string, value: string): string {
    return value;
  }

  #cells(dtype: WordFloat): readonly [cell: string, word: string] {
    return [this.#closure.use(dtype, cells[dtype]), this.#closure.use(`${dtype}Bits`, words[dtype])];
  }
}
