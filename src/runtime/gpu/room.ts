/**
 * Room on the device for work that is about to be submitted. Values that can be computed again are evicted first; other
 * values are read back to ordinary memory before they are evicted. Only the work whose turn it is (`GpuDevice.inTurn`)
 * may call this.
 */
import { DeviceError } from '../../ir/errors.ts';
import { inSession } from '../perSession.ts';
import type { GpuDevice } from './device.ts';
import type { Tenant } from './pool.ts';
import { DeviceValues } from './values.ts';

/** No room on the device, even after everything was dropped that can be computed again; but others may use some of it. */
export class OutOfDeviceMemory extends DeviceError {
  override readonly name = 'DeviceError';
}

/** Makes room for buffers of these sizes while `staying` keep theirs. Errors name `operation`. */
export async function makeRoom(
  gpu: GpuDevice,
  sizes: readonly number[],
  staying: ReadonlySet<Tenant>,
  operation: string,
): Promise<void> {
  for (;;) {
    if (await inSession(gpu.pool.reserve(sizes, staying))) return;
    if (!(await inSession(rescueOne(gpu, staying)))) break;
  }
  if (gpu.lost !== undefined) throw new DeviceError('webgpu', `the GPU was lost: ${gpu.lost}`);
  const needed = sizes.reduce((sum, bytes) => sum + bytes, 0);
  const message =
    `${operation}: the GPU has no room for ${needed} bytes more; ` +
    `${gpu.pool.info.bytes} of ${gpu.pool.budget} are in use (configure({ gpuBytes })); read results you keep with data(), drop others`;
  const own = [...staying].reduce((sum, { bufferSize }) => sum + bufferSize, 0);
  // Work that is larger than the budget cannot succeed by waiting.
  throw own + needed > gpu.pool.budget
    ? new DeviceError('webgpu', message)
    : new OutOfDeviceMemory('webgpu', message);
}

/** Reads the values back that were used longest ago and cannot be had otherwise; false if there are none. */
async function rescueOne(gpu: GpuDevice, staying: ReadonlySet<Tenant>): Promise<boolean> {
  if (gpu.lost !== undefined) return false;
  for (const tenant of gpu.pool.tenants)
    if (tenant instanceof DeviceValues && !staying.has(tenant) && (await inSession(tenant.rescue())))
      return true;
  return false;
}

/** Work that has failed this often does not fail because of other work. */
const mostAttempts = 100;

/**
 * Runs `work`, and again after other work releases its buffers if there was no room. Work that has failed holds
 * nothing, so there is no deadlock.
 */
export async function whenThereIsRoom<T>(gpu: GpuDevice, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++)
    try {
      return await inSession(work());
    } catch (error) {
      const others = gpu.lost === undefined && gpu.pool.holds > 0 && attempt < mostAttempts;
      if (!(error instanceof OutOfDeviceMemory) || !others) throw error;
      await inSession(gpu.pool.nextRelease());
      // Failing work wakes other failing work by its release; reads and computations need the event loop to finish.
      await inSession(new Promise<void>((resolve) => setTimeout(resolve, 0)));
    }
}
