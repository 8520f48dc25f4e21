/**
 * Arrays long enough to cross the leaf of the pairwise tree (128), the tile of a column reduction (256) and the pieces
 * of a first call, for which the random graphs are too small: the same law, every target gives the bits of the reference.
 */
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { firstDifference } from '../support/bits.ts';
import { noise, shapes, works } from '../support/works.ts';

const dtypes = ['float64', 'float32', 'int32'] as const;
const cases = (['js', 'wasm'] as const).flatMap((target) => dtypes.map((dtype) => ({ target, dtype })));

describe.each(cases)('$dtype on $target', ({ target, dtype }) => {
  test.each(Object.entries(works))('%s', (_, work) => {
    for (const [rows, columns] of shapes) {
      const x = noise(rows * columns, dtype).reshape([rows, columns]);
      x.evaluateSync();
      const fast = lz.evaluateSync(work(x), { memo: false, target, verify: true });
      const slow = lz.evaluateSync(work(x), { memo: false, target: 'reference' });
      fast.forEach((result, k) => {
        const expected = slow[k];
        const difference =
          expected === undefined ? 'missing' : firstDifference(result.dataSync(), expected.dataSync());
        expect(difference, `${dtype} (${rows}, ${columns}) result ${k}`).toBeUndefined();
      });
    }
  });
});
