/**
 * The elements that the arguments of `at` select, and arrays in which they are replaced or combined with others.
 *
 * Positions and ranges alone are a slice. Arrays of positions are a gather along all axes from the first to the last that
 * is not whole, and an update a scatter along the same ones: what a range or a position selects are then views of an
 * iota, which lowering reads as affine indices. So the shape of the updates is that of the selection, and needs no
 * transposition. Updates that are equal along all axes that are not whole need no positions at all: they are a `where`,
 * which fuses with what is around it.
 */
import { computeDType, indexDType, promotion, type DType } from '../../ir/dtype.ts';
import { DTypeError, InternalError, OptionError, ShapeError } from '../../ir/errors.ts';
import { gather, iota, scatter, slice, type Node } from '../../ir/node.ts';
import type { ScalarOp } from '../../ir/ops.ts';
import { refusedScatter, scatterOfBool, type ScatterOp } from '../../ir/scatter.ts';
import { broadcastShapes, checkSize, formatShape, type Shape } from '../../ir/shape.ts';
import { coordinates } from './positions.ts';
import { binary, broadcast, castTo, elementwise, constantLike } from './elementwise.ts';
import type { IndexEntry } from './indexEntries.ts';
import { firstPositions, positionsOfTrue } from './nonzero.ts';
import type { AxisRange } from './slice.ts';
import { reshapeTo } from './view.ts';

const operation = 'at';

/** What becomes of an element and an update. */
export type UpdateOp = 'set' | 'add' | 'multiply' | 'min' | 'max';

const scatterOpOf: Readonly<Record<UpdateOp, ScatterOp>> = {
  set: 'set',
  add: 'sum',
  multiply: 'prod',
  min: 'min',
  max: 'max',
};

const scalarOpOf: Readonly<
  Record<Exclude<UpdateOp, 'set'>, { readonly op: ScalarOp; readonly ofBool: ScalarOp }>
> = {
  add: { op: 'add', ofBool: 'logicalOr' },
  multiply: { op: 'multiply', ofBool: 'logicalAnd' },
  min: { op: 'minimum', ofBool: 'logicalAnd' },
  max: { op: 'maximum', ofBool: 'logicalOr' },
};

/** An axis of a selection, from outermost to innermost. */
type Dim =
  | { readonly kind: 'range'; readonly axis: number; readonly range: AxisRange }
  /** The axes that the arrays have in common. */
  | { readonly kind: 'common' }
  | { readonly kind: 'new' };

/** An entry that takes an axis of the array; masks are the positions where they hold. */
type AxisEntry = Extract<IndexEntry, { readonly kind: 'position' | 'range' | 'array' }>;

const isAxisEntry = (entry: IndexEntry): entry is AxisEntry =>
  entry.kind === 'position' || entry.kind === 'range' || entry.kind === 'array';

const isWhole = ({ start, step, count }: AxisRange, size: number): boolean =>
  start === 0 && step === 1 && count === size;

/** What is selected, axis by axis. */
interface Layout {
  readonly axes: readonly AxisEntry[];
  readonly dims: readonly Dim[];
  /** The shape that all arrays broadcast to; nothing where there are no arrays. */
  readonly common: Shape | undefined;
  readonly shape: Shape;
}

/** Masks become arrays of positions: here they are evaluated. */
function layoutOf(given: readonly IndexEntry[]): Layout {
  const entries = given.flatMap((entry): readonly IndexEntry[] =>
    entry.kind === 'mask'
      ? positionsOfTrue(entry.mask.node.shape, entry.mask.values()).map((indices, k) => ({
          kind: 'array',
          axis: entry.axis + k,
          indices,
        }))
      : [entry],
  );
  const arrays = entries.flatMap((entry) => (entry.kind === 'array' ? [entry.indices.shape] : []));
  const common =
    arrays.length === 0 ? undefined : broadcastShapes(operation, arrays, () => 'the arrays of indices');
  const dims: Dim[] = [];
  let place: number | undefined;
  let last = -1;
  let areAdjacent = true;
  for (const [k, entry] of entries.entries()) {
    if (entry.kind === 'range' || entry.kind === 'new') dims.push(entry);
    else if (common !== undefined && entry.kind !== 'gap') {
      // Beside arrays positions are arrays without axes.
      if (place !== undefined && last !== k - 1) areAdjacent = false;
      place ??= dims.length;
      last = k;
    }
  }
  // NumPy's rule: the common axes take the place of the first array, or the front where something is between arrays.
  if (common !== undefined) dims.splice(areAdjacent ? (place ?? 0) : 0, 0, { kind: 'common' });
  const shape = dims.flatMap((dim) => sizesOf(dim, common));
  return { axes: entries.filter(isAxisEntry), dims, common, shape };
}

