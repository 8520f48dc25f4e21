/**
 * Calls of routines: whatever surrounds a call, every target gives the bits of the reference evaluator, several results
 * come of one run, and explain says where the reference function runs for want of other code.
 */
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LazyArray } from '../../src/api/lazyArray.ts';
import { nodeOf } from '../../src/api/anyArray.ts';
import { callRoutine, routineResult, type CallOptions } from '../../src/api/nodes/routine.ts';
import * as lz from '../../src/index.ts';
import { allocate, dtypeNames, type DType, type Scalar, type TypedArray } from '../../src/ir/dtype.ts';
import { DTypeError, IndexError, ShapeError } from '../../src/ir/errors.ts';
import { routine, type Node } from '../../src/ir/node.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import type { RoutineRow } from '../../src/ir/routines/row.ts';
import { registerRoutine, type RoutineName } from '../../src/ir/routines/table.ts';
import { sizeOf } from '../../src/ir/shape.ts';
import { encode } from '../../src/passes/bind.ts';
import { clearCache } from '../../src/runtime/caches/caches.ts';
import { evaluateNodes } from '../../src/runtime/evaluate/evaluate.ts';
import type { EvaluateOptions } from '../../src/runtime/evaluate/options.ts';
import { expectSameBits } from '../support/bits.ts';
import { graphs, show } from '../support/graphs.ts';
import { settings } from '../support/runs.ts';
import { specialsOf } from '../support/specials.ts';
import { randomParts, startThreads } from '../support/threads.ts';
import * as t from '../support/typed.ts';

beforeEach(() => {
  clearCache();
});

const call = (name: RoutineName, inputs: readonly LazyArray[], options?: CallOptions): LazyArray[] =>
  callRoutine(name, inputs.map(nodeOf), options).map((node) => new LazyArray(node));
const sort = (x: LazyArray): LazyArray => new LazyArray(routineResult('sort', [nodeOf(x)]));
const sortBoth = (x: LazyArray): [values: LazyArray, positions: LazyArray] => {
  const [values, positions] = call('sortWithPositions', [x]);
  if (values === undefined || positions === undefined) throw new Error('two results');
  return [values, positions];
};

const run = (roots: readonly Node[], options: EvaluateOptions): TypedArray[] =>
  evaluateNodes(roots, { memo: false, ...options }).map(({ source }) => source.values);

const kernelsOf = (roots: readonly LazyArray[], options: EvaluateOptions = {}) =>
  lz.explain(roots, options).toJSON().plan.kernels;

/** A graph around sorts: what feeds them, the results, and what reads those. */
function withSorts(root: Node): readonly Node[] {
  const x = root.shape.length === 0 ? t.reshape(root, [1]) : root;
  const [values, positions] = callRoutine('sortWithPositions', [x]);
  if (values === undefined || positions === undefined) throw new Error('two results');
  const flipped = routineResult('sort', [t.flip(values)]);
  const transposed = routineResult('sort', [t.permute(x, [...x.shape.keys()].reverse())]);
  return [t.apply('equal', values, flipped), positions, t.cast(transposed, 'float64')];
}

function expectReference(roots: readonly Node[], options: EvaluateOptions): void {
  try {
    const expected = evaluateReference(roots);
    expectSameBits(run(roots, options), expected, show(roots));
  } catch (error) {
    if (!(error instanceof IndexError)) throw error;
  }
}

