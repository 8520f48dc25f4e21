/** Keeping a part never changes what an expression means, on a GPU either. */
import { afterAll, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

afterAll(() => lz.shutdown());

test('an index out of bounds that an expression does not read is no error when a part could be kept', async () => {
  const target = 'webgpu';
  const n = 50_000;
  const places = lz.arange(n, { dtype: 'int32' });
  const wrong = lz
    .where(places.equal(n - 1), n, places)
    .astype('int32')
    .evaluateSync();
  const numbers = lz.asArray(Float32Array.from({ length: n }, (_, k) => k % 7));
  const part = numbers.sin().take(wrong).exp().log1p().exp();
  for (let k = 0; k < 4; k++) {
    const [sum] = await part
      .slice([0, n - 10 - k])
      .sin()
      .sum()
      .data({ target });
    expect(Number.isFinite(sum)).toBe(true);
  }
  await expect(part.sum().data({ target })).rejects.toThrow(lz.IndexError);
  const [few] = await part.slice([0, 5]).sum().data({ target });
  expect(Number.isFinite(few)).toBe(true);
});
