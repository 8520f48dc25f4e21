/** Sorting, and statistics that depend on the order of elements. */
import { checkCount, describe, wholeNumber } from '../../ir/arguments.ts';
import type { ToFloat } from '../../ir/dtype.ts';
import { DataError, OptionError, ShapeError } from '../../ir/errors.ts';
import type { Node } from '../../ir/node.ts';
import { checkSwitch } from '../../ir/options.ts';
import { formatShape, normalizeAxes, sizeOf } from '../../ir/shape.ts';
import { readWholeNumbers } from '../arguments.ts';
import { valuesForShape } from '../evaluate.ts';
import { LazyArray } from '../lazyArray.ts';
import { cutAlong, fromLast } from '../nodes/along.ts';
import { broadcast } from '../nodes/elementwise.ts';
import { stack } from '../nodes/join.ts';
import {
  argsort as argsortNode,
  lexsort as lexsortNode,
  orderedRows,
  rowsAlong,
  sort as sortNode,
} from '../nodes/order.ts';
import {
  checkMethod,
  medianOf,
  quantilesOf,
  weightedQuantilesOf,
  type QuantileMethod,
} from '../nodes/quantile.ts';
import { keepAxes, permute, reshapeTo } from '../nodes/view.ts';
import { readLiteral } from '../literal.ts';
import { nodeFrom, nodesFrom } from '../operand.ts';
import { settingsOf } from '../settings.ts';
import type { Axes, DTypeOf, Operand } from '../types.ts';
import type { MedianOptions, QuantileOptions, SortOptions } from './options.ts';

export type { MedianOptions, QuantileOptions, SortOptions };

function sortSettings(
  operation: string,
  axis: number | null | SortOptions | undefined,
  options: SortOptions | undefined,
  allowed: readonly (keyof SortOptions)[] = ['axis', 'descending', 'stable'],
): SortOptions {
  // Here `null` is an axis, unlike for reductions.
  const given = axis === null ? { ...options, axis } : axis;
  const settings = settingsOf<SortOptions>(operation, given, axis === null ? undefined : options, allowed);
  checkSwitch(operation, 'descending', settings.descending);
  checkSwitch(operation, 'stable', settings.stable);
  return settings;
}

/**
 * The elements in ascending order along an axis (-1). Equal elements keep their order, -0 and 0 among them; NaN is last.
 * `lz.sort([3, 1, 2])` is `[1. 2. 3.]`.
 */
export function sort<X extends Operand>(
  x: X,
  axis?: number | null | SortOptions,
  options?: SortOptions,
): LazyArray<DTypeOf<X>> {
  checkCount('sort', arguments.length, 3);
  return new LazyArray(sortNode('sort', nodeFrom('sort', x), sortSettings('sort', axis, options)));
}

/** The positions that sort an array along an axis (-1), int32: see {@link sort}. `lz.argsort([3, 1, 2])` is `[1 2 0]`. */
export function argsort(
  x: Operand,
  axis?: number | null | SortOptions,
  options?: SortOptions,
): LazyArray<'int32'> {
  checkCount('argsort', arguments.length, 3);
  return new LazyArray(
    argsortNode('argsort', nodeFrom('argsort', x), sortSettings('argsort', axis, options)),
  );
}

/**
 * The positions that sort by several keys, of which the last is the most important, along an axis (-1).
 * `lz.lexsort([[2, 1, 3], [1, 1, 0]])` is `[2 1 0]`.
 */
export function lexsort(
  keys: Operand | readonly Operand[],
  axis: number | { readonly axis?: number } = -1,
): LazyArray<'int32'> {
  checkCount('lexsort', arguments.length, 2);
  const list = keys instanceof LazyArray ? [...keys] : keys;
  const { axis: at = -1 } = settingsOf<{ readonly axis?: number }>('lexsort', axis, undefined, ['axis']);
  return new LazyArray(lexsortNode(nodesFrom('lexsort', list as readonly Operand[]), at));
}

/** Positions of a sorted row, as far as they exist. */
function checkKth(operation: string, kth: number | readonly number[], size: number): void {
  readWholeNumbers(operation, 'kth', kth, -size, size - 1);
}

/**
 * The elements so that element `kth` of the axis (-1) is where sorting would put it, smaller ones before, larger ones
 * behind. They are sorted entirely, which is one such order. `lz.partition([3, 1, 2], 1)` is `[1. 2. 3.]`.
 */
export function partition<X extends Operand>(
  x: X,
  kth: number | readonly number[],
  axis?: number | null | Pick<SortOptions, 'axis'>,
): LazyArray<DTypeOf<X>> {
  checkCount('partition', arguments.length, 3);
  const node = nodeFrom('partition', x);
  const settings = sortSettings('partition', axis, undefined, ['axis']);
  const [rows] = rowsAlong('partition', node, settings.axis);
  checkKth('partition', kth, rows.shape.at(-1) ?? 0);
  return new LazyArray(sortNode('partition', node, settings));
}

