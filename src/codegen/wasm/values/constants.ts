/**
 * Single values and packs: constants and computed values in every lane, and elements of packs.
 *
 * A single value is i32 for integers up to 32 bits (extended by the sign of their dtype) and for bool (0 or 1), else
 * i64, f32 or f64.
 */
import { allocate, kindOf, viewOf, type DType, type Scalar } from '../../../ir/dtype.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import { i32, type Local, type Operand } from '../assembler/operands.ts';
import { laneBytesOf, vectorOf, type Pack, type PackContext } from './pack.ts';
import { integerShape, maskPack, numberPack, shapeOf } from './vectors.ts';

/** A value of the dtype, as one element of the dtype (bool: 0 or 1). */
export function constantPack(c: PackContext, dtype: DType, value: Scalar): Pack {
  if (dtype === 'bool') return maskPack([constantVector(c.f, 'int64', value === 0 ? 0n : -1n)], 1, true);
  return numberPack(dtype, [constantVector(c.f, dtype, value)], true);
}

export function constantVector(f: FunctionBuilder, dtype: DType, value: Scalar): Local {
  const elements = allocate(dtype, 16);
  elements.fill(value as never);
  return f.constant(new Uint8Array(elements.buffer, 0, 16).slice());
}

/** The value of a uniform pack, if it is known here. */
export function constantOf(f: FunctionBuilder, { dtype, vectors, uniform }: Pack): Scalar | undefined {
  const [vector] = vectors;
  const bytes = uniform && vector !== undefined ? f.constantBytes(vector) : undefined;
  if (bytes === undefined) return undefined;
  const first = viewOf(dtype, bytes.slice().buffer, 0, 1)[0];
  return dtype === 'bool' && first !== undefined ? Number(first !== 0) : first;
}

export const zeroVector = (f: FunctionBuilder): Local => constantVector(f, 'int64', 0n);

/** 64-bit patterns, for masks of bits. */
export const bits64 = (f: FunctionBuilder, pattern: bigint): Local => constantVector(f, 'uint64', pattern);

/** One value in every lane. */
export function splatScalar(c: PackContext, dtype: DType, value: Operand): Pack {
  if (dtype === 'bool') return maskPack([c.f.op('i32x4.splat', c.f.op('i32.sub', i32(0), value))], 1, true);
  return numberPack(dtype, [c.f.op(`${shapeOf(dtype)}.splat`, value)], true);
}

/** The element at `lane`. */
export function extractLane(c: PackContext, pack: Pack, lane: number): Local {
  const { dtype, maskBytes } = pack;
  const bytes = dtype === 'bool' ? maskBytes : laneBytesOf(dtype);
  const index = pack.uniform ? 0 : lane;
  const vector = vectorOf(pack, Math.floor((index * bytes) / 16));
  const within = index % (16 / bytes);
  if (dtype === 'bool') {
    // A lane of 8 bytes is read as two of 4.
    const [shape, at] = bytes === 8 ? (['i32x4', 2 * within] as const) : [integerShape[bytes], within];
    const name = shape === 'i32x4' ? 'i32x4.extract_lane' : `${shape}.extract_lane_u`;
    return c.f.op('i32.and', c.f.lane(name, at, vector), i32(1));
  }
  const sign = bytes > 2 ? '' : kindOf(dtype) === 'int' ? '_s' : '_u';
  return c.f.lane(`${shapeOf(dtype)}.extract_lane${sign}`, within, vector);
}
