/** Launch tables over threads: the bits of one thread, whoever takes which launch, and whatever befalls the threads. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';
import { threadPool } from '../../src/runtime/parallel/threads.ts';
import { expectSameBits } from '../support/bits.ts';
import { presence, randomParts, startThreads } from '../support/threads.ts';
import { happened, newTrouble, order } from '../support/trouble.ts';

const key = lz.random.key(11);
const normals = (i: number, length: number): LazyArray<'float64'> =>
  lz.random.normal(lz.random.foldIn(key, i), length);

/** Heavy enough to be handed out one by one: one kernel, rows that need memory of the thread, kernels in a row. */
const families: Readonly<Record<string, (i: number) => LazyArray>> = {
  'sums of products': (i) =>
    normals(2 * i, 200 + i)
      .mul(normals(2 * i + 1, 200 + i))
      .sum(),
  softmax: (i) => {
    const x = normals(i, 60 * (5 + (i % 9))).reshape([60, -1]);
    const e = x.sub(x.max(1, { keepdims: true })).exp();
    return e.div(e.sum(1, { keepdims: true })).mul(i + 0.5);
  },
  'products of matrices': (i) => {
    const x = normals(i, 40 * (3 + (i % 7))).reshape([40, -1]);
    return x.matmul(x.T).sum(0).argmax();
  },
};
const names = Object.keys(families);
const items = 400;

const together = (name: string): LazyArray[] => {
  const arrays = Array.from({ length: items }, (_, i) => families[name]?.(i) ?? lz.zeros([]));
  lz.evaluateSync(arrays, { memo: false, target: 'wasm' });
  return arrays;
};
const expected = new Map<string, readonly LazyArray[]>();

beforeAll(() => {
  lz.configure({ threads: 1 });
  for (const name of names) expected.set(name, together(name));
});
beforeEach(() => {
  lz.clearCache();
});

const expectExpected = (name: string, arrays: readonly LazyArray[]): void => {
  const values = (list: readonly LazyArray[]) => list.map((array) => array.dataSync());
  expectSameBits(values(arrays), values(expected.get(name) ?? []), name);
};

describe.each([2, 3, 8])('%i threads', (threads) => {
  const trouble = newTrouble();
  let end: () => Promise<void>;

  beforeAll(async () => {
    end = await startThreads(threads, { ...randomParts(threads), threshold: 0 }, trouble);
  });
  afterAll(async () => {
    order(trouble, 'claimed', 'none', 0);
    await end();
  });

  test.each(names)('%s', (name) => {
    const pool = threadPool();
    pool?.startProfile();
    const arrays = together(name);
    const launches = pool?.endProfile().reduce((sum, use) => sum + use.launches, 0) ?? 0;
    expect(launches).toBeGreaterThanOrEqual(items);
    expectExpected(name, arrays);
  });

  test.each(names)('%s, with threads that are late', (name) => {
    order(trouble, 'claimed', 'delay', 60, true);
    expectExpected(name, together(name));
    expect(happened(trouble)).toBeGreaterThan(0);
  });

  test.each(names)('%s, with threads that end', async (name) => {
    for (const stage of ['ticket', 'claimed', 'ran'] as const) {
      await presence(threads);
      order(trouble, stage, 'exit', 1);
      expectExpected(name, together(name));
      order(trouble, stage, 'none', 0);
    }
  });

  test('an index out of range is an IndexError, whoever meets it', () => {
    const x = lz.array(Float64Array.from({ length: 3000 }, (_, k) => k));
    const pick = (i: number): LazyArray => {
      const indices = Int32Array.from({ length: 3000 }, (_, k) => (k * 7) % 3000);
      indices[i] = i === 333 ? 3000 : 5;
      return x.take(lz.array(indices).add(0)).sum();
    };
    const roots = Array.from({ length: items }, (_, i) => pick(i));
    expect(() => lz.evaluateSync(roots, { target: 'wasm' })).toThrow(lz.IndexError);
    const name = names[0] ?? '';
    expectExpected(name, together(name));
  });

  test('parallelMap', async () => {
    const name = names[0] ?? '';
    const arrays = await lz.parallelMap(items, families[name] ?? (() => lz.zeros([])), { target: 'wasm' });
    expectExpected(name, arrays);
  });
});