/** The positions of {@link partition}. `lz.argpartition([3, 1, 2], 1)` is `[1 2 0]`. */
export function argpartition(
  x: Operand,
  kth: number | readonly number[],
  axis?: number | null | Pick<SortOptions, 'axis'>,
): LazyArray<'int32'> {
  checkCount('argpartition', arguments.length, 3);
  const node = nodeFrom('argpartition', x);
  const settings = sortSettings('argpartition', axis, undefined, ['axis']);
  const [rows] = rowsAlong('argpartition', node, settings.axis);
  checkKth('argpartition', kth, rows.shape.at(-1) ?? 0);
  return new LazyArray(argsortNode('argpartition', node, settings));
}

export interface TopkOptions {
  readonly axis?: number | undefined;
  /** `false`: the smallest elements. */
  readonly largest?: boolean | undefined;
}

export interface TopK<X extends Operand> {
  readonly values: LazyArray<DTypeOf<X>>;
  readonly indices: LazyArray<'int32'>;
}

/**
 * The `k` largest elements along an axis (-1), from the largest on, and their positions; NaN counts as smallest. Throws
 * `OptionError` if there are fewer. `lz.topk([3, 1, 2], 2).values.toString()` is `[3. 2.]`.
 */
export function topk<X extends Operand>(x: X, k: number, options: TopkOptions = {}): TopK<X> {
  checkCount('topk', arguments.length, 3);
  const { axis, largest = true } = settingsOf<TopkOptions>('topk', undefined, options, ['axis', 'largest']);
  checkSwitch('topk', 'largest', largest);
  const [rows, at] = rowsAlong('topk', nodeFrom('topk', x), axis);
  const last = rows.shape.length - 1;
  const count = wholeNumber('topk', 'k', k, 0, rows.shape[last] ?? 0);
  const [sorted, positions] = orderedRows('topk', rows, largest);
  const part = (node: Node): Node => fromLast('topk', cutAlong(node, last, 0, count), at);
  return { values: new LazyArray(part(sorted)), indices: new LazyArray(part(positions)) };
}

// ------------------------------------------------------------------------------------------------- quantiles

/** The array with the named axes as one, the last. */
function asRows(operation: string, node: Node, axes: readonly number[]): Node {
  const kept = node.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const sizes = (list: readonly number[]): readonly number[] => list.map((axis) => node.shape[axis] ?? 1);
  return reshapeTo(permute(operation, node, [...kept, ...axes]), [...sizes(kept), sizeOf(sizes(axes))]);
}

/** Rows with one element each, as an array without the named axes, or with size 1 along them. */
function withoutRows(rows: Node, node: Node, axes: readonly number[], keepdims: boolean): Node {
  const reduced = reshapeTo(rows, rows.shape.slice(0, -1));
  return keepdims ? keepAxes(reduced, node.shape, axes) : reduced;
}

function medianNode(operation: string, x: Operand, settings: MedianOptions, skipNaN: boolean): Node {
  checkSwitch(operation, 'keepdims', settings.keepdims);
  const node = nodeFrom(operation, x);
  const axes = normalizeAxes(operation, settings.axis ?? undefined, node.shape.length);
  const value = medianOf(operation, asRows(operation, node, axes), skipNaN);
  return withoutRows(value, node, axes, settings.keepdims ?? false);
}

/** The middle element in order of value, or the mean of the two in the middle; a float. NaN if any element is, or none there. `lz.median([3, 1, 2])` is `2.0`. */
export function median<X extends Operand>(
  x: X,
  axis?: Axes | MedianOptions,
  options?: MedianOptions,
): LazyArray<ToFloat<DTypeOf<X>>> {
  checkCount('median', arguments.length, 3);
  const settings = settingsOf<MedianOptions>('median', axis, options, ['axis', 'keepdims']);
  return new LazyArray(medianNode('median', x, settings, false));
}

/** The median of the elements that are not NaN; NaN if there are none. `lz.nanmedian([3, NaN, 1])` is `2.0`. */
export function nanmedian<X extends Operand>(
  x: X,
  axis?: Axes | MedianOptions,
  options?: MedianOptions,
): LazyArray<ToFloat<DTypeOf<X>>> {
  checkCount('nanmedian', arguments.length, 3);
  const settings = settingsOf<MedianOptions>('nanmedian', axis, options, ['axis', 'keepdims']);
  return new LazyArray(medianNode('nanmedian', x, settings, true));
}

type Quantiles = number | readonly number[] | LazyArray | Float64Array;

/** The fractions of a call, as numbers, and the shape they have. */
function fractionsOf(
  operation: string,
  q: Quantiles,
  most: number,
): readonly [readonly number[], readonly number[]] {
  const { values: given, shape } =
    q instanceof LazyArray
      ? { values: valuesForShape(operation, q), shape: q.shape }
      : readLiteral(operation, q, undefined);
  const values = Array.from(given, Number);
  for (const value of values)
    if (!(value >= 0 && value <= most))
      throw new OptionError(operation, `q must be from 0 to ${most}, got ${describe(value)}`);
  return [values.map((value) => value / most), shape];
}

