/**
 * Conversions between dtypes, equal to `castScalar` of the numerics contract for every pair: integers wrap into
 * narrower ones, floats saturate into integers with NaN as 0, and what becomes float32 rounds by way of float64.
 * float16 converts by way of float32, which no integer spoils: those that float32 rounds are infinite in float16.
 */
import { isBigint, isFloat, kindOf, type DType, type FloatDType } from '../../../ir/dtype.ts';
import { castScalar } from '../../../ir/scalar.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import { i32, type Local } from '../assembler/operands.ts';
import { bits64, constantOf, constantPack, constantVector, zeroVector } from './constants.ts';
import { floatToHalf, halfToFloat, oddFloats } from './halves.ts';
import { maskVectors } from './masks.ts';
import { laneBytesOf, type LaneBytes, type Pack, type PackContext } from './pack.ts';
import { perLane } from './perLane.ts';
import {
  countOf,
  highHalf,
  lowHalves,
  maskPack,
  merge,
  numberPack,
  resize,
  saturating,
  shapeOf,
  split,
  wrapping,
  type NumberDType,
} from './vectors.ts';

type Integer = Exclude<NumberDType, FloatDType>;
type Float = Exclude<FloatDType, 'float16'>;

export function emitCast(c: PackContext, pack: Pack, to: DType): Pack {
  const { dtype: from } = pack;
  if (from === to) return pack;
  const known = constantOf(c.f, pack);
  if (known !== undefined) return constantPack(c, to, castScalar(known, from, to));
  if (from === 'bool') return to === 'bool' ? pack : fromMask(c, pack, to);
  if (from === 'float16') return emitCast(c, halfToFloat(c, pack), to);
  if (to === 'bool') return toMask(c, pack);
  if (to === 'float16')
    return floatToHalf(c, emitCast(c, from === 'float64' ? oddFloats(c, pack) : pack, 'float32'));
  const convert = (vectors: readonly Local[]): Pack => numberPack(to, vectors, pack.uniform);
  if (isFloat(from)) {
    if (isFloat(to)) return convert(floatToFloat(c, pack, to));
    return isBigint(to) ? floatToBigint(c, pack, to) : convert(floatToInteger(c, pack, from, to));
  }
  if (!isFloat(to)) return convert(integerToInteger(c, pack, from, to, wrapping));
  if (isBigint(from)) {
    const doubles = numberPack('float64', bigintToDouble(c.f, pack.vectors, from), pack.uniform);
    return emitCast(c, doubles, to);
  }
  return convert(integerToFloat(c, pack, from, to));
}

/** `1` under the mask, `0` elsewhere. */
function fromMask(c: PackContext, pack: Pack, to: NumberDType): Pack {
  const one = constantVector(c.f, to, isBigint(to) ? 1n : 1);
  const vectors = maskVectors(c, pack, laneBytesOf(to)).map((mask) => c.f.op('v128.and', mask, one));
  return numberPack(to, vectors, pack.uniform);
}

/** NaN is true. */
function toMask(c: PackContext, pack: Pack): Pack {
  const vectors = pack.vectors.map((vector) => c.f.op(`${shapeOf(pack.dtype)}.ne`, vector, zeroVector(c.f)));
  return maskPack(vectors, laneBytesOf(pack.dtype), pack.uniform);
}

const integerToInteger = (
  c: PackContext,
  pack: Pack,
  from: Integer,
  to: Integer,
  narrow: typeof wrapping,
): readonly Local[] =>
  resize(c, pack.vectors, pack.uniform, laneBytesOf(from), laneBytesOf(to), kindOf(from) === 'int', narrow);

// ---------------------------------------------------------------------------------------------------------
// To floats

