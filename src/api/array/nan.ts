/** Reductions and scans of the elements that are not NaN. */
import { checkCount } from '../../ir/arguments.ts';
import {
  isFloat,
  type ArrayDType,
  type DType,
  type FloatDType,
  type PartOf,
  type ToFloat,
  type ToSum,
} from '../../ir/dtype.ts';
import type { Node } from '../../ir/node.ts';
import { LazyArray } from '../lazyArray.ts';
import { constant } from '../../ir/node.ts';
import { binary, elementwise, unary } from '../nodes/elementwise.ts';
import { nodeFrom } from '../operand.ts';
import {
  reduction,
  type MeanOptions,
  type ReduceOptions,
  type ReductionName,
  type SumOptions,
  type VarOptions,
} from '../reductionMethods.ts';
import { settingsOf } from '../settings.ts';
import { cumulativeProd, cumulativeSum, type ScanOptions } from './scans.ts';
import type { Axes, DTypeOf, Operand } from '../types.ts';

type Plain = Readonly<Record<string, unknown>> & { readonly axis?: Axes | undefined };

/** The reduction `name` of what is not NaN. Integers have no NaN. */
function without(
  operation: string,
  name: ReductionName,
  x: Operand,
  axis: unknown,
  options: unknown,
  allowed: readonly string[],
): Node {
  const settings = settingsOf<Plain>(operation, axis as Axes, options as Plain, [
    'axis',
    'keepdims',
    ...allowed,
  ]);
  const node = nodeFrom(operation, x);
  if (!isFloat(node.dtype)) return reduction(name, node, settings, undefined);
  const where = new LazyArray(unary('logicalNot', unary('isnan', node)));
  return reduction(name, node, { ...settings, where }, undefined);
}

/** The extreme of what is not NaN; NaN where all elements are. */
function extreme(operation: string, name: 'min' | 'max', x: Operand, axis: unknown, options: unknown): Node {
  const settings = settingsOf<Plain>(operation, axis as Axes, options as Plain, ['axis', 'keepdims']);
  const node = nodeFrom(operation, x);
  if (!isFloat(node.dtype)) return reduction(name, node, settings, undefined);
  const isNaN = unary('isnan', node);
  const filler = constant(name === 'min' ? Infinity : -Infinity, node.dtype);
  const value = reduction(name, elementwise('where', [isNaN, filler, node]), settings, undefined);
  return elementwise('where', [reduction('all', isNaN, settings, undefined), NaN, value]);
}

function position(
  operation: string,
  name: 'argmin' | 'argmax',
  x: Operand,
  axis: unknown,
  options: unknown,
): Node {
  const settings = settingsOf<Plain>(operation, axis as Axes, options as Plain, ['axis', 'keepdims']);
  const node = nodeFrom(operation, x);
  if (!isFloat(node.dtype)) return reduction(name, node, settings, undefined);
  // The first element that is equal to the extreme; a filler could be mistaken for an infinity.
  const extremeName = name === 'argmin' ? 'min' : 'max';
  const best = extreme(
    operation,
    extremeName,
    new LazyArray(node),
    { ...settings, keepdims: true },
    undefined,
  );
  return reduction('argmax', binary('equal', node, best), settings, undefined);
}

/** The sum of the elements that are not NaN: {@link LazyArray.sum}. `lz.nansum([1, NaN, 2])` is `3.0`. */
export function nansum<X extends Operand, R extends ArrayDType = ToSum<DTypeOf<X>>>(
  x: X,
  axis?: Axes | SumOptions<R>,
  options?: SumOptions<R>,
): LazyArray<R> {
  checkCount('nansum', arguments.length, 3);
  return new LazyArray(without('nansum', 'sum', x, axis, options, ['dtype', 'initial']));
}

/** The product of the elements that are not NaN: {@link LazyArray.prod}. `lz.nanprod([2, NaN, 3])` is `6.0`. */
export function nanprod<X extends Operand, R extends ArrayDType = ToSum<DTypeOf<X>>>(
  x: X,
  axis?: Axes | SumOptions<R>,
  options?: SumOptions<R>,
): LazyArray<R> {
  checkCount('nanprod', arguments.length, 3);
  return new LazyArray(without('nanprod', 'prod', x, axis, options, ['dtype', 'initial']));
}

