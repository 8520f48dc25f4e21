/** Scans in all that evaluates: compiled functions, the memo, many roots, arrays kept up to date. */
import { beforeEach, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { nodeOf } from '../../src/api/anyArray.ts';
import { LazyArray } from '../../src/api/lazyArray.ts';
import { running, type ScanSettings } from '../../src/api/nodes/scan.ts';
import type { LazyArray as Lazy } from '../../src/index.ts';

const sums = (x: Lazy, settings: ScanSettings = {}): Lazy =>
  new LazyArray(running('sum', nodeOf(x), settings));

beforeEach(() => {
  lz.clearCache();
});

test('compiled functions scan arguments of several sizes', () => {
  const compiled = lz.compile((x: Lazy) => sums(x.mul(2)).div(x), { target: 'wasm' });
  for (const n of [1, 3, 200]) {
    const x = lz.arange(1, n + 1, { dtype: 'float64' });
    expect(compiled(x).toArray()).toEqual(Array.from({ length: n }, (_, k) => k + 2));
  }
});

test('what differs in nothing but the manner of the scan has plans and results of its own', () => {
  const x = lz.array([1, 2, 3]);
  const manners = [{}, { exclusive: true }, { reverse: true }, { exclusive: true, reverse: true }];
  for (const target of ['js', 'wasm', 'reference'] as const) {
    const results = manners.map((manner) => sums(x, manner));
    lz.evaluateSync(results, { target });
    expect(results.map((result) => result.toArray())).toEqual([
      [1, 3, 6],
      [0, 1, 3],
      [6, 5, 3],
      [5, 3, 0],
    ]);
  }
});

test('a scan computed once is remembered, and computed again after touch()', () => {
  const values = Float64Array.of(1, 2, 3);
  const x = lz.asArray(values, { copy: false });
  expect(sums(x).toArray()).toEqual([1, 3, 6]);
  const { hits } = lz.cacheInfo().results;
  expect(sums(x).toArray()).toEqual([1, 3, 6]);
  expect(lz.cacheInfo().results.hits).toBe(hits + 1);
  values[0] = 5;
  x.touch();
  expect(sums(x).toArray()).toEqual([5, 7, 10]);
});

test('many small scans run as a family', async () => {
  const results = await lz.parallelMap(300, (k) => sums(lz.array([k, 1, 2])));
  expect(results.map((result) => result.toArray())).toEqual(results.map((_, k) => [k, k + 1, k + 3]));
});

test('explain says that a scan follows its row', () => {
  const x = lz.ones([5000]);
  const text = sums(x).explain({ target: 'wasm' }).toString('code');
  expect(text).toContain('i0 one by one: a scan');
  expect(text).toContain('scan i0 < p0');
});
