/**
 * The free functions: the methods of `LazyArray` for any operand that can be read as an array, and functions without a
 * natural `this`. The methods have the full documentation.
 */
import { checkCount, checkMethodCount } from '../ir/arguments.ts';
import type { ArrayDType, ComplexDType, FloatDType, PartOf, ToFloat, ToSum } from '../ir/dtype.ts';
import { DataError } from '../ir/errors.ts';
import type { Node } from '../ir/node.ts';
import type { ScalarOp } from '../ir/ops.ts';
import { argumentOrOption } from '../ir/options.ts';
import { isArray, type AnyArray } from './anyArray.ts';
import { complexBinary, complexUnary, complexWhere } from './complex/elementwise.ts';
import { isComplex, complexFrom, complexesFrom, realInputOf } from './complex/operands.ts';
import { Pair } from './complex/pair.ts';
import { bilinear } from './complex/products.ts';
import { binary, clip as clipNode, elementwise, power, unary } from './nodes/elementwise.ts';
import { concat as concatNodes, stack as stackNodes } from './nodes/join.ts';
import { outer as outerNode } from './nodes/product.ts';
import type { SliceSpec } from './nodes/slice.ts';
import { LazyArray } from './lazyArray.ts';
import { boundOf, inputOf, nodeFrom, nodesFrom } from './operand.ts';
import {
  pairReduction,
  reduction,
  type FoldOptions,
  type MeanOptions,
  type ReduceArguments,
  type ReduceOptions,
  type ReductionName,
  type SumOptions,
  type TestOptions,
  type VarOptions,
} from './reductionMethods.ts';
import type {
  Axes,
  AxisOption,
  BinaryOp,
  DTypeOf,
  Joined,
  MeetBoth,
  Operand,
  ResultDType,
  UnaryOp,
} from './types.ts';

// ----------------------------------------------------------------------------------------------- elementwise

type UnaryFunction<Op extends UnaryOp> = <X extends Operand>(x: X) => LazyArray<ResultDType<Op, DTypeOf<X>>>;
type BinaryFunction<Op extends BinaryOp> = <X extends Operand, Y extends Operand>(
  x: X,
  y: Y,
) => LazyArray<ResultDType<Op, MeetBoth<X, Y>>>;

/** `arrays.map(lz.exp)` and `arrays.reduce(lz.add)` work: after the operands, they pass an index and the list. */
function checkOperandCount(op: ScalarOp, operands: number, last: unknown, rest: readonly unknown[]): void {
  const [index, list] = rest;
  if (rest.length === 2 && typeof index === 'number' && Array.isArray(list) && list[index] === last) return;
  checkCount(op, operands + rest.length, operands);
}

const unaryFunction =
  <Op extends UnaryOp>(op: Op): UnaryFunction<Op> =>
  (x, ...rest: readonly unknown[]) => {
    if (rest.length > 0) checkOperandCount(op, 1, x, rest);
    const input = realInputOf(op, x);
    return new LazyArray(input === undefined ? complexUnary(op, x) : unary(op, input));
  };

const binaryFunction =
  <Op extends BinaryOp>(op: Op): BinaryFunction<Op> =>
  (x, y, ...rest: readonly unknown[]) => {
    if (rest.length > 0) checkOperandCount(op, 2, y, rest);
    const a = realInputOf(op, x);
    const b = realInputOf(op, y);
    if (a === undefined || b === undefined) return new LazyArray(complexBinary(op, x, y));
    return new LazyArray(binary(op, a, b));
  };

