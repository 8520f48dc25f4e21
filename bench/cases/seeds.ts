/**
 * Suite `seeds`: the workloads that lazuli grew from (a notebook on NumPy, Numba and their limits), and the
 * shapes of expression on which a lazy engine should win: chains, broadcasts, rows, and a job with a big
 * temporary. One thread, float64.
 *
 * Vectors hold values around 1, so that sums do not cancel and square roots and quotients stay tame.
 */
import type { Case, InputSpec } from './case.ts';

const around1 = (seed: number, ...shape: number[]): InputSpec => ({ shape, seed, low: 0.5, high: 1.5 });
const angles = (seed: number, ...shape: number[]): InputSpec => ({
  shape,
  seed,
  low: -Math.PI,
  high: Math.PI,
});

const pair = (n: number) => ({ a: around1(1, n), b: around1(2, n) });
const factors = (n: number) => ({ c: around1(3, n), d: around1(4, n) });
const operands = (n: number) => ({ ...pair(n), ...factors(n) });
const rows = (n: number) => ({ x: { shape: [n, n], seed: 5, low: -4, high: 4 } });
const points = (n: number) => ({
  latitude: { shape: [n], seed: 6, low: -1.4, high: 1.4 },
  longitude: angles(7, n),
});

const doubles = (count: number): number => 8 * count;

const MILLION = 1_000_000;
const SIDE = 512;
const ROWS = 1024;

export const seeds: readonly Case[] = [
  { name: 'a+b, 10 000', work: 'add', inputs: pair(10_000) },
  { name: 'a+b, 10 000, into', work: 'addInto', inputs: pair(10_000) },
  { name: 'a+b, 1e6', work: 'add', inputs: pair(MILLION), bytes: doubles(3 * MILLION) },
  { name: 'a+b, 1e6, into', work: 'addInto', inputs: pair(MILLION), bytes: doubles(3 * MILLION) },
  { name: 'a+b, 2e7', work: 'add', inputs: pair(20 * MILLION), bytes: doubles(60 * MILLION), slow: true },
  {
    name: 'a+b, 2e7, into',
    work: 'addInto',
    inputs: pair(20 * MILLION),
    bytes: doubles(60 * MILLION),
    slow: true,
  },
  { name: 'c*d, 200 000', work: 'multiply', inputs: factors(200_000) },
  { name: 'c*d, 200 000, into', work: 'multiplyInto', inputs: factors(200_000) },
  { name: '(a*b).sum(), 10 000', work: 'productSum', inputs: pair(10_000) },
  { name: '(a*b).sum(), 200 000', work: 'productSum', inputs: pair(200_000) },
  { name: '(a*b).sum(), 1e6', work: 'productSum', inputs: pair(MILLION), bytes: doubles(2 * MILLION) },
  { name: 'sin(a)*sin(a), 10 000', work: 'sinTimesSin', inputs: { a: angles(1, 10_000) } },
  { name: 'sin(a)**2, 10 000', work: 'sinSquared', inputs: { a: angles(1, 10_000) } },
  { name: 'chain of 5, 1e6', work: 'chain5', inputs: operands(MILLION), bytes: doubles(5 * MILLION) },
  { name: 'chain of 10, 1e6', work: 'chain10', inputs: operands(MILLION), bytes: doubles(5 * MILLION) },
  { name: 'a+b, 512x512', work: 'add', inputs: { a: around1(1, SIDE, SIDE), b: around1(2, SIDE, SIDE) } },
  { name: 'a+row, 512x512', work: 'addRow', inputs: { a: around1(1, SIDE, SIDE), b: around1(2, SIDE) } },
  {
    name: 'a+column, 512x512',
    work: 'addColumn',
    inputs: { a: around1(1, SIDE, SIDE), b: around1(2, SIDE, 1) },
  },
  {
    name: 'a+b.T, 512x512',
    work: 'addTransposed',
    inputs: { a: around1(1, SIDE, SIDE), b: around1(2, SIDE, SIDE) },
  },
  { name: 'softmax, 1024x1024', work: 'softmax', inputs: rows(ROWS), bytes: doubles(2 * ROWS * ROWS) },
  { name: 'layernorm, 1024x1024', work: 'layernorm', inputs: rows(ROWS), bytes: doubles(2 * ROWS * ROWS) },
  { name: 'airports, 1000 points', work: 'airports', inputs: points(1000) },
  { name: 'airports, 3376 points', work: 'airports', inputs: points(3376), slow: true },
];
