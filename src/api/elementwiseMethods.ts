/**
 * The elementwise methods: one documented line per row of the scalar-op table. Their types and their code
 * (`installElementwise`) come from the table, and a row without a method here does not compile.
 */
import { checkMethodCount } from '../ir/arguments.ts';
import type { ArrayDType, DType } from '../ir/dtype.ts';
import { opRow, scalarOps, type ScalarOp } from '../ir/ops.ts';
import { realNodeOf, type AnyArray } from './anyArray.ts';
import { complexBinary, complexUnary } from './complex/elementwise.ts';
import { realInputOf } from './complex/operands.ts';
import type { Pair } from './complex/pair.ts';
import { binary, power, unary } from './nodes/elementwise.ts';
import type { Node } from '../ir/node.ts';
import type { LazyArray } from './lazyArray.ts';
import type { BinaryOp, Meet, Operand, ResultDType, UnaryOp } from './types.ts';

type Unary<Op extends UnaryOp, D extends ArrayDType> = LazyArray<ResultDType<Op, D>>;
/** The result of the binary `Op` on an array of `D` and the operand `X`. */
export type Binary<Op extends BinaryOp, D extends ArrayDType, X> = LazyArray<ResultDType<Op, Meet<D, X>>>;

/**
 * Every method works element by element and returns an array of the broadcast shape. Two arrays are promoted to one dtype;
 * a JS scalar takes the dtype of the array (a fractional number combined with integers gives float64).
 * Throws `ShapeError` for shapes that do not broadcast, `DTypeError` for dtypes that the operation does not take.
 */
export interface ElementwiseMethods<D extends ArrayDType> {
  /** The sum `x + y`. `lz.array([1, 2]).add(10)` is `[11. 12.]`. */
  add<X extends Operand>(other: X): Binary<'add', D, X>;
  /** The difference `x - y`. `lz.array([3, 2]).subtract([1, 5])` is `[ 2. -3.]`. */
  subtract<X extends Operand>(other: X): Binary<'subtract', D, X>;
  /** Short for {@link subtract}. `lz.array([3, 2]).sub(1)` is `[2. 1.]`. */
  sub<X extends Operand>(other: X): Binary<'subtract', D, X>;
  /** The product `x * y`. `lz.array([3, 2]).multiply([2, 5])` is `[ 6. 10.]`. */
  multiply<X extends Operand>(other: X): Binary<'multiply', D, X>;
  /** Short for {@link multiply}. `lz.array([3, 2]).mul(2)` is `[6. 4.]`. */
  mul<X extends Operand>(other: X): Binary<'multiply', D, X>;
  /** The quotient `x / y`, always a float. `lz.array([1n, 2n]).divide(2)` is `[0.5 1. ]`. */
  divide<X extends Operand>(other: X): Binary<'divide', D, X>;
  /** Short for {@link divide}. `lz.array([1, 3]).div(2)` is `[0.5 1.5]`. */
  div<X extends Operand>(other: X): Binary<'divide', D, X>;
  /** The quotient rounded down; integers by zero give 0. `lz.array([7n, -7n]).floorDivide(2)` is `[ 3 -4]`. */
  floorDivide<X extends Operand>(other: X): Binary<'floorDivide', D, X>;
  /** The remainder of `floorDivide`, with the sign of the divisor. `lz.array([7n, -7n]).remainder(3)` is `[1 2]`. */
  remainder<X extends Operand>(other: X): Binary<'remainder', D, X>;
  /** Short for {@link remainder}. `lz.array([7, -7]).mod(3)` is `[1. 2.]`. */
  mod<X extends Operand>(other: X): Binary<'remainder', D, X>;
  /** `x` to the power `y`; integers stay integers. `lz.array([2, 3]).pow(2)` is `[4. 9.]`. */
  pow<X extends Operand>(exponent: X): Binary<'pow', D, X>;
  /** The angle of the point (x, y), this array being y. `lz.array([0, 1]).atan2([1, 0])` is `[0.         1.57079633]`. */
  atan2<X extends Operand>(x: X): Binary<'atan2', D, X>;
  /** The length of the vector (x, y), without intermediate overflow. `lz.array([3, 5]).hypot([4, 12])` is `[ 5. 13.]`. */
  hypot<X extends Operand>(other: X): Binary<'hypot', D, X>;
  /** The magnitude of `x` with the sign of `y`; -0 has one, NaN counts as positive. `lz.array([1, -2]).copysign([-1, 0])` is `[-1.  2.]`. */
  copysign<X extends Operand>(sign: X): Binary<'copysign', D, X>;
  /** The float next to `x` on the way to `y`. `lz.array([1, 1]).nextafter([2, 1]).sub(1)` is `[2.22044605e-16 0.00000000e+00]`. */
  nextafter<X extends Operand>(toward: X): Binary<'nextafter', D, X>;
  /** The greatest common divisor of integers; 0 of two zeros. `lz.array([12n, -18n]).gcd(8)` is `[4 2]`. */
  gcd<X extends Operand>(other: X): Binary<'gcd', D, X>;
  /** The smaller of the two operands; NaN if either is NaN. `lz.array([1, 5]).minimum(3)` is `[1. 3.]`. */
  minimum<X extends Operand>(other: X): Binary<'minimum', D, X>;
  /** The larger of the two operands; NaN if either is NaN. `lz.array([1, 5]).maximum(3)` is `[3. 5.]`. */
  maximum<X extends Operand>(other: X): Binary<'maximum', D, X>;