/** The sum `x + y`: {@link LazyArray.add}. `lz.add([1, 2], 10)` is `[11. 12.]`. */
export const add = binaryFunction('add');
/** The difference `x - y`: {@link LazyArray.subtract}. `lz.subtract([3, 2], [1, 5])` is `[ 2. -3.]`. */
export const subtract = binaryFunction('subtract');
/** Short for {@link subtract}. `lz.sub([3, 2], 1)` is `[2. 1.]`. */
export const sub = binaryFunction('subtract');
/** The product `x * y`: {@link LazyArray.multiply}. `lz.multiply([3, 2], [2, 5])` is `[ 6. 10.]`. */
export const multiply = binaryFunction('multiply');
/** Short for {@link multiply}. `lz.mul([3, 2], 2)` is `[6. 4.]`. */
export const mul = binaryFunction('multiply');
/** The quotient `x / y`, always a float: {@link LazyArray.divide}. `lz.divide([1n, 2n], 2)` is `[0.5 1. ]`. */
export const divide = binaryFunction('divide');
/** Short for {@link divide}. `lz.div([1, 3], 2)` is `[0.5 1.5]`. */
export const div = binaryFunction('divide');
/** The quotient rounded down; integers by zero give 0: {@link LazyArray.floorDivide}. `lz.floorDivide([7n, -7n], 2)` is `[ 3 -4]`. */
export const floorDivide = binaryFunction('floorDivide');
/** The remainder of `floorDivide`, with the sign of the divisor: {@link LazyArray.remainder}. `lz.remainder([7n, -7n], 3)` is `[1 2]`. */
export const remainder = binaryFunction('remainder');
/** Short for {@link remainder}. `lz.mod([7, -7], 3)` is `[1. 2.]`. */
export const mod = binaryFunction('remainder');
/** The angle of the point (x, y), with y as first operand: {@link LazyArray.atan2}. `lz.atan2([0, 1], [1, 0])` is `[0.         1.57079633]`. */
export const atan2 = binaryFunction('atan2');
/** The length of the vector (x, y), without intermediate overflow: {@link LazyArray.hypot}. `lz.hypot([3, 5], [4, 12])` is `[ 5. 13.]`. */
export const hypot = binaryFunction('hypot');
/** The magnitude of `x` with the sign of `y`; -0 has one, NaN counts as positive: {@link LazyArray.copysign}. `lz.copysign([1, -2], [-1, 0])` is `[-1.  2.]`. */
export const copysign = binaryFunction('copysign');
/** The float next to `x` on the way to `y`: {@link LazyArray.nextafter}. `lz.nextafter(1, 0)` is `0.9999999999999999`. */
export const nextafter = binaryFunction('nextafter');
/** The greatest common divisor of integers; 0 of two zeros: {@link LazyArray.gcd}. `lz.gcd([12n, 7n], 18)` is `[6 1]`. */
export const gcd = binaryFunction('gcd');
/** The smaller of the two operands; NaN if either is NaN: {@link LazyArray.minimum}. `lz.minimum([1, 5], 3)` is `[1. 3.]`. */
export const minimum = binaryFunction('minimum');
/** The larger of the two operands; NaN if either is NaN: {@link LazyArray.maximum}. `lz.maximum([1, 5], 3)` is `[3. 5.]`. */
export const maximum = binaryFunction('maximum');
/** `x === y`: {@link LazyArray.equal}. `lz.equal([1, 2], 2)` is `[False  True]`. */
export const equal = binaryFunction('equal');
/** Short for {@link equal}. `lz.eq([1, 2], [1, 3])` is `[ True False]`. */
export const eq = binaryFunction('equal');
/** `x !== y`: {@link LazyArray.notEqual}. `lz.notEqual([1, 2], 2)` is `[ True False]`. */
export const notEqual = binaryFunction('notEqual');
/** Short for {@link notEqual}. `lz.ne([1, 2], 1)` is `[False  True]`. */
export const ne = binaryFunction('notEqual');
/** `x < y`: {@link LazyArray.less}. `lz.less([1, 2], 2)` is `[ True False]`. */
export const less = binaryFunction('less');
/** Short for {@link less}. `lz.lt([1, 2], 2)` is `[ True False]`. */
export const lt = binaryFunction('less');
/** `x <= y`: {@link LazyArray.lessEqual}. `lz.lessEqual([1, 2], 1)` is `[ True False]`. */
export const lessEqual = binaryFunction('lessEqual');
/** Short for {@link lessEqual}. `lz.le([1, 2], 1)` is `[ True False]`. */
export const le = binaryFunction('lessEqual');
/** `x > y`: {@link LazyArray.greater}. `lz.greater([1, 2], 1)` is `[False  True]`. */
export const greater = binaryFunction('greater');
/** Short for {@link greater}. `lz.gt([1, 2], 1)` is `[False  True]`. */
export const gt = binaryFunction('greater');
/** `x >= y`: {@link LazyArray.greaterEqual}. `lz.greaterEqual([1, 2], 2)` is `[False  True]`. */
export const greaterEqual = binaryFunction('greaterEqual');
/** Short for {@link greaterEqual}. `lz.ge([1, 2], 2)` is `[False  True]`. */
export const ge = binaryFunction('greaterEqual');
/** Whether both operands are non-zero: {@link LazyArray.logicalAnd}. `lz.logicalAnd([true, false], true)` is `[ True False]`. */
export const logicalAnd = binaryFunction('logicalAnd');
/** Whether at least one operand is non-zero: {@link LazyArray.logicalOr}. `lz.logicalOr([true, false], false)` is `[ True False]`. */
export const logicalOr = binaryFunction('logicalOr');
/** Whether exactly one operand is non-zero: {@link LazyArray.logicalXor}. `lz.logicalXor([true, false], true)` is `[False  True]`. */
export const logicalXor = binaryFunction('logicalXor');
/** Whether `x` is zero: {@link LazyArray.logicalNot}. `lz.logicalNot([0, 2])` is `[ True False]`. */
export const logicalNot = unaryFunction('logicalNot');
/** The bits set in both integers: {@link LazyArray.bitwiseAnd}. `lz.bitwiseAnd([6n, 5n], 3)` is `[2 1]`. */
export const bitwiseAnd = binaryFunction('bitwiseAnd');
/** The bits set in either integer: {@link LazyArray.bitwiseOr}. `lz.bitwiseOr([6n, 5n], 3)` is `[7 7]`. */
export const bitwiseOr = binaryFunction('bitwiseOr');
/** The bits set in exactly one of the integers: {@link LazyArray.bitwiseXor}. `lz.bitwiseXor([6n, 5n], 3)` is `[5 6]`. */
export const bitwiseXor = binaryFunction('bitwiseXor');
/** Every bit flipped: {@link LazyArray.bitwiseNot}. `lz.bitwiseNot([6n, -1n])` is `[-7  0]`. */
export const bitwiseNot = unaryFunction('bitwiseNot');
/** The name of {@link bitwiseNot} in the array API standard. `lz.bitwiseInvert([6n])` is `[-7]`. */
export const bitwiseInvert = unaryFunction('bitwiseNot');
/** The bits shifted left by a count; counts beyond the width give 0: {@link LazyArray.shiftLeft}. `lz.shiftLeft([1n, 3n], 2)` is `[ 4 12]`. */
export const shiftLeft = binaryFunction('shiftLeft');
/** The name of {@link shiftLeft} in the array API standard. `lz.bitwiseLeftShift([1n], 2)` is `[4]`. */
export const bitwiseLeftShift = binaryFunction('shiftLeft');
/** The bits shifted right by a count; the sign is kept: {@link LazyArray.shiftRight}. `lz.shiftRight([8n, -8n], 2)` is `[ 2 -2]`. */
export const shiftRight = binaryFunction('shiftRight');
/** The name of {@link shiftRight} in the array API standard. `lz.bitwiseRightShift([8n], 2)` is `[2]`. */
export const bitwiseRightShift = binaryFunction('shiftRight');
/** `-x`: {@link LazyArray.negative}. `lz.negative([1, -2])` is `[-1.  2.]`. */
export const negative = unaryFunction('negative');
/** Short for {@link negative}. `lz.neg([1, -2])` is `[-1.  2.]`. */
export const neg = unaryFunction('negative');
/** The absolute value: {@link LazyArray.abs}. `lz.abs([1, -2])` is `[1. 2.]`. */
export const abs = unaryFunction('abs');
/** -1, 0 or 1; NaN for NaN: {@link LazyArray.sign}. `lz.sign([3, 0, -2])` is `[ 1.  0. -1.]`. */
export const sign = unaryFunction('sign');
/** Whether the sign is minus, as that of -0: {@link LazyArray.signbit}. `lz.signbit([1, -2, -0])` is `[False  True  True]`. */
export const signbit = unaryFunction('signbit');
/** `x * x`: {@link LazyArray.square}. `lz.square([3, -2])` is `[9. 4.]`. */
export const square = unaryFunction('square');
/** The square root; NaN for negative numbers: {@link LazyArray.sqrt}. `lz.sqrt([4, 2])` is `[2.         1.41421356]`. */
export const sqrt = unaryFunction('sqrt');
/** The cube root, also of negative numbers: {@link LazyArray.cbrt}. `lz.cbrt([8, -27])` is `[ 2. -3.]`. */
export const cbrt = unaryFunction('cbrt');
/** e to the power `x`: {@link LazyArray.exp}. `lz.exp([0, 1])` is `[1.         2.71828183]`. */
export const exp = unaryFunction('exp');
/** 2 to the power `x`: {@link LazyArray.exp2}. `lz.exp2([0, 3])` is `[1. 8.]`. */
export const exp2 = unaryFunction('exp2');
/** `exp(x) - 1`, accurate near zero: {@link LazyArray.expm1}. `lz.expm1([0, 1])` is `[0.         1.71828183]`. */
export const expm1 = unaryFunction('expm1');
/** The natural logarithm: {@link LazyArray.log}. `lz.log([1, 10])` is `[0.         2.30258509]`. */
export const log = unaryFunction('log');
/** `log(1 + x)`, accurate near zero: {@link LazyArray.log1p}. `lz.log1p([0, 1])` is `[0.         0.69314718]`. */
export const log1p = unaryFunction('log1p');
/** The logarithm to base 2: {@link LazyArray.log2}. `lz.log2([1, 8])` is `[0. 3.]`. */
export const log2 = unaryFunction('log2');
/** The logarithm to base 10: {@link LazyArray.log10}. `lz.log10([1, 100])` is `[0. 2.]`. */
export const log10 = unaryFunction('log10');
/** The sine of an angle in radians: {@link LazyArray.sin}. `lz.sin([0, 1])` is `[0.         0.84147098]`. */
export const sin = unaryFunction('sin');
/** The cosine of an angle in radians: {@link LazyArray.cos}. `lz.cos([0, 1])` is `[1.         0.54030231]`. */
export const cos = unaryFunction('cos');
/** The tangent of an angle in radians: {@link LazyArray.tan}. `lz.tan([0, 1])` is `[0.         1.55740772]`. */
export const tan = unaryFunction('tan');
/** The angle whose sine is `x`: {@link LazyArray.asin}. `lz.asin([0, 1])` is `[0.         1.57079633]`. */
export const asin = unaryFunction('asin');
/** The angle whose cosine is `x`: {@link LazyArray.acos}. `lz.acos([0, 1])` is `[1.57079633 0.        ]`. */
export const acos = unaryFunction('acos');
/** The angle whose tangent is `x`: {@link LazyArray.atan}. `lz.atan([0, 1])` is `[0.         0.78539816]`. */
export const atan = unaryFunction('atan');
/** The hyperbolic sine: {@link LazyArray.sinh}. `lz.sinh([0, 1])` is `[0.         1.17520119]`. */
export const sinh = unaryFunction('sinh');
/** The hyperbolic cosine: {@link LazyArray.cosh}. `lz.cosh([0, 1])` is `[1.         1.54308063]`. */
export const cosh = unaryFunction('cosh');
/** The hyperbolic tangent: {@link LazyArray.tanh}. `lz.tanh([0, 1])` is `[0.         0.76159416]`. */
export const tanh = unaryFunction('tanh');
/** The number whose hyperbolic sine is `x`: {@link LazyArray.asinh}. `lz.asinh([0, 1])` is `[0.         0.88137359]`. */
export const asinh = unaryFunction('asinh');
/** The number of at least 0 whose hyperbolic cosine is `x`; NaN for `x` below 1: {@link LazyArray.acosh}. `lz.acosh([1, 2])` is `[0.        1.3169579]`. */
export const acosh = unaryFunction('acosh');
/** The number whose hyperbolic tangent is `x`; NaN for `x` beyond -1 to 1: {@link LazyArray.atanh}. `lz.atanh([0, 0.5])` is `[0.         0.54930614]`. */
export const atanh = unaryFunction('atanh');
/** The error function: the probability that a normal variable of variance 1/2 is within `x` of its mean: {@link LazyArray.erf}. `lz.erf([0, 1])` is `[0.         0.84270079]`. */
export const erf = unaryFunction('erf');
/** `1 - erf(x)`, accurate where that is small: {@link LazyArray.erfc}. `lz.erfc([0, 1])` is `[1.         0.15729921]`. */
export const erfc = unaryFunction('erfc');
/** The number whose `erfc` is `x`; NaN for `x` outside 0 to 2: {@link LazyArray.erfcinv}. `lz.erfcinv([1, 0.5])` is `[0.         0.47693628]`. */
export const erfcinv = unaryFunction('erfcinv');
/** The logarithm of the absolute value of the gamma function; for positive whole numbers, of (x - 1)!: {@link LazyArray.lgamma}. `lz.lgamma([1, 4])` is `[0.         1.79175947]`. */
export const lgamma = unaryFunction('lgamma');
/** The next whole number down: {@link LazyArray.floor}. `lz.floor([1.5, -1.5])` is `[ 1. -2.]`. */
export const floor = unaryFunction('floor');
/** The next whole number up: {@link LazyArray.ceil}. `lz.ceil([1.5, -1.5])` is `[ 2. -1.]`. */
export const ceil = unaryFunction('ceil');
/** The next whole number toward zero: {@link LazyArray.trunc}. `lz.trunc([1.5, -1.5])` is `[ 1. -1.]`. */
export const trunc = unaryFunction('trunc');
/** The nearest whole number; halves round to even: {@link LazyArray.round}. `lz.round([0.5, 1.5, 2.5])` is `[0. 2. 2.]`. */
export const round = unaryFunction('round');
/** Whether `x` is NaN: {@link LazyArray.isnan}. `lz.isnan([1, NaN])` is `[False  True]`. */
export const isnan = unaryFunction('isnan');
/** Whether `x` is neither NaN nor infinite: {@link LazyArray.isfinite}. `lz.isfinite([1, Infinity])` is `[ True False]`. */
export const isfinite = unaryFunction('isfinite');
/** Whether `x` is infinite: {@link LazyArray.isinf}. `lz.isinf([1, -Infinity])` is `[False  True]`. */
export const isinf = unaryFunction('isinf');
/** `x` to the power `y`: {@link LazyArray.pow}. `lz.pow(2, [1, 2, 3])` is `[2. 4. 8.]`. */
export const pow: BinaryFunction<'pow'> = (x, y, ...rest: readonly unknown[]) => {
  if (rest.length > 0) checkOperandCount('pow', 2, y, rest);
  if (isComplex(x) || isComplex(y)) return new LazyArray(complexBinary('pow', x, y));
  return new LazyArray(power(inputOf('pow', x), inputOf('pow', y)));
};

