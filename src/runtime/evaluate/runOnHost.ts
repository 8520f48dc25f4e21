/**
 * Running a bound plan over ordinary typed arrays: memory for results and temporaries, then kernel after kernel.
 */
import { InternalError } from '../../ir/errors.ts';
import { allocate, type TypedArray, viewOf } from '../../ir/dtype.ts';
import type { Argument, BoundKernel, BoundPlan } from './bindPlan.ts';
import { scratchMemory } from '../memory/scratch.ts';

/** Called after each kernel with its time in milliseconds. */
export type Profiler = (kernel: number, milliseconds: number) => void;

type MemoryArgument = Extract<Argument, { kind: 'memory' }>;

/** Runs the kernels. `out` gives the storage of the roots; without it they are allocated. */
export function runOnHost(
  bound: BoundPlan,
  arrays: readonly TypedArray[],
  out?: readonly TypedArray[],
  profile?: Profiler,
): TypedArray[] {
  const { kernels } = bound;
  const { roots, temporaryBytes } = bound.arrays;
  const results: TypedArray[] = [];
  for (let k = 0; k < roots.length; k++) {
    const root = roots[k];
    if (root === undefined) continue;
    const same = root.sameAs === undefined ? undefined : results[root.sameAs];
    results.push(
      same ??
        out?.[k] ??
        allocate(root.dtype, root.length, 'evaluate', () => `the result of ${bound.describeRoot(k)}`),
    );
  }
  const memory = scratchMemory(temporaryBytes);
  const viewAt = ({ dtype, byteOffset, length }: MemoryArgument): TypedArray =>
    viewOf(dtype, memory, byteOffset, length);
  runKernels(kernels, arrays, results, viewAt, profile);
  return results;
}

/** Runs kernel after kernel. `viewAt` gives the memory of temporaries, by argument, kernel and position in it. */
export function runKernels(
  kernels: readonly BoundKernel[],
  arrays: readonly (TypedArray | undefined)[],
  roots: readonly (TypedArray | undefined)[],
  viewAt: (argument: MemoryArgument, kernel: number, position: number) => TypedArray | undefined,
  profile: Profiler | undefined,
): void {
  for (let position = 0; position < kernels.length; position++) {
    const kernel = kernels[position];
    if (kernel === undefined) continue;
    const { buffers } = kernel;
    for (let k = 0; k < kernel.arguments.length; k++) {
      const argument = kernel.arguments[k];
      if (argument === undefined) continue;
      const buffer =
        argument.kind === 'array'
          ? arrays[argument.slot]
          : argument.kind === 'root'
            ? roots[argument.root]
            : viewAt(argument, position, k);
      if (buffer === undefined) throw new InternalError('evaluate', `${kernel.name} has no buffer ${k}`);
      buffers[k] = buffer;
    }
    const start = profile === undefined ? 0 : performance.now();
    kernel.run(buffers, kernel.integers, kernel.scalars);
    profile?.(position, performance.now() - start);
    buffers.length = 0;
  }
}
