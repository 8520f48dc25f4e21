/**
 * What `auto` does where there is a GPU: which of the targets it expects to be fastest, and that results do not depend
 * on it. The adapter of the tests is made to pass for hardware with costs that are given, so nothing here is timed.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { assumeCosts, calibrate, type GpuCosts } from '../../src/runtime/gpu/calibrate.ts';
import { currentGpu, openGpu, type GpuDevice } from '../../src/runtime/gpu/device.ts';

/** Much faster than any CPU, behind a slow bus. */
const fast: GpuCosts = { run: 20_000, launch: 5000, unit: 1e-4, byte: 1e-3, upload: 0.1, readBack: 0.1 };

async function openHardware(costs = fast): Promise<GpuDevice> {
  const gpu = await openGpu();
  Object.defineProperty(gpu, 'isSoftware', { value: false });
  assumeCosts(gpu, costs);
  return gpu;
}

beforeEach(async () => {
  lz.clearCache();
  await openHardware();
});
afterEach(async () => {
  lz.configure({ gpuBytes: 2 * 2 ** 30 });
  await lz.shutdown();
});

const length = 2 ** 17;
const ramp = (): lz.LazyArray<'float32'> =>
  lz.asArray(Float32Array.from({ length }, (_, i) => 0.1 + i / length));
const heavy = (x: lz.LazyArray<'float32'>): lz.LazyArray<'float32'> =>
  x.exp().add(1).log().sqrt().exp().add(x).log();
const options = { memo: false } as const;

test('much work on few bytes goes to the GPU, and its results are in memory', async () => {
  const x = ramp();
  const before = lz.cacheInfo().gpu;
  const y = await heavy(x).evaluate(options);
  expect(lz.cacheInfo().gpu.submits).toBeGreaterThan(before.submits);
  const { target, reasons, candidates } = y.explain().toJSON().plan;
  expect(target).toBe('webgpu');
  expect(reasons[0]).toMatch(/^auto: js about .*; wasm about .*; webgpu about .*, copying 512\.0 KiB$/);
  expect(candidates.map((candidate) => candidate.target)).toEqual(['js', 'wasm', 'webgpu']);
  const values = y.dataSync();
  const expected = heavy(ramp()).dataSync({ target: 'js' });
  for (let i = 0; i < length; i += 101)
    expect(Math.abs((values[i] ?? NaN) - (expected[i] ?? NaN))).toBeLessThan(1e-5);
});

test('little work on many bytes stays on the CPU, and explain shows what the GPU would have taken', async () => {
  const x = lz.asArray(new Float32Array(2 ** 22), { copy: false });
  const before = lz.cacheInfo().gpu.submits;
  const y = await x.add(1).evaluate(options);
  expect(lz.cacheInfo().gpu.submits).toBe(before);
  const { target, reasons, candidates } = y.explain().toJSON().plan;
  expect(target).not.toBe('webgpu');
  expect(reasons.join()).toMatch(/webgpu about .*, copying 16\.0 MiB/);
  expect(candidates.at(-1)).toMatchObject({ target: 'webgpu', copiedBytes: 2 ** 24, excluded: null });
});

test('what is on the device already need not be copied there', async () => {
  const x = await ramp().mul(2).evaluate({ target: 'webgpu' });
  const y = await heavy(x).sum().evaluate(options);
  const { target, candidates } = y.explain().toJSON().plan;
  expect(target).toBe('webgpu');
  expect(candidates.at(-1)).toMatchObject({ target: 'webgpu', copiedBytes: 0 });
});

test('what no GPU can compute stays on the CPU, and explain says why', async () => {
  const y = await ramp().astype('float64').exp().evaluate(options);
  expect(y.explain().toJSON().plan.reasons.join()).toMatch(/webgpu not: GPUs have no float64/);
});

test('a device that fails leaves the work to the CPU, and explain says so', async () => {
  lz.configure({ gpuBytes: 1024 });
  const y = await heavy(ramp()).evaluate(options);
  const { target, reasons } = y.explain().toJSON().plan;
  expect(target).toBe('wasm');
  expect(reasons.join()).toMatch(/it was tried and failed, .*no room.*: wasm runs instead/);
  expect(y.dataSync()).toEqual(heavy(ramp()).dataSync({ target: 'wasm' }));
});

test('a device that is lost on the way costs nothing but time', async () => {
  const pending = heavy(ramp()).evaluate(options);
  currentGpu()?.handle.destroy();
  const values = (await pending).dataSync();
  const expected = heavy(ramp()).dataSync({ target: 'js' });
  expect(Math.abs((values[7] ?? NaN) - (expected[7] ?? NaN))).toBeLessThan(1e-5);
});

test('a compiled function, called asynchronously, takes the GPU where that should be faster', async () => {
  const f = lz.compile(heavy);
  const y = await f.async(ramp());
  expect(y.explain().toJSON().plan.target).toBe('webgpu');
  const expected = heavy(ramp()).dataSync({ target: 'js' });
  expect(Math.abs((y.dataSync()[7] ?? NaN) - (expected[7] ?? NaN))).toBeLessThan(1e-5);
  const double = lz.compile((x: lz.LazyArray<'float32'>) => x.mul(2));
  const z = await double.async(new Float32Array(2 ** 22).fill(1));
  expect(z.explain().toJSON().plan.target).not.toBe('webgpu');
  expect(z.explain().toString()).toMatch(/webgpu about/);
  expect(z.dataSync()[2 ** 22 - 1]).toBe(2);
  lz.configure({ gpuBytes: 1024 });
  const w = await f.async(ramp());
  expect(w.explain().toString()).toMatch(/it was tried and failed, .*: wasm runs instead/);
  expect(w.dataSync()).toEqual(heavy(ramp()).dataSync({ target: 'wasm' }));
});

test('costs are measured once per device, and make sense', async () => {
  await lz.shutdown();
  const gpu = await openGpu();
  const costs = await calibrate(gpu);
  expect(await calibrate(gpu)).toBe(costs);
  for (const cost of Object.values(costs)) expect(cost).toBeGreaterThan(0);
  expect(costs.run).toBeLessThan(1e9);
});
