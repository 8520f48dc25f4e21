/**
 * The reductions as methods. Each takes `(axis, options)` or only the options: `x.sum(0)` or `x.sum({ axis: 0 })`.
 */
import {
  checkDType,
  type ArrayDType,
  type ComplexDType,
  type DType,
  type FloatDType,
  type PartOf,
  type ToFloat,
  type ToSum,
} from '../ir/dtype.ts';
import { checkMethodCount } from '../ir/arguments.ts';
import { OptionError } from '../ir/errors.ts';
import type { Node } from '../ir/node.ts';
import { checkSwitch } from '../ir/options.ts';
import { isArray, realNodeOf, type AnyArray } from './anyArray.ts';
import { complexFrom } from './complex/operands.ts';
import type { Pair } from './complex/pair.ts';
import { complexReduction } from './complex/reductions.ts';
import { argExtreme, fold, mean, variance, type ReduceSettings } from './nodes/reduce.ts';
import type { LazyArray } from './lazyArray.ts';
import { inputOf, nodeFrom } from './operand.ts';
import { settingsOf } from './settings.ts';
import type { Axes, Operand } from './types.ts';

export interface ReduceOptions<A = Axes> {
  /** The axis or axes to reduce; all of them by default. */
  readonly axis?: A | undefined;
  /** Whether the reduced axes stay, with size 1, so that the result broadcasts against the input. */
  readonly keepdims?: boolean | undefined;
}

export interface WhereOption {
  /** Which elements take part: truth values that broadcast to the array. */
  readonly where?: Operand | undefined;
}

export interface FoldOptions extends ReduceOptions, WhereOption {
  /** A value that is combined with the result; with it `min` and `max` have a value of no elements. */
  readonly initial?: Operand | undefined;
}

export interface SumOptions<R extends ArrayDType> extends FoldOptions {
  /** The dtype of the sum: elements are cast to it first. With bool a sum is `any`, a product `all`. */
  readonly dtype?: R | undefined;
}

export interface TestOptions extends ReduceOptions, WhereOption {}

export interface MeanOptions<R extends ArrayDType> extends ReduceOptions, WhereOption {
  /** The float dtype of the computation and the result. */
  readonly dtype?: R | undefined;
}

export interface VarOptions<R extends ArrayDType> extends MeanOptions<R> {
  /** Subtracted from the count in the divisor: 0 for a whole population (the default), 1 for a sample. */
  readonly correction?: number | undefined;
}

/**
 * All throw `AxisError` for an axis that does not exist or is named twice. min, max, argmin and argmax throw `ShapeError`
 * for an empty axis.
 */
