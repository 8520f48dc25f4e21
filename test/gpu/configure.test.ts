/** Settings that change while a GPU computes or is read: no value is lost, and the next evaluation follows them. */
import { afterAll, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

afterAll(async () => {
  lz.configure({ gpuBytes: 2 ** 31, target: 'auto', threads: 1, heapBytes: 2 ** 30 });
  await lz.shutdown();
});

const settings: readonly lz.Configuration[] = [
  { gpuBytes: 2 ** 20 },
  { target: 'js' },
  { gpuBytes: 0 },
  { target: 'auto', threads: 2 },
  { resultBytes: 0 },
  { gpuBytes: 2 ** 31 },
  { heapBytes: 0 },
  { resultBytes: 2 ** 28, heapBytes: 2 ** 30, threads: 1 },
];

test('budgets, target and threads change while work is on the device', async () => {
  const length = 10_000;
  const x = lz.arange(length, { dtype: 'int32' }).astype('float32');
  await x.evaluate({ target: 'webgpu' });
  for (const [turn, change] of [...settings, ...settings].entries()) {
    const y = x.add(turn);
    const [kept, read, other] = [
      y.evaluate({ target: 'webgpu' }),
      y.mul(2).data({ target: 'webgpu' }),
      x.sum().data(),
    ];
    lz.configure(change);
    const outcomes = await Promise.allSettled([kept, read, other]);
    // A budget without room for the arrays is a DeviceError; nothing else goes wrong.
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') {
        expect(outcome.reason).toBeInstanceOf(lz.DeviceError);
        expect(String(outcome.reason)).toContain('gpuBytes');
      }
    const [, doubled] = outcomes;
    if (doubled.status === 'fulfilled') expect(doubled.value[10]).toBe(2 * (10 + turn));
    lz.configure({ gpuBytes: 2 ** 31 });
    expect((await y.data())[10]).toBe(10 + turn);
    expect((await x.add(0.5).data({ target: 'webgpu', memo: false }))[1]).toBe(1.5);
  }
});
