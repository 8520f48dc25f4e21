/** What a device complains of outside of any error scope is told with the next failure. */
import { afterAll, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { openGpu } from '../../src/runtime/gpu/device.ts';
import { bufferUsage } from '../../src/runtime/gpu/usage.ts';

afterAll(() => lz.shutdown());

test('a failure tells what the device complained of before', async () => {
  const gpu = await openGpu();
  gpu.handle.createBuffer({ size: 4, usage: bufferUsage.mapRead | bufferUsage.storage });
  await gpu.handle.queue.onSubmittedWorkDone();
  Object.defineProperty(gpu.handle, 'createCommandEncoder', {
    value: () => {
      throw new Error('no encoder');
    },
  });
  const outcome = lz.asArray(Float32Array.of(1)).add(1).data({ target: 'webgpu' });
  await expect(outcome).rejects.toThrow(lz.DeviceError);
  await expect(outcome).rejects.toThrow(/no encoder; it complained before: .*usage/is);
});