function sizesOf(dim: Dim, common: Shape = []): Shape {
  if (dim.kind === 'new') return [1];
  return dim.kind === 'common' ? common : [dim.range.count];
}

/** The selected elements. */
export function selected(node: Node, entries: readonly IndexEntry[]): Node {
  const layout = layoutOf(entries);
  if (layout.common === undefined) return reshapeTo(sliced(node, layout.axes), layout.shape);
  checkSize(operation, layout.shape);
  const { axes, indices } = indicesOf(node, layout);
  return reshapeTo(gather(node, indices, axes), layout.shape);
}

/**
 * The selected elements, `size` of them where a mask holds: the first ones, and whether there are so many, in a shape that
 * broadcasts to that of the selection. The mask is not evaluated.
 */
export function selectedWithin(
  node: Node,
  entries: readonly IndexEntry[],
  size: number,
): { readonly part: Node; readonly isFound: Node } {
  const masks = entries.filter((entry) => entry.kind === 'mask');
  const [given] = masks;
  if (given === undefined || masks.length > 1)
    throw new OptionError(
      operation,
      `size is the number of elements of one mask, but there are ${masks.length}`,
    );
  const mask = given.mask.node;
  if (mask.shape.includes(0))
    throw new ShapeError(operation, 'the axes of the mask are empty; leave out the size');
  const { positions, isFound } = firstPositions(mask, size);
  const located = entries.flatMap((entry): readonly IndexEntry[] =>
    entry === given
      ? coordinates(positions, mask.shape).map((indices, k) => ({
          kind: 'array',
          axis: given.axis + k,
          indices,
        }))
      : [entry],
  );
  const { dims } = layoutOf(located);
  const behind = dims.slice(dims.findIndex(({ kind }) => kind === 'common') + 1).map(() => 1);
  return { part: selected(node, located), isFound: reshapeTo(isFound, [size, ...behind]) };
}

/** Each axis cut to its range, a position to one element. */
function sliced(node: Node, axes: readonly AxisEntry[]): Node {
  const ranges = axes.map((entry) => rangeOfEntry(entry));
  if (ranges.every((range, axis) => isWhole(range, node.shape[axis] ?? 0))) return node;
  return slice(
    node,
    ranges.map(({ count }) => count),
    ranges.map(({ start }) => start),
    ranges.map(({ step }) => step),
  );
}

function rangeOfEntry(entry: AxisEntry): AxisRange {
  if (entry.kind === 'array') throw new InternalError(operation, 'an array of positions is no range');
  return entry.kind === 'range' ? entry.range : { start: entry.at, step: 1, count: 1 };
}

interface Indices {
  readonly axes: readonly number[];
  /** Of one shape: the axes of the selection that are not whole, and what lies between them. */
  readonly indices: readonly Node[];
}

