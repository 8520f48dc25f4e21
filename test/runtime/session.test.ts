/** Sessions: settings, caches, budgets of their own, in one process. */
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { settings } from '../support/runs.ts';

const targetOf = (x: lz.LazyArray): string => x.explain().toJSON().plan.target;

describe('settings', () => {
  test('each session has its own default target; an evaluation takes that of the session in which it began', () => {
    using js = lz.session({ target: 'js' });
    using wasm = lz.session({ target: 'wasm' });
    const x = lz.arange(10).add(1);
    expect(js.run(() => targetOf(x))).toBe('js');
    expect(wasm.run(() => targetOf(x))).toBe('wasm');
    expect(js.run(() => wasm.run(() => targetOf(x)) + targetOf(x))).toBe('wasmjs');
    expect(js.run(() => lz.arange(4).mul(2).evaluateSync().explain().toJSON().plan.target)).toBe('js');
  });

  test('a new session has the defaults, not the settings of the one it was made in', () => {
    using js = lz.session({ target: 'js', results: 7 });
    using other = js.run(() => lz.session());
    expect(other.cacheInfo().results.maxEntries).toBe(4096);
    expect(js.cacheInfo().results.maxEntries).toBe(7);
    expect(lz.cacheInfo().results.maxEntries).toBe(4096);
  });

  test('configure acts on the current session', () => {
    using own = lz.session();
    own.run(() => {
      lz.configure({ plans: 3, heapBytes: 2 ** 20 });
    });
    own.configure({ kernels: 5 });
    expect(own.cacheInfo()).toMatchObject({
      plans: { maxEntries: 3 },
      kernels: { maxEntries: 5 },
      heap: { maxBytes: 2 ** 20 },
    });
    expect(lz.cacheInfo()).toMatchObject({
      plans: { maxEntries: 1024 },
      kernels: { maxEntries: 2048 },
      heap: { maxBytes: 2 ** 30 },
    });
  });

  test('numbers of threads side by side', () => {
    using one = lz.session({ threads: 1 });
    using two = lz.session({ threads: 2 });
    const x = lz.arange(2_000_000).sin().sum();
    const threadsIn = (session: lz.Session): number =>
      session.run(() => {
        const { plan } = x.explain({ target: 'wasm' }).toJSON();
        return Math.max(1, ...plan.kernels.map(({ threads }) => threads?.threads ?? 1));
      });
    expect([threadsIn(one), threadsIn(two), threadsIn(one)]).toEqual([1, 2, 1]);
    const values = [one, two, one, two].map((session) =>
      session.run(() => x.add(0).item({ target: 'wasm', memo: false })),
    );
    expect(new Set(values).size).toBe(1);
  });

  test('an invalid setting names the call, and changes nothing', () => {
    expect(() => lz.session({ threads: 0 })).toThrow(/^session: /);
    expect(() => lz.session({ heapBytes: -1 })).toThrow(/^session: /);
    expect(() => lz.session({ target: 'cuda' as 'js' })).toThrow(lz.OptionError);
    expect(() => lz.session({ cache: 1 } as lz.Configuration)).toThrow(lz.OptionError);
    using own = lz.session({ plans: 4 });
    expect(() => {
      own.configure({ plans: 5, kernels: 0.5 });
    }).toThrow(lz.OptionError);
    expect(own.cacheInfo().plans.maxEntries).toBe(4);
  });
});

describe('the current session', () => {
  test('run gives the result, and comes back after an error', () => {
    using js = lz.session({ target: 'js' });
    using wasm = lz.session({ target: 'wasm' });
    const x = lz.arange(3).add(1);
    expect(js.run(() => 7)).toBe(7);
    expect(() =>
      wasm.run(() => {
        try {
          js.run(() => {
            throw new RangeError('mine');
          });
        } catch (error) {
          expect(targetOf(x)).toBe('wasm');
          throw error;
        }
      }),
    ).toThrow('mine');
    lz.configure({ target: 'reference' });
    expect(targetOf(x)).toBe('reference');
    lz.configure({ target: 'auto' });
  });

  test('an evaluation that fails leaves the session of its caller', async () => {
    using js = lz.session({ target: 'js' });
    const bad = lz.arange(3).take(lz.array([5], { dtype: 'int32' }));
    expect(() => js.run(() => bad.dataSync())).toThrow(lz.IndexError);
    await expect(js.run(() => bad.data())).rejects.toThrow(lz.IndexError);
    lz.configure({ results: 4095 });
    expect(js.cacheInfo().results.maxEntries).toBe(4096);
    lz.configure({ results: 4096 });
  });

  test('run takes a function', () => {
    using own = lz.session();
    expect(() => own.run(1 as unknown as () => void)).toThrow(lz.OptionError);
  });
});

