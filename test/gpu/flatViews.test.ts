/** Flat views of broadcasts on a device: one kernel over rows and columns, and the positions and extremes of the CPU. */
import { expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';
import { firstDifference } from '../support/bits.ts';

const wave = (n: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: n }, (_, i) => Math.fround(Math.sin(i * 1.3)));
const pairs = (m: number, n: number): LazyArray =>
  lz
    .asArray(wave(m))
    .reshape([m, 1])
    .sub(lz.asArray(wave(n)).reshape([1, n]))
    .abs();

const sizes = [
  [1, 7],
  [5, 3],
  [33, 65],
  [300, 257],
] as const;

test.each<[string, (m: number, n: number) => LazyArray]>([
  ['argmin', (m, n) => pairs(m, n).argmin()],
  ['argmax', (m, n) => pairs(m, n).argmax()],
  ['max', (m, n) => pairs(m, n).reshape([-1]).add(1).max()],
  [
    'an integer sum',
    (m, n) => pairs(m, n).greater(0.5).reshape([-1]).astype('int32').sum({ dtype: 'int32' }),
  ],
  ['the flat view', (m, n) => pairs(m, n).reshape([-1]).mul(2)],
  [
    'rows of blocks',
    (m, n) =>
      lz
        .asArray(wave(4))
        .reshape([4, 1, 1])
        .mul(pairs(m, n))
        .reshape([4, m * n])
        .argmin(1),
  ],
])('%s of a flat view of a broadcast', async (_, build) => {
  for (const [m, n] of sizes) {
    const x = build(m, n);
    expect(x.explain({ target: 'webgpu' }).toJSON().plan.kernels).toHaveLength(1);
    const gpu = await x.data({ target: 'webgpu', memo: false });
    const cpu = build(m, n).dataSync({ target: 'js', memo: false });
    expect(firstDifference(gpu, cpu), `(${m}, ${n})`).toBeUndefined();
  }
});
