/**
 * How a kernel is called: `kernel(args)`, with everything it needs in a block of memory at `args`: the address of its
 * scratch memory, the addresses of its buffers, its integers (i32 each), then, from a multiple of 8 on, its scalars
 * (8 bytes each).
 */
import { isBigint, isFloat, type DType, type Scalar } from '../../ir/dtype.ts';
import type { Kernel } from '../../ir/kernel.ts';

type Counts = Pick<Kernel, 'buffers' | 'integers' | 'scalars'>;

export const scratchOffset = 0;
export const bufferOffset = (buffer: number): number => 4 + 4 * buffer;
export const integerOffset = ({ buffers }: Counts, integer: number): number =>
  4 + 4 * (buffers.length + integer);
export const scalarOffset = ({ buffers, integers }: Counts, slot: number): number =>
  8 * Math.ceil((1 + buffers.length + integers) / 2) + 8 * slot;
export const argumentBytes = (kernel: Counts): number => scalarOffset(kernel, kernel.scalars.length);

/** Writes a scalar so that a load of its dtype's width at `offset` reads it. */
export function writeScalar(view: DataView, offset: number, dtype: DType, value: Scalar): void {
  if (dtype === 'float64') view.setFloat64(offset, Number(value), true);
  else if (isFloat(dtype)) view.setFloat32(offset, Number(value), true);
  else if (isBigint(dtype)) view.setBigInt64(offset, BigInt.asIntN(64, BigInt(value)), true);
  else view.setInt32(offset, Number(value), true);
}
