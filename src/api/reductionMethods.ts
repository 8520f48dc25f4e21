/**
 * The reductions as methods. Each takes `(axis, options)` or only the options: `x.sum(0)` or `x.sum({ axis: 0 })`.
 */
import type { DType, FloatDType, ToFloat, ToSum } from '../ir/dtype.ts';
import { checkMethodCount, describe } from '../ir/arguments.ts';
import { OptionError } from '../ir/errors.ts';
import type { Node } from '../ir/node.ts';
import { checkOptions, checkSwitch, isOptions } from '../ir/options.ts';
import { isArray, nodeOf, type AnyArray } from './anyArray.ts';
import { argExtreme, fold, mean, variance, type ReduceSettings } from './nodes/reduce.ts';
import type { LazyArray } from './lazyArray.ts';
import type { Axes } from './types.ts';

export interface ReduceOptions<A = Axes> {
  /** The axis or axes to reduce; all of them by default. */
  readonly axis?: A | undefined;
  /** Whether the reduced axes stay, with size 1, so that the result broadcasts against the input. */
  readonly keepdims?: boolean | undefined;
}

export interface SumOptions<R extends DType> extends ReduceOptions {
  /** The dtype of the sum: elements are cast to it first. With bool a sum is `any`, a product `all`. */
  readonly dtype?: R | undefined;
}

export interface MeanOptions<R extends DType> extends ReduceOptions {
  /** The float dtype of the computation and the result. */
  readonly dtype?: R | undefined;
}

export interface VarOptions<R extends DType> extends MeanOptions<R> {
  /** Subtracted from the count in the divisor: 0 for a whole population (the default), 1 for a sample. */
  readonly correction?: number | undefined;
}

/**
 * All throw `AxisError` for an axis that does not exist or is named twice. min, max, argmin and argmax throw `ShapeError`
 * for an empty axis.
 */
export interface ReductionMethods<D extends DType> {
  /** The sum: floats are added pairwise, integers in 64 bits. `lz.array([[1, 2], [3, 4]]).sum(0)` is `[4. 6.]`. */
  sum<R extends DType = ToSum<D>>(axis?: Axes, options?: SumOptions<R>): LazyArray<R>;
  sum<R extends DType = ToSum<D>>(options: SumOptions<R>): LazyArray<R>;
  /** The product: floats are multiplied pairwise, integers in 64 bits. `lz.array([[1, 2], [3, 4]]).prod(1)` is `[ 2. 12.]`. */
  prod<R extends DType = ToSum<D>>(axis?: Axes, options?: SumOptions<R>): LazyArray<R>;
  prod<R extends DType = ToSum<D>>(options: SumOptions<R>): LazyArray<R>;
  /** The arithmetic mean, a float. `lz.array([1, 2, 6]).mean()` is `3.0`. */
  mean<R extends FloatDType = ToFloat<D>>(axis?: Axes, options?: MeanOptions<R>): LazyArray<R>;
  mean<R extends FloatDType = ToFloat<D>>(options: MeanOptions<R>): LazyArray<R>;
  /** The variance, a float. `lz.array([1, 2, 6]).var({ correction: 1 })` is `7.0`. */
  var<R extends FloatDType = ToFloat<D>>(axis?: Axes, options?: VarOptions<R>): LazyArray<R>;
  var<R extends FloatDType = ToFloat<D>>(options: VarOptions<R>): LazyArray<R>;
  /** The standard deviation, a float. `lz.array([1, 5]).std()` is `2.0`. */
  std<R extends FloatDType = ToFloat<D>>(axis?: Axes, options?: VarOptions<R>): LazyArray<R>;
  std<R extends FloatDType = ToFloat<D>>(options: VarOptions<R>): LazyArray<R>;
  /**
   * The logarithm of the sum of the exponentials, a float; no exponential overflows.
   * `lz.array([1000, 1000]).logsumexp()` is `1000.6931471805599`.
   */
  logsumexp<R extends FloatDType = ToFloat<D>>(axis?: Axes, options?: MeanOptions<R>): LazyArray<R>;
  logsumexp<R extends FloatDType = ToFloat<D>>(options: MeanOptions<R>): LazyArray<R>;
  /** The smallest element; NaN if any element is NaN. `lz.array([[1, 5], [3, 2]]).min(1)` is `[1. 2.]`. */
  min(axis?: Axes, options?: ReduceOptions): LazyArray<D>;
  min(options: ReduceOptions): LazyArray<D>;
  /** The largest element; NaN if any element is NaN. `lz.array([[1, 5], [3, 2]]).max(0)` is `[3. 5.]`. */
  max(axis?: Axes, options?: ReduceOptions): LazyArray<D>;
  max(options: ReduceOptions): LazyArray<D>;
  /** Whether any element is not zero. `lz.array([0, 2]).any()` is `True`. */
  any(axis?: Axes, options?: ReduceOptions): LazyArray<'bool'>;
  any(options: ReduceOptions): LazyArray<'bool'>;
  /** Whether no element is zero. `lz.array([0, 2]).all()` is `False`. */
  all(axis?: Axes, options?: ReduceOptions): LazyArray<'bool'>;
  all(options: ReduceOptions): LazyArray<'bool'>;
  /**
   * The position of the first smallest element, or of the first NaN. `lz.array([[4, 1], [2, 3]]).argmin(1)` is `[1 0]`.
   * Without an axis, the position in the flattened array. Positions are int32; among more than 2^31 elements, which only
   * arrays that are never stored can have, they are int64 (the static type is still `int32`).
   */
  argmin(axis?: number | null, options?: ReduceOptions<number | null>): LazyArray<'int32'>;
  argmin(options: ReduceOptions<number | null>): LazyArray<'int32'>;
  /** The position of the first largest element, or of the first NaN; see {@link argmin}. `lz.array([[4, 1], [2, 3]]).argmax()` is `0`. */
  argmax(axis?: number | null, options?: ReduceOptions<number | null>): LazyArray<'int32'>;
  argmax(options: ReduceOptions<number | null>): LazyArray<'int32'>;
}

