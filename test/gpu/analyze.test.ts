/** What level `analyze` says of arrays on a GPU that cannot be measured, and when. */
import { afterAll, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

afterAll(() => lz.shutdown());

const onGpu = { target: 'webgpu' } as const;
const tripled = (): lz.LazyArray<'float32'> => lz.asArray(new Float32Array(1000)).mul(3);

test('times of a pending array have to be awaited', async () => {
  const explanation = tripled().explain(onGpu);
  expect(explanation.toString('analyze')).toContain('await explanation.analyze()');
  expect(await explanation.analyze()).not.toContain('await explanation.analyze()');
});

test('an evaluated array has released its inputs, on a GPU as on the CPU', async () => {
  for (const options of [onGpu, { target: 'js' }] as const) {
    const explanation = (await tripled().evaluate(options)).explain();
    expect(explanation.toString('analyze')).toMatch(/not measured: .* explain before evaluating/);
    expect(await explanation.analyze()).toMatch(/not measured: .* explain before evaluating/);
  }
});
