/** How many kernels the workloads of the design need: exact, so that a change of fusion shows. */
import { beforeEach, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';

beforeEach(() => {
  lz.clearCache();
});

const ramp = (n: number, scale = 1): LazyArray<'float64'> =>
  lz.asArray(Float64Array.from({ length: n }, (_, i) => Math.sin(i * 1.3) * scale));
const matrix = (rows: number, columns: number): LazyArray<'float64'> =>
  ramp(rows * columns).reshape([rows, columns]);

const factsOf = (
  roots: LazyArray | readonly LazyArray[],
): ReturnType<ReturnType<typeof lz.explain>['toJSON']> => lz.explain(roots).toJSON();
const kernels = (roots: LazyArray | readonly LazyArray[]): number => factsOf(roots).plan.kernels.length;
const trafficRatio = (roots: LazyArray | readonly LazyArray[]): number => {
  const { bytesMoved, bytesMinimum } = factsOf(roots).plan;
  return bytesMoved / bytesMinimum;
};
/** Occurrences of `op` in the kernel IR. */
const opCount = (x: LazyArray, op: string): number =>
  [
    ...x
      .explain()
      .toString('code')
      .matchAll(new RegExp(`= ${op}\\.`, 'g')),
  ].length;

const softmax = (x: LazyArray): LazyArray => {
  const e = x.sub(x.max(-1, { keepdims: true })).exp();
  return e.div(e.sum(-1, { keepdims: true }));
};

const layernorm = (x: LazyArray, gain: LazyArray, bias: LazyArray): LazyArray =>
  x
    .sub(x.mean(-1, { keepdims: true }))
    .div(x.var(-1, { keepdims: true }).add(1e-5).sqrt())
    .mul(gain)
    .add(bias);

/** Normal distribution function by Abramowitz and Stegun 26.2.17, enough arithmetic for a plan. */
function phi(x: LazyArray): LazyArray {
  const t = lz.divide(1, x.abs().mul(0.2316419).add(1));
  const density = x.square().mul(-0.5).exp().mul(0.3989422804014327);
  const tail = density.mul(t.mul(t.mul(t.mul(1.781477937).sub(0.356563782)).add(0.31938153)));
  return lz.where(x.greaterEqual(0), lz.subtract(1, tail), tail);
}

describe('one sine', () => {
  test.each([
    ['sin(x) * sin(x)', (x: LazyArray) => x.sin().mul(x.sin())],
    ['sin(x) ** 2', (x: LazyArray) => x.sin().pow(2)],
    ['square(sin(x))', (x: LazyArray) => x.sin().square()],
  ])('%s is one kernel with one sine', (_, f) => {
    const y = f(ramp(100));
    expect(kernels(y)).toBe(1);
    expect(opCount(y, 'sin')).toBe(1);
    expect(opCount(y, 'multiply')).toBe(1);
    expect(trafficRatio(y)).toBe(1);
  });
});

describe('kernel counts', () => {
  test('(a * b).sum() is 1', () => {
    expect(kernels(ramp(1000).mul(ramp(1000, 2)).sum())).toBe(1);
  });

  test('a * b + c * d + e is 1 and moves each byte once', () => {
    const [a, b, c, d, e] = [1, 2, 3, 4, 5].map((k) => ramp(64, k));
    if (!a || !b || !c || !d || !e) throw new Error('unreachable');
    const y = a.mul(b).add(c.mul(d)).add(e);
    expect(kernels(y)).toBe(1);
    expect(trafficRatio(y)).toBe(1);
  });

  test('mean and var of x are 1 together', () => {
    const x = matrix(20, 30);
    expect(kernels([x.mean(1), x.var(1)])).toBe(1);
    expect(kernels([x.mean(), x.var()])).toBe(1);
  });

  test('softmax over the last axis is 1 and reads x once', () => {
    const y = softmax(matrix(16, 32));
    expect(kernels(y)).toBe(1);
    expect(trafficRatio(y)).toBe(1);
    expect(opCount(y, 'exp')).toBe(1);
  });

  test('layernorm over the last axis is 1', () => {
    const y = layernorm(matrix(16, 32), ramp(32), ramp(32, 2));
    expect(kernels(y)).toBe(1);
    expect(trafficRatio(y)).toBe(1);
  });

  test('Black-Scholes call and put are 1 with two outputs', () => {
    const [price, strike, time] = [
      ramp(50).abs().add(50),
      ramp(50).abs().add(45),
      ramp(50).abs().add(0.5),
    ].map((x) => lz.asArray(x.dataSync()));
    if (!price || !strike || !time) throw new Error('unreachable');
    const [rate, sigma] = [0.02, 0.3];
    const root = time.sqrt().mul(sigma);
    const d1 = price
      .div(strike)
      .log()
      .add(time.mul(rate + (sigma * sigma) / 2))
      .div(root);
    const d2 = d1.sub(root);
    const discounted = strike.mul(time.mul(-rate).exp());
    const call = price.mul(phi(d1)).sub(discounted.mul(phi(d2)));
    const put = discounted.mul(phi(d2.neg())).sub(price.mul(phi(d1.neg())));
    const facts = factsOf([call, put]);
    expect(facts.plan.kernels).toHaveLength(1);
    expect(facts.plan.kernels[0]?.outputs).toHaveLength(2);
    expect(facts.plan.bytesMoved / facts.plan.bytesMinimum).toBe(1);
  });

  test('haversine of all pairs with an argmin is 1, and holds no matrix', () => {
    const n = 200;
    const [latitude, longitude] = [ramp(n), ramp(n, 3)];
    const half = (x: LazyArray): LazyArray => x.expandDims(1).sub(x.expandDims(0)).mul(0.5).sin().square();
    const chord = half(latitude).add(
      latitude.cos().expandDims(1).mul(latitude.cos().expandDims(0)).mul(half(longitude)),
    );
    const distance = chord
      .sqrt()
      .asin()
      .mul(2 * 6371);
    const others = lz.where(lz.eye(n, n, 0, { dtype: 'bool' }), Infinity, distance);
    const roots = [others.argmin(1), others.min(1), distance.mean(1), distance.max(1), distance.argmax(1)];
    const facts = factsOf(roots);
    expect(facts.plan.kernels).toHaveLength(1);
    expect(facts.plan.peakTemporaryBytes).toBeLessThan(n * 8 * 4);
  });

  test('z-score along axis 0 is 2', () => {
    const x = matrix(40, 30);
    expect(kernels(x.sub(x.mean(0)).div(x.std(0)))).toBe(2);
  });

  test('a Jacobi step is 1', () => {
    const x = matrix(30, 40);
    const inner = [1, -1] as const;
    const y = x
      .slice([0, -2], inner)
      .add(x.slice([2, null], inner))
      .add(x.slice(inner, [0, -2]))
      .add(x.slice(inner, [2, null]))
      .mul(0.25);
    expect(kernels(y)).toBe(1);
  });

  test('log-sum-exp is 1, norm, dot and cosine similarity are 1 each', () => {
    const x = matrix(8, 16);
    const top = x.max(1, { keepdims: true });
    expect(kernels(x.sub(top).exp().sum(1).log().add(top.squeeze(1)))).toBe(1);
    const [a, b] = [ramp(100), ramp(100, 2)];
    expect(kernels(a.square().sum().sqrt())).toBe(1);
    expect(kernels(a.matmul(b))).toBe(1);
    expect(kernels(a.mul(b).sum().div(a.square().sum().mul(b.square().sum()).sqrt()))).toBe(1);
  });

  test('values and their sum come from one pass', () => {
    const y = ramp(100).exp();
    expect(kernels([y, y.sum()])).toBe(1);
  });

  test('views and transposes fuse without copies', () => {
    const x = matrix(6, 8);
    expect(
      kernels(
        x.T.flip(0)
          .slice([0, null, 2])
          .add(1)
          .mul(x.slice([0, 6], [0, 4]).T),
      ),
    ).toBe(1);
    expect(kernels(x.add(1).reshape([-1]).mul(2).reshape([4, 12]))).toBe(1);
  });

  test('a reshape of a transpose is one kernel', () => {
    expect(factsOf(matrix(6, 8).T.add(1).reshape([-1]).mul(2)).plan.kernels).toHaveLength(1);
  });
  test('a reshape of a transpose that is summed is stored first, and explain says so', () => {
    const facts = factsOf(matrix(6, 8).T.add(1).reshape([-1]).sum());
    expect(facts.plan.kernels).toHaveLength(2);
    expect(facts.why.map(({ code }) => code)).toContain('reshape-not-affine');
  });
});

describe('shape-polymorphic', () => {
  test('20,000 product sums of lengths 1 to 20,000 compile at most 3 kernels', () => {
    const buffer = Float64Array.from({ length: 20_000 }, (_, i) => Math.cos(i));
    for (let n = 1; n <= 20_000; n++) {
      const x = lz.asArray(buffer.subarray(0, n), { copy: false });
      x.mul(x).sum().evaluateSync({ memo: false });
    }
    expect(lz.cacheInfo().kernels.misses).toBeLessThanOrEqual(3);
    expect(lz.cacheInfo().plans.misses).toBeLessThanOrEqual(3);
  });

  test('another scalar uses the same kernel, and gives its own result', () => {
    const x = lz.array([1, 2, 3]);
    for (const scale of [1.5, 2.5, 3.25, 1e300])
      expect(x.mul(scale).toArray()).toEqual([scale, 2 * scale, 3 * scale]);
    expect(lz.cacheInfo().kernels.misses).toBe(1);
  });
});
