/**
 * The reference evaluator: what every expression means, one node and one element at a time, nothing clever.
 *
 * It is the oracle of the property tests, and what runs where generated code may not (a content security policy
 * without `unsafe-eval`). Speed and memory are no concern here; being obviously right is.
 */
import { allocate, isBigint, type Scalar, type TypedArray } from './dtype.ts';
import { IndexError, InternalError } from './errors.ts';
import { topologicalOrder, type Node, type ViewNode } from './node.ts';
import { applyOp, isPairwise, reductionTable, seedOf, type Reduction } from './ops.ts';
import { castScalar, normalize } from './scalar.ts';
import { sizeOf, type Shape } from './shape.ts';
import type { DType } from './dtype.ts';

/** Evaluates the roots; each result is a contiguous typed array. `parameters` gives the values of parameter nodes. */
export function evaluateReference(
  roots: readonly Node[],
  parameters: readonly (TypedArray | Scalar)[] = [],
): TypedArray[] {
  const values = new Map<Node, TypedArray>();
  const of = (node: Node): TypedArray => {
    const found = values.get(node);
    if (found === undefined) throw new InternalError('reference', `no value for ${node.kind}`);
    return found;
  };
  for (const node of topologicalOrder(roots)) values.set(node, evaluateNode(node, of, parameters));
  return roots.map(of);
}

