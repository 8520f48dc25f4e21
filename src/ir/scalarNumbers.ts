/** The machine that computes: scalar programs on the values themselves, by the reference functions. */
import type { ComputeDType, Scalar } from './dtype.ts';
import { applyOp, opRow, type ScalarOp } from './ops.ts';
import { castScalar } from './scalar.ts';
import type { ScalarMachine } from './scalarMachine.ts';

export const scalarNumbers: ScalarMachine<Scalar, ScalarOp> = {
  constant: (_, value) => value,
  op: (op, operand, ...args) => applyOp(op, operand, resultOf(op, operand), args),
  cast: castScalar,
};

function resultOf(op: ScalarOp, operand: ComputeDType): ComputeDType {
  const { rule } = opRow(op);
  return rule === 'compare' || rule === 'predicate' ? 'bool' : operand;
}