describe('sorting is that of NumPy', () => {
  test.each(dtypeNames)('%s: ascending, stable, NaN last, row by row', (dtype) => {
    const specials = specialsOf(dtype);
    const values = allocate(dtype, 4 * 37);
    for (let i = 0; i < values.length; i++) values[i] = specials[(i * i + (i >> 3)) % specials.length] ?? 0;
    const rows = Array.from({ length: 4 }, (_, row) => values.slice(37 * row, 37 * row + 37));
    const before = (x: Scalar, y: Scalar): boolean => x < y || (x === x && y !== y);
    const expected = rows.map((row) =>
      Array.from(row.keys()).sort((p, q) =>
        before(row[p] ?? 0, row[q] ?? 0) ? -1 : before(row[q] ?? 0, row[p] ?? 0) ? 1 : p - q,
      ),
    );
    const [sorted, positions] = callRoutine('sortWithPositions', [t.data(values, [4, 37], dtype)]);
    if (sorted === undefined || positions === undefined) throw new Error('two results');
    expect(sorted.dtype).toBe(dtype);
    for (const target of ['js', 'wasm', 'reference'] as const) {
      const [found, order] = run([sorted, positions], { target });
      expect(Array.from(order as Int32Array)).toEqual(expected.flat());
      const values = rows.flatMap((row, k) => (expected[k] ?? []).map((p) => row[p]));
      expect(Array.from(found as ArrayLike<Scalar>)).toEqual(values);
    }
  });
});

