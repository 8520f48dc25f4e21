/** Functions of matrices that are views, masks and sums of products: triangles, diagonals, products of many kinds, norms. */
import { checkCount, describe, wholeNumber } from '../../ir/arguments.ts';
import type { ToFloat, ToSum } from '../../ir/dtype.ts';
import { OptionError, ShapeError } from '../../ir/errors.ts';
import type { Node } from '../../ir/node.ts';
import { checkOptions, checkSwitch } from '../../ir/options.ts';
import { broadcastShapes, formatShape, normalizeAxes, normalizeAxis, sizeOf } from '../../ir/shape.ts';
import { readAxes } from '../arguments.ts';
import { eachPart } from '../complex/arrays.ts';
import { isComplex } from '../complex/operands.ts';
import { bilinear } from '../complex/products.ts';
import { LazyArray } from '../lazyArray.ts';
import { cutAlong, pickAlong, positionsAlong, toLast } from '../nodes/along.ts';
import { binary, broadcast, castTo, elementwise, power, unary, constantLike } from '../nodes/elementwise.ts';
import { concat, stack } from '../nodes/join.ts';
import { matmul } from '../nodes/product.ts';
import { fold } from '../nodes/reduce.ts';
import { flatten, permute, reshapeTo } from '../nodes/view.ts';
import { nodeFrom, pairFrom } from '../operand.ts';
import { settingsOf } from '../settings.ts';
import type { Axes, DTypeOf, MeetBoth, Operand } from '../types.ts';
import type { DiagonalOptions } from './options.ts';

export type { DiagonalOptions };

function refuseFewAxes(operation: string, { shape }: Node, least: number): void {
  if (shape.length < least)
    throw new ShapeError(
      operation,
      `needs at least ${least} axes, but the array has shape ${formatShape(shape)}`,
    );
}

const offsetOf = (operation: string, k: unknown): number =>
  wholeNumber(operation, 'the diagonal', k, -(2 ** 31), 2 ** 31);

/** The elements of the last two axes on one side of a diagonal; zeros on the other. */
function triangle(operation: 'tril' | 'triu', x: Operand, k: number): Node {
  const node = nodeFrom(operation, x);
  refuseFewAxes(operation, node, 2);
  const [rows = 0, columns = 0] = node.shape.slice(-2);
  const row = positionsAlong(2, 0, rows);
  const column = positionsAlong(2, 1, columns);
  const from = binary('subtract', column, row);
  const inside = binary(operation === 'tril' ? 'lessEqual' : 'greaterEqual', from, offsetOf(operation, k));
  return elementwise('where', [inside, node, constantLike(0, node.dtype)]);
}

/** The lower triangles of matrices, up to diagonal `k` (0); zeros above. `lz.tril([[1, 2], [3, 4]])` is `[[1. 0.] [3. 4.]]`. */
export function tril<X extends Operand>(x: X, k = 0): LazyArray<DTypeOf<X>> {
  checkCount('tril', arguments.length, 2);
  if (isComplex(x)) return eachPart('tril', x, (part) => tril(part, k));
  return new LazyArray(triangle('tril', x, k));
}

/** The upper triangles of matrices, from diagonal `k` (0) on; zeros below. `lz.triu([[1, 2], [3, 4]])` is `[[1. 2.] [0. 4.]]`. */
export function triu<X extends Operand>(x: X, k = 0): LazyArray<DTypeOf<X>> {
  checkCount('triu', arguments.length, 2);
  if (isComplex(x)) return eachPart('triu', x, (part) => triu(part, k));
  return new LazyArray(triangle('triu', x, k));
}

/** Element (i, i + k) of the last two axes, as the last axis. */
function diagonalOf(node: Node, k: number): Node {
  const [rows = 0, columns = 0] = node.shape.slice(-2);
  const rank = node.shape.length;
  const [top, left] = [Math.max(0, -k), Math.max(0, k)];
  const length = Math.max(0, Math.min(rows - top, columns - left));
  const batch = node.shape.slice(0, -2);
  if (length === 0) return broadcast(constantLike(0, node.dtype), [...batch, 0]);
  // In row-major order, the next element is a row and a column further. Unlike a cut-out square, a matrix in memory is
  // flattened without a copy.
  const flat = reshapeTo(node, [...batch, rows * columns]);
  const start = top * columns + left;
  return cutAlong(flat, rank - 2, start, start + (length - 1) * (columns + 1) + 1, columns + 1);
}

