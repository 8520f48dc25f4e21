/**
 * Arrays made of repeated parts, and arrays taken apart and put together along an axis.
 */
import { checkCount, countOf, describe, wholeNumber } from '../../ir/arguments.ts';
import { DataError, DTypeError, IndexError, OptionError, ShapeError } from '../../ir/errors.ts';
import type { Node } from '../../ir/node.ts';
import { argumentOrOption } from '../../ir/options.ts';
import { formatShape, normalizeAxis, type Shape } from '../../ir/shape.ts';
import { isArray } from '../anyArray.ts';
import { readWholeNumbers } from '../arguments.ts';
import { eachPart, eachPartOfMany } from '../complex/arrays.ts';
import { isComplex } from '../complex/operands.ts';
import { valuesForShape } from '../evaluate.ts';
import { LazyArray } from '../lazyArray.ts';
import { isTypedArray, maxDepth, tooDeep } from '../literal.ts';
import { cutAlong, pickAlong } from '../nodes/along.ts';
import { broadcast } from '../nodes/elementwise.ts';
import { concat, take } from '../nodes/join.ts';
import { expandDims, flatten, reshapeTo } from '../nodes/view.ts';
import { indicesFrom, nodeFrom, nodesFrom, pairFrom } from '../operand.ts';
import { valuesFitting } from '../selection.ts';
import type { AxisOption, DTypeOf, Joined, MeetBoth, Operand } from '../types.ts';
import type { WholeNumbers } from './options.ts';

/** Numbers that were given as an array, as a list; anything else as it is. */
function numbersIn(operation: string, given: unknown): unknown {
  if (isTypedArray(given)) return Array.from<number | bigint, number>(given, Number);
  if (!isArray(given)) return given;
  if (given.dtype === 'bool')
    throw new DTypeError(
      operation,
      'takes whole numbers, not a mask; for the elements of a mask use x.at(mask)',
    );
  const list = Array.from<number | bigint, number>(valuesForShape(operation, given), Number);
  return given.ndim === 0 ? list[0] : list;
}

type Axis = number | AxisOption<number | null> | null;

const axisOf = (operation: string, axis: Axis | undefined): number | null | undefined =>
  argumentOrOption<number | null>(
    operation,
    'axis',
    axis as number | null | Readonly<Record<string, unknown>> | undefined,
  );

/** The array and the axis of a call in which no axis stands for the flattened array. */
function along(operation: string, x: Operand, axis: Axis | undefined): [node: Node, axis: number] {
  const node = nodeFrom(operation, x);
  const given = axisOf(operation, axis);
  if (given === undefined || given === null) return [flatten(node), 0];
  return [node, normalizeAxis(operation, given, node.shape.length)];
}

/**
 * Each element several times in a row: `repeats` times, or, given a list, entry `i` for element `i` of the axis. Without
 * an axis, of the flattened array. Throws `ShapeError` for a list of another length. `lz.repeat([1, 2], 2)` is
 * `[1. 1. 2. 2.]`.
 */
export function repeat<X extends Operand>(x: X, repeats: WholeNumbers, axis?: Axis): LazyArray<DTypeOf<X>> {
  checkCount('repeat', arguments.length, 3);
  if (isComplex(x)) return eachPart('repeat', x, (part) => repeat(part, repeats, axis));
  const counts = numbersIn('repeat', repeats);
  const [node, at] = along('repeat', x, axis);
  const size = node.shape[at] ?? 0;
  const count = (value: unknown): number =>
    wholeNumber('repeat', 'a number of repeats', value, 0, Number.MAX_SAFE_INTEGER);
  if (typeof counts === 'number') return new LazyArray(repeated(node, at, count(counts)));
  if (!Array.isArray(counts))
    throw new OptionError(
      'repeat',
      `the repeats are a whole number or a list of them, not ${describe(repeats)}`,
    );
  if (counts.length === 1) return new LazyArray(repeated(node, at, count(counts[0])));
  if (counts.length !== size)
    throw new ShapeError(
      'repeat',
      `${countOf(counts.length, 'repeat')} for axis ${at} of ${formatShape(node.shape)}, which has size ${size}`,
    );
  const positions = (counts as readonly number[]).flatMap((value, k) =>
    new Array<number>(count(value)).fill(k),
  );
  return new LazyArray(take(node, indicesFrom('repeat', Int32Array.from(positions), size, at), at));
}

