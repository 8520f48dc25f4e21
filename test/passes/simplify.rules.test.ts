/**
 * Every rewrite rule, on examples of its own: it fires for the dtypes it is meant for and for no other, and what it
 * makes gives the same bits as what was there for every pair of special values. A rule without an example, or with an
 * op of `at` that no example starts from, fails here.
 */
import { describe, expect, test } from 'vitest';
import {
  bytesOf,
  dtypeNames,
  isBigint,
  isFloat,
  isInteger,
  kindOf,
  type DType,
  type Scalar,
} from '../../src/ir/dtype.ts';
import { DTypeError } from '../../src/ir/errors.ts';
import { withInputs, type Node } from '../../src/ir/node.ts';
import { opRow, opTypes, scalarOps, type ScalarOp } from '../../src/ir/ops.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { castScalar, normalize } from '../../src/ir/scalar.ts';
import { deadCode } from '../../src/passes/deadCode.ts';
import { rewrite, type PlanNode, type RuleCounter } from '../../src/passes/graph.ts';
import { rules, simplify, type Rule } from '../../src/passes/simplify.ts';
import { expectSameBits } from '../support/bits.ts';
import { structure } from '../support/sameGraph.ts';
import { arrayOf, computeDTypes, specialsOf } from '../support/specials.ts';
import * as t from '../support/typed.ts';
import { bound, unbind } from '../support/unbind.ts';

/** The operands of an example: every pair of special values of its dtype, and a condition that varies. */
interface Operands {
  readonly dtype: DType;
  readonly x: Node;
  readonly y: Node;
  readonly condition: Node;
  /** A constant of the dtype. */
  readonly c: (value: number) => Node;
}

interface Example {
  /** What it builds, in words. */
  readonly text: string;
  readonly build: (operands: Operands) => Node;
  /** The dtypes for which the rule fires. It must not for any other dtype that the ops take. */
  readonly on: (dtype: DType) => boolean;
}

/** `value` as an element of `dtype`; whole numbers wrap. */
const literal = (value: number, dtype: DType): Scalar =>
  isFloat(dtype) ? value : castScalar(BigInt(value), 'int64', dtype);

function operandsOf(dtype: DType): Operands {
  const specials = [...specialsOf(dtype), ...random(dtype, 12)];
  const left = specials.flatMap((a) => specials.map(() => a));
  const right = specials.flatMap(() => specials);
  const bits = left.map((_, k) => ((k * 5) % 3 === 0 ? 1 : 0));
  return {
    dtype,
    x: t.data(arrayOf(dtype, left), [left.length], dtype),
    y: t.data(arrayOf(dtype, right), [right.length], dtype),
    condition: t.data(Uint8Array.from(bits), [bits.length], 'bool'),
    c: (value) => t.constant(literal(value, dtype), dtype),
  };
}

/** Values without a pattern, from a linear congruential generator. */
function random(dtype: DType, count: number): Scalar[] {
  let state = 12345;
  const next = (): number => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) / 2 ** 32;
  return Array.from({ length: count }, (): Scalar => {
    const value = (next() - 0.5) * 2 ** Math.round(next() * 60 - 20);
    if (dtype === 'bool') return next() < 0.5 ? 1 : 0;
    if (isFloat(dtype)) return dtype === 'float32' ? Math.fround(value) : value;
    const values = arrayOf(dtype, [literal(Math.trunc(value), dtype)]);
    return values[0] ?? 0;
  });
}

const always = (): boolean => true;
const integers = isInteger;
const signed = (dtype: DType): boolean => kindOf(dtype) !== 'uint';
const scalarOf = (x: Node): Node => t.reduce('max', t.slice(x, [{ start: 3, step: 1, count: 1 }]), [0]);

const example = (text: string, build: Example['build'], on: Example['on'] = always): Example => ({
  text,
  build,
  on,
});