describe.each(['js', 'wasm'] as const)('on the %s target', (target) => {
  test('any operands and any readers: the bits of the reference', () => {
    fc.assert(
      fc.property(graphs({ maxSteps: 10 }), ({ roots: [root] }) => {
        if (root === undefined || sizeOf(root.shape) === 0) return;
        const roots = withSorts(root);
        expectReference(roots, { target, verify: true });
        expectReference(roots, { target });
        expectReference(roots, { target, disable: ['cse', 'fuse'] });
      }),
      settings(target === 'js' ? 200 : 60),
    );
  });

  test('both results of a call come of one run', () => {
    const x = lz.array([3, 1, 2]);
    const [values, positions] = sortBoth(x);
    const kernels = kernelsOf([values, positions], { target });
    expect(kernels.map(({ name, outputs }) => [name, outputs.length])).toEqual([['sortWithPositions0', 2]]);
    expect(lz.explain([values, positions], { target }).toString('why')).toMatch(/one-call/);
    // Built twice, and with value numbering off.
    const again = sortBoth(x)[1];
    expect(kernelsOf([values, again], { target })).toHaveLength(1);
    const separate = sortBoth(x);
    lz.evaluateSync([...separate, ...sortBoth(x)], { target, disable: ['cse'] });
    expect(separate[1].toArray()).toEqual([1, 2, 0]);
  });

  test('a result that nothing needs is not stored', () => {
    const [, positions] = sortBoth(lz.array([3, 1, 2]));
    const [kernel, ...others] = kernelsOf([positions], { target });
    expect(others).toEqual([]);
    expect(kernel?.bytesWritten).toBe(12);
    expect(positions.explain({ target }).toString('code')).toContain(
      'call sortWithPositions, results 1, 0 batch axes (b0: input float64, b1: output int32, b2: scratch uint32; 1 integers)',
    );
  });

  test('producers are fused and stored once, readers fuse with each other', () => {
    const x = lz.arange(12, { dtype: 'float64' }).reshape([3, 4]);
    const [values, positions] = sortBoth(x.mul(-1).add(2));
    const y = values.mul(2).add(positions);
    expect(kernelsOf([y], { target }).map(({ name }) => name)).toEqual([
      'map0',
      'sortWithPositions1',
      'map2',
    ]);
    lz.evaluateSync(y, { target });
    expect(y.toArray()).toEqual([
      [1, 2, 3, 4],
      [-7, -6, -5, -4],
      [-15, -14, -13, -12],
    ]);
  });

  test('operands are copied only where they are not contiguous', () => {
    const x = lz.asArray(Float64Array.from({ length: 24 }, (_, i) => (i * 7) % 24)).reshape([4, 6]);
    const named = (y: LazyArray): string[] => kernelsOf([sort(y)], { target }).map(({ name }) => name);
    expect(named(x)).toEqual(['sort0']);
    expect(named(x.reshape([2, 2, 6]))).toEqual(['sort0']);
    expect(named(x.reshape([1, 4, 1, 6]))).toEqual(['sort0']);
    expect(named(x.T)).toEqual(['map0', 'sort1']);
    expect(named(x.slice([1, 3]))).toEqual(['map0', 'sort1']);
    expect(named(x.slice([0, 4], [0, 6, 2]))).toEqual(['map0', 'sort1']);
    expect(named(lz.broadcastTo(x, [2, 4, 6]))).toEqual(['map0', 'sort1']);
    expect(sort(x.T).explain({ target }).toString('why')).toContain('routine-operand');
  });

  test('explain says where the reference function runs', () => {
    const { name, unregister } = registerRoutine('cycle', cycle);
    const [y] = call(name, [lz.array([3, 1, 2])], { sizes: { k: 2 } });
    if (y === undefined) throw new Error('one result');
    const [kernel] = kernelsOf([y], { target });
    expect(kernel?.target).toBe('reference');
    expect(kernel?.code?.notes).toEqual([
      'cycle has no code of its own here: its reference function runs (slow)',
    ]);
    expect(y.explain({ target }).toString('plan')).toContain('cycle has no code of its own here');
    expect(y.explain({ target }).toString('code')).toContain('its reference function runs (slow)');
    unregister();
    for (const own of [sort(lz.array([3, 1, 2])), lz.ones([4, 4]).matmul(lz.ones([4, 4]))])
      expect(kernelsOf([own], { target }).at(-1)?.target).toBe(target);
  });

  test('empty arrays, one element, many batch axes', () => {
    for (const shape of [[0], [3, 0], [0, 3], [1], [2, 1, 3, 1, 2, 5]]) {
      const values = Float32Array.from({ length: sizeOf(shape) }, (_, i) => (i * 5) % 7);
      expectReference(callRoutine('sortWithPositions', [t.data(values, shape, 'float32')]), { target });
    }
  });

  test('results in memory of the caller, memo, and another call with other sizes', () => {
    const f = lz.compile((x: LazyArray) => sortBoth(x.mul(2)), { target });
    for (const length of [5, 9, 5]) {
      const x = Float64Array.from({ length }, (_, i) => (i * 3) % length);
      const [values, positions] = f(lz.asArray(x));
      expect(values.toArray()).toEqual(Array.from(x.toSorted(), (v) => 2 * v));
      expect(Array.from(positions.toArray() as number[], (p) => x[p])).toEqual([...x.toSorted()]);
    }
    const x = lz.array([2, 1]);
    const first = lz.evaluateSync(sort(x), { target });
    const second = lz.evaluateSync(sort(x), { target });
    expect(second.explain().toJSON().caches.result).toBe('hit');
    expect(second.toArray()).toEqual(first.toArray());
  });

  test('many at once, and in parallelMap', async () => {
    const rows = Array.from({ length: 200 }, (_, k) =>
      Float64Array.from({ length: k + 1 }, (_, i) => (i * 7) % (k + 1)),
    );
    const many = rows.map((row) => sort(lz.asArray(row)).mul(2));
    await lz.evaluate(many, { target });
    many.forEach((x, k) => {
      expect(x.toArray()).toEqual(Array.from(rows[k]?.toSorted() ?? [], (v) => 2 * v));
    });
    const mapped = await lz.parallelMap(100, (k) => sortBoth(lz.asArray(rows[k] ?? [])), { target });
    mapped.forEach(([values, positions], k) => {
      expect(values.toArray()).toEqual([...(rows[k]?.toSorted() ?? [])]);
      expect(positions.toArray()).toHaveLength(k + 1);
    });
  });
});

test('auto runs large sorts, beside work that is spread over threads', () => {
  const x = lz.asArray(Float64Array.from({ length: 50_000 }, (_, i) => (i * 7919) % 50_021));
  const y = lz.evaluateSync(sort(x.mul(0.5).exp()).sum());
  expect(y.explain().toJSON().plan.target).toMatch(/^(js|wasm)$/);
  const expected = lz.evaluateSync(sort(x.mul(0.5).exp()).sum(), { target: 'reference' });
  expect(y.item()).toBe(expected.item());
});

