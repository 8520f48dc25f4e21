/** Statistics made of sums: ranges, weighted means, covariances, histograms. */
import { checkCount, describe, wholeNumber } from '../../ir/arguments.ts';
import { isInteger, type DType } from '../../ir/dtype.ts';
import { DTypeError, OptionError, ShapeError } from '../../ir/errors.ts';
import { constant, type Node } from '../../ir/node.ts';
import { checkOptions, checkSwitch, isOptions } from '../../ir/options.ts';
import { formatShape, normalizeAxes, sizeOf } from '../../ir/shape.ts';
import { linspace } from '../create.ts';
import { readWholeNumbers } from '../arguments.ts';
import { LazyArray } from '../lazyArray.ts';
import { cutAlong, pickAlong, positionsAlong } from '../nodes/along.ts';
import {
  binary,
  broadcast,
  castTo,
  clip,
  elementwise,
  unary,
  type Input,
  floatOf,
  constantLike,
} from '../nodes/elementwise.ts';
import { concat, take } from '../nodes/join.ts';
import { matmul } from '../nodes/product.ts';
import { fold, mean } from '../nodes/reduce.ts';
import { scatter } from '../nodes/scatter.ts';
import { searchSorted } from '../nodes/search.ts';
import { expandDims, flatten, permute, reshapeTo } from '../nodes/view.ts';
import { nodeFrom } from '../operand.ts';
import { settingsOf } from '../settings.ts';
import type { Axes, DTypeOf, Operand } from '../types.ts';

interface PlainOptions {
  readonly axis?: Axes | undefined;
  readonly keepdims?: boolean | undefined;
}

/** The largest element minus the smallest, over axes. `lz.ptp([3, 1, 7])` is `6.0`. */
export function ptp<X extends Operand>(
  x: X,
  axis?: Axes | PlainOptions,
  options?: PlainOptions,
): LazyArray<DTypeOf<X>> {
  checkCount('ptp', arguments.length, 3);
  const settings = settingsOf<PlainOptions>('ptp', axis, options, ['axis', 'keepdims']);
  checkSwitch('ptp', 'keepdims', settings.keepdims);
  const node = nodeFrom('ptp', x);
  return new LazyArray(binary('subtract', fold('max', node, settings), fold('min', node, settings), 'ptp'));
}

export interface AverageOptions extends PlainOptions {
  /** The weight of each element: of the shape of the array, or a vector along the one axis. */
  readonly weights?: Operand | undefined;
}

/** Weights in a shape that broadcasts to the array. */
function weightsFor(operation: string, given: Operand, node: Node, axes: readonly number[]): Node {
  const weights = floatOf(nodeFrom(operation, given));
  const { shape } = weights;
  if (shape.length === node.shape.length && shape.every((size, axis) => size === node.shape[axis]))
    return weights;
  const [axis] = axes;
  if (axes.length !== 1 || axis === undefined || shape.length !== 1 || shape[0] !== node.shape[axis])
    throw new ShapeError(
      operation,
      `weights of shape ${formatShape(shape)} do not fit an array of shape ${formatShape(node.shape)}: they need its shape, or one axis of the size of the averaged one`,
    );
  return reshapeTo(
    weights,
    node.shape.map((size, k) => (k === axis ? size : 1)),
  );
}

/** The mean over axes, each element with a weight; a float. `lz.average([1, 3], { weights: [3, 1] })` is `1.5`. */
export function average(x: Operand, axis?: Axes | AverageOptions, options?: AverageOptions): LazyArray {
  checkCount('average', arguments.length, 3);
  const settings = settingsOf<AverageOptions>('average', axis, options, ['axis', 'keepdims', 'weights']);
  checkSwitch('average', 'keepdims', settings.keepdims);
  const node = nodeFrom('average', x);
  if (settings.weights === undefined) return new LazyArray(mean(node, settings, 'average'));
  const axes = normalizeAxes('average', settings.axis ?? undefined, node.shape.length);
  const values = floatOf(node);
  const weights = weightsFor('average', settings.weights, node, axes);
  const over = { axis: axes, keepdims: settings.keepdims };
  const total = fold('sum', binary('multiply', values, weights), over);
  return new LazyArray(binary('divide', total, fold('sum', broadcast(weights, node.shape), over)));
}

export interface CovarianceOptions {
  /** `false`: each column is a variable, each row an observation; by default the other way round. */
  readonly rowvar?: boolean | undefined;
  /** Subtracted from the number of observations in the divisor (1). */
  readonly correction?: number | undefined;
}

