/** Operations on numbers of every kind. */
import { isFloat, kindOf } from '../dtype.ts';
import { arithmetic, type OpRows, type ScalarProgram } from './machine.ts';

/** -1, 0 or 1; both zeros give +0, NaN stays NaN. */
const sign: ScalarProgram = (machine, dtype, x) => {
  const { add, constant, greater, less, maximum, minimum, where } = arithmetic(machine, dtype);
  if (kindOf(dtype) === 'uint') return [minimum(x, constant(1))];
  if (!isFloat(dtype)) return [minimum(maximum(x, constant(-1)), constant(1))];
  // -0 + 0 is +0.
  const rest = where(less(x, constant(0)), constant(-1), add(x, constant(0)));
  return [where(greater(x, constant(0)), constant(1), rest)];
};

/** min(max(x, low), high): NaN in any operand gives NaN, and `high` wins where low > high. */
const clip: ScalarProgram = (machine, dtype, x, low, high) => {
  const { minimum, maximum } = arithmetic(machine, dtype);
  return [minimum(maximum(x, low), high)];
};

export const numberOps = {
  sign: { arity: 1, rule: 'numeric', weight: 2, program: sign },
  clip: { arity: 3, rule: 'numeric', weight: 2, program: clip },
} as const satisfies OpRows;
