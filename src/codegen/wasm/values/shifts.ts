/**
 * Shifts: by one count for all lanes a vector instruction, by a count per lane element by element. A count outside the
 * width shifts everything out: 0 is left, or the sign where the shift keeps it.
 */
import { isBigint, kindOf } from '../../../ir/dtype.ts';
import { InternalError } from '../../../ir/errors.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import { i32, i64, type Local, type Operand } from '../assembler/operands.ts';
import { constantOf, extractLane, zeroVector } from './constants.ts';
import { laneBytesOf, type Pack, type PackContext } from './pack.ts';
import { perLane } from './perLane.ts';
import { numberPack, shapeOf, type NumberDType } from './vectors.ts';

export const shiftLeft = (c: PackContext, dtype: NumberDType, args: readonly Pack[]): Pack =>
  shift(c, dtype, args, 'shl');

export const shiftRight = (c: PackContext, dtype: NumberDType, args: readonly Pack[]): Pack =>
  shift(c, dtype, args, kindOf(dtype) === 'int' ? 'shr_s' : 'shr_u');

type Shift = 'shl' | 'shr_s' | 'shr_u';

function shift(c: PackContext, dtype: NumberDType, args: readonly Pack[], name: Shift): Pack {
  const [x, count] = args;
  if (x === undefined || count === undefined) throw new InternalError('wasm', 'a shift takes two operands');
  if (!count.uniform)
    return perLane(c, `${dtype} shifts by different counts`, dtype, args, (value, by) =>
      shiftOne(c.f, dtype, name, value, by),
    );
  const known = constantOf(c.f, count);
  return known === undefined
    ? byUniform(c, dtype, x, count, name)
    : byConstant(c, dtype, x, BigInt(known), name);
}

function byConstant(c: PackContext, dtype: NumberDType, x: Pack, count: bigint, name: Shift): Pack {
  const width = BigInt(8 * laneBytesOf(dtype));
  const inside = count >= 0n && count < width;
  if (!inside && name !== 'shr_s') return numberPack(dtype, [zeroVector(c.f)], true);
  const amount = i32(Number(inside ? count : width - 1n));
  const vectors = x.vectors.map((vector) => c.f.op(`${shapeOf(dtype)}.${name}`, vector, amount));
  return numberPack(dtype, vectors, x.uniform);
}

function byUniform(c: PackContext, dtype: NumberDType, x: Pack, count: Pack, name: Shift): Pack {
  const { f } = c;
  const [by, inside] = guarded(f, dtype, extractLane(c, count, 0));
  const shape = shapeOf(dtype);
  const last = i32(8 * laneBytesOf(dtype) - 1);
  const amount = name === 'shr_s' ? f.op('select', by, last, inside) : by;
  const shifted = x.vectors.map((vector) => f.op(`${shape}.${name}`, vector, amount));
  if (name === 'shr_s') return numberPack(dtype, shifted, x.uniform);
  const kept = f.op('i32x4.splat', f.op('i32.sub', i32(0), inside));
  const vectors = shifted.map((vector) => f.op('v128.and', vector, kept));
  return numberPack(dtype, vectors, x.uniform);
}

/** The count as i32, and whether it is inside the width. */
function guarded(f: FunctionBuilder, dtype: NumberDType, count: Local): readonly [Local, Local] {
  const width = 8 * laneBytesOf(dtype);
  if (isBigint(dtype)) return [f.op('i32.wrap_i64', count), f.op('i64.lt_u', count, i64(BigInt(width)))];
  return [count, f.op('i32.lt_u', count, i32(width))];
}

function shiftOne(f: FunctionBuilder, dtype: NumberDType, name: Shift, value: Local, count: Local): Operand {
  const type = isBigint(dtype) ? 'i64' : 'i32';
  const [, inside] = guarded(f, dtype, count);
  const constant = (n: number): Operand => (type === 'i64' ? i64(BigInt(n)) : i32(n));
  if (name === 'shr_s') {
    const last = constant(8 * laneBytesOf(dtype) - 1);
    return f.op(`${type}.shr_s`, value, f.op('select', count, last, inside));
  }
  return f.op('select', f.op(`${type}.${name}`, value, count), constant(0), inside);
}