describe('caches', () => {
  afterEach(() => {
    lz.clearCache();
  });

  test('the memo of one session is not found in another', () => {
    using a = lz.session();
    using b = lz.session();
    const x = lz.array([1, 2, 3]);
    const read = (session: lz.Session): void => {
      session.run(() => x.mul(3).dataSync());
    };
    read(a);
    read(a);
    expect(a.cacheInfo().results).toMatchObject({ hits: 1, misses: 1, entries: 1 });
    expect(b.cacheInfo().results).toMatchObject({ hits: 0, misses: 0, entries: 0 });
    read(b);
    expect(b.cacheInfo()).toMatchObject({ results: { hits: 0, misses: 1 }, plans: { entries: 1 } });
  });

  test('clearing one leaves the others', () => {
    using a = lz.session();
    using b = lz.session();
    const x = lz.array([1, 2, 3]);
    for (const session of [a, b]) session.run(() => x.mul(5).dataSync());
    x.mul(5).dataSync();
    a.clearCache();
    expect(a.cacheInfo()).toMatchObject({ results: { entries: 0 }, plans: { entries: 0 } });
    expect(b.cacheInfo()).toMatchObject({ results: { entries: 1 }, plans: { entries: 1 } });
    lz.clearCache();
    expect(b.cacheInfo().results.entries).toBe(1);
    b.run(() => x.mul(5).dataSync());
    expect(b.cacheInfo().results.hits).toBe(1);
  });

  test('parts of loops are kept in the session of the loop', () => {
    const loop = (): void => {
      let state = lz.arange(200_000);
      for (let turn = 0; turn < 6; turn++) {
        state = state.sin().mul(0.9).add(0.1);
        state.sum().item();
      }
    };
    using a = lz.session({ threads: 1 });
    using b = lz.session({ threads: 1 });
    a.run(loop);
    const { entries } = a.cacheInfo().results;
    expect(a.cacheInfo().results.bytes).toBeGreaterThan(1_000_000);
    expect(b.cacheInfo().results.entries).toBe(0);
    b.run(loop);
    expect(a.cacheInfo().results).toMatchObject({ entries });
    expect(b.cacheInfo().results).toMatchObject({ entries });
  });

  test('arrays are not bound to sessions: values are read where they are, and stay where they are', () => {
    using a = lz.session({ target: 'wasm', threads: 1 });
    using b = lz.session({ target: 'wasm', threads: 1 });
    const x = a.run(() => lz.arange(100_000).sqrt().evaluateSync());
    const before = a.cacheInfo().heap;
    expect(b.run(() => x.mul(x).sum().item())).toBeCloseTo((100_000 * 99_999) / 2, 0);
    expect(b.cacheInfo().heap.copiedIn).toBe(0);
    expect(a.cacheInfo().heap).toEqual(before);
    expect(x.slice([0, 3]).toArray()).toEqual([0, 1, Math.SQRT2]);
  });

  test('compiled functions run in the session of the call', () => {
    using js = lz.session({ target: 'js' });
    using small = lz.session({ target: 'wasm', heapBytes: 0 });
    const f = lz.compile((x: lz.LazyArray) => x.mul(2));
    const given = Float64Array.of(1, 2);
    expect([...f(given).dataSync()]).toEqual([2, 4]);
    expect([...js.run(() => f(given)).dataSync()]).toEqual([2, 4]);
    expect([...small.run(() => f(given)).dataSync()]).toEqual([2, 4]);
    expect(small.cacheInfo().heap.reservedBytes).toBe(0);
  });
});

describe('budgets', () => {
  test('each session fills its own heap, and evicts nothing of others', () => {
    using small = lz.session({ target: 'wasm', threads: 1, heapBytes: 8 * 2 ** 20 });
    using large = lz.session({ target: 'wasm', threads: 1, heapBytes: 64 * 2 ** 20 });
    const inputs = Array.from({ length: 12 }, (_, k) => lz.array(new Float64Array(2 ** 17).fill(k)));
    const sums = (session: lz.Session): number[] =>
      session.run(() => inputs.map((x) => x.sum().item({ memo: false })));
    const expected = inputs.map((_, k) => k * 2 ** 17);
    expect(sums(large)).toEqual(expected);
    const { bytes } = large.cacheInfo().heap;
    expect(bytes).toBeGreaterThan(12 * 2 ** 20);
    expect(sums(small)).toEqual(expected);
    expect(small.cacheInfo().heap.reservedBytes).toBeLessThanOrEqual(8 * 2 ** 20);
    expect(large.cacheInfo().heap).toMatchObject({ bytes, evictions: 0 });
  });

  test('the result memo is bounded per session', () => {
    using small = lz.session({ results: 2 });
    using large = lz.session();
    for (const session of [small, large])
      session.run(() => {
        for (let k = 0; k < 5; k++) lz.arange(3).add(k).dataSync();
      });
    expect([small, large].map((session) => session.cacheInfo().results.entries)).toEqual([2, 5]);
  });
});

