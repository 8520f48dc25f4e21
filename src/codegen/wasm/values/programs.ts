/**
 * Scalar programs on packs: the machine that emits each operation where the program is used.
 *
 * What is known already is computed at once, so that a shift by a constant or a power of one is only what is left to do.
 */
import type { ComputeDType, DType, Scalar } from '../../../ir/dtype.ts';
import { InternalError } from '../../../ir/errors.ts';
import { codeResult, type CodeOp } from '../../../ir/ops.ts';
import {
  wordOf,
  type ScalarMachine,
  type ScalarProgram,
  type WordFloat,
} from '../../../ir/programs/machine.ts';
import { applyOp } from '../../../ir/scalarNumbers.ts';
import { i32, type Local } from '../assembler/operands.ts';
import { emitCast } from './casts.ts';
import { constantOf, constantPack } from './constants.ts';
import { maskVectors } from './masks.ts';
import { laneBytesOf, vectorOf, type LaneBytes, type Pack, type PackContext } from './pack.ts';
import { countOf, numberPack } from './vectors.ts';

/** Emits an operation on packs. */
export type EmitOp = (c: PackContext, op: CodeOp, operand: DType, args: readonly Pack[]) => Pack;

/** The results of a program on packs of `dtype`. */
export function emitScalarProgram(
  c: PackContext,
  program: ScalarProgram,
  dtype: ComputeDType,
  args: readonly Pack[],
  emit: EmitOp,
): readonly Pack[] {
  const [x, y = x, z = x] = args;
  if (x === undefined || y === undefined || z === undefined)
    throw new InternalError('wasm', 'a program has operands');
  const uniform = args.every((arg) => arg.uniform);
  return program(new PackMachine(c, emit, uniform), dtype, x, y, z);
}

/** Loops with a known number of iterations up to this are unrolled. */
const mostWrittenOut = 8;

/** The machine of scalar programs. */
export class PackMachine implements ScalarMachine<Pack, CodeOp> {
  readonly #c: PackContext;
  readonly #emit: EmitOp;
  /** Whether all values are. */
  readonly #uniform: boolean;

  constructor(c: PackContext, emit: EmitOp, uniform: boolean) {
    this.#c = c;
    this.#emit = emit;
    this.#uniform = uniform;
  }

