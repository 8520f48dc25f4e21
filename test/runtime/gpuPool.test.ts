/** The pool of a GPU's buffers on a device with less memory than its budget: a device of the test's own. */
import { expect, test } from 'vitest';
import { BufferPool, type Tenant } from '../../src/runtime/gpu/pool.ts';

const MiB = 2 ** 20;

/** A device that has so many bytes, and says so when they are spent. */
function deviceOf(memory: number): GPUDevice {
  let used = 0;
  let failed = false;
  const device = {
    limits: { maxBufferSize: 1024 * MiB },
    createBuffer: ({ size }: { readonly size: number }) => {
      const fits = used + size <= memory;
      if (fits) used += size;
      else failed = true;
      return {
        size,
        destroy: () => {
          if (fits) used -= size;
        },
      };
    },
    pushErrorScope: () => {
      failed = false;
    },
    popErrorScope: () => Promise.resolve(failed ? new Error('no memory') : null),
  };
  return device as unknown as GPUDevice;
}

test('what is too large for the device leaves the pool as it was', async () => {
  const pool = new BufferPool(deviceOf(8 * MiB), 1024 * MiB);
  expect(await pool.reserve([64 * MiB], new Set())).toBe(false);
  expect(pool.budget).toBe(1024 * MiB);
  expect(pool.info.reservedBytes).toBe(0);
  expect(await pool.reserve([4 * MiB], new Set())).toBe(true);
  expect(pool.take(4 * MiB).size).toBe(4 * MiB);
});

test('free buffers of other sizes, then tenants, make room on a device that is full', async () => {
  const pool = new BufferPool(deviceOf(8 * MiB), 1024 * MiB);
  await pool.reserve([2 * MiB, 4 * MiB], new Set());
  const buffer = pool.take(2 * MiB);
  const tenant: Tenant = {
    bufferSize: buffer.size,
    leave: () => {
      pool.forget(tenant);
      pool.give(buffer);
      return true;
    },
  };
  pool.use(tenant);
  expect(await pool.reserve([8 * MiB], new Set([tenant]))).toBe(false);
  expect(await pool.reserve([8 * MiB], new Set())).toBe(true);
  expect(pool.info).toMatchObject({ reservedBytes: 8 * MiB, evictions: 1 });
});