/** `op` on operands; for a rank-0 operand too, whose result must be stretched. */
const ops = (
  names: readonly ScalarOp[],
  build: (op: ScalarOp, operands: Operands) => Node,
  on: Example['on'] = always,
): Example[] => names.map((op) => example(op, (operands) => build(op, operands), on));

/** A broadcast scalar beside x. */
const filled = (x: Node): Node => t.broadcast(scalarOf(x), x.shape);

/** The dtypes that an op takes as they are: a cast would come between it and the broadcast. */
const uncast =
  (op: ScalarOp): Example['on'] =>
  (dtype) =>
    opTypes(
      op,
      Array.from({ length: opRow(op).arity }, () => dtype),
    ).operand === dtype;

const examples: Readonly<Record<string, readonly Example[]>> = {
  'multiply-one': [
    example('x * 1', ({ x, c }) => t.apply('multiply', x, c(1))),
    example('1 * x', ({ x, c }) => t.apply('multiply', c(1), x)),
  ],
  'divide-one': [example('x / 1', ({ x, c }) => t.apply('divide', x, c(1)), isFloat)],
  'divide-power-of-two': [2, -1, -2, 0.5, 2 ** 20, 2 ** -20, 2 ** 126, 2 ** -126].map((divisor) =>
    example(
      `x / ${divisor}`,
      ({ x, dtype }) => t.apply('divide', x, t.constant(isFloat(dtype) ? divisor : literal(1, dtype), dtype)),
      isFloat,
    ),
  ),
  'multiply-minus-one': [
    example('x * -1', ({ x, c }) => t.apply('multiply', x, c(-1)), signed),
    example('-1 * x', ({ x, c }) => t.apply('multiply', c(-1), x), signed),
  ],
  'subtract-zero': [example('x - 0', ({ x, c }) => t.apply('subtract', x, c(0)))],
  'add-negative-zero': [
    example(
      'x + -0',
      ({ x, dtype }) => t.apply('add', x, t.constant(isFloat(dtype) ? -0 : literal(5, dtype), dtype)),
      isFloat,
    ),
    example(
      '-0 + x',
      ({ x, dtype }) => t.apply('add', t.constant(isFloat(dtype) ? -0 : literal(5, dtype), dtype), x),
      isFloat,
    ),
  ],
  'add-zero-integer': [
    example('x + 0', ({ x, c }) => t.apply('add', x, c(0)), integers),
    example('0 + x', ({ x, c }) => t.apply('add', c(0), x), integers),
  ],
  'multiply-zero-integer': [
    example('x * 0', ({ x, c }) => t.apply('multiply', x, c(0)), integers),
    example('0 * x', ({ x, c }) => t.apply('multiply', c(0), x), integers),
  ],
  'subtract-self-integer': [
    example('x - x', ({ x }) => t.apply('subtract', x, x), integers),
    example(
      's - s',
      ({ x }) => {
        const s = scalarOf(x);
        return t.apply('subtract', s, s);
      },
      integers,
    ),
  ],
  'double-negative': [example('-(-x)', ({ x }) => t.apply('negative', t.apply('negative', x)))],
  'add-negative': [example('x + -y', ({ x, y }) => t.apply('add', x, t.apply('negative', y)))],
  'subtract-negative': [example('x - -y', ({ x, y }) => t.apply('subtract', x, t.apply('negative', y)))],
  'abs-abs': [example('||x||', ({ x }) => t.apply('abs', t.apply('abs', x)))],
  'abs-negative': [example('|-x|', ({ x }) => t.apply('abs', t.apply('negative', x)), signed)],
  square: [example('square(x)', ({ x }) => t.apply('square', x))],
  'extreme-of-same': ops(['minimum', 'maximum'], (op, { x }) => t.apply(op, x, x)),
  'bitwise-of-same': [
    ...ops(['bitwiseAnd', 'bitwiseOr'], (op, { x }) => t.apply(op, x, x)),
    ...ops(['logicalAnd', 'logicalOr'], (op, { condition }) => t.apply(op, condition, condition)),
  ],
  'double-not': [
    example('~~x', ({ x }) => t.apply('bitwiseNot', t.apply('bitwiseNot', x))),
    example('not(not c)', ({ condition }) => t.apply('logicalNot', t.apply('logicalNot', condition))),
  ],
  greater: ops(['greater', 'greaterEqual'], (op, { x, y }) => t.apply(op, x, y)),
  'where-same': [
    example('where(c, x, x)', ({ condition, x }) => t.apply('where', condition, x, x)),
    example('where(c, s, s)', ({ condition, x }) => {
      const s = scalarOf(x);
      return t.apply('where', condition, s, s);
    }),
  ],
  'where-constant': [1, 0].flatMap((bit) => [
    example(`where(${bit}, x, y)`, ({ x, y }) => t.apply('where', t.constant(bit, 'bool'), x, y)),
    example(`where(${bit}, s, y)`, ({ x, y }) => t.apply('where', t.constant(bit, 'bool'), scalarOf(x), y)),
    example(`where(${bit}, x, s)`, ({ x, y }) => t.apply('where', t.constant(bit, 'bool'), x, scalarOf(y))),
  ]),
  'where-not': [
    example('where(not c, x, y)', ({ condition, x, y }) =>
      t.apply('where', t.apply('logicalNot', condition), x, y),
    ),
  ],
  'cast-there-and-back': dtypeNames.map((middle) =>
    example(
      `x as ${middle} and back`,
      ({ x, dtype }) => t.cast(t.cast(x, middle), dtype),
      (dtype) => holds(middle, dtype),
    ),
  ),
  'scalar-broadcast': [
    ...scalarOps
      .filter((op) => opRow(op).arity === 2)
      .map((op) => example(op, ({ x }) => t.apply(op, x, filled(x)), uncast(op))),
    ...(['clip', 'threefryFirst', 'threefrySecond', 'multiplyCarry'] as const).map((op) =>
      example(op, ({ x }) => t.apply(op, x, filled(x), filled(x)), uncast(op)),
    ),
    example('where', ({ x, condition }) => t.apply('where', condition, x, filled(x))),
  ],
  'view-of-view': [
    example('the identity permutation', ({ x }) => t.permute(x, [0])),
    example('a permutation of a permutation', ({ x }) =>
      t.permute(t.permute(t.broadcast(x, [2, 3, ...x.shape]), [1, 2, 0]), [2, 1, 0]),
    ),
    example('the identity broadcast', ({ x }) => t.broadcast(x, x.shape)),
    example('a broadcast of a broadcast', ({ x }) =>
      t.broadcast(t.broadcast(x, [3, ...x.shape]), [2, 3, ...x.shape]),
    ),
    example('the identity reshape', ({ x }) => t.reshape(x, x.shape)),
    example('windows of one element', ({ x }) => t.window(x, 0, 1)),
    example('the whole slice', ({ x }) => t.slice(x, [{ start: 0, step: 1, count: x.shape[0] ?? 0 }])),
  ],
  'pad-nothing': [
    example('a pad by nothing', ({ x, c }) => t.pad(x, [0], [0], c(1))),
    example('a pad with what the array is full of', ({ c }) => t.pad(t.broadcast(c(1), [3]), [1], [2], c(1))),
  ],
  'pad-of-pad': [
    example('pads along different axes', ({ x, c }) =>
      t.pad(t.pad(t.broadcast(x, [2, ...x.shape]), [1, 0], [0, 0], c(1)), [0, 2], [0, 3], c(1)),
    ),
  ],
  'reduce-one': (['sum', 'prod', 'min', 'max', 'any', 'all'] as const).map((op) =>
    example(`${op} over an axis of size 1`, ({ x, dtype, condition }) => {
      if (dtype === 'bool' && (op === 'sum' || op === 'prod'))
        throw new DTypeError(op, 'sums are not kept in bool');
      const source = op === 'any' || op === 'all' ? condition : x;
      return t.reduce(op, t.reshape(source, [1, ...source.shape]), [0]);
    }),
  ),
};