  /** `x === y`. `lz.array([1, 2]).equal(2)` is `[False  True]`. */
  equal<X extends Operand>(other: X): Binary<'equal', D, X>;
  /** Short for {@link equal}. `lz.array([1, 2]).eq([1, 3])` is `[ True False]`. */
  eq<X extends Operand>(other: X): Binary<'equal', D, X>;
  /** `x !== y`. `lz.array([1, 2]).notEqual(2)` is `[ True False]`. */
  notEqual<X extends Operand>(other: X): Binary<'notEqual', D, X>;
  /** Short for {@link notEqual}. `lz.array([1, 2]).ne(1)` is `[False  True]`. */
  ne<X extends Operand>(other: X): Binary<'notEqual', D, X>;
  /** `x < y`. `lz.array([1, 2]).less(2)` is `[ True False]`. */
  less<X extends Operand>(other: X): Binary<'less', D, X>;
  /** Short for {@link less}. `lz.array([1, 2]).lt(2)` is `[ True False]`. */
  lt<X extends Operand>(other: X): Binary<'less', D, X>;
  /** `x <= y`. `lz.array([1, 2]).lessEqual(1)` is `[ True False]`. */
  lessEqual<X extends Operand>(other: X): Binary<'lessEqual', D, X>;
  /** Short for {@link lessEqual}. `lz.array([1, 2]).le(1)` is `[ True False]`. */
  le<X extends Operand>(other: X): Binary<'lessEqual', D, X>;
  /** `x > y`. `lz.array([1, 2]).greater(1)` is `[False  True]`. */
  greater<X extends Operand>(other: X): Binary<'greater', D, X>;
  /** Short for {@link greater}. `lz.array([1, 2]).gt(1)` is `[False  True]`. */
  gt<X extends Operand>(other: X): Binary<'greater', D, X>;
  /** `x >= y`. `lz.array([1, 2]).greaterEqual(2)` is `[False  True]`. */
  greaterEqual<X extends Operand>(other: X): Binary<'greaterEqual', D, X>;
  /** Short for {@link greaterEqual}. `lz.array([1, 2]).ge(2)` is `[False  True]`. */
  ge<X extends Operand>(other: X): Binary<'greaterEqual', D, X>;

