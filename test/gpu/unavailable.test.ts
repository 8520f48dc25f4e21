/** Where no GPU can be opened, explain under `auto` says so, of pending arrays and of evaluated ones alike. */
import { expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

// So much that opening a GPU for it pays, however many processors there are.
lz.configure({ threads: 1 });

const wanted = (): lz.LazyArray<'float32'> => {
  const x = lz.asArray(new Float32Array(2 ** 21).fill(1));
  return lz.tan(lz.sin(x.exp().add(x).log()).pow(x)).atan();
};

const reasonsOf = (x: lz.LazyArray<'float32'>): string => x.explain().toJSON().plan.reasons.join('; ');

test('a GPU that cannot be opened is a reason from the first time on', async () => {
  const gpu = { requestAdapter: () => Promise.resolve(null) };
  Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
  try {
    for (let time = 0; time < 2; time++)
      expect(reasonsOf(await wanted().evaluate({ memo: false }))).toMatch(
        /webgpu not: no device could be opened/,
      );
    expect(reasonsOf(wanted())).toMatch(/webgpu not: no device could be opened/);
  } finally {
    Reflect.deleteProperty(navigator, 'gpu');
  }
});
