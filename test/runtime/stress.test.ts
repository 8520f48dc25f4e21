/** Graphs that are long, deep or wide, and programs that make many arrays: linear time, bounded memory. */
import { beforeEach, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';

beforeEach(() => {
  lz.clearCache();
});

describe('large graphs', () => {
  test('a chain of 100,000 nodes evaluates without overflowing the stack', () => {
    let x: LazyArray = lz.array([0, 1]);
    for (let k = 0; k < 100_000; k++) x = x.add(1);
    expect(x.toArray()).toEqual([100_000, 100_001]);
  });

  test('a diamond of depth 60 costs 60 additions, not 2^60', () => {
    let x: LazyArray = lz.array([1, 3]);
    for (let k = 0; k < 60; k++) x = x.add(x);
    const facts = x.explain().toJSON();
    expect(facts.plan.kernels).toHaveLength(1);
    expect(facts.plan.kernels[0]?.ops).toBe(60);
    expect(x.toArray()).toEqual([2 ** 60, 3 * 2 ** 60]);
  });

  test('a diamond whose halves differ is not expanded either', () => {
    let x: LazyArray = lz.array([1, 2]);
    for (let k = 0; k < 60; k++) x = x.mul(0.5).add(x.mul(0.25));
    expect(
      x
        .explain()
        .toJSON()
        .plan.kernels.reduce((sum, { ops }) => sum + ops, 0),
    ).toBe(180);
    expect(x.toArray()).toEqual([0.75 ** 60, 2 * 0.75 ** 60].map((v) => expect.closeTo(v, 20) as number));
  });

  test('a sum of 10,000 arrays splits into kernels within the limits', () => {
    const parts = Array.from({ length: 10_000 }, (_, k) => lz.asArray(new Float64Array([k, 1])));
    let sum: LazyArray = lz.zeros([2]);
    for (const part of parts) sum = sum.add(part);
    const facts = sum.explain().toJSON();
    expect(
      Math.max(...facts.plan.kernels.map(({ inputs, outputs }) => inputs.length + outputs.length)),
    ).toBeLessThanOrEqual(24);
    expect(sum.toArray()).toEqual([(10_000 * 9_999) / 2, 10_000]);
  });

  test('a balanced sum of 4,096 arrays as well', () => {
    let level: LazyArray[] = Array.from({ length: 4096 }, (_, k) => lz.asArray(new Float64Array([k])));
    while (level.length > 1) level = level.flatMap((x, k) => (k % 2 === 0 ? [x.add(level[k + 1] ?? 0)] : []));
    expect(level[0]?.toArray()).toEqual([(4096 * 4095) / 2]);
  });

  test('twice the nodes take about twice the time through the passes', () => {
    const time = (length: number): number => {
      let x: LazyArray = lz.array([0]);
      for (let k = 0; k < length; k++) x = k % 3 === 0 ? x.sin() : x.add(k + 0.5);
      const start = performance.now();
      x.explain();
      return performance.now() - start;
    };
    time(2_000);
    // Counted loosely: quadratic behaviour would be a factor of 64.
    expect(time(32_000) / Math.max(1, time(4_000))).toBeLessThan(40);
  });
});

describe('bounded memory', () => {
  test('60 synchronous updates of 8 MiB keep few of them alive', () => {
    let x: LazyArray = lz.zeros([2 ** 20]);
    for (let k = 0; k < 60; k++) x = x.add(1).evaluateSync();
    const { bytes, maxBytes } = lz.cacheInfo().results;
    expect(bytes).toBeLessThanOrEqual(maxBytes);
    expect(x.slice([0, 2]).toArray()).toEqual([60, 60]);
  });

  test('100,000 small updates in one tick keep the caches within their bounds', () => {
    let x: LazyArray = lz.zeros([8]);
    for (let k = 0; k < 100_000; k++) x = x.add(1).evaluateSync();
    const info = lz.cacheInfo();
    expect(info.results.entries).toBeLessThanOrEqual(info.results.maxEntries);
    expect(info.plans.entries).toBeLessThanOrEqual(info.plans.maxEntries);
    expect(info.plans.misses).toBeLessThanOrEqual(2);
    expect(x.toArray()).toEqual(new Array(8).fill(100_000));
  });
});
