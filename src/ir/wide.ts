/**
 * Kernels whose counts leave 32 bits.
 *
 * No stored array has more than 2^31 - 1 elements, but a reduction may go over far more that are never stored: a grid
 * that broadcasting makes of a row and a column. Lengths of sequences, positions in them and indices used as values are
 * then beyond 32 bits, while addresses still are not. Generated code computes in 32 bits, which is fast; for run-time
 * integers that do not allow it the same kernel is compiled once more, in its *wide* form, which counts in 53 bits or
 * more. Which form a kernel takes is decided here, when its integers are known.
 */
import { indicesIn, type Kernel, type KernelIndex, type KernelInt, type LoopKernel } from './kernel.ts';
import { evaluateInt, extentOf, gathersOf, walksOf } from './nest.ts';

/** Counts up to this fit 32 bits whatever they are rounded up to: to packs, leaves and tiles. */
export const narrowLimit = 2 ** 30;

/** The counts of a kernel that may be large, found once. */
interface Counts {
  /** Products of extents: of each axis, of the axes of each reduction. */
  readonly products: readonly (readonly KernelInt[])[];
  /** Indices that are values, or compared with sizes. */
  readonly indices: readonly KernelIndex[];
}

const known = new WeakMap<LoopKernel, Counts>();

function countsOf(kernel: LoopKernel): Counts {
  let counts = known.get(kernel);
  if (counts === undefined) {
    counts = findCounts(kernel);
    known.set(kernel, counts);
  }
  return counts;
}

function findCounts(kernel: LoopKernel): Counts {
  const { axes, values } = kernel;
  const reductions = walksOf(kernel).flatMap((walk) =>
    walk.kind === 'walk' ? [] : [walk.axes.map((axis) => extentOf(kernel, axis))],
  );
  const sizes = gathersOf(kernel).map(({ size }) => [size]);
  return {
    products: [...axes.map(({ extent }) => [extent]), ...reductions, ...sizes],
    indices: values.flatMap(indicesIn),
  };
}

/** Whether some count of the kernel leaves 32 bits at these run-time integers. */
export function isWide(kernel: Kernel, integers: ArrayLike<number>): boolean {
  // What a routine walks lies in memory.
  if (kernel.kind === 'call') return false;
  const valueOf = (value: KernelInt): number => evaluateInt(value, integers);
  const { products, indices } = countsOf(kernel);
  for (const product of products) {
    let count = 1;
    for (const factor of product) count *= valueOf(factor);
    if (count > narrowLimit) return true;
  }
  for (const { offset, terms } of indices) {
    let reach = Math.abs(valueOf(offset));
    for (const { axis, stride } of terms)
      reach += Math.abs(valueOf(stride)) * valueOf(extentOf(kernel, axis));
    if (reach > narrowLimit) return true;
  }
  return false;
}

/** The kernel with counts of 53 bits and more. */
export const widened = (kernel: Kernel): Kernel =>
  kernel.kind === 'call' ? kernel : { ...kernel, wide: true };