function quantileNode(
  operation: string,
  x: Operand,
  q: Quantiles,
  most: number,
  axis: Axes | QuantileOptions | undefined,
  options: QuantileOptions | undefined,
  skipNaN: boolean,
): Node {
  const settings = settingsOf<QuantileOptions>(operation, axis, options, [
    'axis',
    'keepdims',
    'method',
    'weights',
  ]);
  checkSwitch(operation, 'keepdims', settings.keepdims);
  const method = checkMethod(operation, settings.method ?? 'linear');
  const [fractions, shape] = fractionsOf(operation, q, most);
  const node = nodeFrom(operation, x);
  const axes = normalizeAxes(operation, settings.axis ?? undefined, node.shape.length);
  const rows = asRows(operation, node, axes);
  const found =
    settings.weights === undefined
      ? quantilesOf(operation, rows, fractions, { method, skipNaN })
      : weighted(operation, node, rows, axes, settings.weights, fractions, method, skipNaN);
  const results = found.map((value) => withoutRows(value, node, axes, settings.keepdims ?? false));
  const [first] = results;
  if (first === undefined) throw new DataError(operation, 'needs at least one fraction q');
  if (shape.length === 0) return first;
  return reshapeTo(stack(results, 0), [...shape, ...first.shape]);
}

function weighted(
  operation: string,
  node: Node,
  rows: Node,
  axes: readonly number[],
  given: Operand,
  fractions: readonly number[],
  method: QuantileMethod,
  skipNaN: boolean,
): readonly Node[] {
  if (method !== 'invertedCdf' || skipNaN)
    throw new OptionError(operation, `weights need the method 'invertedCdf', and elements that are not NaN`);
  const weights = nodeFrom(operation, given);
  const fits =
    weights.shape.length === node.shape.length || (axes.length === 1 && weights.shape.length === 1);
  const along = axes[0] ?? 0;
  const shaped =
    weights.shape.length === node.shape.length
      ? weights
      : reshapeTo(
          weights,
          node.shape.map((_, axis) => (axis === along ? (weights.shape[0] ?? 1) : 1)),
        );
  if (!fits || !shaped.shape.every((size, axis) => size === 1 || size === node.shape[axis]))
    throw new ShapeError(
      operation,
      `weights of shape ${formatShape(weights.shape)} do not fit an array of shape ${formatShape(node.shape)}`,
    );
  return weightedQuantilesOf(
    operation,
    rows,
    asRows(operation, broadcast(shaped, node.shape), axes),
    fractions,
  );
}

/**
 * The values below which the share `q` of the elements lies; `q` is a number from 0 to 1 or a list of them, whose shape
 * comes first in the result. NaN where an element is. `lz.quantile([1, 2, 3, 4], 0.5)` is `2.5`.
 */
export function quantile<X extends Operand>(
  x: X,
  q: Quantiles,
  axis?: Axes | QuantileOptions,
  options?: QuantileOptions,
): LazyArray<ToFloat<DTypeOf<X>>> {
  checkCount('quantile', arguments.length, 4);
  return new LazyArray(quantileNode('quantile', x, q, 1, axis, options, false));
}

/** Quantiles with `q` in percent: {@link quantile}. `lz.percentile([1, 2, 3, 4], 50)` is `2.5`. */
export function percentile<X extends Operand>(
  x: X,
  q: Quantiles,
  axis?: Axes | QuantileOptions,
  options?: QuantileOptions,
): LazyArray<ToFloat<DTypeOf<X>>> {
  checkCount('percentile', arguments.length, 4);
  return new LazyArray(quantileNode('percentile', x, q, 100, axis, options, false));
}

/** Quantiles of the elements that are not NaN: {@link quantile}. `lz.nanquantile([1, NaN, 3], 0.5)` is `2.0`. */
export function nanquantile<X extends Operand>(
  x: X,
  q: Quantiles,
  axis?: Axes | QuantileOptions,
  options?: QuantileOptions,
): LazyArray<ToFloat<DTypeOf<X>>> {
  checkCount('nanquantile', arguments.length, 4);
  return new LazyArray(quantileNode('nanquantile', x, q, 1, axis, options, true));
}

/** Percentiles of the elements that are not NaN: {@link percentile}. `lz.nanpercentile([1, NaN, 3], 50)` is `2.0`. */
export function nanpercentile<X extends Operand>(
  x: X,
  q: Quantiles,
  axis?: Axes | QuantileOptions,
  options?: QuantileOptions,
): LazyArray<ToFloat<DTypeOf<X>>> {
  checkCount('nanpercentile', arguments.length, 4);
  return new LazyArray(quantileNode('nanpercentile', x, q, 100, axis, options, true));
}
