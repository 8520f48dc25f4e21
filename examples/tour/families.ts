// Families: thousands of small computations of one structure and many sizes, as Python's multiprocessing.Pool and
// Numba's prange are used for, on one thread and on all.
import { availableParallelism } from 'node:os';
import * as lz from '../../src/index.ts';
import { agree, ensure } from './check.ts';
import { count, duration } from './figures.ts';
import { chapter, say, table } from './narrate.ts';
import * as plain from './plain.js';
import { progressBar } from './progress.ts';
import { once, onceAwaited, type Timing } from './stopwatch.ts';

const key = lz.random.key(2022);

/** The sum of the products of two arrays of normal random numbers, which are never in memory. */
const productOfNormals = (length: number) => {
  const [first, second] = lz.random.split(lz.random.foldIn(key, length));
  return lz.random.normal(first, length).mul(lz.random.normal(second, length)).sum();
};

/** Of variance 1 each, if the numbers are normal. */
const meanSquare = (sums: Float64Array): number =>
  sums.reduce((total, sum, i) => total + sum ** 2 / (i + 1), 0) / sums.length;

const sumsOn = async (threads: number, items: number) => {
  lz.configure({ threads });
  const label = threads === 1 ? 'one thread' : `${threads} threads`;
  const { value, microseconds } = await onceAwaited(() =>
    lz.parallelMap(items, (i) => productOfNormals(i + 1), { memo: false, onProgress: progressBar(label) }),
  );
  return { label, microseconds, sums: Float64Array.from(value, (sum) => sum.item()) };
};

/** `items`: how many sums; the last is of arrays that long. */
export const families = async (items: number): Promise<Timing[]> => {
  chapter(`${count(items)} sums of ${count(items)} lengths`);
  say(`For i = 1 to ${count(items)}, the sum of the products of two arrays of i normal random numbers. lz.parallelMap builds
    the expressions, some at a time; they differ in size and random key only, so they share one plan and one kernel,
    which all threads run over a table of arguments. The random numbers depend on key and position alone: no thread has
    a generator of its own, and the sums are the same however many there are.`);

  const numbers = items * (items + 1);
  const loop = once(() => plain.productsOfNormals(items));
  const threads = availableParallelism();
  // A first, short run compiles the kernel.
  await lz.parallelMap(200, (i) => productOfNormals(i + 1));
  lz.clearCache();
  const alone = await sumsOn(1, items);
  const { plans } = lz.cacheInfo();
  const runs = threads > 1 ? [alone, await sumsOn(threads, items)] : [alone];
  for (const { sums } of runs) agree(sums, alone.sums, 0);
  for (const sums of [alone.sums, loop.value])
    ensure(
      Math.abs(meanSquare(sums) - 1) < 8 / Math.sqrt(items),
      'the sums have the variance of their lengths',
    );

  table(
    ['', 'all', 'one sum', 'one random number'],
    [{ label: 'plain loop', microseconds: loop.microseconds }, ...runs].map(({ label, microseconds }) => [
      label,
      duration(microseconds),
      duration(microseconds / items),
      duration(microseconds / numbers),
    ]),
  );
  say(`All ${count(items)} sums took ${count(plans.misses)} plans${threads > 1 ? `, and on ${count(threads)} threads they are the same to the last bit` : ''}.
    (The plain loop draws other numbers, with Math.random and the method of Box and Muller.)`);

  const task = `${count(items)} sums of random products`;
  return [
    { task, way: 'plain loop', by: 'plain', microseconds: loop.microseconds },
    ...runs.map(({ label, microseconds }): Timing => ({ task, way: label, by: 'lazuli', microseconds })),
  ];
};
