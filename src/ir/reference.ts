/**
 * The reference evaluator: what every expression means, one node and one element at a time, nothing clever.
 *
 * It is the oracle of the property tests, and what runs where generated code may not (a content security policy
 * without `unsafe-eval`). Speed and memory are no concern here; being obviously right is.
 */
import { describeValues } from './nodeText.ts';
import { allocate, bytesOf, computeDType, type Scalar, type TypedArray } from './dtype.ts';
import { InternalError } from './errors.ts';
import { Monoid, type Reduction } from './monoids.ts';
import { topologicalOrder, type Node, type NodeOf, type ViewNode } from './node.ts';
import { foldPairwise } from './pairwiseTree.ts';
import { extentsOfNode, integersOf, referenceFunction } from './routines/call.ts';
import { scanStates } from './scanOrder.ts';
import { castScalar } from './scalar.ts';
import { scalarFunction, scalarNumbers } from './scalarNumbers.ts';
import { combined, indexPurpose, resolveIndex } from './scatter.ts';
import { maxElements, sizeOf, stridesOf, tooManyElements, type Shape } from './shape.ts';
import type { ComputeDType, DType } from './dtype.ts';

/**
 * Evaluates the roots; each result is a contiguous typed array. `parameters` gives the values of parameter nodes. Nodes
 * of more than `stored` elements are not kept but computed again, element by element, wherever they are used. (No fewer
 * than one may be stored: arrays of one element stand for all.)
 */
export function evaluateReference(
  roots: readonly Node[],
  parameters: readonly (TypedArray | Scalar)[] = [],
  stored = maxElements,
): TypedArray[] {
  const values = new Map<Node, Elements>();
  const of = (node: Node): Elements => {
    const found = values.get(node);
    if (found === undefined) throw new InternalError('reference', `no value for ${node.kind}`);
    return found;
  };
  for (const root of roots)
    if (sizeOf(root.shape) > maxElements) {
      const what = `the result of ${describeValues(root, root.shape)}`;
      throw tooManyElements('evaluate', what, root.shape, bytesOf(root.dtype));
    }
  const kept = new Set(roots);
  for (const node of topologicalOrder(roots)) {
    const length = sizeOf(node.shape);
    const known = valuesOf(node, parameters);
    if (known !== undefined) values.set(node, elementsOf(known));
    else {
      const element = elementOf(node, of, parameters);
      if (length <= stored || kept.has(node)) values.set(node, elementsOf(fill(node, element)));
      else values.set(node, { length, at: (flat) => normalized(node.dtype, element(flat)) });
    }
  }
  return roots.map((root) => {
    const { array } = of(root);
    if (array === undefined) throw new InternalError('reference', 'a root is not stored');
    return array;
  });
}

/** The elements of a node, in an array or computed when they are asked for. */
interface Elements {
  readonly length: number;
  at(flat: number): Scalar;
  readonly array?: TypedArray;
}

const elementsOf = (array: TypedArray): Elements => ({
  length: array.length,
  at: (flat) => {
    const value = array[flat];
    if (value === undefined) throw new InternalError('reference', `position ${flat} of ${array.length}`);
    return value;
  },
  array,
});

/** As an array of the dtype would hold it. */
function normalized(dtype: DType, value: Scalar): Scalar {
  const cell = allocate(dtype, 1);
  cell[0] = value;
  return cell[0];
}

/** The multi-index of flat position `flat`. */
function unravel(flat: number, shape: Shape): number[] {
  const index = new Array<number>(shape.length).fill(0);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const dim = shape[axis] ?? 1;
    index[axis] = flat % dim;
    flat = Math.floor(flat / dim);
  }
  return index;
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, k) => sum + x * (b[k] ?? 0), 0);

const at = (values: Elements, index: number): Scalar => values.at(index);

function fill(node: Node, element: (flat: number) => Scalar): TypedArray {
  const result = allocate(node.dtype, sizeOf(node.shape), 'evaluate', () => describeValues(node, node.shape));
  for (let i = 0; i < result.length; i++) result[i] = element(i);
  return result;
}

/** What is in memory already. */
function valuesOf(node: Node, parameters: readonly (TypedArray | Scalar)[]): TypedArray | undefined {
  if (node.kind === 'data') return node.source.values;
  if (node.kind !== 'parameter') return undefined;
  const given = parameters[node.slot];
  return typeof given === 'object' ? given : undefined;
}

