/** Sessions on a GPU: each opens a device of its own, with its budget; arrays are read across them. */
import { afterAll, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

afterAll(() => lz.shutdown());

const x = lz.asArray(Float32Array.from({ length: 1000 }, (_, k) => k));

test('two devices side by side: budgets and counters are those of the session, values go from one to the other', async () => {
  await using a = lz.session({ target: 'webgpu' });
  await using b = lz.session({ target: 'webgpu', gpuBytes: 2 ** 20 });
  const outside = lz.cacheInfo().gpu;
  const made = await a.run(() => x.mul(2).evaluate());
  expect(a.cacheInfo().gpu).toMatchObject({ devices: 1, memory: { maxBytes: 2 ** 31 } });
  expect(b.cacheInfo().gpu).toMatchObject({ devices: 0, memory: null });
  expect((await b.run(() => made.add(1).data()))[999]).toBe(1999);
  expect(b.cacheInfo().gpu).toMatchObject({ devices: 1, memory: { maxBytes: 2 ** 20 } });
  // And back again, from what both have by now.
  expect((await a.run(() => made.add(x).data()))[999]).toBe(2997);
  const large = lz.zeros([2 ** 20], { dtype: 'float32' });
  await expect(b.run(() => large.add(1).data())).rejects.toThrow(lz.DeviceError);
  expect(lz.cacheInfo().gpu).toEqual(outside);
});

test('interleaved evaluations stay on the device of their session', async () => {
  await using a = lz.session({ target: 'webgpu' });
  await using b = lz.session({ target: 'webgpu' });
  const work = async (session: lz.Session, factor: number): Promise<void> => {
    for (let turn = 1; turn <= 5; turn++) {
      const values = await session.run(() => x.mul(factor).add(turn).sin().add(x).data({ memo: false }));
      expect(values[0]).toBeCloseTo(Math.sin(turn), 4);
    }
  };
  await Promise.all([work(a, 1), work(b, 2), work(a, 3)]);
  const [first, second] = [a.cacheInfo().gpu, b.cacheInfo().gpu];
  expect([first.devices, second.devices]).toEqual([1, 1]);
  expect(first.submits).toBeGreaterThan(second.submits);
  expect(second.dispatches).toBeGreaterThanOrEqual(5);
});

test('closing the device of one session leaves the other; what was only there is still read', async () => {
  const a = lz.session({ target: 'webgpu' });
  await using b = lz.session({ target: 'webgpu' });
  const made = await a.run(() => x.add(3).evaluate());
  const other = await b.run(() => x.add(4).evaluate());
  await a[Symbol.asyncDispose]();
  expect(b.cacheInfo().gpu.memory).not.toBeNull();
  expect((await made.data())[1]).toBe(4);
  expect((await b.run(() => other.add(made).data()))[1]).toBe(9);
  expect(b.cacheInfo().gpu.devices).toBe(1);
});

test('a buffer of a user is the truth for all sessions, on the device it belongs to', async () => {
  await using a = lz.session({ target: 'webgpu' });
  await using b = lz.session({ target: 'webgpu' });
  const device = await a.run(() => lz.gpuDevice());
  const buffer = device.createBuffer({ size: 16, usage: 0x80 | 0x4 | 0x8 });
  const write = (...values: readonly number[]): void => {
    device.queue.writeBuffer(buffer, 0, Float32Array.from(values));
  };
  write(1, 2, 3, 4);
  const shared = a.run(() => lz.fromGPUBuffer(buffer, { shape: [4] }));
  const sums = async (): Promise<number[]> => [
    (await a.run(() => shared.sum().data()))[0] ?? NaN,
    (await b.run(() => shared.sum().data()))[0] ?? NaN,
  ];
  expect(await sums()).toEqual([10, 10]);
  write(5, 6, 7, 8);
  shared.touch();
  expect(await sums()).toEqual([26, 26]);
  buffer.destroy();
});
