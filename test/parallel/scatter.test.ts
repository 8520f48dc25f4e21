/**
 * Stores at computed positions on threads: loops along which updates meet stay on one thread, others are divided; a
 * thread that is lost in the middle of its updates leaves no trace.
 */
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { IndexError } from '../../src/ir/errors.ts';
import type { Node } from '../../src/ir/node.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { indexedShape } from '../../src/ir/shape.ts';
import { clearCache } from '../../src/runtime/caches/caches.ts';
import { evaluateNodes } from '../../src/runtime/evaluate/evaluate.ts';
import { setPartitioning } from '../../src/runtime/parallel/partition.ts';
import { expectSameBits } from '../support/bits.ts';
import { indexed, numbers } from '../support/indexed.ts';
import { settings } from '../support/runs.ts';
import { scatters } from '../support/scatters.ts';
import { show } from '../support/show.ts';
import { presence, randomParts, startThreads } from '../support/threads.ts';
import { happened, newTrouble, order } from '../support/trouble.ts';
import * as t from '../support/typed.ts';

let end: () => Promise<void> = () => Promise.resolve();
afterEach(async () => {
  await end();
  end = () => Promise.resolve();
});
beforeEach(() => {
  clearCache();
});

const run = (roots: readonly Node[]) =>
  evaluateNodes(roots, { memo: false, target: 'wasm' }).map(({ source }) => source.values);

const rows = (axis: 0 | 1, count: number): Node => {
  const shape = axis === 0 ? [50, 64] : [64, 50];
  const at = t.data(Int32Array.from({ length: count }, (_, k) => ((k * k) % 100) - 50));
  const updates = t.data(
    Float64Array.from({ length: count * 64 }, (_, k) => Math.sin(k) * 10 ** (k % 9)),
    axis === 0 ? [count, 64] : [64, count],
  );
  return t.scatter('sum', t.data(new Float64Array(50 * 64), shape), at, updates, axis);
};

test('wherever loops are cut: the bits of the reference', async () => {
  end = await startThreads(3, randomParts(1));
  fc.assert(
    fc.property(scatters(), fc.nat(), ({ roots }, seed) => {
      setPartitioning(randomParts(seed));
      expectSameBits(run(roots), evaluateReference(roots), show(roots));
    }),
    settings(100),
  );
});

test('updates along several axes, which round', async () => {
  end = await startThreads(3, randomParts(3));
  fc.assert(
    fc.property(indexed, fc.nat(), ({ shape, common, axes, indices }, seed) => {
      setPartitioning(randomParts(seed));
      const updates = t.apply('sqrt', numbers(indexedShape(shape, axes, common)));
      const root = t.scatterAll('sum', numbers(shape), indices, updates, axes);
      expectSameBits(run([root]), evaluateReference([root]), show([root]));
    }),
    settings(100),
  );
});

test.each([0, 1] as const)('sums along axis %i, which round', async (axis) => {
  end = await startThreads(3, randomParts(2));
  const roots = [rows(axis, 300), rows(axis, 40)];
  expectSameBits(run(roots), evaluateReference(roots));
});

test('a thread that is lost in the middle of its updates', { timeout: 60_000 }, async () => {
  const trouble = newTrouble();
  // Parts of many rows, of which half are updated when the thread ends.
  const quarters = (turns: number): readonly number[] => [1, 2, 3, 4].map((k) => Math.floor((k * turns) / 4));
  end = await startThreads(3, { threshold: 0, grain: 0, cut: quarters, cutsNode: () => false }, trouble);
  const wide = t.scatter(
    'sum',
    t.broadcast(t.constant(0, 'float64'), [2000, 50]),
    t.data(Int32Array.from({ length: 60 }, (_, k) => (k * k) % 50)),
    t.data(new Float64Array(2000 * 60).fill(1), [2000, 60]),
    1,
  );
  const expected = evaluateReference([wide]);
  // On a busy machine the caller may do it all, before a thread claims anything.
  for (let k = 0; happened(trouble) < 12 && k < 300; k++) {
    order(trouble, 'claimed', 'half', 1 + (k % 3));
    expectSameBits(run([wide]), expected);
    await presence(3);
  }
});

test('the first index outside is the one that is told', async () => {
  end = await startThreads(3, randomParts(4));
  const at = t.data(Int32Array.of(0, 1, 70, 2, -90));
  const updates = t.data(new Float64Array(40 * 5), [40, 5]);
  const root = t.scatter('sum', t.data(new Float64Array(40 * 50), [40, 50]), at, updates, 1);
  expect(() => run([root])).toThrow(IndexError);
  expect(() => run([root])).toThrow('scatter: index 70 is out of bounds for axis 1 of size 50');
  const right = [rows(1, 20)];
  expectSameBits(run(right), evaluateReference(right));
});
