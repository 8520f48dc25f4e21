/**
 * Room on the device for work that is about to be submitted. Within the budget, values leave that can be had again; then
 * others are read back to ordinary memory first. To be called by whoever has its turn (`GpuDevice.inTurn`).
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

/** Sees to it that buffers of these sizes can be taken while `staying` keep theirs. `who` is named in errors. */
export async function makeRoom(
  gpu: GpuDevice,
  sizes: readonly number[],
  staying: ReadonlySet<Tenant>,
  who: string,
): Promise<void> {
  for (;;) {
    if (await inSession(gpu.pool.reserve(sizes, staying))) return;
    if (!(await inSession(rescueOne(gpu, staying)))) break;
  }
  if (gpu.lost !== undefined) throw new DeviceError('webgpu', `the GPU was lost: ${gpu.lost}`);
  const needed = sizes.reduce((sum, bytes) => sum + bytes, 0);
  const message =
    `${who}: the GPU has no room for ${needed} bytes more; ` +
    `${gpu.pool.info.bytes} of ${gpu.pool.budget} are in use (configure({ gpuBytes })); read results you keep with data(), drop others`;
  const own = [...staying].reduce((sum, { bufferSize }) => sum + bufferSize, 0);
  // Beyond the budget it is not others who are in the way.
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

/** Whoever has failed as often as this fails for other reasons than others. */
const mostAttempts = 100;

/**
 * Work in which somebody runs out of room while others count on theirs is tried again when these are through. `work`
 * holds nothing when it has failed, so nobody waits for one another.
 */
export async function whenThereIsRoom<T>(gpu: GpuDevice, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++)
    try {
      return await inSession(work());
    } catch (error) {
      const others = gpu.lost === undefined && gpu.pool.holds > 0 && attempt < mostAttempts;
      if (!(error instanceof OutOfDeviceMemory) || !others) throw error;
      await inSession(gpu.pool.nextRelease());
      // Several who fail and release wake each other: those who read or compute need the event loop to come to an end.
      await inSession(new Promise<void>((resolve) => setTimeout(resolve, 0)));
    }
}
