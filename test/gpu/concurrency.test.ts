/** Many things at once: evaluations and reads that compete for the room of the device, and changes in between. */
import { afterEach, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

const options = { target: 'webgpu', memo: false } as const;
const MiB = 2 ** 20;
const ramp = (n: number): lz.LazyArray<'float32'> =>
  lz.asArray(Float32Array.from({ length: n }, (_, i) => i % 1000));

afterEach(() => {
  lz.configure({ gpuBytes: 2048 * MiB });
});

/** Until the work of an evaluation has been given to the device. */
async function submitted(work: () => Promise<unknown>): Promise<Promise<unknown>> {
  const before = lz.cacheInfo().gpu.submits;
  const pending = work();
  while (lz.cacheInfo().gpu.submits === before) await new Promise(setImmediate);
  return pending;
}

const forgetOnDevice = (): void => {
  lz.configure({ gpuBytes: 0 });
  lz.configure({ gpuBytes: 2048 * MiB });
};

describe('inputs stay until the work that needs them is submitted', () => {
  test('200 evaluations at once, of more arrays than stay on the device', async () => {
    const x = ramp(1000);
    const inputs = Array.from({ length: 200 }, (_, k) => x.add(k));
    for (const input of inputs) await input.evaluate(options);
    const results = await Promise.all(inputs.map((input) => input.mul(3).evaluate(options)));
    for (const [k, result] of results.entries()) expect((await result.data())[999]).toBe(3 * (999 + k));
  });

  test('with inputs of two, in little room', async () => {
    lz.configure({ gpuBytes: 4 * MiB });
    const x = ramp(MiB / 8);
    const inputs = Array.from({ length: 12 }, (_, k) => x.add(k));
    for (const input of inputs) await input.evaluate(options);
    const sums = await Promise.all(
      inputs.map((input, k) => input.add(inputs[(k + 5) % 12] ?? x).evaluate(options)),
    );
    for (const [k, sum] of sums.entries()) expect((await sum.data())[7]).toBe(14 + k + ((k + 5) % 12));
  });
});

test('the CPU computes beside a GPU that computes a part of the same', async () => {
  // What is fetched takes longer than what is computed meanwhile, its shader being there.
  await ramp(1000).mul(99).evaluate(options);
  const big = await lz
    .asArray(new Float32Array(2 ** 22).fill(1))
    .mul(2)
    .evaluate(options);
  const parts = Array.from({ length: 30 }, (_, k) => ramp(1000).mul(k));
  const results = await Promise.all(
    parts.flatMap((part) => [
      part.add(big.sum()).data({ target: 'wasm', memo: false }),
      part.evaluate(options).then((array) => array.data()),
    ]),
  );
  results.forEach((values, position) => {
    const k = position >> 1;
    expect(values[7]).toBe(position % 2 === 0 ? 7 * k + 2 ** 23 : 7 * k);
  });
});

test('work that can never have room fails at once, however many there are', async () => {
  lz.configure({ gpuBytes: MiB });
  const x = ramp(MiB);
  const all = await Promise.allSettled(Array.from({ length: 12 }, (_, k) => x.add(k).evaluate(options)));
  for (const outcome of all) expect(outcome.status).toBe('rejected');
});

describe('reads wait for each other where there is no room for all', () => {
  test('of results that had to leave', async () => {
    lz.configure({ gpuBytes: 4 * MiB });
    const one = lz.asArray(Float32Array.of(1));
    const results = Array.from({ length: 8 }, (_, k) => one.add(lz.full([MiB / 4], k, { dtype: 'float32' })));
    for (const result of results) await result.evaluate(options);
    const values = await Promise.all(results.map((result) => result.data()));
    expect(values.map((array) => array.at(-1))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('of 300 small results', async () => {
    const x = ramp(1000);
    const results = Array.from({ length: 300 }, (_, k) => x.add(k));
    for (const result of results) await result.evaluate(options);
    const values = await Promise.all(results.map((result) => result.data()));
    for (const [k, array] of values.entries()) expect(array[1]).toBe(1 + k);
  });
});

describe('memory that is written to', () => {
  test('after the work was submitted: results are of before, what is computed from them later too', async () => {
    const memory = Float32Array.of(1, 2, 3, 4);
    const x = lz.asArray(memory, { copy: false });
    const y = x.take(lz.array([0, 1], { dtype: 'int32' }));
    const pending = await submitted(() => y.evaluate(options));
    memory.fill(7);
    x.touch();
    await pending;
    forgetOnDevice();
    expect(await y.data()).toEqual(Float32Array.of(1, 2));
  });

  test('what is built on a pending array before and evaluated after reads what is there by then', async () => {
    const memory = Float32Array.of(1, 2, 3, 4);
    const x = lz.asArray(memory, { copy: false });
    const y = x.take(lz.array([0, 1], { dtype: 'int32' }));
    const z = y.mul(10);
    const pending = await submitted(() => y.evaluate(options));
    memory.fill(7);
    x.touch();
    await pending;
    expect(await z.data(options)).toEqual(Float32Array.of(70, 70));
  });

  test.each(['auto', 'js', 'webgpu'] as const)('%s: compiled functions read at the call', async (target) => {
    const double = lz.compile((x: lz.LazyArray<'float32'>) => x.mul(2), { target });
    const memory = new Float32Array(1);
    const pending = [1, 2, 3].map((value) => {
      memory[0] = value;
      return double.async(memory);
    });
    memory[0] = 100;
    const results = await Promise.all(pending);
    expect(await Promise.all(results.map(async (result) => (await result.data())[0]))).toEqual([2, 4, 6]);
  });
});

test('an array that has its values keeps them while another evaluation of it ends', async () => {
  const x = ramp(10).add(1);
  const pending = x.data(options);
  expect(x.dataSync()[3]).toBe(4);
  for (let k = 0; k < 50; k++) {
    await new Promise(setImmediate);
    expect(x.dataSync()[3]).toBe(4);
  }
  expect((await pending)[3]).toBe(4);
});
