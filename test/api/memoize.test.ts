import { expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

test('a recursive function computes each value once', () => {
  const fibonacci = lz.memoize((n: number): number => (n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2)));
  expect(fibonacci(30)).toBe(832040);
  expect(fibonacci.cacheInfo()).toEqual({ hits: 28, misses: 31, size: 31, maxSize: 1000 });
  fibonacci.cacheClear();
  expect(fibonacci.cacheInfo()).toEqual({ hits: 0, misses: 0, size: 0, maxSize: 1000 });
});

test('the least recently used result goes first', () => {
  const calls: number[] = [];
  const f = lz.memoize((n: number) => calls.push(n), { maxSize: 2 });
  for (const n of [1, 2, 1, 3, 1, 2]) f(n);
  expect(calls).toEqual([1, 2, 3, 2]);
  expect(f.cacheInfo().size).toBe(2);
});

test('arguments are told apart by value, objects by identity', () => {
  const f = lz.memoize((...args: unknown[]) => args.length);
  const x = lz.array([1]);
  const keys: unknown[][] = [
    [1],
    ['1'],
    [1n],
    [true],
    ['true'],
    [0],
    [-0],
    [NaN],
    [null],
    [undefined],
    [],
    [1, 2],
    ['1,2'],
    ['1', '2'],
    [x],
    [lz.array([1])],
    [{}],
    [[1]],
    [Symbol.for('a')],
    [Symbol('a')],
  ];
  for (const args of keys) f(...args);
  expect(f.cacheInfo()).toMatchObject({ hits: 0, misses: keys.length });
  for (const args of keys) f(...args);
  expect(f.cacheInfo()).toMatchObject({ hits: keys.length, misses: keys.length });
});

test('a key of your own, results of undefined, errors', () => {
  const f = lz.memoize((point: { readonly x: number }) => (point.x > 5 ? point : undefined), {
    key: ({ x }) => x,
  });
  f({ x: 1 });
  f({ x: 1 });
  expect(f.cacheInfo().hits).toBe(1);
  const g = lz.memoize((): never => {
    throw new Error('no');
  });
  expect(g).toThrow('no');
  expect(g).toThrow('no');
  expect(g.cacheInfo()).toMatchObject({ misses: 2, size: 0 });
  expect(() => lz.memoize(g, { maxSize: 0 })).toThrow(lz.OptionError);
});

test('of an asynchronous function, one run serves calls at the same time; a rejection is not remembered', async () => {
  let runs = 0;
  const outcomes: (number | Error)[] = [new Error('busy'), 7];
  const load = lz.memoize(async (_name: string): Promise<number> => {
    const outcome = outcomes[runs++];
    await Promise.resolve();
    if (outcome instanceof Error) throw outcome;
    return outcome ?? NaN;
  });
  const [first, second] = [load('a'), load('a')];
  expect(first).toBe(second);
  await expect(first).rejects.toThrow('busy');
  await expect(second).rejects.toThrow('busy');
  expect(load.cacheInfo()).toMatchObject({ hits: 1, misses: 1, size: 0 });
  expect(await Promise.all([load('a'), load('a'), load('a')])).toEqual([7, 7, 7]);
  expect(await load('a')).toBe(7);
  expect(load.cacheInfo()).toMatchObject({ hits: 4, misses: 2, size: 1 });
  expect(runs).toBe(2);
});

test('a rejection does not take away what came after it', async () => {
  const rejections: ((error: Error) => void)[] = [];
  const f = lz.memoize(() => new Promise<never>((_, reject) => rejections.push(reject)));
  const old = f();
  f.cacheClear();
  const young = f();
  rejections[0]?.(new Error('late'));
  await expect(old).rejects.toThrow('late');
  expect(f()).toBe(young);
  rejections[1]?.(new Error('too'));
  await expect(young).rejects.toThrow('too');
  expect(f.cacheInfo().size).toBe(0);
  f().catch(() => undefined);
  rejections[2]?.(new Error('end'));
});

test('what is no function, and options that are none, are refused', () => {
  expect(() => lz.memoize(3 as never)).toThrow('memoize: takes a function, not 3');
  expect(() => lz.memoize(() => 1, { max: 3 } as never)).toThrow(lz.OptionError);
  expect(() => lz.memoize(() => 1, { maxSize: 2 ** 32 })).toThrow(/from 1 to 16777216/);
  expect(() => lz.memoize(() => 1, { key: 'x' } as never)).toThrow(lz.OptionError);
});

test('the function is called on the object that the memoized one is called on', () => {
  const counter = {
    factor: 3,
    scaled: lz.memoize(function (this: { factor: number }, n: number) {
      return this.factor * n;
    }),
  };
  expect(counter.scaled(2)).toBe(6);
});
