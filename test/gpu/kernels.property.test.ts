/**
 * Kernel by kernel: what the passes make of random graphs for a GPU gives, on a device, what the contract allows: exact
 * results where there is nothing to round, and bounds where there is. Whatever lies around the buffers does not matter.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { jsTarget } from '../../src/codegen/js/target.ts';
import type { DType } from '../../src/ir/dtype.ts';
import { printKernel } from '../../src/ir/kernelText.ts';
import { isMathFunction } from '../../src/ir/math/functions.ts';
import { bounds32 } from '../../src/ir/math32/bounds.ts';
import { scalarOps } from '../../src/ir/ops.ts';
import { graphs, show, type RandomGraph } from '../support/graphs.ts';
import { settings } from '../support/runs.ts';
import { firstOutside, kernelBounds, productBounds, type UlpsOf } from './bounds.ts';
import { GpuHarness } from './harness.ts';
import { planOf } from './plans.ts';

const dtypes: readonly DType[] = [
  ...(['float32', 'float32', 'float32', 'int32', 'int32', 'bool', 'bool'] as const),
  ...(['float16', 'float16', 'int8', 'uint8', 'int16', 'uint16', 'uint32'] as const),
];

let gpu: GpuHarness;
beforeAll(async () => {
  gpu = await GpuHarness.open();
});
afterAll(() => {
  gpu.close();
});

async function check({ roots }: RandomGraph, rubbish: number, ulps: UlpsOf): Promise<void> {
  for (const { kernel, program, arrays, integers, scalars } of planOf(roots).runs) {
    const before = arrays.map((array) => array.slice());
    jsTarget.compile(kernel).run(arrays, integers, scalars);
    const fail = (what: string): never => {
      const texts = program.plan(integers).dispatches.map(({ shader }) => shader.wgsl);
      throw new Error(`${what}\n${printKernel(kernel)}\n${show(roots)}\n${texts.join('\n')}`);
    };
    const { buffers, status } = await gpu.run(kernel, program, before, integers, scalars, rubbish);
    if (status[0] !== 0) fail(`index ${status[1]} of ${status[2]}`);
    const bounds =
      kernel.kind === 'call'
        ? [undefined, undefined, productBounds(kernel, before, integers)]
        : kernelBounds(kernel, before, integers, scalars, ulps);
    kernel.buffers.forEach(({ role }, k) => {
      const [actual, allowed] = [buffers[k], bounds[k]];
      if (role !== 'output' || actual === undefined || allowed === undefined) return;
      const outside = firstOutside(actual, allowed);
      if (outside !== undefined) fail(`buffer ${k}: ${outside}`);
    });
  }
}

const rubbish = fc.constantFrom(0, 0xff, 0x7f);

/** Units in the last place between a function on the GPU and the reference, which may be one off itself. */
const functionUlps: UlpsOf = (op) => (isMathFunction(op) ? bounds32[op] + 1 : 0);

describe('kernels on a GPU', () => {
  test('without math functions: exact, and within the bounds of sums', async () => {
    const ops = scalarOps.filter((op) => !isMathFunction(op));
    await fc.assert(
      fc.asyncProperty(graphs({ dtypes, ops }), rubbish, (graph, around) => check(graph, around, () => 0)),
      settings(30),
    );
  });

  test('with math functions: within bounds', async () => {
    await fc.assert(
      fc.asyncProperty(graphs({ dtypes, maxSteps: 12 }), rubbish, (graph, around) =>
        check(graph, around, functionUlps),
      ),
      settings(15),
    );
  });
});