/** `x` limited to the range between two bounds, either of which may be missing or `null`: {@link LazyArray.clip}. `lz.clip([1, 5, 9], 2, 6)` is `[2. 5. 6.]`. */
export function clip(x: Operand, min?: Operand | null, max?: Operand | null): LazyArray {
  checkCount('clip', arguments.length, 3);
  return new LazyArray(clipNode(inputOf('clip', x), boundOf(min), boundOf(max)));
}

/**
 * `x` where the condition holds, `y` elsewhere. All three operands broadcast; throws `ShapeError` if they do not fit.
 * `lz.where([true, false, true], [1, 2, 3], 0)` is `[1. 0. 3.]`.
 */
export function where<X extends Operand, Y extends Operand>(
  condition: Operand,
  x: X,
  y: Y,
): LazyArray<MeetBoth<X, Y>> {
  checkCount('where', arguments.length, 3);
  if (isComplex(x) || isComplex(y)) return new LazyArray(complexWhere(condition, x, y));
  return new LazyArray(
    elementwise('where', [inputOf('where', condition), inputOf('where', x), inputOf('where', y)]),
  );
}

// ------------------------------------------------------------------------------------------------ reductions

export interface SumFunction {
  <X extends Operand, R extends ArrayDType = ToSum<DTypeOf<X>>>(
    x: X,
    axis?: Axes,
    options?: SumOptions<R>,
  ): LazyArray<R>;
  <X extends Operand, R extends ArrayDType = ToSum<DTypeOf<X>>>(x: X, options: SumOptions<R>): LazyArray<R>;
}
export interface MeanFunction {
  <X extends Operand, R extends FloatDType | ComplexDType = ToFloat<DTypeOf<X>>>(
    x: X,
    axis?: Axes,
    options?: MeanOptions<R>,
  ): LazyArray<R>;
  <X extends Operand, R extends FloatDType | ComplexDType = ToFloat<DTypeOf<X>>>(
    x: X,
    options: MeanOptions<R>,
  ): LazyArray<R>;
}
export interface VarFunction {
  <X extends Operand, R extends FloatDType | ComplexDType = ToFloat<DTypeOf<X>>>(
    x: X,
    axis?: Axes,
    options?: VarOptions<R>,
  ): LazyArray<PartOf<R>>;
  <X extends Operand, R extends FloatDType | ComplexDType = ToFloat<DTypeOf<X>>>(
    x: X,
    options: VarOptions<R>,
  ): LazyArray<PartOf<R>>;
}
export interface ExtremeFunction {
  <X extends Operand>(x: X, axis?: Axes | FoldOptions, options?: FoldOptions): LazyArray<DTypeOf<X>>;
}
interface TestFunction {
  (x: Operand, axis?: Axes | TestOptions, options?: TestOptions): LazyArray<'bool'>;
}
export interface PositionFunction {
  (
    x: Operand,
    axis?: number | null | ReduceOptions<number | null>,
    options?: ReduceOptions<number | null>,
  ): LazyArray<'int32'>;
}

