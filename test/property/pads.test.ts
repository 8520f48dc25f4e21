/** Pads and windows: every element as the reference evaluator has it, on every target, whatever is around them. */
import fc from 'fast-check';
import { beforeEach, describe, test } from 'vitest';
import { evaluateReference } from '../../src/ir/reference.ts';
import { clearCache } from '../../src/runtime/caches/caches.ts';
import { evaluateNodes } from '../../src/runtime/evaluate/evaluate.ts';
import { passNames } from '../../src/passes/pipeline.ts';
import { expectSameBits } from '../support/bits.ts';
import { graphs, show, type StepKind } from '../support/graphs.ts';
import { settings } from '../support/runs.ts';

beforeEach(() => {
  clearCache();
});

const kinds: readonly StepKind[] = [
  ...([
    'data',
    'pad',
    'pad',
    'pad',
    'window',
    'window',
    'binary',
    'cast',
    'reduce',
    'slice',
    'permute',
  ] as const),
  ...(['broadcast', 'reshape', 'gather', 'concat', 'scan', 'iota', 'twin', 'argReduce', 'scatter'] as const),
];

describe.each([
  { target: 'js', share: 1 },
  { target: 'wasm', share: 0.25 },
] as const)('on the $target target', ({ target, share }) => {
  test.each(['no pass off', 'a pass off'])(
    'graphs of pads and windows have the bits of the reference, %s',
    (off) => {
      fc.assert(
        fc.property(graphs({ kinds, maxElements: 600 }), fc.constantFrom(...passNames), ({ roots }, pass) => {
          const expected = evaluateReference(roots);
          const disable = off === 'a pass off' ? [pass] : [];
          for (const round of ['cold', 'warm']) {
            const options = { target, disable, verify: true, memo: false } as const;
            const actual = evaluateNodes(roots, options).map(({ source }) => source.values);
            expectSameBits(actual, expected, `${round} without ${disable.join()}\n${show(roots)}`);
          }
        }),
        settings(share * 800),
      );
    },
  );
});