function diagonalNode(operation: string, x: Operand, options: DiagonalOptions): Node {
  checkOptions(operation, options, ['offset', 'axis1', 'axis2']);
  const { offset = 0, axis1 = 0, axis2 = 1 } = options;
  const node = nodeFrom(operation, x);
  refuseFewAxes(operation, node, 2);
  const rank = node.shape.length;
  const [rows, columns] = [normalizeAxis(operation, axis1, rank), normalizeAxis(operation, axis2, rank)];
  if (rows === columns)
    throw new OptionError(operation, `axis1 and axis2 must be two axes; both are axis ${rows}`);
  const others = node.shape.map((_, axis) => axis).filter((axis) => axis !== rows && axis !== columns);
  return diagonalOf(permute(operation, node, [...others, rows, columns]), offsetOf(operation, offset));
}

/** The elements on a diagonal of two axes (0 and 1), as a new last axis. `lz.diagonal([[1, 2], [3, 4]])` is `[1. 4.]`. */
export function diagonal<X extends Operand>(x: X, options: DiagonalOptions = {}): LazyArray<DTypeOf<X>> {
  checkCount('diagonal', arguments.length, 2);
  if (isComplex(x)) return eachPart('diagonal', x, (part) => diagonal(part, options));
  return new LazyArray(diagonalNode('diagonal', x, options));
}

/** The sum of the elements on a diagonal; integers in 64 bits. `lz.trace([[1, 2], [3, 4]])` is `5.0`. */
export function trace<X extends Operand>(x: X, options: DiagonalOptions = {}): LazyArray<ToSum<DTypeOf<X>>> {
  checkCount('trace', arguments.length, 2);
  if (isComplex(x)) return eachPart('trace', x, (part) => trace(part, options));
  return new LazyArray(fold('sum', diagonalNode('trace', x, options), { axis: -1 }));
}

/**
 * Of a matrix, its diagonal `k` (0); of a vector, the square matrix with the vector on diagonal `k` and zeros elsewhere.
 * `lz.diag([1, 2])` is `[[1. 0.] [0. 2.]]`.
 */
export function diag<X extends Operand>(x: X, k = 0): LazyArray<DTypeOf<X>> {
  checkCount('diag', arguments.length, 2);
  if (isComplex(x)) return eachPart('diag', x, (part) => diag(part, k));
  const node = nodeFrom('diag', x);
  const offset = offsetOf('diag', k);
  if (node.shape.length === 2) return new LazyArray(diagonalOf(node, offset));
  if (node.shape.length !== 1)
    throw new ShapeError(
      'diag',
      `takes a vector or a matrix, not an array of shape ${formatShape(node.shape)}`,
    );
  const zeros = broadcast(constantLike(0, node.dtype), [Math.abs(offset)]);
  // A row: the vector behind as many zeros as the matrix has rows above it, or in front of those below.
  const row = offset === 0 ? node : concat(offset > 0 ? [zeros, node] : [node, zeros], 0);
  const size = row.shape[0] ?? 0;
  const apart = binary('subtract', positionsAlong(2, 1, size), positionsAlong(2, 0, size));
  return new LazyArray(
    elementwise('where', [
      binary('equal', apart, offset),
      broadcast(row, [size, size]),
      constantLike(0, node.dtype),
    ]),
  );
}

/**
 * The Kronecker product: each element of `x` times all of `y`, as blocks. `lz.kron([1, 2], [1, 1])` is `[1. 1. 2. 2.]`.
 */
export function kron<X extends Operand, Y extends Operand>(x: X, y: Y): LazyArray<MeetBoth<X, Y>> {
  checkCount('kron', arguments.length, 2);
  if (isComplex(x) || isComplex(y)) return new LazyArray(bilinear('kron', x, y, kronOf));
  return new LazyArray(kronOf(...pairFrom('kron', x, y)));
}

function kronOf(a: Node, b: Node): Node {
  const rank = Math.max(a.shape.length, b.shape.length);
  const aligned = ({ shape }: Node): readonly number[] => [
    ...new Array<number>(rank - shape.length).fill(1),
    ...shape,
  ];
  const [outer, inner] = [aligned(a), aligned(b)];
  const products = binary(
    'multiply',
    reshapeTo(
      a,
      outer.flatMap((size) => [size, 1]),
    ),
    reshapeTo(
      b,
      inner.flatMap((size) => [1, size]),
    ),
    'kron',
  );
  return reshapeTo(
    products,
    outer.map((size, k) => size * (inner[k] ?? 1)),
  );
}