  constant(dtype: ComputeDType, value: Scalar): Pack {
    return constantPack(this.#c, dtype, value);
  }

  op(op: CodeOp, operand: ComputeDType, ...args: readonly Pack[]): Pack {
    const known = args.map((arg) => constantOf(this.#c.f, arg));
    if (known.every((value) => value !== undefined))
      return constantPack(this.#c, codeResult(op, operand), applyOp(op, operand, known));
    const [x, y, z] = args;
    const [first, second] = known;
    if (op === 'where' && first !== undefined && y !== undefined && z !== undefined)
      return first === 0 ? z : y;
    if (op === 'multiply' && x !== undefined && y !== undefined) {
      if (isOne(first)) return y;
      if (isOne(second)) return x;
    }
    return this.#emit(this.#c, op, operand, args);
  }

  cast(value: Pack, _: ComputeDType, to: ComputeDType): Pack {
    return emitCast(this.#c, value, to);
  }

  bitsOf(value: Pack, dtype: WordFloat): Pack {
    return numberPack(wordOf(dtype), value.vectors, value.uniform);
  }

  ofBits(bits: Pack, dtype: WordFloat): Pack {
    return numberPack(dtype, bits.vectors, bits.uniform);
  }

  rarely(condition: Pack, usual: readonly Pack[], exception: () => readonly Pack[]): readonly Pack[] {
    const known = constantOf(this.#c.f, condition);
    if (known !== undefined) return known === 0 ? usual : exception();
    const forms = usual.map((pack) => this.#form(pack));
    const { f } = this.#c;
    const before = usual.map((pack, k) => this.#vectors(pack, formAt(forms, k)));
    const chosen = f.choose(this.#some(condition), before.flat(), () =>
      exception().flatMap((pack, k) => this.#merged(condition, pack, before[k] ?? [], formAt(forms, k))),
    );
    return this.#packs(chosen, forms);
  }

  loop(
    state: readonly Pack[],
    more: (state: readonly Pack[]) => Pack,
    next: (state: readonly Pack[]) => readonly Pack[],
    most: number,
  ): readonly Pack[] {
    let current = state;
    for (let iteration = 0; iteration < most; iteration++) {
      const known = constantOf(this.#c.f, more(current));
      if (known === undefined || iteration === mostWrittenOut)
        return this.#loop(current, more, next, most - iteration);
      if (known === 0) return current;
      current = next(current);
    }
    return current;
  }

  #loop(
    state: readonly Pack[],
    more: (state: readonly Pack[]) => Pack,
    next: (state: readonly Pack[]) => readonly Pack[],
    most: number,
  ): readonly Pack[] {
    const { f } = this.#c;
    const forms = state.map((pack) => this.#form(pack));
    const variables = state.map((pack, k) =>
      this.#vectors(pack, formAt(forms, k)).map((vector) => f.variable('v128', vector)),
    );
    const iterationsLeft = f.variable('i32', i32(most));
    f.block((done) => {
      f.loop((again) => {
        const before = variables.map((vectors) => vectors.map((vector) => f.freeze(vector)));
        const packs = this.#packs(before.flat(), forms);
        const condition = more(packs);
        f.branch(done, f.op('i32.eqz', this.#some(condition)));
        const after = next(packs).map((pack, k) =>
          this.#merged(condition, pack, before[k] ?? [], formAt(forms, k)),
        );
        after.forEach((vectors, k) => {
          vectors.forEach((vector, j) => {
            const variable = variables[k]?.[j];
            if (variable !== undefined) f.set(variable, vector);
          });
        });
        f.update(iterationsLeft, 'i32.sub', i32(1));
        f.branch(again, iterationsLeft);
      });
    });
    const after = variables.map((vectors) => vectors.map((vector) => f.freeze(vector)));
    return this.#packs(after.flat(), forms);
  }

  /** Whether the condition holds in some lane. */
  #some(condition: Pack): Local {
    const { f } = this.#c;
    return f.op(
      'v128.any_true',
      condition.vectors.reduce((a, b) => f.op('v128.or', a, b)),
    );
  }

  #form({ dtype, maskBytes }: Pack): Form {
    const bytes = dtype === 'bool' ? maskBytes : laneBytesOf(dtype);
    const uniform = this.#uniform;
    return { dtype, bytes, uniform, count: countOf(this.#c, bytes, uniform) };
  }

  #vectors(pack: Pack, { dtype, bytes, count }: Form): readonly Local[] {
    if (dtype !== pack.dtype)
      throw new InternalError('wasm', `${pack.dtype} takes the place of ${dtype} in a program`);
    const same = dtype === 'bool' ? { ...pack, vectors: maskVectors(this.#c, pack, bytes) } : pack;
    return Array.from({ length: count }, (_, k) => vectorOf(same, k));
  }

  /** `pack` where the condition holds, else what was before. */
  #merged(condition: Pack, pack: Pack, before: readonly Local[], form: Form): readonly Local[] {
    const vectors = this.#vectors(pack, form);
    const mask = { ...condition, vectors: maskVectors(this.#c, condition, form.bytes) };
    return before.map((old, k) => {
      const vector = vectors[k] ?? old;
      return vector === old ? old : this.#c.f.op('v128.bitselect', vector, old, vectorOf(mask, k));
    });
  }

  #packs(vectors: readonly Local[], forms: readonly Form[]): readonly Pack[] {
    let taken = 0;
    return forms.map(({ dtype, bytes, uniform, count }) => ({
      dtype,
      vectors: vectors.slice(taken, (taken += count)),
      uniform,
      maskBytes: bytes,
    }));
  }
}

/** How a value is kept while lanes go different ways. */
interface Form {
  readonly dtype: DType;
  readonly bytes: LaneBytes;
  readonly uniform: boolean;
  readonly count: number;
}

function formAt(forms: readonly Form[], k: number): Form {
  const found = forms[k];
  if (found === undefined) throw new InternalError('wasm', `the state of a program has no value ${k}`);
  return found;
}

const isOne = (value: Scalar | undefined): boolean => value === 1 || value === 1n;
