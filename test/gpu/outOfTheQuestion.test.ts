/** Under `auto` explain says why there is no GPU to compute on, of pending arrays and of evaluated ones alike. */
import { afterEach, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { openGpu } from '../../src/runtime/gpu/device.ts';

afterEach(() => lz.shutdown());

// So much that opening a GPU for it pays, however many processors there are.
lz.configure({ threads: 1 });

const wanted = (): lz.LazyArray<'float32'> => {
  const x = lz.asArray(new Float32Array(2 ** 21).fill(1));
  return lz.tan(lz.sin(x.exp().add(x).log()).pow(x)).atan();
};

const reasonsOf = (x: lz.LazyArray<'float32'>): string => x.explain().toJSON().plan.reasons.join('; ');

test('a software adapter is no GPU to auto, not even one that it opened itself', async () => {
  const opener = await wanted().evaluate();
  expect(reasonsOf(opener)).toMatch(/webgpu not: .* computes on the CPU/);
  await openGpu();
  expect(reasonsOf(wanted())).toMatch(/webgpu not: .* computes on the CPU/);
  const before = lz.cacheInfo().gpu.submits;
  const evaluated = await wanted().evaluate();
  expect(reasonsOf(evaluated)).toMatch(/webgpu not: .* computes on the CPU/);
  expect(lz.cacheInfo().gpu.submits).toBe(before);
});