  /** Whether both operands are non-zero. `lz.array([true, false]).logicalAnd(true)` is `[ True False]`. */
  logicalAnd<X extends Operand>(other: X): Binary<'logicalAnd', D, X>;
  /** Whether at least one operand is non-zero. `lz.array([true, false]).logicalOr(false)` is `[ True False]`. */
  logicalOr<X extends Operand>(other: X): Binary<'logicalOr', D, X>;
  /** Whether exactly one operand is non-zero. `lz.array([true, false]).logicalXor(true)` is `[False  True]`. */
  logicalXor<X extends Operand>(other: X): Binary<'logicalXor', D, X>;
  /** Whether `x` is zero. `lz.array([0, 2]).logicalNot()` is `[ True False]`. */
  logicalNot(): Unary<'logicalNot', D>;
  /** The bits set in both integers. `lz.array([6n, 5n]).bitwiseAnd(3)` is `[2 1]`. */
  bitwiseAnd<X extends Operand>(other: X): Binary<'bitwiseAnd', D, X>;
  /** The bits set in either integer. `lz.array([6n, 5n]).bitwiseOr(3)` is `[7 7]`. */
  bitwiseOr<X extends Operand>(other: X): Binary<'bitwiseOr', D, X>;
  /** The bits set in exactly one of the integers. `lz.array([6n, 5n]).bitwiseXor(3)` is `[5 6]`. */
  bitwiseXor<X extends Operand>(other: X): Binary<'bitwiseXor', D, X>;
  /** Every bit flipped. `lz.array([6n, -1n]).bitwiseNot()` is `[-7  0]`. */
  bitwiseNot(): Unary<'bitwiseNot', D>;
  /** The name of {@link bitwiseNot} in the array API standard. `lz.array([6n]).bitwiseInvert()` is `[-7]`. */
  bitwiseInvert(): Unary<'bitwiseNot', D>;
  /** The bits shifted left by a count; counts beyond the width give 0. `lz.array([1n, 3n]).shiftLeft(2)` is `[ 4 12]`. */
  shiftLeft<X extends Operand>(count: X): Binary<'shiftLeft', D, X>;
  /** The name of {@link shiftLeft} in the array API standard. `lz.array([1n]).bitwiseLeftShift(2)` is `[4]`. */
  bitwiseLeftShift<X extends Operand>(count: X): Binary<'shiftLeft', D, X>;
  /** The bits shifted right by a count; the sign is kept. `lz.array([8n, -8n]).shiftRight(2)` is `[ 2 -2]`. */
  shiftRight<X extends Operand>(count: X): Binary<'shiftRight', D, X>;
  /** The name of {@link shiftRight} in the array API standard. `lz.array([8n]).bitwiseRightShift(2)` is `[2]`. */
  bitwiseRightShift<X extends Operand>(count: X): Binary<'shiftRight', D, X>;

