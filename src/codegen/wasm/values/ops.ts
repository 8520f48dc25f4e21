/**
 * Scalar operations on packs: one row per primitive, to the bit what its reference function computes. Math functions
 * and programs are written out (`math.ts`, `programs.ts`); a row of such an op is code that is faster than the program.
 *
 * Most rows are one vector instruction, which the shape of the dtype completes. Operands of different widths exist
 * only as masks, which take the width that is needed.
 */
import { computeDType, isBigint, isFloat, kindOf, type DType, type Scalar } from '../../../ir/dtype.ts';
import { InternalError } from '../../../ir/errors.ts';
import { isMathFunction } from '../../../ir/math/functions.ts';
import { programOf, type CodeOp, type ScalarOp } from '../../../ir/ops.ts';
import type { PrimitiveOp } from '../../../ir/primitives.ts';
import type { ScalarMachine } from '../../../ir/programs/machine.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import type { Local } from '../assembler/operands.ts';
import { powBigint } from './bigintPower.ts';
import { bits64, constantOf, constantPack, constantVector, zeroVector } from './constants.ts';
import { emitFloorDivide, emitRemainder, emitTruncatedRemainder } from './floatDivision.ts';
import { floorDivideInteger, multiply, remainderBigint } from './integers.ts';
import { combineMasks, maskVectors } from './masks.ts';
import { emitMath } from './math.ts';
import { laneBytesOf, type Pack, type PackContext } from './pack.ts';
import { emitScalarProgram, PackMachine } from './programs.ts';
import { rotateLeft, shiftLeft, shiftRight } from './shifts.ts';
import { multiplyCarry } from './words.ts';
import { eachVector, maskPack, numberPack, shapeOf, type NumberDType, type VectorCode } from './vectors.ts';

/** Packs of the op's operand dtype in, a pack of its result dtype out. */
export type OpCode = (c: PackContext, dtype: NumberDType, args: readonly Pack[]) => Pack;

/** The same on one vector of each operand. */
type NumberCode = (f: FunctionBuilder, dtype: NumberDType, x: Local, y: Local, z: Local) => Local;

/** An op on numbers (all of them, or each kind), and on masks where bool has it. */
interface Row {
  readonly number?: OpCode;
  readonly float?: OpCode;
  readonly integer?: OpCode;
  readonly bigint?: (c: PackContext, dtype: 'int64' | 'uint64', args: readonly Pack[]) => Pack;
  readonly bool?: (f: FunctionBuilder, ...masks: Parameters<VectorCode>) => Local;
}

/** `op` on packs of dtype `operand` (of a `where`, the condition is bool). */
export function emitOp(c: PackContext, op: CodeOp, operand: DType, args: readonly Pack[]): Pack {
  const row: Row = rows[op] ?? {};
  const { bool } = row;
  if (operand === 'bool') {
    if (bool === undefined) throw new InternalError('wasm', `${op} has no code for bool`);
    return combineMasks(c, args, (x, y, z) => bool(c.f, x, y, z));
  }
  if (row.bigint !== undefined && isBigint(operand)) return row.bigint(c, operand, args);
  const own = row.number ?? (isFloat(operand) ? row.float : row.integer);
  if (own !== undefined) return own(c, operand, args);
  if (isMathFunction(op) && isFloat(operand)) return emitMath(c, op, operand, args);
  const found = programOf(op, operand);
  const result =
    found && emitScalarProgram(c, found.program, computeDType(operand), args, emitOp)[found.result];
  if (result === undefined) throw new InternalError('wasm', `${op} has no code for ${operand}`);
  return result;
}

/** The machine of programs that are written where they are used. Outside of vector loops every value is uniform. */
export const packMachine = (c: PackContext): ScalarMachine<Pack, CodeOp> =>
  new PackMachine(c, emitOp, c.lanes === 1);

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

