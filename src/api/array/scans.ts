/** Running results along an axis, differences, and integrals of sampled functions. */
import { checkCount, describe, wholeNumber } from '../../ir/arguments.ts';
import { checkDType, type ArrayDType, type Promote, type ToFloat, type ToSum } from '../../ir/dtype.ts';
import { AxisError, DTypeError, OptionError, ShapeError } from '../../ir/errors.ts';
import { constant, type Node } from '../../ir/node.ts';
import { checkChoice, checkOptions, checkSwitch, isOptions } from '../../ir/options.ts';
import { formatShape, normalizeAxis } from '../../ir/shape.ts';
import { eachPart } from '../complex/arrays.ts';
import { isComplex, complexFrom } from '../complex/operands.ts';
import { castFor } from '../complex/reductions.ts';
import { LazyArray } from '../lazyArray.ts';
import { cutAlong } from '../nodes/along.ts';
import {
  binary,
  broadcast,
  elementwise,
  scalarIn,
  unary,
  weakConstant,
  type Input,
  floatOf,
} from '../nodes/elementwise.ts';
import { concat } from '../nodes/join.ts';
import { fold } from '../nodes/reduce.ts';
import { running } from '../nodes/scan.ts';
import { flatten, reshapeTo } from '../nodes/view.ts';
import { inputOf, nodeFrom } from '../operand.ts';
import { valuesFitting } from '../selection.ts';
import { settingsOf } from '../settings.ts';
import type { DTypeOf, Operand, WeakScalar } from '../types.ts';
import type { DiffOptions, ScanOptions } from './options.ts';

export type { DiffOptions, ScanOptions };

type Running = 'sum' | 'prod' | 'min' | 'max' | 'logsumexp';

interface ScanRow {
  readonly op: Running;
  /** The result of no elements; none for operations that need at least one. */
  readonly initial: number | undefined;
  readonly hasDType: boolean;
}

const rows = {
  cumulativeSum: { op: 'sum', initial: 0, hasDType: true },
  cumulativeProd: { op: 'prod', initial: 1, hasDType: true },
  cumulativeMin: { op: 'min', initial: undefined, hasDType: false },
  cumulativeMax: { op: 'max', initial: undefined, hasDType: false },
  cumulativeLogsumexp: { op: 'logsumexp', initial: -Infinity, hasDType: false },
} as const satisfies Record<string, ScanRow>;

type ScanName = keyof typeof rows;

function scanOf(
  name: ScanName,
  x: Operand,
  axis: number | null | ScanOptions | undefined,
  options: ScanOptions | undefined,
): LazyArray<never> {
  const { op, initial, hasDType }: ScanRow = rows[name];
  const allowed = ['axis', 'exclusive', 'reverse'] as const;
  const settings = settingsOf<ScanOptions>(name, axis, options, [
    ...allowed,
    ...(hasDType ? (['dtype'] as const) : []),
    ...(initial === undefined ? [] : (['includeInitial'] as const)),
  ]);
  for (const key of ['exclusive', 'reverse', 'includeInitial'] as const)
    checkSwitch(name, key, settings[key]);
  const { exclusive = false, reverse = false, includeInitial = false } = settings;
  if (exclusive && includeInitial)
    throw new OptionError(name, 'an exclusive result begins with the initial value already');
  if (isComplex(x)) return complexScan(name, x, settings);
  const dtype = settings.dtype === undefined ? undefined : checkDType(name, settings.dtype);
  const given = nodeFrom(name, x);
  const at = scanAxis(name, given, settings.axis);
  const results = running(op, given, { axis: at, exclusive, reverse, dtype });
  if (!includeInitial) return new LazyArray(results);
  const zero = constant(scalarIn(name, initial ?? 0, results.dtype), results.dtype);
  const first = broadcast(zero, results.shape.with(at, 1));
  return new LazyArray(concat(reverse ? [results, first] : [first, results], at));
}

