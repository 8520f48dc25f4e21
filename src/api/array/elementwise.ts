/** Elementwise functions that are made of others. */
import { checkCount } from '../../ir/arguments.ts';
import { isFloat, type ArrayDType, type DType, type PartOf, type ToFloat } from '../../ir/dtype.ts';
import { DTypeError } from '../../ir/errors.ts';
import type { Node } from '../../ir/node.ts';
import { checkOptions } from '../../ir/options.ts';
import { conjugate } from '../complex/arithmetic.ts';
import { complexBinary, fromParts } from '../complex/elementwise.ts';
import { isComplex, complexFrom } from '../complex/operands.ts';
import { LazyArray } from '../lazyArray.ts';
import { binary, broadcast, constantLike, elementwise, floatOf, unary } from '../nodes/elementwise.ts';
import { inputOf, nodeFrom } from '../operand.ts';
import type { DTypeOf, MeetBoth, Operand } from '../types.ts';

/** `1 / x`, a float. `lz.reciprocal([2, 4])` is `[0.5  0.25]`. */
export function reciprocal<X extends Operand>(x: X): LazyArray<ToFloat<DTypeOf<X>>> {
  checkCount('reciprocal', arguments.length, 1);
  if (isComplex(x)) return new LazyArray(complexBinary('divide', 1, x, 'reciprocal'));
  return new LazyArray(binary('divide', 1, nodeFrom('reciprocal', x), 'reciprocal'));
}

/** The numbers as they are; throws `DTypeError` for bools. `lz.positive([1, -2])` is `[ 1. -2.]`. */
export function positive<X extends Operand>(x: X): LazyArray<DTypeOf<X>> {
  checkCount('positive', arguments.length, 1);
  if (isComplex(x)) return new LazyArray(complexFrom('positive', x));
  const node = nodeFrom('positive', x);
  if (node.dtype === 'bool')
    throw new DTypeError('positive', `does not take bool; cast first, e.g. x.astype('int32')`);
  return new LazyArray(node);
}

/** The real parts: of real numbers, the numbers. `lz.real([1, 2])` is `[1. 2.]`. */
export function real<X extends Operand>(x: X): LazyArray<PartOf<DTypeOf<X>>> {
  checkCount('real', arguments.length, 1);
  return new LazyArray(isComplex(x) ? complexFrom('real', x).re : nodeFrom('real', x));
}

/** The imaginary parts: of real numbers, zeros. `lz.imag([1, 2])` is `[0. 0.]`. */
export function imag<X extends Operand>(x: X): LazyArray<PartOf<DTypeOf<X>>> {
  checkCount('imag', arguments.length, 1);
  if (isComplex(x)) return new LazyArray(complexFrom('imag', x).im);
  const node = nodeFrom('imag', x);
  return new LazyArray(broadcast(constantLike(0, node.dtype), node.shape));
}

/** The complex conjugates: of real numbers, the numbers. `lz.conj([1, 2])` is `[1. 2.]`. */
export function conj<X extends Operand>(x: X): LazyArray<DTypeOf<X>> {
  checkCount('conj', arguments.length, 1);
  return new LazyArray(isComplex(x) ? conjugate(complexFrom('conj', x)) : nodeFrom('conj', x));
}

/**
 * Complex numbers with these real and imaginary parts, which broadcast. Of float32 complex64, of other dtypes complex128.
 * `lz.complex([1, 2], [0, -1])` is `[1.+0.j 2.-1.j]`.
 */
export function complex<X extends Operand, Y extends Operand>(
  re: X,
  im: Y,
): LazyArray<ComplexFrom<MeetBoth<X, Y>>> {
  checkCount('complex', arguments.length, 2);
  return new LazyArray(fromParts(re, im));
}

type ComplexFrom<D extends ArrayDType> = D extends 'float16' | 'float32' ? 'complex64' : 'complex128';

/** The quotients rounded down and the remainders: `[floorDivide(x, y), remainder(x, y)]`. `lz.divmod(7, 2).map(String)` is `['3.0', '1.0']`. */
export function divmod<X extends Operand, Y extends Operand>(
  x: X,
  y: Y,
): [quotient: LazyArray<MeetBoth<X, Y>>, remainder: LazyArray<MeetBoth<X, Y>>] {
  checkCount('divmod', arguments.length, 2);
  const [a, b] = [inputOf('divmod', x), inputOf('divmod', y)];
  return [
    new LazyArray(binary('floorDivide', a, b, 'divmod')),
    new LazyArray(binary('remainder', a, b, 'divmod')),
  ];
}