/** Integers up to 32 bits, by way of 32 bits: what is narrower is positive there, so the signed conversion does. */
function integerToFloat(c: PackContext, pack: Pack, from: Integer, to: Float): readonly Local[] {
  const whole = resize(c, pack.vectors, pack.uniform, laneBytesOf(from), 4, kindOf(from) === 'int', wrapping);
  const sign = from === 'uint32' ? 'u' : 's';
  if (to === 'float32') return whole.map((vector) => c.f.op(`f32x4.convert_i32x4_${sign}`, vector));
  return lowAndHigh(c, whole, pack.uniform, `f64x2.convert_low_i32x4_${sign}`);
}

function floatToFloat(c: PackContext, pack: Pack, to: Float): readonly Local[] {
  if (to === 'float64') return lowAndHigh(c, pack.vectors, pack.uniform, 'f64x2.promote_low_f32x4');
  return joined(c, pack, 'f32x4.demote_f64x2_zero');
}

/** From lanes of 4 bytes to 8. */
const lowAndHigh = (
  c: PackContext,
  vectors: readonly Local[],
  uniform: boolean,
  instruction: string,
): readonly Local[] =>
  split(vectors, countOf(c, 8, uniform), (vector, high) =>
    c.f.op(instruction, high ? highHalf(c.f, vector) : vector),
  );

/** From lanes of 8 bytes to 4, by an instruction that fills the low half. */
function joined(c: PackContext, pack: Pack, instruction: string): readonly Local[] {
  const halves = pack.vectors.map((vector) => c.f.op(instruction, vector));
  if (halves.length === 1 && !pack.uniform) return halves;
  return merge(halves, countOf(c, 4, pack.uniform), (a, b) => lowHalves(c.f, a, b));
}

/**
 * 64-bit integers, correctly rounded: both halves of the bits become floats of known exponent, whose sum rounds once.
 * The sign bit of signed ones is turned, and its weight taken off again.
 */
function bigintToDouble(
  f: FunctionBuilder,
  vectors: readonly Local[],
  from: 'int64' | 'uint64',
): readonly Local[] {
  const signed = from === 'int64';
  const lowMask = bits64(f, 0xffffffffn);
  const lowExponent = constantVector(f, 'float64', 2 ** 52);
  const highExponent = bits64(f, 0x4530000000000000n + (signed ? 0x80000000n : 0n));
  const offset = constantVector(f, 'float64', 2 ** 84 + (signed ? 2 ** 63 : 0) + 2 ** 52);
  return vectors.map((vector) => {
    const low = f.op('v128.or', f.op('v128.and', vector, lowMask), lowExponent);
    const high = f.op('v128.xor', shiftedRight32(f, vector), highExponent);
    return f.op('f64x2.add', f.op('f64x2.sub', high, offset), low);
  });
}

const shiftedRight32 = (f: FunctionBuilder, vector: Local): Local => f.op('i64x2.shr_u', vector, i32(32));

// ---------------------------------------------------------------------------------------------------------
// From floats

/** By way of the 32-bit integers, whose range holds that of the narrower ones. */
function floatToInteger(c: PackContext, pack: Pack, from: Float, to: Integer): readonly Local[] {
  const sign = to === 'uint32' ? 'u' : 's';
  const whole =
    from === 'float32'
      ? pack.vectors.map((vector) => c.f.op(`i32x4.trunc_sat_f32x4_${sign}`, vector))
      : joined(c, pack, `i32x4.trunc_sat_f64x2_${sign}_zero`);
  // To uint8 by way of int16: the narrowing instructions read signed integers.
  const narrow: typeof wrapping = (f, a, b, bytes) =>
    saturating(kindOf(to) === 'int' || bytes !== laneBytesOf(to))(f, a, b, bytes);
  return resize(c, whole, pack.uniform, 4, laneBytesOf(to), true, narrow);
}

function floatToBigint(c: PackContext, pack: Pack, to: 'int64' | 'uint64'): Pack {
  const source: LaneBytes = laneBytesOf(pack.dtype);
  return perLane(c, `${pack.dtype} to ${to}`, to, [pack], (x) =>
    c.f.op(`i64.trunc_sat_f${8 * source}_${to === 'int64' ? 's' : 'u'}`, x),
  );
}
