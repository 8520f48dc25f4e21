/** Reductions whose programs have loops and exceptions on threads: states are joined by the same programs on numbers. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { registerMonoid } from '../../src/ir/monoids.ts';
import { reduce } from '../../src/ir/node.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { evaluateNodes } from '../../src/runtime/evaluate/evaluate.ts';
import { expectSameBits } from '../support/bits.ts';
import { divisor, powers } from '../support/monoidPrograms.ts';
import { randomParts, startThreads } from '../support/threads.ts';
import * as t from '../support/typed.ts';

let end: () => Promise<void>;
beforeAll(async () => {
  end = await startThreads(3, randomParts(5));
});
afterAll(async () => {
  await end();
});

test.each([
  ['divisor', divisor, Int32Array.from({ length: 3000 }, (_, k) => (((k * 37) % 201) - 100) * 6)],
  ['powers', powers, Float64Array.from({ length: 3000 }, (_, k) => ((k * 37) % 201) * 2 ** (k % 7))],
] as const)('%s', (key, row, values) => {
  const { name, unregister } = registerMonoid(`${key} on threads`, row);
  try {
    const x = t.data(values, [500, 6]);
    const dtype = values instanceof Int32Array ? 'int32' : 'float64';
    const roots = [[0], [1], [0, 1]].map((axes) => reduce(name, x, axes, dtype));
    const results = evaluateNodes(roots, { memo: false, target: 'wasm' });
    const expected = evaluateReference(roots);
    expect(Number(expected[2]?.[0])).toBeGreaterThan(1);
    expectSameBits(
      results.map(({ source }) => source.values),
      expected,
      key,
    );
  } finally {
    unregister();
  }
});
