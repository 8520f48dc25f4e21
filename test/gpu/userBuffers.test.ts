/** Arrays that share buffers with WebGPU code of the user. */
import { expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

const storage = 0x80;
const copySource = 0x4;
const copyDestination = 0x8;

test('an array over a buffer reads what is in it, without a copy', async () => {
  const device = await lz.gpuDevice();
  const buffer = device.createBuffer({ size: 16, usage: storage | copySource | copyDestination });
  device.queue.writeBuffer(buffer, 0, Float32Array.of(1, 2, 3, 4));
  const x = lz.fromGPUBuffer(buffer, { shape: [2, 2] });
  const before = lz.cacheInfo().gpu.uploads;
  expect(await x.mul(2).on('webgpu').data()).toEqual(Float32Array.of(2, 4, 6, 8));
  expect(lz.cacheInfo().gpu.uploads).toBe(before);
  expect(await x.data()).toEqual(Float32Array.of(1, 2, 3, 4));
  // On the CPU as well.
  expect(await x.sum().data()).toEqual(Float32Array.of(10));
});

test('a result as a buffer of ones own', async () => {
  const device = await lz.gpuDevice();
  const x = lz.asArray(Float32Array.of(1, 2, 3));
  const buffer = await x.add(1).on('webgpu').toGPUBuffer();
  const again = lz.fromGPUBuffer(buffer, { shape: [3] });
  expect(await again.data()).toEqual(Float32Array.of(2, 3, 4));
  expect(buffer.size % 16).toBe(0);
  buffer.destroy();
  expect(device.limits.maxBufferSize).toBeGreaterThan(0);
});

test('what does not qualify is refused', async () => {
  const device = await lz.gpuDevice();
  const uniform = device.createBuffer({ size: 16, usage: copyDestination });
  expect(() => lz.fromGPUBuffer(uniform)).toThrow(lz.DeviceError);
  const small = device.createBuffer({ size: 16, usage: storage | copySource });
  expect(() => lz.fromGPUBuffer(small, { shape: [5] })).toThrow(lz.ShapeError);
  expect(() => lz.fromGPUBuffer(small, { dtype: 'float64' })).toThrow(lz.DTypeError);
  await expect(lz.arange(3).toGPUBuffer()).rejects.toThrow(lz.DTypeError);
});
