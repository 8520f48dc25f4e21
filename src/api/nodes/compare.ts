/**
 * Comparisons of uint64 with signed integers. No integer dtype holds the values of both, and float64, in which they meet
 * otherwise, has too few bits to tell neighbours apart. So the bits of the unsigned number are read as int64, where they
 * are negative exactly for 2^63 and more: those numbers are greater than all signed ones, and the others compare as int64.
 */
import { kindOf, type DType } from '../../ir/dtype.ts';
import type { ScalarOp } from '../../ir/ops.ts';

type Comparison = Extract<ScalarOp, 'equal' | 'notEqual' | 'less' | 'lessEqual' | 'greater' | 'greaterEqual'>;

/** The comparison of `y` with `x` that says the same as that of `x` with `y`. */
const mirrored: Readonly<Record<Comparison, Comparison>> = {
  equal: 'equal',
  notEqual: 'notEqual',
  less: 'greater',
  lessEqual: 'greaterEqual',
  greater: 'less',
  greaterEqual: 'lessEqual',
};

/** Which comparisons of a signed number hold with every number of 2^63 and more. */
const holdsBeyond: Readonly<Record<Comparison, boolean>> = {
  equal: false,
  notEqual: true,
  less: true,
  lessEqual: true,
  greater: false,
  greaterEqual: false,
};

const isComparison = (op: ScalarOp): op is Comparison => Object.hasOwn(mirrored, op);

/** What there is to build in place of a comparison: `op` on the operands as int64, and what holds beyond int64. */
export interface MixedComparison {
  readonly op: Comparison;
  /** The positions of the signed operand and of the unsigned one. */
  readonly signed: 0 | 1;
  readonly unsigned: 0 | 1;
  readonly beyond: boolean;
}

/** How `op` compares a signed integer with uint64; `undefined` for all other operations and dtypes. */
export function mixedComparison(op: ScalarOp, dtypes: readonly DType[]): MixedComparison | undefined {
  const [x, y] = dtypes;
  if (x !== 'uint64' && y !== 'uint64') return undefined;
  if (!isComparison(op) || x === undefined || y === undefined) return undefined;
  if (kindOf(x) === 'int' && y === 'uint64') return { op, signed: 0, unsigned: 1, beyond: holdsBeyond[op] };
  if (x === 'uint64' && kindOf(y) === 'int')
    return { op: mirrored[op], signed: 1, unsigned: 0, beyond: holdsBeyond[mirrored[op]] };
  return undefined;
}