  /** `-x`. `lz.array([1, -2]).negative()` is `[-1.  2.]`. */
  negative(): Unary<'negative', D>;
  /** Short for {@link negative}. `lz.array([1, -2]).neg()` is `[-1.  2.]`. */
  neg(): Unary<'negative', D>;
  /** The absolute value. `lz.array([1, -2]).abs()` is `[1. 2.]`. */
  abs(): Unary<'abs', D>;
  /** -1, 0 or 1; NaN for NaN. `lz.array([3, 0, -2]).sign()` is `[ 1.  0. -1.]`. */
  sign(): Unary<'sign', D>;
  /** Whether the sign is minus, as that of -0. `lz.array([1, -2, -0]).signbit()` is `[False  True  True]`. */
  signbit(): Unary<'signbit', D>;
  /** `x * x`. `lz.array([3, -2]).square()` is `[9. 4.]`. */
  square(): Unary<'square', D>;
  /** The square root; NaN for negative numbers. `lz.array([4, 2]).sqrt()` is `[2.         1.41421356]`. */
  sqrt(): Unary<'sqrt', D>;
  /** The cube root, also of negative numbers. `lz.array([8, -27]).cbrt()` is `[ 2. -3.]`. */
  cbrt(): Unary<'cbrt', D>;
  /** e to the power `x`. `lz.array([0, 1]).exp()` is `[1.         2.71828183]`. */
  exp(): Unary<'exp', D>;
  /** 2 to the power `x`. `lz.array([0, 3]).exp2()` is `[1. 8.]`. */
  exp2(): Unary<'exp2', D>;
  /** `exp(x) - 1`, accurate near zero. `lz.array([0, 1]).expm1()` is `[0.         1.71828183]`. */
  expm1(): Unary<'expm1', D>;
  /** The natural logarithm. `lz.array([1, 10]).log()` is `[0.         2.30258509]`. */
  log(): Unary<'log', D>;
  /** `log(1 + x)`, accurate near zero. `lz.array([0, 1]).log1p()` is `[0.         0.69314718]`. */
  log1p(): Unary<'log1p', D>;
  /** The logarithm to base 2. `lz.array([1, 8]).log2()` is `[0. 3.]`. */
  log2(): Unary<'log2', D>;
  /** The logarithm to base 10. `lz.array([1, 100]).log10()` is `[0. 2.]`. */
  log10(): Unary<'log10', D>;
  /** The sine of an angle in radians. `lz.array([0, 1]).sin()` is `[0.         0.84147098]`. */
  sin(): Unary<'sin', D>;
  /** The cosine of an angle in radians. `lz.array([0, 1]).cos()` is `[1.         0.54030231]`. */
  cos(): Unary<'cos', D>;
  /** The tangent of an angle in radians. `lz.array([0, 1]).tan()` is `[0.         1.55740772]`. */
  tan(): Unary<'tan', D>;
  /** The angle whose sine is `x`. `lz.array([0, 1]).asin()` is `[0.         1.57079633]`. */
  asin(): Unary<'asin', D>;
  /** The angle whose cosine is `x`. `lz.array([0, 1]).acos()` is `[1.57079633 0.        ]`. */
  acos(): Unary<'acos', D>;
  /** The angle whose tangent is `x`. `lz.array([0, 1]).atan()` is `[0.         0.78539816]`. */
  atan(): Unary<'atan', D>;
  /** The hyperbolic sine. `lz.array([0, 1]).sinh()` is `[0.         1.17520119]`. */
  sinh(): Unary<'sinh', D>;
  /** The hyperbolic cosine. `lz.array([0, 1]).cosh()` is `[1.         1.54308063]`. */
  cosh(): Unary<'cosh', D>;
  /** The hyperbolic tangent. `lz.array([0, 1]).tanh()` is `[0.         0.76159416]`. */
  tanh(): Unary<'tanh', D>;
  /** The number whose hyperbolic sine is `x`. `lz.array([0, 1]).asinh()` is `[0.         0.88137359]`. */
  asinh(): Unary<'asinh', D>;
  /** The number of at least 0 whose hyperbolic cosine is `x`; NaN for `x` below 1. `lz.array([1, 2]).acosh()` is `[0.        1.3169579]`. */
  acosh(): Unary<'acosh', D>;
  /** The number whose hyperbolic tangent is `x`; NaN for `x` beyond -1 to 1. `lz.array([0, 0.5]).atanh()` is `[0.         0.54930614]`. */
  atanh(): Unary<'atanh', D>;
  /** The error function: the probability that a normal variable of variance 1/2 is within `x` of its mean. `lz.array([0, 1]).erf()` is `[0.         0.84270079]`. */
  erf(): Unary<'erf', D>;
  /** `1 - erf(x)`, accurate where that is small. `lz.array([0, 1]).erfc()` is `[1.         0.15729921]`. */
  erfc(): Unary<'erfc', D>;
  /** The number whose `erfc` is `x`; NaN for `x` outside 0 to 2. `lz.array([1, 0.5]).erfcinv()` is `[0.         0.47693628]`. */
  erfcinv(): Unary<'erfcinv', D>;
  /** The logarithm of the absolute value of the gamma function; for positive whole numbers, of (x - 1)!. `lz.array([1, 4]).lgamma()` is `[0.         1.79175947]`. */
  lgamma(): Unary<'lgamma', D>;
  /** The next whole number down. `lz.array([1.5, -1.5]).floor()` is `[ 1. -2.]`. */
  floor(): Unary<'floor', D>;
  /** The next whole number up. `lz.array([1.5, -1.5]).ceil()` is `[ 2. -1.]`. */
  ceil(): Unary<'ceil', D>;
  /** The next whole number toward zero. `lz.array([1.5, -1.5]).trunc()` is `[ 1. -1.]`. */
  trunc(): Unary<'trunc', D>;
  /** The nearest whole number; halves round to even. `lz.array([0.5, 1.5, 2.5]).round()` is `[0. 2. 2.]`. */
  round(): Unary<'round', D>;
  /** Whether `x` is NaN. `lz.array([1, NaN]).isnan()` is `[False  True]`. */
  isnan(): Unary<'isnan', D>;
  /** Whether `x` is neither NaN nor infinite. `lz.array([1, Infinity]).isfinite()` is `[ True False]`. */
  isfinite(): Unary<'isfinite', D>;
  /** Whether `x` is infinite. `lz.array([1, -Infinity]).isinf()` is `[False  True]`. */
  isinf(): Unary<'isinf', D>;
}