/** The positions of the selected elements along all axes from the first to the last that is not whole. */
function indicesOf(node: Node, { axes, dims, common = [] }: Layout): Indices {
  const isPart = (entry: AxisEntry): boolean =>
    entry.kind !== 'range' || !isWhole(entry.range, node.shape[entry.axis] ?? 0);
  const span = axes.filter(isPart).map(({ axis }) => axis);
  // What comes after the common axes is indexed, too.
  const front = dims.findIndex(({ kind }) => kind === 'common');
  const behind = dims.slice(front + 1).flatMap((dim) => (dim.kind === 'range' ? [dim.axis] : []));
  const from = Math.min(...span, ...(front < 0 ? [] : behind.filter((axis) => axis < Math.max(...span))));
  const to = Math.max(...span);
  const inside = dims.filter(
    (dim) => dim.kind === 'common' || (dim.kind === 'range' && dim.axis >= from && dim.axis <= to),
  );
  const shape = inside.flatMap((dim) => sizesOf(dim, common));
  /** An array of indices along some of the dims. */
  const along = (values: Node, at: (dim: Dim) => boolean): Node =>
    broadcast(
      reshapeTo(
        values,
        inside.flatMap((dim) => (at(dim) ? values.shape : sizesOf(dim, common).map(() => 1))),
      ),
      shape,
    );
  const indexed = axes.filter(({ axis }) => axis >= from && axis <= to);
  const indices = indexed.map((entry): Node => {
    if (entry.kind === 'array') {
      const { indices: given } = entry;
      const lead = new Array<number>(common.length - given.shape.length).fill(1);
      return along(reshapeTo(given, [...lead, ...given.shape]), ({ kind }) => kind === 'common');
    }
    const { start, step, count } = rangeOfEntry(entry);
    const positions = iota<number>(node.shape[entry.axis] ?? 0, 'int32');
    const part = slice(positions, [count], [start], [step]);
    if (entry.kind === 'position') return broadcast(reshapeTo(part, []), shape);
    return along(part, (dim) => dim.kind === 'range' && dim.axis === entry.axis);
  });
  return { axes: indexed.map(({ axis }) => axis), indices };
}

// --- updates -------------------------------------------------------------------------------------------------

/** The array with the selected elements replaced by `values`, or combined with them in row-major order of the selection. */
export function updated(op: UpdateOp, node: Node, entries: readonly IndexEntry[], values: Node): Node {
  const given = fittingDType(op, node, values);
  const masked = underMask(op, node, entries, given);
  if (masked !== undefined) return masked;
  const layout = layoutOf(entries);
  checkFits(op, given.shape, layout.shape);
  const { axes, common, shape } = layout;
  if (shape.includes(0)) return node;
  const even = common === undefined ? evenAlong(node, layout, given) : undefined;
  if (even !== undefined) return where(op, node, conditionOf(node, axes), even);
  const updates = reshapeTo(
    broadcast(given, shape),
    layout.dims.flatMap((dim) => (dim.kind === 'new' ? [] : sizesOf(dim, common))),
  );
  return scattered(op, node, indicesOf(node, layout), updates);
}

function scattered(op: UpdateOp, node: Node, { axes, indices }: Indices, updates: Node): Node {
  const dtype = computeDType(node.dtype);
  const row = dtype === 'bool' ? scatterOfBool(scatterOpOf[op]) : scatterOpOf[op];
  const refused = refusedScatter(row, dtype);
  if (refused !== undefined) throw new DTypeError(op, `${refused}, but the array is ${node.dtype}`);
  return castTo(scatter(row, castTo(node, dtype), indices, castTo(updates, dtype), axes, dtype), node.dtype);
}

/** The array with `values` at places along its axes, whose shape they broadcast to. */
export function updatedAlong(
  operation: string,
  node: Node,
  places: Indices & { readonly shape: Shape },
  values: Node,
): Node {
  const given = fittingDType(operation, node, values);
  checkFits(operation, given.shape, places.shape);
  if (places.shape.includes(0)) return node;
  return scattered('set', node, places, broadcast(given, places.shape));
}

/** Values in the dtype of an array, which has to hold them. */
export function fittingDType(operation: string, { dtype }: { readonly dtype: DType }, values: Node): Node {
  if (promotion[dtype][values.dtype] === dtype) return castTo(values, dtype);
  throw new DTypeError(
    operation,
    `values of ${values.dtype} would be rounded to the dtype of the array, ${dtype}; cast one of them with astype`,
  );
}

/** Where `condition` holds, what becomes of the element and the value. */
function where(op: UpdateOp, node: Node, condition: Node | undefined, value: Node): Node {
  const { dtype, shape } = node;
  const changed = op === 'set' ? value : binary(scalarOf(op, dtype), node, value, op);
  return broadcast(
    condition === undefined ? changed : elementwise('where', [condition, changed, node], op),
    shape,
  );
}

