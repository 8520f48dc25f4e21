/** The reference evaluator gives the same bits whether it keeps the values of nodes or computes them on demand. */
import fc from 'fast-check';
import { test } from 'vitest';
import type { TypedArray } from '../../src/ir/dtype.ts';
import { IndexError } from '../../src/ir/errors.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { expectSameBits } from '../support/bits.ts';
import { graphs, show } from '../support/graphs.ts';
import { settings } from '../support/runs.ts';

test('nodes that are too large to be kept have the same elements', () => {
  fc.assert(
    fc.property(graphs(), ({ roots }) => {
      let kept: TypedArray[];
      try {
        kept = evaluateReference(roots);
      } catch (error) {
        if (error instanceof IndexError) return;
        throw error;
      }
      // Reductions and scalars are kept: each of them would be computed anew for every element that needs it.
      expectSameBits(evaluateReference(roots, [], 4), kept, show(roots));
    }),
    settings(60),
  );
});
