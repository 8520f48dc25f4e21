/**
 * Stores at computed positions: every operation, dtype and axis has the bits of the reference evaluator, updates meet in
 * their order, and an index outside leaves everything as it was.
 */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { nodeOf } from '../../src/api/anyArray.ts';
import { LazyArray } from '../../src/api/lazyArray.ts';
import { scatter } from '../../src/api/nodes/scatter.ts';
import * as lz from '../../src/index.ts';
import { computeDType, dtypeNames, type TypedArray } from '../../src/ir/dtype.ts';
import { DTypeError, IndexError, ShapeError } from '../../src/ir/errors.ts';
import { printKernel } from '../../src/ir/kernelText.ts';
import type { Node } from '../../src/ir/node.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { refusedScatter, scatterOps, type ScatterOp } from '../../src/ir/scatter.ts';
import { bindGraph, encode } from '../../src/passes/bind.ts';
import { compilePlan } from '../../src/passes/pipeline.ts';
import { clearCache } from '../../src/runtime/caches/caches.ts';
import { evaluateNodes } from '../../src/runtime/evaluate/evaluate.ts';
import type { EvaluateOptions } from '../../src/runtime/evaluate/options.ts';
import { expectSameBits } from '../support/bits.ts';
import { settings } from '../support/runs.ts';
import { scatters } from '../support/scatters.ts';
import { show } from '../support/show.ts';
import * as t from '../support/typed.ts';

beforeEach(() => {
  clearCache();
});

const run = (roots: readonly Node[], options: EvaluateOptions = {}): TypedArray[] =>
  evaluateNodes(roots, { memo: false, ...options }).map(({ source }) => source.values);

const agrees = (roots: readonly Node[], options: EvaluateOptions = {}): void => {
  expectSameBits(run(roots, options), evaluateReference(roots), `${JSON.stringify(options)}\n${show(roots)}`);
};

const scattered = (op: ScatterOp, base: LazyArray, at: LazyArray, updates: LazyArray, axis = 0): LazyArray =>
  new LazyArray(scatter(op, nodeOf(base), nodeOf(at), nodeOf(updates), axis));

const valuesOf = (array: LazyArray, options: EvaluateOptions = {}): unknown[] =>
  Array.from(array.evaluateSync({ memo: false, ...options }).dataSync() as ArrayLike<unknown>);

const kernelsOf = (roots: readonly Node[]): readonly string[] => {
  const graph = bindGraph(encode(roots, () => undefined, true));
  const { kernels } = compilePlan('golden', graph, { disabled: new Set(), verify: true });
  return kernels.map(({ kernel }) => printKernel(kernel));
};

describe('means', () => {
  const at = lz.array([0, 2, 0, -1], { dtype: 'int32' });
  const updates = lz.array([10, 20, 30, 40]);
  const base = lz.array([1, 2, 3]);

  test.each([
    ['sum', [41, 2, 63]],
    ['prod', [300, 2, 2400]],
    ['min', [1, 2, 3]],
    ['max', [30, 2, 40]],
    ['set', [30, 2, 40]],
  ] as const)('%s', (op, expected) => {
    for (const target of ['js', 'wasm', 'reference'] as const)
      expect(valuesOf(scattered(op, base, at, updates), { target })).toEqual(expected);
  });

  test('sums round in the order of the updates', () => {
    const terms = lz.array([2 ** 53, 1, 1, -(2 ** 53)]);
    const place = lz.array([0, 0, 0, 0], { dtype: 'int32' });
    for (const target of ['js', 'wasm', 'reference'] as const)
      expect(valuesOf(scattered('sum', lz.array([0]), place, terms), { target })).toEqual([0]);
  });
});

