/** The machine that computes: scalar programs on the values themselves, by the reference functions. */
import type { ComputeDType, Scalar } from './dtype.ts';
import { codeResult, scalarFunction, type ScalarFunction, type ScalarOp } from './ops.ts';
import { castScalar } from './scalar.ts';
import type { ScalarMachine } from './scalarMachine.ts';

/** Those that were asked for: one per op and dtype at the most. */
const functions = new Map<ComputeDType, Map<ScalarOp, ScalarFunction>>();

export const scalarNumbers: ScalarMachine<Scalar, ScalarOp> = {
  constant: (_, value) => value,
  op: (op, operand, x = 0, y = x, z = x) =>
    (functions.get(operand)?.get(op) ?? functionOf(op, operand))(x, y, z),
  cast: castScalar,
};

function functionOf(op: ScalarOp, operand: ComputeDType): ScalarFunction {
  const made = scalarFunction(op, operand, codeResult(op, operand));
  let own = functions.get(operand);
  if (own === undefined) functions.set(operand, (own = new Map<ScalarOp, ScalarFunction>()));
  own.set(op, made);
  return made;
}
