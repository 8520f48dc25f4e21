/**
 * A scalar program as a function of a shader, of one element or of four: the machine that writes each operation as a
 * `let`. Four elements go every way together, and where a loop or an exception is not theirs they keep what they had.
 *
 * No float constant is known to the compiler, and no product may be merged into a sum (`opaque`).
 */
import type { ComputeDType, DType, Scalar } from '../../ir/dtype.ts';
import { codeRow, type CodeOp, type ProgramCall } from '../../ir/ops.ts';
import type { PrimitiveOp } from '../../ir/primitives.ts';
import { wordOf, type ProgramMachine, type WordFloat } from '../../ir/programs/machine.ts';
import { block as braces, render, type Code } from '../text/source.ts';
import { ProgramLines } from '../text/programLines.ts';
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
  writer.define(name, () => functionText(name, call, new ProgramWriter(width, writer, write), width));
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
  const values = program(writer, operand, x, y, z);
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

/** Operations that a compiler may take for constant where both operands are one number, up to its sign: not so for NaN. */
export const isFoldable = (op: CodeOp): boolean =>
  op === 'add' || op === 'subtract' || op === 'divide' || codeRow(op).rule === 'compare';

class ProgramWriter extends ProgramLines implements ProgramMachine<string> {
  readonly #width: Width;
  readonly #writer: ShaderWriter;
  readonly #write: WriteOp;

  constructor(width: Width, writer: ShaderWriter, write: WriteOp) {
    super('let', 'var');
    this.#width = width;
    this.#writer = writer;
    this.#write = write;
  }

  constant(dtype: ComputeDType, value: Scalar): string {
    const register = registerOf(dtype);
    if (dtype !== 'float32') return splat(literal(dtype, value), register, this.#width);
    const [word = 0] = new Uint32Array(Float32Array.of(Number(value)).buffer);
    const hidden = `bitcast<f32>(numbers.zero ^ 0x${word.toString(16).padStart(8, '0')}u)`;
    return this.named(splat(hidden, register, this.#width));
  }

  op(op: PrimitiveOp, operand: ComputeDType, ...args: readonly string[]): string {
    const [x = '', y, ...others] = args;
    const hidden = operand === 'float32' && x === y && isFoldable(op) ? opaque(x, this.#width) : x;
    const operands = y === undefined ? [hidden] : [hidden, y, ...others];
    const result = this.named(this.#write(op, operand, operands, this.#width, this.#writer));
    const product = operand === 'float32' && (op === 'multiply' || op === 'square');
    return product ? this.named(opaque(result, this.#width)) : result;
  }

  cast(value: string, from: ComputeDType, to: ComputeDType): string {
    return this.named(cast(value, from, to, this.#width, this.#writer));
  }

  bitsOf(value: string, dtype: WordFloat): string {
    return this.named(`bitcast<${typeOf(registerOf(wordOf(dtype)), this.#width)}>(${value})`);
  }

  ofBits(bits: string, dtype: WordFloat): string {
    return this.named(`bitcast<${typeOf(registerOf(dtype), this.#width)}>(${bits})`);
  }

  rarely(condition: string, usual: readonly string[], exception: () => readonly string[]): readonly string[] {
    const names = usual.map((value) => this.variable(value));
    const arm = this.inside(() => this.#assigned(names, exception(), condition));
    this.lines.push(...braces(`if (${this.#some(condition)})`, arm));
    return names;
  }

  loop(
    state: readonly string[],
    more: (state: readonly string[]) => string,
    next: (state: readonly string[]) => readonly string[],
    most: number,
  ): readonly string[] {
    const names = state.map((value) => this.variable(value));
    const body = this.inside(() => {
      // What a state becomes may be another one's value of before.
      const before = names.map((name) => this.constantOf(name));
      const condition = more(before);
      this.lines.push(`if (!${this.#some(condition)}) { break; }`);
      return this.#assigned(names, next(before), condition);
    });
    const count = this.name();
    this.lines.push(...braces(`for (var ${count} = 0u; ${count} < ${most}u; ${count}++)`, body));
    return names;
  }

  #some(condition: string): string {
    return this.#width === 1 ? condition : `any(${condition})`;
  }

  #assigned(names: readonly string[], values: readonly string[], condition: string): Code {
    return names.map((name, k) => {
      const value = values[k] ?? name;
      return `${name} = ${this.#width === 1 ? value : `select(${name}, ${value}, ${condition})`};`;
    });
  }
}
