/**
 * The primitives: the scalar operations that every target has code for. All other operations are programs over them.
 *
 * A row states arity, dtype rule, cost weight (1 = one add; research figures, integers so that plans are exact)
 * and the reference function per arithmetic class, whose results are brought into their dtype (`scalarNumbers.ts`).
 */
import type { Scalar } from './dtype.ts';
import * as s from './scalar.ts';

/**
 * How operand dtypes give the dtype computed in (operands are cast to it) and the result dtype:
 * - `numeric`: the promoted dtype, not bool; result the same
 * - `float`: integers and bool go to float64; result the same
 * - `compare`: promoted; result bool
 * - `logical`: bool; result bool
 * - `bitwise`: promoted, integers or bool; result the same
 * - `integer`: promoted, integers; result the same
 * - `predicate`: any number; result bool
 * - `select`: first operand bool, the others promoted; result the promoted dtype
 * - `word`: uint32; result the same
 */
export type DTypeRule =
  'numeric' | 'float' | 'compare' | 'logical' | 'bitwise' | 'integer' | 'predicate' | 'select' | 'word';

export type FloatFunction = (x: number, y: number, z: number) => number;
export type BigintFunction = (x: bigint, y: bigint, z: bigint) => bigint | number;

export interface PrimitiveRow {
  readonly arity: 1 | 2 | 3;
  readonly rule: DTypeRule;
  readonly weight: number;
  /** Operands may be swapped without changing the result. */
  readonly commutative?: true;
  /** Integer results depend on the bits of the operands up to their width alone, not on their signs. */
  readonly modular?: true;
  /** A compiler may merge a product of floats into a sum, skipping one rounding. */
  readonly merges?: 'product' | 'sum';
  /** A compiler may take the result for known where both operands are one float up to its sign, which is wrong for NaN. */
  readonly foldable?: true;
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
    foldable: true,
    float: (x: number, y: number) => bit(compare(x, y)),
    int: (x: number, y: number) => bit(compare(x, y)),
    bigint: (x: bigint, y: bigint) => bit(compare(x, y)),
  }) as const;

/** Rounds to a whole number: integers are whole already. */
const rounding = (float: (x: number) => number) =>
  ({ arity: 1, rule: 'numeric', weight: 1, float, int: (x: number) => x, bigint: (x: bigint) => x }) as const;

type Numbers = (x: number, y: number) => number;
type Bigints = (x: bigint, y: bigint) => bigint;

const extremum = (float: Numbers, bigint: Bigints) =>
  ({ arity: 2, rule: 'numeric', weight: 1, commutative: true, float, int: float, bigint }) as const;
const logical = (int: Numbers) => ({ arity: 2, rule: 'logical', weight: 1, commutative: true, int }) as const;
const bitwise = (int: Numbers, bigint: Bigints) =>
  ({ arity: 2, rule: 'bitwise', weight: 1, commutative: true, modular: true, int, bigint }) as const;

/** Of floats; all integers have one answer. */
const predicate = (holds: (x: number) => boolean, integers: 0 | 1) =>
  ({
    arity: 1,
    rule: 'predicate',
    weight: 1,
    float: (x: number) => bit(holds(x)),
    int: () => integers,
    bigint: () => integers,
  }) as const;

