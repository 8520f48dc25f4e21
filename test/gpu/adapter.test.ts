import { create } from 'webgpu';
import { expect, test } from 'vitest';

test('Dawn has an adapter in tests', async () => {
  const gpu = create([]);
  const adapter = await gpu.requestAdapter();
  expect(adapter?.info.vendor).toBeTruthy();
});
