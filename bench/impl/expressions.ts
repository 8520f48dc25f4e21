/** What lazuli computes for each work: functions of arrays as a user would write them. */
import * as lz from '../../src/index.ts';
import {
  EARTH_RADIUS,
  LAYERNORM_EPSILON,
  LONG_CHAIN_OPS,
  PI_POINTS,
  RATE,
  VOLATILITY,
} from '../cases/works.ts';

type A = lz.LazyArray;

export const add = (a: A, b: A): A => a.add(b);
export const addTransposed = (a: A, b: A): A => a.add(b.T);
export const multiply = (c: A, d: A): A => c.mul(d);
export const productSum = (a: A, b: A): A => a.mul(b).sum();
export const sinTimesSin = (a: A): A => a.sin().mul(a.sin());
export const sinSquared = (a: A): A => a.sin().pow(2);
export const sin = (a: A): A => a.sin();
export const sum = (a: A): A => a.sum();
export const chain3 = (a: A, b: A, c: A, d: A): A => a.mul(b).add(c).div(d);
export const chain5 = (a: A, b: A, c: A, d: A): A => a.mul(b).add(c).div(d).sqrt().sub(a);
export const chain10 = (a: A, b: A, c: A, d: A): A => chain5(a, b, c, d).exp().mul(c).add(b).sqrt().div(a);
export const argmin = (a: A): A => a.argmin();
export const argmax = (a: A): A => a.argmax();
export const min = (a: A): A => a.min();
export const max = (a: A): A => a.max();
export const matmul = (a: A, b: A): A => a.matmul(b);

export function softmax(x: A): A {
  const powers = x.sub(x.max(1, { keepdims: true })).exp();
  return powers.div(powers.sum(1, { keepdims: true }));
}

export function layernorm(x: A): A {
  const centered = x.sub(x.mean(1, { keepdims: true }));
  return centered.div(x.var(1, { keepdims: true }).add(LAYERNORM_EPSILON).sqrt());
}

export function airports(latitude: A, longitude: A): readonly A[] {
  const pairwise = (v: A): A => v.expandDims(1).sub(v.expandDims(0));
  const halfSine = (v: A): A => pairwise(v).div(2).sin().square();
  const cosine = latitude.cos();
  const cosines = cosine.expandDims(1).mul(cosine.expandDims(0));
  const haversine = halfSine(latitude).add(cosines.mul(halfSine(longitude)));
  const distance = haversine
    .sqrt()
    .asin()
    .mul(2 * EARTH_RADIUS);
  const index = lz.arange(latitude.size);
  const others = lz.where(index.expandDims(1).equal(index.expandDims(0)), Infinity, distance);
  return [others.argmin(1), others.min(1), distance.mean()];
}

const PHI_COEFFICIENTS = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153];

/** The normal distribution function by Abramowitz and Stegun 26.2.17. */
function phi(x: A): A {
  const k = lz.divide(1, x.abs().mul(0.2316419).add(1));
  const [highest = 0, ...lower] = PHI_COEFFICIENTS;
  const polynomial = lower.reduce((sum, c) => sum.add(c).mul(k), k.mul(highest));
  const tail = x
    .square()
    .mul(-0.5)
    .exp()
    .mul(polynomial)
    .div(Math.sqrt(2 * Math.PI));
  return lz.where(x.less(0), tail, lz.subtract(1, tail));
}

/** Call and put by a program for the normal distribution function. */
function optionPrices(cdf: (x: A) => A, spot: A, strike: A, years: A): readonly A[] {
  const deviation = years.sqrt().mul(VOLATILITY);
  const drift = years.mul(RATE + VOLATILITY ** 2 / 2);
  const d1 = spot.div(strike).log().add(drift).div(deviation);
  const discounted = years.mul(-RATE).exp().mul(strike);
  const call = spot.mul(cdf(d1)).sub(discounted.mul(cdf(d1.sub(deviation))));
  return [call, call.sub(spot).add(discounted)];
}

export const blackScholes = (spot: A, strike: A, years: A): readonly A[] =>
  optionPrices(phi, spot, strike, years);

/** One sum of `productSums`: two arrays of random numbers that are never in memory. */
export function productOfNormals(key: lz.random.RandomKey, length: number): A {
  const [first, second] = lz.random.split(lz.random.foldIn(key, length));
  return lz.random.normal(first, length).mul(lz.random.normal(second, length)).sum();
}

/** A random number of 53 bits is enough for both coordinates of a point. */
export function monteCarloPi(): A {
  const bits = lz.random.uniform(lz.random.key(1), PI_POINTS).mul(2 ** 26);
  const high = bits.floor();
  return high
    .mul(2 ** -26)
    .square()
    .add(bits.sub(high).square())
    .less(1)
    .sum()
    .mul(4 / PI_POINTS);
}

export const sort = (a: A): A => lz.sort(a);
export const argsort = (a: A): A => lz.argsort(a);

export function longChain(a: A, b: A): A {
  let value = a;
  for (let k = 0; k < LONG_CHAIN_OPS; k += 2) value = value.add(b).sub(b);
  return value;
}

const normalCdf = (x: A): A => x.div(Math.SQRT2).erf().add(1).div(2);

export const blackScholesOnGpu = (spot: A, strike: A, years: A): readonly A[] =>
  optionPrices(normalCdf, spot, strike, years);
