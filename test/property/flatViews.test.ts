/**
 * Reshapes of broadcasts: the loops are those of what is reshaped, so nothing is stored stretched, and the bits are
 * those of the reference. Graphs here are dense in outer products, reshapes that merge and split their axes, and
 * reductions and positions over what comes out.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';
import type { Node } from '../../src/ir/node.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { sizeOf } from '../../src/ir/shape.ts';
import { clearCache } from '../../src/runtime/caches/caches.ts';
import { evaluateNodes } from '../../src/runtime/evaluate/evaluate.ts';
import type { EvaluateOptions } from '../../src/runtime/evaluate/options.ts';
import { setPartitioning } from '../../src/runtime/parallel/partition.ts';
import { expectSameBits } from '../support/bits.ts';
import { settings } from '../support/runs.ts';
import { show } from '../support/show.ts';
import { randomParts, startThreads } from '../support/threads.ts';
import * as t from '../support/typed.ts';

beforeEach(() => {
  clearCache();
});

const column = (n: number, scale = 1): LazyArray =>
  lz.asArray(Float64Array.from({ length: n }, (_, i) => Math.sin(i * 1.3) * scale)).reshape([n, 1]);
const row = (n: number): LazyArray =>
  lz.asArray(Float64Array.from({ length: n }, (_, i) => Math.cos(i * 0.7))).reshape([1, n]);
const pairs = (m = 6, n = 10): LazyArray => column(m).sub(row(n)).abs();
const planOf = (
  x: LazyArray | readonly LazyArray[],
): ReturnType<ReturnType<typeof lz.explain>['toJSON']>['plan'] => lz.explain(x).toJSON().plan;

describe('a flat view of a broadcast', () => {
  const flat = column(60).reshape([-1]);
  test.each<[string, () => LazyArray]>([
    ['argmin of the whole', () => pairs().argmin()],
    ['argmax of the whole, kept', () => pairs().argmax(undefined, { keepdims: true })],
    ['a sum', () => pairs().reshape([-1]).sum()],
    [
      'the mean of an outer product',
      () =>
        lz
          .outer(column(6).reshape([-1]), row(10).reshape([-1]))
          .reshape([-1])
          .mean(),
    ],
    ['work on the flat view', () => pairs().reshape([-1]).add(1).sqrt().max()],
    ['a flat array beside it', () => pairs().reshape([-1]).add(flat).sum()],
    ['the flat array first', () => flat.mul(pairs().reshape([-1])).prod()],
    ['a slice of what is reshaped', () => pairs().slice([1, null], [2, 7]).reshape([-1]).sum()],
    ['some axes', () => column(4).reshape([4, 1, 1]).mul(pairs()).reshape([4, 60]).argmin(1)],
    ['outer axes kept', () => column(4).reshape([4, 1, 1]).mul(pairs()).reshape([24, 10]).sum(1)],
    ['outer axes reduced', () => column(4).reshape([4, 1, 1]).mul(pairs()).reshape([24, 10]).max(0)],
    [
      'a flat view of a partly flat view',
      () => column(4).reshape([4, 1, 1]).mul(pairs()).reshape([24, 10]).reshape([-1]).argmax(),
    ],
    ['merged and split again', () => pairs().reshape([-1]).add(1).reshape([6, 10]).min()],
    ['the flat view itself', () => pairs().reshape([-1])],
    [
      'what a gather gives',
      () =>
        lz
          .take(row(10).reshape([-1]), lz.asArray(Int32Array.of(3, 1, 9)), 0)
          .mul(column(6))
          .reshape([-1])
          .sum(),
    ],
    ['the transpose of one', () => pairs().T.reshape([-1]).mul(2)],
  ])('%s is one kernel, and nothing is stored on the way', (_, build) => {
    const plan = planOf(build());
    expect(plan.kernels).toHaveLength(1);
    expect(plan.peakTemporaryBytes).toBe(0);
    expectTargetsAgree(build);
  });

  test('min and argmin share one pass', () => {
    const e = pairs();
    expect(planOf([e.min(), e.argmin()]).kernels).toHaveLength(1);
  });

  test('softmax over it is one kernel', () => {
    const build = (): LazyArray => {
      const x = column(4).reshape([4, 1, 1]).mul(pairs()).reshape([4, 60]);
      const e = x.sub(x.max(1, { keepdims: true })).exp();
      return e.div(e.sum(1, { keepdims: true }));
    };
    expect(planOf(build()).kernels).toHaveLength(1);
    expectTargetsAgree(build);
  });

  test('where rows are cut in the middle the expression is stored, once, and not its operands', () => {
    const build = (): LazyArray => pairs(6, 10).reshape([4, 15]).min(1);
    const plan = planOf(build());
    expect(plan.kernels).toHaveLength(2);
    expect(plan.peakTemporaryBytes).toBe(512);
    expectTargetsAgree(build);
  });

  test('as an operand of a matrix product it is stored once', () => {
    const build = (): LazyArray => lz.matmul(pairs().reshape([4, 15]), column(15));
    const plan = planOf(build());
    expect(plan.kernels.length).toBeLessThanOrEqual(2);
    expect(plan.peakTemporaryBytes).toBe(512);
  });

  test('positions: the first of equals in row-major order, NaN before all', () => {
    const values = lz
      .array([3, 1, 2, 1])
      .reshape([4, 1])
      .mul(lz.ones([1, 3]));
    const withNaN = lz
      .array([3, 1, NaN, NaN])
      .reshape([4, 1])
      .add(lz.array([[0, NaN, 0]]));
    for (const target of ['js', 'wasm', 'reference'] as const) {
      expect(values.argmin().item({ target })).toBe(3);
      expect(values.argmax().item({ target })).toBe(0);
      expect(withNaN.argmin().item({ target })).toBe(1);
      expect(withNaN.argmax().item({ target })).toBe(1);
    }
  });
});

function expectTargetsAgree(build: () => LazyArray): void {
  const [expected] = [build().dataSync({ target: 'reference', memo: false })];
  for (const target of ['js', 'wasm'] as const)
    expectSameBits([build().dataSync({ target, memo: false })], [expected], target);
}

// --- random graphs --------------------------------------------------------------------------------------------

const dtypes = ['float64', 'float32', 'int32', 'int8', 'uint64'] as const;
const specials = [0, -0, NaN, Infinity, -Infinity, 1.5, -2, 7, 1, 1] as const;

function dataOf(dtype: (typeof dtypes)[number], shape: readonly number[], seed: number): Node {
  const at = (k: number): number => specials[(k * 7 + seed * 3) % specials.length] ?? 0;
  const whole = (k: number): number => Math.trunc(Number.isFinite(at(k)) ? at(k) : k % 5);
  const length = sizeOf(shape);
  switch (dtype) {
    case 'float64':
      return t.data(
        Float64Array.from({ length }, (_, k) => at(k)),
        shape,
      );
    case 'float32':
      return t.data(
        Float32Array.from({ length }, (_, k) => at(k)),
        shape,
      );
    case 'int32':
      return t.data(
        Int32Array.from({ length }, (_, k) => whole(k)),
        shape,
      );
    case 'int8':
      return t.data(
        Int8Array.from({ length }, (_, k) => whole(k)),
        shape,
      );
    case 'uint64':
      return t.data(
        BigUint64Array.from({ length }, (_, k) => BigInt(Math.abs(whole(k)))),
        shape,
      );
  }
}

const ops = ['add', 'multiply', 'minimum', 'subtract'] as const;
const unary = ['negative', 'abs', 'square'] as const;
const ends = ['sum', 'min', 'max', 'any', 'argmin', 'argmax', 'none'] as const;

interface Choices {
  readonly shape: readonly number[];
  readonly dtypes: readonly (typeof dtypes)[number][];
  readonly kept: readonly number[];
  readonly views: readonly number[];
  readonly end: (typeof ends)[number];
  readonly axes: number;
}

/** Operands that have only some of the axes, views and work in turn, and a reduction. */
function build({ shape, dtypes: types, kept, views, end, axes }: Choices): Node {
  const operands = types.map((dtype, k) =>
    dataOf(
      dtype,
      shape.map((size, axis) => (((kept[k] ?? 0) >> axis) & 1 ? size : 1)),
      k,
    ),
  );
  let node = operands.reduce((x, y, k) => t.apply(ops[k % ops.length] ?? 'add', x, y));
  if (node.shape.some((size, axis) => size !== shape[axis])) node = t.broadcast(node, shape);
  for (const view of views) {
    const { length } = node.shape;
    const at = length < 2 ? 0 : (view >> 3) % (length - 1);
    const [first = 1, second = 1] = node.shape.slice(at);
    switch (view % 8) {
      case 0:
        node = t.reshape(node, [sizeOf(node.shape)]);
        break;
      case 1:
      case 2:
        if (length > 1) node = t.reshape(node, node.shape.toSpliced(at, 2, first * second));
        break;
      case 3:
        if (first % 2 === 0) node = t.reshape(node, node.shape.toSpliced(at, 1, first / 2, 2));
        break;
      case 4:
        node = t.permute(
          node,
          node.shape.map((_, axis) => length - 1 - axis),
        );
        break;
      case 5:
        node = t.reshape(node, node.shape.toReversed());
        break;
      case 6:
        node = t.apply(unary[(view >> 3) % unary.length] ?? 'abs', node);
        break;
      default:
        node = t.apply('add', node, dataOf('int32', node.shape, view));
    }
  }
  if (end === 'none') return node;
  if (end === 'argmin' || end === 'argmax') return t.argReduce(end, node, axes % node.shape.length);
  const reduced = node.shape.map((_, axis) => axis).filter((axis) => (axes >> axis) & 1);
  if (reduced.length === 0) return node;
  if (end === 'any') return t.reduce('any', t.cast(node, 'bool'), reduced);
  return t.reduce(end, node, reduced, end === 'sum' ? t.sumDType(node.dtype) : node.dtype);
}

