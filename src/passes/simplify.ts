/**
 * Pass "simplify": rewrite rules, each a pattern and a replacement that give the same bits for every input, NaN,
 * infinities, signed zeros and integer extremes included. Rules are data (`rules` below): a name, what it says, and
 * the ops it starts at, so that a node only meets the rules of its own op.
 *
 * What is missing is missing on purpose: x*0, x-x, x/x, 0-x, x+0, x/c for general c, not(a<b) and their like change a
 * NaN, an infinity, a signed zero or a rounding on floats.
 */
import { match, P } from 'ts-pattern';
import { bytesOf, isFloat, isInteger, kindOf, promotion, type DType, type Scalar } from '../ir/dtype.ts';
import {
  broadcast,
  constant,
  isView,
  map,
  pad,
  permute,
  reshape,
  withInputs,
  type Node,
  type ViewNode,
} from '../ir/node.ts';
import { isOfOne } from '../ir/monoids.ts';
import { opRow, scalarOps, type ScalarOp } from '../ir/ops.ts';
import { addSizes, isOne, isZero, literalSize, one, sameSize, zero, type Size } from '../ir/size.ts';
import { count, rewrite, type Graph, type PlanNode, type RuleCounter } from './graph.ts';

type MapOf = Extract<PlanNode, { kind: 'map' }>;

export interface Rule {
  readonly name: string;
  /** What it states, in plain algebra. */
  readonly doc: string;
  /** The map ops, or other node kinds, at whose root it applies. */
  readonly at: readonly (ScalarOp | Exclude<Node['kind'], 'map'>)[];
  readonly apply: (node: PlanNode) => PlanNode | undefined;
}

const sameShape = (a: readonly Size[], b: readonly Size[]): boolean =>
  a.length === b.length && a.every((size, k) => sameSize(size, b[k] ?? size));

/** `node` unchanged in value but with the shape of `like`: a rank-0 operand stands for a whole array of itself. */
function stretched(node: PlanNode, like: PlanNode): PlanNode {
  return sameShape(node.shape, like.shape) ? node : broadcast(node, like.shape);
}

/** Whether `node` is the constant `value`, sign of zero included (bigints compare by value). */
function is(node: PlanNode | undefined, value: number): boolean {
  if (node?.kind !== 'constant') return false;
  return typeof node.value === 'bigint'
    ? !Object.is(value, -0) && node.value === BigInt(value)
    : Object.is(node.value, value);
}

type DTypeTest = (dtype: DType) => boolean;
const any: DTypeTest = () => true;

/** `op(x, constant)` where the constant is `value`: gives x. */
const dropsRight =
  (value: number, dtype: DTypeTest = any) =>
  (node: PlanNode): PlanNode | undefined => {
    const [x, y] = node.inputs;
    return x !== undefined && is(y, value) && dtype(node.dtype) ? stretched(x, node) : undefined;
  };

/** The same with the constant first. */
const dropsLeft =
  (value: number, dtype: DTypeTest = any) =>
  (node: PlanNode): PlanNode | undefined => {
    const [x, y] = node.inputs;
    return y !== undefined && is(x, value) && dtype(node.dtype) ? stretched(y, node) : undefined;
  };

const either =
  (...options: readonly ((node: PlanNode) => PlanNode | undefined)[]) =>
  (node: PlanNode): PlanNode | undefined => {
    for (const option of options) {
      const result = option(node);
      if (result !== undefined) return result;
    }
    return undefined;
  };

const again = (node: MapOf, op: ScalarOp, inputs: readonly PlanNode[]): PlanNode =>
  map(op, node.dtype, node.shape, inputs);

/** The inner operand of `op(inner)` when `node` is one. */
const operandOf = (node: PlanNode | undefined, op: ScalarOp): PlanNode | undefined =>
  node?.kind === 'map' && node.op === op ? node.inputs[0] : undefined;

/** A rule for binary maps, given both operands. */
const binary =
  (apply: (node: MapOf, x: PlanNode, y: PlanNode) => PlanNode | undefined) =>
  (node: PlanNode): PlanNode | undefined => {
    if (node.kind !== 'map') return undefined;
    const [x, y] = node.inputs;
    return x === undefined || y === undefined ? undefined : apply(node, x, y);
  };

const unary =
  (apply: (node: MapOf, x: PlanNode) => PlanNode | undefined) =>
  (node: PlanNode): PlanNode | undefined => {
    const x = node.kind === 'map' ? node.inputs[0] : undefined;
    return node.kind !== 'map' || x === undefined ? undefined : apply(node, x);
  };