/**
 * The cross product of vectors of three elements along an axis (-1). Throws `ShapeError` for another length.
 * `lz.cross([1, 0, 0], [0, 1, 0])` is `[0. 0. 1.]`.
 */
export function cross<X extends Operand, Y extends Operand>(
  x: X,
  y: Y,
  axis = -1,
): LazyArray<MeetBoth<X, Y>> {
  checkCount('cross', arguments.length, 3);
  const [a, b] = [nodeFrom('cross', x), nodeFrom('cross', y)];
  const shape = broadcastShapes('cross', [a.shape, b.shape]);
  const at =
    normalizeAxis('cross', axis, Math.min(a.shape.length, b.shape.length)) -
    Math.min(a.shape.length, b.shape.length);
  if (a.shape.at(at) !== 3 || b.shape.at(at) !== 3)
    throw new ShapeError(
      'cross',
      `takes vectors of three elements along the axis, but the shapes are ${formatShape(a.shape)} and ${formatShape(b.shape)}`,
    );
  const part = (node: Node, k: number): Node => pickAlong(node, node.shape.length + at, k);
  const component = (i: number, j: number): Node =>
    binary(
      'subtract',
      binary('multiply', part(a, i), part(b, j), 'cross'),
      binary('multiply', part(a, j), part(b, i), 'cross'),
      'cross',
    );
  return new LazyArray(stack([component(1, 2), component(2, 0), component(0, 1)], shape.length + at));
}

/** NumPy's `dot`: products of scalars, inner products of vectors, matrix products, and sums over the last axis of `x` and the second-to-last of `y`. `lz.dot([1, 2], [3, 4])` is `11.0`. */
export function dot<X extends Operand, Y extends Operand>(x: X, y: Y): LazyArray<MeetBoth<X, Y>> {
  checkCount('dot', arguments.length, 2);
  if (isComplex(x) || isComplex(y)) return new LazyArray(bilinear('dot', x, y, dotOf));
  return new LazyArray(dotOf(...pairFrom('dot', x, y)));
}

function dotOf(a: Node, b: Node): Node {
  if (a.shape.length === 0 || b.shape.length === 0) return binary('multiply', a, b, 'dot');
  if (b.shape.length <= 2) return matmul(a, b, 'dot');
  return contracted('dot', a, b, [a.shape.length - 1], [b.shape.length - 2]);
}

/** The sums of products over the last axes of both. `lz.inner([1, 2], [3, 4])` is `11.0`. */
export function inner<X extends Operand, Y extends Operand>(x: X, y: Y): LazyArray<MeetBoth<X, Y>> {
  checkCount('inner', arguments.length, 2);
  if (isComplex(x) || isComplex(y)) return new LazyArray(bilinear('inner', x, y, innerOf));
  return new LazyArray(innerOf(...pairFrom('inner', x, y)));
}

function innerOf(a: Node, b: Node): Node {
  if (a.shape.length === 0 || b.shape.length === 0) return binary('multiply', a, b, 'inner');
  return contracted('inner', a, b, [a.shape.length - 1], [b.shape.length - 1]);
}

/**
 * The inner products of vectors along an axis (-1) of both, which broadcast in their other axes. Complex vectors of `x`
 * are conjugated. Throws `ShapeError` if
 * the vectors differ in length. `lz.vecdot([[1, 2], [3, 4]], [1, 1])` is `[3. 7.]`.
 */
export function vecdot<X extends Operand, Y extends Operand>(
  x: X,
  y: Y,
  axis: number | { readonly axis?: number | undefined } = -1,
): LazyArray<MeetBoth<X, Y>> {
  checkCount('vecdot', arguments.length, 3);
  const { axis: given = -1 } = settingsOf<{ readonly axis?: number | undefined }>('vecdot', axis, undefined, [
    'axis',
  ]);
  if (isComplex(x) || isComplex(y))
    return new LazyArray(
      bilinear('vecdot', x, y, (a, b) => sumOfProducts(a, b, given), { conjugated: true }),
    );
  return new LazyArray(sumOfProducts(nodeFrom('vecdot', x), nodeFrom('vecdot', y), given));
}

