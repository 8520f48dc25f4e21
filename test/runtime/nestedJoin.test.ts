/** Concatenations below concatenations: put together from the inside out, and kept within the bounds of the results. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';

const MiB = 2 ** 20;
const many = 64;

beforeEach(() => {
  lz.clearCache();
});
afterEach(() => {
  lz.configure({ resultBytes: 256 * MiB, target: 'auto' });
});

describe.each(['js', 'wasm', 'reference'] as const)('on target %s', (target) => {
  test.each([true, false])('a thousand inside each other, memo %s', (memo) => {
    const stored = Array.from({ length: many }, (_, k) => lz.array([k]));
    const computed = Array.from({ length: many }, (_, k) => lz.array([k]).add(1));
    let x: LazyArray = lz.array([0.5]);
    let y: LazyArray = lz.array([0.5]);
    for (let k = 0; k < 1000; k++) x = lz.concat([x.slice([0, 1]), ...stored]);
    for (let k = 0; k < 100; k++) y = lz.concat([y.slice([0, 1]).add(1), ...computed]);
    expect(x.sum().item({ target, memo })).toBe(0.5 + 2016);
    expect(y.sum().item({ target, memo })).toBe(0.5 + 100 + 2016 + many);
  });

  test('one that several others read, at several depths', () => {
    const parts = (x: LazyArray): LazyArray[] =>
      Array.from({ length: many }, (_, k) => x.add(k).slice([0, 2]));
    const a = lz.concat(parts(lz.array([0, 1])));
    const b = lz.concat(parts(a.mul(2)));
    const c = lz.concat([...parts(b), ...parts(a), ...parts(b.add(a))]);
    const expected = [...parts(b), ...parts(a), ...parts(b.add(a))].map((part) =>
      part.dataSync({ target: 'reference' }),
    );
    expect(c.dataSync({ target })).toEqual(Float64Array.from(expected.flatMap((part) => [...part])));
  });
});

const step = (x: LazyArray, turn: number): LazyArray =>
  lz.stack(Array.from({ length: many }, (_, k) => x.slice((k + 1) % many).add(turn)));

test('what is put together counts among the results, and goes with them', () => {
  const bytes = 8 * many * 1000;
  lz.configure({ resultBytes: 4 * bytes });
  let x: LazyArray = lz.zeros([many, 1000]);
  for (let turn = 1; turn <= 10; turn++) {
    x = step(x, turn);
    expect(x.mean().item()).toBe((turn * (turn + 1)) / 2);
    expect(lz.cacheInfo().results.bytes).toBeGreaterThanOrEqual(Math.min(turn, 3) * bytes);
  }
  expect(lz.cacheInfo().results.bytes).toBeLessThanOrEqual(4 * bytes);
  lz.configure({ resultBytes: 0 });
  expect(step(step(x, 11), 12).mean().item()).toBe(78);
});

test('a loop over joined states takes the same work at each turn', () => {
  let x: LazyArray = lz.zeros([many, 100]);
  const sizes = Array.from({ length: 6 }, (_, turn) => {
    x = step(x, turn);
    const mean = x.mean().evaluateSync();
    return mean.explain().toJSON().plan.kernels.length;
  });
  expect(new Set(sizes)).toEqual(new Set([1]));
});

test('many roots at once start from what is kept, too', () => {
  let x: LazyArray = lz.asArray(Float64Array.from({ length: 5000 }, (_, k) => k / 5000));
  const columns = Array.from({ length: many }, (_, k) => k);
  const ops: number[] = [];
  for (let turn = 0; turn < 8; turn++) {
    x = x.sin().exp().log1p();
    x.sum().item();
    const sums = columns.map((k) => x.mul(k).sum());
    lz.evaluateSync(sums);
    const [, second] = sums;
    ops.push(
      (second ?? x)
        .explain()
        .toJSON()
        .plan.kernels.reduce((sum, kernel) => sum + kernel.ops, 0),
    );
  }
  expect(Math.max(...ops.slice(4))).toBeLessThanOrEqual(Math.max(...ops.slice(0, 4)));
});