/** Whether every value of `dtype` is one of `middle`, by the values themselves. */
function holds(middle: DType, dtype: DType): boolean {
  if (middle === dtype) return false;
  if (dtype === 'bool') return true;
  if (isFloat(dtype)) return isFloat(middle) && bytesOf(middle) > bytesOf(dtype);
  const extremes = [...specialsOf(dtype)].map(Number);
  if (isFloat(middle))
    return !isBigint(dtype) && extremes.every((value) => normalize(middle, value) === value);
  if (middle === 'bool') return false;
  const widest = [...specialsOf(middle)].map(Number);
  return Math.min(...extremes) >= Math.min(...widest) && Math.max(...extremes) <= Math.max(...widest);
}

const rootOf = (node: PlanNode): string => (node.kind === 'map' ? node.op : node.kind);

/** The dtypes whose operands the example takes at all. */
function takes(build: Example['build'], dtype: DType): boolean {
  try {
    build(operandsOf(dtype));
    return true;
  } catch (error) {
    if (error instanceof DTypeError) return false;
    throw error;
  }
}

/** What computes float16 stands between casts: only casts of it are next to each other. */
const dtypesFor = (rule: string): readonly DType[] =>
  rule === 'cast-there-and-back' ? dtypeNames : computeDTypes;

test('every rule has examples, and every example a rule', () => {
  expect(Object.keys(examples).toSorted()).toEqual(rules.map((rule) => rule.name).toSorted());
});