/** Variables as rows. */
function variablesOf(operation: string, x: Operand, y: Operand | undefined, rowvar: boolean): Node {
  const read = (operand: Operand): Node => {
    const node = floatOf(nodeFrom(operation, operand));
    if (node.shape.length > 2)
      throw new ShapeError(operation, `takes vectors and matrices, not shape ${formatShape(node.shape)}`);
    const rows = node.shape.length < 2 ? reshapeTo(node, [1, sizeOf(node.shape)]) : node;
    return rowvar || node.shape.length < 2 ? rows : permute(operation, rows, undefined);
  };
  return y === undefined ? read(x) : concat([read(x), read(y)], 0, operation);
}

function covariances(
  operation: string,
  x: Operand,
  y: Operand | undefined,
  options: CovarianceOptions,
): Node {
  checkSwitch(operation, 'rowvar', options.rowvar);
  const { rowvar = true, correction = 1 } = options;
  const rows = variablesOf(operation, x, y, rowvar);
  const count = rows.shape[1] ?? 0;
  const deviations = binary('subtract', rows, mean(rows, { axis: 1, keepdims: true }, operation));
  const products = matmul(deviations, permute(operation, deviations, undefined));
  return binary('divide', products, Math.max(0, count - correction));
}

/** A matrix of one variable as the number it holds. */
const single = (matrix: Node): Node => (matrix.shape[0] === 1 ? reshapeTo(matrix, []) : matrix);

/**
 * The covariances of variables, the rows of `x` (and of `y`), over observations, the columns. A single variable gives its
 * variance. `lz.cov([[1, 2, 3], [3, 2, 1]])` is `[[ 1. -1.] [-1.  1.]]`.
 */
export function cov(x: Operand, y?: Operand | CovarianceOptions, options?: CovarianceOptions): LazyArray {
  checkCount('cov', arguments.length, 3);
  const [second, settings] = secondOperand('cov', y, options, ['rowvar', 'correction']);
  return new LazyArray(single(covariances('cov', x, second, settings)));
}

/** The correlation coefficients of variables: covariances divided by both standard deviations, within -1 to 1. `lz.corrcoef([[1, 2, 3], [3, 2, 1]])` is `[[ 1. -1.] [-1.  1.]]`. */
export function corrcoef(
  x: Operand,
  y?: Operand | Pick<CovarianceOptions, 'rowvar'>,
  options?: Pick<CovarianceOptions, 'rowvar'>,
): LazyArray {
  checkCount('corrcoef', arguments.length, 3);
  const [second, settings] = secondOperand('corrcoef', y, options, ['rowvar']);
  const matrix = covariances('corrcoef', x, second, settings);
  const size = matrix.shape[0] ?? 1;
  const variances = cutAlong(flatten(matrix), 0, 0, size * size, size + 1);
  const deviation = unary('sqrt', variances);
  const scaled = binary('divide', binary('divide', matrix, expandDims(deviation, 1)), deviation);
  return new LazyArray(single(clip(scaled, -1, 1)));
}

/** `(y, options)`, either of which may be missing. */
function secondOperand<S extends object>(
  operation: string,
  y: Operand | S | undefined,
  options: S | undefined,
  allowed: readonly (keyof S & string)[],
): readonly [y: Operand | undefined, settings: S] {
  const isPlain = isOptions(y);
  const settings = (isPlain ? y : (options ?? {})) as S;
  checkOptions(operation, settings, allowed);
  return [isPlain ? undefined : (y as Operand | undefined), settings];
}

// ------------------------------------------------------------------------------------------------ histograms

/** Sums of weights, or counts, of elements by bin; `bins` is one past the last bin for elements of none. */
function countsOf(bins: Node, count: number, weights: Node | undefined): Node {
  const dtype: DType = weights === undefined ? 'int64' : weights.dtype;
  const base = broadcast(constantLike(0, dtype), [count + 1]);
  const updates = weights ?? broadcast(constant(1n, 'int64'), bins.shape);
  return cutAlong(scatter('sum', base, bins, updates, 0), 0, 0, count);
}

function flatWeights(operation: string, given: Operand | undefined, size: number): Node | undefined {
  if (given === undefined) return undefined;
  const weights = flatten(nodeFrom(operation, given));
  if (weights.shape[0] !== size)
    throw new ShapeError(operation, `${weights.shape[0] ?? 0} weights for ${size} elements`);
  return floatOf(weights);
}

