/**
 * Reductions as nodes. Sums of small integers are computed in 64 bits, means and variances of integers in float64.
 * mean, var and std are built from sums, so that the passes can share and fuse their parts. float16 is reduced in float32
 * throughout, and only the result rounds.
 */
import {
  checkDType,
  computeDType,
  defaultFloat,
  indexDType,
  isFloat,
  kindOf,
  type ComputeDType,
  type DType,
  type Scalar,
} from '../../ir/dtype.ts';
import { describe } from '../../ir/arguments.ts';
import { DTypeError, OptionError, ShapeError } from '../../ir/errors.ts';
import { isOfOne, monoidRow, ofBool, type ArgReduction, type Reduction } from '../../ir/monoids.ts';
import { constant, reduce, type Node } from '../../ir/node.ts';
import { broadcastShapes, formatShape, normalizeAxes, normalizeAxis, sameShape } from '../../ir/shape.ts';
import { binary, broadcast, castTo, elementwise, unary, type Input } from './elementwise.ts';
import { flatten, keepAxes, reshape, reshapeTo } from './view.ts';

export interface ReduceSettings {
  readonly axis?: number | readonly number[] | null | undefined;
  readonly keepdims?: boolean | undefined;
  readonly dtype?: DType | undefined;
  /** Subtracted from the count in var and std: 1 gives the unbiased estimate of a sample. */
  readonly correction?: number | undefined;
  /** Which elements take part: truth values that broadcast to the array. */
  readonly where?: Node | undefined;
  /** Combined with the result. */
  readonly initial?: Input | undefined;
}

/** A reduction of `node` in `dtype`, over sorted axes; over no axes of sequences of one element. */
function over(
  op: Reduction,
  node: Node,
  axes: readonly number[],
  keepdims: boolean,
  dtype = node.dtype,
): Node {
  const computed = computeDType(dtype);
  const x = castTo(node, computed);
  const result = castTo(
    axes.length === 0 ? ofElements(op, x, computed) : reduce(op, x, axes, computed),
    dtype,
  );
  return keepdims ? keepAxes(result, node.shape, axes) : result;
}

function ofElements(op: Reduction, x: Node, dtype: ComputeDType): Node {
  return isOfOne(op) ? x : reduce(op, reshape(x, [...x.shape, 1]), [x.shape.length], dtype);
}

const meanDType = (dtype: DType): DType => (isFloat(dtype) ? dtype : defaultFloat);

const axesOf = (op: string, node: Node, settings: ReduceSettings): readonly number[] =>
  normalizeAxes(op, settings.axis ?? undefined, node.shape.length);

const countOf = (node: Node, axes: readonly number[]): number =>
  axes.reduce((count, axis) => count * (node.shape[axis] ?? 1), 1);

/** Refuses axes that leave no elements, for reductions that have no value then. */
function refuseEmpty(op: Reduction, node: Node, axes: readonly number[]): void {
  if (monoidRow(op).ofNothing !== 'refused') return;
  const empty = axes.find((axis) => node.shape[axis] === 0);
  if (empty !== undefined)
    throw new ShapeError(
      op,
      `axis ${empty} of ${formatShape(node.shape)} is empty; ${op} needs at least one element`,
    );
}

/** The reduction that is called `op`: any row of the table whose result is no position. */
export function fold(op: Exclude<Reduction, ArgReduction>, node: Node, settings: ReduceSettings): Node {
  const { keepdims = false, where, initial } = settings;
  const axes = axesOf(op, node, settings);
  const dtype = elementDType(op, node, settings);
  const row = dtype === 'bool' ? ofBool(op) : op;
  if (initial === undefined) {
    if (where !== undefined && monoidRow(op).ofNothing === 'refused')
      throw new OptionError(
        op,
        `'where' may leave no element, of which ${op} has no value; give one as 'initial'`,
      );
    refuseEmpty(op, node, axes);
    return over(row, selected(op, row, node, where, dtype), axes, keepdims, dtype);
  }
  const isEmpty = axes.some((axis) => node.shape[axis] === 0);
  const rest =
    isEmpty && monoidRow(op).ofNothing === 'refused'
      ? emptied(node, axes, keepdims, fillerOf(row, dtype), dtype)
      : over(row, selected(op, row, node, where, dtype), axes, keepdims, dtype);
  const { folds } = monoidRow(row);
  if (folds === undefined) throw new OptionError(op, `does not take the option 'initial'`);
  const folded = binary(folds, rest, initial, op);
  if (isFloat(folded.dtype) && !isFloat(dtype))
    throw new DTypeError(
      op,
      `an initial value of ${folded.dtype} would be rounded to ${dtype}; cast the array to a float dtype first`,
    );
  return castTo(folded, dtype);
}

/** An element that changes no result: what the result of no elements is, or would be. */
function fillerOf(op: Reduction, dtype: DType): Scalar {
  const types = { element: computeDType(dtype), result: computeDType(dtype) };
  const row = monoidRow(op);
  const { ofNothing } = row;
  const [first = 0] = typeof ofNothing === 'function' ? ofNothing(types) : row.neutral(types);
  return first;
}

/** What no minimum, or no maximum, is but that of nothing else. */
export const extremeOf = (op: 'min' | 'max', dtype: DType): Scalar =>
  fillerOf(dtype === 'bool' ? ofBool(op) : op, dtype);

/** The elements that take part, and fillers in place of the others. */
function selected(operation: string, op: Reduction, node: Node, where: Node | undefined, dtype: DType): Node {
  if (where === undefined) return node;
  const mask = maskFor(operation, where, node);
  return elementwise('where', [mask, castTo(node, dtype), constant(fillerOf(op, dtype), dtype)]);
}

