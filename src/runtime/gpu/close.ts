/** A planned end of the device: what it alone has, and what cannot be computed again, comes to ordinary memory first. */
import { inSession } from '../perSession.ts';
import { closeGpu, currentGpu } from './device.ts';
import { DeviceValues } from './values.ts';

export async function endGpu(): Promise<void> {
  const gpu = currentGpu();
  if (gpu === undefined) return;
  try {
    await inSession(
      gpu.inTurn(async () => {
        for (const tenant of [...gpu.pool.tenants])
          if (tenant instanceof DeviceValues) await inSession(tenant.rescue());
      }),
    );
  } catch (error) {
    // A device that is lost on the way is gone, too.
    if (!(await inSession(gpu.isLost()))) throw error;
  }
  await inSession(closeGpu());
}