function sumOfProducts(a: Node, b: Node, given: number): Node {
  const rank = Math.min(a.shape.length, b.shape.length);
  const at = normalizeAxis('vecdot', given, rank) - rank;
  if (a.shape.at(at) !== b.shape.at(at))
    throw new ShapeError(
      'vecdot',
      `vectors of different lengths, ${a.shape.at(at) ?? 1} and ${b.shape.at(at) ?? 1}, in shapes ${formatShape(a.shape)} and ${formatShape(b.shape)}`,
    );
  const last = (node: Node): Node => toLast('vecdot', node, node.shape.length + at);
  const products = binary('multiply', last(a), last(b), 'vecdot');
  return fold('sum', products, { axis: -1, dtype: products.dtype });
}

/** The sum of the products of all elements, in row-major order; complex `x` is conjugated. Throws `ShapeError` for different sizes. `lz.vdot([1, 2], [3, 4])` is `11.0`. */
export function vdot<X extends Operand, Y extends Operand>(x: X, y: Y): LazyArray<MeetBoth<X, Y>> {
  checkCount('vdot', arguments.length, 2);
  if (isComplex(x) || isComplex(y))
    return new LazyArray(bilinear('vdot', x, y, flatProduct, { conjugated: true }));
  return new LazyArray(flatProduct(...pairFrom('vdot', x, y)));
}

function flatProduct(a: Node, b: Node): Node {
  if (sizeOf(a.shape) !== sizeOf(b.shape))
    throw new ShapeError(
      'vdot',
      `arrays of different sizes, of shapes ${formatShape(a.shape)} and ${formatShape(b.shape)}`,
    );
  return matmul(flatten(a), flatten(b), 'vdot');
}

/** Sums of products over the axes `fromA` of one and `fromB` of the other: a matrix product. */
function contracted(
  operation: string,
  a: Node,
  b: Node,
  fromA: readonly number[],
  fromB: readonly number[],
): Node {
  fromA.forEach((axis, k) => {
    const other = fromB[k] ?? 0;
    if (a.shape[axis] !== b.shape[other])
      throw new ShapeError(
        operation,
        `axis ${axis} of ${formatShape(a.shape)} and axis ${other} of ${formatShape(b.shape)} are summed together, but differ in size`,
      );
  });
  const restOf = (node: Node, gone: readonly number[]): readonly number[] =>
    node.shape.map((_, axis) => axis).filter((axis) => !gone.includes(axis));
  const sizesOf = (node: Node, axes: readonly number[]): readonly number[] =>
    axes.map((axis) => node.shape[axis] ?? 1);
  const [restA, restB] = [restOf(a, fromA), restOf(b, fromB)];
  const summed = sizeOf(sizesOf(a, fromA));
  const [rows, columns] = [sizesOf(a, restA), sizesOf(b, restB)];
  const left = reshapeTo(permute(operation, a, [...restA, ...fromA]), [sizeOf(rows), summed]);
  const right = reshapeTo(permute(operation, b, [...fromB, ...restB]), [summed, sizeOf(columns)]);
  return reshapeTo(matmul(left, right, operation), [...rows, ...columns]);
}

/**
 * Sums of products over several axes: the last `axes` (2) of `x` and the first of `y`, or the two lists of axes that are
 * given. Throws `ShapeError` if their sizes differ. `lz.tensordot([[1, 2], [3, 4]], [[1, 0], [0, 1]])` is `5.0`.
 */
export function tensordot<X extends Operand, Y extends Operand>(
  x: X,
  y: Y,
  axes: number | readonly [number | readonly number[], number | readonly number[]] = 2,
): LazyArray<MeetBoth<X, Y>> {
  checkCount('tensordot', arguments.length, 3);
  if (isComplex(x) || isComplex(y))
    return new LazyArray(bilinear('tensordot', x, y, (a, b) => tensorProduct(a, b, axes)));
  return new LazyArray(tensorProduct(...pairFrom('tensordot', x, y), axes));
}

