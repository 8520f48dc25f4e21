/** Compiled functions on a GPU. */
import { expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

test('a compiled function keeps its results on the device', async () => {
  const step = lz.compile((x: lz.LazyArray, y: lz.LazyArray) => x.mul(2).add(y), { target: 'webgpu' });
  const x = lz.asArray(Float32Array.of(1, 2, 3));
  let y = await step.async(x, Float32Array.of(1, 1, 1));
  const before = lz.cacheInfo().gpu;
  for (let k = 0; k < 10; k++) y = await step.async(y, x);
  const after = lz.cacheInfo().gpu;
  expect(after.submits - before.submits).toBe(10);
  expect(after.uploads - before.uploads).toBe(0);
  expect(after.readBacks).toBe(before.readBacks);
  const expected = [3, 5, 7].map((value, k) => {
    let result = value;
    for (let turn = 0; turn < 10; turn++) result = 2 * result + k + 1;
    return result;
  });
  expect([...(await y.data())]).toEqual(expected);
});

test('calling it at once is refused with advice', () => {
  const double = lz.compile((x: lz.LazyArray) => x.mul(2), { target: 'webgpu' });
  expect(() => double(Float32Array.of(1))).toThrow(lz.DeviceError);
});

test('on the CPU `async` gives what the call gives', async () => {
  const double = lz.compile((x: lz.LazyArray) => x.mul(2), { target: 'js' });
  expect((await double.async(Float32Array.of(1, 4))).toString()).toBe(
    double(Float32Array.of(1, 4)).toString(),
  );
});
