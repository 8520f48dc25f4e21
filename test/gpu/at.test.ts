/** Indexing, updates and searches on a device: the same as on the CPU, and the error of an index outside. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

const webgpu = { target: 'webgpu', memo: false } as const;
const same = async (make: () => lz.LazyArray): Promise<void> => {
  const x = await make().data(webgpu);
  expect(x).toEqual(make().dataSync({ target: 'js', memo: false }));
};

interface Case {
  readonly shape: number[];
  readonly index: readonly (
    | number
    | string
    | null
    | { readonly range: [number | null, number | null, number | null] }
    | { readonly array: number[]; readonly shape: number[] }
    | { readonly mask: number[]; readonly shape: number[] }
  )[];
}

test('selections and updates at random indices', async () => {
  const { indices } = JSON.parse(
    readFileSync(new URL('../fixtures/indexing.json', import.meta.url), 'utf8'),
  ) as { readonly indices: readonly Case[] };
  for (const { shape, index } of indices.slice(0, 12)) {
    const specs = index.map((spec): lz.IndexSpec => {
      if (typeof spec !== 'object' || spec === null) return spec;
      if ('range' in spec) return spec.range;
      return 'array' in spec
        ? lz.array(Int32Array.from(spec.array), { shape: spec.shape })
        : lz.array(Uint8Array.from(spec.mask), { shape: spec.shape, dtype: 'bool' });
    });
    const size = shape.reduce((count, length) => count * length, 1);
    const x = lz.arange(size, { dtype: 'int32' }).reshape(shape);
    if (x.at(...specs).get().size === 0) continue;
    await same(() => x.at(...specs).get());
    await same(() => x.at(...specs).add(lz.ones(x.at(...specs).shape, { dtype: 'int32' })));
  }
});

test('searches, positions along an axis, positions within a size', async () => {
  const sorted = lz.array(Float32Array.from({ length: 100 }, (_, k) => Math.floor(k / 3)));
  const values = lz.array(Float32Array.of(-1, 0, 5, 5.5, 33, 40));
  await same(() => lz.searchsorted(sorted, values));
  await same(() => lz.searchsorted(sorted, values, { side: 'right' }));
  const x = lz.arange(12, { dtype: 'int32' }).astype('float32').reshape(3, 4);
  const at = lz.array(
    [
      [0, -1],
      [2, 1],
      [3, 3],
    ],
    { dtype: 'int32' },
  );
  await same(() => lz.takeAlongAxis(x, at, 1));
  await same(() => lz.putAlongAxis(x, at, lz.array(Float32Array.of(7)), 1));
  await same(() => x.at(x.greater(4)).get({ size: 5 }));
});

test('an index outside names its axis', async () => {
  const x = lz.arange(12, { dtype: 'int32' }).astype('float32').reshape(3, 4);
  const at = lz.array([0, 4], { dtype: 'int32' });
  await expect(x.at(':', at).get().data(webgpu)).rejects.toThrow(
    'take: index 4 is out of bounds for axis 1 of size 4',
  );
  await expect(x.at(at).multiply(2).data(webgpu)).rejects.toThrow(
    'scatter: index 4 is out of bounds for axis 0 of size 3',
  );
});