/** Sums of complex numbers are those of their parts. */
function complexScan(name: ScanName, x: Operand, { dtype, ...settings }: ScanOptions): LazyArray<never> {
  if (name !== 'cumulativeSum')
    throw new DTypeError(
      name,
      'has no form for complex numbers; use it on lz.real(x), lz.imag(x) or lz.abs(x)',
    );
  const z = new LazyArray<ArrayDType>(castFor(name, complexFrom(name, x), dtype));
  return eachPart(name, z, (part) => scanOf(name, part, settings, undefined));
}

function scanAxis(name: string, { shape }: Node, axis: number | null | undefined): number {
  if (axis !== undefined && axis !== null) return normalizeAxis(name, axis, shape.length);
  if (shape.length === 1) return 0;
  throw new AxisError(
    name,
    `an array of shape ${formatShape(shape)} needs an axis, such as { axis: 0 }; flatten it with reshape(-1) for results over all elements`,
  );
}

/**
 * The sums of the elements up to each one, along an axis; integers in 64 bits. In the order of the elements in blocks of
 * 128, so the bits depend on the length alone. Throws `AxisError` unless an axis is named or the only one.
 * `lz.cumulativeSum([1, 2, 3])` is `[1. 3. 6.]`.
 */
export function cumulativeSum<X extends Operand, R extends ArrayDType = ToSum<DTypeOf<X>>>(
  x: X,
  axis?: number | null | ScanOptions<R>,
  options?: ScanOptions<R>,
): LazyArray<R> {
  checkCount('cumulativeSum', arguments.length, 3);
  return scanOf('cumulativeSum', x, axis, options);
}

/** The products of the elements up to each one, along an axis; integers in 64 bits. `lz.cumulativeProd([1, 2, 3])` is `[1. 2. 6.]`. */
export function cumulativeProd<X extends Operand, R extends ArrayDType = ToSum<DTypeOf<X>>>(
  x: X,
  axis?: number | null | ScanOptions<R>,
  options?: ScanOptions<R>,
): LazyArray<R> {
  checkCount('cumulativeProd', arguments.length, 3);
  return scanOf('cumulativeProd', x, axis, options);
}

type PlainScanOptions = Omit<ScanOptions, 'dtype' | 'includeInitial'>;

/** The smallest element up to each one, along an axis; NaN from the first NaN on. `lz.cumulativeMin([3, 1, 2])` is `[3. 1. 1.]`. */
export function cumulativeMin<X extends Operand>(
  x: X,
  axis?: number | null | PlainScanOptions,
  options?: PlainScanOptions,
): LazyArray<DTypeOf<X>> {
  checkCount('cumulativeMin', arguments.length, 3);
  return scanOf('cumulativeMin', x, axis, options);
}

/** The largest element up to each one, along an axis; NaN from the first NaN on. `lz.cumulativeMax([1, 3, 2])` is `[1. 3. 3.]`. */
export function cumulativeMax<X extends Operand>(
  x: X,
  axis?: number | null | PlainScanOptions,
  options?: PlainScanOptions,
): LazyArray<DTypeOf<X>> {
  checkCount('cumulativeMax', arguments.length, 3);
  return scanOf('cumulativeMax', x, axis, options);
}

/** The logarithms of the sums of exponentials up to each element, along an axis; none overflows. `lz.cumulativeLogsumexp([1000, 1000])` is `[1000.         1000.69314718]`. */
export function cumulativeLogsumexp<X extends Operand>(
  x: X,
  axis?: number | null | Omit<ScanOptions, 'dtype'>,
  options?: Omit<ScanOptions, 'dtype'>,
): LazyArray<ToFloat<DTypeOf<X>>> {
  checkCount('cumulativeLogsumexp', arguments.length, 3);
  return scanOf('cumulativeLogsumexp', x, axis, options);
}

// ---------------------------------------------------------------------------------------------- differences

/** Each element minus the one before it, as one node less along the axis; of bools, whether they differ. */
function differences(operation: string, node: Node, axis: number): Node {
  const size = node.shape[axis] ?? 0;
  if (size === 0) return node;
  const [later, earlier] = [cutAlong(node, axis, 1, size), cutAlong(node, axis, 0, size - 1)];
  return binary(node.dtype === 'bool' ? 'notEqual' : 'subtract', later, earlier, operation);
}

