/**
 * The table of scalar operations: the one place where an elementwise op is defined.
 *
 * A row states arity, dtype rule, cost weight (1 = one add; research figures, integers so that plans are exact)
 * and the reference function per arithmetic class. Each target has a total map from `ScalarOp` to its code, so a
 * row without code does not compile. Results are brought into their dtype by `normalize`.
 *
 * An op with the name of a math function (`math/functions.ts`) computes floats by that program, and has no function
 * for them here.
 */
import { DTypeError, InternalError } from './errors.ts';
import {
  arithmeticOf,
  defaultFloat,
  isBigint,
  isFloat,
  kindOf,
  promotion,
  type DType,
  type Scalar,
} from './dtype.ts';
import { isMathFunction, mathFunctions, onNumbers, onSingles, type MathFunction } from './math/functions.ts';
import * as s from './scalar.ts';
import { carryOf, threefry2x32 } from './threefry.ts';

/**
 * How operand dtypes give the dtype computed in (operands are cast to it) and the result dtype:
 * - `numeric`: the promoted dtype, not bool; result the same
 * - `float`: integers and bool go to float64; result the same
 * - `compare`: promoted; result bool
 * - `logical`: bool; result bool
 * - `bitwise`: promoted, integers or bool; result the same
 * - `predicate`: any number; result bool
 * - `select`: first operand bool, the others promoted; result the promoted dtype
 * - `word`: uint32; result the same
 */
export type DTypeRule =
  'numeric' | 'float' | 'compare' | 'logical' | 'bitwise' | 'predicate' | 'select' | 'word';

type FloatFunction = (x: number, y: number, z: number) => number;
type BigintFunction = (x: bigint, y: bigint, z: bigint) => bigint | number;

interface OpRow {
  readonly arity: 1 | 2 | 3;
  readonly rule: DTypeRule;
  readonly weight: number;
  /** Operands may be swapped without changing the result. */
  readonly commutative?: true;
  /** float64 and float32; absent where the op is a math function. */
  readonly float?: FloatFunction;
  /** int8..int32, uint8..uint32 and bool (0 or 1). */
  readonly int?: FloatFunction;
  readonly bigint?: BigintFunction;
}

const bit = (value: boolean): number => (value ? 1 : 0);

/** A comparison reads the same for numbers and bigints. */
const comparison = (compare: (x: Scalar, y: Scalar) => boolean) =>
  ({
    arity: 2,
    rule: 'compare',
    weight: 1,
    float: (x: number, y: number) => bit(compare(x, y)),
    int: (x: number, y: number) => bit(compare(x, y)),
    bigint: (x: bigint, y: bigint) => bit(compare(x, y)),
  }) as const;

/** A math function of one number. */
const mathOfOne = (weight: number) => ({ arity: 1, rule: 'float', weight }) as const;

/** Rounds to a whole number: integers are whole already. */
const rounding = (float: (x: number) => number) =>
  ({ arity: 1, rule: 'numeric', weight: 1, float, int: (x: number) => x, bigint: (x: bigint) => x }) as const;

