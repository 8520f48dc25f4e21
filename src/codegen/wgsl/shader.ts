/**
 * A shader while it is written: what its text refers to (bindings, numbers, functions, memory of a workgroup), so that
 * each is declared once and nothing unused is.
 */
import { render, type Code } from '../text/source.ts';
import type { MathFunction } from '../../ir/math/functions.ts';
import type { DType, Scalar } from '../../ir/dtype.ts';
import { helperName, helperTexts, type Helper } from './functions.ts';
import { mathFunctionText } from './math.ts';
import type { GpuBinding, Shader } from './program.ts';
import { literal, registerOf, type Width } from './registers.ts';

/** 1 + 2^-12: its square is no float, so that a multiply-add that is fused gives itself away. */
const probe = 0x3f800800;

/** What every launch adds to the numbers where a shader asks for it, beside its own. */
const commonWords: Readonly<Record<string, number>> = { zero: 0, probe };

export interface ShaderNumbers {
  /** How many run-time integers the kernel has. */
  readonly integers: number;
  /** Names of the words the plan adds, all u32. */
  readonly added: readonly string[];
  readonly scalars: readonly DType[];
}

/** `number` of the workgroup, in as many dimensions as it was dispatched in. */
const workgroupNumber = 'let group = id.x + id.y * count.x;';

export class ShaderWriter {
  readonly #functions = new Map<string, string>();
  readonly #declarations = new Map<string, string>();
  readonly #floats = new Map<number, { readonly text: string; readonly value: number }>();
  readonly #bindings: { readonly name: string; readonly type: string; readonly binding: GpuBinding }[] = [];

  /** The name of a function the shader may call. */
  use(helper: Helper, width: Width): string {
    helperTexts(helper, width, this.#functions);
    if (helper.startsWith('checked')) this.bind('status', 'array<atomic<u32>, 4>', { kind: 'status' });
    return helperName(helper, width);
  }

  /** A constant of `dtype` by name or as a literal. */
  constant(dtype: DType, value: Scalar): string {
    return dtype === 'float32' ? this.#float(Number(value)) : literal(dtype, value);
  }

  /**
   * Float constants are words that a compiler cannot see through. With what it knows, it would drop `x + 0` (wrong for
   * x = -0), merge `(x * a) * b` (wrong in the last place), and refuse infinities.
   */
  #float(value: number): string {
    const [word = 0] = new Uint32Array(Float32Array.of(value).buffer);
    let name = this.#floats.get(word);
    if (name === undefined) {
      name = { text: `f${this.#floats.size}`, value };
      this.#floats.set(word, name);
    }
    return name.text;
  }

  /** A function of the shader, written where it is not known yet. */
  define(name: string, write: () => string): void {
    if (!this.#functions.has(name)) this.#functions.set(name, write());
  }

  useMath(name: MathFunction, width: Width): string {
    const { name: called, text, needs } = mathFunctionText(name, width);
    for (const needed of needs) this.#functions.set(needed.name, needed.text);
    this.#functions.set(called, text);
    return called;
  }

  /** A declaration at module level, by name. */
  declare(name: string, text: string): void {
    this.#declarations.set(name, text);
  }

  bind(name: string, type: string, binding: GpuBinding): void {
    if (this.#bindings.some((known) => known.name === name)) return;
    this.#bindings.push({ name, type, binding });
  }

  #floatLines(): Code {
    return [...this.#floats].map(([word, { text, value }]) => {
      const shown = Object.is(value, -0) ? '-0' : String(Math.fround(value));
      return `let ${text} = bitcast<f32>(numbers.zero ^ 0x${word.toString(16).padStart(8, '0')}u); // ${shown}`;
    });
  }

  finish(workgroupSize: number, numbers: ShaderNumbers, body: Code, note: string): Shader {
    const functions = [...this.#functions.values()].join('\n');
    const main = render([
      `@compute @workgroup_size(${workgroupSize})`,
      'fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {',
      [workgroupNumber, ...this.#floatLines(), ...body],
      '}',
    ]);
    const fields = [
      ...Array.from({ length: numbers.integers }, (_, k) => `p${k}: i32`),
      ...[...numbers.added, ...Object.keys(commonWords)].map(
        (name) => `${name}: ${name === 'probe' ? 'f32' : 'u32'}`,
      ),
      ...numbers.scalars.map((dtype, k) => {
        const register = registerOf(dtype);
        return `c${k}: ${register === 'bool' ? 'u32' : register}`;
      }),
    ];
    const head = [
      `struct Numbers { ${fields.join(', ')} }`,
      ...this.#bindings.map(({ name, type, binding }, k) => {
        const access = binding.kind === 'status' || binding.writes ? 'read_write' : 'read';
        return `@group(0) @binding(${k}) var<storage, ${access}> ${name}: ${type};`;
      }),
      `@group(0) @binding(${this.#bindings.length}) var<uniform> numbers: Numbers;`,
      ...this.#declarations.values(),
    ];
    const wgsl = `${[...head, ...(functions === '' ? [] : [functions])].join('\n')}\n\n${main}`;
    return { wgsl, bindings: this.#bindings.map(({ binding }) => binding), note };
  }
}

/** The words of one dispatch, laid out as the shader's `Numbers`; scalars follow. */
export function wordsOf(
  integers: readonly number[],
  added: Readonly<Record<string, number>>,
): { readonly words: readonly number[]; readonly scalarWord: number } {
  const words = [...integers, ...Object.values(added), ...Object.values(commonWords)];
  return { words, scalarWord: words.length };
}
