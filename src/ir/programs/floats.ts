/** Operations on the signs and bits of floats. */
import { arithmetic, type OpRows, type ScalarProgram } from './machine.ts';

/** The size of x with the sign of y, where NaN counts as positive: no operation tells the sign it has. */
const copysign: ScalarProgram = (machine, dtype, x, y) => {
  const { abs, negative, signbit, where } = arithmetic(machine, dtype);
  const size = abs(x);
  return [where(signbit(y), negative(size), size)];
};

export const floatOps = {
  copysign: { arity: 2, rule: 'float', weight: 2, program: copysign },
} as const satisfies OpRows;
