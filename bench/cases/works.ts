/**
 * The works: what is computed, by name, independent of sizes.
 *
 * Each implementation (lazuli and every peer) is a table from these names to its own, idiomatic way of
 * computing them; an absent entry says "cannot". The formula is in NumPy notation. Operands named `a b c d`
 * are vectors or matrices of one size unless the case says otherwise.
 *
 * `tolerance` bounds max |result - reference| / max |reference| for each output. It is what a faithful double
 * precision implementation reaches, whatever the order of its sums: a peer that computes in single precision
 * fails it, and its row says so. (`matmulSingle` has float32 operands.)
 */

export interface Work {
  readonly formula: string;
  readonly tolerance: number;
  /**
   * What the outputs are but for chance, where everyone draws random numbers of their own: results are compared with
   * this, and the tolerance is five standard deviations.
   */
  readonly expected?: readonly number[];
}

const ARITHMETIC = 1e-14;
const FUNCTIONS = 1e-13;
const SUMS = 1e-12;
const SINGLE_SUMS = 1e-5;
const SINGLE_ARITHMETIC = 1e-6;
const SINGLE_FUNCTIONS = 1e-5;

export const WORKS = {
  add: { formula: 'a + b', tolerance: ARITHMETIC },
  addInto: { formula: 'a + b into a given output', tolerance: ARITHMETIC },
  multiply: { formula: 'c * d', tolerance: ARITHMETIC },
  multiplyInto: { formula: 'c * d into a given output', tolerance: ARITHMETIC },
  productSum: { formula: '(a * b).sum()', tolerance: SUMS },
  sinTimesSin: { formula: 'sin(a) * sin(a)', tolerance: FUNCTIONS },
  sinSquared: { formula: 'sin(a) ** 2', tolerance: FUNCTIONS },
  chain5: { formula: 'sqrt((a * b + c) / d) - a', tolerance: ARITHMETIC },
  chain5Into: { formula: 'sqrt((a * b + c) / d) - a into a given output', tolerance: ARITHMETIC },
  chain5Compiled: {
    formula: 'sqrt((a * b + c) / d) - a, function compiled beforehand',
    tolerance: ARITHMETIC,
  },
  chain5Memo: { formula: 'sqrt((a * b + c) / d) - a, result remembered', tolerance: ARITHMETIC },
  chain10: { formula: 'sqrt(exp(sqrt((a * b + c) / d) - a) * c + b) / a', tolerance: FUNCTIONS },
  addRow: { formula: 'a + row, shapes (n, n) and (n,)', tolerance: ARITHMETIC },
  addColumn: { formula: 'a + column, shapes (n, n) and (n, 1)', tolerance: ARITHMETIC },
  addTransposed: { formula: 'a + b.T', tolerance: ARITHMETIC },
  softmax: { formula: 'softmax over the last axis', tolerance: FUNCTIONS },
  layernorm: { formula: '(x - mean) / sqrt(var + 1e-5) over the last axis', tolerance: FUNCTIONS },
  argmin: { formula: 'a.argmin()', tolerance: 0 },
  argmax: { formula: 'a.argmax()', tolerance: 0 },
  min: { formula: 'a.min()', tolerance: 0 },
  max: { formula: 'a.max()', tolerance: 0 },
  matmul: { formula: 'a @ b', tolerance: SUMS },
  matmulSingle: { formula: 'a @ b in float32', tolerance: SINGLE_SUMS },
  airports: {
    formula: 'haversine of all pairs: nearest other (argmin and min per row) and the mean',
    tolerance: SUMS,
  },
  sin: { formula: 'sin(a)', tolerance: FUNCTIONS },
  sum: { formula: 'a.sum()', tolerance: SUMS },
  chain3: { formula: '(a * b + c) / d', tolerance: ARITHMETIC },
  blackScholes: {
    formula: 'call and put by Black and Scholes, Phi by Abramowitz and Stegun 26.2.17',
    tolerance: FUNCTIONS,
  },
  productSums: {
    formula:
      'sums of products of two normal random arrays of length 1 to 20 000; mean of their squares over length',
    tolerance: 0.06,
    expected: [1],
  },
  monteCarloPi: {
    formula: '4 * mean(x**2 + y**2 < 1) of 1e9 random points',
    tolerance: 1e-4,
    expected: [Math.PI],
  },
  buildLongChain: { formula: 'a + b - b + b ..., 1000 ops, graph built and dropped', tolerance: ARITHMETIC },
  longChain: { formula: 'a + b - b + b ..., 1000 ops, evaluated', tolerance: ARITHMETIC },
  coldCompile: {
    formula: '100 ops in a new random order each time, all caches cleared',
    tolerance: ARITHMETIC,
  },
  coldCompileShort: {
    formula: '20 ops in a new random order each time, all caches cleared',
    tolerance: ARITHMETIC,
  },
  coldChain10: { formula: '10 ops in a new random order, all caches cleared', tolerance: ARITHMETIC },
  coldChain100: { formula: '100 ops in a new random order, all caches cleared', tolerance: ARITHMETIC },
  coldChain1000: { formula: '1,000 ops in a new random order, all caches cleared', tolerance: ARITHMETIC },
  coldChain10000: { formula: '10,000 ops in a new random order, all caches cleared', tolerance: ARITHMETIC },
  coldStencil: {
    formula: 'steps of x[1:-1] = (x[:-2] + x[2:]) / 2, all caches cleared',
    tolerance: ARITHMETIC,
  },
  coldRecurrence: {
    formula: 'steps of y = 0.9 y + 0.1 a, all stacked, all caches cleared',
    tolerance: ARITHMETIC,
  },
  coldWideSum: { formula: 'a + 0.5 b + 2.5 b + ..., all caches cleared', tolerance: ARITHMETIC },
  deviceCopy: { formula: 'x copied within the memory of the device', tolerance: 0 },
  multiplyAdds: { formula: 'nothing but fused multiplications and additions', tolerance: Infinity },
  multiplyOnGpu: { formula: 'a * b', tolerance: SINGLE_ARITHMETIC },
  multiplyAwaited: { formula: 'a * b, waiting for the device after each', tolerance: SINGLE_ARITHMETIC },
  productSumOnGpu: { formula: '(a * b).sum()', tolerance: SINGLE_SUMS },
  chain10OnGpu: {
    formula: 'sqrt(exp(sqrt((a * b + c) / d) - a) * c + b) / a',
    tolerance: SINGLE_FUNCTIONS,
  },
  blackScholesOnGpu: {
    formula: 'call and put; normal distribution by erf',
    tolerance: SINGLE_FUNCTIONS,
  },
  softmaxOnGpu: { formula: 'softmax over the last axis', tolerance: SINGLE_FUNCTIONS },
  layernormOnGpu: {
    formula: '(x - mean) / sqrt(var + 1e-5) over the last axis',
    tolerance: SINGLE_FUNCTIONS,
  },
  matmulOnGpu: { formula: 'a @ b', tolerance: SINGLE_SUMS },
  sort: { formula: 'sort(a)', tolerance: 0 },
  sortStable: { formula: "sort(a, kind='stable')", tolerance: 0 },
  argsort: { formula: 'argsort(a)', tolerance: 0 },
  argsortStable: { formula: "argsort(a, kind='stable')", tolerance: 0 },
  forkJoin: { formula: 'a kernel that does nothing, one part for each thread', tolerance: ARITHMETIC },
  forkJoinAsleep: { formula: 'the same, after the threads went to sleep', tolerance: ARITHMETIC },
} as const satisfies Record<string, Work>;

