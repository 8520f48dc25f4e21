/**
 * How much arithmetic a case needs: additions, subtractions, multiplications, divisions, roots and roundings of floats,
 * one each. A math function counts as many as its program takes on its usual path, found by running it on a machine
 * that only counts. (Divisions and roots take several times longer than the others, so an expression full of them
 * cannot reach the peak.)
 */
import { mathTable, type MathFunction } from '../../src/ir/math/functions.ts';
import type { Machine } from '../../src/ir/math/machine.ts';
import type { Arithmetic } from './case.ts';

/** `basic` operations, and calls of math functions, for each of `count` elements of float64. */
export function arithmeticOf(
  count: number,
  { basic = 0, ...calls }: Readonly<Partial<Record<'basic' | MathFunction, number>>>,
): Arithmetic {
  const perElement = (Object.keys(calls) as MathFunction[]).reduce(
    (sum, name) => sum + (calls[name] ?? 0) * operationsOf(name),
    basic,
  );
  return { operations: count * perElement, dtype: 'float64' };
}

type Nothing = undefined;

function operationsOf(name: MathFunction): number {
  let operations = 0;
  const free = (): Nothing => undefined;
  const counted = (): Nothing => {
    operations++;
    return undefined;
  };
  const machine: Machine<Nothing, Nothing> = {
    single: false,
    constant: free,
    add: counted,
    subtract: counted,
    multiply: counted,
    divide: counted,
    sqrt: counted,
    floor: counted,
    nearest: counted,
    negate: free,
    abs: free,
    copySign: free,
    less: free,
    lessEqual: free,
    equal: free,
    signBit: free,
    and: free,
    or: free,
    not: free,
    select: free,
    highHalf: free,
    exponent: free,
    significand: free,
    powerOfTwo: free,
    lookup: free,
    rarely: (_, usual) => usual,
  };
  mathTable[name](machine, undefined, undefined);
  return operations;
}
