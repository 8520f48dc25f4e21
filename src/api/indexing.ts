/** Elements taken, put and chosen by position or condition. */
import { checkCount, describe } from '../ir/arguments.ts';
import { indexDType, isInteger, type DType } from '../ir/dtype.ts';
import { DataError, DTypeError, IndexError, ShapeError } from '../ir/errors.ts';
import { gather, iota, type Node } from '../ir/node.ts';
import { argumentOrOption } from '../ir/options.ts';
import { checkShape, checkSize, formatShape, normalizeAxis, sizeOf, stridesOf } from '../ir/shape.ts';
import { isArray, type AnyArray } from './anyArray.ts';
import { valuesForShape } from './evaluate.ts';
import { LazyArray } from './lazyArray.ts';
import { alongAxis, coordinates, integers } from './nodes/positions.ts';
import { updatedAlong } from './nodes/at.ts';
import {
  binary,
  broadcast,
  castTo,
  elementwise,
  promoteNodes,
  type Input,
  constantLike,
} from './nodes/elementwise.ts';
import { flatPositions, firstPositions, truth } from './nodes/nonzero.ts';
import { flatten, reshapeTo } from './nodes/view.ts';
import { dataNode, indicesFrom, inputOf, nodeFrom, nodesFrom } from './operand.ts';
import { valuesIn } from './selection.ts';
import { filled, readSize, type SizeOptions } from './sizes.ts';
import type { AxisOption, DTypeOf, Joined, Meet, Operand, WeakScalar } from './types.ts';

const axisOf = <A>(operation: string, axis: A | AxisOption<A> | undefined): A | undefined =>
  argumentOrOption<A>(operation, 'axis', axis as A | Readonly<Record<string, unknown>> | undefined);

/**
 * One element for each position along an axis (the last): element `(i, j)` of the result for axis 1 is
 * `x[i, indices[i, j]]`. The indices have as many axes as the array; along the other axes both broadcast. Throws
 * `ShapeError` if they do not fit, `IndexError` for positions outside: at once for those in lists and typed arrays, else
 * when the result is evaluated. `lz.takeAlongAxis([[3, 1, 2], [4, 6, 5]], [[1], [0]], 1)` is `[[1.] [4.]]`.
 */
export function takeAlongAxis<X extends Operand>(
  x: X,
  indices: Operand,
  axis: number | AxisOption<number> = -1,
): LazyArray<DTypeOf<X>> {
  const operation = 'takeAlongAxis';
  checkCount(operation, arguments.length, 3);
  const node = nodeFrom(operation, x);
  const along = normalizeAxis(operation, axisOf(operation, axis) ?? -1, node.shape.length);
  const { axes, indices: all, shape } = alongAxis(operation, node, indices, along);
  checkSize(operation, shape);
  return new LazyArray(gather(node, all, axes));
}

/**
 * The array with `values` at one position for each of `indices` along an axis (the last), the positions of
 * {@link takeAlongAxis}. The values broadcast to the shape of the indices. Of several values for one position the last
 * wins, in row-major order. `x` does not change. `lz.putAlongAxis([[3, 1, 2], [4, 6, 5]], [[1], [0]], 9, 1)` is `[[3. 9. 2.] [9. 6. 5.]]`.
 */
export function putAlongAxis<X extends Operand>(
  x: X,
  indices: Operand,
  values: Operand,
  axis: number | AxisOption<number> = -1,
): LazyArray<DTypeOf<X>> {
  const operation = 'putAlongAxis';
  checkCount(operation, arguments.length, 4);
  const node = nodeFrom(operation, x);
  const along = normalizeAxis(operation, axisOf(operation, axis) ?? -1, node.shape.length);
  const places = alongAxis(operation, node, indices, along);
  const odd = places.shape.findIndex((size, k) => k !== along && size !== node.shape[k]);
  if (odd >= 0)
    throw new ShapeError(
      operation,
      `the indices have size ${places.shape[odd] ?? 0} along axis ${odd}, the array ${node.shape[odd] ?? 0}`,
    );
  return new LazyArray(updatedAlong(operation, node, places, valuesIn(operation, values, node.dtype)));
}

/**
 * The array with `values` at flat positions. Values are repeated if there are more positions; of several values for one
 * position the last wins. `x` does not change. `lz.put([1, 2, 3], [0, -1], 9)` is `[9. 2. 9.]`.
 */
export function put<X extends Operand>(x: X, indices: Operand, values: Operand): LazyArray<DTypeOf<X>> {
  const operation = 'put';
  checkCount(operation, arguments.length, 3);
  const node = nodeFrom(operation, x);
  const flat = flatten(node);
  const [size = 0] = flat.shape;
  const positions = flatten(indicesFrom(operation, indices, size, 0));
  const [count = 0] = positions.shape;
  const given = flatten(valuesIn(operation, values, node.dtype));
  const [length = 0] = given.shape;
  if (count === 0 || length === 0) return new LazyArray(node);
  const places = alongAxis(operation, flat, new LazyArray(positions), 0);
  const repeated =
    length === 1 || length === count
      ? given
      : gather(
          given,
          [binary('remainder', iota<number>(count, 'int32'), constantLike(length, 'int32'))],
          [0],
        );
  return new LazyArray(reshapeTo(updatedAlong(operation, flat, places, repeated), node.shape));
}

