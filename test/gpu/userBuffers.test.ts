/** Arrays that share buffers with WebGPU code of the user. */
import { expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { configureGpu } from '../../src/runtime/gpu/device.ts';

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

const bufferOf = async (...values: readonly number[]): Promise<GPUBuffer> => {
  const device = await lz.gpuDevice();
  const buffer = device.createBuffer({ size: 16, usage: storage | copySource | copyDestination });
  device.queue.writeBuffer(buffer, 0, Float32Array.from(values));
  return buffer;
};
const twice = async (buffer: GPUBuffer): Promise<Float32Array> =>
  lz.fromGPUBuffer(buffer).mul(2).data({ target: 'webgpu' });

test('a buffer that is gone is an error whenever it is read, and of all that is computed from it', async () => {
  expect(await twice(await bufferOf(1, 2, 3, 4))).toEqual(Float32Array.of(2, 4, 6, 8));
  const gone = await bufferOf(5, 6, 7, 8);
  gone.destroy();
  await expect(twice(gone)).rejects.toThrow(lz.DeviceError);
  await expect(lz.fromGPUBuffer(gone).data()).rejects.toThrow(lz.DeviceError);
  const derived = await lz.fromGPUBuffer(gone).sub(100).evaluate({ target: 'webgpu' });
  await expect(derived.add(5).data({ target: 'webgpu' })).rejects.toThrow(lz.DeviceError);
  await expect(derived.add(5).toGPUBuffer()).rejects.toThrow(lz.DeviceError);
  await expect(derived.data()).rejects.toThrow(lz.DeviceError);
  expect(await twice(await bufferOf(1, 2, 3, 4))).toEqual(Float32Array.of(2, 4, 6, 8));
});

test('so is a buffer of a device that was lost', async () => {
  const old = await bufferOf(5, 6, 7, 8);
  await lz.shutdown();
  expect(await twice(await bufferOf(1, 2, 3, 4))).toEqual(Float32Array.of(2, 4, 6, 8));
  await expect(twice(old)).rejects.toThrow(lz.DeviceError);
});

test('a buffer that is written to again: results so far stay, touch() tells of what is new', async () => {
  const device = await lz.gpuDevice();
  const frame = await bufferOf(0, 0, 0, 0);
  const x = lz.fromGPUBuffer(frame);
  const results: lz.LazyArray[] = [];
  for (const value of [1, 2]) {
    device.queue.writeBuffer(frame, 0, new Float32Array(4).fill(value));
    x.touch();
    results.push(await x.mul(10).evaluate({ target: 'webgpu' }));
    expect(await x.data()).toEqual(new Float32Array(4).fill(value));
  }
  lz.configure({ gpuBytes: 0 });
  lz.configure({ gpuBytes: 2 ** 31 });
  expect(await Promise.all(results.map(async (result) => (await result.data())[0]))).toEqual([10, 20]);
});

test('what the CPU has read of a buffer is stale after touch(), too', async () => {
  const device = await lz.gpuDevice();
  const length = 200_000;
  const frame = device.createBuffer({ size: 4 * length, usage: storage | copySource | copyDestination });
  const x = lz.fromGPUBuffer(frame);
  for (const value of [1, 2, 3]) {
    device.queue.writeBuffer(frame, 0, new Float32Array(length).fill(value));
    x.touch();
    for (const target of ['wasm', 'js', 'webgpu'] as const)
      expect(await x.sum().data({ target, memo: false })).toEqual(Float32Array.of(length * value));
    expect((await x.data()).at(-1)).toBe(value);
  }
});

test('a copy of what is gone, or too large for a buffer, is an error; one of values that were lost is made', async () => {
  const gone = await bufferOf(1, 2, 3, 4);
  gone.destroy();
  await expect(lz.fromGPUBuffer(gone).toGPUBuffer()).rejects.toThrow(lz.DeviceError);
  const device = await lz.gpuDevice();
  const y = await lz
    .asArray(Float32Array.of(1, 2, 3))
    .add(1)
    .evaluate({ target: 'webgpu' });
  const pending = y.toGPUBuffer();
  device.destroy();
  const copy = await pending;
  expect(await lz.fromGPUBuffer(copy, { shape: [3] }).data()).toEqual(Float32Array.of(2, 3, 4));
  await lz.shutdown();
  configureGpu({ limits: { maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 28 } });
  try {
    const large = lz.asArray(new Float32Array(2 ** 25 + 4), { copy: false });
    await expect(large.toGPUBuffer()).rejects.toThrow(/takes 134217744 bytes in one buffer/);
  } finally {
    configureGpu({ limits: {} });
    await lz.shutdown();
  }
});

test('a buffer of ones own has the size of the values, in whole vectors', async () => {
  for (const [length, size] of [
    [3, 16],
    [4, 16],
    [5, 32],
    [1000, 4000],
  ] as const) {
    const x = lz.asArray(Float32Array.from({ length }, (_, i) => i));
    const buffer = await x.toGPUBuffer();
    expect(buffer.size).toBe(size);
    expect((await lz.fromGPUBuffer(buffer, { shape: [length] }).data()).at(-1)).toBe(length - 1);
    buffer.destroy();
  }
});

test('making a buffer keeps what it is made of', async () => {
  lz.configure({ gpuBytes: 1.5 * 2 ** 20 });
  try {
    const one = lz.asArray(Float32Array.of(1));
    const y = await one.add(lz.zeros([2 ** 18], { dtype: 'float32' })).evaluate({ target: 'webgpu' });
    const buffer = await y.toGPUBuffer();
    expect((await lz.fromGPUBuffer(buffer).data()).every((value) => value === 1)).toBe(true);
    buffer.destroy();
  } finally {
    lz.configure({ gpuBytes: 2 ** 31 });
  }
});

test('what does not qualify is refused', async () => {
  const device = await lz.gpuDevice();
  const uniform = device.createBuffer({ size: 16, usage: copyDestination });
  expect(() => lz.fromGPUBuffer(uniform)).toThrow(lz.DeviceError);
  const small = device.createBuffer({ size: 16, usage: storage | copySource });
  expect(() => lz.fromGPUBuffer(small, { shape: [5] })).toThrow(lz.ShapeError);
  expect(() => lz.fromGPUBuffer(small, { dtype: 'float64' })).toThrow(lz.DTypeError);
  const odd = device.createBuffer({ size: 18, usage: storage | copySource });
  expect(() => lz.fromGPUBuffer(odd, { shape: [4] })).toThrow(/multiple of 4/);
  const tiny = device.createBuffer({ size: 4, usage: storage | copySource });
  expect(() => lz.fromGPUBuffer(tiny, { shape: [0] })).toThrow(lz.ShapeError);
  for (const none of [null, undefined, {}, new Float32Array(4)])
    expect(() => lz.fromGPUBuffer(none as never)).toThrow(/GPUBuffer/);
  // All elements that fit, in whole vectors.
  const large = device.createBuffer({ size: 36, usage: storage | copySource });
  expect(lz.fromGPUBuffer(large).shape).toEqual([8]);
  await expect(lz.arange(3).toGPUBuffer()).rejects.toThrow(lz.DTypeError);
});