/** 1 / c when that is exact and both are normal numbers of the dtype: c a power of two away from the ends. */
function exactReciprocal(node: PlanNode): number | undefined {
  if (node.kind !== 'constant' || typeof node.value !== 'number' || !isFloat(node.dtype)) return undefined;
  const limit = node.dtype === 'float32' ? 126 : 1022;
  const exponent = Math.log2(Math.abs(node.value));
  return Number.isInteger(exponent) && Math.abs(exponent) <= limit && Math.abs(node.value) === 2 ** exponent
    ? 1 / node.value
    : undefined;
}

/** Every value of `from` is a value of `to`. */
const isLossless = (from: DType, to: DType): boolean =>
  promotion[from][to] === to &&
  !(isInteger(from) && isFloat(to) && bytesOf(from) >= bytesOf(to)) &&
  (kindOf(from) !== 'bool' || to !== 'bool');

export const rules: readonly Rule[] = [
  { name: 'multiply-one', doc: 'x * 1 = x', at: ['multiply'], apply: either(dropsRight(1), dropsLeft(1)) },
  { name: 'divide-one', doc: 'x / 1 = x', at: ['divide'], apply: dropsRight(1) },
  {
    name: 'divide-power-of-two',
    doc: 'x / 2^k = x * 2^-k, both exact scalings of x rounded once',
    at: ['divide'],
    apply: binary((node, x, y) => {
      if (is(y, 1)) return undefined;
      const reciprocal = exactReciprocal(y);
      return reciprocal === undefined
        ? undefined
        : again(node, 'multiply', [x, constant(reciprocal, y.dtype)]);
    }),
  },
  {
    name: 'multiply-minus-one',
    doc: 'x * -1 = -x',
    at: ['multiply'],
    apply: binary((node, x, y) =>
      is(y, -1) ? again(node, 'negative', [x]) : is(x, -1) ? again(node, 'negative', [y]) : undefined,
    ),
  },
  { name: 'subtract-zero', doc: 'x - (+0) = x', at: ['subtract'], apply: dropsRight(0) },
  {
    name: 'add-negative-zero',
    doc: 'x + (-0) = x on floats (x + (+0) is not: it turns -0 into +0)',
    at: ['add'],
    apply: either(dropsRight(-0, isFloat), dropsLeft(-0, isFloat)),
  },
  {
    name: 'add-zero-integer',
    doc: 'x + 0 = x on integers',
    at: ['add'],
    apply: either(dropsRight(0, isInteger), dropsLeft(0, isInteger)),
  },
  {
    name: 'multiply-zero-integer',
    doc: 'x * 0 = 0 on integers',
    at: ['multiply'],
    apply: binary((node, x, y) =>
      isInteger(node.dtype)
        ? is(y, 0)
          ? stretched(y, node)
          : is(x, 0)
            ? stretched(x, node)
            : undefined
        : undefined,
    ),
  },
  {
    name: 'subtract-self-integer',
    doc: 'x - x = 0 on integers',
    at: ['subtract'],
    apply: binary((node, x, y) =>
      x === y && isInteger(node.dtype)
        ? stretched(constant(zeroOf(node.dtype), node.dtype), node)
        : undefined,
    ),
  },
  {
    name: 'double-negative',
    doc: '-(-x) = x',
    at: ['negative'],
    apply: unary((node, x) => {
      const inner = operandOf(x, 'negative');
      return inner && stretched(inner, node);
    }),
  },
  {
    name: 'add-negative',
    doc: 'x + (-y) = x - y',
    at: ['add'],
    apply: binary((node, x, y) => {
      const inner = operandOf(y, 'negative');
      return inner && again(node, 'subtract', [x, inner]);
    }),
  },
  {
    name: 'subtract-negative',
    doc: 'x - (-y) = x + y',
    at: ['subtract'],
    apply: binary((node, x, y) => {
      const inner = operandOf(y, 'negative');
      return inner && again(node, 'add', [x, inner]);
    }),
  },
  {
    name: 'abs-abs',
    doc: '| |x| | = |x|',
    at: ['abs'],
    apply: unary((node, x) => (operandOf(x, 'abs') ? stretched(x, node) : undefined)),
  },
  {
    name: 'abs-negative',
    doc: '|-x| = |x|, except on unsigned integers, where -x wraps to a large number',
    at: ['abs'],
    apply: unary((node, x) => {
      const inner = operandOf(x, 'negative');
      return inner && kindOf(node.dtype) !== 'uint' ? again(node, 'abs', [inner]) : undefined;
    }),
  },
  {
    name: 'square',
    doc: 'square(x) = x * x',
    at: ['square'],
    apply: unary((node, x) => again(node, 'multiply', [x, x])),
  },
  {
    name: 'extreme-of-same',
    doc: 'min(x, x) = max(x, x) = x',
    at: ['minimum', 'maximum'],
    apply: binary((node, x, y) => (x === y ? stretched(x, node) : undefined)),
  },
  {
    name: 'bitwise-of-same',
    doc: 'x & x = x | x = x',
    at: ['bitwiseAnd', 'bitwiseOr', 'logicalAnd', 'logicalOr'],
    apply: binary((node, x, y) => (x === y ? stretched(x, node) : undefined)),
  },
  {
    name: 'double-not',
    doc: 'not(not x) = x',
    at: ['logicalNot', 'bitwiseNot'],
    apply: unary((node, x) => {
      const inner = operandOf(x, node.op);
      return inner && stretched(inner, node);
    }),
  },
  {
    name: 'greater',
    doc: 'a > b is b < a, a >= b is b <= a',
    at: ['greater', 'greaterEqual'],
    apply: binary((node, x, y) => again(node, node.op === 'greater' ? 'less' : 'lessEqual', [y, x])),
  },
  {
    name: 'where-same',
    doc: 'where(c, x, x) = x',
    at: ['where'],
    apply: (node) => {
      const [, x, y] = node.inputs;
      return x !== undefined && x === y ? stretched(x, node) : undefined;
    },
  },
  {
    name: 'where-constant',
    doc: 'where(true, x, y) = x, where(false, x, y) = y',
    at: ['where'],
    apply: (node) => {
      const [condition, x, y] = node.inputs;
      if (condition?.kind !== 'constant' || x === undefined || y === undefined) return undefined;
      return stretched(condition.value !== 0 ? x : y, node);
    },
  },
  {
    name: 'where-not',
    doc: 'where(not c, x, y) = where(c, y, x)',
    at: ['where'],
    apply: (node) => {
      const [condition, x, y] = node.inputs;
      const inner = operandOf(condition, 'logicalNot');
      return node.kind === 'map' && inner && x && y ? again(node, 'where', [inner, y, x]) : undefined;
    },
  },
  {
    name: 'cast-there-and-back',
    doc: 'casting to a dtype that holds every value, and back, changes nothing',
    at: ['cast'],
    apply: (node) =>
      match(node)
        .with(
          {
            kind: 'cast',
            inputs: [{ kind: 'cast', dtype: P.select('middle'), inputs: [P.select('inner')] }],
          },
          ({ middle, inner }) =>
            inner.dtype === node.dtype && isLossless(inner.dtype, middle) ? inner : undefined,
        )
        .otherwise(() => undefined),
  },
  {
    name: 'scalar-broadcast',
    doc: 'a rank-0 operand of a map needs no broadcast',
    at: scalarOps.filter((op) => opRow(op).arity > 1),
    apply: (node) => {
      const scalar = (input: PlanNode): PlanNode | undefined =>
        input.kind === 'broadcast' && input.inputs[0].shape.length === 0 ? input.inputs[0] : undefined;
      return node.kind === 'map' && node.inputs.some((input) => scalar(input) !== undefined)
        ? again(
            node,
            node.op,
            node.inputs.map((input) => scalar(input) ?? input),
          )
        : undefined;
    },
  },
  {
    name: 'view-of-view',
    doc: 'a permute of a permute and a broadcast of a broadcast are one; a view that changes nothing is none, and one into windows of one element a reshape',
    at: ['reshape', 'permute', 'broadcast', 'slice', 'window'],
    apply: (node) => (isView(node) ? simplifyView(node) : undefined),
  },
  {
    name: 'pad-nothing',
    doc: 'a pad that adds and cuts off nothing is its input; one that adds to an array what it is full of is that array',
    at: ['pad'],
    apply: (node) => {
      if (node.kind !== 'pad') return undefined;
      const [input, fill] = node.inputs;
      if (sameShape(input.shape, node.shape) && node.before.every(isZero)) return input;
      const isFull = sameFill(input, fill) || (input.kind === 'broadcast' && sameFill(input.inputs[0], fill));
      return isFull ? stretched(fill, node) : undefined;
    },
  },
  {
    name: 'pad-of-pad',
    doc: 'pads of one value along different axes are one',
    at: ['pad'],
    apply: (node) => {
      if (node.kind !== 'pad') return undefined;
      const [inner, fill] = node.inputs;
      if (inner.kind !== 'pad' || !sameFill(inner.inputs[1], fill)) return undefined;
      const { before, shape } = inner;
      const [x] = inner.inputs;
      const isWhole = (from: PlanNode, to: PlanNode, start: Size | undefined, axis: number): boolean =>
        start !== undefined && isZero(start) && sameSize(from.shape[axis] ?? one, to.shape[axis] ?? one);
      const apart = shape.every(
        (_, axis) => isWhole(x, inner, before[axis], axis) || isWhole(inner, node, node.before[axis], axis),
      );
      const starts = before.map((start, axis) => addSizes(start, node.before[axis] ?? zero));
      return apart ? pad(x, fill, node.shape, starts) : undefined;
    },
  },
  {
    name: 'reduce-one',
    doc: 'a sum, product, minimum or maximum over axes of size 1 is a reshape',
    at: ['reduce'],
    apply: (node) => {
      if (node.kind !== 'reduce') return undefined;
      const [input] = node.inputs;
      if (
        !isOfOne(node.op) ||
        input.dtype !== node.dtype ||
        !node.axes.every((axis) => isOne(input.shape[axis] ?? literalSize(0)))
      )
        return undefined;
      const groups = input.shape.map((_, axis) => [1, node.axes.includes(axis) ? 0 : 1] as const);
      return reshape(input, node.shape, groups);
    },
  },
];

