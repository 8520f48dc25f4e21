/** Wrapped memory that goes away before a GPU was given it, or after. */
import { afterAll, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

afterAll(() => lz.shutdown());

const target = 'webgpu';
const lose = (memory: Float32Array): void =>
  void structuredClone(memory, { transfer: [memory.buffer as ArrayBuffer] });

test('an upload of memory that is gone is a DataError; the next evaluation works', async () => {
  const memory = Float32Array.from({ length: 5000 }, (_, k) => k % 7);
  const x = lz.asArray(memory, { copy: false });
  const [before, pending] = [x.add(1), x.mul(3)];
  await before.evaluate({ target });
  const under = pending.evaluate({ target });
  lose(memory);
  // What was submitted in time has its values; else it says so.
  const outcome = await under.then(
    () => pending.data(),
    (error: unknown) => error,
  );
  if (!(outcome instanceof lz.DataError)) expect((outcome as Float32Array)[8]).toBe(3);
  for (const read of [x.sub(1).data({ target }), x.exp().evaluate({ target }), x.data()])
    await expect(read).rejects.toThrow(
      /float32 array of shape \(5000,\) that asArray wrapped .* was detached/,
    );
  const f = lz.compile((a: lz.LazyArray) => a.mul(2), { target });
  await expect(f.async(x)).rejects.toThrow(lz.DataError);
  expect((await before.data())[8]).toBe(2);
  const { memory: pool } = lz.cacheInfo().gpu;
  for (let turn = 0; turn < 20; turn++)
    await expect(x.add(turn + 10).data({ target })).rejects.toThrow(lz.DataError);
  expect(lz.cacheInfo().gpu.memory?.bytes).toBe(pool?.bytes);
  expect((await lz.ones([3], { dtype: 'float32' }).add(1).data({ target, memo: false }))[2]).toBe(2);
});
