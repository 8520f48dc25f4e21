/** What `auto` expects of threads. */
import { afterEach, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { threadInfo } from '../../src/runtime/parallel/threads.ts';

const { threads } = threadInfo();
afterEach(() => {
  lz.configure({ threads });
});

/** The estimates for sines of so many elements with so many threads, by target. */
function estimates(
  length: number,
  count: number,
): Readonly<Record<string, { microseconds: number; threads: number }>> {
  lz.configure({ threads: count });
  const { candidates } = lz.zeros(length).add(0.5).sin().explain({ target: 'auto' }).toJSON().plan;
  return Object.fromEntries(candidates.map(({ target, ...facts }) => [target, facts]));
}

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
