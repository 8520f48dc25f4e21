/**
 * Shapes: checking, broadcasting, axes, and how a reshape splits or merges axes.
 */
import { bigintAdvice, describe, wholeNumber } from './arguments.ts';
import { AxisError, ShapeError } from './errors.ts';

export type Shape = readonly number[];

/** Elements in an array of this shape. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const dim of shape) size *= dim;
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Prints a shape as NumPy does: (2, 3), (3,), (). */
export const formatShape = (shape: readonly (number | string)[]): string =>
  shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;

/** The largest number of elements of an array in memory, and of positions that int32 can name. */
export const maxElements = 2 ** 31 - 1;

/** The largest number of elements of an expression that is never stored: a JS number counts them exactly. */
export const maxCount = Number.MAX_SAFE_INTEGER;

const isSize = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** A size is never -0. */
const withoutMinus = (size: number): number => size + 0;

/** A shape: a list of sizes, or one size. */
export function checkShape(operation: string, shape: unknown): Shape {
  if (typeof shape !== 'number' && !Array.isArray(shape))
    throw new ShapeError(
      operation,
      `a shape must be a size or a list of sizes, got ${describe(shape)}${bigintAdvice(shape)}`,
    );
  const sizes: readonly unknown[] = typeof shape === 'number' ? [shape] : shape;
  // Not with `map`, which skips the holes of a list.
  let hasMinus = false;
  for (let axis = 0; axis < sizes.length; axis++) {
    const size = sizes[axis];
    if (!isSize(size))
      wholeNumber(operation, `the size of axis ${axis}`, size, 0, Number.MAX_SAFE_INTEGER, ShapeError);
    else if (Object.is(size, -0)) hasMinus = true;
  }
  const checked = sizes as Shape;
  return checkElementCount(operation, hasMinus ? checked.map(withoutMinus) : checked.slice());
}

/** The error for values that must be stored but are more than an array in memory can have. */
export function tooManyElements(
  operation: string,
  what: string,
  shape: Shape,
  elementBytes: number,
): ShapeError {
  const count = sizeOf(shape);
  return new ShapeError(
    operation,
    `${what} has ${count} elements (${((count * elementBytes) / 2 ** 30).toFixed(1)} GiB), but an array in memory can have ` +
      `at most ${maxElements}; reduce it before it is stored, or evaluate slices of it`,
  );
}

/** Refuses shapes that are too large for a typed array, for arrays that must be in memory. */
export function checkSize(operation: string, shape: Shape): Shape {
  if (sizeOf(shape) > maxElements)
    throw new ShapeError(
      operation,
      `shape ${formatShape(shape)} has ${sizeOf(shape)} elements, but an array in memory can have at most ${maxElements}`,
    );
  return shape;
}

/** Refuses shapes whose elements cannot be counted exactly. Axes of size 0 are left out of the count. */
export function checkElementCount(operation: string, shape: Shape): Shape {
  let count = 1;
  for (const dim of shape) if (dim > 1) count *= dim;
  if (count > maxCount)
    throw new ShapeError(
      operation,
      `shape ${formatShape(shape)} has too many elements: at most 2^53 - 1 can be counted exactly`,
    );
  return shape;
}

/** The common shape of several operands, aligned from the last axis; 1 stretches. */
export function broadcastShapes(
  operation: string,
  shapes: readonly Shape[],
  what = (): string => 'operands',
): Shape {
  let longest: Shape = [];
  for (const shape of shapes) if (shape.length > longest.length) longest = shape;
  if (shapes.every((shape) => shape.length === 0 || sameShape(shape, longest))) return longest;
  const rank = longest.length;
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    const lead = rank - shape.length;
    for (let axis = 0; axis < shape.length; axis++) {
      const dim = shape[axis] ?? 1;
      const known = result[lead + axis] ?? 1;
      if (dim === known || dim === 1) continue;
      if (known !== 1) throw broadcastError(operation, shapes, lead + axis - rank, what());
      result[lead + axis] = dim;
    }
  }
  return checkElementCount(operation, result);
}