describe.each(['js', 'wasm'] as const)('on the %s target', (target) => {
  test('any base, indices, updates and readers: the bits of the reference', () => {
    fc.assert(
      fc.property(scatters(), ({ roots }) => {
        agrees(roots, { target, verify: true });
      }),
      settings(target === 'js' ? 500 : 150),
    );
  });

  test('whatever passes are switched off', () => {
    const passes = fc.subarray(['fuse', 'views', 'collapse', 'memory', 'order', 'cse'] as const);
    fc.assert(
      fc.property(scatters(), passes, ({ roots }, disable) => {
        agrees(roots, { target, disable, verify: true });
      }),
      settings(target === 'js' ? 200 : 60),
    );
  });

  test.each(dtypeNames)('every operation on %s', (dtype) => {
    const lengths = [1, 2, 7, 16, 17, 40];
    for (const op of scatterOps) {
      if (refusedScatter(op, computeDType(dtype)) !== undefined) continue;
      const roots = lengths.map((length) => {
        const of = (count: number, step: number): Node => t.cast(ramp(count, step), dtype);
        const at = t.data(Int32Array.from({ length }, (_, k) => ((k * k) % 5) - (k % 2 === 0 ? 0 : 5)));
        return t.scatter(op, of(5, 1), at, of(length, -3), 0);
      });
      agrees(roots, { target });
    }
  });

  test('a histogram of a million counts exactly', () => {
    const bins = 1000;
    const values = Int32Array.from({ length: 1e6 }, (_, k) => Math.imul(k, 2654435761) >>> 22);
    const expected = new Int32Array(bins + 24);
    for (const value of values) expected[value] = (expected[value] ?? 0) + 1;
    const zero = t.broadcast(t.constant(0, 'int32'), [expected.length]);
    const root = t.scatter('sum', zero, t.data(values), t.constant(1, 'int32'), 0);
    expectSameBits(run([root], { target }), [expected]);
  });

  test('an index outside is an error that names the operation, and nothing else is harmed', () => {
    const base = lz.arange(6).evaluateSync();
    const before = valuesOf(base);
    const updates = lz.array([1, 2, 3]).evaluateSync();
    for (const wrong of [6, -7, 1e9]) {
      const at = lz.array([0, wrong, 1], { dtype: 'int32' });
      const result = scattered('sum', base, at, updates);
      const read = (): unknown => valuesOf(result.add(base), { target });
      expect(read).toThrow(IndexError);
      expect(read).toThrow(`scatter: index ${wrong} is out of bounds for axis 0 of size 6`);
      expect(valuesOf(base)).toEqual(before);
      expect(valuesOf(updates)).toEqual([1, 2, 3]);
    }
    const right = lz.array([0, 5, 1], { dtype: 'int32' });
    expect(valuesOf(scattered('sum', base, right, updates), { target })).toEqual([1, 4, 2, 3, 4, 7]);
  });

  test('a take whose index is outside keeps its own name', () => {
    const base = lz.arange(3).evaluateSync();
    const updates = base.take(lz.array([0, 9], { dtype: 'int32' }), 0);
    const result = scattered('sum', base, lz.array([0, 1], { dtype: 'int32' }), updates);
    expect(() => valuesOf(result, { target })).toThrow('take: index 9');
  });

  test('compiled functions, remembered results and many members at once', () => {
    const at = lz.array([3, 0, 3, 1], { dtype: 'int32' });
    const count = (x: LazyArray): LazyArray => scattered('sum', lz.zeros([4]), at, x.mul(2));
    const f = lz.compile(count, { target });
    const x = lz.array([1, 2, 3, 4]);
    for (let round = 0; round < 3; round++) expect(valuesOf(f(x))).toEqual([4, 8, 0, 8]);
    const once = count(x).evaluateSync({ target });
    expect(valuesOf(count(x).evaluateSync({ target }))).toEqual(valuesOf(once));
    const members = Array.from({ length: 40 }, (_, k) => count(x.add(k).mul(1)));
    const together = lz.evaluateSync(members, { target, memo: false });
    together.forEach((result, k) => {
      expect(valuesOf(result)).toEqual([2 * (2 + k), 2 * (4 + k), 0, 2 * (4 + 2 * k)]);
    });
  });
});

/** 0, step, 2 step, ... as int32. */
const ramp = (count: number, step: number): Node =>
  t.data(Int32Array.from({ length: count }, (_, k) => 1 + k * step));

test('parallelMap over members with scatters', async () => {
  const at = lz.array([1, 1, 0], { dtype: 'int32' });
  const results = await lz.parallelMap(30, (k) => scattered('sum', lz.zeros([2]), at, lz.array([k, 1, 2])));
  results.forEach((result, k) => {
    expect(valuesOf(result)).toEqual([2, k + 1]);
  });
});

