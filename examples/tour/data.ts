// What the tour computes with: the data sets of vega-datasets, and normal random numbers that are the same in
// every run.
import { readFile } from 'node:fs/promises';

/** A file of the vega-datasets package, which exports its folder only by its neighbour, the entry module. */
export const dataset = (name: string): Promise<Buffer> =>
  readFile(new URL(`../data/${name}`, import.meta.resolve('vega-datasets')));

/** Uniform in (0, 1): mulberry32, a 32-bit generator of Tommy Ettinger. */
const uniform = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return (((bits ^ (bits >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
};

/** Normally distributed, mean 0 and deviation 1 (Box and Muller's way). */
export const normals = (length: number, seed: number): Float64Array => {
  const next = uniform(seed);
  return Float64Array.from(
    { length },
    () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next()),
  );
};