/** The mean of the elements that are not NaN; NaN if there are none. `lz.nanmean([1, NaN, 2])` is `1.5`. */
export function nanmean<X extends Operand, R extends FloatDType = PartOf<ToFloat<DTypeOf<X>>>>(
  x: X,
  axis?: Axes | MeanOptions<R>,
  options?: MeanOptions<R>,
): LazyArray<R> {
  checkCount('nanmean', arguments.length, 3);
  return new LazyArray(without('nanmean', 'mean', x, axis, options, ['dtype']));
}

/** The variance of the elements that are not NaN: {@link LazyArray.var}. `lz.nanvar([1, NaN, 3])` is `1.0`. */
export function nanvar<X extends Operand, R extends FloatDType = PartOf<ToFloat<DTypeOf<X>>>>(
  x: X,
  axis?: Axes | VarOptions<R>,
  options?: VarOptions<R>,
): LazyArray<R> {
  checkCount('nanvar', arguments.length, 3);
  return new LazyArray(without('nanvar', 'var', x, axis, options, ['dtype', 'correction']));
}

/** The standard deviation of the elements that are not NaN: {@link LazyArray.std}. `lz.nanstd([1, NaN, 5])` is `2.0`. */
export function nanstd<X extends Operand, R extends FloatDType = PartOf<ToFloat<DTypeOf<X>>>>(
  x: X,
  axis?: Axes | VarOptions<R>,
  options?: VarOptions<R>,
): LazyArray<R> {
  checkCount('nanstd', arguments.length, 3);
  return new LazyArray(without('nanstd', 'std', x, axis, options, ['dtype', 'correction']));
}

/** The smallest element that is not NaN; NaN if all are. `lz.nanmin([3, NaN, 1])` is `1.0`. */
export function nanmin<X extends Operand>(
  x: X,
  axis?: Axes | ReduceOptions,
  options?: ReduceOptions,
): LazyArray<DTypeOf<X>> {
  checkCount('nanmin', arguments.length, 3);
  return new LazyArray(extreme('nanmin', 'min', x, axis, options));
}

/** The largest element that is not NaN; NaN if all are. `lz.nanmax([3, NaN, 1])` is `3.0`. */
export function nanmax<X extends Operand>(
  x: X,
  axis?: Axes | ReduceOptions,
  options?: ReduceOptions,
): LazyArray<DTypeOf<X>> {
  checkCount('nanmax', arguments.length, 3);
  return new LazyArray(extreme('nanmax', 'max', x, axis, options));
}

type OneAxis = number | null;

/** The position of the smallest element that is not NaN; 0 if all are. `lz.nanargmin([NaN, 2, 1])` is `2`. */
export function nanargmin(
  x: Operand,
  axis?: OneAxis | ReduceOptions<OneAxis>,
  options?: ReduceOptions<OneAxis>,
): LazyArray<'int32'> {
  checkCount('nanargmin', arguments.length, 3);
  return new LazyArray(position('nanargmin', 'argmin', x, axis, options));
}

/** The position of the largest element that is not NaN; 0 if all are. `lz.nanargmax([NaN, 2, 1])` is `1`. */
export function nanargmax(
  x: Operand,
  axis?: OneAxis | ReduceOptions<OneAxis>,
  options?: ReduceOptions<OneAxis>,
): LazyArray<'int32'> {
  checkCount('nanargmax', arguments.length, 3);
  return new LazyArray(position('nanargmax', 'argmax', x, axis, options));
}

/** An array with a value in place of NaN. */
function filled(operation: string, x: Operand, value: number): LazyArray {
  const node = nodeFrom(operation, x);
  if (!isFloat(node.dtype)) return new LazyArray(node);
  return new LazyArray(elementwise('where', [unary('isnan', node), value, node]));
}

/** Cumulative sums in which NaN counts as 0. `lz.nancumsum([1, NaN, 2])` is `[1. 1. 3.]`. */
export function nancumsum<X extends Operand, R extends DType = PartOf<ToSum<DTypeOf<X>>>>(
  x: X,
  axis?: number | null | ScanOptions<R>,
  options?: ScanOptions<R>,
): LazyArray<R> {
  checkCount('nancumsum', arguments.length, 3);
  return cumulativeSum(filled('nancumsum', x, 0), axis, options);
}

/** Cumulative products in which NaN counts as 1. `lz.nancumprod([2, NaN, 3])` is `[2. 2. 6.]`. */
export function nancumprod<X extends Operand, R extends DType = PartOf<ToSum<DTypeOf<X>>>>(
  x: X,
  axis?: number | null | ScanOptions<R>,
  options?: ScanOptions<R>,
): LazyArray<R> {
  checkCount('nancumprod', arguments.length, 3);
  return cumulativeProd(filled('nancumprod', x, 1), axis, options);
}