export const opTable = {
  add: {
    arity: 2,
    rule: 'numeric',
    weight: 1,
    commutative: true,
    float: (x, y) => x + y,
    int: (x, y) => x + y,
    bigint: (x, y) => x + y,
  },
  subtract: {
    arity: 2,
    rule: 'numeric',
    weight: 1,
    float: (x, y) => x - y,
    int: (x, y) => x - y,
    bigint: (x, y) => x - y,
  },
  multiply: {
    arity: 2,
    rule: 'numeric',
    weight: 1,
    commutative: true,
    float: (x, y) => x * y,
    int: Math.imul,
    bigint: (x, y) => x * y,
  },
  divide: { arity: 2, rule: 'float', weight: 8, float: (x, y) => x / y },
  floorDivide: {
    arity: 2,
    rule: 'numeric',
    weight: 20,
    float: s.floorDivideFloat,
    int: s.floorDivideInt,
    bigint: s.floorDivideBigint,
  },
  remainder: {
    arity: 2,
    rule: 'numeric',
    weight: 20,
    float: s.remainderFloat,
    int: s.remainderInt,
    bigint: s.remainderBigint,
  },
  pow: { arity: 2, rule: 'numeric', weight: 90, int: s.powInt, bigint: s.powBigint },
  atan2: { arity: 2, rule: 'float', weight: 40 },
  hypot: { arity: 2, rule: 'float', weight: 30, commutative: true },
  negative: { arity: 1, rule: 'numeric', weight: 1, float: (x) => -x, int: (x) => -x, bigint: (x) => -x },
  abs: {
    arity: 1,
    rule: 'numeric',
    weight: 1,
    float: Math.abs,
    int: Math.abs,
    bigint: (x) => (x < 0n ? -x : x),
  },
  sign: {
    arity: 1,
    rule: 'numeric',
    weight: 2,
    float: s.signFloat,
    int: s.signFloat,
    bigint: (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n),
  },
  square: {
    arity: 1,
    rule: 'numeric',
    weight: 1,
    float: (x) => x * x,
    int: (x) => Math.imul(x, x),
    bigint: (x) => x * x,
  },
  sqrt: { arity: 1, rule: 'float', weight: 10, float: Math.sqrt },
  cbrt: mathOfOne(30),
  exp: mathOfOne(25),
  exp2: mathOfOne(25),
  expm1: mathOfOne(30),
  log: mathOfOne(25),
  log1p: mathOfOne(30),
  log2: mathOfOne(25),
  log10: mathOfOne(25),
  sin: mathOfOne(35),
  cos: mathOfOne(35),
  tan: mathOfOne(45),
  asin: mathOfOne(35),
  acos: mathOfOne(35),
  atan: mathOfOne(35),
  sinh: mathOfOne(45),
  cosh: mathOfOne(45),
  tanh: mathOfOne(45),
  asinh: mathOfOne(45),
  acosh: mathOfOne(45),
  atanh: mathOfOne(45),
  erf: mathOfOne(60),
  erfc: mathOfOne(70),
  erfcinv: mathOfOne(80),
  lgamma: mathOfOne(150),
  floor: rounding(Math.floor),
  ceil: rounding(Math.ceil),
  trunc: rounding(Math.trunc),
  round: rounding(s.roundHalfEven),
  minimum: {
    arity: 2,
    rule: 'numeric',
    weight: 1,
    commutative: true,
    float: (x, y) => Math.min(x, y),
    int: (x, y) => Math.min(x, y),
    bigint: (x, y) => (x < y ? x : y),
  },
  maximum: {
    arity: 2,
    rule: 'numeric',
    weight: 1,
    commutative: true,
    float: (x, y) => Math.max(x, y),
    int: (x, y) => Math.max(x, y),
    bigint: (x, y) => (x > y ? x : y),
  },
  clip: { arity: 3, rule: 'numeric', weight: 2, float: s.clipFloat, int: s.clipFloat, bigint: s.clipBigint },
  where: {
    arity: 3,
    rule: 'select',
    weight: 1,
    float: (c, x, y) => (c !== 0 ? x : y),
    int: (c, x, y) => (c !== 0 ? x : y),
    bigint: (c, x, y) => (Number(c) !== 0 ? x : y),
  },
  equal: { ...comparison((x, y) => x === y), commutative: true },
  notEqual: { ...comparison((x, y) => x !== y), commutative: true },
  less: comparison((x, y) => x < y),
  lessEqual: comparison((x, y) => x <= y),
  greater: comparison((x, y) => x > y),
  greaterEqual: comparison((x, y) => x >= y),
  logicalAnd: { arity: 2, rule: 'logical', weight: 1, commutative: true, int: (x, y) => x & y },
  logicalOr: { arity: 2, rule: 'logical', weight: 1, commutative: true, int: (x, y) => x | y },
  logicalXor: { arity: 2, rule: 'logical', weight: 1, commutative: true, int: (x, y) => x ^ y },
  logicalNot: { arity: 1, rule: 'logical', weight: 1, int: (x) => 1 - x },
  bitwiseAnd: {
    arity: 2,
    rule: 'bitwise',
    weight: 1,
    commutative: true,
    int: (x, y) => x & y,
    bigint: (x, y) => x & y,
  },
  bitwiseOr: {
    arity: 2,
    rule: 'bitwise',
    weight: 1,
    commutative: true,
    int: (x, y) => x | y,
    bigint: (x, y) => x | y,
  },
  bitwiseXor: {
    arity: 2,
    rule: 'bitwise',
    weight: 1,
    commutative: true,
    int: (x, y) => x ^ y,
    bigint: (x, y) => x ^ y,
  },
  bitwiseNot: { arity: 1, rule: 'bitwise', weight: 1, int: (x) => ~x, bigint: (x) => ~x },
  shiftLeft: { arity: 2, rule: 'bitwise', weight: 2, int: s.shiftLeftInt, bigint: s.shiftLeftBigint },
  shiftRight: { arity: 2, rule: 'bitwise', weight: 2, int: s.shiftRightInt, bigint: s.shiftRightBigint },
  isnan: {
    arity: 1,
    rule: 'predicate',
    weight: 1,
    float: (x) => bit(x !== x),
    int: () => 0,
    bigint: () => 0,
  },
  isfinite: {
    arity: 1,
    rule: 'predicate',
    weight: 1,
    float: (x) => bit(Number.isFinite(x)),
    int: () => 1,
    bigint: () => 1,
  },
  isinf: {
    arity: 1,
    rule: 'predicate',
    weight: 1,
    float: (x) => bit(x === Infinity || x === -Infinity),
    int: () => 0,
    bigint: () => 0,
  },
  // Random words: both words of the generator (threefry.ts) for the key x, y and the counter z, 0.
  threefryFirst: {
    arity: 3,
    rule: 'word',
    weight: 60,
    int: (x, y, z) => threefry2x32([x, y], [z, 0])[0],
  },
  threefrySecond: {
    arity: 3,
    rule: 'word',
    weight: 60,
    int: (x, y, z) => threefry2x32([x, y], [z, 0])[1],
  },
  /** The upper word of x y + z: scales the fraction x / 2^32 to the range from 0 to y. */
  multiplyCarry: { arity: 3, rule: 'word', weight: 3, int: carryOf },
} as const satisfies Record<string, OpRow> & Record<MathFunction, OpRow>;