export type WorkName = keyof typeof WORKS;

/** Ops in `buildLongChain` and `longChain`. */
export const LONG_CHAIN_OPS = 1000;

/** Ops in one expression of `coldCompile`. */
export const COLD_COMPILE_OPS = 100;

/** Ops in one expression of `coldCompileShort`. */
export const SHORT_COLD_COMPILE_OPS = 20;

/** Ops in `coldChain10` and so on: what an op costs should not grow with the graph. */
export const COLD_CURVE_OPS = [10, 100, 1000, 10_000] as const;

/** Ops in `coldStencil`, `coldRecurrence` and `coldWideSum`. */
export const UNROLLED_OPS = 3000;

/** Arrays in `productSums`, the longest of this length. */
export const PRODUCT_SUMS = 20_000;

/** Points of `monteCarloPi`. */
export const PI_POINTS = 1e9;

/** Mean radius of the earth in km, for `airports`. */
export const EARTH_RADIUS = 6371;

/** Added to the variance in `layernorm`. */
export const LAYERNORM_EPSILON = 1e-5;

/** Rate of interest and volatility in `blackScholes` and `blackScholesOnGpu`. */
export const RATE = 0.02;
export const VOLATILITY = 0.3;

/** In `multiplyAdds` each thread has so many chains of multiply-adds, each so long. */
export const MULTIPLY_ADD_CHAINS = 16;
export const MULTIPLY_ADDS = 512;