/** One implementation; the interfaces above say what each reduction takes and returns. */
const reductionFunction =
  (name: ReductionName) =>
  (
    x: Operand,
    axis?: Axes | ReduceArguments,
    options?: ReduceArguments,
    ...rest: readonly unknown[]
  ): LazyArray<never> => {
    checkMethodCount(name, 2 + rest.length, 2);
    return new LazyArray<never>(
      isComplex(x)
        ? pairReduction(name, complexFrom(name, x), axis, options)
        : reduction(name, nodeFrom(name, x), axis, options),
    );
  };

/** The sum over axes: {@link LazyArray.sum}. `lz.sum([[1, 2], [3, 4]], 1)` is `[3. 7.]`. */
export const sum: SumFunction = reductionFunction('sum');
/** The product over axes: {@link LazyArray.prod}. `lz.prod([1, 2, 3, 4])` is `24.0`. */
export const prod: SumFunction = reductionFunction('prod');
/** The mean over axes: {@link LazyArray.mean}. `lz.mean([[1, 2], [3, 4]], 0)` is `[2. 3.]`. */
export const mean: MeanFunction = reductionFunction('mean');
/** The standard deviation over axes: {@link LazyArray.std}. `lz.std([1, 5])` is `2.0`. */
export const std: VarFunction = reductionFunction('std');
/** The logarithm of the sum of exponentials: {@link LazyArray.logsumexp}. `lz.logsumexp([1000, 1000])` is `1000.6931471805599`. */
export const logsumexp: MeanFunction = reductionFunction('logsumexp');
const variance: VarFunction = reductionFunction('var');
/** The smallest element over axes: {@link LazyArray.min}. `lz.min([3, 1, 2])` is `1.0`. */
export const min: ExtremeFunction = reductionFunction('min');
/** The largest element over axes: {@link LazyArray.max}. `lz.max([3, 1, 2])` is `3.0`. */
export const max: ExtremeFunction = reductionFunction('max');
/** Whether some element is not zero: {@link LazyArray.any}. `lz.any([[0, 1], [0, 0]], 1)` is `[ True False]`. */
export const any: TestFunction = reductionFunction('any');
/** Whether no element is zero: {@link LazyArray.all}. `lz.all([[1, 1], [0, 1]], 1)` is `[ True False]`. */
export const all: TestFunction = reductionFunction('all');
/** The position of the smallest element: {@link LazyArray.argmin}. `lz.argmin([3, 1, 2])` is `1`. */
export const argmin: PositionFunction = reductionFunction('argmin');
/** The position of the largest element: {@link LazyArray.argmax}. `lz.argmax([3, 1, 2])` is `0`. */
export const argmax: PositionFunction = reductionFunction('argmax');