/**
 * The slices along an axis, by default the elements of the flattened array, for which a condition of one axis holds. The
 * condition may be shorter than the axis. It is evaluated, for the shape depends on its values. With `size` nothing is:
 * the first `size` of them, then `fillValue` (0). Throws `ShapeError` for a condition of several axes or one that is
 * longer. `lz.compress([true, false, true], [[1, 2], [3, 4], [5, 6]], 0)` is `[[1. 2.] [5. 6.]]`.
 */
export function compress<X extends Operand>(
  condition: Operand,
  x: X,
  axis: number | null = null,
  options: SizeOptions = {},
): LazyArray<DTypeOf<X>> {
  checkCount('compress', arguments.length, 4);
  return new LazyArray(compressed('compress', condition, nodeFrom('compress', x), axis, options));
}

function compressed(
  operation: string,
  condition: Operand,
  x: Node,
  axis: number | null,
  options: SizeOptions,
): Node {
  const given = readSize(operation, options);
  const node = axis === null ? flatten(x) : x;
  const along = normalizeAxis(operation, axis ?? 0, node.shape.length);
  const array: AnyArray = isArray(condition) ? condition : new LazyArray(nodeFrom(operation, condition));
  const size = node.shape[along] ?? 0;
  const [length = 0] = array.shape;
  if (array.ndim !== 1 || length > size)
    throw new ShapeError(
      operation,
      `a condition of shape ${formatShape(array.shape)} does not fit axis ${along} of ${formatShape(node.shape)}; it has one axis, at most as long`,
    );
  if (given === undefined) {
    const positions = flatPositions(valuesForShape(operation, array));
    return gather(
      node,
      [dataNode({ values: positions, dtype: 'int32', shape: [positions.length] })],
      [along],
    );
  }
  const { positions, isFound } = firstPositions(truth(nodeFrom(operation, array)), given.size);
  if (size === 0) throw new ShapeError(operation, `axis ${along} is empty: there is nothing to take`);
  const taken = gather(node, [positions], [along]);
  const behind = node.shape.slice(along + 1).map(() => 1);
  return filled(operation, taken, reshapeTo(isFound, [given.size, ...behind]), given.fill);
}

/**
 * The elements of the flattened array for which the flattened condition holds: {@link compress}. `lz.extract([[true, false], [true, true]], [[1, 2], [3, 4]])` is `[1. 3. 4.]`.
 */
export function extract<X extends Operand>(
  condition: Operand,
  x: X,
  options: SizeOptions = {},
): LazyArray<DTypeOf<X>> {
  const operation = 'extract';
  checkCount(operation, arguments.length, 3);
  const flat =
    isArray(condition) && condition.ndim === 1
      ? condition
      : new LazyArray(flatten(nodeFrom(operation, condition)));
  return new LazyArray(compressed(operation, flat, nodeFrom(operation, x), null, options));
}

// ------------------------------------------------------------------------------------------------------ choices

/**
 * For each element of `indices`, the element at its place of that one of `choices` which it numbers. All broadcast.
 * Throws `DTypeError` for indices that are no integers; indices outside are an `IndexError` when they are evaluated, those
 * in lists and typed arrays at once. `lz.choose([0, 1, 0], [[1, 2, 3], 10])` is `[ 1. 10.  3.]`.
 */
export function choose<X extends Operand>(indices: Operand, choices: readonly X[]): LazyArray<Joined<X>> {
  const operation = 'choose';
  checkCount(operation, arguments.length, 2);
  const nodes = nodesFrom(operation, choices);
  if (nodes.length === 0) throw new DataError(operation, 'needs at least one array to choose from');
  const count = nodes.length;
  const given = indicesFrom(operation, indices, count, 0);
  if (!isInteger(given.dtype))
    throw new DTypeError(operation, `the indices are ${given.dtype}, but choices are numbered by integers`);
  // Read from a list of their numbers, they are checked.
  const which = gather(iota<number>(count, 'int32'), [given], [0]);
  const dtype = promoteNodes(nodes) ?? 'float64';
  return new LazyArray(
    nodes
      .map((node) => castTo(node, dtype))
      .reduceRight((rest, node, k) =>
        elementwise('where', [binary('equal', which, constantLike(k, 'int32')), node, rest], operation),
      ),
  );
}

/**
 * For each element, that of the first of `choices` whose condition holds, or `otherwise` (0) where none does. All
 * broadcast. Throws `DataError` for lists of different lengths. `lz.select([[true, false], [true, true]], [[1, 2], [10, 20]])` is `[ 1. 20.]`.
 */
export function select<X extends Operand, O extends Operand = 0>(
  conditions: readonly Operand[],
  choices: readonly X[],
  otherwise?: O,
): LazyArray<DType extends Joined<X> ? DType : Meet<Joined<X>, O>> {
  const operation = 'select';
  checkCount(operation, arguments.length, 3);
  const tests = nodesFrom(operation, conditions);
  const nodes = nodesFrom(operation, choices);
  checkPairs(operation, tests.length, nodes.length);
  return new LazyArray(chosen(operation, tests, nodes, inputOf(operation, otherwise ?? 0)));
}

