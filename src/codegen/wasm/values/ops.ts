/**
 * Scalar operations on packs: one row per op of the op table, to the bit what its reference function computes.
 *
 * Most rows are one vector instruction, which the shape of the dtype completes. Operands of different widths exist
 * only as masks, which take the width that is needed.
 */
import { isBigint, isFloat, kindOf, type DType } from '../../../ir/dtype.ts';
import { InternalError } from '../../../ir/errors.ts';
import type { MathFunction } from '../../../ir/math/functions.ts';
import type { ScalarOp } from '../../../ir/ops.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import type { Local } from '../assembler/operands.ts';
import { bits64, constantPack, constantVector, zeroVector } from './constants.ts';
import { emitFloorDivide as floorDivideFloat, emitRemainder as remainderFloat } from './floatDivision.ts';
import { floorDivideInteger, multiply, powInteger, remainderInteger } from './integers.ts';
import { combineMasks, maskVectors } from './masks.ts';
import { emitMath } from './math.ts';
import { laneBytesOf, type Pack, type PackContext } from './pack.ts';
import { multiplyCarry, threefryWord } from './random.ts';
import { shiftLeft, shiftRight } from './shifts.ts';
import { eachVector, maskPack, numberPack, shapeOf, type NumberDType, type VectorCode } from './vectors.ts';

/** Packs of the op's operand dtype in, a pack of its result dtype out. */
export type OpCode = (c: PackContext, dtype: NumberDType, args: readonly Pack[]) => Pack;

/** The same on one vector of each operand. */
type NumberCode = (f: FunctionBuilder, dtype: NumberDType, x: Local, y: Local, z: Local) => Local;

/** An op on numbers, and on masks where bool has it. */
interface Row {
  readonly number?: OpCode;
  readonly bool?: (f: FunctionBuilder, ...masks: Parameters<VectorCode>) => Local;
}

/** `op` on packs of dtype `operand` (of a `where`, the condition is bool). */
export function emitOp(c: PackContext, op: ScalarOp, operand: DType, args: readonly Pack[]): Pack {
  const { number, bool } = rows[op];
  if (operand === 'bool') {
    if (bool === undefined) throw new InternalError('wasm', `${op} has no code for bool`);
    return combineMasks(c, args, (x, y, z) => bool(c.f, x, y, z));
  }
  if (number === undefined) throw new InternalError('wasm', `${op} has no code for ${operand}`);
  return number(c, operand, args);
}

// ---------------------------------------------------------------------------------------------------------
// Forms of rows

const vectors =
  (code: NumberCode): OpCode =>
  (c, dtype, args) =>
    numberPack(dtype, ...eachVector(c, laneBytesOf(dtype), args, (x, y, z) => code(c.f, dtype, x, y, z)));

const predicate =
  (code: NumberCode): OpCode =>
  (c, dtype, args) => {
    const bytes = laneBytesOf(dtype);
    const [masks, uniform] = eachVector(c, bytes, args, (x, y, z) => code(c.f, dtype, x, y, z));
    return maskPack(masks, bytes, uniform);
  };

/** An instruction that every shape has. */
const binary =
  (name: string): NumberCode =>
  (f, dtype, x, y) =>
    f.op(`${shapeOf(dtype)}.${name}`, x, y);
const unary =
  (name: string): NumberCode =>
  (f, dtype, x) =>
    f.op(`${shapeOf(dtype)}.${name}`, x);

const byClass =
  (float: OpCode, integer: OpCode): OpCode =>
  (c, dtype, args) =>
    (isFloat(dtype) ? float : integer)(c, dtype, args);

const unchanged: OpCode = (_, __, [x]) => {
  if (x === undefined) throw new InternalError('wasm', 'an operation has operands');
  return x;
};
const rounding = (name: string): Row => ({ number: byClass(vectors(unary(name)), unchanged) });
const always =
  (value: 0 | 1): OpCode =>
  (c) =>
    constantPack(c, 'bool', value);
