/**
 * The wide form of a kernel (`ir/wide.ts`), which counts beyond 32 bits, has the bits of the reference evaluator: here it
 * is made of every kernel, whatever its size.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { jsTarget } from '../../src/codegen/js/target.ts';
import type { Target } from '../../src/codegen/target.ts';
import { wasmTarget } from '../../src/codegen/wasm/target.ts';
import { IndexError } from '../../src/ir/errors.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { widened } from '../../src/ir/wide.ts';
import { clearCache } from '../../src/runtime/caches/caches.ts';
import { evaluateNodes } from '../../src/runtime/evaluate/evaluate.ts';
import { setPartitioning } from '../../src/runtime/parallel/partition.ts';
import { registerTarget } from '../../src/runtime/executors/registry.ts';
import { expectSameBits } from '../support/bits.ts';
import { graphs, show } from '../support/graphs.ts';
import { settings } from '../support/runs.ts';
import { randomParts, startThreads } from '../support/threads.ts';
import { newTrouble } from '../support/trouble.ts';

/** The target, with every kernel in its wide form. */
const wide = (target: Target): Target => ({
  name: target.name,
  memory: target.memory,
  available: true,
  compile: (kernel) => target.compile(widened(kernel)),
});

const cases = [
  { target: 'js', threads: 1, share: 1 },
  { target: 'wasm', threads: 1, share: 0.25 },
  { target: 'wasm', threads: 3, share: 0.25 },
] as const;

describe.each(cases)('wide kernels on $target with $threads threads', ({ target, threads, share }) => {
  let end: () => Promise<void>;
  let restore: () => void;
  beforeAll(async () => {
    end = await startThreads(threads, randomParts(1), newTrouble());
    clearCache();
    restore = registerTarget(wide(target === 'js' ? jsTarget : wasmTarget));
  });
  afterAll(async () => {
    restore();
    clearCache();
    await end();
  });

  test('have the bits of the reference', () => {
    fc.assert(
      fc.property(graphs(), fc.nat(), ({ roots }, seed) => {
        setPartitioning(randomParts(seed));
        clearCache();
        try {
          const expected = evaluateReference(roots);
          const actual = evaluateNodes(roots, { memo: false, target }).map(({ source }) => source.values);
          expectSameBits(actual, expected, show(roots));
        } catch (error) {
          if (!(error instanceof IndexError)) throw error;
        }
      }),
      settings(400 * share),
    );
  });
});
