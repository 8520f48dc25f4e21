/** Concatenations of many parts on a GPU: what is stored is put together before the upload. */
import { expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

const target = 'webgpu';
const many = 80;
const expected = Array.from({ length: many }, (_, k) => 2 * k + 1);
const parts = (): lz.LazyArray[] =>
  Array.from({ length: many }, (_, k) => lz.array([k, k + 1], { dtype: 'float32' }));

test('stored parts are one upload', async () => {
  const before = lz.cacheInfo().gpu.uploads;
  expect([...(await lz.stack(parts()).sum(1).data({ target }))]).toEqual(expected);
  expect(lz.cacheInfo().gpu.uploads - before).toBe(1);
});

test('parts that are computed, or on the device alone, are put together there', async () => {
  const computed = parts().map((part) => part.mul(2));
  expect([...(await lz.stack(computed).sum(1).data({ target }))]).toEqual(expected.map((sum) => 2 * sum));
  const there = await lz.evaluate(
    parts().map((part) => part.add(1)),
    { target },
  );
  expect([...(await lz.stack(there).sum(1).data({ target }))]).toEqual(expected.map((sum) => sum + 2));
  expect([...(await lz.stack(there).sum(1).data({ target: 'js' }))]).toEqual(expected.map((sum) => sum + 2));
});
