/**
 * Accumulators whose order of combination changes no bit, or that follow the sequence itself: how each starts, takes
 * one element and ends. (Floating-point sums and products are `pairwise.ts`.)
 */
import { dtypeTable, isBigint, isFloat, kindOf, type ComputeDType, type DType } from '../../ir/dtype.ts';
import { isArg, type Accumulator } from '../../ir/kernel.ts';
import { reductionTable, seedOf, type ArgReduction, type Reduction } from '../../ir/ops.ts';
import { cast, castCount, wrap } from './casts.ts';
import { opExpression } from './ops.ts';
import { bare, literal, type Closure } from '../text/source.ts';

/** The code of an accumulator; `r<id>` holds the outcome after `finish`. */
export interface Fold {
  readonly declare: string;
  /** Takes the element `value` at `position` of the sequence. */
  readonly step: (value: string, position: string) => string;
  /** Runs after at most `flushEvery` steps. */
  readonly flush?: string;
  readonly finish?: string;
}

/** No fold overflows within so many steps. */
export const flushEvery = 8192;

export function foldOf(accumulator: Accumulator, closure: Closure): Fold {
  const { op, dtype, element } = accumulator;
  if (isArg(op)) return argFold(op, accumulator, closure);
  if (op === 'sum' && isBigint(dtype) && !isBigint(element) && !isFloat(element))
    return wideningSum(accumulator.id, dtype, element);
  const r = `r${accumulator.id}`;
  return {
    declare: `let ${r} = ${bare(literal(dtype, seedOf(op, dtype)))};`,
    step: (value) => `${r} = ${bare(join(op, dtype, r, cast(value, element, dtype, closure), closure))};`,
  };
}

/** Two partial outcomes of a monoid combined. */
export const join = (op: Reduction, dtype: ComputeDType, x: string, y: string, closure: Closure): string =>
  opExpression(reductionTable[op].combine, dtype, [x, y], closure);

/** The champion starts as the most extreme value, which position 0 then holds without being better. NaN beats all. */
function argFold(op: ArgReduction, { id, dtype, element }: Accumulator, closure: Closure): Fold {
  const [r, champion] = [`r${id}`, `a${id}`];
  const place = dtype === 'int32' ? r : `place${id}`;
  const { min, max } = dtypeTable[element];
  const better = (value: string): string => {
    if (kindOf(element) === 'bool')
      return op === 'argmin' ? `!${value} && ${champion}` : `${value} && !${champion}`;
    if (!isFloat(element)) return `${value} ${op === 'argmin' ? '<' : '>'} ${champion}`;
    // One comparison for almost every element: the negation also lets NaN through.
    return `!(${value} ${op === 'argmin' ? '>=' : '<='} ${champion}) && ${champion} === ${champion}`;
  };
  return {
    declare: `let ${place} = 0, ${champion} = ${bare(literal(element, op === 'argmin' ? max : min))};`,
    step: (value, position) => `if (${better(value)}) { ${champion} = ${value}; ${place} = ${position}; }`,
    ...(place === r ? {} : { finish: `const ${r} = ${castCount(place, dtype, closure)};` }),
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
      return narrow ? `${w} = (${w} + ${number}) | 0;` : `${w} = ${w} + ${number};`;
    },
    flush: `if (${w} > ${limit} || ${w} < -${limit}) { ${move} ${w} = 0; }`,
    finish: move,
  };
}