export interface BincountOptions {
  /** Added instead of 1, one for each element. */
  readonly weights?: Operand | undefined;
  /** The least number of bins (0). */
  readonly minlength?: number | undefined;
  /** The exact number of bins: larger elements are left out, and nothing is evaluated at the call. */
  readonly length?: number | undefined;
}

/**
 * How often each of 0, 1, 2, ... occurs among whole numbers; int64, or float64 sums of weights. The number of bins is the
 * largest element plus one, which is evaluated at the call unless `length` gives it. Throws `DTypeError` unless elements
 * are integers, `OptionError` for negative ones. `lz.bincount([1n, 1n, 3n])` is `[0 2 0 1]`.
 */
export function bincount(x: Operand, options: BincountOptions = {}): LazyArray {
  checkCount('bincount', arguments.length, 2);
  checkOptions('bincount', options, ['weights', 'minlength', 'length']);
  const node = nodeFrom('bincount', x);
  if (node.shape.length !== 1)
    throw new ShapeError('bincount', `takes a vector, not an array of shape ${formatShape(node.shape)}`);
  if (!isInteger(node.dtype))
    throw new DTypeError(
      'bincount',
      `counts integers, not ${node.dtype}; cast first, e.g. x.astype('int32')`,
    );
  const weights = flatWeights('bincount', options.weights, node.shape[0] ?? 0);
  const most = 2 ** 31 - 2;
  const least = wholeNumber('bincount', 'minlength', options.minlength ?? 0, 0, most);
  const count =
    options.length === undefined
      ? Math.max(least, neededBins(node))
      : wholeNumber('bincount', 'length', options.length, 0, most);
  const isIn = binary(
    'logicalAnd',
    binary('greaterEqual', node, 0),
    binary('less', castTo(node, 'int64'), BigInt(count)),
  );
  const bins = elementwise('where', [isIn, castTo(node, 'int32'), constant(count, 'int32')]);
  return new LazyArray(countsOf(bins, count, weights));
}

/** One more than the largest element. */
function neededBins(node: Node): number {
  if (node.shape[0] === 0) return 0;
  const of = (op: 'min' | 'max'): number =>
    Number(new LazyArray<'int64'>(castTo(fold(op, node, {}), 'int64')).item());
  const smallest = of('min');
  if (smallest < 0)
    throw new OptionError('bincount', `counts whole numbers from 0 on, but ${smallest} is there`);
  return of('max') + 1;
}

export interface HistogramOptions {
  /** Elements outside are left out; by default from the smallest to the largest. */
  readonly range?: readonly [low: number, high: number] | undefined;
  readonly weights?: Operand | undefined;
  /** `true`: shares per width instead of counts, so that the integral is 1. */
  readonly density?: boolean | undefined;
}

export interface Histogram {
  readonly counts: LazyArray;
  /** One more than there are bins. */
  readonly edges: LazyArray<'float64'>;
}

/** The edges of `count` bins of one width, from a range or from the elements. */
function evenEdges(
  operation: string,
  node: Node,
  count: number,
  range: readonly [number, number] | undefined,
): Node {
  if (range !== undefined) {
    const [low, high] = Array.isArray(range) ? (range as readonly [number, number]) : [NaN, NaN];
    if (!Number.isFinite(low) || !Number.isFinite(high) || low > high)
      throw new OptionError(
        operation,
        `the range must be two finite numbers in order, got ${describe(range)}`,
      );
    const apart = low === high ? 0.5 : 0;
    return nodeFrom(operation, linspace(low - apart, high + apart, count + 1));
  }
  if (node.shape[0] === 0) return nodeFrom(operation, linspace(0, 1, count + 1));
  const values = castTo(node, 'float64');
  const [low, high] = [fold('min', values, {}), fold('max', values, {})];
  const apart = elementwise('where', [binary('equal', low, high), 0.5, 0]);
  const [first, last] = [binary('subtract', low, apart), binary('add', high, apart)];
  const at = positionsAlong(1, 0, count + 1, 'float64');
  // As linspace has them.
  const step = binary('divide', binary('subtract', last, first), count);
  const inner = binary('add', binary('multiply', at, step), first);
  return elementwise('where', [binary('equal', at, count), last, inner]);
}