/** Row-major strides of a contiguous array. */
function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--)
    strides[axis] = (strides[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  return strides;
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

function at(values: TypedArray, index: number): Scalar {
  const value = values[index];
  if (value === undefined) throw new InternalError('reference', `position ${index} of ${values.length}`);
  return value;
}

function fill(node: Node, element: (flat: number) => Scalar): TypedArray {
  const result = allocate(node.dtype, sizeOf(node.shape));
  for (let i = 0; i < result.length; i++) result[i] = element(i);
  return result;
}

function evaluateNode(
  node: Node,
  of: (node: Node) => TypedArray,
  parameters: readonly (TypedArray | Scalar)[],
): TypedArray {
  switch (node.kind) {
    case 'data':
      return node.source.values;
    case 'parameter': {
      const given = parameters[node.slot];
      if (given === undefined) throw new InternalError('reference', `parameter ${node.slot} was not given`);
      return typeof given === 'object' ? given : fill(node, () => given);
    }
    case 'constant':
      return fill(node, () => node.value);
    case 'iota':
      return fill(node, (i) => castScalar(i, 'uint32', node.dtype));
    case 'map': {
      const inputs = node.inputs.map(of);
      const operand = node.inputs.at(-1)?.dtype ?? node.dtype;
      return fill(node, (i) =>
        applyOp(
          node.op,
          operand,
          node.dtype,
          inputs.map((values) => at(values, values.length === 1 ? 0 : i)),
        ),
      );
    }
    case 'cast': {
      const [input] = node.inputs;
      const values = of(input);
      return fill(node, (i) => castScalar(at(values, i), input.dtype, node.dtype));
    }
    case 'reshape':
    case 'permute':
    case 'broadcast':
    case 'slice':
      return evaluateView(node, of(node.inputs[0]));
    case 'reduce': {
      const [input] = node.inputs;
      const values = of(input);
      const kept = input.shape.map((_, axis) => axis).filter((axis) => !node.axes.includes(axis));
      const strides = stridesOf(input.shape);
      const inner = node.axes.map((axis) => input.shape[axis] ?? 1);
      const count = sizeOf(inner);
      return fill(node, (i) => {
        const base = dot(
          unravel(i, node.shape),
          kept.map((axis) => strides[axis] ?? 0),
        );
        const elements = Array.from({ length: count }, (_, r) =>
          at(
            values,
            base +
              dot(
                unravel(r, inner),
                node.axes.map((axis) => strides[axis] ?? 0),
              ),
          ),
        );
        return reduceElements(node.op, node.dtype, elements);
      });
    }
    case 'argReduce': {
      const [input] = node.inputs;
      const values = of(input);
      const strides = stridesOf(input.shape);
      const kept = strides.filter((_, axis) => axis !== node.axis);
      const stride = strides[node.axis] ?? 1;
      const count = input.shape[node.axis] ?? 1;
      return fill(node, (i) => {
        const base = dot(unravel(i, node.shape), kept);
        return argOf(
          node.op,
          Array.from({ length: count }, (_, r) => at(values, base + r * stride)),
        );
      });
    }
    case 'concat': {
      const offsets = [0];
      for (const input of node.inputs) offsets.push((offsets.at(-1) ?? 0) + (input.shape[node.axis] ?? 0));
      return fill(node, (i) => {
        const index = unravel(i, node.shape);
        const along = index[node.axis] ?? 0;
        const piece = offsets.findLastIndex(
          (offset, k) => offset <= along && k < node.inputs.length && along < (offsets[k + 1] ?? 0),
        );
        const input = node.inputs[piece];
        if (input === undefined) throw new InternalError('concat', `no piece holds index ${along}`);
        index[node.axis] = along - (offsets[piece] ?? 0);
        return at(of(input), dot(index, stridesOf(input.shape)));
      });
    }
    case 'gather': {
      const [input, indices] = node.inputs;
      const size = input.shape[node.axis] ?? 0;
      const rank = indices.shape.length;
      return fill(node, (i) => {
        const index = unravel(i, node.shape);
        const which = at(
          of(indices),
          dot(index.slice(node.axis, node.axis + rank), stridesOf(indices.shape)),
        );
        const along = resolveIndex(Number(which), size);
        const source = [...index.slice(0, node.axis), along, ...index.slice(node.axis + rank)];
        return at(of(input), dot(source, stridesOf(input.shape)));
      });
    }
    case 'contract': {
      const [a, b] = node.inputs;
      const [left, right] = [of(a), of(b)];
      const [m, n, k] = [a.shape.at(-2) ?? 1, b.shape.at(-1) ?? 1, a.shape.at(-1) ?? 1];
      return fill(node, (i) => {
        const [batch, row, column] = [Math.floor(i / (m * n)), Math.floor(i / n) % m, i % n];
        const products = Array.from({ length: k }, (_, r) =>
          applyOp('multiply', node.dtype, node.dtype, [
            at(left, (batch * m + row) * k + r),
            at(right, (batch * k + r) * n + column),
          ]),
        );
        return sumInBlocks(products, node.dtype);
      });
    }
  }
}

function evaluateView(node: ViewNode, values: TypedArray): TypedArray {
  const [input] = node.inputs;
  const strides = stridesOf(input.shape);
  switch (node.kind) {
    case 'reshape':
      return fill(node, (i) => at(values, i));
    case 'permute':
      return fill(node, (i) =>
        at(
          values,
          dot(
            unravel(i, node.shape),
            node.axes.map((axis) => strides[axis] ?? 0),
          ),
        ),
      );
    case 'broadcast': {
      const lead = node.shape.length - input.shape.length;
      const stretched = strides.map((stride, axis) => (input.shape[axis] === 1 ? 0 : stride));
      return fill(node, (i) => at(values, dot(unravel(i, node.shape).slice(lead), stretched)));
    }
    case 'slice':
      return fill(node, (i) => {
        const index = unravel(i, node.shape).map(
          (k, axis) => (node.starts[axis] ?? 0) + k * (node.steps[axis] ?? 1),
        );
        return at(values, dot(index, strides));
      });
  }
}

/** A negative index counts from the end; anything else outside is an `IndexError`. */
export function resolveIndex(index: number, size: number): number {
  const resolved = index < 0 ? index + size : index;
  if (!(resolved >= 0 && resolved < size))
    throw new IndexError('take', `index ${index} is out of bounds for an axis of size ${size}`, {
      index,
      size,
    });
  return resolved;
}

/** Combines the elements of one reduction: pairwise for float sums and products, in sequence otherwise. */
export function reduceElements(op: Reduction, dtype: DType, elements: readonly Scalar[]): Scalar {
  const { combine, identity } = reductionTable[op];
  if (elements.length === 0 && identity !== undefined) return identity(dtype);
  const join = (x: Scalar, y: Scalar): Scalar => applyOp(combine, dtype, dtype, [x, y]);
  if (isPairwise(op, dtype)) return pairwise(elements, join, seedOf(op, dtype));
  return elements.reduce(join, seedOf(op, dtype));
}

/** The tree of the numerics contract: elements of a leaf, its accumulators, and levels (2^31 elements have 24). */
export const leafLength = 128;
export const leafLanes = 8;
export const maxDepth = 32;

/**
 * The tree of the numerics contract, that of NumPy's pairwise sum (numpy/_core/src/umath/loops_utils.h.src; NumPy
 * itself adds buffers of 8,192 elements one after the other, so its bits may differ beyond that length). Up to 128
 * elements go round-robin into eight accumulators, longer sequences split in halves, the left one a multiple
 * of eight. It depends on the length alone.
 */
export function pairwise(
  elements: readonly Scalar[],
  join: (x: Scalar, y: Scalar) => Scalar,
  seed: Scalar,
): Scalar {
  const n = elements.length;
  if (n <= leafLength) {
    const lanes = new Array<Scalar>(leafLanes).fill(seed);
    const body = n - (n % leafLanes);
    for (let i = 0; i < body; i++)
      lanes[i % leafLanes] = join(lanes[i % leafLanes] ?? seed, elements[i] ?? seed);
    const [a, b, c, d, e, f, g, h] = lanes.map((lane) => lane) as [
      Scalar,
      Scalar,
      Scalar,
      Scalar,
      Scalar,
      Scalar,
      Scalar,
      Scalar,
    ];
    const combined = join(join(join(a, b), join(c, d)), join(join(e, f), join(g, h)));
    return elements.slice(body).reduce(join, combined);
  }
  const half = Math.floor(n / 2);
  const left = half - (half % leafLanes);
  return join(pairwise(elements.slice(0, left), join, seed), pairwise(elements.slice(left), join, seed));
}

/** Matrix products add along k in blocks of 256: in sequence within a block, then block by block. */
export const contractBlock = 256;

function sumInBlocks(products: readonly Scalar[], dtype: DType): Scalar {
  const zero: Scalar = isBigint(dtype) ? 0n : 0;
  const join = (x: Scalar, y: Scalar): Scalar => applyOp('add', dtype, dtype, [x, y]);
  let total = zero;
  for (let from = 0; from < products.length; from += contractBlock) {
    const block = products.slice(from, from + contractBlock).reduce(join, zero);
    total = from === 0 ? block : join(total, block);
  }
  return normalize(dtype, total);
}

function argOf(op: 'argmin' | 'argmax', elements: readonly Scalar[]): number {
  let best = 0;
  for (let i = 1; i < elements.length; i++) {
    const [value, champion] = [elements[i] ?? 0, elements[best] ?? 0];
    if (champion !== champion) break;
    if (value !== value || (op === 'argmin' ? value < champion : value > champion)) best = i;
  }
  return best;
}
