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
import * as t from '../support/typed.ts';

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

/** What can be reduced over windows of one, two or three axes, together up to more elements than two leaves have. */
const windowsOfRows = fc
  .record({
    lengths: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 3 }),
    positions: fc.integer({ min: 1, max: 80 }),
    step: fc.integer({ min: 1, max: 2 }),
    dtype: fc.constantFrom('float64', 'float32', 'int32', 'int64', 'uint8', 'bool', 'float16' as const),
    before: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ lengths, positions, step, dtype, before }) => {
    const longest = Math.max(...lengths);
    const rows = lengths.map((length) => length + (length === longest ? 1 : 0));
    const shape = [...rows.slice(0, -1), positions + step * 12];
    const size = shape.reduce((product, length) => product * length, 1);
    const x = t.reshape(t.data(Float64Array.from({ length: size }, (_, k) => Math.sin(k * 1.3) * 9)), shape);
    const none = shape.map(() => 0);
    const last = shape.length - 1;
    const padded = t.pad(t.cast(x, dtype), none.with(last, before), none, t.constant(1, 'int32'));
    const view = lengths.reduce(
      (node, length, axis) => t.window(node, axis, length, axis === last ? step : 1),
      padded,
    );
    // A reduction of all windows, one of whose axes may be positions of other windows.
    const axes = lengths.map((_, k) => shape.length + k);
    const weights = t.cast(
      t.data(Float64Array.from({ length: lengths.at(-1) ?? 1 }, (_, k) => k - 1.5)),
      dtype,
    );
    const product = dtype === 'bool' ? view : t.apply('multiply', view, weights);
    return [
      ...(dtype === 'bool' ? [t.reduce('any', view, axes)] : [t.reduce('sum', product, axes)]),
      t.reduce(dtype === 'bool' ? 'all' : 'max', view, axes),
      t.reduce('sum', view, axes, t.sumDType(dtype)),
      t.argReduce('argmax', t.cast(view, 'float64'), shape.length),
    ];
  });

describe.each([
  { target: 'js', share: 1 },
  { target: 'wasm', share: 0.25 },
] as const)('on the $target target', ({ target, share }) => {
  test('reductions over windows have the bits of the reference', () => {
    fc.assert(
      fc.property(windowsOfRows, (roots) => {
        const expected = evaluateReference(roots);
        const actual = evaluateNodes(roots, { target, memo: false }).map(({ source }) => source.values);
        expectSameBits(actual, expected, show(roots));
      }),
      settings(share * 60),
    );
  });

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
        settings(share * 500),
      );
    },
  );
});
