/** Scans on a device: those that do not round have the bits of the reference evaluator, the others are near it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { running } from '../../src/api/nodes/scan.ts';
import { isFloat, type ComputeDType, type TypedArray } from '../../src/ir/dtype.ts';
import type { Node } from '../../src/ir/node.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { firstDifference } from '../support/bits.ts';
import { elements } from '../support/reductions.ts';
import { allScanned } from '../support/scans.ts';
import { show } from '../support/show.ts';
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

const check = async (roots: readonly Node[]): Promise<void> => {
  const { results } = await evaluateOnGpu(gpu, roots);
  const expected = evaluateReference(roots);
  for (const [k, root] of roots.entries()) {
    const [actual, wanted] = [results[k], expected[k]];
    if (actual === undefined || wanted === undefined) throw new Error('a result is missing');
    expect((isFloat(root.dtype) ? near : firstDifference)(actual, wanted), show([root])).toBeUndefined();
  }
};

/** Scans by every row in dtypes of the device; products of many floats leave every range. */
const on = (x: Node, dtype: ComputeDType, how: Parameters<typeof allScanned>[2]): readonly Node[] =>
  allScanned(x, dtype, how).filter((root) => {
    const [scan] = root.kind === 'slice' ? root.inputs : [root];
    const isProduct = scan.kind === 'scan' && scan.op === 'prod';
    return !root.dtype.endsWith('64') && !(isProduct && isFloat(dtype));
  });

test.each(['float32', 'int32', 'uint8', 'bool'] as const)('scans of %s along either axis', async (dtype) => {
  const x = elements(dtype, [9, 300], 0, 1);
  for (const axis of [0, 1]) {
    await check(on(x, dtype, { axis }));
    await check(on(x, dtype, { axis, exclusive: true, reverse: true }));
  }
});

test('infinities, NaN, nothing, one', async () => {
  const values = [Infinity, 1, -Infinity, -Infinity, NaN, 1, 700, -0, Infinity, Infinity];
  await check(on(t.reshape(t.data(Float32Array.from(values)), [5, 2]), 'float32', { axis: 1 }));
  await check(on(elements('float32', [2, 0], 0, 1), 'float32', { axis: 1 }));
  await check(on(elements('float32', [2, 1], 0, 1), 'float32', { axis: 1, exclusive: true }));
});

test('what is computed before and after, in one kernel', async () => {
  const x = elements('float32', [5, 300], 0, 1);
  const square = t.apply('multiply', x, x);
  const sums = running('sum', square, { axis: 1 });
  const roots = [t.apply('divide', square, sums), running('max', sums, { axis: 1 })];
  await check(roots);
});
