/** Plans with a routine for which there are no shaders run on the CPU, give the right values, and say so. */
import { expect, test } from 'vitest';
import { nodeOf } from '../../src/api/anyArray.ts';
import { LazyArray } from '../../src/api/lazyArray.ts';
import { routineResult } from '../../src/api/nodes/routine.ts';
import * as lz from '../../src/index.ts';

const options = { target: 'webgpu', memo: false } as const;
const sort = (x: LazyArray): LazyArray => new LazyArray(routineResult('sort', [nodeOf(x)]));

test('a sort among work for the GPU', async () => {
  const x = lz.asArray(Float32Array.of(3, 1, 2));
  const y = sort(x.mul(2)).add(1);
  const before = y.explain(options);
  expect(before.toString('plan')).toContain(
    'sort1 calls sort, for which there are no shaders: js runs instead',
  );
  expect(before.toString('code')).toContain('call sort');
  await y.evaluate(options);
  expect(y.toArray()).toEqual([3, 5, 7]);
  expect(y.explain().toJSON().plan.reasons.join(' ')).toMatch(
    /sort1 calls sort, for which there are no shaders: \w+ runs instead/,
  );
});

test('in a compiled function', async () => {
  const f = lz.compile((x: LazyArray<'float32'>) => sort(x.mul(2)), { target: 'webgpu' });
  const y = await f.async(lz.asArray(Float32Array.of(3, 1, 2)));
  expect(y.toArray()).toEqual([2, 4, 6]);
});