/** The element of a node at a flat position. */
function elementOf(
  node: Node,
  of: (node: Node) => Elements,
  parameters: readonly (TypedArray | Scalar)[],
): (flat: number) => Scalar {
  switch (node.kind) {
    case 'data':
    case 'parameter': {
      const given = node.kind === 'parameter' ? parameters[node.slot] : undefined;
      if (given === undefined || typeof given === 'object')
        throw new InternalError('reference', `a ${node.kind} was not given`);
      return () => given;
    }
    case 'constant':
      return () => node.value;
    case 'iota':
      return (i) => castScalar(BigInt(i), 'int64', node.dtype);
    case 'map': {
      const inputs = node.inputs.map(of);
      const operand = node.inputs.at(-1)?.dtype ?? node.dtype;
      const apply = scalarFunction(node.op, operand);
      const value = (values: Elements, i: number): Scalar => at(values, values.length === 1 ? 0 : i);
      const [first, second, third] = inputs;
      if (first === undefined) throw new InternalError('reference', `${node.op} of nothing`);
      return (i) => apply(value(first, i), second && value(second, i), third && value(third, i));
    }
    case 'cast': {
      const [input] = node.inputs;
      const values = of(input);
      return (i) => castScalar(at(values, i), input.dtype, node.dtype);
    }
    case 'reshape':
    case 'permute':
    case 'broadcast':
    case 'slice':
    case 'window':
      return elementOfView(node, of(node.inputs[0]));
    case 'reduce': {
      const [input] = node.inputs;
      const values = of(input);
      const kept = input.shape.map((_, axis) => axis).filter((axis) => !node.axes.includes(axis));
      const strides = stridesOf(input.shape);
      const inner = node.axes.map((axis) => input.shape[axis] ?? 1);
      const count = sizeOf(inner);
      const monoid = new Monoid(node.op, { element: computeDType(input.dtype), result: node.dtype });
      return (i) => {
        const base = dot(
          unravel(i, node.shape),
          kept.map((axis) => strides[axis] ?? 0),
        );
        const along = node.axes.map((axis) => strides[axis] ?? 0);
        const element = (r: number): Scalar => at(values, base + dot(unravel(r, inner), along));
        return reduceSequence(monoid, count, element);
      };
    }
    case 'scan': {
      // Of the whole result, when its first element is asked for.
      let result: readonly Scalar[] | undefined;
      return (i) => (result ??= scanElements(node, of(node.inputs[0])))[i] ?? 0;
    }
    case 'concat': {
      const offsets = [0];
      for (const input of node.inputs) offsets.push((offsets.at(-1) ?? 0) + (input.shape[node.axis] ?? 0));
      return (i) => {
        const index = unravel(i, node.shape);
        const along = index[node.axis] ?? 0;
        const piece = offsets.findLastIndex(
          (offset, k) => offset <= along && k < node.inputs.length && along < (offsets[k + 1] ?? 0),
        );
        const input = node.inputs[piece];
        if (input === undefined) throw new InternalError('concat', `no piece holds index ${along}`);
        index[node.axis] = along - (offsets[piece] ?? 0);
        return at(of(input), dot(index, stridesOf(input.shape)));
      };
    }
    case 'gather': {
      const [input, ...indices] = node.inputs;
      const placeOf = indexing(input.shape, node.axes, indices, of, 'take');
      return (i) => at(of(input), placeOf(unravel(i, node.shape)));
    }
    case 'pad': {
      const [input, filling] = node.inputs;
      const [values, fill] = [of(input), at(of(filling), 0)];
      const strides = stridesOf(input.shape);
      return (i) => {
        const index = unravel(i, node.shape).map((k, axis) => k - (node.before[axis] ?? 0));
        const isInside = index.every((k, axis) => k >= 0 && k < (input.shape[axis] ?? 0));
        return isInside ? at(values, dot(index, strides)) : fill;
      };
    }
    case 'scatter': {
      const result = scattered(node, of);
      return (i) => at(result, i);
    }
    case 'routine': {
      // Of the whole result, when its first element is asked for.
      let result: TypedArray | undefined;
      return (i) => (result ??= resultOf(node, of))[i] ?? 0;
    }
  }
}

/** The elements of a scan, in row-major order. */
function scanElements(
  { op, axis, exclusive, dtype, shape, inputs }: NodeOf<'scan'>,
  values: Elements,
): Scalar[] {
  const monoid = new Monoid(op, { element: computeDType(inputs[0].dtype), result: dtype });
  const count = shape[axis] ?? 1;
  const stride = stridesOf(shape)[axis] ?? 1;
  const result = new Array<Scalar>(sizeOf(shape)).fill(0);
  for (let i = 0; i < result.length; i++) {
    if (Math.floor(i / stride) % count !== 0) continue;
    const states = scanStates(
      monoid,
      exclusive,
      count,
      liftOf(monoid, (k) => at(values, i + k * stride)),
    );
    states.forEach((state, k) => {
      result[i + k * stride] = monoid.finish(scalarNumbers, state);
    });
  }
  return result;
}

/** The result that a node is of a call, by the reference function of the routine. */
function resultOf(node: NodeOf<'routine'>, of: (node: Node) => Elements): TypedArray {
  const { routine: name, settings, result, inputs, dtype, shape } = node;
  const operands = inputs.map((input) => {
    const values = of(input);
    return values.array ?? fill(input, (i) => at(values, i));
  });
  const extents = extentsOfNode(node);
  const layouts = inputs.map((input) => ({ offset: 0, strides: stridesOf(input.shape) }));
  const integers = integersOf(name, extents, layouts);
  const buffers = [...inputs, node].map((array) => ({
    dtype: computeDType(array.dtype),
    role: array === node ? ('output' as const) : ('input' as const),
  }));
  const out = allocate(dtype, sizeOf(shape), 'evaluate', () => describeValues(node, shape));
  const call = { settings, batchAxes: extents.batch.length, results: [result], buffers, scalars: [] };
  referenceFunction({ kind: 'call', routine: name, ...call, integers: integers.length })(
    [...operands, out],
    integers,
  );
  return out;
}

