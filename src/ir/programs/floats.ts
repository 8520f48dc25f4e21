/** Operations on the signs and bits of floats. */
import { arithmetic, wordFloat, wordOf, type OpRows, type ScalarProgram } from './machine.ts';

/** The size of x with the sign of y, where NaN counts as positive: no operation tells the sign it has. */
const copysign: ScalarProgram = (machine, dtype, x, y) => {
  const { abs, negative, signbit, where } = arithmetic(machine, dtype);
  const size = abs(x);
  return [where(signbit(y), negative(size), size)];
};

/** The float next to x on the way to y, which is y where they are equal. Neighbours have neighbouring bits. */
const nextafter: ScalarProgram = (machine, dtype, x, y) => {
  const float = wordFloat(dtype);
  const on = arithmetic(machine, dtype);
  const words = arithmetic(machine, wordOf(float));
  const { add, constant, equal, greater, less, logicalOr, logicalXor, negative, notEqual, signbit, where } =
    on;
  const [zero, one] = [constant(0), words.constant(1)];
  const own = machine.bitsOf(x, float);
  const isTowardZero = logicalXor(less(x, y), greater(x, zero));
  const moved = words.where(isTowardZero, words.subtract(own, one), words.add(own, one));
  const least = machine.ofBits(one, float);
  const fromZero = where(signbit(y), negative(least), least);
  const next = where(equal(x, zero), fromZero, machine.ofBits(moved, float));
  const isNaN = logicalOr(notEqual(x, x), notEqual(y, y));
  return [where(isNaN, add(x, y), where(equal(x, y), y, next))];
};

export const floatOps = {
  copysign: { arity: 2, rule: 'float', weight: 2, program: copysign },
  nextafter: { arity: 2, rule: 'float', weight: 12, program: nextafter },
} as const satisfies OpRows;
