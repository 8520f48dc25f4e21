/**
 * Suite `gpu`: float32 on a GPU, data resident there, 2^24 elements (2^12 with --quick, which software can do).
 *
 * The first two cases measure the device itself, by kernels that do nothing but copy or multiply and add: they are the
 * limits that the others are compared with. The last two show what one call costs where there is next to nothing to do.
 */
import { arithmeticOf } from './arithmetic.ts';
import type { Arithmetic, Case, InputSpec } from './case.ts';
import { MULTIPLY_ADDS, MULTIPLY_ADD_CHAINS } from './works.ts';

interface Sizes {
  /** Elements of a vector, as a power of two; rows are the square root of it. */
  readonly log2: number;
  readonly copyLog2: number;
  readonly threads: number;
  readonly side: number;
}

const full: Sizes = { log2: 24, copyLog2: 25, threads: 2 ** 20, side: 4096 };
const quick: Sizes = { log2: 12, copyLog2: 14, threads: 256, side: 64 };

const SMALL = 1000;
const BYTES = 4;

const uniform = (seed: number, low: number, high: number, ...shape: number[]): InputSpec => ({
  shape,
  seed,
  low,
  high,
  dtype: 'float32',
});
const around1 = (seed: number, ...shape: number[]): InputSpec => uniform(seed, 0.5, 1.5, ...shape);

const single = (arithmetic: Arithmetic): Arithmetic => ({ ...arithmetic, dtype: 'float32' });

function casesOf({ log2, copyLog2, threads, side }: Sizes): readonly Case[] {
  const n = 2 ** log2;
  const rows = 2 ** (log2 / 2);
  const size = `2^${log2}`;
  const square = `${rows}x${rows}`;
  const pair = { a: around1(1, n), b: around1(2, n) };
  const x = uniform(5, -4, 4, rows, rows);
  const small = { a: around1(1, SMALL), b: around1(2, SMALL) };
  return [
    {
      name: `copy, 2^${copyLog2}`,
      work: 'deviceCopy',
      inputs: { x: uniform(9, -1, 1, 2 ** copyLog2) },
      bytes: 2 * BYTES * 2 ** copyLog2,
    },
    {
      name: 'multiply-add',
      work: 'multiplyAdds',
      inputs: { x: uniform(8, -1, 1, threads) },
      arithmetic: {
        operations: 2 * threads * MULTIPLY_ADDS * MULTIPLY_ADD_CHAINS,
        dtype: 'float32',
      },
    },
    { name: `a*b, ${size}`, work: 'multiplyOnGpu', inputs: pair, bytes: 3 * BYTES * n },
    { name: `(a*b).sum(), ${size}`, work: 'productSumOnGpu', inputs: pair, bytes: 2 * BYTES * n },
    {
      name: `chain of 10, ${size}`,
      work: 'chain10OnGpu',
      inputs: { ...pair, c: around1(3, n), d: around1(4, n) },
      bytes: 5 * BYTES * n,
      arithmetic: single(arithmeticOf(n, { basic: 9, exp: 1 })),
    },
    {
      name: `Black-Scholes, ${size}`,
      work: 'blackScholesOnGpu',
      inputs: {
        spot: uniform(11, 80, 120, n),
        strike: uniform(12, 80, 120, n),
        years: uniform(13, 0.25, 2, n),
      },
      bytes: 5 * BYTES * n,
      arithmetic: single(arithmeticOf(n, { basic: 20, log: 1, exp: 1, erf: 2 })),
    },
    {
      name: `softmax, ${square}`,
      work: 'softmaxOnGpu',
      inputs: { x },
      bytes: 2 * BYTES * n,
      arithmetic: single(arithmeticOf(n, { basic: 3, exp: 1 })),
    },
    {
      name: `layernorm, ${square}`,
      work: 'layernormOnGpu',
      inputs: { x },
      bytes: 2 * BYTES * n,
      arithmetic: single(arithmeticOf(n, { basic: 5 })),
    },
    {
      name: `matmul, ${side}x${side}`,
      work: 'matmulOnGpu',
      inputs: { a: around1(1, side, side), b: around1(2, side, side) },
      arithmetic: { operations: 2 * side ** 3, dtype: 'float32' },
    },
    { name: `a*b, ${SMALL}`, work: 'multiplyOnGpu', inputs: small },
    { name: `a*b, ${SMALL}, each awaited`, work: 'multiplyAwaited', inputs: small },
  ];
}

export const gpu = casesOf(full);
export const gpuQuick = casesOf(quick);
