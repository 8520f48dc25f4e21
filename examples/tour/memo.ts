// Memo: what was computed once is not computed again, be it a plain function or an array expression.
import * as lz from '../../src/index.ts';
import { ensure } from './check.ts';
import { normals } from './data.ts';
import { bytes, count, duration } from './figures.ts';
import { chapter, say, table } from './narrate.ts';
import { once, repeat, type Timing } from './stopwatch.ts';

const fibonacci = (n: number): number => (n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2));

const quickFibonacci = lz.memoize(
  (n: number): number => (n < 2 ? n : quickFibonacci(n - 1) + quickFibonacci(n - 2)),
  { maxSize: 128 },
);

const rememberedFibonacci = (n: number): Timing[] => {
  const slow = once(() => fibonacci(n));
  const quick = once(() => quickFibonacci(n));
  ensure(slow.value === quick.value, 'both ways give the same Fibonacci number');
  const { hits, misses, size, maxSize } = quickFibonacci.cacheInfo();
  say(`lz.memoize wraps a plain function. fibonacci(${count(n)}) is ${count(slow.value)}: ${duration(slow.microseconds)}
    without a memory, ${duration(quick.microseconds)} with one (${count(hits)} hits, ${count(misses)} misses,
    ${count(size)} of at most ${count(maxSize)} values kept).`);
  return [
    { task: `fibonacci(${n})`, way: 'plain function', by: 'plain', microseconds: slow.microseconds },
    { task: `fibonacci(${n})`, way: 'memoized', by: 'lazuli', microseconds: quick.microseconds },
  ];
};

const rememberedArrays = (length: number, repetitions: number): Timing[] => {
  const x = lz.asArray(normals(length, 4));
  const spread = () => x.sub(x.mean()).square().mean().sqrt().item();
  const before = lz.cacheInfo();
  const computed = once(spread);
  const remembered = repeat(repetitions, spread);
  const after = lz.cacheInfo();
  ensure(spread() === computed.value, 'a remembered value is the computed one');
  ensure(after.results.hits - before.results.hits === repetitions, 'every repetition is a hit of the memo');

  say(`Array expressions need no wrapping: one that is written again over the same data finds its value. The square root
    of the mean of (x - mean(x)) ** 2 over ${count(length)} numbers is ${computed.value.toFixed(9)}, computed in
    ${duration(computed.microseconds)} with compiling and found again in ${duration(remembered.then)}. What
    lz.cacheInfo() counted for the first evaluation and ${count(repetitions)} more:`);
  table(
    ['cache', 'hits', 'misses', 'kept'],
    (['results', 'plans', 'kernels'] as const).map((name) => [
      name,
      count(after[name].hits - before[name].hits),
      count(after[name].misses - before[name].misses),
      count(after[name].entries),
    ]),
  );
  say(`The results kept so far take ${bytes(after.results.bytes)}; at ${bytes(after.results.maxBytes)} the least recently
    used would go.`);

  const task = `standard deviation, ${count(length)}`;
  return [
    { task, way: 'lazuli, computed', by: 'first', microseconds: computed.microseconds },
    { task, way: 'lazuli, remembered', by: 'lazuli', microseconds: remembered.then },
  ];
};

const noticedChange = (): void => {
  const memory = Float64Array.of(1, 2, 3);
  const x = lz.asArray(memory, { copy: false });
  const before = x.sum().item();
  memory[0] = 10;
  x.touch();
  const after = x.sum().item();
  ensure(before === 6 && after === 15, 'touch() makes lazuli look again');
  say(`An array may also wrap your memory without copying it. Write to that memory, call touch(), and no old result is
    found: the sum of 1, 2, 3 was ${before}, and with 10 in the place of 1 it is ${after}.`);
};

export const memo = (): Timing[] => {
  chapter('Remembered results');
  const timings = [...rememberedFibonacci(35), ...rememberedArrays(1_000_000, 100)];
  noticedChange();
  return timings;
};