const sameFill = (a: PlanNode, b: PlanNode): boolean =>
  a === b ||
  (a.kind === 'constant' && b.kind === 'constant' && a.dtype === b.dtype && Object.is(a.value, b.value));

function zeroOf(dtype: DType): Scalar {
  return dtype === 'int64' || dtype === 'uint64' ? 0n : 0;
}

function simplifyView(node: ViewNode<Size>): PlanNode | undefined {
  const [input] = node.inputs;
  switch (node.kind) {
    case 'permute': {
      const { axes } = node;
      if (axes.every((axis, k) => axis === k)) return input;
      if (input.kind !== 'permute') return undefined;
      return permute(
        input.inputs[0],
        node.shape,
        axes.map((axis) => input.axes[axis] ?? axis),
      );
    }
    case 'broadcast':
      if (sameShape(input.shape, node.shape)) return input;
      return input.kind === 'broadcast' ? broadcast(input.inputs[0], node.shape) : undefined;
    case 'reshape':
      return sameShape(input.shape, node.shape) ? input : undefined;
    case 'window': {
      const { axis, steps, shape } = node;
      const isWhole = shape.length > 0 && isOne(shape.at(-1) ?? zero) && isOne(steps[0] ?? zero);
      if (!isWhole || !sameSize(shape[axis] ?? zero, input.shape[axis] ?? one)) return undefined;
      return reshape(input, shape, [...input.shape.map(() => [1, 1] as const), [0, 1]]);
    }
    case 'slice':
      return sameShape(input.shape, node.shape) && node.starts.every(isZero) && node.steps.every(isOne)
        ? input
        : undefined;
  }
}

