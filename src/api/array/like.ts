/** Arrays with the shape of another one. */
import { checkCount } from '../../ir/arguments.ts';
import { checkArrayDType, type ArrayDType, type ComplexNumber } from '../../ir/dtype.ts';
import { checkOptions } from '../../ir/options.ts';
import { checkShape } from '../../ir/shape.ts';
import { isArray } from '../anyArray.ts';
import { isComplex, complexFrom } from '../complex/operands.ts';
import { full, zeros, type DTypeOption } from '../create.ts';
import { LazyArray } from '../lazyArray.ts';
import { nodeFrom } from '../operand.ts';
import type { DTypeOf, Operand, WeakScalar } from '../types.ts';
import { tril } from './matrices.ts';

export interface LikeOptions<R extends ArrayDType> {
  /** By default that of the other array. */
  readonly dtype?: R | undefined;
  /** By default that of the other array. */
  readonly shape?: number | readonly number[] | undefined;
}

function filledLike(
  operation: string,
  x: Operand,
  value: WeakScalar | ComplexNumber,
  options: LikeOptions<ArrayDType>,
): LazyArray<never> {
  checkOptions(operation, options, ['dtype', 'shape']);
  const { dtype, shape } = isArray(x)
    ? x
    : new LazyArray<ArrayDType>(isComplex(x) ? complexFrom(operation, x) : nodeFrom(operation, x));
  const wanted = options.dtype === undefined ? dtype : checkArrayDType(operation, options.dtype);
  return full(options.shape === undefined ? shape : checkShape(operation, options.shape), value, {
    dtype: wanted,
  }) as LazyArray<never>;
}

/** Zeros in the shape and dtype of another array. `lz.zerosLike([[1, 2]])` is `[[0. 0.]]`. */
export function zerosLike<X extends Operand, R extends ArrayDType = DTypeOf<X>>(
  x: X,
  options: LikeOptions<R> = {},
): LazyArray<R> {
  checkCount('zerosLike', arguments.length, 2);
  return filledLike('zerosLike', x, 0, options);
}

/** Ones in the shape and dtype of another array. `lz.onesLike([[1, 2]])` is `[[1. 1.]]`. */
export function onesLike<X extends Operand, R extends ArrayDType = DTypeOf<X>>(
  x: X,
  options: LikeOptions<R> = {},
): LazyArray<R> {
  checkCount('onesLike', arguments.length, 2);
  return filledLike('onesLike', x, 1, options);
}

/** One value everywhere, in the shape and dtype of another array. `lz.fullLike([1, 2], 7)` is `[7. 7.]`. */
export function fullLike<X extends Operand, R extends ArrayDType = DTypeOf<X>>(
  x: X,
  value: WeakScalar | ComplexNumber,
  options: LikeOptions<R> = {},
): LazyArray<R> {
  checkCount('fullLike', arguments.length, 3);
  return filledLike('fullLike', x, value, options);
}

/** Zeros in the shape and dtype of another array: what is not written yet is 0 here. `lz.emptyLike([1, 2])` is `[0. 0.]`. */
export function emptyLike<X extends Operand, R extends ArrayDType = DTypeOf<X>>(
  x: X,
  options: LikeOptions<R> = {},
): LazyArray<R> {
  checkCount('emptyLike', arguments.length, 2);
  return filledLike('emptyLike', x, 0, options);
}

/** Zeros: arrays are immutable, so memory without values would be of no use. `lz.empty(2)` is `[0. 0.]`. */
export function empty<R extends ArrayDType = 'float64'>(
  shape: number | readonly number[],
  options: DTypeOption<R> = {},
): LazyArray<R> {
  checkCount('empty', arguments.length, 2, 'write a shape of several axes as a list, such as [2, 3]');
  return zeros(shape, options);
}

/**
 * A matrix of ones on and below diagonal `k` (0), zeros above: `n` rows, `m` (`n`) columns. `lz.tri(2)` is
 * `[[1. 0.] [1. 1.]]`.
 */
export function tri(n: number, m = n, k = 0): LazyArray<'float64'> {
  checkCount('tri', arguments.length, 3);
  return tril(full([n, m], 1), k);
}
