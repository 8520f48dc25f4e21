/** Kernel IR of a few workloads, word for word: what changes here changes every target. */
import { expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';

const irOf = (roots: LazyArray | readonly LazyArray[]): string =>
  [
    ...lz
      .explain(roots)
      .toString('code')
      .matchAll(/\/\*\n([^]*?)\*\//g),
  ]
    .map(([, text]) => text)
    .join('\n');

const x = lz.asArray(new Float64Array(12)).reshape([3, 4]);

test('softmax', () => {
  const e = x.sub(x.max(1, { keepdims: true })).exp();
  expect(irOf(e.div(e.sum(1, { keepdims: true })))).toMatchInlineSnapshot(`
    "kernel (b0: scratch float64, b1: input float64, b2: output float64; 2 integers)
      parallel i0 < p1
        reduce i1 < p0 sequential
          v0 = b1[i0*p0 + i1]
          r0 = max.float64(v0)
        reduce i1 < p0 unrolled
          v1 = b1[i0*p0 + i1]
          v3 = subtract.float64(v1, r0)
          v4 = exp.float64(v3)
          b0[i1] = v4
          r1 = sum.float64(v4)
        row i1 < p0
          v5 = b0[i1]
          v7 = divide.float64(v5, r1)
          b2[i0*p0 + i1] = v7
    "
  `);
});

test('mean and variance', () => {
  expect(irOf([x.mean(1), x.var(1)])).toMatchInlineSnapshot(`
    "kernel (b0: input float64, b1: output float64, b2: output float64; 2 integers)
      parallel i0 < p1
        reduce i1 < p0 unrolled
          v0 = b0[i0*p0 + i1]
          r0 = sum.float64(v0)
        v4 = multiply.float64(r0, 0.25:float64)
        reduce i1 < p0 unrolled
          v1 = b0[i0*p0 + i1]
          v5 = subtract.float64(v1, v4)
          v6 = multiply.float64(v5, v5)
          r1 = sum.float64(v6)
        b1[i0] = v4
        v8 = multiply.float64(r1, 0.25:float64)
        b2[i0] = v8
    "
  `);
});

test('z-score along axis 0', () => {
  expect(irOf(x.sub(x.mean(0)).div(x.std(0)))).toMatchInlineSnapshot(`
    "kernel (b0: input float64, b1: output float64, b2: output float64; c0: float64; 2 integers)
      parallel i1 < p0
        reduce i0 < p1 unrolled
          v0 = b0[i0*p0 + i1]
          r0 = sum.float64(v0)
        v4 = divide.float64(r0, c0)
        reduce i0 < p1 unrolled
          v1 = b0[i0*p0 + i1]
          v5 = subtract.float64(v1, v4)
          v6 = multiply.float64(v5, v5)
          r1 = sum.float64(v6)
        b1[i1] = v4
        v8 = divide.float64(r1, c0)
        v9 = sqrt.float64(v8)
        b2[i1] = v9

    kernel (b0: input float64, b1: input float64, b2: input float64, b3: output float64; 2 integers)
      parallel i0 < p1
        parallel i1 < p0
          v0 = b0[i0*p0 + i1]
          v1 = b1[i1]
          v2 = subtract.float64(v0, v1)
          v3 = b2[i1]
          v4 = divide.float64(v2, v3)
          b3[i0*p0 + i1] = v4
    "
  `);
});

test('a table for what does not depend on the outer loop', () => {
  const v = lz.asArray(new Float64Array(5));
  expect(irOf(v.cos().expandDims(1).mul(v.cos().expandDims(0)).sum(1))).toMatchInlineSnapshot(`
    "kernel (b0: scratch float64, b1: input float64, b2: output float64; 1 integers)
      table i1 < p0
        v0 = b1[i1]
        v1 = cos.float64(v0)
        b0[i1] = v1
      parallel i0 < p0
        v2 = b1[i0]
        v3 = cos.float64(v2)
        reduce i1 < p0 unrolled
          v4 = b0[i1]
          v5 = multiply.float64(v3, v4)
          r0 = sum.float64(v5)
        b2[i0] = r0
    "
  `);
});

test('take, concat and matmul', () => {
  const picked = x.take(lz.array(new Int32Array([0, 2])), 0);
  expect(irOf(lz.concat([picked, x]).matmul(x.T))).toMatchInlineSnapshot(`
    "kernel (b0: input int32, b1: input float64, b2: output float64; 3 integers)
      parallel i0 < p2
        v0 = b0[i0]
        parallel i1 < p0
          v1 = b1[i1 + at(v0 < p1, axis 0)*p0]
          b2[i0*p0 + i1] = v1

    kernel (b0: input float64, b1: output float64; 2 integers)
      parallel i0 < p1
        v0 = b0[i0]
        b1[p0 + i0] = v0

    call matmul, 0 batch axes (b0: input float64, b1: input float64, b2: output float64; 9 integers)
    "
  `);
});
