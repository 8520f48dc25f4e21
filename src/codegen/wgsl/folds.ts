/**
 * Accumulators in a shader: the registers each keeps, what it starts from, how two of them become one.
 *
 * argmin and argmax keep a key and a position. Keys are integers in the order of the elements, with NaN first, so the
 * least (or greatest) key at the lowest position wins whatever order the elements come in. min and max of floats keep a
 * key, too, from which the element comes back at the end.
 */
import { dtypeTable, isFloat } from '../../ir/dtype.ts';
import { isArg, isPairwiseAccumulator, type Accumulator, type Monoid } from '../../ir/kernel.ts';
import { reductionTable, seedOf, type ArgReduction } from '../../ir/ops.ts';
import type { Code } from '../text/source.ts';
import { block } from '../text/source.ts';
import { cast } from './casts.ts';
import { opExpression } from './ops.ts';
import { literal, registerOf, splat, typeOf, type Register, type Width } from './registers.ts';
import type { ShaderWriter } from './shader.ts';

export interface Fold {
  readonly accumulator: Accumulator;
  /** The registers it keeps; the last is the outcome, or what it is made of. */
  readonly registers: readonly Register[];
  /** The outcome, where the last register is not it. */
  readonly outcome?: (register: string) => string;
  readonly seeds: readonly string[];
  /** Whether the order of combination shows in the result: then chains of additions are kept short. */
  readonly rounds: boolean;
  /** The state of a single element. */
  element(value: string, position: string, width: Width): readonly string[];
  /** `into` and `other` become one, in `into`. All are names. */
  merge(into: readonly string[], other: readonly string[], width: Width): Code;
}

/** The largest position: that of no element. */
const nowhere = '0x7fffffffi';

export function foldOf(accumulator: Accumulator, writer: ShaderWriter): Fold {
  const { op } = accumulator;
  if (isArg(op)) return argFold(op, accumulator, writer);
  if ((op === 'min' || op === 'max') && isFloat(accumulator.dtype))
    return extremumFold(op, accumulator, writer);
  return monoidFold({ ...accumulator, op }, writer);
}

function monoidFold(accumulator: Monoid, writer: ShaderWriter): Fold {
  const { op, dtype, element } = accumulator;
  return {
    accumulator,
    registers: [registerOf(dtype)],
    seeds: [writer.constant(dtype, seedOf(op, dtype))],
    rounds: isPairwiseAccumulator(accumulator),
    element: (value, _, width) => [cast(value, element, dtype, width, writer)],
    merge: ([into = ''], [other = ''], width) => [
      `${into} = ${opExpression(reductionTable[op].combine, dtype, [into, other], width, writer)};`,
    ],
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
    outcome: (register) => `${writer.use(ofKey, 1)}(${register})`,
    seeds: [literal('int32', op === 'min' ? max : min)],
    rounds: false,
    element: (value, _, width) => [
      `${writer.use(key, width)}(${cast(value, element, dtype, width, writer)})`,
    ],
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
    seeds: [worst, nowhere],
    rounds: false,
    element: (value, position, width) => [
      own === 'f32'
        ? `${writer.use(least ? 'lowKey' : 'highKey', width)}(${value})`
        : own === 'bool'
          ? `select(${splat('0u', 'u32', width)}, ${splat('1u', 'u32', width)}, ${value})`
          : value,
      position,
    ],
    merge: ([key0 = '', at0 = ''], [key1 = '', at1 = '']) =>
      block('', [
        `let better = (${key1} ${least ? '<' : '>'} ${key0}) | ((${key1} == ${key0}) & (${at1} < ${at0}));`,
        `${key0} = select(${key0}, ${key1}, better);`,
        `${at0} = select(${at0}, ${at1}, better);`,
      ]),
  };
}

/** Names of the registers of an accumulator: \`r<id>\` is the outcome, unless that is made at the end. */
export const stateNames = (
  { accumulator: { id }, registers, outcome }: Fold,
  prefix = '',
): readonly string[] =>
  registers.map((_, k) => `${prefix}${k === registers.length - 1 && outcome === undefined ? 'r' : 'k'}${id}`);

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
