/** Every row of the table of reductions on threads: parts leave states, and joined they have the bits of the reference. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, test } from 'vitest';
import { evaluateReference } from '../../src/ir/reference.ts';
import { clearCache } from '../../src/runtime/caches/caches.ts';
import { evaluateNodes } from '../../src/runtime/evaluate/evaluate.ts';
import { setPartitioning } from '../../src/runtime/parallel/partition.ts';
import { expectSameBits } from '../support/bits.ts';
import { allReduced, elements, lengths } from '../support/reductions.ts';
import { settings } from '../support/runs.ts';
import { show } from '../support/show.ts';
import { computeDTypes } from '../support/specials.ts';
import { randomParts, startThreads } from '../support/threads.ts';
import * as t from '../support/typed.ts';

let end: () => Promise<void>;
beforeAll(async () => {
  end = await startThreads(3, randomParts(1));
});
afterAll(async () => {
  await end();
});
beforeEach(() => {
  clearCache();
});

test('states joined from parts, wherever they are cut', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...computeDTypes),
      fc.tuple(fc.constantFrom(...lengths), fc.constantFrom(1, 3, 20)),
      fc.constantFrom([0], [1], [0, 1]),
      fc.constantFrom(0, 4, 128),
      fc.boolean(),
      fc.nat(),
      (dtype, shape, axes, special, used, seed) => {
        setPartitioning(randomParts(seed));
        const x = elements(dtype, shape, special, seed);
        const outcomes = allReduced(x, dtype, axes);
        // What follows reads the states once more: phases behind the reductions.
        const roots =
          used && axes.length === 2 && dtype !== 'bool'
            ? outcomes.map((node) => t.apply('subtract', x, t.broadcast(t.cast(node, dtype), shape)))
            : outcomes;
        const results = evaluateNodes(roots, { memo: false, target: 'wasm' });
        expectSameBits(
          results.map(({ source }) => source.values),
          evaluateReference(roots),
          show(roots),
        );
      },
    ),
    settings(80),
  );
});
