/**
 * Settings that change while threads are there and work is under way: no evaluation is lost, the next one follows the
 * new setting, threads and memory stay bounded however often it changes.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { setThreads, threadPool } from '../../src/runtime/parallel/threads.ts';
import { firstDifference } from '../support/bits.ts';
import { runs } from '../support/runs.ts';
import { presence, randomParts, startThreads } from '../support/threads.ts';
import { newTrouble, order } from '../support/trouble.ts';

const length = 20_000;
const x = lz.arange(length).mul(1e-3).evaluateSync();
const table = x.reshape([200, 100]).evaluateSync();
const works: readonly (() => lz.LazyArray)[] = [
  () => x.sin().mul(x).sum(),
  () => table.sub(table.mean(1, { keepdims: true })).div(table.std(1, { keepdims: true })),
  () => table.matmul(table.T),
  () => x.sub(x.mean()).div(x.std()).exp(),
];
const expected = works.map((work) => work().dataSync({ target: 'js', memo: false }));

function expectRight(k: number, values: lz.TypedArrayOf<lz.DType>): void {
  const right = expected[k];
  if (right === undefined) throw new RangeError();
  expect(firstDifference(values, right), `work ${k}`).toBeUndefined();
}

describe('the number of threads', () => {
  const trouble = newTrouble();
  let end: () => Promise<void> = () => Promise.resolve();
  beforeAll(async () => {
    end = await startThreads(2, randomParts(1), trouble);
  });
  afterAll(() => end());

  test(
    'changing it between evaluations changes no bit, though threads are late or end',
    { timeout: 120_000 },
    () => {
      const change = fc.record({
        threads: fc.constantFrom(1, 2, 3, 4, 7),
        work: fc.nat({ max: works.length - 1 }),
        stage: fc.constantFrom('resident', 'ticket', 'claimed', 'ran', 'done', 'idle'),
        kind: fc.constantFrom('delay', 'exit', 'none'),
      });
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), (changes) => {
          for (const { threads, work, stage, kind } of changes) {
            order(trouble, stage, kind, kind === 'exit' ? 2 : 5);
            setThreads(threads);
            expectRight(
              work,
              works[work]?.().dataSync({ target: 'wasm', memo: false }) ?? new Float64Array(),
            );
          }
        }),
        { numRuns: runs(25) },
      );
      order(trouble, 'idle', 'none', 0);
    },
  );

  test('the next evaluation has so many', async () => {
    for (const threads of [3, 7, 2, 4]) {
      lz.configure({ threads });
      await presence(threads);
      expect(threadPool()?.threads).toBe(threads);
      const { plan } = x.sin().explain({ target: 'wasm' }).toJSON();
      expect(plan.candidates.every((candidate) => candidate.threads <= threads)).toBe(true);
    }
    lz.configure({ threads: 1 });
    expect(threadPool()).toBeUndefined();
    expect(x.sin().explain({ target: 'wasm' }).toString('plan')).toContain('threads: 1');
    lz.configure({ threads: 2 });
    await presence(2);
  });
});

const library = new URL('../../src/index.ts', import.meta.url).href;

/** Runs a program, with `lz` imported, in a process of its own; what it prints. */
const program = (source: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const code = `import * as lz from ${JSON.stringify(library)};
      import { readdirSync } from 'node:fs';
      const tasks = () => readdirSync('/proc/self/task').length;
      const sleep = (time) => new Promise((done) => setTimeout(done, time));
      const x = lz.linspace(0, 1, 300_000).evaluateSync();
      const work = () => x.sin().mul(x.cos()).add(x.exp()).sum().item({ memo: false, target: 'wasm' });
      lz.configure({ threads: 1 });
      const value = work();
      const check = () => { if (work() !== value) throw new Error('another value'); };
      const before = tasks();
      let most = 0;
      const note = () => { most = Math.max(most, tasks() - before); };
      ${source}
      console.log(JSON.stringify({ most, last: tasks() - before }));`;
    execFile(
      process.execPath,
      ['--input-type=module', '-e', code],
      { timeout: 60_000 },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(stderr, { cause: error }));
      },
    );
  });

interface Threads {
  readonly most: number;
  readonly last: number;
}

const threadsOf = async (source: string): Promise<Threads> => JSON.parse(await program(source)) as Threads;

/** The supervisor and six workers. */
const fewThreads = 1 + 6;

