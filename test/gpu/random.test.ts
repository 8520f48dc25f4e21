/** Random numbers on a GPU: the words are the same everywhere, and so is what follows from them without a function. */
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';
import { expectSameBits } from '../support/bits.ts';

const { random } = lz;
const key = random.key(0x1234567890abcdefn);
const shape = [31, 67];
const onGpu = { target: 'webgpu', memo: false } as const;
const onCpu = { target: 'js', memo: false } as const;

describe('the bits of the CPU', () => {
  const samplers: Readonly<Record<string, () => LazyArray>> = {
    uniform: () => random.uniform(key, shape, { dtype: 'float32' }),
    'uniform in a range': () => random.uniform(key, shape, { low: -0.1, high: 0.3, dtype: 'float32' }),
    bernoulli: () => random.bernoulli(key, shape),
    'bernoulli, rarely': () => random.bernoulli(key, shape, { p: 0.01 }),
    'bernoulli, always': () => random.bernoulli(key, shape, { p: 1 }),
    dice: () => random.integers(key, 1, 7, shape),
    bytes: () => random.integers(key, 0, 256, shape, { dtype: 'uint8' }),
    words: () => random.integers(key, 0, 2 ** 32, shape, { dtype: 'uint32' }),
    'signed words': () => random.integers(key, -(2 ** 31), 2 ** 31, shape),
    choice: () => random.choice(key, 10, shape),
    'a derived key': () =>
      random.uniform(random.foldIn(key, lz.array(5, { dtype: 'int32' })), shape, { dtype: 'float32' }),
    'a shuffled array': () => random.shuffle(key, lz.arange(100, { dtype: 'int32' })),
  };
  test.each(Object.entries(samplers))('%s', async (_, sampler) => {
    expectSameBits([await sampler().data(onGpu)], [await sampler().data(onCpu)]);
  });
});

/** The largest difference, in units of 2^-23 of the value, or of 1 where that is more. */
async function furthest(sampler: () => LazyArray<'float32'>): Promise<number> {
  const [gpu, cpu] = [await sampler().data(onGpu), await sampler().data(onCpu)];
  return Math.max(
    ...cpu.map((value, k) => (Math.abs((gpu[k] ?? NaN) - value) / Math.max(1, Math.abs(value))) * 2 ** 23),
  );
}

// The uniform number under the function may be off by its last bit, both functions by their bounds, which are 3 and 1.
test('normal and exponential numbers are those of the CPU but for a few last bits', async () => {
  expect(await furthest(() => random.normal(key, shape, { dtype: 'float32' }))).toBeLessThanOrEqual(6);
  expect(await furthest(() => random.exponential(key, shape, { dtype: 'float32' }))).toBeLessThanOrEqual(4);
});

test('what needs float64 or int64 is refused, with what to do', async () => {
  for (const array of [
    random.uniform(key, shape),
    random.normal(key, shape),
    random.exponential(key, shape),
    random.integers(key, 0n, 10n ** 15n, shape),
    random.choice(key, 3, shape, { p: [1, 2, 3] }),
  ]) {
    const outcome = array.data(onGpu);
    await expect(outcome).rejects.toThrow(lz.DTypeError);
    await expect(outcome).rejects.toThrow(/cast the inputs/);
  }
});