/**
 * The differences of neighbours along an axis (-1), `n` (1) times; the axis gets shorter by as many. Bools: whether they
 * differ. `prepend` and `append` are values put before and behind the array, which its dtype has to hold. Throws
 * `AxisError` for arrays without axes, `DTypeError` for values that do not fit. `lz.diff([1, 4, 9])` is `[3. 5.]`.
 */
export function diff<X extends Operand>(x: X, options: DiffOptions = {}): LazyArray<DTypeOf<X>> {
  checkCount('diff', arguments.length, 2, 'n, axis, prepend and append are options');
  checkOptions('diff', options, ['n', 'axis', 'prepend', 'append']);
  const { n = 1, axis = -1, prepend, append } = options;
  const times = wholeNumber('diff', 'n', n, 0, 2 ** 31);
  if (isComplex(x) && prepend === undefined && append === undefined)
    return eachPart('diff', x, (part) => diff(part, options));
  const node = nodeFrom('diff', x);
  const at = normalizeAxis('diff', axis, node.shape.length);
  const beside = (operand: Operand | undefined): readonly Node[] => {
    if (operand === undefined) return [];
    const part = valuesFitting('diff', operand, node.dtype);
    return [part.shape.length === 0 ? broadcast(part, node.shape.with(at, 1)) : part];
  };
  let result = concat([...beside(prepend), node, ...beside(append)], at, 'diff');
  for (let k = 0; k < times; k++) result = differences('diff', result, at);
  return new LazyArray(result);
}

/** The differences of neighbours in the flattened array, optionally with values before and after them. `lz.ediff1d([1, 4, 9])` is `[3. 5.]`. */
export function ediff1d<X extends Operand>(
  x: X,
  options: { readonly toBegin?: Operand | undefined; readonly toEnd?: Operand | undefined } = {},
): LazyArray<DTypeOf<X>> {
  checkCount('ediff1d', arguments.length, 2);
  checkOptions('ediff1d', options, ['toBegin', 'toEnd']);
  const inner = differences('ediff1d', flatten(nodeFrom('ediff1d', x)), 0);
  const part = (operand: Operand | undefined): readonly Node[] =>
    operand === undefined ? [] : [flatten(valuesFitting('ediff1d', operand, inner.dtype))];
  return new LazyArray(concat([...part(options.toBegin), inner, ...part(options.toEnd)], 0));
}

export interface TrapezoidOptions {
  /** The distance of neighbouring samples (1), where their positions are not given. */
  readonly dx?: number | undefined;
  readonly axis?: number | undefined;
}

/**
 * The integral along an axis (-1) of a function sampled as `y`, by the trapezoidal rule. `x` are the positions of the
 * samples, a vector or of the shape of `y`. `lz.trapezoid([1, 2, 3])` is `4.0`.
 */
export function trapezoid(
  y: Operand,
  x?: Operand | TrapezoidOptions | null,
  options?: TrapezoidOptions,
): LazyArray {
  checkCount('trapezoid', arguments.length, 3);
  const isPlain = isOptions(x);
  const settings = (isPlain ? x : (options ?? {})) as TrapezoidOptions;
  checkOptions('trapezoid', settings, ['dx', 'axis']);
  const values = floatOf(nodeFrom('trapezoid', y));
  const at = normalizeAxis('trapezoid', settings.axis ?? -1, values.shape.length);
  const size = values.shape[at] ?? 0;
  const positions =
    isPlain || x === undefined || x === null ? undefined : nodeFrom('trapezoid', x as Operand);
  const width: Input = positions === undefined ? (settings.dx ?? 1) : spacing(positions, values, at);
  const pairs = binary(
    'add',
    cutAlong(values, at, Math.min(1, size), size),
    cutAlong(values, at, 0, Math.max(0, size - 1)),
  );
  return new LazyArray(fold('sum', binary('divide', binary('multiply', width, pairs), 2), { axis: at }));
}

