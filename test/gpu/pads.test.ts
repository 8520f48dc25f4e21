/** Pads and windows on a device: the bits of the reference for integers, whatever lies around the buffers. */
import fc from 'fast-check';
import { afterAll, beforeAll, test } from 'vitest';
import type { DType } from '../../src/ir/dtype.ts';
import { opRow, scalarOps } from '../../src/ir/ops.ts';
import { topologicalOrder } from '../../src/ir/node.ts';
import { isMathFunction } from '../../src/ir/math/functions.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { expectSameBits } from '../support/bits.ts';
import { graphs, show, type StepKind } from '../support/graphs.ts';
import { settings } from '../support/runs.ts';
import { GpuHarness } from './harness.ts';
import { evaluateOnGpu } from './plans.ts';

let gpu: GpuHarness;
beforeAll(async () => {
  gpu = await GpuHarness.open();
});
afterAll(() => {
  gpu.close();
});

const dtypes: readonly DType[] = ['int32', 'int32', 'uint32', 'int8', 'uint8', 'int16', 'uint16', 'bool'];
const kinds: readonly StepKind[] = [
  ...(['data', 'pad', 'pad', 'pad', 'window', 'window', 'binary', 'cast', 'slice', 'permute'] as const),
  ...(['broadcast', 'reshape', 'gather', 'concat', 'iota', 'twin', 'scatter'] as const),
];

test('graphs of pads and windows have the bits of the reference', async () => {
  const ops = scalarOps.filter((op) => !isMathFunction(op) && opRow(op).rule !== 'float');
  await fc.assert(
    fc.asyncProperty(graphs({ kinds, dtypes, ops, maxElements: 600 }), async ({ roots }) => {
      // Integers of both signs may meet in a float.
      fc.pre(topologicalOrder(roots).every(({ dtype }) => dtypes.includes(dtype)));
      const { results } = await evaluateOnGpu(gpu, roots);
      expectSameBits(results, evaluateReference(roots), show(roots));
    }),
    settings(60),
  );
});
