/**
 * The instructions that generated code uses: name, signature, encoding. One row per instruction, in the order of the
 * specification (WebAssembly 2.0 with vector instructions; https://webassembly.github.io/spec/core/binary/).
 *
 * A signature reads `operands:result` in letters: i = i32, l = i64, f = f32, d = f64, v = v128.
 */
import { InternalError } from '../../../ir/errors.ts';

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

/** What follows the opcode: nothing, a memory offset, a lane number, both, or the 16 lanes of a shuffle. */
type Immediate = 'none' | 'memory' | 'lane' | 'memoryLane' | 'shuffle';

interface Instruction {
  readonly prefix: number | undefined;
  readonly code: number;
  /** Of `select` the first two may be of any one type, which is then that of the result. */
  readonly operands: readonly ValueType[];
  readonly result: ValueType | undefined;
  readonly immediate: Immediate;
}

const letters: Readonly<Record<string, ValueType>> = { i: 'i32', l: 'i64', f: 'f32', d: 'f64', v: 'v128' };

const typesOf = (text: string): readonly ValueType[] =>
  Array.from(text, (letter) => {
    const type = letters[letter];
    if (type === undefined) throw new InternalError('wasm', `no type is written ${letter}`);
    return type;
  });

const table = new Map<string, Instruction>();

function row(
  name: string,
  prefix: number | undefined,
  code: number,
  signature: string,
  immediate: Immediate,
): void {
  const [operands = '', result = ''] = signature.split(':');
  table.set(name, { prefix, code, operands: typesOf(operands), result: typesOf(result)[0], immediate });
}

/** Consecutive opcodes of one signature; `-` leaves one out. */
function rows(
  prefix: number | undefined,
  code: number,
  shape: string,
  names: string,
  signature: string,
  immediate: Immediate = 'none',
): void {
  names.split(' ').forEach((name, k) => {
    if (name !== '-') row(shape === '' ? name : `${shape}.${name}`, prefix, code + k, signature, immediate);
  });
}

const [saturating, vector] = [0xfc, 0xfd];
const plain = undefined;

