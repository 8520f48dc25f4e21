/** Buffers that arrays share with WebGPU code of the user: taken in, and handed out. */
import type { DType } from '../../ir/dtype.ts';
import { DeviceError } from '../../ir/errors.ts';
import type { ArraySource } from '../../ir/node.ts';
import { Source } from '../storage.ts';
import { currentGpu, openGpu } from './device.ts';
import { DeviceValues } from './values.ts';

/** The device evaluations run on, opened if need be: user buffers must be of it. */
export const deviceHandle = async (): Promise<GPUDevice> => (await openGpu()).handle;

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

/** A buffer of the device with a copy of the values, which belongs to the caller. */
export async function copyToBuffer(source: ArraySource): Promise<GPUBuffer> {
  const gpu = await openGpu();
  if (!(source instanceof Source)) throw new DeviceError('toGPUBuffer', 'the array has no values');
  if (source.isOnlyOnDevice && source.onDevice(gpu) === undefined) await source.fetch();
  const bytes = Math.max(16, Math.ceil(source.byteLength / 16) * 16);
  if (!(await gpu.pool.reserve([bytes], new Set())))
    throw new DeviceError('toGPUBuffer', `the GPU has no room for ${bytes} bytes more`);
  const { buffer } = source.onDevice(gpu) ?? source.upload(gpu);
  const copy = gpu.pool.take(bytes);
  const encoder = gpu.handle.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, copy, 0, bytes);
  gpu.handle.queue.submit([encoder.finish()]);
  gpu.pool.part(copy);
  return copy;
}
