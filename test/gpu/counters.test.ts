/** What a run on a GPU costs besides its kernels, counted exactly: submits, pipelines, read-backs, memory. */
import { beforeEach, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

const gpu = (): lz.CacheInfo['gpu'] => lz.cacheInfo().gpu;
const options = { target: 'webgpu', memo: false } as const;
const floats = (n: number, factor = 1): lz.LazyArray<'float32'> =>
  lz.asArray(Float32Array.from({ length: n }, (_, i) => ((i * 7919) % 1000) * factor));

beforeEach(() => {
  lz.clearCache();
});

test('one submit per plan, however many kernels it has', async () => {
  const x = floats(5000).reshape(50, 100);
  const y = x.matmul(x.T).sum(0).sub(1).exp();
  const z = x.sub(x.mean(1, { keepdims: true })).max(0);
  const before = gpu().submits;
  await lz.evaluate([y, z], options);
  expect(gpu().submits - before).toBe(1);
  expect(y.explain().toJSON().plan.kernels.length).toBeGreaterThan(1);
});

test('other sizes and other scalars build no pipeline', async () => {
  const run = async (n: number, factor: number): Promise<void> => {
    const x = floats(n);
    await x.mul(factor).add(x.sum()).sqrt().evaluate(options);
  };
  await run(1000, 2.5);
  const { pipelines } = gpu();
  expect(pipelines).toBeGreaterThan(0);
  for (const n of [1004, 1001, 1003, 2, 401, 1997]) await run(n, n / 7);
  expect(gpu().pipelines).toBe(pipelines);
});

test('nothing is read back before data is asked for', async () => {
  const x = floats(1000);
  const before = gpu().readBacks;
  const y = await x.mul(2).evaluate(options);
  const z = await y.add(x).sum().evaluate(options);
  await lz.synchronize();
  expect(gpu().readBacks).toBe(before);
  await z.data();
  expect(gpu().readBacks).toBe(before + 1);
  // Once read, the values are in memory.
  await z.data();
  expect(z.item()).toBeTypeOf('number');
  expect(gpu().readBacks).toBe(before + 1);
});

test('an array is uploaded once, and results are not uploaded at all', async () => {
  const x = floats(1000);
  const before = gpu().uploads;
  const y = await x.mul(2).evaluate(options);
  await y.sub(x).evaluate(options);
  await y.add(x).evaluate(options);
  expect(gpu().uploads - before).toBe(1);
});

test('what was changed is uploaded again', async () => {
  const memory = Float32Array.of(1, 2, 3);
  const x = lz.asArray(memory, { copy: false });
  expect(await x.mul(2).on('webgpu').data()).toEqual(Float32Array.of(2, 4, 6));
  memory[0] = 10;
  x.touch();
  expect(await x.mul(2).on('webgpu').data()).toEqual(Float32Array.of(20, 4, 6));
});

test('a remembered result is not computed again', async () => {
  const x = floats(100);
  const first = await x.exp().evaluate({ target: 'webgpu' });
  const before = gpu().submits;
  const second = await x.exp().evaluate({ target: 'webgpu' });
  expect(gpu().submits).toBe(before);
  expect(await second.data()).toEqual(await first.data());
});

test('1,000 evaluations leave the pool at a steady size', async () => {
  lz.configure({ gpuBytes: 32 * 2 ** 20 });
  try {
    const x = floats(100_000);
    const reserved: number[] = [];
    for (let k = 0; k < 1000; k++) {
      const y = await x.mul(k).add(1).evaluate(options);
      if (k % 250 === 249) {
        expect((await y.slice([0, 2]).evaluate(options)).dtype).toBe('float32');
        reserved.push(gpu().memory?.reservedBytes ?? NaN);
      }
    }
    for (const bytes of reserved) expect(bytes).toBeLessThanOrEqual(32 * 2 ** 20);
    expect(reserved.at(-1)).toBeLessThanOrEqual(1.25 * (reserved[1] ?? 0));
  } finally {
    lz.configure({ gpuBytes: 2 * 2 ** 30 });
  }
});

test('results that cannot be computed again are read back to make room', async () => {
  lz.configure({ gpuBytes: 4 * 2 ** 20 });
  try {
    // Memory that its owner may write to cannot be counted on.
    const memory = Float32Array.from({ length: 100_000 }, (_, i) => i);
    const x = lz.asArray(memory, { copy: false });
    const results: lz.LazyArray<'float32'>[] = [];
    for (let k = 0; k < 30; k++) results.push(await x.add(k).evaluate(options));
    memory.fill(-1);
    x.touch();
    for (const [k, result] of results.entries()) expect((await result.data())[99_999]).toBe(99_999 + k);
    expect(gpu().memory?.reservedBytes).toBeLessThanOrEqual(4 * 2 ** 20);
  } finally {
    lz.configure({ gpuBytes: 2 * 2 ** 30 });
  }
});

test('a planned end reads back what cannot be computed again', async () => {
  const memory = Float32Array.from({ length: 1000 }, (_, i) => i);
  const x = lz.asArray(memory, { copy: false });
  const sure = await floats(1000).add(1).evaluate(options);
  const unsure = await x.add(1).evaluate(options);
  memory.fill(-1);
  x.touch();
  const before = gpu().readBacks;
  await lz.shutdown();
  expect(gpu().readBacks).toBe(before + 1);
  expect((await unsure.data())[999]).toBe(1000);
  expect((await sure.data())[1]).toBe(920);
});

test('a loop that replaces its result reads next to nothing back, however little room there is', async () => {
  lz.configure({ gpuBytes: 4 * 2 ** 20 });
  try {
    let x = floats(100_000);
    const before = gpu().readBacks;
    for (let k = 0; k < 200; k++) x = await (x.add(1) as lz.LazyArray<'float32'>).evaluate(options);
    // What came of 32 others that had to leave is not computed again, but read back.
    expect(gpu().readBacks - before).toBeLessThanOrEqual(Math.ceil(200 / 32));
    expect((await x.data())[1]).toBe(919 + 200);
  } finally {
    lz.configure({ gpuBytes: 2 * 2 ** 30 });
  }
});

test('results that had to make room are computed again when they are read', async () => {
  lz.configure({ gpuBytes: 4 * 2 ** 20 });
  try {
    const x = floats(100_000);
    const results = await Promise.all(Array.from({ length: 30 }, (_, k) => x.add(k).evaluate(options)));
    for (const [k, result] of results.entries()) {
      const values = await result.data();
      expect(values[0]).toBe(k);
      expect(values[99_999]).toBe(((99_999 * 7919) % 1000) + k);
    }
    expect(gpu().memory?.reservedBytes).toBeLessThanOrEqual(4 * 2 ** 20);
  } finally {
    lz.configure({ gpuBytes: 2 * 2 ** 30 });
  }
});
