/** From ordinary memory to the device: the queue stages the bytes in a ring of its own, so this returns at once. */
import type { TypedArray } from '../../ir/dtype.ts';
import type { GpuDevice } from './device.ts';

/** Copies values to a buffer of the device. */
export function upload(gpu: GpuDevice, values: TypedArray, buffer: GPUBuffer): void {
  const { byteLength } = values;
  gpu.uploads++;
  gpu.uploadedBytes += byteLength;
  const whole = byteLength - (byteLength % 4);
  const bytes = new Uint8Array(values.buffer, values.byteOffset, byteLength);
  if (whole > 0) gpu.handle.queue.writeBuffer(buffer, 0, bytes.subarray(0, whole));
  if (whole === byteLength) return;
  // The queue writes whole words.
  const rest = new Uint8Array(4);
  rest.set(bytes.subarray(whole));
  gpu.handle.queue.writeBuffer(buffer, whole, rest);
}
