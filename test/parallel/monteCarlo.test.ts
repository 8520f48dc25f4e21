/** Pi by random points: one kernel that reads no array, and the same count on any number of threads and every target. */
import { afterAll, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { randomParts, startThreads } from '../support/threads.ts';

const points = 300_001;

/** A random number of 53 bits is both coordinates of a point. */
const inside = (): lz.LazyArray => {
  const bits = lz.random.uniform(lz.random.key(314), points).mul(2 ** 26);
  const high = bits.floor();
  const x = high.mul(2 ** -26);
  return x.square().add(bits.sub(high).square()).less(1).sum();
};
const expected = inside().item({ target: 'js', memo: false });

const ends: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const end of ends) await end();
});

test('one kernel, no arrays', () => {
  const { kernels, bytesMoved, peakTemporaryBytes } = inside().explain().toJSON().plan;
  expect(kernels).toHaveLength(1);
  expect([bytesMoved, peakTemporaryBytes]).toEqual([8, 0]);
});

test('the count is that of pi', () => {
  // Five standard deviations.
  expect(Math.abs((4 * Number(expected)) / points - Math.PI)).toBeLessThan(5 * (1.642 / Math.sqrt(points)));
});

test.each([1, 2, 3, 8])('the same on %i threads', async (threads) => {
  ends.push(await startThreads(threads, randomParts(threads)));
  expect(inside().item({ target: 'wasm', memo: false })).toBe(expected);
  await ends.pop()?.();
});
