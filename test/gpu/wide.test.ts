/** GPUs count in 32 bits: what needs more runs on the CPU, gives the right values, and says so. */
import { expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { ShapeError } from '../../src/ir/errors.ts';

const options = { target: 'webgpu', memo: false } as const;
const grid = (rows: number, columns: number): lz.LazyArray =>
  lz.ones([rows, 1], { dtype: 'float32' }).mul(lz.ones([1, columns], { dtype: 'float32' }));

test('a sum over more elements than 32 bits count', { timeout: 120_000 }, async () => {
  const total = grid(2 ** 18, 2 ** 13).sum();
  expect(Number((await total.data(options))[0])).toBe(2 ** 31);
  const { reasons } = total.explain(options).toJSON().plan;
  expect(reasons.join(' ')).toMatch(/32-bit integers of GPUs count: \w+ runs instead/);
});

test('a result beyond 2^31 - 1 elements is a ShapeError', async () => {
  await expect(grid(2 ** 18, 2 ** 14).data(options)).rejects.toThrow(ShapeError);
});
