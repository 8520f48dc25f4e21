/**
 * Slices as in Python: negative positions count from the end, ranges are clamped to the axis, an integer outside the axis
 * is an `IndexError`. Written as values, `[start, stop, step]`, or as text in NumPy's notation, `'::2, 1:'`.
 */
import { bigintAdvice, countOf, describe } from '../../ir/arguments.ts';
import { IndexError } from '../../ir/errors.ts';
import { slice as sliceNode, type Node } from '../../ir/node.ts';
import { outsideText } from '../../ir/scatter.ts';
import { formatShape, normalizeAxes } from '../../ir/shape.ts';
import { isArray } from '../anyArray.ts';
import { reshapeTo } from './view.ts';

/** Start, stop and step. The defaults, also for `null`, are the first element in the direction of the step, its end, and 1. */
export type SliceRange = readonly [start?: number | null, stop?: number | null, step?: number | null];

/**
 * A selection along one axis: a range, a position (which removes the axis), `null` for the whole axis, or text in NumPy's
 * notation, which may select along several axes (`'1:, ::-1'`) and may contain `...`.
 */
export type SliceSpec = SliceRange | number | null | string;

type AxisSlice = SliceRange | number | null;
const operation = 'slice';
export const ellipsis = Symbol('...');

export function slice(node: Node, specs: readonly SliceSpec[]): Node {
  const { shape } = node;
  const perAxis = slicesOf(specs, node);
  const starts = shape.slice();
  const steps = shape.slice();
  const counts = shape.slice();
  let isWhole = true;
  let dropped = 0;
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis] ?? 1;
    const spec = perAxis[axis] ?? null;
    let start = 0;
    let step = 1;
    let count = size;
    if (typeof spec === 'number') {
      start = positionOf(operation, spec, size, axis);
      count = 1;
      dropped++;
    } else if (spec !== null) ({ start, step, count } = rangeOf(operation, spec, size));
    if (start !== 0 || step !== 1 || count !== size) isWhole = false;
    starts[axis] = start;
    steps[axis] = step;
    counts[axis] = count;
  }
  const sliced = isWhole ? node : sliceNode(node, counts, starts, steps);
  if (dropped === 0) return sliced;
  return reshapeTo(
    sliced,
    counts.filter((_, axis) => typeof perAxis[axis] !== 'number'),
  );
}

/** The elements in reverse order along the axes, by default along all. */
export function flip(node: Node, axes: number | readonly number[] | undefined): Node {
  const reversed = normalizeAxes('flip', axes, node.shape.length);
  return slice(
    node,
    node.shape.map((_, axis) => (reversed.includes(axis) ? [null, null, -1] : null)),
  );
}

/** What each axis is sliced by; nothing for the last ones, which are whole. */
function slicesOf(specs: readonly SliceSpec[], node: Node): readonly AxisSlice[] {
  if (specs.length <= node.shape.length && areAxisSlices(specs)) return specs;
  return expandEllipsis(specs.flatMap(readSpec), node);
}

function areAxisSlices(specs: readonly SliceSpec[]): specs is readonly AxisSlice[] {
  for (const spec of specs) if (!isAxisSlice(spec)) return false;
  return true;
}

const isAxisSlice = (spec: SliceSpec): spec is AxisSlice =>
  spec === null || Number.isInteger(spec) || isRange(spec);

/** One argument of `slice`, as one entry per axis. */
function readSpec(spec: SliceSpec): readonly (AxisSlice | typeof ellipsis)[] {
  if (typeof spec === 'string') return spec.split(',').map((part) => readText(operation, part.trim(), spec));
  if (isAxisSlice(spec)) return [spec];
  throw notASlice(spec);
}

/** `[start, stop, step]`, each of them a whole number, `null` or missing. */
export function isRange(spec: unknown): spec is SliceRange {
  if (!Array.isArray(spec) || spec.length > 3) return false;
  for (const bound of spec as readonly unknown[])
    if (bound !== null && bound !== undefined && !Number.isInteger(bound)) return false;
  return true;
}

