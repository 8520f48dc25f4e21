/**
 * Shifts by counts within the width (`primitives.ts`): by one count for all lanes a vector instruction, by a count per
 * lane element by element. Rotations of words by whole bytes move bytes.
 */
import { isBigint, kindOf } from '../../../ir/dtype.ts';
import { InternalError } from '../../../ir/errors.ts';
import { i32 } from '../assembler/operands.ts';
import { constantOf, extractLane } from './constants.ts';
import type { Pack, PackContext } from './pack.ts';
import { perLane } from './perLane.ts';
import { numberPack, shapeOf, type NumberDType } from './vectors.ts';

export const shiftLeft = (c: PackContext, dtype: NumberDType, args: readonly Pack[]): Pack =>
  shift(c, dtype, args, 'shl');

export const shiftRight = (c: PackContext, dtype: NumberDType, args: readonly Pack[]): Pack =>
  shift(c, dtype, args, kindOf(dtype) === 'int' ? 'shr_s' : 'shr_u');

function shift(
  c: PackContext,
  dtype: NumberDType,
  args: readonly Pack[],
  name: 'shl' | 'shr_s' | 'shr_u',
): Pack {
  const { f } = c;
  const [x, count] = args;
  if (x === undefined || count === undefined) throw new InternalError('wasm', 'a shift takes two operands');
  if (!count.uniform)
    return perLane(c, `${dtype} shifts by different counts`, dtype, args, (value, by) =>
      f.op(`${isBigint(dtype) ? 'i64' : 'i32'}.${name}`, value, by),
    );
  const known = constantOf(f, count);
  const first = known === undefined ? extractLane(c, count, 0) : i32(Number(known));
  const by = known === undefined && isBigint(dtype) ? f.op('i32.wrap_i64', first) : first;
  const vectors = x.vectors.map((vector) => f.op(`${shapeOf(dtype)}.${name}`, vector, by));
  return numberPack(dtype, vectors, x.uniform);
}

/** Words rotated left by a constant. */
export function rotateLeft(c: PackContext, _: NumberDType, [x, count]: readonly Pack[]): Pack {
  const { f } = c;
  const left = count === undefined ? undefined : constantOf(f, count);
  if (x === undefined || left === undefined) throw new InternalError('wasm', 'rotations are by constants');
  const by = Number(left);
  const vectors = x.vectors.map((vector) =>
    by % 8 === 0
      ? f.lane('i8x16.shuffle', byteRotation(by / 8), vector, vector)
      : f.op('v128.or', f.op('i32x4.shl', vector, i32(by)), f.op('i32x4.shr_u', vector, i32(32 - by))),
  );
  return numberPack('uint32', vectors, x.uniform);
}

const byteRotation = (bytes: number): readonly number[] =>
  Array.from({ length: 16 }, (_, k) => k - (k % 4) + ((k - bytes + 4) % 4));
