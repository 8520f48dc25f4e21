/** Devices that are lost, memory that runs out, work that is refused: typed errors, or results that are right. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { PipelineCache } from '../../src/runtime/gpu/pipelines.ts';
import { closeGpu, currentGpu, openGpu } from '../../src/runtime/gpu/device.ts';
import { runs } from '../support/runs.ts';

const options = { target: 'webgpu', memo: false } as const;
const ramp = (n: number): lz.LazyArray<'float32'> =>
  lz.asArray(Float32Array.from({ length: n }, (_, i) => i % 1000));

afterEach(() => {
  lz.configure({ gpuBytes: 2 * 2 ** 30, target: 'auto' });
});

describe('a lost device', () => {
  test('takes nothing along that can be computed again', async () => {
    const x = ramp(1000);
    const y = await x.mul(2).evaluate(options);
    const z = await y.add(1).evaluate(options);
    await closeGpu();
    expect((await z.data())[10]).toBe(21);
    await closeGpu();
    expect((await y.data())[10]).toBe(20);
    expect((await y.sub(z).on('webgpu').data())[10]).toBe(-1);
  });

  test('100 losses at random moments: every result is right', async () => {
    let losses = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(6), fc.nat(3), fc.integer({ min: 1, max: 4000 }), async (turns, when, n) => {
        const x = ramp(n);
        const kept = await x.mul(3).evaluate(options);
        const pending = kept.mul(5).evaluate(options);
        // At some turn of the event loop while work is under way.
        for (let k = 0; k < turns; k++) await (k % 2 === 0 ? Promise.resolve() : new Promise(setImmediate));
        const gpu = currentGpu();
        if (gpu !== undefined) {
          losses++;
          gpu.handle.destroy();
        }
        const reading = when === 0 ? kept.data() : undefined;
        const y = await pending;
        const last = n - 1;
        const value = last % 1000;
        if (when === 1) currentGpu()?.handle.destroy();
        expect((await y.data())[last]).toBe(15 * value);
        expect((await kept.data())[last]).toBe(3 * value);
        if (reading !== undefined) expect((await reading)[last]).toBe(3 * value);
      }),
      { numRuns: runs(100), seed: 20260101 },
    );
    expect(losses).toBeGreaterThanOrEqual(90);
  });

  test('during a read of several pieces', async () => {
    // Over 64 MiB: pieces are on their way while one is awaited.
    const y = lz.asArray(Float32Array.of(1)).add(lz.zeros([20_000_000], { dtype: 'float32' }));
    await y.evaluate(options);
    await lz.synchronize();
    for (const milliseconds of [0, 5, 20]) {
      const reading = y.add(milliseconds).data(options);
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      currentGpu()?.handle.destroy();
      expect((await reading)[19_999_999]).toBe(1 + milliseconds);
    }
  });

  test('whose inputs are gone is a typed error', async () => {
    const make = async (): Promise<lz.LazyArray> => {
      // 4 MiB beside a result of 4 bytes: not worth keeping for it.
      const x = await ramp(2 ** 20)
        .add(1)
        .evaluate(options);
      return x.sum().evaluate(options);
    };
    const sum = await make();
    for (let k = 0; k < 5; k++) {
      globalThis.gc?.();
      await new Promise(setImmediate);
    }
    await closeGpu();
    // Garbage may not have been collected: then the value is right.
    const outcome = await sum.data().then(
      (values) => values[0],
      (error: unknown) => error,
    );
    if (typeof outcome === 'number')
      expect(outcome).toBe(
        ramp(2 ** 20)
          .add(1)
          .sum()
          .item(),
      );
    else expect(outcome).toBeInstanceOf(lz.DeviceError);
  });
});

test('memory that runs out is a DeviceError that says what to do, and state stays intact', async () => {
  await openGpu();
  lz.configure({ gpuBytes: 2 ** 20 });
  const x = ramp(2 ** 19);
  await expect(x.mul(2).evaluate(options)).rejects.toThrow(lz.DeviceError);
  await expect(x.mul(2).evaluate(options)).rejects.toThrow(/map0.*gpuBytes/);
  lz.configure({ gpuBytes: 2 ** 26 });
  expect((await x.mul(2).on('webgpu').data())[7]).toBe(14);
});

test('a shader that does not compile is a DeviceError that names the kernel and the line', async () => {
  const { handle } = await openGpu();
  const shader = { wgsl: '@compute @workgroup_size(1) fn main() {\n  let x = y;\n}', bindings: [], note: '' };
  await expect(new PipelineCache(handle).get(shader, 'map7')).rejects.toThrow(
    /map7 does not compile: line 2/,
  );
  await expect(new PipelineCache(handle).get(shader, 'map7')).rejects.toThrow(lz.DeviceError);
});

test('what the driver does not compile runs on the CPU, is tried once, and explain says why', async () => {
  const { handle } = await openGpu();
  let tried = 0;
  const refuse = (): Promise<GPUComputePipeline> => {
    tried++;
    return Promise.reject(Object.assign(new Error('the shader is too long'), { reason: 'validation' }));
  };
  handle.createComputePipelineAsync = refuse;
  const work = (x: lz.LazyArray): lz.LazyArray => x.mul(7).sub(0.75);
  for (let k = 0; k < 3; k++) {
    const y = await work(ramp(100)).evaluate({ ...options, memo: false });
    expect((await y.data())[10]).toBe(69.25);
    expect(y.explain().toString()).toMatch(/map0 does not compile: the shader is too long: \w+ runs instead/);
  }
  const f = lz.compile(work, { target: 'webgpu' });
  expect((await (await f.async(ramp(100))).data())[10]).toBe(69.25);
  expect(tried).toBe(1);
  await closeGpu();
});

test('an index out of bounds is an IndexError, as on the CPU', async () => {
  const x = ramp(10);
  const positions = lz.asArray(Int32Array.of(1, 12, 3));
  await expect(x.take(positions).evaluate(options)).rejects.toThrow(lz.IndexError);
  await expect(x.take(positions).evaluate(options)).rejects.toThrow(
    'index 12 is out of bounds for axis 0 of size 10',
  );
  expect(
    await x
      .take(lz.asArray(Int32Array.of(-1, 0)))
      .on('webgpu')
      .data(),
  ).toEqual(Float32Array.of(9, 0));
});

test('dtypes that GPUs lack are a DTypeError that says what to do', async () => {
  await expect(lz.arange(3).exp().evaluate(options)).rejects.toThrow(lz.DTypeError);
  await expect(lz.arange(3).exp().evaluate(options)).rejects.toThrow(/astype\('float32'\)/);
  await expect(lz.asArray(Int32Array.of(1)).sum().evaluate(options)).rejects.toThrow(/int64/);
});

test('reading at once is refused with advice', async () => {
  const x = ramp(3);
  expect(() => x.add(1).on('webgpu').dataSync()).toThrow(lz.DeviceError);
  const y = await x.add(1).evaluate(options);
  expect(() => y.toString()).toThrow(/await x\.data\(\)/);
  expect(() => y.add(1).item()).toThrow(lz.LazuliError);
  await y.data();
  expect(y.toString()).toBe('[1. 2. 3.]');
});

test('the CPU computes with what is on the device, asynchronously', async () => {
  const y = await ramp(5).add(1).evaluate(options);
  expect(await y.mul(2).data()).toEqual(Float32Array.of(2, 4, 6, 8, 10));
});

test('auto never picks a software adapter', async () => {
  await openGpu();
  const x = ramp(2 ** 20);
  const y = await x.sin().evaluate({ memo: false });
  const plan = y.explain().toJSON().plan;
  if (currentGpu()?.isSoftware === true) expect(plan.target).not.toBe('webgpu');
  else expect(plan.candidates.map(({ target }) => target)).toContain('webgpu');
});

describe('a process', () => {
  const index = new URL('../../src/index.ts', import.meta.url).href;
  const run = (program: string, env: Record<string, string> = {}): ReturnType<typeof spawnSync> =>
    spawnSync(process.execPath, ['--input-type=module', '-e', `import * as lz from '${index}'; ${program}`], {
      env: { ...process.env, ...env },
      timeout: 60_000,
      encoding: 'utf8',
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
    });

  test('ends by itself with an open device and values on it', () => {
    const { status, stdout } = run(
      `const y = await lz.zeros(5, { dtype: 'float32' }).add(1).evaluate({ target: 'webgpu' }); console.log(y.dtype);`,
    );
    expect(stdout).toBe('float32\n');
    expect(status).toBe(0);
  });

  test('without any adapter says what is missing', () => {
    const { status, stdout } = run(
      `console.log((await lz.devices()).length);
       const x = lz.zeros(5, { dtype: 'float32' }).add(1);
       await x.evaluate({ target: 'webgpu' }).catch((error) => console.log(error.name, error.message));
       console.log((await x.data())[0]);`,
      { VK_ICD_FILENAMES: '/nonexistent.json', VK_DRIVER_FILES: '/nonexistent.json' },
    );
    const [count, error, value] = String(stdout).trim().split('\n');
    expect(count).toBe('0');
    expect(error).toMatch(/^DeviceError webgpu: there is no GPU/);
    expect(value).toBe('1');
    expect(status).toBe(0);
  });
});
