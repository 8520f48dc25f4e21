/**
 * Slices with Python's meaning: negative positions count from the end, ranges are clamped to the axis, an integer
 * outside it is an `IndexError`. Written as values, `[start, stop, step]`, or as NumPy text, `'::2, 1:'`.
 */
import { bigintAdvice, countOf, describe } from '../../ir/arguments.ts';
import { IndexError } from '../../ir/errors.ts';
import { slice as sliceNode, type Node } from '../../ir/node.ts';
import { formatShape, normalizeAxes } from '../../ir/shape.ts';
import { isArray } from '../anyArray.ts';
import { reshapeTo } from './view.ts';

/** Start, stop and step; `null` or nothing stands for the end the step comes from, the one it goes to, and 1. */
export type SliceRange = readonly [start?: number | null, stop?: number | null, step?: number | null];

/**
 * What one axis is sliced by: a range, a position (the axis goes away), `null` for all of it, or NumPy text, which
 * may speak for several axes (`'1:, ::-1'`) and may contain `...`.
 */
export type SliceSpec = SliceRange | number | null | string;

type AxisSlice = SliceRange | number | null;
const ellipsis = Symbol('...');

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
      start = positionOf(spec, size, axis);
      count = 1;
      dropped++;
    } else if (spec !== null) {
      step = stepOf(spec);
      start = boundOf(spec[0], size, step > 0 ? 0 : size - 1, step);
      count = Math.ceil((boundOf(spec[1], size, step > 0 ? size : -1, step) - start) / step);
      if (count <= 0) start = count = 0;
      if (count <= 1) step = 1;
    }
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

/** The elements along the axes (all, when none are named) in the opposite order. */
export function flip(node: Node, axes: number | readonly number[] | undefined): Node {
  const turned = normalizeAxes('flip', axes, node.shape.length);
  return slice(
    node,
    node.shape.map((_, axis) => (turned.includes(axis) ? [null, null, -1] : null)),
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

/** One argument of `slice` as the axes it speaks for. */
function readSpec(spec: SliceSpec): readonly (AxisSlice | typeof ellipsis)[] {
  if (typeof spec === 'string') return spec.split(',').map((part) => readText(part.trim(), spec));
  if (isAxisSlice(spec)) return [spec];
  throw notASlice(spec);
}

/** `[start, stop, step]`, each of them a whole number, `null` or missing. */
function isRange(spec: unknown): spec is SliceRange {
  if (!Array.isArray(spec) || spec.length > 3) return false;
  for (const bound of spec as readonly unknown[])
    if (bound !== null && bound !== undefined && !Number.isInteger(bound)) return false;
  return true;
}

/** The error for anything else, with what is meant by it in other libraries. */
function notASlice(spec: unknown): IndexError {
  const entries: readonly unknown[] = Array.isArray(spec) ? (spec as readonly unknown[]).flat() : [spec];
  const isMask = isArray(spec) ? spec.dtype === 'bool' : entries.some((entry) => typeof entry === 'boolean');
  const whole = entries.every((entry) => Number.isInteger(entry));
  const advice = isMask
    ? 'the shape of a selection by a mask would depend on its values; use lz.where(mask, x, other)'
    : isArray(spec) || (Array.isArray(spec) && whole)
      ? 'for the elements at a list of positions use take(positions, axis)'
      : spec === undefined
        ? 'write null for the whole axis'
        : `give a position, a list [start, stop, step] of whole numbers or null, or text such as '1:, ::2, -1'`;
  const given = isArray(spec) ? `an array of ${spec.dtype}` : describe(spec);
  return new IndexError('slice', `${given} is no slice: ${advice}${bigintAdvice(entries.find(isBigint))}`);
}

const isBigint = (value: unknown): boolean => typeof value === 'bigint';

function readText(part: string, whole: string): AxisSlice | typeof ellipsis {
  if (part === '...') return ellipsis;
  const numbers = part.split(':').map((text) => text.trim());
  if (numbers.length > 3 || numbers.some((text) => !/^([+-]?\d+)?$/.test(text)) || part === '')
    throw new IndexError(
      'slice',
      `cannot read ${JSON.stringify(part)} in ${JSON.stringify(whole)}; write e.g. '1:, ::2, -1'`,
    );
  const values = numbers.map((text) => (text === '' ? null : Number(text)));
  const [start = null, stop = null, step = null] = values;
  return values.length === 1 ? start : [start, stop, step];
}

/** `...` stands for as many whole axes as are not spoken for. */
function expandEllipsis(specs: readonly (AxisSlice | typeof ellipsis)[], node: Node): readonly AxisSlice[] {
  const rank = node.shape.length;
  const place = specs.indexOf(ellipsis);
  const named = specs.filter((spec) => spec !== ellipsis);
  if (specs.length - named.length > 1) throw new IndexError('slice', "'...' can stand only once");
  if (named.length > rank)
    throw new IndexError(
      'slice',
      `${countOf(named.length, 'slice')} for an array of shape ${formatShape(node.shape)}, which has ${countOf(rank, 'axis', 'axes')}`,
    );
  if (place < 0) return named;
  return named.toSpliced(place, 0, ...new Array<null>(rank - named.length).fill(null));
}

function stepOf(range: SliceRange): number {
  const step = range[2] ?? 1;
  if (step === 0) throw new IndexError('slice', 'the step of a slice cannot be 0');
  return step;
}

/** A start or a stop as Python's slice.indices has it: from the end if negative, and clamped to the axis. */
function boundOf(bound: number | null | undefined, size: number, missing: number, step: number): number {
  if (bound === null || bound === undefined) return missing;
  const position = bound < 0 ? bound + size : bound + 0;
  return step > 0 ? Math.min(Math.max(position, 0), size) : Math.min(Math.max(position, -1), size - 1);
}

function positionOf(index: number, size: number, axis: number): number {
  const position = index < 0 ? index + size : index + 0;
  if (position < 0 || position >= size)
    throw new IndexError('slice', `index ${index} is out of bounds for axis ${axis}, of size ${size}`);
  return position;
}