export {
  /** The variance over axes: {@link LazyArray.var}. `lz.var([1, 2, 6], { correction: 1 })` is `7.0`. */
  variance as var,
};

// ----------------------------------------------------------------------------------------------------- views

type Mirrored =
  | 'reshape'
  | 'permuteDims'
  | 'transpose'
  | 'expandDims'
  | 'squeeze'
  | 'broadcastTo'
  | 'flip'
  | 'slice'
  | 'take'
  | 'astype'
  | 'matmul';

type AnyMethods = Record<Mirrored, (...args: readonly unknown[]) => LazyArray<never>>;

/** A method as a function of any operand. The method checks the other arguments. */
const mirrorOf =
  (name: Mirrored) =>
  (x: Operand, ...args: readonly unknown[]): LazyArray<never> => {
    const array: AnyArray = isArray(x)
      ? x
      : new LazyArray(isComplex(x) ? complexFrom(name, x) : nodeFrom(name, x));
    return (array as unknown as AnyMethods)[name](...args);
  };

/** The same elements in another shape: {@link LazyArray.reshape}. `lz.reshape([1, 2, 3, 4], [2, -1]).shape` is `[2, 2]`. */
export const reshape: <X extends Operand>(x: X, shape: number | readonly number[]) => LazyArray<DTypeOf<X>> =
  mirrorOf('reshape');