const math = (name: MathFunction): Row => ({ number: (c, dtype, args) => emitMath(c, name, dtype, args) });

const bits = (name: string): Row => ({
  number: vectors((f, _, x, y) => f.op(name, x, y)),
  bool: (f, x, y) => f.op(name, x, y),
});
const logical = (name: string): Row => ({ bool: (f, x, y) => f.op(name, x, y) });
const not = (f: FunctionBuilder, x: Local): Local => f.op('v128.not', x);

// ---------------------------------------------------------------------------------------------------------
// Vectors

const isUnsigned = (dtype: DType): boolean => kindOf(dtype) === 'uint';

/** The sign bit turned: unsigned 64-bit integers compare like signed ones then. */
const biased = (f: FunctionBuilder, x: Local): Local => f.op('v128.xor', x, bits64(f, 1n << 63n));

const ordered =
  (name: 'lt' | 'le' | 'gt' | 'ge'): NumberCode =>
  (f, dtype, x, y) => {
    if (dtype === 'uint64') return f.op(`i64x2.${name}_s`, biased(f, x), biased(f, y));
    const suffix = isFloat(dtype) ? '' : isUnsigned(dtype) ? '_u' : '_s';
    return f.op(`${shapeOf(dtype)}.${name}${suffix}`, x, y);
  };

const extremum =
  (name: 'min' | 'max'): NumberCode =>
  (f, dtype, x, y) => {
    if (isBigint(dtype))
      return f.op('v128.bitselect', x, y, ordered(name === 'min' ? 'lt' : 'gt')(f, dtype, x, y, y));
    const suffix = isFloat(dtype) ? '' : isUnsigned(dtype) ? '_u' : '_s';
    return f.op(`${shapeOf(dtype)}.${name}${suffix}`, x, y);
  };

const minimum = extremum('min');
const maximum = extremum('max');
const clip: NumberCode = (f, dtype, x, low, high) =>
  minimum(f, dtype, maximum(f, dtype, x, low, low), high, high);

/** Masks are -1 in integer arithmetic. */
const sign: NumberCode = (f, dtype, x) => {
  const zero = zeroVector(f);
  const shape = shapeOf(dtype);
  if (isFloat(dtype)) {
    const [plus, minus] = [constantVector(f, dtype, 1), constantVector(f, dtype, -1)];
    const signs = f.op(
      'v128.or',
      f.op('v128.and', f.op(`${shape}.gt`, x, zero), plus),
      f.op('v128.and', f.op(`${shape}.lt`, x, zero), minus),
    );
    return f.op('v128.bitselect', x, signs, f.op(`${shape}.ne`, x, x));
  }
  if (isUnsigned(dtype)) {
    const one = constantVector(f, dtype, isBigint(dtype) ? 1n : 1);
    return f.op('v128.and', f.op(`${shape}.ne`, x, zero), one);
  }
  return f.op(`${shape}.sub`, f.op(`${shape}.lt_s`, x, zero), f.op(`${shape}.gt_s`, x, zero));
};

const abs: NumberCode = (f, dtype, x) => (isUnsigned(dtype) ? x : unary('abs')(f, dtype, x, x, x));

/** How |x| compares with infinity. */
const magnitude =
  (comparison: 'eq' | 'lt'): NumberCode =>
  (f, dtype, x) => {
    const shape = shapeOf(dtype);
    return f.op(`${shape}.${comparison}`, f.op(`${shape}.abs`, x), constantVector(f, dtype, Infinity));
  };

const where: OpCode = (c, dtype, [condition, x, y]) => {
  if (condition === undefined || x === undefined || y === undefined)
    throw new InternalError('wasm', 'where takes three operands');
  const bytes = laneBytesOf(dtype);
  const mask = maskPack(maskVectors(c, condition, bytes), bytes, condition.uniform);
  return vectors((f, _, m, then, otherwise) => f.op('v128.bitselect', then, otherwise, m))(c, dtype, [
    mask,
    x,
    y,
  ]);
};

// ---------------------------------------------------------------------------------------------------------
// The table

