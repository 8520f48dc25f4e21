/**
 * Accumulators in a shader: the registers each keeps, what it starts from, how two of them become one.
 *
 * argmin and argmax keep a key and a position. Keys are integers in the order of the elements, with NaN first, so the
 * least (or greatest) key at the lowest position wins whatever order the elements come in. min and max of floats keep a
 * key, too, from which the element comes back at the end.
 */
import { dtypeTable, isFloat } from '../../ir/dtype.ts';
import { monoidOf, type Accumulator } from '../../ir/kernel.ts';
import type { ArgReduction, Reduction } from '../../ir/monoids.ts';
import type { Code } from '../text/source.ts';
import { block } from '../text/source.ts';
import { cast } from './casts.ts';
import { programText } from './ops.ts';
import { literal, registerOf, splat, typeOf, type Register, type Width } from './registers.ts';
import type { ShaderWriter } from './shader.ts';

/** What code computes, and what it needs in front of it. */
interface Computed<T> {
  readonly code: Code;
  readonly value: T;
}

export interface Fold {
  readonly accumulator: Accumulator;
  /** The registers it keeps. */
  readonly registers: readonly Register[];
  /** The register that is the outcome, or how that is made of them. */
  readonly outcome: number | ((registers: readonly string[]) => Computed<string>);
  readonly seeds: readonly string[];
  /** The state of no elements, where it is not the seeds. */
  readonly nothing: readonly (string | undefined)[];
  /** The state of a single element. `position` is known where a reduction of the walk is one. */
  element(value: string, position: string, width: Width): Computed<readonly string[]>;
  /** `into` and `other` become one, in `into`. All are names. */
  merge(into: readonly string[], other: readonly string[], width: Width): Code;
}

/** The largest position: that of no element. */
const nowhere = '0x7fffffffi';

export const foldOf = (accumulator: Accumulator, writer: ShaderWriter): Fold =>
  overrides[accumulator.op]?.(accumulator, writer) ?? monoidFold(accumulator, writer);

/** How many registers each keeps, whatever they are. */
export const registersOf = (accumulator: Accumulator): number => monoidOf(accumulator).state.length;

/** Faster code for some reductions, where it applies. */
const overrides: Partial<
  Record<Reduction, (accumulator: Accumulator, writer: ShaderWriter) => Fold | undefined>
> = {
  min: (accumulator, writer) =>
    isFloat(accumulator.dtype) ? extremumFold('min', accumulator, writer) : undefined,
  max: (accumulator, writer) =>
    isFloat(accumulator.dtype) ? extremumFold('max', accumulator, writer) : undefined,
  argmin: (accumulator, writer) => argFold('argmin', accumulator, writer),
  argmax: (accumulator, writer) => argFold('argmax', accumulator, writer),
};

function monoidFold(accumulator: Accumulator, writer: ShaderWriter): Fold {
  const monoid = monoidOf(accumulator);
  const { id } = accumulator;
  const { register, state, neutral, nothing } = monoid;
  const constants = (values: typeof neutral): string[] =>
    state.map((dtype, k) => writer.constant(dtype, values[k] ?? 0));
  return {
    accumulator,
    registers: state.map(registerOf),
    outcome:
      register ??
      ((registers) => {
        const program = programText(writer, `f${id}_`, 1);
        const value = program.ending(monoid.finish(program, registers));
        return { code: program.lines, value };
      }),
    seeds: constants(neutral),
    get nothing() {
      const values = state.map((dtype, k) =>
        Object.is(nothing[k], neutral[k]) ? undefined : writer.constant(dtype, nothing[k] ?? 0),
      );
      return values;
    },
    element(value, position, width) {
      const program = programText(writer, `l${id}_`, width);
      const lifted = monoid.lift(program, value, () => program.cast(position, 'int32', accumulator.dtype));
      const registers = program.together(lifted, []);
      return { code: program.lines, value: registers };
    },
    merge(into, other, width) {
      const program = programText(writer, `e${id}_`, width);
      const values = program.together(monoid.combine(program, into, other), into);
      const lines = into.map((name, k) => `${name} = ${values[k] ?? ''};`);
      return program.lines.length === 0 ? lines : block('', [...program.lines, ...lines]);
    },
  };
}

/** The least key of floats, or the greatest; those of the infinities at the ends are the worst. */
function extremumFold(op: 'min' | 'max', accumulator: Accumulator, writer: ShaderWriter): Fold {
  const { dtype, element } = accumulator;
  const { min, max } = dtypeTable.int32;
  const [key, ofKey] =
    op === 'min' ? (['minimumKey', 'ofMinimumKey'] as const) : (['maximumKey', 'ofMaximumKey'] as const);
  return {
    accumulator,
    registers: ['i32'],
    outcome: ([register = '']) => ({ code: [], value: `${writer.use(ofKey, 1)}(${register})` }),
    seeds: [literal('int32', op === 'min' ? max : min)],
    nothing: [],
    element: (value, _, width) => ({
      code: [],
      value: [`${writer.use(key, width)}(${cast(value, element, dtype, width, writer)})`],
    }),
    merge: ([into = ''], [other = '']) => [`${into} = ${op}(${into}, ${other});`],
  };
}

function argFold(op: ArgReduction, accumulator: Accumulator, writer: ShaderWriter): Fold {
  const { element } = accumulator;
  const own = registerOf(element);
  const key: Register = own === 'u32' || own === 'bool' ? 'u32' : 'i32';
  const least = op === 'argmin';
  const { min, max } = isFloat(element) ? dtypeTable.int32 : dtypeTable[element];
  const worst = literal(key === 'u32' ? 'uint32' : 'int32', least ? max : min);
  return {
    accumulator,
    registers: [key, 'i32'],
    outcome: 1,
    seeds: [worst, nowhere],
    nothing: [],
    element: (value, position, width) => ({
      code: [],
      value: [
        own === 'f32'
          ? `${writer.use(least ? 'lowKey' : 'highKey', width)}(${value})`
          : own === 'bool'
            ? `select(${splat('0u', 'u32', width)}, ${splat('1u', 'u32', width)}, ${value})`
            : value,
        position,
      ],
    }),
    merge: ([key0 = '', at0 = ''], [key1 = '', at1 = '']) =>
      block('', [
        `let better = (${key1} ${least ? '<' : '>'} ${key0}) | ((${key1} == ${key0}) & (${at1} < ${at0}));`,
        `${key0} = select(${key0}, ${key1}, better);`,
        `${at0} = select(${at0}, ${at1}, better);`,
      ]),
  };
}

/** Names of the registers of an accumulator: `r<id>` is the outcome, where a register is that. */
export const stateNames = (
  { accumulator: { id }, registers, outcome }: Fold,
  prefix = '',
): readonly string[] =>
  registers.map((_, k) => `${prefix}${k === outcome ? `r${id}` : `k${id}${k === 0 ? '' : `_${k}`}`}`);

export const declareState = (fold: Fold, names: readonly string[], width: Width): Code =>
  fold.registers.map(
    (register, k) => `var ${names[k] ?? ''} = ${splat(fold.seeds[k] ?? '', register, width)};`,
  );

/** A register as the word it is kept in between dispatches, and back. */
export const toWord = (value: string, register: Register): string =>
  register === 'bool' ? `u32(${value})` : register === 'u32' ? value : `bitcast<u32>(${value})`;
export const fromWord = (word: string, register: Register): string =>
  register === 'bool'
    ? `(${word} != 0u)`
    : register === 'u32'
      ? word
      : `bitcast<${typeOf(register, 1)}>(${word})`;
