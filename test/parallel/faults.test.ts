/**
 * Threads that throw, exit, run out of memory or get stuck, at every stage of their work: results stay right, or an
 * error names the kernel; nothing hangs, no thread and no memory is lost.
 */
import { afterEach, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { memoryBytes } from '../../src/codegen/wasm/module/memory.ts';
import { clearCache } from '../../src/runtime/caches/caches.ts';
import type { Stage } from '../../src/runtime/parallel/executor.ts';
import { firstDifference } from '../support/bits.ts';
import { runs } from '../support/runs.ts';
import { presence, startThreads } from '../support/threads.ts';
import { happened, newTrouble, order, type TroubleKind } from '../support/trouble.ts';

const parts = {
  threshold: 0,
  grain: 0,
  cut: evenly(40),
  cutsNode: (_: number, length: number) => length > 500,
};

function evenly(count: number): (turns: number) => readonly number[] {
  return (turns) => {
    const length = Math.max(1, Math.ceil(turns / count));
    return Array.from({ length: Math.ceil(turns / length) }, (_, k) => Math.min(turns, (k + 1) * length));
  };
}

// Full soon, so that what is lost shows.
lz.configure({ heapBytes: 16 * 2 ** 20 });

const length = 20_000;
const x = lz.arange(length).mul(1e-3).evaluateSync();
const table = x.reshape([200, 100]).evaluateSync();
const square = table.slice([0, 100]).evaluateSync();

/** Elementwise, a sum, a plan of several kernels, rows, a matrix product, temporaries that are overwritten. */
const works: readonly (() => lz.LazyArray)[] = [
  () => square.matmul(square).sin().matmul(square),
  () => x.sin().mul(x),
  () => x.sin().sum(),
  () => x.sub(x.mean()).div(x.std()),
  () => table.sub(table.mean(1, { keepdims: true })).div(table.std(1, { keepdims: true })),
  () => table.matmul(table.T),
  () => x.exp().take(lz.arange(length).mul(7).remainder(length).astype('int32')).sin().take([5, 7, 9]),
];

const evaluate = (work: () => lz.LazyArray, target: 'js' | 'wasm') =>
  work().evaluateSync({ memo: false, target }).dataSync();
const expected = works.map((work) => evaluate(work, 'js'));

let end: () => Promise<void> = () => Promise.resolve();
afterEach(async () => {
  await end();
  end = () => Promise.resolve();
});

/** Every work once. */
function expectRight(k: number): void {
  const work = works[k % works.length];
  const values = expected[k % works.length];
  if (work === undefined || values === undefined) throw new RangeError();
  expect(firstDifference(evaluate(work, 'wasm'), values), `work ${k % works.length}`).toBeUndefined();
}

/** `LAZULI_FUZZ=5` makes it a hundred. */
const times = runs(20);

const kills: readonly (readonly [TroubleKind, Stage])[] = [
  ['exit', 'ticket'],
  ['exit', 'claimed'],
  ['half', 'claimed'],
  ['exit', 'ran'],
  ['exit', 'done'],
  ['exit', 'idle'],
  ['throw', 'claimed'],
  ['throw', 'idle'],
];

/** What the heap comes to after many evaluations. */
function steadyBytes(): number {
  for (let k = 0; k < 180; k++) expectRight(k);
  return memoryBytes();
}

test.each(kills)('again and again: %s when %s', { timeout: 240_000 }, async (kind, stage) => {
  const trouble = newTrouble();
  clearCache();
  end = await startThreads(3, parts, trouble);
  const before = steadyBytes();
  for (let k = 0; happened(trouble) < times; k++) {
    order(trouble, stage, kind, 1);
    expectRight(k);
    // Others take the places of those that ended.
    if (k % 5 === 0) await presence(2);
    if (k > 20_000) throw new Error(`it happened only ${happened(trouble)} times`);
  }
  order(trouble, stage, 'none', 0);
  await presence(3);
  expectRight(0);
  expect(steadyBytes()).toBe(before);
});

test('again and again: exit when it has just started', { timeout: 240_000 }, async () => {
  const trouble = newTrouble();
  end = await startThreads(3, parts, trouble);
  for (let k = 0; happened(trouble) < 2 * times; k++) {
    order(trouble, 'claimed', 'exit', 1);
    for (let turn = 0; turn < 50; turn++) expectRight(turn);
    order(trouble, 'resident', 'exit', 1);
    await presence(3);
    if (k > 20_000) throw new Error(`it happened only ${happened(trouble)} times`);
  }
});

test('threads are stopped while one of them is about to end', async () => {
  const trouble = newTrouble();
  for (let k = 0; k < 12; k++) {
    end = await startThreads(2, parts, trouble);
    order(trouble, 'idle', 'exit', 1);
    expectRight(k);
    await end();
  }
  expect(happened(trouble)).toBeGreaterThan(0);
});

test('a thread that is stuck is ended, and what it had is done', async () => {
  const trouble = newTrouble();
  end = await startThreads(2, parts, trouble, { times: { patience: 20, stuck: 200 } });
  // On a busy machine the caller may do it all, before a thread claims anything.
  for (let k = 0; k < works.length || happened(trouble) === 0; k++) {
    order(trouble, 'claimed', 'stick', 1);
    expectRight(k);
    await presence(2);
    if (k > 20_000) throw new Error('no thread was ever stuck');
  }
});

test('a thread that runs out of memory is replaced', { timeout: 120_000 }, async () => {
  const trouble = newTrouble();
  end = await startThreads(2, parts, trouble, { heapMegabytes: 32 });
  for (let k = 0; k < works.length || happened(trouble) === 0; k++) {
    order(trouble, 'claimed', 'memory', 1);
    expectRight(k);
    await presence(2);
    if (k > 20_000) throw new Error('no thread ever ran out of memory');
  }
});

test('a kernel that fails on every thread is named', async () => {
  const trouble = newTrouble();
  end = await startThreads(2, parts, trouble);
  order(trouble, 'claimed', 'throw', 1e6, true);
  expect(() => evaluate(() => x.sin().mul(x), 'wasm')).toThrow(lz.WorkerError);
  order(trouble, 'claimed', 'throw', 1e6, true);
  expect(() => evaluate(() => x.sin().sum(), 'wasm')).toThrow(
    /reduce0: a part of it failed 3 times.*thrown by a test/,
  );
  order(trouble, 'claimed', 'none', 0);
  for (let k = 0; k < works.length; k++) expectRight(k);
});

describe('an index out of bounds', () => {
  test('is the error of one thread: the first in order', async () => {
    end = await startThreads(3, parts);
    const indices = new Int32Array(length);
    indices[19_000] = 60_000;
    indices[700] = -50_000;
    indices[701] = 40_000;
    const at = lz.array(indices);
    const work = (): lz.LazyArray => x.take(at).add(1);
    for (let k = 0; k < 50; k++)
      expect(() => evaluate(work, 'wasm')).toThrow(/index -50000 is out of bounds for axis 0 of size 20000/);
    expect(() => evaluate(work, 'wasm')).toThrow(lz.IndexError);
    for (let k = 0; k < works.length; k++) expectRight(k);
  });
});

test('threads that cannot start are not waited for', async () => {
  const trouble = newTrouble();
  order(trouble, 'resident', 'exit', 1e6);
  end = await startThreads(1, parts);
  await end();
  const start = startThreads(3, parts, trouble).catch(() => undefined);
  for (let k = 0; k < 30; k++) expectRight(k);
  order(trouble, 'resident', 'none', 0);
  end = (await start) ?? end;
});
