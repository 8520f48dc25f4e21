/** Grids of positions and of coordinates, and arrays stretched to a common shape. */
import { checkCount, describe } from '../../ir/arguments.ts';
import { checkDType, type DType, type FloatDType } from '../../ir/dtype.ts';
import { OptionError } from '../../ir/errors.ts';
import { constant, type Node } from '../../ir/node.ts';
import { checkChoice, checkOptions, checkSwitch, isOptions } from '../../ir/options.ts';
import { broadcastShapes as commonShape, checkShape, sizeOf } from '../../ir/shape.ts';
import { linspace } from '../create.ts';
import { isComplex, complexFrom } from '../complex/operands.ts';
import { mapParts, Pair } from '../complex/pair.ts';
import { LazyArray } from '../lazyArray.ts';
import { positionsAlong } from '../nodes/along.ts';
import { binary, broadcast, castTo, elementwise, unary, constantLike } from '../nodes/elementwise.ts';
import { stack } from '../nodes/join.ts';
import { reshapeTo } from '../nodes/view.ts';
import { nodeFrom } from '../operand.ts';
import type { DTypeOf, Operand } from '../types.ts';

export interface MeshgridOptions {
  /** `'xy'` (default): the first vector runs along axis 1, the second along axis 0; `'ij'`: vector `k` along axis `k`. */
  readonly indexing?: 'xy' | 'ij' | undefined;
  /** `true`: the grids keep size 1 along the axes in which they do not vary. */
  readonly sparse?: boolean | undefined;
}

/**
 * The coordinates of a grid: for each vector an array that varies along one axis. Views of the vectors. The last argument
 * may be options. `lz.meshgrid([1, 2, 3], [4, 5])[1].toString()` is `[[4. 4. 4.] [5. 5. 5.]]`.
 */
export function meshgrid(...vectors: readonly (Operand | MeshgridOptions)[]): LazyArray[] {
  const last = vectors.at(-1);
  const hasOptions = last !== undefined && isMeshgridOptions(last);
  const options: MeshgridOptions = hasOptions ? last : {};
  checkOptions('meshgrid', options, ['indexing', 'sparse']);
  checkSwitch('meshgrid', 'sparse', options.sparse);
  const { indexing = 'xy', sparse = false } = options;
  checkChoice('meshgrid', 'indexing', indexing, ['xy', 'ij']);
  const nodes = (hasOptions ? vectors.slice(0, -1) : vectors).map((x) => {
    const node = nodeFrom('meshgrid', x as Operand);
    return reshapeTo(node, [sizeOf(node.shape)]);
  });
  const rank = nodes.length;
  const axisOf = (k: number): number => (indexing === 'xy' && rank > 1 && k < 2 ? 1 - k : k);
  const flat = nodes.map((node, k) =>
    reshapeTo(
      node,
      nodes.map((_, axis) => (axis === axisOf(k) ? (node.shape[0] ?? 0) : 1)),
    ),
  );
  if (sparse) return flat.map((node) => new LazyArray(node));
  const shape = commonShape(
    'meshgrid',
    flat.map((node) => node.shape),
  );
  return flat.map((node) => new LazyArray(broadcast(node, shape)));
}

const isMeshgridOptions = (value: Operand | MeshgridOptions): value is MeshgridOptions => isOptions(value);

/**
 * The positions of a grid of `shape`, stacked: entry `k` along the first axis is the position along axis `k`, int64 by
 * default as NumPy has it. `lz.indices([2, 2]).slice(1)` is `[[0 1] [0 1]]`.
 */
export function indices<R extends DType = 'int64'>(
  shape: number | readonly number[],
  options: { readonly dtype?: R | undefined } = {},
): LazyArray<R> {
  checkCount('indices', arguments.length, 2);
  checkOptions('indices', options, ['dtype']);
  const sizes = checkShape('indices', shape);
  const rank = sizes.length;
  const dtype = options.dtype === undefined ? 'int64' : checkDType('indices', options.dtype);
  const grids = sizes.map((size, axis) => broadcast(positionsAlong(rank, axis, size, dtype), sizes));
  if (rank === 0) return new LazyArray(broadcast(constantLike(0, dtype), [0]));
  return new LazyArray(stack(grids, 0));
}