const scalarOf = (op: Exclude<UpdateOp, 'set'>, dtype: DType): ScalarOp =>
  scalarOpOf[op][dtype === 'bool' ? 'ofBool' : 'op'];

/** One mask and whole axes, and values that are equal along the axes of the mask: it need not be evaluated. */
function underMask(op: UpdateOp, node: Node, entries: readonly IndexEntry[], values: Node): Node | undefined {
  const masks = entries.filter((entry) => entry.kind === 'mask');
  const [mask] = masks;
  if (mask === undefined || masks.length > 1) return undefined;
  const others = entries.every(
    (entry) =>
      entry.kind === 'mask' ||
      entry.kind === 'gap' ||
      (entry.kind === 'range' && isWhole(entry.range, node.shape[entry.axis] ?? 0)),
  );
  const { shape } = mask.mask.node;
  const behind = node.shape.length - mask.axis - shape.length;
  const before = values.shape.length - behind - 1;
  if (!others || (before >= 0 && values.shape[before] !== 1)) return undefined;
  const selection = [...node.shape.slice(0, mask.axis), 1, ...node.shape.slice(mask.axis + shape.length)];
  checkFits(op, values.shape, selection);
  const condition = reshapeTo(mask.mask.node, [...shape, ...new Array<number>(behind).fill(1)]);
  const even = reshapeTo(
    values,
    values.shape.toSpliced(before, before < 0 ? 0 : 1, ...(before < 0 ? [] : shape.map(() => 1))),
  );
  return where(op, node, condition, even);
}

/** Values that are equal along all axes that are not whole, in a shape that broadcasts to that of the array. */
function evenAlong(node: Node, { axes, dims }: Layout, values: Node): Node | undefined {
  const lead = dims.length - values.shape.length;
  const sizes = new Map<number, number>();
  for (const [k, dim] of dims.entries()) {
    const size = k < lead ? 1 : (values.shape[k - lead] ?? 1);
    if (dim.kind !== 'range') continue;
    if (size !== 1 && !isWhole(dim.range, node.shape[dim.axis] ?? 0)) return undefined;
    sizes.set(dim.axis, size);
  }
  return reshapeTo(
    values,
    axes.map(({ axis }) => sizes.get(axis) ?? 1),
  );
}

/** Whether an element is selected; nothing where all are. */
function conditionOf(node: Node, axes: readonly AxisEntry[]): Node | undefined {
  let condition: Node | undefined;
  for (const entry of axes) {
    const behind = new Array<number>(node.shape.length - entry.axis - 1).fill(1);
    for (const test of testsOf(rangeOfEntry(entry), node.shape[entry.axis] ?? 0)) {
      const along = reshapeTo(test, [...test.shape, ...behind]);
      condition = condition === undefined ? along : binary('logicalAnd', condition, along);
    }
  }
  return condition;
}

/** Of each position along an axis of this size, what has to hold for it to be in the range. */
function testsOf({ start, step, count }: AxisRange, size: number): readonly Node[] {
  const dtype = indexDType(size);
  const number = (value: number): Node => constantLike(value, dtype);
  const position = iota<number>(size, dtype);
  const [first, last] = [
    Math.min(start, start + (count - 1) * step),
    Math.max(start, start + (count - 1) * step),
  ];
  if (first === last && size > 1) return [binary('equal', position, number(first))];
  const tests: Node[] = [];
  if (first > 0) tests.push(binary('greaterEqual', position, number(first)));
  if (last < size - 1) tests.push(binary('lessEqual', position, number(last)));
  if (Math.abs(step) > 1) {
    const beyond = first === 0 ? position : binary('subtract', position, number(first));
    tests.push(binary('equal', binary('remainder', beyond, number(Math.abs(step))), number(0)));
  }
  return tests;
}

function checkFits(operation: string, values: Shape, selection: Shape): void {
  const lead = selection.length - values.length;
  if (lead >= 0 && values.every((size, k) => size === 1 || size === selection[lead + k])) return;
  throw new ShapeError(
    operation,
    `values of shape ${formatShape(values)} do not broadcast to that of the selection, ${formatShape(selection)}`,
  );
}