/** The bin of each element; `count` for those outside. The last bin holds its upper edge. */
function binsOf(values: Node, edges: Node, count: number): Node {
  const [first, last] = [pickAlong(edges, 0, 0), pickAlong(edges, 0, count)];
  const isIn = binary('logicalAnd', binary('greaterEqual', values, first), binary('lessEqual', values, last));
  // The quotient may be one bin off; the edges decide.
  const scaled = binary(
    'multiply',
    binary('divide', binary('subtract', values, first), binary('subtract', last, first)),
    count,
  );
  const guess = castTo(clip(elementwise('where', [isIn, unary('floor', scaled), 0]), 0, count - 1), 'int32');
  const lower = take(edges, guess, 0);
  const upper = take(edges, binary('add', guess, 1), 0);
  const down = castTo(
    binary('logicalAnd', binary('less', values, lower), binary('greater', guess, 0)),
    'int32',
  );
  const up = castTo(
    binary('logicalAnd', binary('greaterEqual', values, upper), binary('less', guess, count - 1)),
    'int32',
  );
  const found = binary('subtract', binary('add', guess, up), down);
  return elementwise('where', [isIn, found, constant(count, 'int32')]);
}

/**
 * How many elements lie in each of `bins` (10) bins of one width; a lower edge belongs to its bin, and the last upper
 * edge as well. Lazy: neither the edges nor the counts are computed at the call. Counts are int64, float64 with weights or
 * density. `lz.histogram([1, 2, 2, 4], 3).counts.toString()` is `[1 2 1]`.
 */
export function histogram(
  x: Operand,
  bins: number | Operand = 10,
  options: HistogramOptions = {},
): Histogram {
  checkCount('histogram', arguments.length, 3);
  checkOptions('histogram', options, ['range', 'weights', 'density']);
  checkSwitch('histogram', 'density', options.density);
  const node = flatten(nodeFrom('histogram', x));
  const values = castTo(node, 'float64');
  const size = node.shape[0] ?? 0;
  const weights = flatWeights('histogram', options.weights, size);
  const isEven = typeof bins === 'number';
  const edges = isEven
    ? evenEdges(
        'histogram',
        node,
        wholeNumber('histogram', 'the number of bins', bins, 1, 2 ** 31 - 2),
        options.range,
      )
    : castTo(nodeFrom('histogram', bins), 'float64');
  if (edges.shape.length !== 1 || (edges.shape[0] ?? 0) < 2)
    throw new ShapeError(
      'histogram',
      `edges are a vector of at least two, not shape ${formatShape(edges.shape)}`,
    );
  const count = (edges.shape[0] ?? 1) - 1;
  const found = isEven ? binsOf(values, edges, count) : searchedBins(values, edges, count);
  const counts = countsOf(found, count, weights);
  const result = options.density === true ? densityOf(counts, edges, count) : counts;
  return { counts: new LazyArray(result), edges: new LazyArray(edges) };
}

/** The bin of each element between edges of any distances; `count` for those outside. */
function searchedBins(values: Node, edges: Node, count: number): Node {
  const found = binary('subtract', searchSorted(edges, values, 'right'), 1);
  const [first, last] = [pickAlong(edges, 0, 0), pickAlong(edges, 0, count)];
  const isIn = binary('logicalAnd', binary('greaterEqual', values, first), binary('lessEqual', values, last));
  return elementwise('where', [isIn, clip(found, 0, count - 1), constant(count, 'int32')]);
}

function densityOf(counts: Node, edges: Node, count: number): Node {
  const widths = binary('subtract', cutAlong(edges, 0, 1, count + 1), cutAlong(edges, 0, 0, count));
  const total = fold('sum', castTo(counts, 'float64'), {});
  return binary('divide', binary('divide', castTo(counts, 'float64'), widths), total);
}

export interface Histogram2d {
  readonly counts: LazyArray;
  readonly xEdges: LazyArray<'float64'>;
  readonly yEdges: LazyArray<'float64'>;
}

/**
 * How many points (x, y) lie in each bin of a grid of `bins` by `bins` (10), or of as many bins along each axis as a list
 * says; see {@link histogram}. `lz.histogram2d([0, 1, 1], [0, 1, 1], 2).counts.toString()` is `[[1 0] [0 2]]`.
 */