const graphs = fc
  .record({
    shape: fc.array(fc.constantFrom(2, 3, 4, 1, 6, 9, 17), { minLength: 2, maxLength: 3 }),
    dtypes: fc.array(fc.constantFrom(...dtypes), { minLength: 1, maxLength: 3 }),
    kept: fc.array(fc.nat(7), { minLength: 3, maxLength: 3 }),
    views: fc.array(fc.nat(255), { minLength: 1, maxLength: 5 }),
    end: fc.constantFrom(...ends),
    axes: fc.nat(15),
  })
  .map((choices) => {
    const node = build(choices);
    return { node, [fc.toStringMethod]: () => show([node]) };
  });

const agree = (node: Node, options: EvaluateOptions): void => {
  const actual = evaluateNodes([node], { memo: false, ...options }).map(({ source }) => source.values);
  expectSameBits(actual, evaluateReference([node]), `${options.target}\n${show([node])}`);
};

describe.each([
  { target: 'js', cases: 1500 },
  { target: 'wasm', cases: 500 },
] as const)('on the $target target', ({ target, cases }) => {
  test('reshapes of broadcasts have the bits of the reference, with the guarantees of every pass checked', () => {
    fc.assert(
      fc.property(graphs, ({ node }) => {
        agree(node, { target, verify: true });
      }),
      settings(cases),
    );
  });
});

describe('on threads', () => {
  let end: () => Promise<void>;
  beforeAll(async () => {
    end = await startThreads(3, randomParts(1));
  });
  afterAll(async () => {
    await end();
  });

  test('reshapes of broadcasts have the bits of the reference, wherever they are cut', () => {
    fc.assert(
      fc.property(graphs, fc.nat(), ({ node }, seed) => {
        setPartitioning(randomParts(seed));
        clearCache();
        agree(node, { target: 'wasm' });
      }),
      settings(200),
    );
  });
});
