/** parallelMap, and evaluate with progress and an AbortSignal. */
import fc from 'fast-check';
import { beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { LazyArray, Progress } from '../../src/index.ts';
import { settings } from '../support/runs.ts';

beforeEach(() => {
  lz.clearCache();
});

const x = lz.array(Float64Array.from({ length: 5000 }, (_, k) => Math.cos(k * 1.7)));
const sumTo = (i: number): LazyArray<'float64'> =>
  x
    .slice([0, 1 + (i % 4999)])
    .square()
    .sum();
const costly = (i: number): LazyArray<'float64'> =>
  lz.random.normal(lz.random.foldIn(lz.random.key(3), i), 3000).sum();

const counts = async (
  run: (onProgress: (progress: Progress) => void) => Promise<unknown>,
): Promise<readonly Progress[]> => {
  const seen: Progress[] = [];
  await run((progress) => seen.push(progress));
  return seen;
};

/** Progress never goes back, says the same total throughout, and ends there. */
function expectProgress(seen: readonly Progress[], total: number): void {
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.every((progress) => progress.total === total)).toBe(true);
  expect(seen.every(({ done }, k) => done > (seen[k - 1]?.done ?? -1))).toBe(true);
  expect(seen.at(-1)?.done).toBe(total);
}

describe('parallelMap', () => {
  test('gives, in order, what each item gives alone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(700), fc.nat(4000), async (count, offset) => {
        const together = await lz.parallelMap(count, (i) => sumTo(i + offset));
        expect(together.map((sum) => sum.item())).toEqual(
          Array.from({ length: count }, (_, i) => sumTo(i + offset).item({ memo: false })),
        );
      }),
      settings(10),
    );
  });

  test('the function may return a list, whose arrays share their work', async () => {
    const pairs = await lz.parallelMap(300, (i) => {
      const y = x.slice([0, i + 2]).exp();
      return [y.mean(), y.argmax()];
    });
    expectTypeOf(pairs).toExtend<[LazyArray, LazyArray][]>();
    expect(pairs).toHaveLength(300);
    pairs.forEach(([mean, at], i) => {
      const y = x.slice([0, i + 2]).exp();
      expect([mean.item(), at.item()]).toEqual([y.mean().item(), y.argmax().item()]);
    });
  });

  test('one array is one array, with its dtype', async () => {
    const means = await lz.parallelMap(3, (i) => lz.array(Float32Array.of(i, 1)).mean());
    expectTypeOf(means).toEqualTypeOf<LazyArray<'float32'>[]>();
    expect(means.map((mean) => mean.item())).toEqual([0.5, 1, 1.5]);
  });

  test('items that compute nothing, and none at all', async () => {
    expect(await lz.parallelMap(0, sumTo)).toEqual([]);
    expect(await lz.parallelMap(3, () => [])).toEqual([[], [], []]);
    const same = await lz.parallelMap(200, () => x);
    expect(same.every((array) => array === x)).toBe(true);
  });

  test('only a part of the items is built before the first are computed', async () => {
    const early: number[] = [];
    let built = 0;
    await lz.parallelMap(20_000, (i) => (built++, sumTo(i)), {
      onProgress: ({ done }) => early.push(built - done),
    });
    expect(Math.max(...early)).toBeLessThanOrEqual(4096);
  });

  test('one plan serves all chunks', async () => {
    await lz.parallelMap(10_000, (i) => sumTo(i + 1));
    expect(lz.cacheInfo().plans.misses).toBeLessThanOrEqual(3);
  });

  test('progress is monotonic and ends at the total', async () => {
    expectProgress(await counts((onProgress) => lz.parallelMap(3000, costly, { onProgress })), 3000);
    expectProgress(await counts((onProgress) => lz.parallelMap(0, costly, { onProgress })), 0);
    const lists = await counts((onProgress) =>
      lz.parallelMap(700, (i) => [sumTo(i), costly(i)], { onProgress }),
    );
    expectProgress(lists, 700);
  });

  test('the event loop turns meanwhile', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await lz.parallelMap(4000, costly);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(2);
  });

  test('two at a time do not disturb each other', async () => {
    const [a, b] = await Promise.all([
      lz.parallelMap(2000, costly),
      lz.parallelMap(2000, (i) => costly(i + 1)),
    ]);
    for (const k of [0, 999, 1998]) expect(a[k + 1]?.item()).toBe(b[k]?.item());
  });

  test('what is wrong is said', async () => {
    await expect(lz.parallelMap(-1, sumTo)).rejects.toThrow(lz.OptionError);
    await expect(lz.parallelMap(1.5, sumTo)).rejects.toThrow(
      /the number of items, must be a whole number .* got 1.5/,
    );
    await expect(lz.parallelMap(2, (() => 3) as never)).rejects.toThrow(/not 3 \(item 0\)/);
    await expect(lz.parallelMap(2, (async () => x) as never)).rejects.toThrow(/asynchronous/);
    await expect(lz.parallelMap(2, sumTo, { chunk: 3 } as never)).rejects.toThrow(/unknown option "chunk"/);
    await expect(lz.parallelMap(2, sumTo, { signal: {} as never })).rejects.toThrow(/AbortSignal/);
  });

  test('an error of the function is the rejection, and does no harm', async () => {
    const failing = lz.parallelMap(2000, (i) => {
      if (i === 1500) throw new RangeError('no 1500');
      return sumTo(i);
    });
    await expect(failing).rejects.toThrow('no 1500');
    const again = await lz.parallelMap(2000, sumTo);
    expect(again[1500]?.item()).toBe(sumTo(1500).item({ memo: false }));
  });
});

