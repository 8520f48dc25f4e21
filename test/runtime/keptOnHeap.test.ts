/**
 * Kept parts and the shared heap: their blocks are free for others when nothing can read them any more, and are not
 * copied out when their room is needed. Counted, never timed.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';

const MiB = 2 ** 20;
const length = 2 ** 16;
const bytes = length * 8;
const options = { target: 'wasm' } as const;

beforeEach(() => {
  lz.clearCache();
});
afterEach(() => {
  lz.configure({ resultBytes: 256 * MiB, heapBytes: 1024 * MiB });
  lz.clearCache();
});

const start = (): LazyArray => lz.asArray(Float64Array.from({ length }, (_, k) => Math.sin(k)));
const step = (x: LazyArray): LazyArray => x.sin().add(x.mul(0.5)).exp().log1p();

/** The means of a state, turn by turn. */
function means(turns: number, target: lz.TargetName = 'wasm'): number[] {
  let x = start();
  return Array.from({ length: turns }, () => {
    x = step(x);
    return x.mean().item({ target });
  });
}

test('a loop over a state that is never evaluated copies nothing out of a full heap', () => {
  const expected = means(60, 'js');
  lz.configure({ heapBytes: 8 * bytes });
  lz.clearCache();
  const before = lz.cacheInfo().heap;
  expect(means(60)).toEqual(expected);
  const after = lz.cacheInfo().heap;
  expect(after.evictions - before.evictions).toBeGreaterThan(30);
  expect(after.copiedOut - before.copiedOut).toBe(0);
  // What was dropped does not count as a result any more.
  expect(lz.cacheInfo().results.bytes).toBeLessThan(9 * bytes);
});

test('blocks are free as soon as the cache of results drops what is in them', () => {
  lz.configure({ resultBytes: 5 * bytes });
  const before = lz.cacheInfo().heap;
  means(40);
  const after = lz.cacheInfo().heap;
  expect(after.bytes - before.bytes).toBeLessThan(8 * bytes);
  expect(after.evictions).toBe(before.evictions);
  const { bytes: used } = lz.cacheInfo().heap;
  lz.clearCache();
  expect(lz.cacheInfo().heap.bytes).toBeLessThan(used - 3 * bytes);
});

test('what was dropped is computed again', () => {
  const states = [start()];
  for (let k = 0; k < 20; k++) states.push(step(states.at(-1) ?? start()));
  const read = (): number[] => states.map((x) => Number(x.max().item(options)));
  lz.configure({ heapBytes: 6 * bytes });
  const first = read();
  expect(read()).toEqual(first);
  lz.configure({ heapBytes: 1024 * MiB });
  lz.clearCache();
  expect(read()).toEqual(first);
});

test('values that a recipe or an array may read stay', () => {
  lz.configure({ heapBytes: 8 * bytes });
  const y = step(step(start()));
  for (const statistic of [y.sum(), y.max(), y.min()]) statistic.item(options);
  // Cheap to compute of the kept part, so its recipe reads that.
  const result = y.add(1).evaluateSync(options);
  const explained = y.prod().explain(options);
  for (let k = 0; k < 20; k++) start().add(k).evaluateSync(options);
  const expected = step(step(start())).add(1).dataSync({ target: 'js', memo: false });
  expect(result.dataSync()).toEqual(expected);
  expect(explained.toString('analyze')).toContain('kernel');
});

test('a part that is equal to a result stays with the result', () => {
  lz.configure({ heapBytes: 8 * bytes });
  const y = step(start());
  y.sum().item(options);
  const twin = step(start());
  const [result] = lz.evaluateSync([twin, y.max()], options);
  for (let k = 0; k < 20; k++) start().add(k).evaluateSync(options);
  lz.clearCache();
  expect(result.dataSync()).toEqual(step(start()).dataSync({ target: 'js', memo: false }));
});
