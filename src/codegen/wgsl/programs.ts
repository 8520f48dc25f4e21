/**
 * Scalar programs as WGSL, on one element or four: where they are used, or as a function of the shader. Each operation is
 * a `let`. Four elements go every way together, and where a loop or an exception is not theirs they keep what they had.
 *
 * No float constant is known to the compiler, and no product may be merged into a sum (`opaque`).
 */
import type { ComputeDType, DType, Scalar } from '../../ir/dtype.ts';
import { codeRow, type CodeOp, type ProgramCall } from '../../ir/ops.ts';
import { wordOf, type WordFloat } from '../../ir/programs/machine.ts';
import { ProgramText } from '../text/programText.ts';
import { block as braces, render } from '../text/source.ts';
import { cast } from './casts.ts';
import { literal, opaque, registerOf, splat, typeOf, type Width } from './registers.ts';
import type { ShaderWriter } from './shader.ts';

/** Writes an operation on names or literals. */
export type WriteOp = (
  op: CodeOp,
  operand: DType,
  args: readonly string[],
  width: Width,
  writer: ShaderWriter,
) => string;

/** A call of the function of a program, which is defined where it is not yet, for the result wanted. */
export function programCall(
  call: ProgramCall<ComputeDType>,
  args: readonly string[],
  width: Width,
  writer: ShaderWriter,
  write: WriteOp,
): string {
  const name = `${call.name}_${call.operand}${width === 4 ? 'x4' : ''}`;
  writer.define(name, () => functionText(name, call, new ProgramWriter(write, writer, width), width));
  return `${name}(${args.join(', ')})${call.results === 1 ? '' : `.r${call.result}`}`;
}

function functionText(
  name: string,
  { program, arity, operand, outcome, results }: ProgramCall<ComputeDType>,
  writer: ProgramWriter,
  width: Width,
): string {
  const names = ['x', 'y', 'z'].slice(0, arity);
  const [x = '', y = x, z = x] = names;
  const values = program(writer, operand, x, y, z).map((value) => writer.result(value));
  const [type, given] = [operand, outcome].map((dtype) => typeOf(registerOf(dtype), width));
  const head = `fn ${name}(${names.map((parameter) => `${parameter}: ${type}`).join(', ')})`;
  const [struct, returned, end] =
    results === 1
      ? [[], given, values.join()]
      : [
          [`struct ${name}Results { ${values.map((_, k) => `r${k}: ${given}`).join(', ')} }`],
          `${name}Results`,
          `${name}Results(${values.join(', ')})`,
        ];
  const lines = [...writer.lines, `return ${end};`];
  return render([...struct, ...braces(`${head} -> ${returned}`, lines)]).trimEnd();
}

/** The machine of scalar programs. */
export class ProgramWriter extends ProgramText {
  readonly #write: WriteOp;
  readonly #writer: ShaderWriter;
  readonly #width: Width;
  readonly #inFunction: boolean;
  /** Products, which a compiler could merge into a sum. */
  readonly #products = new Set<string>();
  /** What a negative value is the negative of. */
  readonly #negated = new Map<string, string>();

  /** `prefix`, of names: the program is written where it is used. Else it is a function. */
  constructor(write: WriteOp, writer: ShaderWriter, width: Width, prefix?: string) {
    super({ constant: 'let', variable: 'var', count: 'u' }, prefix ?? 'v');
    this.#write = write;
    this.#writer = writer;
    this.#width = width;
    this.#inFunction = prefix === undefined;
  }

  constant(dtype: ComputeDType, value: Scalar): string {
    const register = registerOf(dtype);
    if (dtype !== 'float32') return splat(literal(dtype, value), register, this.#width);
    if (!this.#inFunction) return splat(this.#writer.constant(dtype, value), register, this.#width);
    const [word = 0] = new Uint32Array(Float32Array.of(Number(value)).buffer);
    const hidden = `bitcast<f32>(numbers.zero ^ 0x${word.toString(16).padStart(8, '0')}u)`;
    return this.named(splat(hidden, register, this.#width));
  }

  op(op: CodeOp, operand: ComputeDType, ...args: readonly string[]): string {
    if (operand !== 'float32') return this.#written(op, operand, args);
    const { merges, foldable } = codeRow(op);
    const [x = '', y] = args;
    const operands = merges === 'sum' ? args.map((arg) => this.settled(arg)) : [...args];
    if (foldable === true && y !== undefined && this.#unsigned(x) === this.#unsigned(y))
      operands[0] = opaque(operands[0] ?? x, this.#width);
    const result = this.#written(op, operand, operands);
    if (merges === 'product' || (op === 'negative' && this.#products.has(x))) this.#products.add(result);
    if (op === 'negative') this.#negated.set(result, x);
    return result;
  }

  cast(value: string, from: ComputeDType, to: ComputeDType): string {
    return from === to ? value : this.named(cast(value, from, to, this.#width, this.#writer));
  }

  bitsOf(value: string, dtype: WordFloat): string {
    return this.named(`bitcast<${typeOf(registerOf(wordOf(dtype)), this.#width)}>(${value})`);
  }

  ofBits(bits: string, dtype: WordFloat): string {
    return this.named(`bitcast<${typeOf(registerOf(dtype), this.#width)}>(${bits})`);
  }

  /** Registers are not hidden from the next combination: it would cost each product of a reduction an operation. */
  override result(value: string): string {
    return this.#inFunction ? this.settled(value) : value;
  }

  protected settled(value: string): string {
    return this.#products.has(value) ? this.named(opaque(value, this.#width)) : value;
  }

  protected some(condition: string): string {
    return this.#width === 1 ? condition : `any(${condition})`;
  }

  protected chosen(condition: string, value: string, otherwise: string): string {
    return this.#width === 1 ? value : `select(${otherwise}, ${value}, ${condition})`;
  }

  #written(op: CodeOp, operand: ComputeDType, args: readonly string[]): string {
    return this.named(this.#write(op, operand, args, this.#width, this.#writer));
  }

  #unsigned(value: string): string {
    const positive = this.#negated.get(value);
    return positive === undefined ? value : this.#unsigned(positive);
  }
}
