/**
 * float16 and float32: in registers as in memory a float16 is its bits, so that what only moves elements treats them as
 * 16-bit integers; they become floats, four to a vector, where something is computed.
 *
 * Exact in both directions, to nearest even, by the ways of F. Giesen (half_to_float_fast, float_to_half_fast3_rtne):
 * rebasing the exponent is an integer addition, or a multiplication where subnormal numbers have to become normal
 * ones; adding 1/2 rounds at the place of the subnormal float16, whose unit is 2^-24.
 */
import { i32, type FunctionBuilder, type Local } from './assembler/function.ts';
import { bits64, constantVector } from './constants.ts';
import type { Pack, PackContext } from './pack.ts';
import { numberPack, resize, saturating, wrapping } from './vectors.ts';

/** 2^-14, the least normal float16, and 2^16, which no finite one reaches, as bits of a float32. */
const [leastNormal, beyond] = [0x38800000, 0x47800000];
/** Bits of float32: 2^-112 in the exponent, which is what the biases differ by, and infinity. */
const [rebase, infinity] = [0x38000000, 0x7f800000];

const words = (f: FunctionBuilder, pattern: number): Local => constantVector(f, 'int32', pattern);

/** float16 as float32. */
export function halfToFloat(c: PackContext, pack: Pack): Pack {
  const wide = resize(c, pack.vectors, pack.uniform, 2, 4, true, wrapping);
  return numberPack(
    'float32',
    wide.map((vector) => floatOf(c.f, vector)),
    pack.uniform,
  );
}

/** Of bits with the sign extended. */
function floatOf(f: FunctionBuilder, bits: Local): Local {
  const size = f.op('v128.and', bits, words(f, 0x7fff));
  const scaled = f.op('f32x4.mul', f.op('i32x4.shl', size, i32(13)), constantVector(f, 'float32', 2 ** 112));
  const special = f.op('v128.and', f.op('i32x4.gt_s', size, words(f, 0x7bff)), words(f, infinity));
  const sign = f.op('v128.and', bits, words(f, -0x80000000));
  return f.op('v128.or', f.op('v128.or', scaled, special), sign);
}

/** float32 as float16. */
export function floatToHalf(c: PackContext, pack: Pack): Pack {
  const halves = pack.vectors.map((vector) => halfOf(c.f, vector));
  return numberPack('float16', resize(c, halves, pack.uniform, 4, 2, false, saturating(false)), pack.uniform);
}

/** In the low half of each lane. */
function halfOf(f: FunctionBuilder, bits: Local): Local {
  const magnitude = f.op('f32x4.abs', bits);
  const size = f.op('i32x4.min_s', magnitude, words(f, beyond));
  const odd = f.op('v128.and', f.op('i32x4.shr_u', size, i32(13)), words(f, 1));
  const rebased = f.op('i32x4.add', size, words(f, 0xfff - rebase));
  const normal = f.op('i32x4.shr_u', f.op('i32x4.add', rebased, odd), i32(13));
  const half = constantVector(f, 'float32', 0.5);
  const subnormal = f.op('i32x4.sub', f.op('f32x4.add', size, half), half);
  const isSmall = f.op('i32x4.lt_s', size, words(f, leastNormal));
  const isNan = f.op('i32x4.gt_s', magnitude, words(f, infinity));
  const nan = f.op('v128.and', isNan, words(f, 0x200));
  const sign = f.op('v128.and', f.op('i32x4.shr_u', bits, i32(16)), words(f, 0x8000));
  const rounded = f.op('v128.bitselect', subnormal, normal, isSmall);
  return f.op('v128.or', f.op('v128.or', rounded, nan), sign);
}

/**
 * float64 that float32 holds exactly, and that round to the same float16: where bits beyond float32 are cut off, the last
 * one that stays is set (rounding to odd; Boldo and Melquiond, 2005).
 */
export function oddFloats(c: PackContext, pack: Pack): Pack {
  const { f } = c;
  const [beyondFloat, lastBit] = [bits64(f, 0x1fffffffn), bits64(f, 0x20000000n)];
  const vectors = pack.vectors.map((vector) => {
    const rest = f.op('v128.and', vector, beyondFloat);
    const sticky = f.op('v128.and', f.op('i64x2.add', rest, beyondFloat), lastBit);
    return f.op('v128.or', f.op('v128.andnot', vector, beyondFloat), sticky);
  });
  return numberPack('float64', vectors, pack.uniform);
}
