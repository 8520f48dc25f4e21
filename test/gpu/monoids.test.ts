/**
 * Rows of the table of reductions on a device: those that do not round have the bits of the reference evaluator, the
 * others are near it.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isFloat, type ComputeDType, type TypedArray } from '../../src/ir/dtype.ts';
import type { Node } from '../../src/ir/node.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { firstDifference } from '../support/bits.ts';
import { allReduced, elements } from '../support/reductions.ts';
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

/** Rows for which the target has no code of its own, several registers and several dtypes among them. */
const written = ['xor', 'any', 'welfordMean', 'welfordVariance', 'logsumexp'];
const some = (node: Node, dtype: ComputeDType, axes: readonly number[]): readonly Node[] =>
  allReduced(node, dtype, axes).filter((root) => root.kind === 'reduce' && written.includes(root.op));

test.each(['float32', 'int32', 'bool'] as const)('reductions of %s', async (dtype) => {
  const x = elements(dtype, [300, 8], 0, 1);
  for (const axis of [0, 1]) await check(some(x, dtype, [axis]), `axis ${axis}`);
});

test('infinities, NaN, and nothing', async () => {
  const values = [Infinity, 1, -Infinity, -Infinity, NaN, 1, 700, -0, Infinity, Infinity];
  const x = t.reshape(t.data(Float32Array.from(values)), [5, 2]);
  await check(some(x, 'float32', [1]), 'of two');
  await check(some(elements('float32', [2, 0], 0, 1), 'float32', [1]), 'of nothing');
});

test('few long rows go in parts, whose states are joined', async () => {
  await check(some(elements('float32', [2, 40_000], 0, 1), 'float32', [1]), 'in parts');
});