/** A mask in the shape of an array. */
export function maskFor(operation: string, where: Node, node: Node): Node {
  const shape = broadcastShapes(operation, [node.shape, where.shape], () => `the array and 'where'`);
  if (!sameShape(shape, node.shape))
    throw new ShapeError(
      operation,
      `'where' of shape ${formatShape(where.shape)} does not broadcast to the array, of shape ${formatShape(node.shape)}`,
    );
  return broadcast(castTo(where, 'bool'), shape);
}

/** The shape of a reduction, filled. */
function emptied(node: Node, axes: readonly number[], keepdims: boolean, value: Scalar, dtype: DType): Node {
  const shape = node.shape.flatMap((size, axis) => (axes.includes(axis) ? (keepdims ? [1] : []) : [size]));
  return broadcast(constant(value, dtype), shape);
}

/** How many elements of each result take part: a number, or with `where` a node whose reduced axes have size 1. */
function countIn(operation: string, node: Node, axes: readonly number[], where: Node | undefined): Input {
  if (where === undefined) return countOf(node, axes);
  const taken = castTo(maskFor(operation, where, node), 'float64');
  return over('sum', taken, axes, true);
}

/** The count for a result with or without the reduced axes. */
function countBeside(count: Input, result: Node): Input {
  return typeof count === 'object' ? reshapeTo(count, result.shape) : count;
}

/** The dtype in which a reduction or a scan takes elements. */
export function elementDType(op: Reduction, node: Node, settings: ReduceSettings): DType {
  const { dtype } = node;
  switch (monoidRow(op).elements) {
    case 'wide':
      if (settings.dtype !== undefined) return checkDType(op, settings.dtype);
      return isFloat(dtype) ? dtype : kindOf(dtype) === 'uint' ? 'uint64' : 'int64';
    case 'given':
      return dtype;
    case 'float':
      return floatDType(op, node, settings);
    case 'bool':
      return 'bool';
    case 'bits':
      if (isFloat(dtype))
        throw new DTypeError(
          op,
          `does not take ${dtype}; it works on integers and bool; cast first, e.g. x.astype('int32')`,
        );
      return dtype;
  }
}

export function mean(node: Node, settings: ReduceSettings, op = 'mean'): Node {
  const axes = axesOf(op, node, settings);
  const dtype = floatDType(op, node, settings);
  const x = selected(op, 'sum', castTo(node, computeDType(dtype)), settings.where, computeDType(dtype));
  const total = over('sum', x, axes, settings.keepdims ?? false);
  const count = countIn(op, node, axes, settings.where);
  return castTo(binary('divide', total, countBeside(countAs(count, total), total)), dtype);
}

/** A count in the dtype of what it divides. */
const countAs = (count: Input, { dtype }: Node): Input =>
  typeof count === 'object' ? castTo(count, dtype) : count;

/** The mean square of the deviations from the mean, in two passes. */
export function variance(op: 'var' | 'std', node: Node, settings: ReduceSettings): Node {
  const { where, keepdims = false } = settings;
  const axes = axesOf(op, node, settings);
  const dtype = floatDType(op, node, settings);
  const x = castTo(node, computeDType(dtype));
  const deviations = binary('subtract', x, mean(x, { axis: axes, keepdims: true, where }, op));
  const taken = selected(op, 'sum', unary('square', deviations), where, x.dtype);
  const squares = over('sum', taken, axes, keepdims);
  const count = countIn(op, node, axes, where);
  const correction = correctionOf(op, settings);
  const degrees =
    typeof count === 'object'
      ? countBeside(countAs(binary('maximum', binary('subtract', count, correction), 0), squares), squares)
      : Math.max(0, Number(count) - correction);
  const result = binary('divide', squares, degrees);
  return castTo(op === 'std' ? unary('sqrt', result) : result, dtype);
}

function floatDType(op: string, node: Node, settings: ReduceSettings): DType {
  if (settings.dtype === undefined) return meanDType(node.dtype);
  const dtype = checkDType(op, settings.dtype);
  if (!isFloat(dtype)) throw new OptionError(op, `dtype must be a float dtype, not ${dtype}`);
  return dtype;
}

function correctionOf(op: string, settings: ReduceSettings): number {
  const { correction = 0 } = settings;
  if (!Number.isFinite(correction))
    throw new OptionError(op, `correction must be a finite number, not ${describe(correction)}`);
  return correction;
}

/** The position of the extreme along one axis, or in the flattened array. */
export function argExtreme(op: ArgReduction, node: Node, settings: ReduceSettings): Node {
  const { axis, keepdims = false } = settings;
  const comparable = castTo(node, node.dtype === 'bool' ? 'uint8' : computeDType(node.dtype));
  if (axis === undefined || axis === null) {
    const flat = flatten(comparable);
    refuseEmpty(op, flat, [0]);
    const found = reduce(op, flat, [0], indexDType(flat.shape[0] ?? 0));
    return keepdims
      ? reshape(
          found,
          node.shape.map(() => 1),
        )
      : found;
  }
  if (Array.isArray(axis)) throw new OptionError(op, 'takes one axis, or none for the whole array');
  const along = normalizeAxis(op, axis, node.shape.length);
  refuseEmpty(op, node, [along]);
  const found = reduce(op, comparable, [along], indexDType(node.shape[along] ?? 0));
  return keepdims ? keepAxes(found, node.shape, [along]) : found;
}
