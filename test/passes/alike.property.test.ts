/** Kernels that are alike are lowered once: what each computes, from what and how it reads, is as if lowered for itself. */
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { nodeOf } from '../../src/api/anyArray.ts';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';
import { printKernel } from '../../src/ir/kernelText.ts';
import type { Node } from '../../src/ir/node.ts';
import { bindGraph, encode } from '../../src/passes/bind.ts';
import { AlikeKernels } from '../../src/passes/lower/alike.ts';
import { compilePlan, type PassName } from '../../src/passes/pipeline.ts';
import type { Plan } from '../../src/passes/plan.ts';
import { graphs } from '../support/graphs.ts';
import { settings } from '../support/runs.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const planOf = (roots: readonly Node[], disabled: readonly PassName[] = []): Plan =>
  compilePlan('test', bindGraph(encode(roots, () => undefined, true)), {
    disabled: new Set(disabled),
    verify: true,
  });

const oneByOne = (roots: readonly Node[], disabled: readonly PassName[]): Plan => {
  const each = vi.spyOn(AlikeKernels.prototype, 'kernelOf').mockImplementation((_, lower) => lower());
  const plan = planOf(roots, disabled);
  each.mockRestore();
  return plan;
};

const lowered = ({ kernels }: Plan): unknown =>
  kernels.map(({ kernel, buffers, integers, scalars, reads }) => ({
    text: printKernel(kernel),
    buffers,
    integers,
    scalars,
    reads,
  }));

// Without fusion each operation is a kernel, and many are alike.
test.each<{ readonly disabled: readonly PassName[] }>([{ disabled: [] }, { disabled: ['fuse'] }])(
  'sharing a kernel changes nothing of it, without $disabled',
  ({ disabled }) => {
    fc.assert(
      fc.property(graphs(), graphs(), ({ roots }, { roots: others }) => {
        const all = [...roots, ...others];
        expect(lowered(planOf(all, disabled))).toEqual(lowered(oneByOne(all, disabled)));
      }),
      settings(150),
    );
  },
);

const line = (n: number): LazyArray => lz.asArray(Float64Array.from({ length: n }, (_, k) => Math.sin(k)));
const kernelsOf = (...roots: readonly LazyArray[]): number =>
  new Set(planOf(roots.map(nodeOf), ['fuse']).kernels.map(({ kernel }) => kernel)).size;

test('arrays, sizes and scalars may differ', () => {
  expect(kernelsOf(line(5).add(line(5)), line(7).add(line(7)), line(5).add(line(5)))).toBe(1);
  expect(kernelsOf(line(5).mul(0.3), line(5).mul(0.7), line(8).mul(0.9))).toBe(1);
  // Far places are parameters.
  expect(
    kernelsOf(
      ...[3, 5, 9].map((at) =>
        line(20)
          .slice([at, at + 4])
          .sin(),
      ),
    ),
  ).toBe(1);
});

test('operations, dtypes, operands in common and sizes in common may not', () => {
  const x = line(5);
  expect(kernelsOf(x.add(line(5)), x.sub(line(5)))).toBe(2);
  expect(kernelsOf(x.add(line(5)), x.astype('float32').add(line(5).astype('float32')))).toBeGreaterThan(1);
  expect(kernelsOf(x.add(line(5)), x.add(x))).toBe(2);
  expect(kernelsOf(x.mul(2), x.mul(4))).toBe(2);
  const table = (rows: number, columns: number): LazyArray => line(rows * columns).reshape([rows, columns]);
  // Of a square, the stride of a row is also the number of rows.
  expect(kernelsOf(table(4, 4).T.add(table(4, 4)), table(4, 6).T.add(table(6, 4)))).toBe(2);
});
