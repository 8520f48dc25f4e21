/**
 * Accumulators of a reduction: the registers each keeps, how it starts, takes one element and ends.
 *
 * Here are those whose order of combination changes no bit, or that follow the sequence itself; what rounds follows a
 * tree (`pairwise.ts`).
 */
import { dtypeTable, isBigint, isFloat, kindOf, type DType, type Scalar } from '../../ir/dtype.ts';
import { monoidOf, type Accumulator } from '../../ir/kernel.ts';
import type { ArgReduction, Monoid, Reduction } from '../../ir/monoids.ts';
import { castCount, wrap } from './casts.ts';
import { programText } from './ops.ts';
import type { ProgramText } from '../text/programText.ts';
import { bare, block, literal, type Closure, type Code } from '../text/source.ts';

/** The code of an accumulator; `r<id>` holds the outcome after `finish`. */
export interface Fold {
  readonly declare: string;
  /** Takes the element `value` at `position` of the sequence. */
  readonly step: (value: string, position: string) => Code;
  /** Runs after at most `flushEvery` steps. */
  readonly flush?: string;
  readonly finish?: Code;
}

/** No fold overflows within this number of steps. */
export const flushEvery = 8192;

export function foldOf(accumulator: Accumulator, closure: Closure): Fold {
  return overrides[accumulator.op]?.(accumulator, closure) ?? monoidFold(accumulator, closure);
}

/** Faster code for some reductions, where it applies. */
const overrides: Partial<
  Record<Reduction, (accumulator: Accumulator, closure: Closure) => Fold | undefined>
> = {
  argmin: (accumulator, closure) => argFold('argmin', accumulator, closure),
  argmax: (accumulator, closure) => argFold('argmax', accumulator, closure),
  sum: ({ id, dtype, element }) =>
    isBigint(dtype) && !isBigint(element) && !isFloat(element) ? wideningSum(id, dtype, element) : undefined,
};

function monoidFold(accumulator: Accumulator, closure: Closure): Fold {
  const monoid = monoidOf(accumulator);
  const registers = registersOf(accumulator);
  return {
    declare: `let ${initial(monoid, registers, monoid.neutral)};`,
    step: (value, position) =>
      assignCombined(accumulator, registers, registers, closure, (program) =>
        monoid.lift(program, value, () => castCount(position, accumulator.dtype, closure)),
      ),
    finish: finishCode(accumulator, registers, closure),
  };
}

// ------------------------------------------------------------------------------------------------ registers

/** The registers of an accumulator, `prefix` in place of `r`: `r<id>` is the outcome, where a register is that. */
export function registersOf(accumulator: Accumulator, prefix = 'r', suffix = ''): readonly string[] {
  const { state, register } = monoidOf(accumulator);
  const name = `${prefix}${accumulator.id}${suffix}`;
  return state.map((_, k) => (k === register ? name : `${name}_${k}`));
}

/** Registers and what they start from, as in a declaration. */
export const initial = ({ state }: Monoid, registers: readonly string[], values: readonly Scalar[]): string =>
  state.map((dtype, k) => `${registers[k] ?? ''} = ${bare(literal(dtype, values[k] ?? 0))}`).join(', ');

/** Where the programs of an accumulator are written. */
export const programOf = ({ id }: Accumulator, closure: Closure): ProgramText =>
  programText(closure, `e${id}_`);

/** `into = first combined with second`, registers or places in memory; `second` may be made on the same machine. */
export function assignCombined(
  accumulator: Accumulator,
  into: readonly string[],
  first: readonly string[],
  closure: Closure,
  second: (program: ProgramText) => readonly string[],
  stored: (dtype: DType, value: string) => string = (_, value) => bare(value),
): Code {
  const program = programOf(accumulator, closure);
  const monoid = monoidOf(accumulator);
  const values = monoid.combine(program, first, second(program));
  const results = program.together(values, into);
  const lines = monoid.state.map((dtype, k) => `${into[k] ?? ''} = ${stored(dtype, results[k] ?? '')};`);
  return program.lines.length === 0 ? lines : block('', [...program.lines, ...lines]);
}

/** Makes `r<id>` of the registers, where none of them is it. */
export function finishCode(accumulator: Accumulator, registers: readonly string[], closure: Closure): Code {
  const monoid = monoidOf(accumulator);
  if (monoid.register !== undefined) return [];
  const program = programOf(accumulator, closure);
  const outcome = bare(program.ending(monoid.finish(program, registers)));
  return [...program.lines, `const r${accumulator.id} = ${outcome};`];
}

/** Two states as one, as expressions; `undefined` where that takes statements. */
export function joinedExpression(
  accumulator: Accumulator,
  x: string,
  y: string,
  closure: Closure,
): string | undefined {
  const monoid = monoidOf(accumulator);
  const program = programOf(accumulator, closure);
  const [value] = monoid.state.length === 1 ? monoid.combine(program, [x], [y]) : [];
  const expression = value === undefined ? undefined : program.ending(value);
  return program.lines.length === 0 ? expression : undefined;
}

// ------------------------------------------------------------------------------------------------ faster ones

/** The champion starts as the most extreme value, which position 0 then holds without being better. NaN beats all. */
function argFold(op: ArgReduction, accumulator: Accumulator, closure: Closure): Fold {
  const { id, dtype, element } = accumulator;
  const [r, champion] = [`r${id}`, `a${id}`];
  const place = dtype === 'int32' ? r : `place${id}`;
  const [worst = 0] = monoidOf(accumulator).neutral;
  const better = (value: string): string => {
    if (kindOf(element) === 'bool')
      return op === 'argmin' ? `!${value} && ${champion}` : `${value} && !${champion}`;
    if (!isFloat(element)) return `${value} ${op === 'argmin' ? '<' : '>'} ${champion}`;
    // One comparison for almost every element: the negation also lets NaN through.
    return `!(${value} ${op === 'argmin' ? '>=' : '<='} ${champion}) && ${champion} === ${champion}`;
  };
  return {
    declare: `let ${place} = 0, ${champion} = ${bare(literal(element, worst))};`,
    step: (value, position) => [`if (${better(value)}) { ${champion} = ${value}; ${place} = ${position}; }`],
    ...(place === r ? {} : { finish: [`const ${r} = ${castCount(place, dtype, closure)};`] }),
  };
}

/**
 * A 64-bit sum of narrower integers adds them as numbers and moves the exact subtotal `w` to the bigint before it can
 * leave the int32 range (elements of up to 16 bits) or the integers a double holds (32 bits).
 */
function wideningSum(id: number, dtype: 'int64' | 'uint64', element: DType): Fold {
  const [r, w] = [`r${id}`, `w${id}`];
  const narrow = dtypeTable[element].bytes < 4;
  const limit = narrow ? 2 ** 30 : 2 ** 52;
  const move = `${r} = ${wrap(dtype, `${r} + BigInt(${w})`)};`;
  return {
    declare: `let ${r} = 0n, ${w} = 0;`,
    step: (value) => {
      const number = kindOf(element) === 'bool' ? `(${value} ? 1 : 0)` : value;
      return [narrow ? `${w} = (${w} + ${number}) | 0;` : `${w} = ${w} + ${number};`];
    },
    flush: `if (${w} > ${limit} || ${w} < -${limit}) { ${move} ${w} = 0; }`,
    finish: [move],
  };
}