export type ScalarOp = keyof typeof opTable;
export const scalarOps = Object.keys(opTable) as readonly ScalarOp[];

const rows: Readonly<Record<ScalarOp, OpRow>> = opTable;

export const opRow = (op: ScalarOp): OpRow => rows[op];
export const isCommutative = (op: ScalarOp): boolean => rows[op].commutative === true;

/** The dtype the operands are computed in, and the dtype of the result. */
export interface OpTypes {
  readonly operand: DType;
  readonly result: DType;
}

const reject = (operation: string, dtypes: readonly DType[], advice: string): never => {
  throw new DTypeError(operation, `does not take ${dtypes.join(' and ')}; ${advice}`);
};

/** Applies the dtype rule of `op`; throws a `DTypeError` that says what would work for the `operation` called. */
export function opTypes(op: ScalarOp, dtypes: readonly DType[], operation: string = op): OpTypes {
  const { rule } = rows[op];
  const values = rule === 'select' ? dtypes.slice(1) : dtypes;
  const first = values[0] ?? 'bool';
  const promoted = values.reduce<DType>((a, b) => promotion[a][b], first);
  switch (rule) {
    case 'numeric':
      if (promoted === 'bool')
        reject(operation, dtypes, "cast one operand, e.g. x.astype('int32'), or use a logical function");
      return { operand: promoted, result: promoted };
    case 'float': {
      const float = isFloat(promoted) ? promoted : defaultFloat;
      return { operand: float, result: float };
    }
    case 'compare':
      return { operand: promoted, result: 'bool' };
    case 'predicate':
      return { operand: promoted === 'bool' ? 'uint8' : promoted, result: 'bool' };
    case 'logical':
      return { operand: 'bool', result: 'bool' };
    case 'bitwise':
      if (isFloat(promoted))
        reject(operation, dtypes, "it works on integers and bool; cast first, e.g. x.astype('int32')");
      if (promoted === 'bool' && (op === 'shiftLeft' || op === 'shiftRight'))
        reject(operation, dtypes, 'cast to an integer first');
      return { operand: promoted, result: promoted };
    case 'select':
      return { operand: promoted, result: promoted };
    case 'word':
      if (isFloat(promoted)) reject(operation, dtypes, "it works on words: cast first, x.astype('uint32')");
      return { operand: 'uint32', result: 'uint32' };
  }
}

type Functions = Readonly<Partial<Record<ScalarOp, FloatFunction>>>;
const mathOfDoubles: Functions = Object.fromEntries(mathFunctions.map((name) => [name, onNumbers(name)]));
const mathOfSingles: Functions = Object.fromEntries(mathFunctions.map((name) => [name, onSingles(name)]));

/** The reference function of `op` on elements of dtype `operand`. */
export function opFunction(op: ScalarOp, operand: DType): FloatFunction | BigintFunction {
  const arithmetic = arithmeticOf(operand);
  const math = operand === 'float32' ? mathOfSingles : mathOfDoubles;
  const found = arithmetic === 'float' && isMathFunction(op) ? math[op] : rows[op][arithmetic];
  if (found === undefined) throw new InternalError(op, `has no ${arithmetic} arithmetic`);
  return found;
}

/** Computes `op` on elements of dtype `operand` into dtype `result`, by the reference functions. */
export function applyOp(op: ScalarOp, operand: DType, result: DType, args: readonly Scalar[]): Scalar {
  const raw = (opFunction(op, operand) as (...values: readonly Scalar[]) => Scalar)(...args);
  const value = normalize(op, operand, raw);
  return result === operand ? value : kindOf(result) === 'bool' ? Number(value) : value;
}

/** `not` on bool is logical: the complement of 1 must be 0, not -2. */
function normalize(op: ScalarOp, dtype: DType, raw: Scalar): Scalar {
  if (rows[op].rule === 'compare' || rows[op].rule === 'predicate') return raw;
  if (dtype === 'bool') return Number(raw) & 1;
  if (isBigint(dtype) && typeof raw === 'number') return BigInt(raw);
  return s.normalize(dtype, raw);
}