export interface ReductionMethods<D extends ArrayDType> {
  /** The sum: floats are added pairwise, integers in 64 bits. `lz.array([[1, 2], [3, 4]]).sum(0)` is `[4. 6.]`. */
  sum<R extends ArrayDType = ToSum<D>>(axis?: Axes, options?: SumOptions<R>): LazyArray<NoInfer<R>>;
  sum<R extends ArrayDType = ToSum<D>>(options: SumOptions<R>): LazyArray<NoInfer<R>>;
  /** The product: floats are multiplied pairwise, integers in 64 bits. `lz.array([[1, 2], [3, 4]]).prod(1)` is `[ 2. 12.]`. */
  prod<R extends ArrayDType = ToSum<D>>(axis?: Axes, options?: SumOptions<R>): LazyArray<NoInfer<R>>;
  prod<R extends ArrayDType = ToSum<D>>(options: SumOptions<R>): LazyArray<NoInfer<R>>;
  /** The arithmetic mean, a float. `lz.array([1, 2, 6]).mean()` is `3.0`. */
  mean<R extends FloatDType | ComplexDType = ToFloat<D>>(
    axis?: Axes,
    options?: MeanOptions<R>,
  ): LazyArray<NoInfer<R>>;
  mean<R extends FloatDType | ComplexDType = ToFloat<D>>(options: MeanOptions<R>): LazyArray<NoInfer<R>>;
  /** The variance, a float. `lz.array([1, 2, 6]).var({ correction: 1 })` is `7.0`. */
  var<R extends FloatDType | ComplexDType = ToFloat<D>>(
    axis?: Axes,
    options?: VarOptions<R>,
  ): LazyArray<NoInfer<PartOf<R>>>;
  var<R extends FloatDType | ComplexDType = ToFloat<D>>(
    options: VarOptions<R>,
  ): LazyArray<NoInfer<PartOf<R>>>;
  /** The standard deviation, a float. `lz.array([1, 5]).std()` is `2.0`. */
  std<R extends FloatDType | ComplexDType = ToFloat<D>>(
    axis?: Axes,
    options?: VarOptions<R>,
  ): LazyArray<NoInfer<PartOf<R>>>;
  std<R extends FloatDType | ComplexDType = ToFloat<D>>(
    options: VarOptions<R>,
  ): LazyArray<NoInfer<PartOf<R>>>;
  /**
   * The logarithm of the sum of the exponentials, a float; no exponential overflows.
   * `lz.array([1000, 1000]).logsumexp()` is `1000.6931471805599`.
   */
  logsumexp<R extends FloatDType | ComplexDType = ToFloat<D>>(
    axis?: Axes,
    options?: MeanOptions<R>,
  ): LazyArray<NoInfer<R>>;
  logsumexp<R extends FloatDType | ComplexDType = ToFloat<D>>(options: MeanOptions<R>): LazyArray<NoInfer<R>>;
  /** The smallest element; NaN if any element is NaN. `lz.array([[1, 5], [3, 2]]).min(1)` is `[1. 2.]`. */
  min(axis?: Axes, options?: FoldOptions): LazyArray<D>;
  min(options: FoldOptions): LazyArray<D>;
  /** The largest element; NaN if any element is NaN. `lz.array([[1, 5], [3, 2]]).max(0)` is `[3. 5.]`. */
  max(axis?: Axes, options?: FoldOptions): LazyArray<D>;
  max(options: FoldOptions): LazyArray<D>;
  /** Whether any element is not zero. `lz.array([0, 2]).any()` is `True`. */
  any(axis?: Axes, options?: TestOptions): LazyArray<'bool'>;
  any(options: TestOptions): LazyArray<'bool'>;
  /** Whether no element is zero. `lz.array([0, 2]).all()` is `False`. */
  all(axis?: Axes, options?: TestOptions): LazyArray<'bool'>;
  all(options: TestOptions): LazyArray<'bool'>;
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
  Record<
    ReductionName,
    readonly [(node: Node, settings: ReduceSettings) => Node, readonly (keyof ReduceArguments)[]]
  >
> = {
  sum: [(node, settings) => fold('sum', node, settings), ['dtype', 'where', 'initial']],
  prod: [(node, settings) => fold('prod', node, settings), ['dtype', 'where', 'initial']],
  mean: [mean, ['dtype', 'where']],
  var: [(node, settings) => variance('var', node, settings), ['dtype', 'correction', 'where']],
  std: [(node, settings) => variance('std', node, settings), ['dtype', 'correction', 'where']],
  logsumexp: [(node, settings) => fold('logsumexp', node, settings), ['dtype', 'where']],
  min: [(node, settings) => fold('min', node, settings), ['where', 'initial']],
  max: [(node, settings) => fold('max', node, settings), ['where', 'initial']],
  any: [(node, settings) => fold('any', node, settings), ['where']],
  all: [(node, settings) => fold('all', node, settings), ['where']],
  argmin: [(node, settings) => argExtreme('argmin', node, settings), []],
  argmax: [(node, settings) => argExtreme('argmax', node, settings), []],
};

export const reductionNames = Object.keys(builders) as readonly ReductionName[];

/** The settings of a call, before the arrays among them are read. */
export interface ReduceArguments extends FoldOptions {
  readonly dtype?: ArrayDType | undefined;
  readonly correction?: number | undefined;
}

/** The node of a reduction called with `(axis, options)` or `(options)`. */
export function reduction(
  name: ReductionName,
  node: Node,
  axis: Axes | ReduceArguments | undefined,
  options: ReduceArguments | undefined,
): Node {
  const [build] = builders[name];
  if (options === undefined) {
    if (axis === undefined) return build(node, noSettings);
    if (typeof axis === 'number') return build(node, { axis });
  }
  const { where, initial, dtype, ...settings } = readArguments(name, axis, options);
  return build(node, {
    ...settings,
    dtype: dtype === undefined ? undefined : checkDType(name, dtype),
    where: where === undefined ? undefined : nodeFrom(name, where),
    initial: initial === undefined ? undefined : inputOf(name, initial),
  });
}

/** The same for a pair. */
export function pairReduction(
  name: ReductionName,
  pair: Pair,
  axis: Axes | ReduceArguments | undefined,
  options: ReduceArguments | undefined,
): Node | Pair {
  const { where, ...settings } = readArguments(name, axis, options);
  return complexReduction(name, pair, {
    ...settings,
    where: where === undefined ? undefined : nodeFrom(name, where),
  });
}

function readArguments(
  name: ReductionName,
  axis: Axes | ReduceArguments | undefined,
  options: ReduceArguments | undefined,
): ReduceArguments {
  const [, own] = builders[name];
  if (isArray(axis))
    throw new OptionError(
      name,
      name === 'min' || name === 'max'
        ? `takes one array; for the ${name === 'min' ? 'smaller' : 'larger'} of two use ${name}imum`
        : 'takes one array, followed by the axis and the options',
    );
  const settings = settingsOf<ReduceArguments>(name, axis, options, ['axis', 'keepdims', ...own]);
  checkSwitch(name, 'keepdims', settings.keepdims);
  return settings;
}

const noSettings: ReduceSettings = {};

/** Adds a method per reduction to `prototype`. */
export function installReductions(prototype: object, wrap: (content: Node | Pair) => AnyArray): void {
  for (const name of reductionNames) {
    const value = function (
      this: AnyArray,
      axis?: Axes | ReduceArguments,
      options?: ReduceArguments,
    ): AnyArray {
      checkMethodCount(name, arguments.length, 2);
      const node = realNodeOf(this);
      if (node !== undefined) return wrap(reduction(name, node, axis, options));
      return wrap(pairReduction(name, complexFrom(name, this), axis, options));
    };
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}
