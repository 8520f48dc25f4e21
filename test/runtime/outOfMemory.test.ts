/**
 * Values that no memory holds: a `MemoryError` that names the call, the operation, the shape and the bytes; the
 * evaluation before and the one after are as they should be, caches, heap and threads as they were. What no array can
 * hold whatever the memory is a `ShapeError`.
 */
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { limitMemory } from '../support/scarceMemory.ts';
import { randomParts, startThreads } from '../support/threads.ts';

const targets = ['auto', 'js', 'wasm', 'reference'] as const;
const side = 2 ** 11;
const column = lz.arange(side);
const row = lz.ones([side]);
const bytes = 8 * side * side;

const huge: Readonly<Record<string, () => lz.LazyArray>> = {
  outer: () => lz.outer(column, row),
  matmul: () => column.reshape([side, 1]).matmul(row.reshape([1, side])),
  sum: () => column.reshape([side, 1]).add(row),
  sine: () => column.sin().reshape([side, 1]).mul(row.cos()),
};

/** The error of what is to be computed, which is `bytes` large. */
function refusal(compute: () => unknown): lz.MemoryError {
  try {
    compute();
  } catch (error) {
    expect(error).toBeInstanceOf(lz.MemoryError);
    return error as lz.MemoryError;
  }
  throw new Error('nothing was refused');
}

const small = (target: lz.TargetName): number => lz.arange(1000).add(1).sum().item({ target, memo: false });

let restore = (): void => undefined;
beforeEach(() => {
  lz.configure({ heapBytes: bytes / 4 });
  restore = limitMemory(bytes / 2);
});

afterEach(() => {
  restore();
  lz.configure({ heapBytes: 2 ** 30, threads: 1 });
  for (const target of targets) expect(small(target)).toBe(500_500);
});

describe.each(targets)('on %s', (target) => {
  test.each(Object.entries(huge))('%s', async (name, make) => {
    small(target);
    const before = lz.cacheInfo();
    const error = refusal(() => make().dataSync({ target }));
    expect(error.operation).toBe('dataSync');
    expect(error.bytes).toBe(bytes);
    expect(error.message).toMatch(
      /float64 of shape \(2048, 2048\), needs 33554432 bytes at once, more than is available/,
    );
    if (name !== 'outer' || target === 'js' || target === 'reference') return;
    const array = make();
    for (const attempt of [
      () => array.evaluateSync({ target }),
      () => array.toArray({ target }),
      () => lz.compile(() => make(), { target })(),
      () => lz.evaluateSync([array, lz.arange(3)], { target }),
    ])
      expect(attempt).toThrow(lz.MemoryError);
    // Several at once, and in between what fits.
    const fine = lz.arange(10).mul(2).sum();
    const outcomes = await Promise.allSettled([
      array.data({ target }),
      fine.data({ target }),
      lz.evaluate([make()], { target }),
      lz.compile(() => make(), { target }).async(),
      lz.parallelMap(70, (k) => (k === 69 ? make() : lz.arange(k).sum()), { target }),
      lz.evaluate([...Array.from({ length: 70 }, (_, k) => lz.arange(k).sum()), make()], { target }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      ...Array.from({ length: 4 }, () => 'rejected'),
    ]);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(lz.MemoryError);
    expect(fine.item()).toBe(90);
    // The array is pending, as it was: what can be had of it still can.
    expect(array.explain({ target }).toJSON().plan.target).toBeDefined();
    expect(array.slice([0, 2], [0, 3]).add(1).sum().item({ target })).toBeGreaterThan(0);
    const after = lz.cacheInfo();
    expect(after.heap.bytes).toBeLessThan(before.heap.bytes + 2 ** 24);
    expect(after.results.bytes).toBeLessThan(before.results.bytes + 2 ** 24);
  });
});

test('what a plan keeps between its kernels', () => {
  const table = lz.outer(column, row).sin();
  const stored = table.matmul(row.reshape([side, 1]));
  for (const target of ['js', 'wasm', 'auto'] as const) {
    const error = refusal(() => stored.dataSync({ target, memo: false }));
    expect(error.message).toContain('what the plan keeps between its kernels needs');
    expect(error.bytes).toBeGreaterThanOrEqual(bytes);
  }
});

test('with a heap that is too small for anything, and with threads', async () => {
  const end = await startThreads(3, randomParts(7));
  lz.configure({ threads: 3 });
  for (const heapBytes of [2 ** 20, 0]) {
    lz.configure({ heapBytes });
    for (const make of Object.values(huge).slice(0, 2)) {
      expect(refusal(() => make().dataSync({ target: 'wasm' })).bytes).toBe(bytes);
      expect(lz.linspace(0, 1, 100_000).sin().sum().item({ target: 'wasm', memo: false })).toBe(
        lz.linspace(0, 1, 100_000).sin().sum().item({ target: 'js', memo: false }),
      );
    }
  }
  await end();
});

afterAll(() => lz.shutdown());

test('a reshape of it', () => {
  for (const target of targets)
    expect(() =>
      lz
        .outer(column, row)
        .reshape([2 ** 10, 2 ** 12])
        .dataSync({ target }),
    ).toThrow(lz.MemoryError);
});

describe('more elements than an array can have', () => {
  const wide = 2 ** 17;
  const [long, across] = [lz.arange(wide), lz.ones([wide])];
  const named =
    /float64 of shape \(131072, 131072\), has 17179869184 elements \(128\.0 GiB\), but an array in memory can have at most 2147483647/;

  test.each(targets)('are refused by their shape on %s', (target) => {
    const outer = lz.outer(long, across);
    for (const array of [outer, long.reshape([wide, 1]).add(across), outer.reshape([2 ** 10, 2 ** 24])]) {
      expect(() => array.dataSync({ target })).toThrow(lz.ShapeError);
      expect(() => lz.compile(() => array, { target })()).toThrow(lz.ShapeError);
    }
    expect(() => outer.dataSync({ target })).toThrow(named);
    expect(outer.slice([0, 2], [0, 3]).sum().item({ target })).toBe(3);
  });

  test('also as a matrix product, and as what a product would read', () => {
    const column = long.reshape([wide, 1]);
    expect(() => column.matmul(across.reshape([1, wide]))).toThrow(lz.ShapeError);
    expect(() => lz.outer(long, across).sin().matmul(column).dataSync()).toThrow(lz.ShapeError);
  });
});