const unchanged: OpCode = (_, __, [x]) => {
  if (x === undefined) throw new InternalError('wasm', 'an operation has operands');
  return x;
};
const rounding = (name: string): Row => ({ float: vectors(unary(name)), integer: unchanged });
const always =
  (value: 0 | 1): OpCode =>
  (c) =>
    constantPack(c, 'bool', value);

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
const abs: NumberCode = (f, dtype, x) => (isUnsigned(dtype) ? x : unary('abs')(f, dtype, x, x, x));

/** The sign bit, but of NaN. */
const signbit: NumberCode = (f, dtype, x) => {
  const negative = f.op(`${dtype === 'float32' ? 'i32x4' : 'i64x2'}.lt_s`, x, zeroVector(f));
  return f.op('v128.and', negative, f.op(`${shapeOf(dtype)}.eq`, x, x));
};

const isNegative: NumberCode = (f, dtype, x) =>
  isUnsigned(dtype) ? zeroVector(f) : f.op(`${shapeOf(dtype)}.lt_s`, x, zeroVector(f));

/** How |x| compares with infinity. */
const magnitude =
  (comparison: 'eq' | 'lt'): NumberCode =>
  (f, dtype, x) => {
    const shape = shapeOf(dtype);
    return f.op(`${shape}.${comparison}`, f.op(`${shape}.abs`, x), constantVector(f, dtype, Infinity));
  };

/** All bits are 0. */
const isZero = (value: Scalar | undefined): boolean => value === 0n || Object.is(value, 0);

const where: OpCode = (c, dtype, [condition, x, y]) => {
  if (condition === undefined || x === undefined || y === undefined)
    throw new InternalError('wasm', 'where takes three operands');
  const bytes = laneBytesOf(dtype);
  const mask = maskPack(maskVectors(c, condition, bytes), bytes, condition.uniform);
  const zero = isZero(constantOf(c.f, y));
  return vectors((f, _, m, then, otherwise) =>
    zero ? f.op('v128.and', then, m) : f.op('v128.bitselect', then, otherwise, m),
  )(c, dtype, [mask, x, y]);
};

// ---------------------------------------------------------------------------------------------------------
// The table

const rows = {
  add: { number: vectors(binary('add')) },
  subtract: { number: vectors(binary('sub')) },
  multiply: { number: vectors(multiply) },
  divide: { number: vectors(binary('div')) },
  floorDivide: { float: emitFloorDivide, integer: floorDivideInteger },
  truncatedRemainder: { float: emitTruncatedRemainder },
  remainder: { float: emitRemainder, bigint: remainderBigint },
  pow: { bigint: powBigint },
  negative: { number: vectors(unary('neg')) },
  abs: { number: vectors(abs) },
  square: { number: vectors((f, dtype, x) => multiply(f, dtype, x, x)) },
  sqrt: { number: vectors(unary('sqrt')) },
  floor: rounding('floor'),
  ceil: rounding('ceil'),
  trunc: rounding('trunc'),
  round: rounding('nearest'),
  minimum: { number: vectors(minimum), bool: (f, x, y) => f.op('v128.and', x, y) },
  maximum: { number: vectors(maximum), bool: (f, x, y) => f.op('v128.or', x, y) },
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
  isnan: { float: predicate((f, dtype, x) => binary('ne')(f, dtype, x, x, x)), integer: always(0) },
  isfinite: { float: predicate(magnitude('lt')), integer: always(1) },
  isinf: { float: predicate(magnitude('eq')), integer: always(0) },
  signbit: { float: predicate(signbit), integer: predicate(isNegative) },
  shiftLeftWithin: { number: shiftLeft },
  shiftRightWithin: { number: shiftRight },
  rotateLeft: { number: rotateLeft },
  multiplyCarry: { number: vectors((f, _, x, y, z) => multiplyCarry(f, x, y, z)) },
} as const satisfies Record<PrimitiveOp, Row> & Partial<Record<ScalarOp, Row>> as Readonly<
  Partial<Record<CodeOp, Row>>
>;
