/** Scans: on the targets of the CPU, any row along any axis has the bits of the reference evaluator. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { running } from '../../src/api/nodes/scan.ts';
import { isBigint, type ComputeDType, type DType } from '../../src/ir/dtype.ts';
import type { Node } from '../../src/ir/node.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { clearCache } from '../../src/runtime/caches/caches.ts';
import { evaluateNodes } from '../../src/runtime/evaluate/evaluate.ts';
import { setPartitioning } from '../../src/runtime/parallel/partition.ts';
import { expectSameBits } from '../support/bits.ts';
import { elements } from '../support/reductions.ts';
import { settings } from '../support/runs.ts';
import { allScanned } from '../support/scans.ts';
import { show } from '../support/show.ts';
import { computeDTypes } from '../support/specials.ts';
import { randomParts, startThreads } from '../support/threads.ts';
import * as t from '../support/typed.ts';

const lengths = [0, 1, 2, 7, 127, 128, 129, 256, 257, 1031] as const;
const length = fc.constantFrom(...lengths);
const special = fc.constantFrom(0, 0, 4, 128);
const dtypes = fc.constantFrom(...computeDTypes);
const manner = fc.record({ exclusive: fc.boolean(), reverse: fc.boolean() });

const agree = (target: 'js' | 'wasm') => (roots: readonly Node[]) => {
  const results = evaluateNodes(roots, { memo: false, target, verify: true });
  expectSameBits(
    results.map(({ source }) => source.values),
    evaluateReference(roots),
    show(roots),
  );
};

const one = (dtype: DType): Node => t.constant(isBigint(dtype) ? 1n : 1, dtype);

/** A stack of rows: how many, how long, seen along which axis, in which layout. */
const stacks = fc.record({
  n: length,
  rows: fc.constantFrom(1, 2, 3, 20, 37),
  outer: fc.boolean(),
  view: fc.constantFrom('none', 'transposed', 'flipped', 'stretched', 'flat'),
  many: special,
  seed: fc.nat(),
});
type Stack = typeof stacks extends fc.Arbitrary<infer S> ? S : never;

/** An operand of two axes, or one, and the axis to scan. */
function operandOf(dtype: ComputeDType, { n, rows, outer, view, many, seed }: Stack) {
  const shape = outer ? [n, rows] : [rows, n];
  const axis = outer ? 0 : 1;
  switch (view) {
    case 'none':
      return { x: elements(dtype, shape, many, seed), axis };
    case 'transposed':
      return { x: t.transpose(elements(dtype, shape.toReversed(), many, seed)), axis };
    case 'flipped':
      return { x: t.flip(elements(dtype, shape, many, seed)), axis };
    case 'stretched':
      return { x: t.broadcast(elements(dtype, [shape[1] ?? 1], many, seed), shape), axis };
    case 'flat':
      return { x: t.reshape(elements(dtype, shape, many, seed), [n * rows]), axis: 0 };
  }
}

describe.each([
  { name: 'js', target: 'js', threads: 1 },
  { name: 'wasm', target: 'wasm', threads: 1 },
  { name: 'threads', target: 'wasm', threads: 3 },
] as const)('on $name', ({ target, threads }) => {
  const agrees = agree(target);
  let end = async (): Promise<void> => Promise.resolve();
  beforeAll(async () => {
    if (threads > 1) end = await startThreads(threads, randomParts(1));
  });
  afterAll(async () => {
    await end();
  });
  beforeEach(() => {
    clearCache();
  });
  const cut = (seed: number): void => {
    if (threads > 1) setPartitioning(randomParts(seed));
  };

  test.each(computeDTypes)('every scan of %s', (dtype) => {
    for (const n of lengths) {
      const exclusive = n % 2 === 1;
      const roots = allScanned(elements(dtype, [n], n % 3, n), dtype, { exclusive });
      agrees(roots);
      if (n === 257) for (const root of roots) agrees([root]);
    }
  });

  test('along either axis, of any layout, forwards and backwards', () => {
    fc.assert(
      fc.property(dtypes, stacks, manner, (dtype, stack, how) => {
        cut(stack.seed);
        const { x, axis } = operandOf(dtype, stack);
        agrees(allScanned(x, dtype, { ...how, axis }));
      }),
      settings(threads > 1 ? 8 : 12),
    );
  });

  test('of computed elements, used at the same points, beside roots that scan, reduce and map', () => {
    const computing = fc.constantFrom<ComputeDType>('float64', 'float32', 'int32', 'int64', 'uint8');
    fc.assert(
      fc.property(computing, stacks, manner, (dtype, stack, how) => {
        cut(stack.seed);
        const { x, axis } = operandOf(dtype, stack);
        const y = t.apply('add', t.apply('multiply', x, x), one(dtype));
        const scans = allScanned(y, dtype, { ...how, axis });
        const after = scans.map((scan) => t.apply('subtract', t.cast(scan, dtype), y));
        const again = running('max', running('min', y, { axis }), { axis, exclusive: true });
        agrees(
          [...after, again, t.reduce('max', t.apply('add', again, y), [axis]), y].slice(
            x.shape[axis] === 0 ? -1 : 0,
          ),
        );
      }),
      settings(threads > 1 ? 6 : 10),
    );
  });

  test('of an axis in the middle, of size one, and of no axes left', () => {
    for (const shape of [
      [3, 130, 5],
      [3, 1, 5],
      [1, 1, 1],
      [2, 0, 3],
      [0, 4, 3],
    ] as const)
      for (const axis of [0, 1, 2]) {
        const x = elements('float32', shape, 4, axis);
        const sums = running('sum', x, { axis });
        agrees([sums, t.apply('exp', running('logsumexp', t.apply('negative', x), { axis }))]);
        agrees([t.apply('add', sums, running('sum', x, { axis, exclusive: true }))]);
      }
  });
});

test('the order of combination is that of blocks', () => {
  const n = 300;
  const values = Float64Array.from({ length: n }, (_, k) => Math.sin(k) * 10 ** (k % 17));
  const [result] = evaluateReference([running('sum', t.data(values), {})]);
  let before = 0;
  for (let from = 0; from < n; from += 128) {
    let within = 0;
    for (let k = from; k < Math.min(n, from + 128); k++) {
      within = k === from ? (values[k] ?? 0) : within + (values[k] ?? 0);
      expect(result?.[k]).toBe(from === 0 ? within : before + within);
    }
    before = from === 0 ? within : before + within;
  }
});

test('an exclusive scan begins with the result of nothing', () => {
  const x = t.data(Float64Array.of(-0, 3));
  const roots = (['sum', 'prod', 'min', 'max', 'welfordMean', 'logsumexp'] as const).map((op) =>
    running(op, x, { exclusive: true }),
  );
  expect(evaluateReference(roots).map(([first, second]) => [first, second])).toEqual([
    [0, -0],
    [1, -0],
    [Infinity, -0],
    [-Infinity, -0],
    [NaN, -0],
    [-Infinity, 0],
  ]);
});