describe.each(rules.map((rule) => [rule.name, rule] as const))('%s', (name, rule: Rule) => {
  const own = examples[name] ?? [];
  const started = new Set<string>();

  test.each(own.map((one) => [one.text, one] as const))(
    '%s keeps every bit and fires where it should',
    (_, { build, on }) => {
      let tried = 0;
      for (const dtype of dtypesFor(name)) {
        const operands = operandsOf(dtype);
        if (!takes(build, dtype)) continue;
        const before = build(operands);
        const { graph, encoding } = bound([before], true);
        let fired = 0;
        const alone = rewrite(
          graph,
          (node) => {
            const result = rule.at.includes(rootOf(node) as never) ? rule.apply(node) : undefined;
            if (result === undefined) return node;
            fired++;
            started.add(rootOf(node));
            expect(result.dtype).toBe(node.dtype);
            expect(result.shape.map((size) => size.key)).toEqual(node.shape.map((size) => size.key));
            return result;
          },
          withInputs,
        );
        expect(fired > 0, `${name} on ${dtype}`).toBe(on(dtype));
        const expected = evaluateReference([before]);
        expectSameBits(evaluateReference(unbind(alone.roots, encoding)), expected, `${name} on ${dtype}: `);
        const counter: RuleCounter = new Map();
        const simplified = simplify(graph, counter);
        if (on(dtype)) expect([...counter.keys()], `simplify on ${dtype}`).toContain(name);
        expectSameBits(
          evaluateReference(unbind(simplified.roots, encoding)),
          expected,
          `simplify on ${dtype}: `,
        );
        tried++;
      }
      expect(tried).toBeGreaterThan(0);
    },
  );

  test('has an example for every op it starts at', () => {
    expect([...started].toSorted()).toEqual([...rule.at].toSorted());
  });
});

