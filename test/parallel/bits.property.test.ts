/**
 * Any number of threads gives the bits of the reference evaluator: random graphs and larger arrays, cut into parts at
 * random places, with threads that are late at random.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { IndexError } from '../../src/ir/errors.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { clearCache } from '../../src/runtime/caches/caches.ts';
import { evaluateNodes } from '../../src/runtime/evaluate/evaluate.ts';
import { setPartitioning } from '../../src/runtime/parallel/partition.ts';
import { runningPool } from '../../src/runtime/parallel/threads.ts';
import { expectSameBits, firstDifference } from '../support/bits.ts';
import { graphs, show } from '../support/graphs.ts';
import { settings } from '../support/runs.ts';
import { randomParts, startThreads } from '../support/threads.ts';
import { newTrouble, order } from '../support/trouble.ts';
import { noise, shapes, works } from '../support/works.ts';

const crews = [
  { threads: 1, share: 0.3 },
  { threads: 2, share: 1 },
  { threads: 3, share: 1 },
  { threads: 8, share: 0.5 },
] as const;

describe.each(crews)('$threads threads', ({ threads, share }) => {
  const trouble = newTrouble();
  let end: () => Promise<void>;

  beforeAll(async () => {
    end = await startThreads(threads, randomParts(1), trouble);
  });
  afterAll(async () => {
    await end();
  });
  beforeEach(() => {
    clearCache();
  });

  test('a graph has the bits of the reference, wherever it is cut', () => {
    fc.assert(
      fc.property(graphs(), fc.nat(), ({ roots }, seed) => {
        setPartitioning(randomParts(seed));
        clearCache();
        const run = (): ReturnType<typeof evaluateNodes> =>
          evaluateNodes(roots, { memo: false, target: 'wasm' });
        try {
          const expected = evaluateReference(roots);
          expectSameBits(
            run().map(({ source }) => source.values),
            expected,
            show(roots),
          );
        } catch (error) {
          if (!(error instanceof IndexError)) throw error;
        }
      }),
      settings(400 * share),
    );
  });

  test('late threads change nothing', () => {
    fc.assert(
      fc.property(
        graphs(),
        fc.nat(),
        fc.constantFrom('ticket', 'claimed', 'ran', 'done', 'idle'),
        ({ roots }, seed, stage) => {
          setPartitioning(randomParts(seed));
          clearCache();
          order(trouble, stage, 'delay', 50, true);
          const results = evaluateNodes(roots, { memo: false, target: 'wasm' });
          order(trouble, stage, 'none', 0);
          expectSameBits(
            results.map(({ source }) => source.values),
            evaluateReference(roots),
            show(roots),
          );
        },
      ),
      settings(150 * share),
    );
  });

  test.each(['float64', 'float32', 'int32'] as const)('larger arrays of %s', (dtype) => {
    runningPool()?.startProfile();
    for (const [name, work] of Object.entries(works))
      for (const [k, [rows, columns]] of shapes.entries()) {
        setPartitioning(randomParts(k));
        clearCache();
        const x = noise(rows * columns, dtype).reshape([rows, columns]);
        x.evaluateSync();
        const fast = lz.evaluateSync(work(x), { memo: false, target: 'wasm' });
        setPartitioning(randomParts(k + 100));
        const slow = lz.evaluateSync(work(x), { memo: false, target: 'js' });
        fast.forEach((result, at) => {
          const expected = slow[at];
          const difference =
            expected === undefined ? 'missing' : firstDifference(result.dataSync(), expected.dataSync());
          expect(difference, `${name}, ${dtype} (${rows}, ${columns}) result ${at}`).toBeUndefined();
        });
      }
    const [, ...others] = runningPool()?.endProfile() ?? [];
    expect(others.length).toBe(threads - 1);
    if (threads > 1) expect(others.some(({ launches }) => launches > 0)).toBe(true);
  });
});
