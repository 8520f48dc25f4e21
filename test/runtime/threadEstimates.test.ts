/** What `auto` expects of threads. */
import { afterEach, expect, test } from 'vitest';
import { nodeOf } from '../../src/api/anyArray.ts';
import { LazyArray } from '../../src/api/lazyArray.ts';
import { running } from '../../src/api/nodes/scan.ts';
import { scatter } from '../../src/api/nodes/scatter.ts';
import * as lz from '../../src/index.ts';
import { threadInfo } from '../../src/runtime/parallel/threads.ts';

const { threads } = threadInfo();
afterEach(() => {
  lz.configure({ threads });
});

type Estimates = Readonly<Record<string, { microseconds: number; threads: number }>>;

/** The estimates for an expression with so many threads, by target. */
function estimatesOf(x: LazyArray, count: number): Estimates {
  lz.configure({ threads: count });
  const { candidates } = x.explain({ target: 'auto' }).toJSON().plan;
  return Object.fromEntries(candidates.map(({ target, ...facts }) => [target, facts]));
}

/** Those for sines of so many elements. */
const estimates = (length: number, count: number): Estimates =>
  estimatesOf(lz.zeros(length).add(0.5).sin(), count);

test('long kernels are expected to be shared by the threads of WebAssembly', () => {
  const [one, two, many] = [1, 2, 16].map((count) => estimates(1e6, count));
  expect([one, two, many].map((facts) => facts?.wasm?.threads)).toEqual([1, 2, 16]);
  const gain = (facts: typeof one): number =>
    (one?.wasm?.microseconds ?? NaN) / (facts?.wasm?.microseconds ?? NaN);
  expect(gain(two)).toBeGreaterThan(1.5);
  expect(gain(two)).toBeLessThan(2);
  expect(gain(many)).toBeGreaterThan(4);
  expect(many?.js?.threads).toBe(1);
  expect(many?.js?.microseconds).toBe(one?.js?.microseconds);
});

test('short kernels are not', () => {
  expect(estimates(100, 16)).toEqual(estimates(100, 1));
});

test('explain says how many', () => {
  lz.configure({ threads: 2 });
  const text = lz.zeros(1e6).add(0.5).sin().explain({ target: 'auto' }).toString();
  expect(text).toMatch(/auto: js about [\d.]+ ms; wasm about [\d.]+ ms on 2 threads/);
});

test('work whose iterations run in order is credited to one thread, rows of it to several', () => {
  const scanned = (shape: number[]): LazyArray =>
    new LazyArray(running('sum', nodeOf(lz.ones(shape)), { axis: shape.length - 1 }));
  const places = lz.zeros([1e6], { dtype: 'int32' });
  const histogram = new LazyArray(
    scatter('sum', nodeOf(lz.zeros([100])), nodeOf(places), nodeOf(lz.ones([1e6])), 0),
  );
  for (const x of [scanned([1e6]), histogram]) expect(estimatesOf(x, 4)).toEqual(estimatesOf(x, 1));
  expect(estimatesOf(scanned([1000, 1000]), 4).wasm?.threads).toBe(4);
});