/** Fills the table: programs that write no WebAssembly need none of it. */
function fill(): void {
  rows(plain, 0x28, 'i32', 'load', 'i:i', 'memory');
  rows(plain, 0x29, 'i64', 'load', 'i:l', 'memory');
  rows(plain, 0x2a, 'f32', 'load', 'i:f', 'memory');
  rows(plain, 0x2b, 'f64', 'load', 'i:d', 'memory');
  rows(plain, 0x2c, 'i32', 'load8_s load8_u load16_s load16_u', 'i:i', 'memory');
  rows(plain, 0x36, 'i32', 'store', 'ii:', 'memory');
  rows(plain, 0x37, 'i64', 'store', 'il:', 'memory');
  rows(plain, 0x38, 'f32', 'store', 'if:', 'memory');
  rows(plain, 0x39, 'f64', 'store', 'id:', 'memory');
  rows(plain, 0x3a, 'i32', 'store8 store16', 'ii:', 'memory');

  rows(plain, 0x45, 'i32', 'eqz', 'i:i');
  rows(plain, 0x46, 'i32', 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u', 'ii:i');
  rows(plain, 0x50, 'i64', 'eqz', 'l:i');
  rows(plain, 0x51, 'i64', 'eq ne lt_s lt_u gt_s gt_u le_s - ge_s ge_u', 'll:i');
  rows(plain, 0x5e, 'f32', 'gt', 'ff:i');
  rows(plain, 0x63, 'f64', 'lt gt - ge', 'dd:i');
  rows(plain, 0x67, 'i32', 'clz ctz', 'i:i');
  rows(plain, 0x6a, 'i32', 'add sub mul - div_u - rem_u and or xor shl shr_s shr_u', 'ii:i');
  rows(plain, 0x79, 'i64', 'clz ctz', 'l:l');
  rows(plain, 0x7c, 'i64', 'add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u', 'll:l');
  rows(plain, 0x92, 'f32', 'add - mul', 'ff:f');
  rows(plain, 0x99, 'f64', 'abs', 'd:d');
  rows(plain, 0xa0, 'f64', 'add sub mul div min max copysign', 'dd:d');
  rows(plain, 0xa7, 'i32', 'wrap_i64', 'l:i');
  rows(plain, 0xac, 'i64', 'extend_i32_s extend_i32_u', 'i:l');
  rows(plain, 0xb7, 'f64', 'convert_i32_s convert_i32_u', 'i:d');
  rows(plain, 0xb9, 'f64', 'convert_i64_s convert_i64_u', 'l:d');
  rows(plain, 0xbb, 'f64', 'promote_f32', 'f:d');
  rows(plain, 0xbd, 'i64', 'reinterpret_f64', 'd:l');
  rows(plain, 0xbe, 'f32', 'reinterpret_i32', 'i:f');
  rows(plain, 0xbf, 'f64', 'reinterpret_i64', 'l:d');
  rows(saturating, 2, 'i32', 'trunc_sat_f64_s', 'd:i');
  rows(saturating, 4, 'i64', 'trunc_sat_f32_s trunc_sat_f32_u', 'f:l');
  rows(saturating, 6, 'i64', 'trunc_sat_f64_s trunc_sat_f64_u', 'd:l');

  rows(
    vector,
    0,
    'v128',
    'load - - load16x4_s load16x4_u - - load8_splat load16_splat load32_splat load64_splat',
    'i:v',
    'memory',
  );
  rows(vector, 11, 'v128', 'store', 'iv:', 'memory');
  rows(vector, 13, 'i8x16', 'shuffle', 'vv:v', 'shuffle');
  rows(vector, 15, '', 'i8x16.splat i16x8.splat i32x4.splat', 'i:v');
  rows(vector, 18, 'i64x2', 'splat', 'l:v');
  rows(vector, 19, 'f32x4', 'splat', 'f:v');
  rows(vector, 20, 'f64x2', 'splat', 'd:v');
  rows(vector, 21, 'i8x16', 'extract_lane_s extract_lane_u', 'v:i', 'lane');
  rows(vector, 23, 'i8x16', 'replace_lane', 'vi:v', 'lane');
  rows(vector, 24, 'i16x8', 'extract_lane_s extract_lane_u', 'v:i', 'lane');
  rows(vector, 26, 'i16x8', 'replace_lane', 'vi:v', 'lane');
  rows(vector, 27, 'i32x4', 'extract_lane', 'v:i', 'lane');
  rows(vector, 28, 'i32x4', 'replace_lane', 'vi:v', 'lane');
  rows(vector, 29, 'i64x2', 'extract_lane', 'v:l', 'lane');
  rows(vector, 30, 'i64x2', 'replace_lane', 'vl:v', 'lane');
  rows(vector, 31, 'f32x4', 'extract_lane', 'v:f', 'lane');
  rows(vector, 32, 'f32x4', 'replace_lane', 'vf:v', 'lane');
  rows(vector, 33, 'f64x2', 'extract_lane', 'v:d', 'lane');
  rows(vector, 34, 'f64x2', 'replace_lane', 'vd:v', 'lane');
  rows(vector, 35, 'i8x16', 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u', 'vv:v');
  rows(vector, 45, 'i16x8', 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u', 'vv:v');
  rows(vector, 55, 'i32x4', 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u', 'vv:v');
  rows(vector, 65, 'f32x4', 'eq ne lt gt le ge', 'vv:v');
  rows(vector, 71, 'f64x2', 'eq ne lt gt le ge', 'vv:v');
  rows(vector, 77, 'v128', 'not', 'v:v');
  rows(vector, 78, 'v128', 'and andnot or xor', 'vv:v');
  rows(vector, 82, 'v128', 'bitselect', 'vvv:v');
  rows(vector, 83, 'v128', 'any_true', 'v:i');
  rows(vector, 84, 'v128', 'load8_lane load16_lane load32_lane load64_lane', 'iv:v', 'memoryLane');
  rows(vector, 88, 'v128', 'store8_lane store16_lane store32_lane store64_lane', 'iv:', 'memoryLane');
  rows(vector, 92, 'v128', 'load32_zero load64_zero', 'i:v', 'memory');
  rows(vector, 94, '', 'f32x4.demote_f64x2_zero f64x2.promote_low_f32x4', 'v:v');
  rows(vector, 96, 'i8x16', 'abs neg popcnt', 'v:v');
  rows(vector, 99, 'i8x16', 'all_true', 'v:i');
  rows(vector, 101, 'i8x16', 'narrow_i16x8_s narrow_i16x8_u', 'vv:v');
  rows(vector, 103, 'f32x4', 'ceil floor trunc nearest', 'v:v');
  rows(vector, 107, 'i8x16', 'shl shr_s shr_u', 'vi:v');
  rows(vector, 110, 'i8x16', 'add - - sub', 'vv:v');
  rows(vector, 116, 'f64x2', 'ceil floor', 'v:v');
  rows(vector, 118, 'i8x16', 'min_s min_u max_s max_u', 'vv:v');
  rows(vector, 122, 'f64x2', 'trunc', 'v:v');
  rows(vector, 128, 'i16x8', 'abs neg', 'v:v');
  rows(vector, 133, 'i16x8', 'narrow_i32x4_s narrow_i32x4_u', 'vv:v');
  rows(
    vector,
    135,
    'i16x8',
    'extend_low_i8x16_s extend_high_i8x16_s extend_low_i8x16_u extend_high_i8x16_u',
    'v:v',
  );
  rows(vector, 139, 'i16x8', 'shl shr_s shr_u', 'vi:v');
  rows(vector, 142, 'i16x8', 'add - - sub', 'vv:v');
  rows(vector, 148, 'f64x2', 'nearest', 'v:v');
  rows(vector, 149, 'i16x8', 'mul min_s min_u max_s max_u', 'vv:v');
  rows(vector, 158, 'i16x8', 'extmul_low_i8x16_u extmul_high_i8x16_u', 'vv:v');
  rows(vector, 160, 'i32x4', 'abs neg', 'v:v');
  rows(
    vector,
    167,
    'i32x4',
    'extend_low_i16x8_s extend_high_i16x8_s extend_low_i16x8_u extend_high_i16x8_u',
    'v:v',
  );
  rows(vector, 171, 'i32x4', 'shl shr_s shr_u', 'vi:v');
  rows(vector, 174, 'i32x4', 'add', 'vv:v');
  rows(vector, 177, 'i32x4', 'sub', 'vv:v');
  rows(vector, 181, 'i32x4', 'mul min_s min_u max_s max_u', 'vv:v');
  rows(vector, 192, 'i64x2', 'abs neg', 'v:v');
  rows(vector, 195, 'i64x2', 'all_true', 'v:i');
  rows(
    vector,
    199,
    'i64x2',
    'extend_low_i32x4_s extend_high_i32x4_s extend_low_i32x4_u extend_high_i32x4_u',
    'v:v',
  );
  rows(vector, 203, 'i64x2', 'shl shr_s shr_u', 'vi:v');
  rows(vector, 206, 'i64x2', 'add', 'vv:v');
  rows(vector, 209, 'i64x2', 'sub', 'vv:v');
  rows(vector, 213, 'i64x2', 'mul eq ne lt_s gt_s le_s ge_s', 'vv:v');
  rows(
    vector,
    220,
    'i64x2',
    'extmul_low_i32x4_s extmul_high_i32x4_s extmul_low_i32x4_u extmul_high_i32x4_u',
    'vv:v',
  );
  rows(vector, 224, 'f32x4', 'abs neg', 'v:v');
  rows(vector, 227, 'f32x4', 'sqrt', 'v:v');
  rows(vector, 228, 'f32x4', 'add sub mul div min max pmin pmax', 'vv:v');
  rows(vector, 236, 'f64x2', 'abs neg', 'v:v');
  rows(vector, 239, 'f64x2', 'sqrt', 'v:v');
  rows(vector, 240, 'f64x2', 'add sub mul div min max pmin pmax', 'vv:v');
  rows(vector, 248, 'i32x4', 'trunc_sat_f32x4_s trunc_sat_f32x4_u', 'v:v');
  rows(vector, 250, 'f32x4', 'convert_i32x4_s convert_i32x4_u', 'v:v');
  rows(vector, 252, 'i32x4', 'trunc_sat_f64x2_s_zero trunc_sat_f64x2_u_zero', 'v:v');
  rows(vector, 254, 'f64x2', 'convert_low_i32x4_s convert_low_i32x4_u', 'v:v');

  row('select', plain, 0x1b, 'vvi:v', 'none');
}

export function instruction(name: string): Instruction {
  if (table.size === 0) fill();
  const found = table.get(name);
  if (found === undefined) throw new InternalError('wasm', `there is no instruction ${name}`);
  return found;
}
