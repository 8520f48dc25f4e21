/** Parts that evaluations need again stay on the device: a loop computes the same at each turn there too. */
import { afterAll, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';

afterAll(async () => {
  await lz.shutdown();
});

const start = (): LazyArray =>
  lz.asArray(Float32Array.from({ length: 5000 }, (_, k) => Math.fround(Math.sin(k))));
const step = (x: LazyArray): LazyArray => x.mul(0.75).add(0.125).abs().mul(0.5).add(x.mul(x)).sub(0.25);
const opsOf = (x: LazyArray): number =>
  x
    .explain()
    .toJSON()
    .plan.kernels.reduce((sum, { ops }) => sum + ops, 0);

test('a loop that reads a statistic of its state computes the same at each turn, and the right values', async () => {
  lz.clearCache();
  let [x, expected] = [start(), start()];
  const ops: number[] = [];
  for (let turn = 0; turn < 24; turn++) {
    x = step(x);
    expected = step(expected).evaluateSync({ target: 'js' });
    const most = x.max();
    const [value] = await most.data({ target: 'webgpu' });
    expect(value).toBe(expected.max().item({ target: 'js' }));
    ops.push(opsOf(most));
  }
  const settled = ops.slice(12);
  expect(Math.max(...settled)).toBeLessThan(30);
  // What was kept on the device is not what another target asks for.
  expect(x.max().item({ target: 'js' })).toBe(expected.max().item({ target: 'js' }));
});
