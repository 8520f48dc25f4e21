/** Floored division. Integers by zero give 0; floats without the rounding of the division. */
import { isFloat, type ComputeDType } from '../dtype.ts';
import { primitives } from '../primitives.ts';
import { arithmetic, type OpRows, type ScalarMachine, type ScalarProgram } from './machine.ts';

/** Whether a rest has to move by a divisor: it is not 0 and has not its sign. */
function isApart<V>(machine: ScalarMachine<V>, dtype: ComputeDType, rest: V, divisor: V): V {
  const { constant, less, logicalAnd, logicalXor, notEqual } = arithmetic(machine, dtype);
  const zero = constant(0);
  return logicalAnd(logicalXor(less(rest, zero), less(divisor, zero)), notEqual(rest, zero));
}

/** Zero with the sign of `value`. */
function zeroLike<V>(machine: ScalarMachine<V>, dtype: ComputeDType, value: V): V {
  const { constant, signbit, where } = arithmetic(machine, dtype);
  return where(signbit(value), constant(-0), constant(0));
}

/** What floored division leaves, with the sign of the divisor, an exact zero of floats too. Of a division by 0: 0, NaN. */
const remainder: ScalarProgram = (machine, dtype, x, y) => {
  const { add, constant, equal, floorDivide, multiply, subtract, truncatedRemainder, where } = arithmetic(
    machine,
    dtype,
  );
  const zero = constant(0);
  if (!isFloat(dtype)) return [where(equal(y, zero), zero, subtract(x, multiply(floorDivide(x, y), y)))];
  const rest = truncatedRemainder(x, y);
  const moved = where(isApart(machine, dtype, rest, y), add(rest, y), rest);
  return [where(equal(moved, zero), zeroLike(machine, dtype, y), moved)];
};

/**
 * floor(x / y) of floats: the quotient of x - remainder(x, y), rounded to the nearest integer, as CPython and NumPy compute
 * it (floorDivide(1, 0.1) is 9, not 10). float32 computes in float64.
 */
const floorDivide: ScalarProgram = (machine, dtype, x, y) => {
  if (dtype !== 'float64') {
    const wide = [x, y].map((value) => machine.cast(value, dtype, 'float64'));
    const [a = x, b = y] = wide;
    return floorDivide(machine, 'float64', a, b, b).map((value) => machine.cast(value, 'float64', dtype));
  }
  const { add, constant, divide, equal, floor, greater, subtract, truncatedRemainder, where } = arithmetic(
    machine,
    dtype,
  );
  const [zero, one, half] = [constant(0), constant(1), constant(0.5)];
  const ratio = divide(x, y);
  const rest = truncatedRemainder(x, y);
  const towardZero = divide(subtract(x, rest), y);
  const quotient = where(isApart(machine, dtype, rest, y), subtract(towardZero, one), towardZero);
  const below = floor(quotient);
  const nearest = where(greater(subtract(quotient, below), half), add(below, one), below);
  const signed = where(equal(quotient, zero), zeroLike(machine, dtype, ratio), nearest);
  return [where(equal(y, zero), ratio, signed)];
};

export const divisions = {
  floorDivide: { ...primitives.floorDivide, program: floorDivide },
  remainder: { arity: 2, rule: 'numeric', weight: 20, program: remainder },
} as const satisfies OpRows;