function tensorProduct(
  a: Node,
  b: Node,
  axes: number | readonly [number | readonly number[], number | readonly number[]],
): Node {
  if (typeof axes === 'number') {
    const count = wholeNumber(
      'tensordot',
      'the number of axes',
      axes,
      0,
      Math.min(a.shape.length, b.shape.length),
      ShapeError,
    );
    const first = a.shape.length - count;
    const range = Array.from({ length: count }, (_, k) => k);
    return contracted(
      'tensordot',
      a,
      b,
      range.map((k) => first + k),
      range,
    );
  }
  const lists: unknown = axes;
  if (!Array.isArray(lists) || lists.length !== 2)
    throw new OptionError('tensordot', `axes is a number or two lists of axes, not ${describe(axes)}`);
  const read = (given: unknown, node: Node): readonly number[] =>
    readAxes('tensordot', given, node.shape.length);
  const [first, second] = lists as readonly unknown[];
  const [fromA, fromB] = [read(first, a), read(second, b)];
  if (fromA.length !== fromB.length)
    throw new OptionError('tensordot', `${fromA.length} axes of the first and ${fromB.length} of the second`);
  return contracted('tensordot', a, b, fromA, fromB);
}

export interface NormOptions {
  /** The axis of vectors, or the two axes of matrices; by default all elements are one vector. */
  readonly axis?: Axes | undefined;
  readonly keepdims?: boolean | undefined;
  /**
   * Of vectors: a number p for the p-norm (2), `Infinity` for the largest, `-Infinity` for the smallest absolute value, 0
   * for the count of non-zeros. Of matrices (`axis` has two entries): `'fro'` (default), 1, -1, `Infinity`, `-Infinity`.
   */
  readonly ord?: number | 'fro' | undefined;
}

/**
 * The norm of vectors or matrices, a float. Throws `OptionError` for an order that is not listed.
 * `lz.norm([3, 4])` is `5.0`.
 */
export function norm<X extends Operand>(
  x: X,
  axis?: Axes | NormOptions,
  options?: NormOptions,
): LazyArray<ToFloat<DTypeOf<X>>> {
  checkCount('norm', arguments.length, 3);
  const settings = settingsOf<NormOptions>('norm', axis, options, ['axis', 'keepdims', 'ord']);
  checkSwitch('norm', 'keepdims', settings.keepdims);
  const given = nodeFrom('norm', x);
  const axes = normalizeAxes('norm', settings.axis ?? undefined, given.shape.length);
  const size = unary('abs', given.dtype.startsWith('float') ? given : castTo(given, 'float64'));
  const isMatrix = Array.isArray(settings.axis) && settings.axis.length === 2;
  const { ord = isMatrix ? 'fro' : 2, keepdims = false } = settings;
  if (isMatrix && typeof ord === 'number')
    return new LazyArray(matrixNorm(size, settings.axis as readonly number[], ord, keepdims));
  return new LazyArray(vectorNorm(size, axes, ord, keepdims));
}

function vectorNorm(size: Node, axis: readonly number[], ord: number | 'fro', keepdims: boolean): Node {
  const settings = { axis, keepdims };
  if (ord === 2 || ord === 'fro') return unary('sqrt', fold('sum', unary('square', size), settings));
  if (typeof ord !== 'number' || Number.isNaN(ord))
    throw new OptionError('norm', `ord must be a number or 'fro', not ${describe(ord)}`);
  // Of no elements the largest is 0, as their other norms are.
  const isEmpty = axis.some((k) => size.shape[k] === 0);
  if (ord === Infinity) return fold('max', size, isEmpty ? { ...settings, initial: 0 } : settings);
  if (ord === -Infinity) return fold('min', size, settings);
  if (ord === 1) return fold('sum', size, settings);
  if (ord === 0) return fold('sum', castTo(binary('notEqual', size, 0), size.dtype), settings);
  return power(fold('sum', power(size, ord), settings), 1 / ord);
}

function matrixNorm(size: Node, given: readonly number[], ord: number, keepdims: boolean): Node {
  if (Math.abs(ord) !== 1 && Math.abs(ord) !== Infinity)
    throw new OptionError(
      'norm',
      `the order of matrix norms is 'fro', 1, -1, Infinity or -Infinity, not ${ord}`,
    );
  const [rows = 0, columns = 1] = given.map((axis) => normalizeAxis('norm', axis, size.shape.length));
  const summed = Math.abs(ord) === 1 ? rows : columns;
  const sums = fold('sum', size, { axis: summed, keepdims: true });
  const result = fold(ord > 0 ? 'max' : 'min', sums, { axis: [rows, columns], keepdims });
  return result;
}