describe('on threads', () => {
  let end: () => Promise<void>;
  beforeAll(async () => {
    end = await startThreads(3, randomParts(2));
  });
  afterAll(async () => {
    await end();
  });

  test('the bits of the reference, wherever the kernels around it are cut', () => {
    fc.assert(
      fc.property(graphs({ maxSteps: 8 }), ({ roots: [root] }) => {
        if (root !== undefined && sizeOf(root.shape) > 0)
          expectReference(withSorts(root), { target: 'wasm' });
      }),
      settings(40),
    );
  });

  test('explain: a routine without code stays on one thread', () => {
    const { name, unregister } = registerRoutine('cycle', cycle);
    const [y] = call(name, [lz.asArray(new Float64Array(1000))], { sizes: { k: 2 } });
    if (y === undefined) throw new Error('one result');
    expect(kernelsOf([y], { target: 'wasm' })[0]?.threads?.why).toBe('its code has no parts');
    unregister();
  });
});

/** `(n), (k) -> (n, k), ()`: differences scaled by a setting, and whether there is anything. Strided operands. */
const differences: RoutineRow = {
  sizes: ['n', 'k'],
  operands: [['n'], ['k']],
  results: [['n', 'k'], []],
  layout: 'strided',
  dtypes: (operation, [a, b]) => {
    if (a !== 'float64' || b !== 'float64')
      throw new DTypeError(operation, 'takes float64; cast its operands');
    return ['float64', 'bool'];
  },
  ops: 2,
  work: ([n = 1, k = 1]) => 2 * n * k,
  reference({ sizes: [n = 0, k = 0], operands: [a, b], results: [table, any], settings: { scale } }) {
    if (a === undefined || b === undefined) return;
    if (any !== undefined) any.values[any.offset] = Number(n * k > 0);
    if (table === undefined) return;
    const [across = 0, along = 0] = table.strides;
    for (let i = 0; i < n; i++)
      for (let j = 0; j < k; j++) {
        const x = Number(a.values[a.offset + i * (a.strides[0] ?? 0)]);
        const y = Number(b.values[b.offset + j * (b.strides[0] ?? 0)]);
        table.values[table.offset + i * across + j * along] = (x - y) * Number(scale);
      }
  },
};

/** `(n) -> (k)`: the first k elements again and again. No operand has the size k. */
const cycle: RoutineRow = {
  sizes: ['n', 'k'],
  operands: [['n']],
  results: [['k']],
  layout: 'contiguous',
  dtypes: (_, [dtype = 'float64']) => [dtype],
  ops: 1,
  work: ([, k = 1]) => k,
  reference({ sizes: [n = 0, k = 0], operands: [x], results: [out] }) {
    if (x === undefined || out === undefined) return;
    for (let i = 0; i < k; i++) out.values[out.offset + i] = x.values[x.offset + (i % n)] ?? 0;
  },
};