export type ReductionName = keyof ReductionMethods<DType>;

/** For each reduction its builder, and its options in addition to axis and keepdims. */
const builders: Readonly<
  Record<ReductionName, readonly [(node: Node, settings: ReduceSettings) => Node, readonly string[]]>
> = {
  sum: [(node, settings) => fold('sum', node, settings), ['dtype']],
  prod: [(node, settings) => fold('prod', node, settings), ['dtype']],
  mean: [mean, ['dtype']],
  var: [(node, settings) => variance('var', node, settings), ['dtype', 'correction']],
  std: [(node, settings) => variance('std', node, settings), ['dtype', 'correction']],
  logsumexp: [(node, settings) => fold('logsumexp', node, settings), ['dtype']],
  min: [(node, settings) => fold('min', node, settings), []],
  max: [(node, settings) => fold('max', node, settings), []],
  any: [(node, settings) => fold('any', node, settings), []],
  all: [(node, settings) => fold('all', node, settings), []],
  argmin: [(node, settings) => argExtreme('argmin', node, settings), []],
  argmax: [(node, settings) => argExtreme('argmax', node, settings), []],
};

export const reductionNames = Object.keys(builders) as readonly ReductionName[];

/** The node of a reduction called with `(axis, options)` or `(options)`. */
export function reduction(
  name: ReductionName,
  node: Node,
  axis: Axes | ReduceSettings | undefined,
  options: ReduceSettings | undefined,
): Node {
  const [build] = builders[name];
  if (options === undefined) {
    if (axis === undefined) return build(node, noSettings);
    if (typeof axis === 'number') return build(node, { axis });
  }
  return build(node, settingsOf(name, axis, options));
}

const noSettings: ReduceSettings = {};

function settingsOf(
  name: ReductionName,
  axis: Axes | ReduceSettings | undefined,
  options: ReduceSettings | undefined,
): ReduceSettings {
  if (isArray(axis))
    throw new OptionError(
      name,
      name === 'min' || name === 'max'
        ? `takes one array; for the ${name === 'min' ? 'smaller' : 'larger'} of two use ${name}imum`
        : 'takes one array, followed by the axis and the options',
    );
  if (isOptions(axis)) {
    if (options !== undefined)
      throw new OptionError(
        name,
        `the options must be the last argument, got ${describe(options)} after them`,
      );
    return checkedSettings(name, axis);
  }
  const along = axis as Axes | undefined;
  const settings = checkedSettings(name, options);
  if (along === undefined || along === null) return settings;
  if (settings.axis !== undefined)
    throw new OptionError(name, 'the axis is given twice, as an argument and as an option');
  return { ...settings, axis: along };
}

function checkedSettings(name: ReductionName, options: ReduceSettings = noSettings): ReduceSettings {
  checkOptions(name, options, ['axis', 'keepdims', ...builders[name][1]]);
  checkSwitch(name, 'keepdims', options.keepdims);
  return options;
}

/** Adds a method per reduction to `prototype`. */
export function installReductions(prototype: object, wrap: (node: Node) => AnyArray): void {
  for (const name of reductionNames) {
    const value = function (
      this: AnyArray,
      axis?: Axes | ReduceSettings,
      options?: ReduceSettings,
    ): AnyArray {
      checkMethodCount(name, arguments.length, 2);
      return wrap(reduction(name, nodeOf(this), axis, options));
    };
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}
