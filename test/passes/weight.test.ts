/** Kernels stay within a weight, whichever pass put the work there. */
import { describe, expect, test } from 'vitest';
import { nodeOf } from '../../src/api/anyArray.ts';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';
import { opRow } from '../../src/ir/ops.ts';
import type { Kernel } from '../../src/ir/kernel.ts';
import { bindGraph, encode } from '../../src/passes/bind.ts';
import { compilePlan } from '../../src/passes/pipeline.ts';
import { cpuProfile, gpuProfile, type PlanProfile } from '../../src/passes/profile.ts';

function kernelsFor(profile: PlanProfile, roots: readonly LazyArray<'float32'>[]): readonly Kernel[] {
  const encoding = encode(roots.map(nodeOf), () => undefined, true);
  const options = { disabled: new Set<never>(), verify: true, profile };
  return compilePlan('test', bindGraph(encoding), options).kernels.map(({ kernel }) => kernel);
}

const weightOf = (kernel: Kernel): number =>
  kernel.kind === 'call'
    ? 0
    : kernel.values.reduce((sum, value) => sum + (value.kind === 'op' ? opRow(value.op).weight : 0), 0);

const x = lz.asArray(new Float32Array(1000).fill(0.5));
const repeat = (count: number, step: (y: LazyArray<'float32'>, k: number) => LazyArray<'float32'>) => {
  let y = x;
  for (let k = 0; k < count; k++) y = step(y, k);
  return y;
};

const gpu = gpuProfile(8);
const profiles = [gpu, cpuProfile];

describe('within the weight', () => {
  test.each([
    ['a long chain of functions', [repeat(80, (y, k) => y.pow(x.add(k)))]],
    ['functions that share their input', Array.from({ length: 40 }, (_, k) => x.add(k).erf())],
    ['reductions that share their input', Array.from({ length: 30 }, (_, k) => x.add(k).lgamma().sum())],
  ] as const)('%s', (_, roots) => {
    for (const profile of profiles) {
      const kernels = kernelsFor(profile, roots);
      const total = kernels.reduce((sum, kernel) => sum + weightOf(kernel), 0);
      for (const kernel of kernels) expect(weightOf(kernel)).toBeLessThanOrEqual(profile.weight);
      // No more than twice the kernels that it takes.
      expect(kernels.length).toBeLessThanOrEqual(2 * Math.ceil(total / profile.weight));
    }
  });
});

test('what people write by hand stays one kernel: prices of options, with four error functions', () => {
  const half = (y: LazyArray<'float32'>): LazyArray<'float32'> => y.mul(Math.SQRT1_2).erf().add(1).mul(0.5);
  const [spot, strike, years] = [x.add(1), x.add(2), x.add(3)];
  const spread = years.sqrt().mul(0.3);
  const d1 = spot.div(strike).log().add(years.mul(0.065)).div(spread);
  const d2 = d1.sub(spread);
  const discounted = strike.mul(years.mul(-0.02).exp());
  const call = spot.mul(half(d1)).sub(discounted.mul(half(d2)));
  const put = discounted.mul(half(d2.neg())).sub(spot.mul(half(d1.neg())));
  for (const profile of profiles) expect(kernelsFor(profile, [call, put])).toHaveLength(1);
});

test('simple operations are counted, not weighed', () => {
  for (const profile of profiles)
    expect(kernelsFor(profile, [repeat(90, (y) => y.mul(1.5).add(x))])).toHaveLength(1);
});