describe('a row is all that a routine takes', () => {
  const registered: (() => void)[] = [];
  const register = (name: string, row: RoutineRow): RoutineName => {
    const { name: known, unregister } = registerRoutine(name, row);
    registered.push(unregister);
    return known;
  };
  afterEach(() => {
    for (const unregister of registered.splice(0)) unregister();
  });

  test.each(['js', 'wasm', 'reference', 'auto'] as const)(
    'two operands, two results, a setting: %s',
    (target) => {
      const name = register('differences', differences);
      const a = lz.array([[1, 2, 3], [4, 5, 6]]); // prettier-ignore
      const b = lz.array([[10, 20], [30, 40]]); // prettier-ignore
      const [table, any] = call(name, [a, b.T], { settings: { scale: -1 } });
      if (table === undefined || any === undefined) throw new Error('two results');
      const [other] = call(name, [a, b.T], { settings: { scale: 2 } });
      if (other === undefined) throw new Error('two results');
      if (target === 'js' || target === 'wasm') {
        expect(kernelsOf([table, any], { target }).map(({ name: kernel }) => kernel)).toEqual([
          'differences0',
        ]);
        expect(kernelsOf([table, any, other], { target })).toHaveLength(2);
        expect(table.explain({ target }).toString('graph')).toContain('differences [scale=-1](');
      }
      lz.evaluateSync([table, any, other], { target, ...(target === 'js' ? { verify: true } : {}) });
      expect(table.toArray()).toEqual([[[9, 29], [8, 28], [7, 27]], [[16, 36], [15, 35], [14, 34]]]); // prettier-ignore
      expect(any.toArray()).toEqual([true, true]);
      expect(other.toArray()).toEqual([[[-18, -58], [-16, -56], [-14, -54]], [[-32, -72], [-30, -70], [-28, -68]]]); // prettier-ignore
    },
  );

  test('a size that no operand has is no part of the plan', () => {
    const name = register('cycle', cycle);
    const x = lz.array([1, 2, 3]);
    const keys = new Set<string>();
    for (const target of ['js', 'wasm', 'reference'] as const)
      for (const k of [7, 2, 5]) {
        const [y] = call(name, [x.add(1)], { sizes: { k } });
        expect(y?.shape).toEqual([k]);
        keys.add(encode([nodeOf(y ?? x)], () => undefined, true).key);
        lz.evaluateSync(y ?? x, { target });
        expect(y?.toArray()).toEqual([2, 3, 4, 2, 3, 4, 2].slice(0, k));
      }
    expect(keys.size).toBe(1);
  });

  test('settings that differ are different calls', () => {
    const name = register('cycle', cycle);
    const x = lz.array([1, 2, 3]);
    const all = [{}, { a: 1 }, { a: '1' }, { a: 0 }, { a: -0 }, { a: true }, { a: '1, b=2' }, { a: 1, b: 2 }];
    const forms = all.map(
      (given) => callRoutine(name, [nodeOf(x)], { settings: given, sizes: { k: 2 } })[0]?.form,
    );
    expect(new Set(forms).size).toBe(all.length);
    const again = callRoutine(name, [nodeOf(x)], { settings: { a: '1' }, sizes: { k: 2 } })[0];
    expect(again?.form).toBe(forms[2]);
  });

  test('the verifier knows the dtypes of results', () => {
    const name = register('cycle', cycle);
    const wrong = routine(name, [t.data(Float64Array.of(1, 2), [2])], 'int32', [2]);
    expect(() => run([wrong], { target: 'js', verify: true })).toThrow(
      'result 0 of cycle is float64, not int32',
    );
  });

  test('errors name the call, the signature and the shapes', () => {
    const name = register('differences', differences);
    const x = lz.ones([2, 3]);
    const refused = (inputs: readonly LazyArray[]) => () =>
      call(name, inputs, { operation: 'outerDifference' });
    expect(refused([x, lz.ones([3, 3])])).toThrow(ShapeError);
    expect(refused([x, lz.ones([3, 3])])).toThrow(
      'outerDifference: takes shapes (..., n) and (..., k), not (2, 3) and (3, 3)',
    );
    expect(refused([lz.ones([]), x])).toThrow(ShapeError);
    expect(refused([x, x.astype('int32')])).toThrow(DTypeError);
    expect(() => registerRoutine('sort', differences)).toThrow('is a routine already');
  });
});

test.each(['float64', 'float32', 'float16', 'int64'] as const)(
  'the dtypes of the results: %s',
  (dtype: DType) => {
    const [values, positions] = sortBoth(lz.ones([3], { dtype }));
    expect([values.dtype, positions.dtype]).toEqual([dtype, 'int32']);
  },
);