describe('AbortSignal', () => {
  test('an aborted signal rejects with its reason before anything is built', async () => {
    const reason = new Error('never mind');
    let built = 0;
    const build = (i: number): LazyArray => (built++, sumTo(i));
    await expect(lz.parallelMap(10, build, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(built).toBe(0);
    const pending = sumTo(17);
    await expect(lz.evaluate(pending, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(pending.isEvaluated).toBe(false);
  });

  test('aborting at any moment leaves later runs right', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(2500), async (moment) => {
        const controller = new AbortController();
        const onProgress = ({ done }: Progress): void => {
          if (done >= moment) controller.abort(new Error(`at ${moment}`));
        };
        const roots = Array.from({ length: 3000 }, (_, i) => costly(i));
        const { signal } = controller;
        const outcome = await lz.evaluate(roots, { signal, onProgress, memo: false }).then(
          () => 'done',
          (error: unknown) => String(error),
        );
        expect(outcome).toBe(`Error: at ${moment}`);
        const evaluated = roots.filter((root) => root.isEvaluated).length;
        expect(evaluated).toBeGreaterThanOrEqual(moment);
        expect(evaluated).toBeLessThan(3000);
        for (const i of [0, moment, 2999])
          expect(roots[i]?.item()).toBe(costly(i).item({ target: 'js', memo: false }));
        const rest = await lz.evaluate(roots);
        expect(rest.every((root) => root.isEvaluated)).toBe(true);
      }),
      settings(5),
    );
  });

  test('a timer can stop a map', async () => {
    const controller = new AbortController();
    setTimeout(() => {
      controller.abort();
    }, 5);
    await expect(lz.parallelMap(1e9, costly, { signal: controller.signal })).rejects.toThrow(/abort/i);
  });
});

describe('evaluate', () => {
  test('reports progress on many roots, of which some have their values', async () => {
    const roots = Array.from({ length: 3000 }, (_, i) => costly(i));
    lz.evaluateSync(roots.slice(0, 70));
    expectProgress(await counts((onProgress) => lz.evaluate(roots, { onProgress })), 3000);
    expect(roots[2999]?.item()).toBe(costly(2999).item({ memo: false }));
  });

  test('and on few', async () => {
    expectProgress(await counts((onProgress) => lz.evaluate(sumTo(5), { onProgress })), 1);
    expectProgress(await counts((onProgress) => lz.evaluate([], { onProgress })), 0);
    expectProgress(await counts((onProgress) => lz.evaluate([x, x.add(1)], { onProgress })), 2);
  });

  test('takes arrays that others evaluate meanwhile as they are', async () => {
    const roots = Array.from({ length: 2000 }, (_, i) => costly(i));
    const all = lz.evaluate(roots);
    const last = roots[1999]?.item();
    await all;
    expect(roots[1999]?.item()).toBe(last);
    expect(last).toBe(costly(1999).item({ memo: false }));
  });

  test('options for turns are not taken where nothing turns', () => {
    const options = { onProgress: () => undefined } as lz.EvaluateOptions;
    expect(() => lz.evaluateSync(sumTo(1), options)).toThrow(/unknown option "onProgress"/);
  });
});