/** The axes in another order: {@link LazyArray.permuteDims}. `lz.permuteDims([[1, 2, 3]], [1, 0]).shape` is `[3, 1]`. */
export const permuteDims: <X extends Operand>(x: X, axes: readonly number[]) => LazyArray<DTypeOf<X>> =
  mirrorOf('permuteDims');
/** The axes reversed, or in another order: {@link LazyArray.transpose}. `lz.transpose([[1, 2, 3]]).shape` is `[3, 1]`. */
export const transpose: <X extends Operand>(x: X, axes?: readonly number[]) => LazyArray<DTypeOf<X>> =
  mirrorOf('transpose');
/** New axes of size 1: {@link LazyArray.expandDims}. `lz.expandDims([1, 2], 0).shape` is `[1, 2]`. */
export const expandDims: <X extends Operand>(
  x: X,
  axis: number | readonly number[] | AxisOption<number | readonly number[]>,
) => LazyArray<DTypeOf<X>> = mirrorOf('expandDims');
/** Without axes of size 1: {@link LazyArray.squeeze}. `lz.squeeze([[1, 2]]).shape` is `[2]`. */
export const squeeze: <X extends Operand>(x: X, axis?: Axes | AxisOption) => LazyArray<DTypeOf<X>> =
  mirrorOf('squeeze');
