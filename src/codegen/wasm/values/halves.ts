/**
 * float16 and float32: in registers as in memory a float16 is its bits, so that what only moves elements treats them as
 * 16-bit integers; they become floats, four to a vector, where something is computed.
 *
 * Rounding to nearest even is left to an addition: beside a number whose last bit has the weight of the last bit of the
 * result (never less than 2^-24, the unit of subnormal float16), a float loses what lies below it. The sum holds the bits
 * of the float16, and less that number it is the rounded float: chains of operations go on with it, and never pack.
 */
import type { FunctionBuilder } from '../assembler/function.ts';
import { i32, type Local } from '../assembler/operands.ts';
import { bits64, constantVector } from './constants.ts';
import type { Pack, PackContext } from './pack.ts';
import { numberPack, resize, saturating, wrapping } from './vectors.ts';

/** Bits of float32: its exponent, which is also infinity, and its sign. */
const [exponent, sign] = [0x7f800000, -0x80000000];

const words = (f: FunctionBuilder, pattern: number): Local => constantVector(f, 'int32', pattern);
const floats = (f: FunctionBuilder, value: number): Local => constantVector(f, 'float32', value);

/** float16 that were rounded here, as the float32 they are. */
const unpacked = new WeakMap<Pack, Pack>();

/** float16 as float32. */
export function halfToFloat(c: PackContext, pack: Pack): Pack {
  const known = unpacked.get(pack);
  if (known !== undefined) return known;
  const wide = resize(c, pack.vectors, pack.uniform, 2, 4, true, wrapping);
  return numberPack(
    'float32',
    wide.map((vector) => floatOf(c.f, vector)),
    pack.uniform,
  );
}

/** Of bits with the sign extended. The product rebases the exponent, and makes subnormal numbers normal. */
function floatOf(f: FunctionBuilder, bits: Local): Local {
  const size = f.op('v128.and', bits, words(f, 0x7fff));
  const scaled = f.op('f32x4.mul', f.op('i32x4.shl', size, i32(13)), floats(f, 2 ** 112));
  const special = f.op('v128.and', f.op('i32x4.gt_s', size, words(f, 0x7bff)), words(f, exponent));
  return f.op('v128.or', f.op('v128.or', scaled, special), f.op('v128.and', bits, words(f, sign)));
}

/** float32 as float16. */
export function floatToHalf(c: PackContext, pack: Pack): Pack {
  const { f } = c;
  const parts = pack.vectors.map((vector) => roundedParts(f, vector));
  const bits = parts.map((part) => halfOf(f, part));
  const narrow = resize(c, bits, pack.uniform, 4, 2, false, saturating(false));
  const half = numberPack('float16', narrow, pack.uniform);
  unpacked.set(
    half,
    numberPack(
      'float32',
      parts.map((part) => roundedFloat(f, part)),
      pack.uniform,
    ),
  );
  return half;
}

interface RoundedParts {
  readonly value: Local;
  readonly magnitude: Local;
  /** A power of two: 2^13 times that of the value, at least 1/2. */
  readonly shifter: Local;
  /** Of magnitude and shifter. */
  readonly sum: Local;
}

function roundedParts(f: FunctionBuilder, value: Local): RoundedParts {
  const magnitude = f.op('f32x4.abs', value);
  const power = f.op('v128.and', magnitude, words(f, exponent));
  const shifter = f.op('i32x4.max_s', f.op('i32x4.add', power, words(f, 13 << 23)), floats(f, 0.5));
  return { value, magnitude, shifter, sum: f.op('f32x4.add', magnitude, shifter) };
}

/** The nearest float16, as a float32. */
function roundedFloat(f: FunctionBuilder, { value, shifter, sum }: RoundedParts): Local {
  const rounded = f.op('f32x4.sub', sum, shifter);
  const beyond = f.op('f32x4.ge', rounded, floats(f, 65536));
  const size = f.op('v128.bitselect', words(f, exponent), rounded, beyond);
  return f.op('v128.or', size, f.op('v128.and', value, words(f, sign)));
}

/** The bits of the nearest float16, in the low half of each lane. */
function halfOf(f: FunctionBuilder, { value, magnitude, sum }: RoundedParts): Local {
  const units = f.op('v128.and', sum, words(f, 0xfff));
  const rebased = f.op('i32x4.sub', f.op('i32x4.shr_u', sum, i32(13)), words(f, 126 << 10));
  const nan = f.op('v128.and', f.op('i32x4.gt_s', magnitude, words(f, exponent)), words(f, 0x200));
  const special = f.op('v128.or', nan, words(f, 0x7c00));
  const isSpecial = f.op('i32x4.ge_s', magnitude, floats(f, 65536));
  const size = f.op('v128.bitselect', special, f.op('i32x4.add', rebased, units), isSpecial);
  return f.op('v128.or', size, f.op('v128.and', f.op('i32x4.shr_u', value, i32(16)), words(f, 0x8000)));
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
