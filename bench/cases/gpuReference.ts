/**
 * What the works of suite `gpu` are compared with: plain loops in float64 over the float32 inputs. Of a matrix product,
 * which would take minutes, only what is compared is computed: some elements, and the mean.
 */
import { type Sample, sampleOf, sampledFrom } from '../measure/agreement.ts';
import type { Floats, Inputs } from './inputs.ts';
import { LAYERNORM_EPSILON, RATE, VOLATILITY, type WorkName } from './works.ts';

type Reference = (inputs: Inputs) => readonly Sample[];

function elementwise(length: number, at: (i: number) => number): Sample {
  const out = new Float64Array(length);
  for (let i = 0; i < length; i++) out[i] = at(i);
  return sampleOf(out);
}

function product(inputs: Inputs): readonly Sample[] {
  const [a, b] = [inputs.values('a'), inputs.values('b')];
  return [elementwise(a.length, (i) => (a[i] ?? NaN) * (b[i] ?? NaN))];
}

function productSum(inputs: Inputs): readonly Sample[] {
  const [a, b] = [inputs.values('a'), inputs.values('b')];
  const { mean, length } = elementwise(a.length, (i) => (a[i] ?? NaN) * (b[i] ?? NaN));
  return [sampleOf([mean * length])];
}

function chain10(inputs: Inputs): readonly Sample[] {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => inputs.values(name)) as [
    Floats,
    Floats,
    Floats,
    Floats,
  ];
  const at = (i: number): number => {
    const [x, y, z, w] = [a[i] ?? NaN, b[i] ?? NaN, c[i] ?? NaN, d[i] ?? NaN];
    return Math.sqrt(Math.exp(Math.sqrt((x * y + z) / w) - x) * z + y) / x;
  };
  return [elementwise(a.length, at)];
}

/** By the series of positive terms, erf(x) = 2 / sqrt(pi) exp(-x^2) sum 2^n x^(2n+1) / (2n+1)!!, for the |x| < 4 here. */
function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-12 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const normalCdf = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2;

function blackScholes(inputs: Inputs): readonly Sample[] {
  const [spot, strike, years] = [inputs.values('spot'), inputs.values('strike'), inputs.values('years')];
  const call = new Float64Array(spot.length);
  const put = new Float64Array(spot.length);
  for (let i = 0; i < spot.length; i++) {
    const [s, k, t] = [spot[i] ?? NaN, strike[i] ?? NaN, years[i] ?? NaN];
    const deviation = VOLATILITY * Math.sqrt(t);
    const d1 = (Math.log(s / k) + (RATE + VOLATILITY ** 2 / 2) * t) / deviation;
    const discounted = k * Math.exp(-RATE * t);
    const price = s * normalCdf(d1) - discounted * normalCdf(d1 - deviation);
    call[i] = price;
    put[i] = price - s + discounted;
  }
  return [sampleOf(call), sampleOf(put)];
}

const byRows =
  (row: (x: Floats, out: Float64Array) => void): Reference =>
  (inputs) => {
    const x = inputs.values('x');
    const [, columns = 0] = inputs.shape('x');
    const out = new Float64Array(x.length);
    for (let at = 0; at < x.length; at += columns)
      row(x.subarray(at, at + columns), out.subarray(at, at + columns));
    return [sampleOf(out)];
  };

const softmax = byRows((x, out) => {
  let [largest, sum] = [-Infinity, 0];
  for (const value of x) largest = Math.max(largest, value);
  for (let j = 0; j < x.length; j++) sum += out[j] = Math.exp((x[j] ?? NaN) - largest);
  for (let j = 0; j < x.length; j++) out[j] = (out[j] ?? NaN) / sum;
});

const layernorm = byRows((x, out) => {
  let [sum, squares] = [0, 0];
  for (const value of x) sum += value;
  const mean = sum / x.length;
  for (const value of x) squares += (value - mean) ** 2;
  const scale = 1 / Math.sqrt(squares / x.length + LAYERNORM_EPSILON);
  for (let j = 0; j < x.length; j++) out[j] = ((x[j] ?? NaN) - mean) * scale;
});

function matmul(inputs: Inputs): readonly Sample[] {
  const [a, b] = [inputs.values('a'), inputs.values('b')];
  const [n = 0, depth = 0] = inputs.shape('a');
  const [, m = 0] = inputs.shape('b');
  const at = (i: number, j: number): number => {
    let sum = 0;
    for (let k = 0; k < depth; k++) sum += (a[i * depth + k] ?? NaN) * (b[k * m + j] ?? NaN);
    return sum;
  };
  // The sum of all elements is the product of the sums of a's columns with those of b's rows.
  const columnSums = new Float64Array(depth);
  const rowSums = new Float64Array(depth);
  for (let i = 0; i < a.length; i++) columnSums[i % depth] = (columnSums[i % depth] ?? NaN) + (a[i] ?? NaN);
  for (let i = 0; i < b.length; i++) {
    const k = Math.floor(i / m);
    rowSums[k] = (rowSums[k] ?? NaN) + (b[i] ?? NaN);
  }
  const total = columnSums.reduce((sum, value, k) => sum + value * (rowSums[k] ?? NaN), 0);
  return [sampledFrom(n * m, total / (n * m), (i) => at(Math.floor(i / m), i % m))];
}

const references: { readonly [W in WorkName]?: Reference } = {
  deviceCopy: (inputs) => [sampleOf(inputs.values('x'))],
  multiplyOnGpu: product,
  multiplyAwaited: product,
  productSumOnGpu: productSum,
  chain10OnGpu: chain10,
  blackScholesOnGpu: blackScholes,
  softmaxOnGpu: softmax,
  layernormOnGpu: layernorm,
  matmulOnGpu: matmul,
};

/** The right results of a work, thinned out; none where it has none. */
export const gpuReference = (work: WorkName, inputs: Inputs): readonly Sample[] =>
  references[work]?.(inputs) ?? [];