/** Stretched to a shape: {@link LazyArray.broadcastTo}. `lz.broadcastTo([1, 2], [3, 2]).shape` is `[3, 2]`. */
export const broadcastTo: <X extends Operand>(
  x: X,
  shape: number | readonly number[],
) => LazyArray<DTypeOf<X>> = mirrorOf('broadcastTo');
/** Reversed along axes: {@link LazyArray.flip}. `lz.flip([1, 2, 3])` is `[3. 2. 1.]`. */
export const flip: <X extends Operand>(x: X, axis?: Axes | AxisOption) => LazyArray<DTypeOf<X>> =
  mirrorOf('flip');
/** A part of the array: {@link LazyArray.slice}. `lz.slice([1, 2, 3], '1:')` is `[2. 3.]`. */
export const slice: <X extends Operand>(x: X, ...specs: readonly SliceSpec[]) => LazyArray<DTypeOf<X>> =
  mirrorOf('slice');

// ---------------------------------------------------------------------------------------------------- others

/** The elements cast to another dtype: {@link LazyArray.astype}. `lz.astype([1.5, 2.5], 'int8')` is `[1 2]`. */
export const astype: <R extends ArrayDType>(x: Operand, dtype: R) => LazyArray<R> = mirrorOf('astype');
/** The elements at integer positions: {@link LazyArray.take}. `lz.take([10, 20, 30], [2, 0])` is `[30. 10.]`. */
export const take: <X extends Operand>(
  x: X,
  indices: Operand,
  axis?: number | null | AxisOption<number | null>,
) => LazyArray<DTypeOf<X>> = mirrorOf('take');
/** The matrix product: {@link LazyArray.matmul}. `lz.matmul([[1, 2], [3, 4]], [[1], [1]]).shape` is `[2, 1]`. */
export const matmul: <X extends Operand, Y extends Operand>(x: X, y: Y) => LazyArray<MeetBoth<X, Y>> =
  mirrorOf('matmul');
