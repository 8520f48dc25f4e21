/** complex64 on a device: the parts are computed and stored side by side there, as on the CPU. */
import { afterAll, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { ArrayDType } from '../../src/ir/dtype.ts';

const target = 'webgpu';
afterAll(() => lz.shutdown());

const count = 500;
const points = Float32Array.from({ length: 2 * count }, (_, k) => 3 * Math.sin(k * 1.7 + 0.3));
const z = lz.array(points, { dtype: 'complex64' });
const w = lz.array(points.toReversed(), { dtype: 'complex64' });

/** Whether numbers differ by at most `units` of 2^-24 of their magnitudes. */
async function expectNear(x: lz.LazyArray<ArrayDType>, units: number): Promise<void> {
  const wanted = x.add(0).dataSync({ target: 'js' });
  const found = await x.data({ target });
  expect(found.length).toBe(wanted.length);
  const step = x.dtype === 'complex64' ? 2 : 1;
  for (let k = 0; k < wanted.length; k += step) {
    const at = (values: typeof wanted, position: number): number => Number(values[position] ?? 0);
    const [re, im] = [at(wanted, k), step === 2 ? at(wanted, k + 1) : 0];
    const apart = Math.hypot(at(found, k) - re, step === 2 ? at(found, k + 1) - im : 0);
    expect(apart, `number ${k / step}`).toBeLessThanOrEqual(units * 2 ** -24 * Math.hypot(re, im));
  }
}

test('arithmetic', async () => {
  await expectNear(z.add(w).mul({ re: 0, im: 1 }), 4);
  await expectNear(z.mul(w), 4);
  await expectNear(z.div(w), 12);
  await expectNear(lz.abs(z), 8);
  expect(z.mul(w).explain({ target }).toJSON().plan.kernels.length).toBe(1);
});

test('elementary functions', async () => {
  for (const name of ['sqrt', 'exp', 'log', 'sin', 'cos', 'tanh', 'asin', 'acosh', 'atan'] as const)
    await expectNear(lz[name](z), 32);
});

test('sums and products of matrices', async () => {
  await expectNear(
    z
      .slice([0, 100])
      .reshape(10, 10)
      .matmul(w.slice([0, 100]).reshape(10, 10)),
    300,
  );
  await expectNear(lz.abs(z).sum(), 300);
  expect((await z.add(1).evaluate({ target })).dtype).toBe('complex64');
});

test('a device has no complex128, and says so', async () => {
  await expect(z.astype('complex128').data({ target })).rejects.toThrow(/float64|complex128/);
  await expect(z.astype('complex128').toGPUBuffer()).rejects.toThrow(/complex128.*complex64/s);
});