/** A view: a new axis, stretched, becomes a part of the one before it. */
function repeated(node: Node, axis: number, count: number): Node {
  const { shape } = node;
  const wide = [...shape.slice(0, axis + 1), count, ...shape.slice(axis + 1)];
  return reshapeTo(broadcast(expandDims(node, axis + 1), wide), shape.with(axis, (shape[axis] ?? 0) * count));
}

/**
 * The array laid out several times: `repetitions[k]` times along axis `k`, aligned from the last axis. A view.
 * `lz.tile([1, 2], 2)` is `[1. 2. 1. 2.]`.
 */
export function tile<X extends Operand>(
  x: X,
  repetitions: number | readonly number[],
): LazyArray<DTypeOf<X>> {
  checkCount('tile', arguments.length, 2, 'write several repetitions as a list');
  if (isComplex(x)) return eachPart('tile', x, (part) => tile(part, repetitions));
  const given = readWholeNumbers('tile', 'a number of repetitions', repetitions, 0, Number.MAX_SAFE_INTEGER);
  const node = nodeFrom('tile', x);
  const rank = Math.max(node.shape.length, given.length);
  const aligned = <T>(list: readonly T[], missing: T): readonly T[] => [
    ...new Array<T>(rank - list.length).fill(missing),
    ...list,
  ];
  const counts = aligned(given, 1);
  const sizes = aligned(node.shape, 1);
  const apart = reshapeTo(
    node,
    sizes.flatMap((size) => [1, size]),
  );
  const wide = broadcast(
    apart,
    sizes.flatMap((size, k) => [counts[k] ?? 1, size]),
  );
  return new LazyArray(
    reshapeTo(
      wide,
      sizes.map((size, k) => size * (counts[k] ?? 1)),
    ),
  );
}

/** The parts along an axis (0), each without it. `lz.unstack([[1, 2], [3, 4]])[1].toString()` is `[3. 4.]`. */
export function unstack<X extends Operand>(
  x: X,
  axis: number | AxisOption<number> = 0,
): LazyArray<DTypeOf<X>>[] {
  checkCount('unstack', arguments.length, 2);
  if (isComplex(x)) return eachPartOfMany('unstack', x, (part) => unstack(part, axis));
  const node = nodeFrom('unstack', x);
  const at = normalizeAxis('unstack', axisOf('unstack', axis) ?? 0, node.shape.length);
  return Array.from(
    { length: node.shape[at] ?? 0 },
    (_, k) => new LazyArray<DTypeOf<X>>(pickAlong(node, at, k)),
  );
}

/**
 * The array cut along an axis (0): into a number of parts whose sizes differ by at most one, the longer ones first, or
 * at positions (negative ones count from the end). `lz.split([1, 2, 3], 2).map((part) => part.size)` is `[2, 1]`.
 */
export function split<X extends Operand>(
  x: X,
  sections: WholeNumbers,
  axis: number | AxisOption<number> = 0,
): LazyArray<DTypeOf<X>>[] {
  checkCount('split', arguments.length, 3);
  if (isComplex(x)) return eachPartOfMany('split', x, (part) => split(part, sections, axis));
  const node = nodeFrom('split', x);
  const at = normalizeAxis('split', axisOf('split', axis) ?? 0, node.shape.length);
  const size = node.shape[at] ?? 0;
  const cuts = cutsOf(numbersIn('split', sections), size);
  return [...cuts, size].map((stop, k) => {
    const start = k === 0 ? 0 : (cuts[k - 1] ?? 0);
    return new LazyArray<DTypeOf<X>>(cutAlong(node, at, start, Math.max(start, stop)));
  });
}

/** The positions at which an axis is cut. */
function cutsOf(sections: unknown, size: number): readonly number[] {
  if (typeof sections === 'number') {
    const parts = wholeNumber('split', 'the number of parts', sections, 1, 2 ** 24);
    const [each, longer] = [Math.floor(size / parts), size % parts];
    return Array.from({ length: parts - 1 }, (_, k) => (k + 1) * each + Math.min(k + 1, longer));
  }
  return readWholeNumbers('split', 'a position', sections).map((cut) =>
    Math.min(Math.max(cut < 0 ? cut + size : cut, 0), size),
  );
}

