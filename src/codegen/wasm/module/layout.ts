/**
 * How a kernel is called: `kernel(args, from, to, scratch)`. The block of memory at `args` contains the addresses of its
 * buffers (i32 each) and its integers (i32 each, in wide kernels i64 from a multiple of 8 on). From a multiple of 8 on,
 * its scalars follow (8 bytes each). From a multiple of 16 on, kernels that run in phases have the states of their
 * reductions (8 bytes per register). `scratch` is per-thread memory, so the same arguments serve all threads. Addresses of
 * per-thread buffers are relative to it.
 */
import { isBigint, isFloat, type DType, type Scalar } from '../../../ir/dtype.ts';
import { monoidOf, type Accumulator, type Kernel } from '../../../ir/kernel.ts';

type Counts = Pick<Kernel, 'buffers' | 'integers' | 'scalars'> & { readonly wide?: boolean };

export const bufferOffset = (buffer: number): number => 4 * buffer;
export const integerOffset = ({ buffers, wide }: Counts, integer: number): number =>
  wide === true ? 8 * Math.ceil(buffers.length / 2) + 8 * integer : 4 * (buffers.length + integer);
export const scalarOffset = (kernel: Counts, slot: number): number =>
  8 * Math.ceil(integerOffset(kernel, kernel.integers) / 8) + 8 * slot;
export const statesOffset = (kernel: Counts): number =>
  16 * Math.ceil(scalarOffset(kernel, kernel.scalars.length) / 16);

/** A register of a state. */
export const registerBytes = 8;

/** What a part of a reduction leaves: the states of its accumulators, one after the other. */
export const stateBytes = (accumulators: readonly Accumulator[]): number =>
  accumulators.reduce((bytes, accumulator) => bytes + registerBytes * monoidOf(accumulator).state.length, 0);

/** Writes a scalar so that a load of its dtype's width at `offset` reads it. */
export function writeScalar(view: DataView, offset: number, dtype: DType, value: Scalar): void {
  if (dtype === 'float64') view.setFloat64(offset, Number(value), true);
  else if (dtype === 'float16') view.setFloat16(offset, Number(value), true);
  else if (isFloat(dtype)) view.setFloat32(offset, Number(value), true);
  else if (isBigint(dtype)) view.setBigInt64(offset, BigInt.asIntN(64, BigInt(value)), true);
  else view.setInt32(offset, Number(value), true);
}