/** Degrees as radians. `lz.deg2rad(180)` is `3.141592653589793`. */
export function deg2rad<X extends Operand>(x: X): LazyArray<ToFloat<DTypeOf<X>>> {
  checkCount('deg2rad', arguments.length, 1);
  return new LazyArray(binary('multiply', floatOf(nodeFrom('deg2rad', x)), Math.PI / 180));
}

/** Radians as degrees. `lz.rad2deg(Math.PI)` is `180.0`. */
export function rad2deg<X extends Operand>(x: X): LazyArray<ToFloat<DTypeOf<X>>> {
  checkCount('rad2deg', arguments.length, 1);
  return new LazyArray(binary('multiply', floatOf(nodeFrom('rad2deg', x)), 180 / Math.PI));
}

/** The smaller of two operands; where one is NaN, the other. `lz.fmin([1, NaN], [NaN, 2])` is `[1. 2.]`. */
export function fmin<X extends Operand, Y extends Operand>(x: X, y: Y): LazyArray<MeetBoth<X, Y>> {
  checkCount('fmin', arguments.length, 2);
  return new LazyArray(unlessNaN('minimum', nodeFrom('fmin', x), nodeFrom('fmin', y)));
}

/** The larger of two operands; where one is NaN, the other. `lz.fmax([1, NaN], [NaN, 2])` is `[1. 2.]`. */
export function fmax<X extends Operand, Y extends Operand>(x: X, y: Y): LazyArray<MeetBoth<X, Y>> {
  checkCount('fmax', arguments.length, 2);
  return new LazyArray(unlessNaN('maximum', nodeFrom('fmax', x), nodeFrom('fmax', y)));
}

function unlessNaN(op: 'minimum' | 'maximum', a: Node, b: Node): Node {
  const chosen = elementwise('where', [unary('isnan', b), a, binary(op, a, b)]);
  return elementwise('where', [unary('isnan', a), b, chosen]);
}

/** 0 for negative numbers, 1 for positive ones, `y` for 0; NaN for NaN. `lz.heaviside([-1, 0, 1], 0.5)` is `[0.  0.5 1. ]`. */
export function heaviside<X extends Operand, Y extends Operand>(x: X, y: Y): LazyArray<MeetBoth<X, Y>> {
  checkCount('heaviside', arguments.length, 2);
  const a = floatOf(nodeFrom('heaviside', x));
  const step = elementwise('where', [
    binary('less', a, 0),
    0,
    elementwise('where', [unary('isnan', a), a, 1]),
  ]);
  return new LazyArray(elementwise('where', [binary('equal', a, 0), inputOf('heaviside', y), step]));
}

/** sin(pi x) / (pi x), and 1 at 0. `lz.sinc([0, 0.5])` is `[1.         0.63661977]`. */
export function sinc<X extends Operand>(x: X): LazyArray<ToFloat<DTypeOf<X>>> {
  checkCount('sinc', arguments.length, 1);
  const angle = binary('multiply', floatOf(nodeFrom('sinc', x)), Math.PI);
  const isZero = binary('equal', angle, 0);
  const divisor = elementwise('where', [isZero, 1, angle]);
  return new LazyArray(elementwise('where', [isZero, 1, binary('divide', unary('sin', divisor), divisor)]));
}

export interface NanToNumOptions {
  /** In place of NaN (0). */
  readonly nan?: number | undefined;
  /** In place of Infinity; by default the largest number of the dtype. */
  readonly posinf?: number | undefined;
  /** In place of -Infinity; by default the least number of the dtype. */
  readonly neginf?: number | undefined;
}

/** Finite numbers in place of NaN and infinities. `lz.nanToNum([1, NaN, Infinity], { posinf: 9 })` is `[1. 0. 9.]`. */
export function nanToNum<X extends Operand>(x: X, options: NanToNumOptions = {}): LazyArray<DTypeOf<X>> {
  checkCount('nanToNum', arguments.length, 2);
  checkOptions('nanToNum', options, ['nan', 'posinf', 'neginf']);
  const node = nodeFrom('nanToNum', x);
  const { dtype } = node;
  if (!isFloat(dtype)) return new LazyArray(node);
  const largest = largestOf(dtype);
  const { nan = 0, posinf = largest, neginf = -largest } = options;
  const finite = elementwise('where', [binary('equal', node, Infinity), posinf, node]);
  const both = elementwise('where', [binary('equal', node, -Infinity), neginf, finite]);
  return new LazyArray(elementwise('where', [unary('isnan', node), nan, both]));
}

/** The largest finite number of a float dtype. */
const largestOf = (dtype: DType): number =>
  dtype === 'float64' ? Number.MAX_VALUE : dtype === 'float32' ? 2 ** 128 - 2 ** 104 : 65504;