export function histogram2d(
  x: Operand,
  y: Operand,
  bins: number | readonly [number, number] = 10,
  options: Omit<HistogramOptions, 'range'> & {
    readonly range?: readonly [readonly [number, number], readonly [number, number]] | undefined;
  } = {},
): Histogram2d {
  checkCount('histogram2d', arguments.length, 4);
  checkOptions('histogram2d', options, ['range', 'weights', 'density']);
  const [xs, ys] = [x, y].map((operand) => flatten(nodeFrom('histogram2d', operand)));
  if (xs === undefined || ys === undefined || xs.shape[0] !== ys.shape[0])
    throw new ShapeError('histogram2d', `${xs?.shape[0] ?? 0} x for ${ys?.shape[0] ?? 0} y coordinates`);
  const [nx = 1, ny = nx, ...more] = readWholeNumbers('histogram2d', 'the number of bins', bins, 1, 46_340);
  if (more.length > 0) throw new OptionError('histogram2d', 'takes one number of bins, or two');
  const [xEdges, yEdges] = [
    evenEdges('histogram2d', xs, nx, options.range?.[0]),
    evenEdges('histogram2d', ys, ny, options.range?.[1]),
  ];
  const [i, j] = [binsOf(castTo(xs, 'float64'), xEdges, nx), binsOf(castTo(ys, 'float64'), yEdges, ny)];
  const isIn = binary('logicalAnd', binary('less', i, nx), binary('less', j, ny));
  const bin = elementwise('where', [
    isIn,
    binary('add', binary('multiply', i, ny), j),
    constant(nx * ny, 'int32'),
  ]);
  const weights = flatWeights('histogram2d', options.weights, xs.shape[0] ?? 0);
  const counts = reshapeTo(countsOf(bin, nx * ny, weights), [nx, ny]);
  const result = options.density === true ? density2d(counts, xEdges, yEdges, nx, ny) : counts;
  return { counts: new LazyArray(result), xEdges: new LazyArray(xEdges), yEdges: new LazyArray(yEdges) };
}

function density2d(counts: Node, xEdges: Node, yEdges: Node, nx: number, ny: number): Node {
  const widths = (edges: Node, count: number): Node =>
    binary('subtract', cutAlong(edges, 0, 1, count + 1), cutAlong(edges, 0, 0, count));
  const shares = castTo(counts, 'float64');
  const area = binary('multiply', expandDims(widths(xEdges, nx), 1), widths(yEdges, ny));
  return binary('divide', binary('divide', shares, area), fold('sum', shares, {}));
}

export interface InterpOptions {
  /** The value to the left of the first point; by default that of the first point. */
  readonly left?: number | undefined;
  /** The value to the right of the last point; by default that of the last point. */
  readonly right?: number | undefined;
}

/**
 * The piecewise linear function through points (xp, fp), at `x`; `xp` must be in ascending order. Throws `ShapeError`
 * unless both are vectors of one length. `lz.interp(1.5, [1, 2], [10, 20])` is `15.0`.
 */
export function interp(
  x: Operand,
  xp: Operand,
  fp: Operand,
  options: InterpOptions = {},
): LazyArray<'float64'> {
  checkCount('interp', arguments.length, 4);
  checkOptions('interp', options, ['left', 'right']);
  const read = (operand: Operand): Node => castTo(nodeFrom('interp', operand), 'float64');
  const [at, points, values] = [read(x), read(xp), read(fp)];
  const size = points.shape[0] ?? 0;
  if (points.shape.length !== 1 || values.shape.length !== 1 || values.shape[0] !== size || size === 0)
    throw new ShapeError(
      'interp',
      `xp and fp must be vectors of one length, not of shapes ${formatShape(points.shape)} and ${formatShape(values.shape)}`,
    );
  const ends: readonly Input[] = [pickAlong(values, 0, 0), pickAlong(values, 0, size - 1)];
  const [left, right] = [options.left ?? ends[0] ?? 0, options.right ?? ends[1] ?? 0];
  const [first, last] = [pickAlong(points, 0, 0), pickAlong(points, 0, size - 1)];
  if (size === 1)
    return new LazyArray(
      elementwise('where', [
        binary('less', at, first),
        left,
        elementwise('where', [
          binary('greater', at, first),
          right,
          elementwise('where', [unary('isnan', at), at, ends[0] ?? 0]),
        ]),
      ]),
    );
  const bin = searchedBins(
    elementwise('where', [unary('isnan', at), first, clip(at, first, last)]),
    points,
    size - 1,
  );
  const next = binary('add', bin, 1);
  const [x0, x1] = [take(points, bin, 0), take(points, next, 0)];
  const [y0, y1] = [take(values, bin, 0), take(values, next, 0)];
  const slope = binary('divide', binary('subtract', y1, y0), binary('subtract', x1, x0));
  const inside = binary('add', binary('multiply', slope, binary('subtract', at, x0)), y0);
  const result = elementwise('where', [binary('equal', at, x1), y1, inside]);
  const low = elementwise('where', [binary('less', at, first), left, result]);
  return new LazyArray(elementwise('where', [binary('greater', at, last), right, low]));
}
