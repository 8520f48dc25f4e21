/**
 * Kernel by kernel: what the passes make of random graphs for a GPU gives, on a device, what the contract allows: exact
 * results where there is nothing to round, and bounds where there is. Whatever lies around the buffers does not matter.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { compileForGpu } from '../../src/codegen/wgsl/target.ts';
import { jsTarget } from '../../src/codegen/js/target.ts';
import { allocate, type DType, type Scalar, type TypedArray } from '../../src/ir/dtype.ts';
import { printKernel } from '../../src/ir/kernelText.ts';
import { isMathFunction } from '../../src/ir/math/functions.ts';
import { scalarOps } from '../../src/ir/ops.ts';
import { evaluateSize, productOfSizes } from '../../src/ir/size.ts';
import { bindGraph, encode } from '../../src/passes/bind.ts';
import type { PlanBuffer } from '../../src/passes/expression.ts';
import { compilePlan } from '../../src/passes/pipeline.ts';
import { gpuProfile } from '../../src/passes/profile.ts';
import { graphs, show, type RandomGraph } from '../support/graphs.ts';
import { settings } from '../support/runs.ts';
import { firstOutside, kernelBounds, productBounds, type UlpsOf } from './bounds.ts';
import { GpuHarness, limits } from './harness.ts';

const dtypes: readonly DType[] = [
  ...(['float32', 'float32', 'float32', 'int32', 'int32', 'bool', 'bool'] as const),
  ...(['int8', 'uint8', 'int16', 'uint16', 'uint32'] as const),
];

let gpu: GpuHarness;
beforeAll(async () => {
  gpu = await GpuHarness.open();
});
afterAll(() => {
  gpu.close();
});

async function check({ roots }: RandomGraph, rubbish: number, ulps: UlpsOf): Promise<void> {
  const encoding = encode(roots, () => undefined, true);
  const plan = compilePlan('test', bindGraph(encoding), {
    disabled: new Set(),
    verify: true,
    profile: gpuProfile(limits.storageBuffers),
  });
  const made = new Map<PlanBuffer, TypedArray>();
  for (const lowered of plan.kernels) {
    const { kernel } = lowered;
    const size = (dims: Parameters<typeof evaluateSize>[0]): number => evaluateSize(dims, encoding.numbers);
    const arrays = lowered.buffers.map((buffer): TypedArray => {
      if (buffer.kind === 'scratch') throw new Error('a kernel for a GPU keeps values');
      if (buffer.kind === 'parameter') {
        const array = encoding.arrays[buffer.slot];
        if (array?.kind !== 'data') throw new Error('a parameter');
        return array.source.values;
      }
      let values = made.get(buffer);
      if (values === undefined) {
        values = allocate(buffer.dtype, size(productOfSizes(buffer.shape)));
        made.set(buffer, values);
      }
      return values;
    });
    const integers = lowered.integers.map(size);
    const scalars = lowered.scalars.map((slot): Scalar => encoding.scalars[slot] ?? NaN);
    const program = compileForGpu(kernel, limits);
    const before = arrays.map((array) => array.slice());
    jsTarget.compile(kernel).run(arrays as TypedArray[], integers, scalars);
    const fail = (what: string): never => {
      const texts = program.plan(integers).dispatches.map(({ shader }) => shader.wgsl);
      throw new Error(`${what}\n${printKernel(kernel)}\n${show(roots)}\n${texts.join('\n')}`);
    };
    const { buffers, status } = await gpu.run(kernel, program, before, integers, scalars, rubbish);
    if (status[0] !== 0) fail(`index ${status[1]} of ${status[2]}`);
    const bounds =
      kernel.kind === 'contract'
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

describe('kernels on a GPU', () => {
  test('without math functions: exact, and within the bounds of sums', async () => {
    const ops = scalarOps.filter((op) => !isMathFunction(op) || op === 'pow');
    await fc.assert(
      fc.asyncProperty(graphs({ dtypes, ops: ops.filter((op) => op !== 'pow') }), rubbish, (graph, around) =>
        check(graph, around, () => 0),
      ),
      settings(40),
    );
  });
});
