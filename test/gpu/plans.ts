/** Plans for a GPU, kernel by kernel, on typed arrays. */
import type { GpuLimits, GpuProgram } from '../../src/codegen/wgsl/program.ts';
import { compileForGpu } from '../../src/codegen/wgsl/target.ts';
import { allocate, type Scalar, type TypedArray } from '../../src/ir/dtype.ts';
import type { Kernel } from '../../src/ir/kernel.ts';
import type { Node } from '../../src/ir/node.ts';
import { evaluateSize, productOfSizes, type Size } from '../../src/ir/size.ts';
import { bindGraph, encode } from '../../src/passes/bind.ts';
import type { PlanBuffer } from '../../src/passes/expression.ts';
import { compilePlan } from '../../src/passes/pipeline.ts';
import { gpuProfile } from '../../src/passes/profile.ts';
import { limits, type GpuHarness, type GpuOutcome } from './harness.ts';

export interface KernelRun {
  readonly kernel: Kernel;
  readonly program: GpuProgram;
  /** Its buffers; outputs are written by whoever runs it. */
  readonly arrays: TypedArray[];
  readonly integers: readonly number[];
  readonly scalars: readonly Scalar[];
}

/** The kernels of a plan for `roots` in order, and the arrays that will hold the roots. */
export function planOf(
  roots: readonly Node[],
  own: Partial<GpuLimits> = {},
): {
  readonly runs: readonly KernelRun[];
  readonly results: readonly TypedArray[];
} {
  const encoding = encode(roots, () => undefined, true);
  const plan = compilePlan('test', bindGraph(encoding), {
    disabled: new Set(),
    verify: true,
    profile: gpuProfile(limits.storageBuffers),
  });
  const size = (dims: Size): number => evaluateSize(dims, encoding.numbers);
  const made = new Map<PlanBuffer, TypedArray>();
  const arrayOf = (buffer: PlanBuffer): TypedArray => {
    let values = made.get(buffer);
    if (values === undefined) {
      values = allocate(buffer.dtype, size(productOfSizes(buffer.shape)));
      made.set(buffer, values);
    }
    return values;
  };
  const runs = plan.kernels.map((lowered) => ({
    kernel: lowered.kernel,
    program: compileForGpu(lowered.kernel, { ...limits, ...own }),
    arrays: lowered.buffers.map((buffer) => {
      if (buffer.kind === 'scratch') throw new Error('a kernel for a GPU keeps values');
      if (buffer.kind === 'buffer') return arrayOf(buffer);
      const array = encoding.arrays[buffer.slot];
      if (array?.kind !== 'data') throw new Error('a parameter');
      return array.source.values;
    }),
    integers: lowered.integers.map(size),
    scalars: lowered.scalars.map((slot) => encoding.scalars[slot] ?? NaN),
  }));
  const results = plan.roots.map(arrayOf);
  return { runs, results };
}

/** Runs all kernels of a plan on the device, each with what those before it left. */
export async function evaluateOnGpu(
  gpu: GpuHarness,
  roots: readonly Node[],
  own?: Partial<GpuLimits>,
): Promise<{ readonly results: readonly TypedArray[]; readonly notes: readonly string[] }> {
  const { runs, results } = planOf(roots, own);
  const notes: string[] = [];
  for (const { kernel, program, arrays, integers, scalars } of runs) {
    notes.push(...program.plan(integers).dispatches.map(({ shader }) => shader.note));
    const outcome: GpuOutcome = await gpu.run(kernel, program, arrays, integers, scalars);
    kernel.buffers.forEach(({ role }, k) => {
      const [array, values] = [arrays[k], outcome.buffers[k]];
      if (role === 'output' && array !== undefined && values !== undefined) array.set(values as never);
    });
  }
  return { results, notes };
}
