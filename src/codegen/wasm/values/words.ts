/** Products of words. */
import { InternalError } from '../../../ir/errors.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import type { Local } from '../assembler/operands.ts';

/** The upper words of x y + z, products and sums of 64 bits. */
export function multiplyCarry(f: FunctionBuilder, x: Local, y: Local, z: Local): Local {
  const [low, high] = (['low', 'high'] as const).map((half) =>
    f.op('i64x2.add', f.op(`i64x2.extmul_${half}_i32x4_u`, x, y), f.op(`i64x2.extend_${half}_i32x4_u`, z)),
  );
  if (low === undefined || high === undefined) throw new InternalError('wasm', 'a vector has two halves');
  return f.lane('i8x16.shuffle', upperWords, low, high);
}

const upperWords = [4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31];
