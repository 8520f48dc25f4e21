/** Reductions and scans of the elements that are not NaN. */
import { checkCount, checkMethodCount } from '../../ir/arguments.ts';
import { isFloat, type DType, type PartOf, type ToSum } from '../../ir/dtype.ts';
import { constant, type Node } from '../../ir/node.ts';
import type {
  ExtremeFunction,
  MeanFunction,
  PositionFunction,
  SumFunction,
  VarFunction,
} from '../functions.ts';
import { LazyArray } from '../lazyArray.ts';
import { binary, castTo, elementwise, unary } from '../nodes/elementwise.ts';
import { nodeFrom } from '../operand.ts';
import { reduction, type ReduceArguments, type ReductionName } from '../reductionMethods.ts';
import { settingsOf } from '../settings.ts';
import { cumulativeProd, cumulativeSum, type ScanOptions } from './scans.ts';
import type { Axes, DTypeOf, Operand } from '../types.ts';

/** What a function makes of floats; integers have no NaN and are reduced as they are. */
type Reduce = (operation: string, name: ReductionName, node: Node, settings: ReduceArguments) => Node;

/** Whether elements take no part: they are NaN, or `where` leaves them out. */
function isLeftOut(operation: string, node: Node, { where }: ReduceArguments): Node {
  const isNaN = unary('isnan', node);
  if (where === undefined) return isNaN;
  const isTaken = castTo(nodeFrom(operation, where), 'bool');
  return binary('logicalOr', isNaN, unary('logicalNot', isTaken), operation);
}

const ofNumbers: Reduce = (operation, name, node, settings) => {
  const where = new LazyArray(unary('logicalNot', isLeftOut(operation, node, settings)));
  return reduction(name, node, { ...settings, where }, undefined);
};

/** NaN where no element takes part, unless there is an initial value. */
const extreme: Reduce = (operation, name, node, { where, ...settings }) => {
  const isOut = isLeftOut(operation, node, { where });
  const filler = constant(name === 'min' ? Infinity : -Infinity, node.dtype);
  const value = reduction(name, elementwise('where', [isOut, filler, node]), settings, undefined);
  if (settings.initial !== undefined) return value;
  return elementwise('where', [reduction('all', isOut, settings, undefined), NaN, value]);
};

/** The first element that is equal to the extreme: a filler could be mistaken for an infinity. */
const position: Reduce = (operation, name, node, settings) => {
  const best = extreme(operation, name === 'argmin' ? 'min' : 'max', node, { ...settings, keepdims: true });
  return reduction('argmax', binary('equal', node, best), settings, undefined);
};

/** One implementation; what each takes and returns is what the reduction of all elements does. */
const numbersOnly =
  (operation: string, name: ReductionName, reduce: Reduce, ...allowed: readonly (keyof ReduceArguments)[]) =>
  (
    x: Operand,
    axis?: Axes | ReduceArguments,
    options?: ReduceArguments,
    ...rest: readonly unknown[]
  ): LazyArray<never> => {
    checkMethodCount(operation, 2 + rest.length, 2);
    const settings = settingsOf<ReduceArguments>(operation, axis, options, ['axis', 'keepdims', ...allowed]);
    const node = nodeFrom(operation, x);
    return new LazyArray<never>(
      isFloat(node.dtype)
        ? reduce(operation, name, node, settings)
        : reduction(name, node, settings, undefined),
    );
  };

/** The sum of the elements that are not NaN: {@link LazyArray.sum}. `lz.nansum([1, NaN, 2])` is `3.0`. */
export const nansum: SumFunction = numbersOnly('nansum', 'sum', ofNumbers, 'dtype', 'where', 'initial');
/** The product of the elements that are not NaN: {@link LazyArray.prod}. `lz.nanprod([2, NaN, 3])` is `6.0`. */
export const nanprod: SumFunction = numbersOnly('nanprod', 'prod', ofNumbers, 'dtype', 'where', 'initial');
/** The mean of the elements that are not NaN; NaN if there are none. `lz.nanmean([1, NaN, 2])` is `1.5`. */
export const nanmean: MeanFunction = numbersOnly('nanmean', 'mean', ofNumbers, 'dtype', 'where');
/** The variance of the elements that are not NaN: {@link LazyArray.var}. `lz.nanvar([1, NaN, 3])` is `1.0`. */
export const nanvar: VarFunction = numbersOnly('nanvar', 'var', ofNumbers, 'dtype', 'correction', 'where');
/** The standard deviation of the elements that are not NaN: {@link LazyArray.std}. `lz.nanstd([1, NaN, 5])` is `2.0`. */
export const nanstd: VarFunction = numbersOnly('nanstd', 'std', ofNumbers, 'dtype', 'correction', 'where');
/** The smallest element that is not NaN; NaN if all are. `lz.nanmin([3, NaN, 1])` is `1.0`. */
export const nanmin: ExtremeFunction = numbersOnly('nanmin', 'min', extreme, 'where', 'initial');
/** The largest element that is not NaN; NaN if all are. `lz.nanmax([3, NaN, 1])` is `3.0`. */
export const nanmax: ExtremeFunction = numbersOnly('nanmax', 'max', extreme, 'where', 'initial');
/** The position of the smallest element that is not NaN; 0 if all are. `lz.nanargmin([NaN, 2, 1])` is `2`. */
export const nanargmin: PositionFunction = numbersOnly('nanargmin', 'argmin', position);
/** The position of the largest element that is not NaN; 0 if all are. `lz.nanargmax([NaN, 2, 1])` is `1`. */
export const nanargmax: PositionFunction = numbersOnly('nanargmax', 'argmax', position);

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