/** NumPy's sentence, then the shapes one under the other with the axis that does not fit marked. */
function broadcastError(operation: string, shapes: readonly Shape[], axis: number, what: string): ShapeError {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const cells = shapes.map((shape) => [
    ...new Array<string>(rank - shape.length).fill(''),
    ...shape.map(String),
  ]);
  const widths = Array.from({ length: rank }, (_, k) =>
    Math.max(...cells.map((row) => (row[k] ?? '').length)),
  );
  const lines = cells.map((row) => row.map((cell, k) => cell.padStart(widths[k] ?? 0)).join('  '));
  const before = widths.slice(0, rank + axis).reduce((sum, width) => sum + width + 2, 0);
  const marker = ' '.repeat(before) + '^'.repeat(Math.max(1, widths[rank + axis] ?? 1));
  const tight = shapes.map((shape) => `(${shape.join(',')}${shape.length === 1 ? ',' : ''})`).join(' ');
  return new ShapeError(
    operation,
    `${what} could not be broadcast together with shapes ${tight}\n` +
      lines.map((line) => `    ${line}`).join('\n') +
      `\n    ${marker} axis ${axis}: the sizes must be equal or 1`,
  );
}

/** A negative axis counts from the end; anything outside the rank is an `AxisError`. */
export function normalizeAxis(operation: string, axis: unknown, rank: number): number {
  if (typeof axis !== 'number' || !Number.isInteger(axis))
    throw new AxisError(
      operation,
      `an axis must be a whole number, got ${describe(axis)}${bigintAdvice(axis)}`,
    );
  if (axis < -rank || axis >= rank)
    throw new AxisError(
      operation,
      rank === 0
        ? `axis ${axis} is out of bounds: the array has no axes`
        : `axis ${axis} is out of bounds for an array of rank ${rank}; use ${-rank} to ${rank - 1}`,
    );
  return axis < 0 ? axis + rank : axis + 0;
}

/** All axes of each rank, made once. */
const allAxes: (readonly number[])[] = [];

/** Axes as a sorted list; `undefined` means all. Naming one twice is an `AxisError`. */
export function normalizeAxes(operation: string, axes: unknown, rank: number): readonly number[] {
  if (axes === undefined) return (allAxes[rank] ??= Array.from({ length: rank }, (_, axis) => axis));
  if (typeof axes !== 'number' && !Array.isArray(axes))
    throw new AxisError(
      operation,
      `an axis must be a whole number or a list of whole numbers, got ${describe(axes)}${bigintAdvice(axes)}`,
    );
  if (typeof axes === 'number') return [normalizeAxis(operation, axes, rank)];
  const list = (axes as readonly number[]).slice();
  let isSorted = true;
  for (let k = 0; k < list.length; k++) {
    const axis = normalizeAxis(operation, list[k], rank);
    if (axis <= (list[k - 1] ?? -1)) isSorted = false;
    list[k] = axis;
  }
  if (isSorted) return list;
  const sorted = list.toSorted((a, b) => a - b);
  const twice = sorted.find((axis, i) => axis === sorted[i + 1]);
  if (twice !== undefined)
    throw new AxisError(operation, `axis ${twice} is named twice in [${list.join(', ')}]`);
  return sorted;
}

/** One step of a reshape: `inputs` adjacent axes hold the same elements as `outputs` adjacent axes. */
export type ReshapeGroup = readonly [inputs: number, outputs: number];

/**
 * The finest way to read a reshape as independent groups of adjacent axes, e.g. (4, 6) -> (2, 2, 6) is
 * [[1, 2], [1, 1]]. Empty arrays are one group: they have no elements to place.
 */
export function reshapeGroups(from: Shape, to: Shape): readonly ReshapeGroup[] {
  if (from.includes(0) || to.includes(0)) return [[from.length, to.length]];
  const groups: [number, number][] = [];
  let i = 0;
  let j = 0;
  while (i < from.length || j < to.length) {
    const startI = i;
    const startJ = j;
    let left = from[i++] ?? 1;
    let right = to[j++] ?? 1;
    if (startI >= from.length) i = startI;
    if (startJ >= to.length) j = startJ;
    while (left !== right) {
      if (left < right) left *= from[i++] ?? 1;
      else right *= to[j++] ?? 1;
    }
    groups.push([i - startI, j - startJ]);
  }
  return groups;
}

/** Row-major strides of a contiguous array. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--)
    strides[axis] = (strides[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  return strides;
}

/** Lists of one axis, made once. */
const single: (readonly [number])[] = [];

export const oneAxis = (axis: number): readonly [number] => (single[axis] ??= [axis]);

/** A shape indexed along `axes` by arrays of the shape `common`, which takes the place of the first of them. */
export function indexedShape<Dim>(
  shape: readonly Dim[],
  axes: readonly number[],
  common: readonly Dim[],
): readonly Dim[] {
  const [first = 0] = axes;
  if (axes.length === 1) return [...shape.slice(0, first), ...common, ...shape.slice(first + 1)];
  return shape.flatMap((size, axis) => (axis === first ? common : axes.includes(axis) ? [] : [size]));
}