/** The error for any other argument; its advice depends on the meaning in other libraries. */
function notASlice(spec: unknown): IndexError {
  const entries: readonly unknown[] = Array.isArray(spec) ? (spec as readonly unknown[]).flat() : [spec];
  const isMask = isArray(spec) ? spec.dtype === 'bool' : entries.some((entry) => typeof entry === 'boolean');
  const whole = entries.every((entry) => Number.isInteger(entry));
  const advice = isMask
    ? 'for the elements where a mask holds use at(mask).get(); lz.where(mask, x, other) keeps the shape'
    : isArray(spec) || (Array.isArray(spec) && whole)
      ? 'for the elements at a list of positions use take(positions, axis), or at(...) for several axes'
      : spec === undefined
        ? 'write null for the whole axis'
        : `give a position, a list [start, stop, step] of whole numbers or null, or text such as '1:, ::2, -1'`;
  const given = isArray(spec) ? `an array of ${spec.dtype}` : describe(spec);
  return new IndexError('slice', `${given} is not a slice: ${advice}${bigintAdvice(entries.find(isBigint))}`);
}

const isBigint = (value: unknown): boolean => typeof value === 'bigint';

/** One entry of text in NumPy's notation. */
export function readText(
  operation: string,
  part: string,
  whole: string,
): SliceRange | number | typeof ellipsis {
  if (part === '...') return ellipsis;
  const numbers = part.split(':').map((text) => text.trim());
  if (numbers.length > 3 || numbers.some((text) => !/^([+-]?\d+)?$/.test(text)) || part === '')
    throw new IndexError(
      operation,
      `cannot read ${JSON.stringify(part)} in ${JSON.stringify(whole)}; write e.g. '1:, ::2, -1'`,
    );
  const values = numbers.map((text) => (text === '' ? null : Number(text)));
  const [start = null, stop = null, step = null] = values;
  return values.length === 1 && start !== null ? start : [start, stop, step];
}

/** `...` stands for all axes without their own entry, which are kept whole. */
function expandEllipsis(specs: readonly (AxisSlice | typeof ellipsis)[], node: Node): readonly AxisSlice[] {
  const rank = node.shape.length;
  const place = specs.indexOf(ellipsis);
  const named = specs.filter((spec) => spec !== ellipsis);
  if (specs.length - named.length > 1) throw new IndexError('slice', "'...' may appear only once");
  if (named.length > rank)
    throw new IndexError(
      'slice',
      `${countOf(named.length, 'slice')} for an array of shape ${formatShape(node.shape)}, which has ${countOf(rank, 'axis', 'axes')}`,
    );
  if (place < 0) return named;
  return named.toSpliced(place, 0, ...new Array<null>(rank - named.length).fill(null));
}

/** The elements that a range selects along an axis. */
export interface AxisRange {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** A range as Python reads it: clamped to the axis. */
export function rangeOf(operation: string, range: SliceRange, size: number): AxisRange {
  const step = range[2] ?? 1;
  if (step === 0) throw new IndexError(operation, 'the step of a slice cannot be 0');
  const start = boundOf(range[0], size, step > 0 ? 0 : size - 1, step);
  const count = Math.ceil((boundOf(range[1], size, step > 0 ? size : -1, step) - start) / step);
  if (count <= 0) return { start: 0, step: 1, count: 0 };
  return { start, step: count === 1 ? 1 : step, count };
}

/** A start or a stop as Python's slice.indices has it: from the end if negative, and clamped to the axis. */
function boundOf(bound: number | null | undefined, size: number, missing: number, step: number): number {
  if (bound === null || bound === undefined) return missing;
  const position = bound < 0 ? bound + size : bound + 0;
  return step > 0 ? Math.min(Math.max(position, 0), size) : Math.min(Math.max(position, -1), size - 1);
}

/** A position, from the end if negative. */
export function positionOf(operation: string, index: number, size: number, axis: number): number {
  const position = index < 0 ? index + size : index + 0;
  if (position < 0 || position >= size) throw new IndexError(operation, outsideText(index, size, axis));
  return position;
}
