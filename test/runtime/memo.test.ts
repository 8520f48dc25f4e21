/** Results are kept, found again, and never found when they should not be. */
import { beforeEach, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

beforeEach(() => {
  lz.clearCache();
  lz.configure({ resultBytes: 256 * 2 ** 20, results: 4096, plans: 1024, kernels: 2048 });
});

const hits = (): number => lz.cacheInfo().results.hits;

describe('result memo', () => {
  test('the same expression over the same array is computed once', () => {
    const x = lz.array([1, 2, 3]);
    expect(x.add(1).toArray()).toEqual([2, 3, 4]);
    expect(x.add(1).toArray()).toEqual([2, 3, 4]);
    expect(hits()).toBe(1);
  });

  test('another scalar, another array, another structure are other results', () => {
    const x = lz.array([1, 2, 3]);
    const y = lz.array([1, 2, 3]);
    const results = [x.mul(3), x.mul(5), y.mul(3), x.mul(3).add(x), x.mul(-0).add(0.5)].map((z) =>
      z.toArray(),
    );
    expect(results).toEqual([
      [3, 6, 9],
      [5, 10, 15],
      [3, 6, 9],
      [4, 8, 12],
      [0.5, 0.5, 0.5],
    ]);
    expect(hits()).toBe(0);
  });

  test('memo: false neither looks nor keeps', () => {
    const x = lz.array([1, 2, 3]);
    x.add(1).evaluateSync({ memo: false });
    x.add(1).evaluateSync({ memo: false });
    const { hits: found, misses, entries } = lz.cacheInfo().results;
    expect([found, misses, entries]).toEqual([0, 0, 0]);
  });

  test('touch() makes results over a wrapped array stale', () => {
    const storage = new Float64Array([1, 2, 3]);
    const x = lz.asArray(storage, { copy: false });
    expect(x.sum().item()).toBe(6);
    storage[0] = 10;
    x.touch();
    expect(x.sum().item()).toBe(15);
  });

  test('a copied array does not follow its source', () => {
    const storage = new Float64Array([1, 2, 3]);
    const x = lz.array(storage);
    storage[0] = 10;
    expect(x.toArray()).toEqual([1, 2, 3]);
  });

  test('data() is a copy: writing to it changes nothing', () => {
    const x = lz.array([1, 2, 3]);
    const y = x.add(1);
    y.dataSync()[0] = 99;
    expect(y.toArray()).toEqual([2, 3, 4]);
    expect(x.add(1).toArray()).toEqual([2, 3, 4]);
  });

  test('results are dropped, least recently used first, beyond the byte bound', () => {
    lz.configure({ resultBytes: 100_000 });
    const x = lz.asArray(new Float64Array(5000));
    for (let k = 1; k <= 10; k++) x.add(k).evaluateSync();
    expect(lz.cacheInfo().results.bytes).toBeLessThanOrEqual(100_000);
    x.add(10).evaluateSync();
    expect(hits()).toBe(1);
    x.add(1).evaluateSync();
    expect(hits()).toBe(1);
  });

  test('a value computed for one graph serves another that holds the same node', () => {
    const x = lz.array([1, 2, 3]);
    const y = x.exp();
    const z = y.add(1);
    y.evaluateSync();
    expect(z.explain().toJSON().plan.kernels[0]?.ops).toBe(1);
    expect(z.dataSync()).toEqual(
      x
        .exp()
        .dataSync()
        .map((v) => v + 1),
    );
  });
});

describe('several roots', () => {
  test('share their common parts', async () => {
    const x = lz.array([1, 2, 3]);
    const e = x.exp();
    const [a, b] = await lz.evaluate([e.add(1), e.sum()]);
    expect(lz.cacheInfo().kernels.misses).toBe(1);
    expect(a.dataSync()).toEqual(
      x
        .exp()
        .dataSync()
        .map((v) => v + 1),
    );
    expect(b.item()).toBeCloseTo(Math.exp(1) + Math.exp(2) + Math.exp(3), 12);
  });

  test('one root asked for twice is one result', () => {
    const x = lz.array([1, 2, 3]).mul(2.5);
    const [a, b] = lz.evaluateSync([x, x]);
    expect(a.toArray()).toEqual(b.toArray());
  });
});

describe('targets', () => {
  test('the reference evaluator gives the same bits and says that it ran', () => {
    const x = lz.array([0.1, 0.2, 0.3]);
    const fast = x.sin().mul(3.7).sum();
    const slow = x.sin().mul(3.7).sum();
    slow.evaluateSync({ target: 'reference', memo: false });
    expect(fast.item()).toBe(slow.item());
    expect(x.add(1).explain({ target: 'reference' }).toJSON().plan.target).toBe('reference');
  });

  test('an unknown target or pass is an OptionError', () => {
    const x = lz.array([1]).add(1);
    expect(() => x.evaluateSync({ target: 'gpu' as 'js' })).toThrow(lz.OptionError);
    expect(() => x.evaluateSync({ disable: ['fusion' as 'fuse'] })).toThrow(/the passes are bind, fold/);
  });
});
