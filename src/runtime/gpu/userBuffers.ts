/** Buffers that arrays share with WebGPU code of the user: taken in, and handed out. */
import type { DType } from '../../ir/dtype.ts';
import { DeviceError, InternalError, LazuliError } from '../../ir/errors.ts';
import type { ArraySource } from '../../ir/node.ts';
import { maxAttempts, Source } from '../memory/source.ts';
import { inSession } from '../perSession.ts';
import { currentGpu, openGpu, type GpuDevice } from './device.ts';
import { holding } from './hold.ts';
import { makeRoom, OutOfDeviceMemory, whenThereIsRoom } from './room.ts';
import { storageUsage } from './usage.ts';
import { DeviceValues, placeOn } from './values.ts';

/** The device evaluations run on, opened if need be: user buffers must be of it. */
export const deviceHandle = async (): Promise<GPUDevice> => (await inSession(openGpu())).handle;

/** A source whose values are in a user's buffer. */
export function adoptBuffer(buffer: GPUBuffer, dtype: DType, length: number): ArraySource {
  const gpu = currentGpu();
  if (gpu === undefined)
    throw new DeviceError(
      'fromGPUBuffer',
      'no GPU is open: make the buffer on the device of `await lz.gpuDevice()`',
    );
  return new Source(new DeviceValues(gpu, dtype, length, buffer, true, undefined, true));
}

/** A buffer of the device with a copy of the values, in whole vectors of 16 bytes, which belongs to the caller. */
export async function copyToBuffer(source: ArraySource): Promise<GPUBuffer> {
  if (!(source instanceof Source)) throw new DeviceError('toGPUBuffer', 'the array has no values');
  for (let attempt = 1; ; attempt++) {
    const gpu = await inSession(openGpu());
    if (source.byteLength > gpu.largestArray)
      throw new DeviceError(
        'toGPUBuffer',
        `the array takes ${source.byteLength} bytes in one buffer, of which ${gpu.name} binds ${gpu.largestArray}`,
      );
    try {
      return await inSession(
        whenThereIsRoom(gpu, () => holding(gpu, [source], () => gpu.inTurn(() => copyInTurn(gpu, source)))),
      );
    } catch (error) {
      if (attempt < maxAttempts && (await inSession(gpu.isLost()))) continue;
      throw error instanceof LazuliError ? error : new DeviceError('toGPUBuffer', String(error));
    }
  }
}

async function copyInTurn(gpu: GpuDevice, source: Source): Promise<GPUBuffer> {
  const place = placeOn(gpu);
  if (source.at(place) === undefined)
    await inSession(makeRoom(gpu, [source.byteLength], new Set(), 'toGPUBuffer'));
  const values = source.bring(place);
  if (values === undefined) throw new InternalError('toGPUBuffer', 'the values cannot be uploaded');
  values.hold();
  try {
    await inSession(values.checked);
    return await inSession(copied(gpu, values, Math.max(16, Math.ceil(source.byteLength / 16) * 16)));
  } finally {
    values.release();
  }
}

/** The copy is of no size class and no part of the budget; but what the pool has may have to make room for it. */
async function copied(gpu: GpuDevice, values: DeviceValues, bytes: number): Promise<GPUBuffer> {
  const { handle, pool } = gpu;
  for (let isFirst = true; ; isFirst = false) {
    handle.pushErrorScope('validation');
    handle.pushErrorScope('out-of-memory');
    const buffer = handle.createBuffer({ size: bytes, usage: storageUsage });
    const encoder = handle.createCommandEncoder();
    encoder.copyBufferToBuffer(values.buffer, 0, buffer, 0, bytes);
    handle.queue.submit([encoder.finish()]);
    const [full, invalid] = await inSession(Promise.all([handle.popErrorScope(), handle.popErrorScope()]));
    if (full === null && invalid === null) {
      if (gpu.lost === undefined) return buffer;
      throw new DeviceError('toGPUBuffer', `the GPU was lost: ${gpu.lost}`);
    }
    buffer.destroy();
    if (full === null) throw new DeviceError('toGPUBuffer', invalid?.message ?? 'the copy was refused');
    if (!isFirst) throw new OutOfDeviceMemory('toGPUBuffer', `the GPU has no room for ${bytes} bytes more`);
    await inSession(makeRoom(gpu, [bytes], new Set([values]), 'toGPUBuffer'));
    const room = pool.take(bytes);
    pool.part(room);
    room.destroy();
  }
}
