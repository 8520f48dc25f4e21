/** Scalar programs on packs: the machine that emits the code of each operation. */
import type { ScalarOp } from '../../../ir/ops.ts';
import type { ScalarMachine } from '../../../ir/scalarMachine.ts';
import { emitCast } from './casts.ts';
import { constantPack } from './constants.ts';
import { emitOp } from './ops.ts';
import type { Pack, PackContext } from './pack.ts';

export const scalarPacks = (c: PackContext): ScalarMachine<Pack, ScalarOp> => ({
  constant: (dtype, value) => constantPack(c, dtype, value),
  op: (op, operand, ...args) => emitOp(c, op, operand, args),
  cast: (value, _, to) => emitCast(c, value, to),
});
