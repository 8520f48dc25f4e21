/** What no device can hold in one shader, buffer or grid never fails a user. */
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { configureGpu, closeGpu } from '../../src/runtime/gpu/device.ts';

const options = { target: 'webgpu', memo: false } as const;
const ramp = (n: number, from = 0): lz.LazyArray<'float32'> =>
  lz.asArray(Float32Array.from({ length: n }, (_, i) => from + (i % 1000)));

test('a plan of 30 inputs', async () => {
  const inputs = Array.from({ length: 30 }, (_, k) => ramp(1000, k));
  const sum = inputs.reduce((total, x) => total.add(x) as lz.LazyArray<'float32'>);
  const product = inputs.reduce((total, x, k) => total.add(x.mul(k)) as lz.LazyArray<'float32'>);
  await lz.evaluate([sum, product], options);
  expect(await sum.data()).toEqual(sumOf(inputs.map((x) => x.dataSync())));
  expect((await product.data())[7]).toBe(
    inputs.reduce((total, x, k) => total + (k === 0 ? 1 : k) * (x.dataSync()[7] ?? 0), 0),
  );
});

function sumOf(arrays: readonly Float32Array[]): Float32Array {
  const total = new Float32Array(arrays[0]?.length ?? 0);
  for (const array of arrays) array.forEach((value, k) => (total[k] = (total[k] ?? 0) + value));
  return total;
}

test('more than 65,535 workgroups', async () => {
  // An invocation makes four elements of a byte, a workgroup has 256 at the most: 200,000 workgroups.
  const n = 200_000 * 256 * 4 + 1;
  const values = new Uint8Array(n);
  values.set([250, 7], n - 2);
  const y = await lz.asArray(values, { copy: false }).add(5).on('webgpu').data({ copy: false, memo: false });
  expect(y.length).toBe(n);
  expect([...y.subarray(n - 3)]).toEqual([5, 255, 12]);
  // One that was left out would be 0.
  expect(y.every((value) => value >= 5)).toBe(true);
});

test('a scalar, an empty array, rank 9', async () => {
  const scalar = lz.array(2, { dtype: 'float32' });
  expect(await scalar.mul(3).on('webgpu').data()).toEqual(Float32Array.of(6));
  const empty = lz.zeros([0, 3], { dtype: 'float32' });
  expect(await empty.add(1).on('webgpu').data()).toEqual(new Float32Array(0));
  expect(await empty.sum().on('webgpu').data()).toEqual(Float32Array.of(0));
  expect(await empty.sum(0).on('webgpu').data()).toEqual(new Float32Array(3));
  const deep = ramp(2 ** 9).reshape([2, 2, 2, 2, 2, 2, 2, 2, 2]);
  const turned = deep.permuteDims([8, 0, 7, 1, 6, 2, 5, 3, 4]);
  expect(await turned.mul(2).on('webgpu').data()).toEqual(turned.mul(2).dataSync());
  expect(await turned.add(deep).sum([0, 4, 8]).on('webgpu').data()).toEqual(
    turned.add(deep).sum([0, 4, 8]).dataSync(),
  );
});

describe('sizes that are no multiple of 4 bytes', () => {
  for (const dtype of ['bool', 'int8', 'uint8', 'int16', 'uint16'] as const)
    for (const n of [1, 2, 3, 5, 1023])
      test(`${n} ${dtype}`, async () => {
        const x = lz.asArray(Int32Array.from({ length: n }, (_, i) => (i * 37) % 100)).astype(dtype);
        const y = dtype === 'bool' ? x.logicalNot() : x.add(x);
        expect(await y.on('webgpu').data()).toEqual(y.dataSync());
        const part = x.slice([1, null, 2]);
        expect(await part.astype('int32').on('webgpu').data()).toEqual(part.astype('int32').dataSync());
      });
});

test('an array of 300 MiB', async () => {
  const n = 300 * 2 ** 18;
  const x = lz.asArray(new Float32Array(n).fill(1.5), { copy: false });
  const y = await x.mul(2).evaluate(options);
  expect(
    await y
      .slice([n - 3, null])
      .on('webgpu')
      .data(),
  ).toEqual(Float32Array.of(3, 3, 3));
  expect(await y.sum().on('webgpu').data()).toEqual(Float32Array.of(3 * n));
});

test('what is larger than a binding is computed on the CPU, and explain says so', async () => {
  await closeGpu();
  configureGpu({ limits: { maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 28 } });
  try {
    const n = 2 ** 25 + 4;
    const x = lz.asArray(new Float32Array(n).fill(1), { copy: false });
    const sum = await x.add(x).sum().evaluate(options);
    expect(sum.explain().toString()).toContain('runs instead');
    expect(sum.item()).toBe(2 * n);
    const double = lz.compile((a) => a.add(a).sum(), { target: 'webgpu' });
    const doubled = await double.async(x);
    expect(doubled.explain().toString()).toMatch(/would take \d+ bytes in one buffer, .*runs instead/);
    expect(doubled.item()).toBe(2 * n);
    const small = await double.async(ramp(10));
    expect(small.explain().toJSON().plan.target).toBe('webgpu');
    expect(await small.data()).toEqual(Float32Array.of(90));
  } finally {
    configureGpu({ limits: {} });
    await closeGpu();
  }
});
