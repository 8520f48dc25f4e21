/** Operations on integers of every width. Nothing traps: what has no result is 0. */
import { bytesOf, kindOf, type ComputeDType } from '../dtype.ts';
import { arithmetic, stateAt, type Arithmetic, type OpRows, type ScalarProgram } from './machine.ts';

const widthOf = (dtype: ComputeDType): number => 8 * bytesOf(dtype);
const isSigned = (dtype: ComputeDType): boolean => kindOf(dtype) === 'int';

/** Whether a shift by so many bits leaves some of them. */
function isInside<V>(on: Arithmetic<V>, dtype: ComputeDType, count: V): V {
  const width = widthOf(dtype);
  // A power of two: a negative count has bits above it, too.
  if (isSigned(dtype)) return on.equal(on.bitwiseAnd(count, on.constant(-width)), on.constant(0));
  return on.less(count, on.constant(width));
}

/** A count outside of the width moves all bits out. */
const shiftLeft: ScalarProgram = (machine, dtype, x, count) => {
  const on = arithmetic(machine, dtype);
  return [on.where(isInside(on, dtype, count), on.shiftLeftWithin(x, count), on.constant(0))];
};

/** The sign is kept, and is all that a count outside of the width leaves. */
const shiftRight: ScalarProgram = (machine, dtype, x, count) => {
  const on = arithmetic(machine, dtype);
  const inside = isInside(on, dtype, count);
  if (!isSigned(dtype)) return [on.where(inside, on.shiftRightWithin(x, count), on.constant(0))];
  return [on.shiftRightWithin(x, on.where(inside, count, on.constant(widthOf(dtype) - 1)))];
};

/** By squaring, modulo the range of the dtype; a negative exponent gives the truncated reciprocal. */
const pow: ScalarProgram = (machine, dtype, x, y) => {
  const on = arithmetic(machine, dtype);
  const { bitwiseAnd, equal, less, multiply, notEqual, shiftRightWithin, where } = on;
  const [zero, one] = [on.constant(0), on.constant(1)];
  const isOdd = (value: typeof x): typeof x => notEqual(bitwiseAnd(value, one), zero);
  const negative = isSigned(dtype) ? less(y, zero) : undefined;
  const [power] = machine.loop(
    [one, x, negative === undefined ? y : where(negative, zero, y)],
    (state) => notEqual(stateAt(state, 2), zero),
    (state) => {
      const [result, base, exponent] = [stateAt(state, 0), stateAt(state, 1), stateAt(state, 2)];
      return [
        where(isOdd(exponent), multiply(result, base), result),
        multiply(base, base),
        shiftRightWithin(exponent, one),
      ];
    },
    widthOf(dtype),
  );
  if (power === undefined) return [];
  if (negative === undefined) return [power];
  const minusOne = on.constant(-1);
  const ofMinusOne = where(isOdd(y), minusOne, one);
  const reciprocal = where(equal(x, minusOne), ofMinusOne, where(equal(x, one), one, zero));
  return [where(negative, reciprocal, power)];
};

/** Euclid's algorithm; of (0, 0) it is 0. */
const gcd: ScalarProgram = (machine, dtype, x, y) => {
  const { abs, constant, floorDivide, multiply, notEqual, subtract } = arithmetic(machine, dtype);
  const zero = constant(0);
  const size = (value: typeof x): typeof x => (isSigned(dtype) ? abs(value) : value);
  const [divisor] = machine.loop(
    [size(x), size(y)],
    (state) => notEqual(stateAt(state, 1), zero),
    (state) => {
      const [a, b] = [stateAt(state, 0), stateAt(state, 1)];
      return [b, size(subtract(a, multiply(floorDivide(a, b), b)))];
    },
    // Neighbouring Fibonacci numbers take the most steps, less than 1.45 for each bit (G. Lamé, 1844).
    Math.ceil(1.45 * widthOf(dtype)) + 1,
  );
  return divisor === undefined ? [] : [divisor];
};

export const integerOps = {
  pow: { arity: 2, rule: 'numeric', weight: 90, program: pow },
  gcd: { arity: 2, rule: 'integer', weight: 120, commutative: true, program: gcd },
  shiftLeft: { arity: 2, rule: 'integer', weight: 2, program: shiftLeft },
  shiftRight: { arity: 2, rule: 'integer', weight: 2, program: shiftRight },
} as const satisfies OpRows;