function checkPairs(operation: string, conditions: number, choices: number): void {
  if (conditions !== choices || conditions === 0)
    throw new DataError(
      operation,
      `takes as many conditions as choices, at least one, got ${conditions} and ${choices}`,
    );
}

/** Where several conditions hold, the first one decides. */
function chosen(
  operation: string,
  tests: readonly Node[],
  choices: readonly Input[],
  otherwise: Input,
): Node {
  let result = otherwise;
  for (let k = tests.length - 1; k >= 0; k--) {
    const [test, choice] = [tests[k], choices[k]];
    if (test !== undefined && choice !== undefined)
      result = elementwise('where', [test, choice, result], operation);
  }
  if (typeof result !== 'object') throw new DataError(operation, 'needs at least one condition');
  return result;
}

/**
 * A function by cases: where condition `k` holds, `pieces[k]` of `x`, a function of arrays or a value. One more piece is
 * for where none holds (0). Where several hold, the last one decides. Each function gets all of `x` and is computed
 * everywhere, in one kernel. `lz.piecewise([-2, 3], [[true, false]], [(x) => x.neg(), 10])` is `[ 2. 10.]`.
 */
export function piecewise(
  x: Operand,
  conditions: readonly Operand[],
  pieces: readonly (((x: LazyArray) => LazyArray) | WeakScalar)[],
): LazyArray {
  const operation = 'piecewise';
  checkCount(operation, arguments.length, 3);
  const node = nodeFrom(operation, x);
  const tests = nodesFrom(operation, conditions);
  // JavaScript has no type checker.
  const list: unknown = pieces;
  if (!Array.isArray(list))
    throw new DataError(operation, `takes a list of functions and scalars, got ${describe(list)}`);
  const hasRest = pieces.length === tests.length + 1;
  checkPairs(operation, tests.length, pieces.length - (hasRest ? 1 : 0));
  const array = new LazyArray(node);
  const inputs = pieces.map((piece): Input => {
    if (typeof piece !== 'function') return inputOf(operation, piece);
    const part: unknown = piece(array);
    if (!isArray(part)) throw new DataError(operation, `a piece returned ${describe(part)}, not an array`);
    return nodeFrom(operation, part);
  });
  const rest = hasRest ? (inputs.pop() ?? 0) : 0;
  const result = chosen(operation, [...tests].reverse(), [...inputs].reverse(), rest);
  return new LazyArray(result.shape.length < node.shape.length ? broadcast(result, node.shape) : result);
}

// -------------------------------------------------------------------------------------------- flat positions

/**
 * The position along each axis of flat, row-major positions in an array of a shape: one array for each axis. Throws
 * `IndexError` for positions outside in lists and typed arrays; of others outside, the first coordinate is outside.
 *
 * ```ts
 * console.log(lz.unravelIndex([0, 5, 11], [3, 4]).map(String)); // [ '[0 1 2]', '[0 1 3]' ]
 * ```
 */
export function unravelIndex(indices: Operand, shape: number | readonly number[]): readonly LazyArray[] {
  const operation = 'unravelIndex';
  checkCount(operation, arguments.length, 2);
  const sizes = checkShape(operation, shape);
  if (sizes.length === 0) throw new ShapeError(operation, 'an array without axes has no positions');
  const flat = wholeIndices(operation, indices, sizeOf(sizes), 0);
  return coordinates(flat, sizes).map((node) => new LazyArray(node));
}

/** The flat, row-major positions of positions along each axis: the inverse of {@link unravelIndex}. `lz.ravelMultiIndex([[0, 2], [1, 3]], [3, 4])` is `[ 1 11]`. */
export function ravelMultiIndex(
  multiIndex: readonly Operand[],
  shape: number | readonly number[],
): LazyArray {
  const operation = 'ravelMultiIndex';
  checkCount(operation, arguments.length, 2);
  const sizes = checkShape(operation, shape);
  if (!Array.isArray(multiIndex) || multiIndex.length !== sizes.length || sizes.length === 0)
    throw new DataError(operation, `takes one array of positions for each axis of ${formatShape(sizes)}`);
  const dtype = indexDType(sizeOf(sizes));
  const terms = stridesOf(sizes).map((stride, axis): Node => {
    const given = wholeIndices(operation, multiIndex[axis] as Operand, sizes[axis] ?? 0, axis);
    const along = castTo(given, dtype);
    return stride === 1 ? along : binary('multiply', along, constantLike(stride, dtype));
  });
  return new LazyArray(terms.reduce((sum, term) => binary('add', sum, term, operation)));
}

/** Positions that are not negative. */
function wholeIndices(operation: string, indices: Operand, size: number, axis: number): Node {
  const node = indicesFrom(operation, indices, size, axis);
  integers(operation, node);
  if (!isArray(indices) && node.kind === 'data')
    for (const value of node.source.values)
      if (value < 0)
        throw new IndexError(operation, `index ${value} is negative: these positions count from 0`);
  return node;
}
