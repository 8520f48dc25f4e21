/**
 * Every row of the table of reductions on a device: those that do not round have the bits of the reference evaluator, the
 * others are near it.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isGpuDType } from '../../src/codegen/wgsl/registers.ts';
import { isFloat, type TypedArray } from '../../src/ir/dtype.ts';
import type { Node } from '../../src/ir/node.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { firstDifference } from '../support/bits.ts';
import { allReduced, elements } from '../support/reductions.ts';
import { computeDTypes } from '../support/specials.ts';
import * as t from '../support/typed.ts';
import { GpuHarness } from './harness.ts';
import { evaluateOnGpu } from './plans.ts';

let gpu: GpuHarness;
beforeAll(async () => {
  gpu = await GpuHarness.open();
});
afterAll(() => {
  gpu.close();
});

/** The error that sums of a thousand terms and a logarithm leave, in single precision. */
const near = (actual: TypedArray, expected: TypedArray): string | undefined => {
  for (let k = 0; k < expected.length; k++) {
    const [given, wanted] = [Number(actual[k]), Number(expected[k])];
    const close = Math.abs(given - wanted) <= 2e-5 * Math.max(1, Math.abs(wanted));
    if (!close && !Object.is(given, wanted)) return `element ${k} is ${given} instead of ${wanted}`;
  }
  return undefined;
};

const check = async (roots: readonly Node[], what: string): Promise<void> => {
  const { results } = await evaluateOnGpu(gpu, roots);
  const expected = evaluateReference(roots);
  for (const [k, root] of roots.entries()) {
    const [actual, wanted] = [results[k], expected[k]];
    const rounds = isFloat(root.dtype);
    const name = root.kind === 'reduce' ? root.op : root.kind;
    if (actual !== undefined && wanted !== undefined && !(name === 'prod' && rounds))
      expect((rounds ? near : firstDifference)(actual, wanted), `${name}, ${what}`).toBeUndefined();
  }
};

test.each(computeDTypes.filter(isGpuDType))('reductions of %s', async (dtype) => {
  for (const [rows, columns] of [
    [1, 1000],
    [7, 300],
    [300, 8],
    [2, 0],
  ] as const) {
    const x = elements(dtype, [rows, columns], 0, rows);
    for (const axes of [[0], [1], [0, 1]])
      await check(allReduced(x, dtype, axes), `${rows} x ${columns} over ${axes.join()}`);
  }
});

test('infinities and NaN', async () => {
  const values = [Infinity, -Infinity, NaN, -Infinity, 1, 700, -0, Infinity, Infinity];
  for (let n = 1; n <= values.length; n++) {
    const x = t.data(Float32Array.from(values.slice(0, n)));
    await check(allReduced(x, 'float32', [0]), `the first ${n}`);
  }
});

test('few long rows go in parts, whose states are joined', async () => {
  const x = elements('float32', [2, 40_000], 0, 1);
  await check(allReduced(x, 'float32', [1]), 'in parts');
});