/** The products of each element of one vector with each element of another. `lz.outer([1, 2], [3, 4]).shape` is `[2, 2]`. */
export function outer<X extends Operand, Y extends Operand>(x: X, y: Y): LazyArray<MeetBoth<X, Y>> {
  checkCount('outer', arguments.length, 2);
  if (isComplex(x) || isComplex(y)) return new LazyArray(bilinear('outer', x, y, outerNode));
  return new LazyArray(outerNode(nodeFrom('outer', x), nodeFrom('outer', y)));
}

/**
 * Arrays joined along an axis (`null`: flattened first), in their promoted dtype. Throws `ShapeError` if they differ in
 * another axis. `lz.concat([[1, 2], [3]])` is `[1. 2. 3.]`.
 */
export function concat<X extends Operand>(
  arrays: readonly X[],
  axis: number | null | AxisOption<number | null> = 0,
): LazyArray<Joined<X>> {
  return joined('concat', arrays, axis, arguments.length, concatNodes);
}

/**
 * Arrays of the same shape joined along a new axis. Throws `ShapeError` if the shapes differ.
 * `lz.stack([[1, 2], [3, 4]], 1).shape` is `[2, 2]`.
 */
export function stack<X extends Operand>(
  arrays: readonly X[],
  axis: number | AxisOption<number> = 0,
): LazyArray<Joined<X>> {
  return joined('stack', arrays, axis, arguments.length, stackNodes);
}

/** `concat` and `stack`. Two arrays as two arguments should have been a list. */
function joined<A extends number | null>(
  operation: string,
  arrays: readonly Operand[],
  given: A | AxisOption<A>,
  count: number,
  join: (nodes: readonly Node[], axis: A | 0) => Node,
): LazyArray<never> {
  const asList = `write the arrays as a list: lz.${operation}([x, y])`;
  if (isArray(given) || Array.isArray(given)) throw new DataError(operation, asList);
  checkCount(operation, count, 2, asList);
  const axis = argumentOrOption<A>(operation, 'axis', given as A | Readonly<Record<string, unknown>>);
  const along = axis === undefined ? 0 : axis;
  if (!Array.isArray(arrays) || !arrays.some(isComplex))
    return new LazyArray<never>(join(nodesFrom(operation, arrays), along));
  const pairs = complexesFrom(operation, arrays);
  const of = (part: 're' | 'im'): Node =>
    join(
      pairs.map((pair) => pair[part]),
      along,
    );
  const [re, im] = [of('re'), of('im')];
  return new LazyArray<never>(new Pair(pairs[0]?.dtype ?? 'complex128', re, im));
}