describe.skipIf(!existsSync('/proc/self/task'))('threads and memory are bounded', { timeout: 60_000 }, () => {
  test.each(['', 'await sleep(0);'])('when their number changes again and again; %s', async (between) => {
    const { most, last } = await threadsOf(`
      const change = async () => {
        for (const threads of [1, 2, 4, 7]) { lz.configure({ threads }); check(); ${between} note(); }
      };
      await change();
      const { rss } = process.memoryUsage();
      for (let k = 0; k < 14; k++) await change();
      const grown = process.memoryUsage().rss - rss;
      // Seven threads take some 10 MB each, with the code they run.
      if (grown > 250e6) throw new Error(\`grown by \${grown} bytes\`);
      lz.configure({ threads: 3 });
      for (let turns = 0; turns < 100 && tasks() - before > 3; turns++) await sleep(100);
      check();`);
    expect(most).toBeLessThanOrEqual(fewThreads);
    expect(last).toBeLessThanOrEqual(3);
  });

  test.each(['void', 'await'])('when they end and start again and again: %s shutdown', async (how) => {
    const { most, last } = await threadsOf(`
      lz.configure({ threads: 4 });
      const { rss } = process.memoryUsage();
      for (let k = 0; k < ${runs(3)}; k++) { check(); note(); ${how} lz.shutdown(); check(); note(); }
      const grown = process.memoryUsage().rss - rss;
      if (grown > 400e6) throw new Error(\`grown by \${grown} bytes\`);
      await lz.shutdown();
      check();
      await lz.shutdown();`);
    expect(most).toBeLessThanOrEqual(3 * 4);
    expect(last).toBeLessThanOrEqual(1);
  });
});

describe('settings change while work is under way', () => {
  afterEach(() => {
    lz.configure({
      threads: 2,
      target: 'auto',
      heapBytes: 2 ** 30,
      resultBytes: 2 ** 28,
      plans: 1024,
      kernels: 2048,
    });
  });

  const settings: readonly lz.Configuration[] = [
    { threads: 1 },
    { threads: 5 },
    { target: 'js' },
    { target: 'wasm' },
    { target: 'reference' },
    { target: 'auto' },
    { heapBytes: 0 },
    { heapBytes: 2 ** 20 },
    { heapBytes: 2 ** 30 },
    { resultBytes: 0 },
    { resultBytes: 2 ** 28 },
    { plans: 0, kernels: 0 },
    { plans: 1024, kernels: 2048 },
    { threads: 2 },
  ];

  test('of parallelMap and of many roots', async () => {
    let changes = 0;
    const item = (k: number): lz.LazyArray =>
      x
        .slice([k, k + 300])
        .sin()
        .sum();
    const options = {
      memo: false,
      onProgress: () => {
        lz.configure(settings[changes++ % settings.length] ?? {});
      },
    };
    const count = 4000;
    const right = Array.from({ length: 20 }, (_, k) => item(k).item({ target: 'js', memo: false }));
    const mapped = await lz.parallelMap(count, (k) => item(k % right.length), options);
    expect(mapped.map((one) => one.item())).toEqual(
      Array.from({ length: count }, (_, k) => right[k % right.length]),
    );
    const roots = Array.from({ length: count }, (_, k) => item(k % right.length));
    await lz.evaluate(roots, options);
    expect(roots.map((one) => one.item())).toEqual(
      Array.from({ length: count }, (_, k) => right[k % right.length]),
    );
    expect(changes).toBeGreaterThan(5);
  });

  test('of evaluations that were begun and not awaited, compiled functions and memory of users', async () => {
    const f = lz.compile((a: lz.LazyArray) => a.sin().mul(a).sum());
    const memory = lz.allocate('float64', length);
    memory.set(x.dataSync());
    const wrapped = lz.asArray(memory, { copy: false });
    for (const change of settings) {
      const pending = works.map((work) => work().data({ memo: false }));
      const state = wrapped.add(1).evaluate({ memo: false });
      const called = f.async(wrapped);
      lz.configure(change);
      for (const [k, values] of (await Promise.all(pending)).entries()) expectRight(k, values);
      expectRight(0, (await called).dataSync());
      // Results outlive the heap they were computed on.
      const right = x.add(1).dataSync({ target: 'js', memo: false });
      expect(firstDifference((await state).dataSync(), right)).toBeUndefined();
      expect(firstDifference(memory, x.dataSync())).toBeUndefined();
    }
  });
});
