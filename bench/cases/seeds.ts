/**
 * Suite `seeds`: the workloads that lazuli grew from (a notebook on NumPy, Numba and their limits), and the
 * shapes of expression on which a lazy engine should win: chains, broadcasts, rows, and a job with a big
 * temporary; then what any engine must do well: extrema and matrix products. One thread, float64 unless told.
 *
 * Vectors hold values around 1, so that sums do not cancel and square roots and quotients stay tame.
 */
import { arithmeticOf } from './arithmetic.ts';
import type { Arithmetic, Case, FloatName, InputSpec } from './case.ts';
import type { WorkName } from './works.ts';

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
const SQUARE = SIDE * SIDE;
const ROWS = 1024;
const ROW_ELEMENTS = ROWS * ROWS;

const sum = (n: number): Pick<Case, 'inputs' | 'bytes' | 'arithmetic'> => ({
  inputs: pair(n),
  bytes: doubles(2 * n),
  arithmetic: arithmeticOf(n, { basic: 2 }),
});

/** The least a sine squared needs: one sine, one product. */
const sineSquared = (n: number): Pick<Case, 'inputs' | 'bytes' | 'arithmetic'> => ({
  inputs: { a: angles(1, n) },
  bytes: doubles(2 * n),
  arithmetic: arithmeticOf(n, { sin: 1, basic: 1 }),
});

const extremum = (work: WorkName): Case => ({
  name: `${work}, 1e6`,
  work,
  inputs: { a: around1(1, MILLION) },
  bytes: doubles(MILLION),
});

const product = (dtype: FloatName): Pick<Case, 'inputs' | 'arithmetic'> => {
  const arithmetic: Arithmetic = { operations: 2 * SIDE ** 3, dtype };
  return {
    inputs: { a: { ...around1(1, SIDE, SIDE), dtype }, b: { ...around1(2, SIDE, SIDE), dtype } },
    arithmetic,
  };
};

const adds = (n: number): Pick<Case, 'inputs' | 'bytes'> => ({ inputs: pair(n), bytes: doubles(3 * n) });
const products = (n: number): Pick<Case, 'inputs' | 'bytes'> => ({
  inputs: factors(n),
  bytes: doubles(3 * n),
});

export const seeds: readonly Case[] = [
  { name: 'a+b, 10 000', work: 'add', ...adds(10_000) },
  { name: 'a+b, 10 000, into', work: 'addInto', ...adds(10_000) },
  { name: 'a+b, 1e6', work: 'add', ...adds(MILLION) },
  { name: 'a+b, 1e6, into', work: 'addInto', ...adds(MILLION) },
  { name: 'a+b, 2e7', work: 'add', ...adds(20 * MILLION), slow: true },
  { name: 'a+b, 2e7, into', work: 'addInto', ...adds(20 * MILLION), slow: true },
  { name: 'c*d, 200 000', work: 'multiply', ...products(200_000) },
  { name: 'c*d, 200 000, into', work: 'multiplyInto', ...products(200_000) },
  { name: '(a*b).sum(), 10 000', work: 'productSum', ...sum(10_000) },
  { name: '(a*b).sum(), 200 000', work: 'productSum', ...sum(200_000) },
  { name: '(a*b).sum(), 1e6', work: 'productSum', ...sum(MILLION) },
  { name: 'sin(a)*sin(a), 10 000', work: 'sinTimesSin', ...sineSquared(10_000) },
  { name: 'sin(a)**2, 10 000', work: 'sinSquared', ...sineSquared(10_000) },
  {
    name: 'chain of 5, 1e6',
    work: 'chain5',
    inputs: operands(MILLION),
    bytes: doubles(5 * MILLION),
    arithmetic: arithmeticOf(MILLION, { basic: 5 }),
  },
  {
    name: 'chain of 10, 1e6',
    work: 'chain10',
    inputs: operands(MILLION),
    bytes: doubles(5 * MILLION),
    arithmetic: arithmeticOf(MILLION, { basic: 9, exp: 1 }),
  },
  {
    name: 'a+b, 512x512',
    work: 'add',
    inputs: { a: around1(1, SIDE, SIDE), b: around1(2, SIDE, SIDE) },
    bytes: doubles(3 * SQUARE),
  },
  {
    name: 'a+row, 512x512',
    work: 'addRow',
    inputs: { a: around1(1, SIDE, SIDE), b: around1(2, SIDE) },
    bytes: doubles(2 * SQUARE + SIDE),
  },
  {
    name: 'a+column, 512x512',
    work: 'addColumn',
    inputs: { a: around1(1, SIDE, SIDE), b: around1(2, SIDE, 1) },
    bytes: doubles(2 * SQUARE + SIDE),
  },
  {
    name: 'a+b.T, 512x512',
    work: 'addTransposed',
    inputs: { a: around1(1, SIDE, SIDE), b: around1(2, SIDE, SIDE) },
    bytes: doubles(3 * SQUARE),
  },
  {
    name: 'softmax, 1024x1024',
    work: 'softmax',
    inputs: rows(ROWS),
    bytes: doubles(2 * ROW_ELEMENTS),
    arithmetic: arithmeticOf(ROW_ELEMENTS, { basic: 3, exp: 1 }),
  },
  {
    name: 'layernorm, 1024x1024',
    work: 'layernorm',
    inputs: rows(ROWS),
    bytes: doubles(2 * ROW_ELEMENTS),
    arithmetic: arithmeticOf(ROW_ELEMENTS, { basic: 5 }),
  },
  extremum('min'),
  extremum('max'),
  extremum('argmin'),
  extremum('argmax'),
  { name: 'matmul, 512x512', work: 'matmul', ...product('float64') },
  { name: 'matmul float32, 512x512', work: 'matmulSingle', ...product('float32') },
  { name: 'airports, 1000 points', work: 'airports', inputs: points(1000) },
  { name: 'airports, 3376 points', work: 'airports', inputs: points(3376), slow: true },
];
