/** Stores at computed positions on a device: updates meet in their order, so that float32 sums have the bits of the CPU. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { computeDType, type DType } from '../../src/ir/dtype.ts';
import type { Node } from '../../src/ir/node.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { indexPurpose, refusedScatter, scatterOps } from '../../src/ir/scatter.ts';
import { expectSameBits } from '../support/bits.ts';
import { settings } from '../support/runs.ts';
import { scatters } from '../support/scatters.ts';
import { show } from '../support/show.ts';
import * as t from '../support/typed.ts';
import { GpuHarness } from './harness.ts';
import { evaluateOnGpu, planOf } from './plans.ts';

let gpu: GpuHarness;
beforeAll(async () => {
  gpu = await GpuHarness.open();
});
afterAll(() => {
  gpu.close();
});

const agrees = async (roots: readonly Node[]): Promise<void> => {
  const { results } = await evaluateOnGpu(gpu, roots);
  expectSameBits(results, evaluateReference(roots), show(roots));
};

const dtypes: readonly DType[] = ['float32', 'float16', 'int32', 'uint32', 'int8', 'uint16', 'bool'];

test('integers and truth values, packed or not: any base, indices, updates and readers', async () => {
  const exact = dtypes.filter((dtype) => !dtype.startsWith('float'));
  await fc.assert(
    fc.asyncProperty(scatters(exact), ({ roots }) => agrees(roots)),
    settings(40),
  );
});

test.each(dtypes)('every operation on %s, along both axes', async (dtype) => {
  for (const op of scatterOps) {
    if (refusedScatter(op, computeDType(dtype)) !== undefined) continue;
    const of = (shape: readonly number[], step: number): Node => {
      const values = Float32Array.from({ length: 5 * 40 }, (_, k) => 0.1 + ((k * step) % 13));
      return t.cast(
        t.slice(t.data(values), [{ start: 0, step: 1, count: (shape[0] ?? 0) * (shape[1] ?? 0) }]),
        dtype,
      );
    };
    const at = t.data(Int32Array.from({ length: 40 }, (_, k) => ((k * k) % 5) - (k % 2 === 0 ? 0 : 5)));
    const matrix = (rows: number, columns: number, step: number): Node =>
      t.reshape(of([rows, columns], step), [rows, columns]);
    await agrees([
      t.scatter(op, matrix(5, 3, 1), at, t.reshape(of([40, 1], 3), [40, 1]), 0),
      t.scatter(op, matrix(3, 5, 1), at, t.reshape(of([1, 40], 7), [40]), 1),
    ]);
  }
});

test('a product that meets a sum rounds on its own', async () => {
  const [x, y] = [1.1, 1.7].map((step) =>
    t.data(Float32Array.from({ length: 64 }, (_, k) => Math.sin(k * step))),
  );
  if (x === undefined || y === undefined) throw new Error('two operands');
  const at = t.data(Int32Array.from({ length: 64 }, (_, k) => k % 3));
  await agrees([t.scatter('sum', t.data(new Float32Array(3)), at, t.apply('multiply', x, y), 0)]);
});

test('an index outside is reported as that of a scatter', async () => {
  const at = (values: Int32Array | Uint32Array): Node => t.data(values);
  for (const [indices, code, index] of [
    [at(Int32Array.of(0, -4)), 1, -4],
    [at(Uint32Array.of(0, 7)), 2, 7],
  ] as const) {
    const root = t.scatter('sum', t.data(new Float32Array(3)), indices, t.constant(1, 'float32'), 0);
    const last = planOf([root]).runs.at(-1);
    if (last === undefined) throw new Error('no kernel');
    const { kernel, program, arrays, integers, scalars } = last;
    expect(program.checksIndices).toBe(true);
    const { status } = await gpu.run(kernel, program, arrays, integers, scalars);
    const [failed, said = 0, ...rest] = status;
    expect([failed, said | 0, ...rest]).toEqual([code, index, 3, indexPurpose(0, 'scatter')]);
  }
});
