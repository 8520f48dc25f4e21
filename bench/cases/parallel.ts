/**
 * Suite `parallel`: work for all cores, large and compute-bound (sines, option prices, distances), large and
 * memory-bound (sums of arrays), and families of small computations with random numbers inside.
 *
 * lazuli takes part with one thread and with as many as the machine has processors, which is what its peers use.
 */
import { arithmeticOf } from './arithmetic.ts';
import type { Case, InputSpec } from './case.ts';

const [MILLION, TEN_MILLION] = [1e6, 1e7];
/** So many points have ten million pairs. */
const POINTS = 3163;

const around1 = (seed: number, n: number): InputSpec => ({ shape: [n], seed, low: 0.5, high: 1.5 });
const within = (low: number, high: number, seed: number, n: number): InputSpec => ({
  shape: [n],
  seed,
  low,
  high,
});
const doubles = (count: number): number => 8 * count;

const sines = (n: number): Pick<Case, 'inputs' | 'bytes' | 'arithmetic'> => ({
  inputs: { a: within(-Math.PI, Math.PI, 1, n) },
  bytes: doubles(2 * n),
  arithmetic: arithmeticOf(n, { sin: 1 }),
});
const operands = {
  a: around1(1, TEN_MILLION),
  b: around1(2, TEN_MILLION),
  c: around1(3, TEN_MILLION),
  d: around1(4, TEN_MILLION),
};
const chain = { inputs: operands, bytes: doubles(5 * TEN_MILLION) };

export const parallel: readonly Case[] = [
  { name: 'sin(a), 1e6', work: 'sin', ...sines(MILLION) },
  { name: 'sin(a), 1e7', work: 'sin', ...sines(TEN_MILLION) },
  {
    name: 'Black-Scholes, 1e6',
    work: 'blackScholes',
    inputs: {
      spot: within(50, 150, 1, MILLION),
      strike: within(50, 150, 2, MILLION),
      years: within(0.1, 2, 3, MILLION),
    },
    bytes: doubles(5 * MILLION),
    arithmetic: arithmeticOf(MILLION, { basic: 53, log: 1, exp: 3 }),
  },
  {
    name: 'haversine, 1e7 pairs',
    work: 'airports',
    inputs: { latitude: within(-1.4, 1.4, 6, POINTS), longitude: within(-Math.PI, Math.PI, 7, POINTS) },
    arithmetic: arithmeticOf(POINTS * POINTS, { basic: 12, sin: 2, asin: 1 }),
  },
  {
    name: 'chain of 3, 1e7',
    work: 'chain3',
    ...chain,
    arithmetic: arithmeticOf(TEN_MILLION, { basic: 3 }),
  },
  {
    name: 'chain of 5, 1e7',
    work: 'chain5',
    ...chain,
    arithmetic: arithmeticOf(TEN_MILLION, { basic: 5 }),
  },
  {
    name: 'chain of 10, 1e7',
    work: 'chain10',
    ...chain,
    arithmetic: arithmeticOf(TEN_MILLION, { basic: 9, exp: 1 }),
  },
  {
    name: 'a+b, 1e7',
    work: 'add',
    inputs: { a: operands.a, b: operands.b },
    bytes: doubles(3 * TEN_MILLION),
  },
  { name: 'a.sum(), 1e7', work: 'sum', inputs: { a: operands.a }, bytes: doubles(TEN_MILLION) },
  { name: '20 000 random product sums', work: 'productSums', inputs: {}, slow: true },
  { name: 'pi by 1e9 random points', work: 'monteCarloPi', inputs: {}, slow: true },
];
