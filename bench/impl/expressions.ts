/** What lazuli computes for each work: functions of arrays as a user would write them. */
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';
import { EARTH_RADIUS, LAYERNORM_EPSILON, LONG_CHAIN_OPS, RATE, VOLATILITY } from '../cases/works.ts';

type A = LazyArray;

export const add = (a: A, b: A): A => a.add(b);
export const addTransposed = (a: A, b: A): A => a.add(b.T);
export const multiply = (c: A, d: A): A => c.mul(d);
export const productSum = (a: A, b: A): A => a.mul(b).sum();
export const sinTimesSin = (a: A): A => a.sin().mul(a.sin());
export const sinSquared = (a: A): A => a.sin().pow(2);
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

export function longChain(a: A, b: A): A {
  let value = a;
  for (let k = 0; k < LONG_CHAIN_OPS; k += 2) value = value.add(b).sub(b);
  return value;
}

const normalCdf = (x: A): A => x.div(Math.SQRT2).erf().add(1).div(2);

export function blackScholes(spot: A, strike: A, years: A): readonly A[] {
  const deviation = years.sqrt().mul(VOLATILITY);
  const drift = years.mul(RATE + VOLATILITY ** 2 / 2);
  const d1 = spot.div(strike).log().add(drift).div(deviation);
  const discounted = years.mul(-RATE).exp().mul(strike);
  const call = spot.mul(normalCdf(d1)).sub(discounted.mul(normalCdf(d1.sub(deviation))));
  return [call, call.sub(spot).add(discounted)];
}