const rows = {
  add: { number: vectors(binary('add')) },
  subtract: { number: vectors(binary('sub')) },
  multiply: { number: vectors(multiply) },
  divide: { number: vectors(binary('div')) },
  floorDivide: { number: byClass(floorDivideFloat, floorDivideInteger) },
  remainder: { number: byClass(remainderFloat, remainderInteger) },
  pow: { number: byClass((c, dtype, args) => emitMath(c, 'pow', dtype, args), powInteger) },
  atan2: math('atan2'),
  hypot: math('hypot'),
  negative: { number: vectors(unary('neg')) },
  abs: { number: vectors(abs) },
  sign: { number: vectors(sign) },
  square: { number: vectors((f, dtype, x) => multiply(f, dtype, x, x)) },
  sqrt: { number: vectors(unary('sqrt')) },
  cbrt: math('cbrt'),
  exp: math('exp'),
  exp2: math('exp2'),
  expm1: math('expm1'),
  log: math('log'),
  log1p: math('log1p'),
  log2: math('log2'),
  log10: math('log10'),
  sin: math('sin'),
  cos: math('cos'),
  tan: math('tan'),
  asin: math('asin'),
  acos: math('acos'),
  atan: math('atan'),
  sinh: math('sinh'),
  cosh: math('cosh'),
  tanh: math('tanh'),
  asinh: math('asinh'),
  acosh: math('acosh'),
  atanh: math('atanh'),
  erf: math('erf'),
  erfc: math('erfc'),
  erfcinv: math('erfcinv'),
  lgamma: math('lgamma'),
  floor: rounding('floor'),
  ceil: rounding('ceil'),
  trunc: rounding('trunc'),
  round: rounding('nearest'),
  minimum: { number: vectors(minimum), bool: (f, x, y) => f.op('v128.and', x, y) },
  maximum: { number: vectors(maximum), bool: (f, x, y) => f.op('v128.or', x, y) },
  clip: { number: vectors(clip) },
  where: { number: where, bool: (f, c, x, y) => f.op('v128.bitselect', x, y, c) },
  equal: { number: predicate(binary('eq')), bool: (f, x, y) => not(f, f.op('v128.xor', x, y)) },
  notEqual: { number: predicate(binary('ne')), bool: (f, x, y) => f.op('v128.xor', x, y) },
  less: { number: predicate(ordered('lt')), bool: (f, x, y) => f.op('v128.andnot', y, x) },
  lessEqual: { number: predicate(ordered('le')), bool: (f, x, y) => not(f, f.op('v128.andnot', x, y)) },
  greater: { number: predicate(ordered('gt')), bool: (f, x, y) => f.op('v128.andnot', x, y) },
  greaterEqual: { number: predicate(ordered('ge')), bool: (f, x, y) => not(f, f.op('v128.andnot', y, x)) },
  logicalAnd: logical('v128.and'),
  logicalOr: logical('v128.or'),
  logicalXor: logical('v128.xor'),
  logicalNot: { bool: not },
  bitwiseAnd: bits('v128.and'),
  bitwiseOr: bits('v128.or'),
  bitwiseXor: bits('v128.xor'),
  bitwiseNot: { number: vectors((f, _, x) => not(f, x)), bool: not },
  shiftLeft: { number: shiftLeft },
  shiftRight: { number: shiftRight },
  isnan: {
    number: byClass(
      predicate((f, dtype, x) => binary('ne')(f, dtype, x, x, x)),
      always(0),
    ),
  },
  isfinite: { number: byClass(predicate(magnitude('lt')), always(1)) },
  isinf: { number: byClass(predicate(magnitude('eq')), always(0)) },
  threefryFirst: { number: (c, _, args) => threefryWord(c, args, 0) },
  threefrySecond: { number: (c, _, args) => threefryWord(c, args, 1) },
  multiplyCarry: { number: vectors((f, _, x, y, z) => multiplyCarry(f, x, y, z)) },
} as const satisfies Record<ScalarOp, Row> as Readonly<Record<ScalarOp, Row>>;
