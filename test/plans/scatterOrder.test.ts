/** What stores the base of a scatter may read the parts of a concatenation: it comes after them. */
import { expect, test } from 'vitest';
import { nodeOf } from '../../src/api/anyArray.ts';
import * as lz from '../../src/index.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { evaluateNodes } from '../../src/runtime/evaluate/evaluate.ts';
import { expectSameBits } from '../support/bits.ts';
import * as t from '../support/typed.ts';

test.each(['js', 'wasm'] as const)('a base of a reduction and a concatenation, on %s', (target) => {
  const x = lz.arange(120).reshape([3, 5, 2, 4]).argmax(2);
  const base = nodeOf(x.add(lz.concat([lz.array([1, 2]), lz.array([3, 4])]).broadcastTo([3, 5, 4])));
  const root = t.permute(
    t.scatter('set', base, nodeOf(lz.zeros([3], { dtype: 'int32' })), base, 0),
    [2, 1, 0],
  );
  const [result] = evaluateNodes([root], { target, memo: false, verify: true });
  expect(result?.shape).toEqual([4, 5, 3]);
  expectSameBits([result?.source.values ?? new Float64Array()], evaluateReference([root]), 'scatter');
});