describe('what looks like an identity but is not one stays as it is on floats', () => {
  const traps: Readonly<Record<string, (operands: Operands) => Node>> = {
    'x * 0': ({ x, c }) => t.apply('multiply', x, c(0)),
    '0 * x': ({ x, c }) => t.apply('multiply', c(0), x),
    'x - x': ({ x }) => t.apply('subtract', x, x),
    'x / x': ({ x }) => t.apply('divide', x, x),
    '0 / x': ({ x, c }) => t.apply('divide', c(0), x),
    '0 - x': ({ x, c }) => t.apply('subtract', c(0), x),
    '-0 - x': ({ x, c }) => t.apply('subtract', c(-0), x),
    'x - -0': ({ x, c }) => t.apply('subtract', x, c(-0)),
    'x + 0': ({ x, c }) => t.apply('add', x, c(0)),
    '0 + x': ({ x, c }) => t.apply('add', c(0), x),
    'x / 3': ({ x, c }) => t.apply('divide', x, c(3)),
    'x / 0': ({ x, c }) => t.apply('divide', x, c(0)),
    'x / infinity': ({ x, c }) => t.apply('divide', x, c(Infinity)),
    '1 / x': ({ x, c }) => t.apply('divide', c(1), x),
    '(x * y) / y': ({ x, y }) => t.apply('divide', t.apply('multiply', x, y), y),
    '(x + 3) + 5': ({ x, c }) => t.apply('add', t.apply('add', x, c(3)), c(5)),
    '(x + y) - y': ({ x, y }) => t.apply('subtract', t.apply('add', x, y), y),
    'x * y + x * 3': ({ x, y, c }) => t.apply('add', t.apply('multiply', x, y), t.apply('multiply', x, c(3))),
    'sqrt(x * x)': ({ x }) => t.apply('sqrt', t.apply('multiply', x, x)),
    'log(exp x)': ({ x }) => t.apply('log', t.apply('exp', x)),
    'pow(x, 0.5)': ({ x, c }) => t.apply('pow', x, c(0.5)),
    'not(x < y)': ({ x, y }) => t.apply('logicalNot', t.apply('less', x, y)),
    'not(x <= y)': ({ x, y }) => t.apply('logicalNot', t.apply('lessEqual', x, y)),
    'x = x': ({ x }) => t.apply('equal', x, x),
    'x <> x': ({ x }) => t.apply('notEqual', x, x),
    'x <= x': ({ x }) => t.apply('lessEqual', x, x),
    'clip(x, 3, 1)': ({ x, c }) => t.apply('clip', x, c(3), c(1)),
    'min(max(x, 3), 1)': ({ x, c }) => t.apply('minimum', t.apply('maximum', x, c(3)), c(1)),
    'where(x < y, x, y)': ({ x, y }) => t.apply('where', t.apply('less', x, y), x, y),
    'x as int32 and back': ({ x, dtype }) => t.cast(t.cast(x, 'int32'), dtype),
  };

  for (const [text, build] of Object.entries(traps))
    test.each(['float64', 'float32'] as const)(`${text} in %s`, (dtype) => {
      const { graph } = bound([build(operandsOf(dtype))], false);
      const counter: RuleCounter = new Map();
      const after = deadCode(simplify(graph, counter));
      expect([...counter]).toEqual([]);
      expect(structure(after.roots, (size) => size.key)).toBe(structure(graph.roots, (size) => size.key));
    });

  test.each([
    ['float64', 'float32'],
    ['float64', 'float16'],
    ['float32', 'float16'],
  ] as const)('%s cast to %s and back keeps its rounding', (dtype, narrow) => {
    const { x } = operandsOf(dtype);
    const counter: RuleCounter = new Map();
    simplify(bound([t.cast(t.cast(x, narrow), dtype)]).graph, counter);
    expect([...counter]).toEqual([]);
  });
});

test('divisions by powers of two whose reciprocal is not normal are left alone', () => {
  for (const [dtype, divisor] of [
    ['float64', 2 ** 1023],
    ['float64', 2 ** -1023],
    ['float64', 2 ** -1074],
    ['float32', 2 ** 127],
    ['float32', 2 ** -127],
  ] as const) {
    const { x, c } = operandsOf(dtype);
    const counter: RuleCounter = new Map();
    simplify(bound([t.apply('divide', x, c(divisor))]).graph, counter);
    expect([...counter], `${dtype} / ${divisor}`).toEqual([]);
  }
});
