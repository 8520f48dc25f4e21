/** Device memory at the end of its budget. */
import { afterEach, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

const options = { target: 'webgpu', memo: false } as const;
const MiB = 2 ** 20;

afterEach(() => {
  lz.configure({ gpuBytes: 2048 * MiB });
});

test('when the budget is spent, buffers change hands and none is made', async () => {
  lz.configure({ gpuBytes: 8 * MiB });
  const [a, b] = [2, 3].map((value) => lz.asArray(new Float32Array(MiB / 4).fill(value)));
  if (a === undefined || b === undefined) throw new Error('two operands');
  let latest = a;
  const evaluate = async (times: number): Promise<void> => {
    for (let k = 0; k < times; k++) {
      latest = a.mul(b);
      await latest.evaluate(options);
    }
  };
  await evaluate(20);
  const before = lz.cacheInfo().gpu;
  expect(before.memory?.evictions).toBeGreaterThan(0);
  await evaluate(50);
  const after = lz.cacheInfo().gpu;
  expect(after.memory?.created).toBe(before.memory?.created);
  expect(after.uploads).toBe(before.uploads);
  expect(after.memory?.reservedBytes).toBeLessThanOrEqual(8 * MiB);
  expect((await latest.data()).every((value) => value === 6)).toBe(true);
});
