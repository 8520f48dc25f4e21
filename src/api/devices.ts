/**
 * GPUs: which there are, and arrays that share a buffer with WebGPU code of yours.
 */
import { checkCount } from '../ir/arguments.ts';
import { bytesOf, checkDType, type DType } from '../ir/dtype.ts';
import { DeviceError, DTypeError, ShapeError } from '../ir/errors.ts';
import { data } from '../ir/node.ts';
import { checkOptions } from '../ir/options.ts';
import { checkShape, checkSize, formatShape, sizeOf } from '../ir/shape.ts';
import { listDevices, synchronizeGpu, type DeviceInfo } from '../runtime/gpu/device.ts';
import { adoptBuffer, deviceHandle } from '../runtime/gpu/userBuffers.ts';
import { LazyArray } from './lazyArray.ts';
import type { WebGPUBuffer, WebGPUDevice } from './webgpuTypes.ts';

export type { DeviceInfo, WebGPUBuffer, WebGPUDevice };

/**
 * The GPUs that evaluations can run on (`target: 'webgpu'`), with their limits and features: none, one, or, where a
 * machine has a fast and a thrifty one, two; the first is the one that is used. In Node they come through the package
 * `webgpu`, to be installed beside lazuli.
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
 * The GPUDevice that evaluations run on, opened if it was not: for WebGPU code of yours that shares buffers with arrays.
 * Throws `DeviceError` where there is none.
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
 * Resolves when the GPU has done all work that was given to it so far. At once where none is in use.
 * `await lz.synchronize()` is `undefined`.
 */
export async function synchronize(): Promise<void> {
  checkCount('synchronize', arguments.length, 0);
  await synchronizeGpu();
}

export interface GPUBufferOptions<D extends DType = DType> {
  /** `'float32'` by default. bool, int8, uint8, int16, uint16 and float16 lie packed, as in their typed arrays. */
  readonly dtype?: D;
  /** One axis with all elements that fit, in whole vectors of 16 bytes, by default. */
  readonly shape?: number | readonly number[];
}

/**
 * An array over a GPUBuffer of yours, without a copy. The buffer must be of the device that lazuli uses (`lz.gpuDevice`)
 * and have the usages STORAGE and COPY_SRC; call `touch()` on the array when you have written to it, for results may be
 * remembered, and keep it as long as the array. Throws `DeviceError` for a buffer that does not qualify, `DTypeError`
 * for a dtype that GPUs do not have, `ShapeError` for a shape that the buffer is too small for.
 */
export function fromGPUBuffer<D extends DType = 'float32'>(
  buffer: WebGPUBuffer,
  options: GPUBufferOptions<D> = {},
): LazyArray<D> {
  checkCount('fromGPUBuffer', arguments.length, 2);
  checkOptions('fromGPUBuffer', options, ['dtype', 'shape']);
  const dtype = checkDType('fromGPUBuffer', options.dtype ?? 'float32');
  if (dtype === 'float64' || dtype === 'int64' || dtype === 'uint64')
    throw new DTypeError('fromGPUBuffer', `${dtype} is not there on GPUs; use one of 32 bits or fewer`);
  if (!isBuffer(buffer))
    throw new DeviceError('fromGPUBuffer', 'takes a GPUBuffer, made on the device of `await lz.gpuDevice()`');
  if (buffer.size % 4 !== 0)
    throw new DeviceError(
      'fromGPUBuffer',
      `the size of the buffer must be a multiple of 4 bytes, it is ${buffer.size}`,
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
      `${dtype} of shape ${formatShape(shape)} takes ${bytes} bytes (whole vectors of 16), the buffer has ${buffer.size}`,
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