/** Aliases of ops. */
export const opAliases = {
  sub: 'subtract',
  mul: 'multiply',
  div: 'divide',
  neg: 'negative',
  mod: 'remainder',
  eq: 'equal',
  ne: 'notEqual',
  lt: 'less',
  le: 'lessEqual',
  gt: 'greater',
  ge: 'greaterEqual',
  bitwiseInvert: 'bitwiseNot',
  bitwiseLeftShift: 'shiftLeft',
  bitwiseRightShift: 'shiftRight',
} as const satisfies Record<string, UnaryOp | BinaryOp>;

const isMethodOp = (op: ScalarOp): op is UnaryOp | BinaryOp => opRow(op).arity < 3;

/** Adds a method per row of the op table to `prototype`. */
export function installElementwise(prototype: object, wrap: (content: Node | Pair) => AnyArray): void {
  const methodOf = (op: ScalarOp): unknown => {
    if (op === 'pow')
      return function (this: AnyArray, exponent: Operand): AnyArray {
        checkMethodCount(op, arguments.length, 1);
        const [node, other] = [realNodeOf(this), realInputOf(op, exponent)];
        if (node === undefined || other === undefined) return wrap(complexBinary(op, this, exponent));
        return wrap(power(node, other));
      };
    if (opRow(op).arity === 1) {
      const advice = op === 'round' ? 'for two decimals write x.mul(100).round().div(100)' : undefined;
      return function (this: AnyArray): AnyArray {
        checkMethodCount(op, arguments.length, 0, advice);
        const node = realNodeOf(this);
        return wrap(node === undefined ? complexUnary(op, this) : unary(op, node));
      };
    }
    return function (this: AnyArray, other: Operand): AnyArray {
      checkMethodCount(op, arguments.length, 1);
      const node = realNodeOf(this);
      const input = realInputOf(op, other);
      if (node === undefined || input === undefined) return wrap(complexBinary(op, this, other));
      return wrap(binary(op, node, input));
    };
  };
  const define = (name: keyof ElementwiseMethods<DType>, op: ScalarOp): void => {
    Object.defineProperty(prototype, name, { value: methodOf(op), writable: true, configurable: true });
  };
  for (const op of scalarOps) if (isMethodOp(op)) define(op, op);
  for (const alias of Object.keys(opAliases) as (keyof typeof opAliases)[]) define(alias, opAliases[alias]);
}