export const primitives = {
  add: {
    arity: 2,
    rule: 'numeric',
    weight: 1,
    commutative: true,
    modular: true,
    merges: 'sum',
    foldable: true,
    float: (x, y) => x + y,
    int: (x, y) => x + y,
    bigint: (x, y) => x + y,
  },
  subtract: {
    arity: 2,
    rule: 'numeric',
    weight: 1,
    modular: true,
    merges: 'sum',
    foldable: true,
    float: (x, y) => x - y,
    int: (x, y) => x - y,
    bigint: (x, y) => x - y,
  },
  multiply: {
    arity: 2,
    rule: 'numeric',
    weight: 1,
    commutative: true,
    modular: true,
    merges: 'product',
    float: (x, y) => x * y,
    int: Math.imul,
    bigint: (x, y) => x * y,
  },
  divide: { arity: 2, rule: 'float', weight: 8, foldable: true, float: (x, y) => x / y },
  /** Of integers; that of floats is a program. */
  floorDivide: {
    arity: 2,
    rule: 'numeric',
    weight: 20,
    int: s.floorDivideInt,
    bigint: s.floorDivideBigint,
  },
  negative: {
    arity: 1,
    rule: 'numeric',
    weight: 1,
    modular: true,
    float: (x) => -x,
    int: (x) => -x,
    bigint: (x) => -x,
  },
  abs: {
    arity: 1,
    rule: 'numeric',
    weight: 1,
    float: Math.abs,
    int: Math.abs,
    bigint: (x) => (x < 0n ? -x : x),
  },
  square: {
    arity: 1,
    rule: 'numeric',
    weight: 1,
    modular: true,
    merges: 'product',
    float: (x) => x * x,
    int: (x) => Math.imul(x, x),
    bigint: (x) => x * x,
  },
  sqrt: { arity: 1, rule: 'float', weight: 10, float: Math.sqrt },
  floor: rounding(Math.floor),
  ceil: rounding(Math.ceil),
  trunc: rounding(Math.trunc),
  round: rounding(s.roundHalfEven),
  minimum: extremum(
    (x, y) => Math.min(x, y),
    (x, y) => (x < y ? x : y),
  ),
  maximum: extremum(
    (x, y) => Math.max(x, y),
    (x, y) => (x > y ? x : y),
  ),
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
  logicalAnd: logical((x, y) => x & y),
  logicalOr: logical((x, y) => x | y),
  logicalXor: logical((x, y) => x ^ y),
  logicalNot: { arity: 1, rule: 'logical', weight: 1, int: (x) => 1 - x },
  bitwiseAnd: bitwise(
    (x, y) => x & y,
    (x, y) => x & y,
  ),
  bitwiseOr: bitwise(
    (x, y) => x | y,
    (x, y) => x | y,
  ),
  bitwiseXor: bitwise(
    (x, y) => x ^ y,
    (x, y) => x ^ y,
  ),
  bitwiseNot: { arity: 1, rule: 'bitwise', weight: 1, modular: true, int: (x) => ~x, bigint: (x) => ~x },
  isnan: predicate((x) => x !== x, 0),
  isfinite: predicate(Number.isFinite, 1),
  isinf: predicate((x) => x === Infinity || x === -Infinity, 0),
  /** -0 is negative, NaN is not: the sign of NaN is open. */
  signbit: {
    arity: 1,
    rule: 'predicate',
    weight: 1,
    float: (x) => bit(x < 0 || Object.is(x, -0)),
    int: (x) => bit(x < 0),
    bigint: (x) => bit(x < 0n),
  },
} as const satisfies Record<string, PrimitiveRow>;

/** Primitives for programs alone, which take results only where they are defined. */
export const innerPrimitives = {
  /** By a count from 0 up to below the width; another gives some value. */
  shiftLeftWithin: {
    arity: 2,
    rule: 'bitwise',
    weight: 1,
    modular: true,
    int: (x, y) => x << y,
    bigint: (x, y) => x << (y & 63n),
  },
  /** The same; the sign is kept. Unsigned values are below 2^32. */
  shiftRightWithin: {
    arity: 2,
    rule: 'bitwise',
    weight: 1,
    int: (x, y) => (x > 2147483647 ? x >>> y : x >> y),
    bigint: (x, y) => x >> (y & 63n),
  },
  /** x - n y, exactly, where n is x / y rounded toward zero; with the sign of x. */
  truncatedRemainder: { arity: 2, rule: 'float', weight: 20, float: (x, y) => x % y },
  /** By a constant count from 1 to 31. */
  rotateLeft: {
    arity: 2,
    rule: 'word',
    weight: 3,
    modular: true,
    int: (x, y) => (x << y) | (x >>> (32 - y)),
  },
} as const satisfies Record<string, PrimitiveRow>;

export type PrimitiveOp = keyof typeof primitives | keyof typeof innerPrimitives;

const rows: Readonly<Record<PrimitiveOp, PrimitiveRow>> = { ...primitives, ...innerPrimitives };
export const primitiveOps = Object.keys(rows) as readonly PrimitiveOp[];
export const primitiveRow = (op: PrimitiveOp): PrimitiveRow => rows[op];

/** Whether the result of `row` is bool whatever the operands are. */
export const givesBool = ({ rule }: PrimitiveRow): boolean =>
  rule === 'compare' || rule === 'predicate' || rule === 'logical';
