/**
 * Arrays made larger at their edges. A pad with one value is a node of its own, which is computed where it is read. The
 * other modes repeat elements: a side that is one slice of the array is joined to it, one that repeats the array several
 * times is taken by computed positions.
 */
import { describe, wholeNumber } from '../../ir/arguments.ts';
import { promotion } from '../../ir/dtype.ts';
import { DTypeError, ShapeError } from '../../ir/errors.ts';
import { constant, gather, iota, pad as padNode, slice, type Node } from '../../ir/node.ts';
import { checkElementCount, formatShape } from '../../ir/shape.ts';
import { binary, broadcast, castTo, clip, scalarIn, type Input } from './elementwise.ts';
import { concat } from './join.ts';

/** What a pad is filled with: one value, or elements of the array. */
export type PadMode = 'constant' | 'edge' | 'reflect' | 'symmetric' | 'wrap';
export const padModes: readonly PadMode[] = ['constant', 'edge', 'reflect', 'symmetric', 'wrap'];

/** Elements before and after. */
type Width = readonly [before: number, after: number];

/**
 * Elements to add: a number for every side, `[before, after]` for every axis, or a list with `[before, after]` or `[both]`
 * for each axis.
 */
export type PadWidths = number | readonly number[] | readonly (readonly number[])[];

/** The widths of each of `rank` axes, broadcast as in NumPy. */
export function widthsOf(given: PadWidths, rank: number): readonly Width[] {
  const refuse = (): ShapeError =>
    new ShapeError(
      'pad',
      `widths must be a number, [before, after], or a list with [before, after] for each of ${rank} axes, got ${describe(given)}`,
    );
  const width = (value: unknown): number =>
    wholeNumber('pad', 'a width', value, 0, Number.MAX_SAFE_INTEGER, ShapeError);
  const row = (entries: readonly unknown[]): Width => {
    const [before, after = before] = entries;
    if (entries.length < 1 || entries.length > 2) throw refuse();
    return [width(before), width(after)];
  };
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const isNested = list.some(Array.isArray);
  if (isNested && !list.every(Array.isArray)) throw refuse();
  const rows = isNested ? (list as readonly (readonly unknown[])[]).map(row) : [row(list)];
  const [only] = rows;
  if (only !== undefined && rows.length === 1) return new Array<Width>(rank).fill(only);
  if (rows.length !== rank) throw refuse();
  return rows;
}

/** `value` around an array; a number has to fit its dtype. */
export function padConstant(node: Node, widths: readonly Width[], value: Input): Node {
  if (widths.every(([before, after]) => before === 0 && after === 0)) return node;
  const fill = fillOf(value, node);
  const shape = node.shape.map((size, axis) => size + sum(widths[axis]));
  return padNode(
    node,
    fill,
    checkElementCount('pad', shape),
    widths.map(([before]) => before),
  );
}

const sum = ([before, after]: Width = [0, 0]): number => before + after;

function fillOf(value: Input, { dtype }: Node): Node {
  if (typeof value !== 'object') return constant(scalarIn('pad', value, dtype), dtype);
  if (value.shape.length > 0)
    throw new ShapeError(
      'pad',
      `the value must be a single one, not an array of ${formatShape(value.shape)}`,
    );
  if (promotion[dtype][value.dtype] !== dtype)
    throw new DTypeError(
      'pad',
      `a value of ${value.dtype} does not fit ${dtype}; cast one to the other first`,
    );
  return castTo(value, dtype);
}

/** Elements of the array around it, axis after axis. */
export const padWith = (mode: Exclude<PadMode, 'constant'>, node: Node, widths: readonly Width[]): Node =>
  widths.reduce((padded, width, axis) => padAxis(mode, padded, width, axis), node);

function padAxis(mode: Exclude<PadMode, 'constant'>, node: Node, [before, after]: Width, axis: number): Node {
  if (before === 0 && after === 0) return node;
  const size = node.shape[axis] ?? 1;
  if (size === 0)
    throw new ShapeError(
      'pad',
      `axis ${axis} of ${formatShape(node.shape)} is empty, so that there is nothing to repeat; use mode 'constant'`,
    );
  const own = mode === 'reflect' && size === 1 ? 'edge' : mode;
  if (Math.max(before, after) > longestSide(own, size)) {
    const total = checkElementCount('pad', [size + before + after])[0] ?? 0;
    return gather(node, [positions(own, size, binary('subtract', iota(total, 'int32'), before))], [axis]);
  }
  const side = (count: number, [start, step]: readonly [number, number]): readonly Node[] =>
    count === 0 ? [] : [part(node, axis, start, step, count)];
  const { first, last } = sides(own, size, before);
  return concat([...side(before, first), node, ...side(after, last)], axis);
}

/** The most elements of a side that are one slice of an axis. */
function longestSide(mode: Exclude<PadMode, 'constant'>, size: number): number {
  switch (mode) {
    case 'edge':
      return Infinity;
    case 'reflect':
      return size - 1;
    case 'symmetric':
    case 'wrap':
      return size;
  }
}

/** Where both sides start and how they go on. */
function sides(
  mode: Exclude<PadMode, 'constant'>,
  size: number,
  before: number,
): Readonly<Record<'first' | 'last', readonly [start: number, step: number]>> {
  switch (mode) {
    case 'edge':
      return { first: [0, 0], last: [size - 1, 0] };
    case 'wrap':
      return { first: [size - before, 1], last: [0, 1] };
    case 'symmetric':
      return { first: [before - 1, -1], last: [size - 1, -1] };
    case 'reflect':
      return { first: [before, -1], last: [size - 2, -1] };
  }
}

/** Elements of an axis; with step 0 one of them repeated. */
function part(node: Node, axis: number, start: number, step: number, count: number): Node {
  const length = step === 0 ? 1 : count;
  const shape = node.shape.with(axis, length);
  const starts = shape.map((_, k) => (k === axis ? start : 0));
  const steps = shape.map((_, k) => (k === axis && length > 1 ? step : 1));
  return broadcast(slice(node, shape, starts, steps), shape.with(axis, count));
}

/** The positions of an axis that stand at `at`, which may lie anywhere around it. */
function positions(mode: Exclude<PadMode, 'constant'>, size: number, at: Node): Node {
  switch (mode) {
    case 'edge':
      return clip(at, 0, size - 1);
    case 'wrap':
      return binary('remainder', at, size);
    case 'symmetric':
      return mirrored(binary('remainder', at, 2 * size), 2 * size - 1);
    case 'reflect':
      return mirrored(binary('remainder', at, 2 * (size - 1)), 2 * (size - 1));
  }
}

const mirrored = (at: Node, last: number): Node => binary('minimum', at, binary('subtract', last, at));