describe('plans', () => {
  const x = t.data(new Float64Array(12), [4, 3]);
  const at = t.data(new Int32Array(5));

  test('the base and the updates, each with what is computed for it', () => {
    const base = t.apply('multiply', x, t.constant(2, 'float64'));
    const updates = t.apply('sqrt', t.data(new Float64Array(15), [5, 3]));
    const places = t.apply('add', at, t.constant(1, 'int32'));
    expect(kernelsOf([t.scatter('sum', base, places, updates, 0)]).join('\n')).toMatchInlineSnapshot(`
      "kernel (b0: input float64, b1: output float64; 1 integers)
        parallel i0 < p0
          v0 = b0[i0]
          v2 = multiply.float64(v0, 2:float64)
          b1[i0] = v2

      kernel (b0: input float64, b1: input int32, b2: output float64; 3 integers)
        parallel i0 < p2
          v2 = b1[i0]
          v4 = add.int32(v2, 1:int32)
          parallel i1 < p0
            v0 = b0[i0*p0 + i1]
            v1 = sqrt.float64(v0)
            b2[i1 + at(v4 < p1, axis 0)*p0] = sum v1
      "
    `);
  });

  test('the last one wins, along the last axis', () => {
    const updates = t.data(new Float64Array(20), [4, 5]);
    expect(kernelsOf([t.scatter('set', x, at, updates, 1)]).join('\n')).toMatchInlineSnapshot(`
      "kernel (b0: input float64, b1: output float64; 1 integers)
        parallel i0 < p0
          v0 = b0[i0]
          b1[i0] = v0

      kernel (b0: input float64, b1: input int32, b2: output float64; 3 integers)
        parallel i0 < p2
          parallel i1 < p0
            v0 = b0[i0*p0 + i1]
            v1 = b1[i1]
            b2[i0*p1 + at(v1 < p1, axis 1)*1] = v0
      "
    `);
  });

  test('a base that dies is overwritten, without a copy', () => {
    const sums = t.reduce('sum', x, [1]);
    const one = t.scatter('sum', sums, at, t.constant(1, 'float64'), 0);
    const two = t.scatter('max', one, at, t.constant(5, 'float64'), 0);
    const result = t.apply('negative', two);
    expect(kernelsOf([result])).toHaveLength(4);
    agrees([result], { target: 'js', verify: true });
    agrees([result], { target: 'wasm', verify: true });
  });

  test('a base that others read is copied', () => {
    const sums = t.reduce('sum', x, [1]);
    const one = t.scatter('sum', sums, at, t.constant(1, 'float64'), 0);
    agrees([t.apply('subtract', one, sums)], { target: 'js', verify: true });
    agrees([one, sums], { target: 'wasm', verify: true });
  });

  test('explain says that updates run in order', () => {
    const y = new LazyArray(t.scatter('sum', x, at, t.data(new Float64Array(15), [5, 3]), 0)).add(1);
    expect(lz.explain([y]).toString('why')).toMatch(/in-order/);
    expect(
      lz
        .explain([y])
        .toJSON()
        .plan.kernels.map(({ name }) => name),
    ).toContain('scatter1');
  });
});

describe('is refused where it is built', () => {
  const base = t.data(new Float64Array(6), [2, 3]);
  const at = t.data(Int32Array.of(0, 1));

  test('indices that are no integers, axes that do not exist, updates of another shape or dtype', () => {
    expect(() => scatter('sum', base, t.data(Float64Array.of(0)), base)).toThrow(DTypeError);
    expect(() => scatter('sum', base, at, base, 2)).toThrow(/axis/);
    expect(() => scatter('sum', base, at, t.data(new Float64Array(4)), 0)).toThrow(ShapeError);
    expect(() => scatter('sum', t.cast(base, 'int32'), at, base, 0)).toThrow(DTypeError);
    expect(() => scatter('xor', base, at, base, 0)).toThrow(/xor takes the bits of integers/);
    expect(() => scatter('sum', t.data(new Float64Array(0)), at, t.constant(1, 'float64'))).toThrow(
      IndexError,
    );
  });

  test('sums of truth values are any', () => {
    const truth = t.cast(base, 'bool');
    const node = scatter('sum', truth, at, t.constant(1, 'bool'));
    expect(node.kind === 'scatter' ? node.op : '').toBe('any');
  });
});