function elementOfView(node: ViewNode, values: Elements): (flat: number) => Scalar {
  const [input] = node.inputs;
  const strides = stridesOf(input.shape);
  switch (node.kind) {
    case 'reshape':
      return (i) => at(values, i);
    case 'permute':
      return (i) =>
        at(
          values,
          dot(
            unravel(i, node.shape),
            node.axes.map((axis) => strides[axis] ?? 0),
          ),
        );
    case 'broadcast': {
      const lead = node.shape.length - input.shape.length;
      const stretched = strides.map((stride, axis) => (input.shape[axis] === 1 ? 0 : stride));
      return (i) => at(values, dot(unravel(i, node.shape).slice(lead), stretched));
    }
    case 'window': {
      const [step = 1, dilation = 1] = node.steps;
      const along = strides[node.axis] ?? 0;
      const moves = [...strides.with(node.axis, step * along), dilation * along];
      return (i) => at(values, dot(unravel(i, node.shape), moves));
    }
    case 'slice':
      return (i) => {
        const index = unravel(i, node.shape).map(
          (k, axis) => (node.starts[axis] ?? 0) + k * (node.steps[axis] ?? 1),
        );
        return at(values, dot(index, strides));
      };
  }
}

/** The flat position in an array of `shape` of an element of a gather from it, or of an update of a scatter. */
function indexing(
  shape: Shape,
  axes: readonly number[],
  indices: readonly Node[],
  of: (node: Node) => Elements,
  operation: 'take' | 'scatter',
): (index: readonly number[]) => number {
  const strides = stridesOf(shape);
  const [first = 0] = axes;
  const others = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  return (index) => {
    const end = first + (indices[0]?.shape.length ?? 0);
    const rest = [...index.slice(0, first), ...index.slice(end)];
    const among = others.reduce((sum, axis, k) => sum + (rest[k] ?? 0) * (strides[axis] ?? 0), 0);
    return indices.reduce((sum, node, k) => {
      const axis = axes[k] ?? 0;
      const which = Number(at(of(node), dot(index.slice(first, end), stridesOf(node.shape))));
      const along = resolveIndex(which, shape[axis] ?? 0, indexPurpose(axis, operation));
      return sum + along * (strides[axis] ?? 0);
    }, among);
  };
}

/** The base, with one update after the other. */
function scattered(node: NodeOf<'scatter'>, of: (node: Node) => Elements): Elements {
  const { op, axes, dtype, shape } = node;
  const [base, updates, ...indices] = node.inputs;
  const [values, news] = [of(base), of(updates)];
  const result = fill(node, (i) => at(values, i));
  const placeOf = indexing(shape, axes, indices, of, 'scatter');
  for (let k = 0; k < news.length; k++) {
    const flat = placeOf(unravel(k, updates.shape));
    result[flat] = combined(scalarNumbers, op, dtype, result[flat] ?? 0, at(news, k));
  }
  return elementsOf(result);
}

/** The states of the elements of a sequence. */
const liftOf =
  (monoid: Monoid, element: (position: number) => Scalar) =>
  (k: number): readonly Scalar[] =>
    monoid.lift(scalarNumbers, element(k), () => castScalar(BigInt(k), 'int64', monoid.types.result));

/** The result of a reduction of these elements, which are of its dtype. */
export const reduceElements = (op: Reduction, dtype: ComputeDType, elements: readonly Scalar[]): Scalar =>
  reduceSequence(new Monoid(op, { element: dtype, result: dtype }), elements.length, (k) => elements[k] ?? 0);

/** The same for a sequence of `count` elements that need not be in memory. */
function reduceSequence(monoid: Monoid, count: number, element: (position: number) => Scalar): Scalar {
  const m = scalarNumbers;
  const { folds, isPairwise, types } = monoid;
  const fold = <T>(of: (k: number) => T, join: (x: T, y: T) => T, neutral: T): T => {
    if (isPairwise) return foldPairwise(0, count, of, join, neutral);
    let total = neutral;
    for (let k = 0; k < count; k++) total = join(total, of(k));
    return total;
  };
  if (count === 0) return monoid.finish(m, monoid.nothing);
  const { element: given, result } = types;
  const [neutral] = monoid.neutral;
  if (folds !== undefined && neutral !== undefined) {
    const join = scalarFunction(folds, result);
    return fold((k) => castScalar(element(k), given, result), join, neutral);
  }
  const state = fold<readonly Scalar[]>(
    liftOf(monoid, element),
    (x, y) => monoid.combine(m, x, y),
    monoid.neutral,
  );
  return monoid.finish(m, state);
}