const rulesByRoot = new Map<string, readonly Rule[]>();
for (const rule of rules)
  for (const root of rule.at) rulesByRoot.set(root, [...(rulesByRoot.get(root) ?? []), rule]);

/** Rules strictly shrink or order the graph; this bound only stops a rule set that would not. */
const maxRounds = 16;

/** The node to which no rule applies any more; what is `settled` was seen to be one. */
function simplifyNode(node: PlanNode, counter: RuleCounter, settled: Set<PlanNode>): PlanNode {
  let current = node;
  while (!settled.has(current)) {
    const result = firstRule(current, counter);
    if (result === undefined) settled.add(current);
    else current = result;
  }
  return current;
}

function firstRule(node: PlanNode, counter: RuleCounter): PlanNode | undefined {
  for (const rule of rulesByRoot.get(node.kind === 'map' ? node.op : node.kind) ?? []) {
    const result = rule.apply(node);
    if (result === undefined) continue;
    count(counter, rule.name);
    return result;
  }
  return undefined;
}

export function simplify(graph: Graph, counter: RuleCounter): Graph {
  const settled = new Set<PlanNode>();
  let current = graph;
  for (let round = 0; round < maxRounds; round++) {
    const before = current;
    current = rewrite(current, (node) => simplifyNode(node, counter, settled), withInputs);
    if (current === before) break;
  }
  return current;
}