export interface SpaceOptions<R extends FloatDType> {
  readonly dtype?: R | undefined;
  /** Whether `stop` is the last value (default). */
  readonly endpoint?: boolean | undefined;
  /** The base of the powers (10). */
  readonly base?: number | undefined;
}

/** Powers of `base` (10) whose exponents are evenly spaced from `start` to `stop`; `num` (50) of them. `lz.logspace(0, 2, 3)` is `[  1.  10. 100.]`. */
export function logspace<R extends FloatDType = 'float64'>(
  start: number,
  stop: number,
  num = 50,
  options: SpaceOptions<R> = {},
): LazyArray<R> {
  checkCount('logspace', arguments.length, 4);
  checkOptions('logspace', options, ['dtype', 'endpoint', 'base']);
  const { base = 10, dtype, endpoint } = options;
  const exponents = nodeFrom(
    'logspace',
    linspace(start, stop, num, endpoint === undefined ? {} : { endpoint }),
  );
  const powers = binary('pow', constant(base, 'float64'), exponents, 'logspace');
  return new LazyArray(dtype === undefined ? powers : castTo(powers, checkDType('logspace', dtype)));
}

/**
 * `num` (50) values from `start` to `stop` whose quotients are all the same. Both ends are exact, have the same sign and
 * are not zero; otherwise an `OptionError` is thrown. `lz.geomspace(1, 8, 4)` is `[1. 2. 4. 8.]`.
 */
export function geomspace<R extends FloatDType = 'float64'>(
  start: number,
  stop: number,
  num = 50,
  options: Omit<SpaceOptions<R>, 'base'> = {},
): LazyArray<R> {
  checkCount('geomspace', arguments.length, 4);
  checkOptions('geomspace', options, ['dtype', 'endpoint']);
  if (!Number.isFinite(start) || !Number.isFinite(stop) || !(Math.sign(start) * Math.sign(stop) > 0))
    throw new OptionError(
      'geomspace',
      `the ends must be finite, of one sign and not zero, got ${describe(start)} and ${describe(stop)}`,
    );
  const { dtype, endpoint } = options;
  const exponents = nodeFrom(
    'geomspace',
    linspace(
      Math.log2(Math.abs(start)),
      Math.log2(Math.abs(stop)),
      num,
      endpoint === undefined ? {} : { endpoint },
    ),
  );
  const powers = binary('multiply', unary('exp2', exponents), constant(Math.sign(start), 'float64'));
  const count = exponents.shape[0] ?? 0;
  const at = positionsAlong(1, 0, count);
  const pinned = (node: Node, position: number, value: number): Node =>
    elementwise('where', [binary('equal', at, position), value, node]);
  const first = pinned(powers, 0, start);
  const result = endpoint === false || count < 2 ? first : pinned(first, count - 1, stop);
  return new LazyArray(dtype === undefined ? result : castTo(result, checkDType('geomspace', dtype)));
}

/** The shape that arrays of these shapes broadcast to. Throws `ShapeError` if there is none. `lz.broadcastShapes([2, 1], [3])` is `[2, 3]`. */
export function broadcastShapes(...shapes: readonly (number | readonly number[])[]): readonly number[] {
  return commonShape(
    'broadcastShapes',
    shapes.map((shape) => checkShape('broadcastShapes', shape)),
  );
}

/** The arrays stretched to one shape, without copying. Throws `ShapeError` if they do not fit. `lz.broadcastArrays([1, 2], [[3], [4]])[0].shape` is `[2, 2]`. */
export function broadcastArrays<const T extends readonly Operand[]>(
  ...arrays: T
): { -readonly [K in keyof T]: LazyArray<DTypeOf<T[K]>> } {
  const contents = arrays.map((x) =>
    isComplex(x) ? complexFrom('broadcastArrays', x) : nodeFrom('broadcastArrays', x),
  );
  const shape = commonShape(
    'broadcastArrays',
    contents.map((content) => (content instanceof Pair ? content.re.shape : content.shape)),
  );
  return contents.map((content) => new LazyArray(mapParts(content, (part) => broadcast(part, shape)))) as {
    -readonly [K in keyof T]: LazyArray<DTypeOf<T[K]>>;
  };
}
