/**
 * The list of GPUs, and arrays that share buffers with a user's WebGPU code.
 */
import { checkCount } from '../ir/arguments.ts';
import { bytesOf, checkDType, type DType } from '../ir/dtype.ts';
import { DeviceError, DTypeError, ShapeError } from '../ir/errors.ts';
import { data } from '../ir/node.ts';
import { checkOptions } from '../ir/options.ts';
import { checkShape, checkSize, formatShape, sizeOf } from '../ir/shape.ts';
import { listDevices, synchronizeGpu, type DeviceInfo } from '../runtime/gpu/device.ts';
import { adoptBuffer, deviceHandle } from '../runtime/gpu/userBuffers.ts';
import { inSession } from '../runtime/perSession.ts';
import { LazyArray } from './lazyArray.ts';
import type { WebGPUBuffer, WebGPUDevice } from './webgpuTypes.ts';

export type { DeviceInfo, WebGPUBuffer, WebGPUDevice };

/**
 * The GPUs that evaluations can run on (`target: 'webgpu'`), with their limits and features. The list has no entry, one,
 * or two (on a machine with a fast and a low-power GPU); evaluations use the first. Node needs the package `webgpu`, which
 * is installed separately.
 *
 * ```ts
 * const names = (await lz.devices()).map(({ vendor, description }) => `${vendor} ${description}`);
 * console.log(names.every((name) => name.length > 1)); // true
 * ```
 */
export async function devices(): Promise<readonly DeviceInfo[]> {
  checkCount('devices', arguments.length, 0);
  return listDevices();
}

/**
 * The GPUDevice that evaluations run on, for your own WebGPU code that shares buffers with arrays. Opens the device if
 * necessary. Throws `DeviceError` if there is no GPU.
 *
 * ```js
 * const device = await lz.gpuDevice();
 * const buffer = device.createBuffer({ size: 1024, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
 * const sum = await lz.fromGPUBuffer(buffer, { shape: [16, 16] }).sum().data({ target: 'webgpu' });
 * ```
 */
export async function gpuDevice(): Promise<WebGPUDevice> {
  checkCount('gpuDevice', arguments.length, 0);
  return deviceHandle();
}

/**
 * Resolves when the GPU has finished all work given to it so far, immediately if no GPU is in use.
 * `await lz.synchronize()` is `undefined`.
 */
export async function synchronize(): Promise<void> {
  checkCount('synchronize', arguments.length, 0);
  await inSession(synchronizeGpu());
}

export interface GPUBufferOptions<D extends DType = DType> {
  /** `'float32'` by default. bool, int8, uint8, int16, uint16 and float16 are packed, as in their typed arrays. */
  readonly dtype?: D;
  /** By default one axis with all elements that fit, in whole vectors of 16 bytes. */
  readonly shape?: number | readonly number[];
}

/**
 * An array over your own GPUBuffer, without a copy. The buffer must belong to the device that lazuli uses (`lz.gpuDevice`)
 * and have the usages STORAGE and COPY_SRC. Keep it as long as the array. After writing to it, call `touch()` on the array,
 * because results may be memoized. Throws `DeviceError` for an unsuitable buffer, `DTypeError` for a dtype that GPUs lack,
 * `ShapeError` for a shape that needs a larger buffer.
 */
export function fromGPUBuffer<D extends DType = 'float32'>(
  buffer: WebGPUBuffer,
  options: GPUBufferOptions<D> = {},
): LazyArray<D> {
  checkCount('fromGPUBuffer', arguments.length, 2);
  checkOptions('fromGPUBuffer', options, ['dtype', 'shape']);
  const dtype = checkDType('fromGPUBuffer', options.dtype ?? 'float32');
  if (dtype === 'float64' || dtype === 'int64' || dtype === 'uint64')
    throw new DTypeError('fromGPUBuffer', `GPUs do not support ${dtype}; use a dtype of at most 32 bits`);
  if (!isBuffer(buffer))
    throw new DeviceError('fromGPUBuffer', 'takes a GPUBuffer, made on the device of `await lz.gpuDevice()`');
  if (buffer.size % 4 !== 0)
    throw new DeviceError(
      'fromGPUBuffer',
      `the size of the buffer must be a multiple of 4 bytes, not ${buffer.size}`,
    );
  const whole = buffer.size - (buffer.size % 16);
  const shape = checkSize(
    'fromGPUBuffer',
    checkShape('fromGPUBuffer', options.shape ?? [whole / bytesOf(dtype)]),
  );
  const bytes = Math.max(16, Math.ceil((sizeOf(shape) * bytesOf(dtype)) / 16) * 16);
  if (bytes > buffer.size)
    throw new ShapeError(
      'fromGPUBuffer',
      `${dtype} of shape ${formatShape(shape)} needs ${bytes} bytes (a multiple of 16), but the buffer has ${buffer.size}`,
    );
  if ((buffer.usage & neededUsage) !== neededUsage)
    throw new DeviceError(
      'fromGPUBuffer',
      'the buffer must be made with GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC',
    );
  return new LazyArray<D>(data(adoptBuffer(buffer, dtype, sizeOf(shape)), dtype, shape));
}

function isBuffer(value: unknown): value is WebGPUBuffer {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'size' in value && typeof value.size === 'number' && 'usage' in value && typeof value.usage === 'number'
  );
}

/** GPUBufferUsage.STORAGE and COPY_SRC. */
const neededUsage = 0x80 | 0x04;
