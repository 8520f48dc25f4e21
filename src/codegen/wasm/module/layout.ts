/**
 * How a kernel is called: `kernel(args, from, to, scratch)`. In a block of memory at `args` lie the addresses of its
 * buffers (i32 each) and its integers (i32 each, in wide kernels i64 from a multiple of 8 on); from a multiple of 8 on its
 * scalars (8 bytes each); from a multiple of 16 on, for
 * kernels that run in phases, the outcomes of their reductions (16 bytes each). `scratch` is memory of the thread's own:
 * the same arguments serve all threads. Buffers of a thread's own have addresses relative to it.
 */
import { isBigint, isFloat, type DType, type Scalar } from '../../../ir/dtype.ts';
import type { Kernel } from '../../../ir/kernel.ts';

type Counts = Pick<Kernel, 'buffers' | 'integers' | 'scalars'> & { readonly wide?: boolean };

export const bufferOffset = (buffer: number): number => 4 * buffer;
export const integerOffset = ({ buffers, wide }: Counts, integer: number): number =>
  wide === true ? 8 * Math.ceil(buffers.length / 2) + 8 * integer : 4 * (buffers.length + integer);
export const scalarOffset = (kernel: Counts, slot: number): number =>
  8 * Math.ceil(integerOffset(kernel, kernel.integers) / 8) + 8 * slot;
export const outcomeOffset = (kernel: Counts, reduction: number): number =>
  16 * Math.ceil(scalarOffset(kernel, kernel.scalars.length) / 16) + outcomeBytes * reduction;

/** An outcome of a reduction: its value, or for a position the value found there and, at `placeOffset`, the position. */
export const outcomeBytes = 16;
export const placeOffset = 8;

/** Writes a scalar so that a load of its dtype's width at `offset` reads it. */
export function writeScalar(view: DataView, offset: number, dtype: DType, value: Scalar): void {
  if (dtype === 'float64') view.setFloat64(offset, Number(value), true);
  else if (dtype === 'float16') view.setFloat16(offset, Number(value), true);
  else if (isFloat(dtype)) view.setFloat32(offset, Number(value), true);
  else if (isBigint(dtype)) view.setBigInt64(offset, BigInt.asIntN(64, BigInt(value)), true);
  else view.setInt32(offset, Number(value), true);
}
