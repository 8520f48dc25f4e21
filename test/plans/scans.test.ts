/** What becomes of scans: which kernels there are, and what they look like. */
import { expect, test } from 'vitest';
import { running } from '../../src/api/nodes/scan.ts';
import type { Node } from '../../src/ir/node.ts';
import { printKernel } from '../../src/ir/kernelText.ts';
import { bindGraph, encode } from '../../src/passes/bind.ts';
import type { Plan } from '../../src/passes/plan.ts';
import { compilePlan } from '../../src/passes/pipeline.ts';
import * as t from '../support/typed.ts';

const planOf = (...roots: readonly Node[]): Plan =>
  compilePlan('test', bindGraph(encode(roots, () => undefined, true)), { disabled: new Set(), verify: true });
const textOf = (plan: Plan): string => plan.kernels.map(({ kernel }) => printKernel(kernel)).join('');

const x = t.data(new Float64Array(600), [20, 30]);
const square = t.apply('multiply', x, x);

test('what is computed before and after a scan shares its walk', () => {
  const share = t.apply('divide', square, running('sum', square, { axis: 1 }));
  expect(textOf(planOf(share))).toBe(`kernel (b0: input float64, b1: output float64; 2 integers)
  parallel i0 < p1
    scan i1 < p0
      v0 = b0[i0*p0 + i1]
      v1 = multiply.float64(v0, v0)
      r0 = sum.float64(v1)
      v3 = divide.float64(v1, r0)
      b1[i0*p0 + i1] = v3
`);
});

test('scans of scans share one, exclusive ones too, along an outer axis too', () => {
  const sums = running('sum', x, { axis: 0 });
  const greatest = running('max', sums, { axis: 0, exclusive: true });
  expect(textOf(planOf(greatest, sums)))
    .toBe(`kernel (b0: input float64, b1: output float64, b2: output float64; 2 integers)
  parallel i1 < p0
    scan i0 < p1
      v0 = b0[i0*p0 + i1]
      r0 = sum.float64(v0)
      r1 = before max.float64(r0)
      b1[i0*p0 + i1] = r0
      b2[i0*p0 + i1] = r1
`);
});

test('axes around a scan become one, those on either side of it do not', () => {
  const cube = t.data(new Float64Array(600), [4, 5, 30]);
  const parallel = (node: Node): string[] => textOf(planOf(node)).match(/(parallel|scan) .*/g) ?? [];
  expect(parallel(running('sum', cube, { axis: 2 }))).toEqual(['parallel i0 < p1', 'scan i1 < p0']);
  expect(parallel(running('sum', cube, { axis: 1 }))).toEqual([
    'parallel i0 < p2',
    'parallel i2 < p1',
    'scan i1 < p3',
  ]);
});

test('a reduction of the same rows is a kernel of its own, and says why', () => {
  const sum = t.reshape(t.reduce('sum', square, [1]), [20, 1]);
  const { kernels, trials } = planOf(running('sum', t.apply('divide', square, sum), { axis: 1 }));
  expect(kernels).toHaveLength(2);
  expect(trials.map(({ code }) => code)).toContain('other-walks');
});

test('a scan may overwrite the temporary it reads', () => {
  const down = running('sum', x, { axis: 0 });
  const { kernels, memory } = planOf(running('max', running('prod', down, { axis: 1 }), { axis: 0 }));
  expect(kernels).toHaveLength(3);
  expect(memory.slots).toHaveLength(1);
});