/** The distances of neighbouring positions, in a shape that broadcasts to samples along an axis. */
function spacing(positions: Node, values: Node, axis: number): Node {
  if (positions.shape.length === values.shape.length)
    return differences('trapezoid', floatOf(positions), axis);
  if (positions.shape.length !== 1 || positions.shape[0] !== values.shape[axis])
    throw new ShapeError(
      'trapezoid',
      `positions of shape ${formatShape(positions.shape)} do not fit samples of shape ${formatShape(values.shape)} along axis ${axis}`,
    );
  const steps = differences('trapezoid', floatOf(positions), 0);
  return reshapeTo(
    steps,
    values.shape.map((_, k) => (k === axis ? (steps.shape[0] ?? 0) : 1)),
  );
}

export interface GradientOptions<S extends Operand = Operand> {
  /** The axis; by default the only one. */
  readonly axis?: number | undefined;
  /** The distance of neighbouring samples (1), or the position of each. */
  readonly spacing?: S | undefined;
  /** The order of accuracy at both ends: 1 (default) or 2. */
  readonly edgeOrder?: 1 | 2 | undefined;
}

/** A number as spacing takes the dtype of the array. */
type GradientDType<X, S> = S extends WeakScalar
  ? ToFloat<DTypeOf<X>>
  : Promote<ToFloat<DTypeOf<X>>, ToFloat<DTypeOf<S>>>;

/**
 * The derivative along an axis of a function given by samples: second-order central differences inside, one-sided ones at
 * the ends. Throws `ShapeError` for fewer than `edgeOrder + 1` samples. `lz.gradient([1, 2, 4, 7])` is
 * `[1.  1.5 2.5 3. ]`.
 */
export function gradient<X extends Operand, S extends Operand = number>(
  x: X,
  options: GradientOptions<S> = {},
): LazyArray<GradientDType<X, S>> {
  checkCount('gradient', arguments.length, 2);
  checkOptions('gradient', options, ['axis', 'spacing', 'edgeOrder']);
  const { edgeOrder = 1, spacing: given = 1 } = options;
  checkChoice('gradient', 'edgeOrder', edgeOrder, [1, 2]);
  const node = floatOf(nodeFrom('gradient', x));
  const at = scanAxis('gradient', node, options.axis);
  const size = node.shape[at] ?? 0;
  if (size < edgeOrder + 1)
    throw new ShapeError(
      'gradient',
      `axis ${at} of ${formatShape(node.shape)} has fewer than ${edgeOrder + 1} elements`,
    );
  const input = inputOf('gradient', given);
  const read = typeof input === 'object' ? floatOf(input) : weakConstant('gradient', input, node.dtype);
  const isUniform = read.shape.length === 0;
  const steps = isUniform ? undefined : stepsAlong(read, node, at);
  const samples = edgeOrder + 1;
  const part = (from: number, count: number): Node => cutAlong(node, at, from, from + count);
  const h = (from: number, count: number): Input =>
    steps === undefined ? read : cutAlong(steps, at, from, from + count);
  const first = edgeOf(part, h, 0, samples);
  const last = edgeOf(part, h, size - samples, samples);
  const inner = size > 2 ? [innerOf(part, h, size, steps === undefined)] : [];
  return new LazyArray(concat([first, ...inner, last], at));
}

type Part = (from: number, count: number) => Node;
type Steps = (from: number, count: number) => Input;

function stepsAlong(positions: Node, node: Node, axis: number): Node {
  const size = node.shape[axis] ?? 0;
  if (positions.shape.length !== 1 || positions.shape[0] !== size)
    throw new ShapeError(
      'gradient',
      `the spacing is a number or ${size} positions, not an array of shape ${formatShape(positions.shape)}`,
    );
  const steps = differences('gradient', positions, 0);
  return reshapeTo(
    steps,
    node.shape.map((_, k) => (k === axis ? size - 1 : 1)),
  );
}

