/**
 * The language of scalar programs: operations of the op table on single values of known dtypes.
 *
 * What is made of several operations (an op that is no primitive, the way a monoid combines) is written once, over any
 * such machine: the reference evaluator computes with it, each code generator writes it out. `V` stands for a value,
 * which may have many lanes; conditions are values of dtype bool. Every operation is that of the op table, so all
 * machines give the same bits.
 */
import type { ComputeDType, Scalar } from './dtype.ts';

export interface ScalarMachine<V, Op extends string> {
  constant(dtype: ComputeDType, value: Scalar): V;
  /** `op` on values of dtype `operand`; the condition of a `where` is bool. */
  op(op: Op, operand: ComputeDType, ...args: readonly V[]): V;
  cast(value: V, from: ComputeDType, to: ComputeDType): V;
}
