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
} from '../../ir/dtype.ts';
import { describe } from '../../ir/arguments.ts';
import { DTypeError, OptionError, ShapeError } from '../../ir/errors.ts';
import { isOfOne, monoidRow, ofBool, type ArgReduction, type Reduction } from '../../ir/monoids.ts';
import { reduce, type Node } from '../../ir/node.ts';
import { formatShape, normalizeAxes, normalizeAxis } from '../../ir/shape.ts';
import { binary, castTo, unary } from './elementwise.ts';
import { flatten, keepAxes, reshape } from './view.ts';

export interface ReduceSettings {
  readonly axis?: number | readonly number[] | null | undefined;
  readonly keepdims?: boolean | undefined;
  readonly dtype?: DType | undefined;
  /** Subtracted from the count in var and std: 1 gives the unbiased estimate of a sample. */
  readonly correction?: number | undefined;
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
  const axes = axesOf(op, node, settings);
  refuseEmpty(op, node, axes);
  const dtype = elementDType(op, node, settings);
  return over(dtype === 'bool' ? ofBool(op) : op, node, axes, settings.keepdims ?? false, dtype);
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
  const x = castTo(node, computeDType(dtype));
  const total = over('sum', x, axes, settings.keepdims ?? false);
  return castTo(binary('divide', total, countOf(node, axes)), dtype);
}

/** The mean square of the deviations from the mean, in two passes. */
export function variance(op: 'var' | 'std', node: Node, settings: ReduceSettings): Node {
  const axes = axesOf(op, node, settings);
  const dtype = floatDType(op, node, settings);
  const x = castTo(node, computeDType(dtype));
  const deviations = binary('subtract', x, mean(x, { axis: axes, keepdims: true }, op));
  const squares = over('sum', unary('square', deviations), axes, settings.keepdims ?? false);
  const degrees = Math.max(0, countOf(node, axes) - correctionOf(op, settings));
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