/** Central differences, of second order also where the distances differ. */
function innerOf(part: Part, h: Steps, size: number, isUniform: boolean): Node {
  const [before, here, after] = [part(0, size - 2), part(1, size - 2), part(2, size - 2)];
  if (isUniform) return binary('divide', binary('subtract', after, before), binary('multiply', h(0, 1), 2));
  const [left, right] = [h(0, size - 2), h(1, size - 2)];
  const both = binary('add', left, right);
  const a = binary('divide', unary('negative', right), binary('multiply', left, both));
  const b = binary('divide', binary('subtract', right, left), binary('multiply', left, right));
  const c = binary('divide', left, binary('multiply', right, both));
  const products = [binary('multiply', a, before), binary('multiply', b, here), binary('multiply', c, after)];
  return products.reduce((sum, product) => binary('add', sum, product));
}

/** The one-sided difference over `count` samples from `from` on, at their outer end. */
function edgeOf(part: Part, h: Steps, from: number, count: number): Node {
  const x = (k: number): Node => part(from + k, 1);
  if (count === 2) return binary('divide', binary('subtract', x(1), x(0)), h(from, 1));
  const [left, right] = [h(from, 1), h(from + 1, 1)];
  const isStart = from === 0;
  const both = binary('add', left, right);
  // The derivative of the parabola through three points, at the first or the last of them.
  const [near, far] = isStart ? [left, right] : [right, left];
  const outer = binary(
    'divide',
    binary('add', binary('multiply', near, 2), far),
    binary('multiply', near, both),
  );
  const middle = binary('divide', both, binary('multiply', left, right));
  const other = binary('divide', near, binary('multiply', far, both));
  const [p, q, r] = isStart ? [x(0), x(1), x(2)] : [x(2), x(1), x(0)];
  const value = binary(
    'subtract',
    binary('subtract', binary('multiply', middle, q), binary('multiply', outer, p)),
    binary('multiply', other, r),
  );
  return isStart ? value : unary('negative', value);
}

export interface UnwrapOptions {
  readonly axis?: number | undefined;
  /** What values are equal up to multiples of (2π). */
  readonly period?: number | undefined;
  /** The least jump between neighbours that is taken out (half a period, which is the least that makes sense). */
  readonly discont?: number | undefined;
}

function checkPositive(operation: string, name: string, value: unknown): void {
  if (typeof value !== 'number' || !(value > 0 && value < Infinity))
    throw new OptionError(operation, `${name} must be a positive number, got ${describe(value)}`);
}

/**
 * Values that are known up to multiples of a period, such as angles, without jumps along an axis (-1): multiples of the
 * period are added where neighbours are more than `discont` apart. `lz.unwrap([0, 1, 6], { period: 6 })` is `[0. 1. 0.]`.
 */
export function unwrap<X extends Operand>(x: X, options: UnwrapOptions = {}): LazyArray<ToFloat<DTypeOf<X>>> {
  checkCount('unwrap', arguments.length, 2);
  checkOptions('unwrap', options, ['axis', 'period', 'discont']);
  const { axis = -1, period = 2 * Math.PI, discont = period / 2 } = options;
  checkPositive('unwrap', 'period', period);
  const node = floatOf(nodeFrom('unwrap', x));
  const at = normalizeAxis('unwrap', axis, node.shape.length);
  const size = node.shape[at] ?? 0;
  if (size < 2) return new LazyArray(node);
  const steps = differences('unwrap', node, at);
  const half = period / 2;
  const folded = binary('subtract', binary('remainder', binary('add', steps, half), period), half);
  // A step of exactly half a period keeps its sign.
  const isEdge = binary('logicalAnd', binary('equal', folded, -half), binary('greater', steps, 0));
  const within = elementwise('where', [isEdge, half, folded]);
  const isSmall = binary('less', unary('abs', steps), discont);
  const corrections = elementwise('where', [isSmall, 0, binary('subtract', within, steps)]);
  const shifts = running('sum', corrections, { axis: at });
  const rest = binary('add', cutAlong(node, at, 1, size), shifts);
  return new LazyArray(concat([cutAlong(node, at, 0, 1), rest], at));
}