describe('the end of a session', () => {
  test('frees its caches and its heap, which others then use; values stay', () => {
    const reserved = (): number => lz.cacheInfo().heap.reservedBytes;
    const before = reserved();
    const made = lz.session({ target: 'wasm', threads: 1 });
    const kept = made.run(() => lz.arange(300_000).cos().evaluateSync());
    const cheap = made.run(() => lz.arange(300_000).add(1).evaluateSync());
    const wanted = [...kept.slice([0, 5]).dataSync({ memo: false })];
    expect(made.cacheInfo().heap.bytes).toBeGreaterThan(2_000_000);
    made[Symbol.dispose]();
    made[Symbol.dispose]();
    expect([...kept.slice([0, 5]).dataSync({ memo: false })]).toEqual(wanted);
    expect(cheap.slice([-2, null]).toArray()).toEqual([299_999, 300_000]);
    for (const call of [
      () => made.run(() => 1),
      () => made.cacheInfo(),
      () => {
        made.clearCache();
      },
      () => {
        made.configure({});
      },
    ])
      expect(call).toThrow(/disposed/);
    expect(reserved()).toBeGreaterThanOrEqual(before);
  });

  test('many sessions, one after the other, take no more memory than one', () => {
    const memory = (): number => process.memoryUsage().arrayBuffers + process.memoryUsage().external;
    const x = lz.array(new Float64Array(2 ** 20));
    const turn = (): void => {
      using own = lz.session({ target: 'wasm', threads: 1, heapBytes: 2 ** 26 });
      own.run(() => x.add(1).sum().item());
    };
    turn();
    const before = memory();
    for (let k = 0; k < 40; k++) turn();
    expect(memory() - before).toBeLessThan(100 * 2 ** 20);
  });

  test('during an evaluation: it comes to its end', async () => {
    const own = lz.session({ target: 'js' });
    const reading = own.run(() =>
      lz.evaluate(Array.from({ length: 300 }, (_, k) => lz.arange(50).add(k).sum())),
    );
    own[Symbol.dispose]();
    const arrays = await reading;
    expect(arrays.map((array) => array.item())).toEqual(arrays.map((_, k) => 1225 + 50 * k));
  });

  test('asynchronously', async () => {
    const own = lz.session();
    await own[Symbol.asyncDispose]();
    await own[Symbol.asyncDispose]();
    expect(() => own.run(() => 1)).toThrow(lz.OptionError);
  });
});

describe('asynchronous evaluations', () => {
  test('of two sessions, interleaved: each keeps its settings and its caches', async () => {
    using js = lz.session({ target: 'js' });
    using wasm = lz.session({ target: 'wasm', threads: 1 });
    const targets: string[] = [];
    const work = async (session: lz.Session, name: string): Promise<void> => {
      const seen = new Set<string>();
      await session.run(() =>
        lz.parallelMap(
          400,
          (k) => {
            seen.add(targetOf(lz.arange(3).add(1)));
            return lz
              .arange(20 + (k % 3))
              .mul(k)
              .sum();
          },
          { onProgress: () => seen.add(targetOf(lz.arange(3).add(1))) },
        ),
      );
      targets.push(`${name}: ${[...seen].join()}`);
    };
    await Promise.all([work(js, 'js'), work(wasm, 'wasm'), work(js, 'js')]);
    expect(targets.toSorted()).toEqual(['js: js', 'js: js', 'wasm: wasm']);
    const { hits, misses } = lz.cacheInfo().plans;
    await Promise.all([js, wasm].map((session) => session.run(() => lz.arange(7).exp().data())));
    expect(lz.cacheInfo().plans).toMatchObject({ hits, misses });
  });

  test('between their steps the first session is current, whatever is interleaved', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ which: fc.nat(2), steps: fc.nat(4), fails: fc.boolean(), nested: fc.boolean() }),
          {
            minLength: 1,
            maxLength: 8,
          },
        ),
        async (jobs) => {
          using a = lz.session({ target: 'js', plans: 11 });
          using b = lz.session({ target: 'wasm', plans: 12, threads: 1 });
          const sessions = [undefined, a, b];
          const limitHere = (): number => lz.cacheInfo().plans.maxEntries;
          const limits = [1024, 11, 12];
          const run = <T>(which: number, work: () => T): T => sessions[which]?.run(work) ?? work();
          await Promise.all(
            jobs.map(async ({ which, steps, fails, nested }) => {
              for (let step = 0; step <= steps; step++) {
                expect(limitHere()).toBe(1024);
                const seen: number[] = [];
                const arrays = Array.from({ length: 64 + step }, (_, k) => lz.arange(4).add(k).mul(which));
                const work = (): Promise<unknown> =>
                  run(which, () =>
                    lz.evaluate(arrays, {
                      onProgress: () => {
                        seen.push(limitHere());
                        if (fails) throw new RangeError('stop');
                      },
                    }),
                  );
                const going = nested ? run((which + 1) % 3, work) : work();
                expect(limitHere()).toBe(1024);
                if (fails) await expect(going).rejects.toThrow('stop');
                else await going;
                expect(new Set(seen)).toEqual(new Set([limits[nested && which === 0 ? 1 : which]]));
              }
            }),
          );
          expect(limitHere()).toBe(1024);
        },
      ),
      settings(12),
    );
  });
});