/**
 * The array with values added at the end of an axis; without an axis, both flattened. Throws `ShapeError` if the shapes
 * do not fit. `lz.append([1, 2], [3])` is `[1. 2. 3.]`.
 */
export function append<X extends Operand, V extends Operand>(
  x: X,
  values: V,
  axis?: Axis,
): LazyArray<MeetBoth<X, V>> {
  checkCount('append', arguments.length, 3);
  const given = axisOf('append', axis) ?? null;
  return new LazyArray(concat(pairFrom('append', x, values), given, 'append'));
}

/** Positions along an axis of `size`, from 0 to `most`. */
const positionsOf = (operation: string, given: unknown, size: number, most: number): readonly number[] =>
  readWholeNumbers(operation, 'a position', numbersIn(operation, given)).map((position) => {
    const from = position < 0 ? position + size : position;
    if (from < 0 || from > most)
      throw new IndexError(operation, `position ${position} is out of bounds for an axis of size ${size}`);
    return from;
  });

/**
 * The array without the elements at positions along an axis; without an axis, of the flattened array. Throws `IndexError`
 * for positions outside. `lz.delete([1, 2, 3], [0, -1])` is `[2.]`.
 */
function deleteAt<X extends Operand>(x: X, positions: WholeNumbers, axis?: Axis): LazyArray<DTypeOf<X>> {
  checkCount('delete', arguments.length, 3);
  const [node, at] = along('delete', x, axis);
  const size = node.shape[at] ?? 0;
  const gone = new Set(positionsOf('delete', positions, size, size - 1));
  const kept: Node[] = [];
  let start = 0;
  for (const position of [...[...gone].toSorted((a, b) => a - b), size]) {
    if (position > start) kept.push(cutAlong(node, at, start, position));
    start = position + 1;
  }
  return new LazyArray(kept.length === 0 ? cutAlong(node, at, 0, 0) : concat(kept, at));
}

/**
 * The array with values put in front of positions along an axis; without an axis, of the flattened array. Several
 * positions refer to the array as it was. The values broadcast to the shape of the array with as many elements along the
 * axis as there are positions; for one position they may have any number. Throws `IndexError` for positions outside,
 * `ShapeError` for values that do not fit, `DTypeError` for values that the dtype of the array cannot hold. `lz.insert([1, 2, 3], 1, 9)` is `[1. 9. 2. 3.]`.
 */
export function insert<X extends Operand, V extends Operand>(
  x: X,
  positions: WholeNumbers,
  values: V,
  axis?: Axis,
): LazyArray<DTypeOf<X>> {
  checkCount('insert', arguments.length, 4);
  const [node, at] = along('insert', x, axis);
  const size = node.shape[at] ?? 0;
  const places = positionsOf('insert', positions, size, size);
  const given = new LazyArray(valuesFitting('insert', values, node.dtype));
  const isOne = places.length === 1;
  const count = isOne ? lengthAlong(given.shape, node.shape.length, at) : places.length;
  const added = nodeFrom('insert', given.broadcastTo(node.shape.with(at, count)));
  if (isOne) {
    const place = places[0] ?? 0;
    return new LazyArray(concat([cutAlong(node, at, 0, place), added, cutAlong(node, at, place, size)], at));
  }
  const order = places.map((place, k) => ({ place, k })).toSorted((a, b) => a.place - b.place || a.k - b.k);
  const parts: Node[] = [];
  let start = 0;
  for (const { place, k } of order) {
    parts.push(cutAlong(node, at, start, place), cutAlong(added, at, k, k + 1));
    start = place;
  }
  return new LazyArray(concat([...parts, cutAlong(node, at, start, size)], at));
}

/** How many elements values of `shape` have along axis `axis` of `rank`, once they are broadcast. */
function lengthAlong(shape: Shape, rank: number, axis: number): number {
  const own = axis - (rank - shape.length);
  return own < 0 ? 1 : (shape[own] ?? 1);
}

/** Lists of arrays, nested. */
export type NestedOperands = Operand | readonly NestedOperands[];

/**
 * An array put together from blocks: the innermost lists are joined along the last axis, those around them along the one
 * before, and so on. Throws `ShapeError` for blocks that do not fit, `DataError` for lists of different depths.
 * `lz.block([[lz.ones([1, 1]), lz.zeros([1, 2])]])` is `[[1. 0. 0.]]`.
 */
