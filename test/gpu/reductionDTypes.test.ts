/** The option `dtype` of sums and products on a device, for integers and bool: the bits of the reference evaluator. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeOf } from '../../src/api/anyArray.ts';
import { isGpuDType } from '../../src/codegen/wgsl/registers.ts';
import { dtypeNames, isFloat, type DType } from '../../src/ir/dtype.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import * as lz from '../../src/index.ts';
import { firstDifference } from '../support/bits.ts';
import { arrayOf, ordinary } from '../support/specials.ts';
import { GpuHarness } from './harness.ts';
import { evaluateOnGpu } from './plans.ts';

let gpu: GpuHarness;
beforeAll(async () => {
  gpu = await GpuHarness.open();
});
afterAll(() => {
  gpu.close();
});

const gpuDTypes = dtypeNames.filter(isGpuDType);
const of = (dtype: DType, length: number): lz.LazyArray =>
  lz.asArray(
    arrayOf(
      dtype,
      Array.from({ length }, (_, i) => ordinary(i, dtype)),
    ),
    { dtype },
  );

test.each(gpuDTypes.filter((dtype) => !isFloat(dtype)))('sums and products in %s', async (dtype) => {
  // Of bool everything, as its sum is another monoid; the others start with the same cast.
  for (const from of dtype === 'bool' ? gpuDTypes : (['float32'] as const)) {
    const x = of(from, 6 * 11).reshape([6, 11]);
    const roots = [x.sum(0, { dtype }), x.prod(1, { dtype })];
    const nodes = roots.map(nodeOf);
    const { results } = await evaluateOnGpu(gpu, nodes);
    const expected = evaluateReference(nodes);
    for (const [k, values] of results.entries()) {
      const wanted = expected[k];
      expect(wanted && firstDifference(values, wanted), `${from} ${k}`).toBeUndefined();
    }
  }
});
