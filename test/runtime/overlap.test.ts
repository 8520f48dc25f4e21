/** Many roots that need each other are one plan: what is looked at grows with the graph, not with its square. */
import { beforeEach, describe, expect, test } from 'vitest';
import { nodeOf } from '../../src/api/anyArray.ts';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';
import { overlapOf } from '../../src/runtime/batch/overlap.ts';

const line = (n: number): LazyArray => lz.asArray(Float64Array.from({ length: n }, (_, k) => Math.sin(k)));

/** The states of a recursive filter, and what is read off each of them. */
function filter(steps: number): { readonly states: LazyArray[]; readonly outputs: LazyArray[] } {
  const x = line(8 * steps).reshape([steps, 8]);
  let state: LazyArray = lz.zeros([8]);
  const [states, outputs]: [LazyArray[], LazyArray[]] = [[], []];
  for (let k = 0; k < steps; k++) {
    state = state.mul(0.9).add(x.slice(k).mul(0.1));
    states.push(state);
    outputs.push(state.mul(2).sub(1), state.mul(3).add(x.slice(k)));
  }
  return { states, outputs };
}

const overlap = (roots: readonly LazyArray[]): ReturnType<typeof overlapOf> => overlapOf(roots.map(nodeOf));

beforeEach(() => {
  lz.clearCache();
});

describe('which roots overlap', () => {
  test('the steps of a recurrence do, from start to end', () => {
    expect(overlap(filter(400).states)?.whole).toBe(true);
  });

  test('so does what is read off each step; the steps are what it has in common', () => {
    const { states, outputs } = filter(400);
    const found = overlap(outputs);
    expect(found?.whole).toBe(false);
    expect(new Set(found?.common)).toEqual(new Set(states.map(nodeOf)));
  });

  test('one long expression that many roots read is computed ahead of them', () => {
    let x = line(1000);
    for (let k = 0; k < 200; k++) x = x.mul(0.5).add(k);
    const roots = Array.from({ length: 300 }, (_, k) => x.slice([k, k + 3]).mul(k));
    expect(overlap(roots)).toEqual({ common: [nodeOf(x)], whole: false });
  });

  test('roots of their own do not, however many or long', () => {
    expect(
      overlap(
        Array.from({ length: 2000 }, (_, k) =>
          lz
            .array([k, 2 * k])
            .mul(2)
            .add(k),
        ),
      ),
    ).toBeUndefined();
    const long = (): LazyArray => {
      let x = line(4);
      for (let k = 0; k < 300; k++) x = x.add(k);
      return x;
    };
    expect(overlap(Array.from({ length: 100 }, long))).toBeUndefined();
  });
});

describe.each(['js', 'wasm'] as const)('on %s', (target) => {
  test('stacked steps are one plan, with the bits of the reference', () => {
    const { misses } = lz.cacheInfo().plans;
    const result = lz.stack(filter(300).states).dataSync({ target });
    expect(lz.cacheInfo().plans.misses - misses).toBe(1);
    expect(result).toEqual(lz.stack(filter(300).states).dataSync({ target: 'reference' }));
  });

  test('steps that are evaluated together are one plan', () => {
    const { states } = filter(300);
    const { misses } = lz.cacheInfo().plans;
    const results = lz.evaluateSync(states, { target });
    expect(lz.cacheInfo().plans.misses - misses).toBe(1);
    const wanted = lz.stack(filter(300).states).dataSync({ target: 'reference' });
    expect(results.flatMap((state) => [...state.dataSync()])).toEqual([...wanted]);
  });

  test('what is read off each step follows the plan of the steps, in plans of its own', () => {
    const { misses } = lz.cacheInfo().plans;
    const result = lz.stack(filter(300).outputs).dataSync({ target });
    expect(lz.cacheInfo().plans.misses - misses).toBeLessThanOrEqual(5);
    expect(result).toEqual(lz.stack(filter(300).outputs).dataSync({ target: 'reference' }));
  });
});