export function block(blocks: NestedOperands): LazyArray {
  checkCount('block', arguments.length, 1, 'write the blocks as nested lists');
  const depth = depthOf(blocks);
  const rank = Math.max(depth, ...ranksIn(blocks));
  return new LazyArray(joined(blocks, depth, rank));
}

const isList = (blocks: NestedOperands): blocks is readonly NestedOperands[] => Array.isArray(blocks);

function depthOf(blocks: NestedOperands, outside = 0): number {
  if (!isList(blocks)) return 0;
  // A list may contain itself.
  if (outside > maxDepth) throw tooDeep('block');
  if (blocks.length === 0) throw new DataError('block', 'a list of blocks is empty');
  // Not with `map`, which skips the holes of a list.
  const depths = Array.from(blocks, (inner) => depthOf(inner, outside + 1));
  if (depths.some((depth) => depth !== depths[0]))
    throw new DataError('block', 'the lists of blocks are nested to different depths');
  return 1 + (depths[0] ?? 0);
}

const ranksIn = (blocks: NestedOperands): readonly number[] =>
  isList(blocks) ? Array.from(blocks, ranksIn).flat() : [nodeFrom('block', blocks).shape.length];

function joined(blocks: NestedOperands, depth: number, rank: number): Node {
  if (!isList(blocks)) {
    const node = nodeFrom('block', blocks);
    return reshapeTo(node, [...new Array<number>(rank - node.shape.length).fill(1), ...node.shape]);
  }
  return concat(
    Array.from(blocks, (inner) => joined(inner, depth - 1, rank)),
    rank - depth,
  );
}

const shapedFor = (
  operation: string,
  arrays: readonly Operand[],
  shape: (node: Node) => Shape,
): readonly Node[] => nodesFrom(operation, arrays).map((node) => reshapeTo(node, shape(node)));

function checkList(operation: string, given: number): void {
  checkCount(operation, given, 1, `write the arrays as a list: lz.${operation}([x, y])`);
}

/** Arrays joined along axis 0, after vectors became rows. `lz.vstack([[1, 2], [3, 4]])` is `[[1. 2.] [3. 4.]]`. */
export function vstack<X extends Operand>(arrays: readonly X[]): LazyArray<Joined<X>> {
  checkList('vstack', arguments.length);
  return new LazyArray(
    concat(
      shapedFor('vstack', arrays, ({ shape }) => (shape.length < 2 ? [1, shape[0] ?? 1] : shape)),
      0,
      'vstack',
    ),
  );
}

/** Arrays joined along axis 1; vectors along their only one. `lz.hstack([[1, 2], [3]])` is `[1. 2. 3.]`. */
export function hstack<X extends Operand>(arrays: readonly X[]): LazyArray<Joined<X>> {
  checkList('hstack', arguments.length);
  const nodes = shapedFor('hstack', arrays, ({ shape }) => (shape.length === 0 ? [1] : shape));
  return new LazyArray(concat(nodes, nodes[0]?.shape.length === 1 ? 0 : 1, 'hstack'));
}

/** Arrays joined along axis 2, after vectors became `[1, n, 1]` and matrices `[m, n, 1]`. `lz.dstack([[1, 2], [3, 4]]).shape` is `[1, 2, 2]`. */
export function dstack<X extends Operand>(arrays: readonly X[]): LazyArray<Joined<X>> {
  checkList('dstack', arguments.length);
  return new LazyArray(
    concat(
      shapedFor('dstack', arrays, ({ shape }) =>
        shape.length < 2 ? [1, shape[0] ?? 1, 1] : shape.length === 2 ? [...shape, 1] : shape,
      ),
      2,
      'dstack',
    ),
  );
}

/** Vectors as the columns of a matrix; matrices are joined as they are. `lz.columnStack([[1, 2], [3, 4]])` is `[[1. 3.] [2. 4.]]`. */
export function columnStack<X extends Operand>(arrays: readonly X[]): LazyArray<Joined<X>> {
  checkList('columnStack', arguments.length);
  return new LazyArray(
    concat(
      shapedFor('columnStack', arrays, ({ shape }) => (shape.length < 2 ? [shape[0] ?? 1, 1] : shape)),
      1,
      'columnStack',
    ),
  );
}

export {
  /** Without the elements at positions: `lz.delete`. */
  deleteAt as delete,
};
