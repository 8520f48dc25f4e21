/** Plans of complex arrays: the parts are computed side by side and stored by turns, in one kernel. */
import { expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { ArrayDType } from '../../src/ir/dtype.ts';

const z = lz.array(new Float64Array(2000).fill(0.5), { dtype: 'complex128', shape: [10, 100] });
const w = lz.array(new Float64Array(2000).fill(0.25), { dtype: 'complex128', shape: [10, 100] });

const kernels = (x: lz.LazyArray<ArrayDType>): number =>
  x.explain({ target: 'wasm' }).toJSON().plan.kernels.length;

test('a chain of functions is one kernel', () => {
  expect(kernels(z.mul(w).add(z).mul({ re: 0, im: 1 }).sub(w))).toBe(1);
  expect(kernels(z.exp().mul(w).sqrt().div(z))).toBe(1);
  expect(kernels(lz.abs(z.sub(w)).square())).toBe(1);
  expect(kernels(lz.conj(z.T.flip(0).slice('::2')).mul(2))).toBe(1);
});

test('so are reductions of it, which read the numbers once', () => {
  expect(kernels(z.mul(w).sum(1))).toBe(1);
  expect(kernels(z.mean(0))).toBe(1);
  expect(kernels(lz.vecdot(z, w))).toBe(1);
});

test('a product of two arrays loads four parts, multiplies four times and stores two parts', () => {
  expect(z.mul(w).explain({ target: 'js' }).toString('code').split('*/')[0]).toBe(`// map0
/*
kernel (b0: input float64, b1: input float64, b2: output float64; 2 integers)
  parallel i0 < p1
    v0 = b0[i0*p0]
    v1 = b1[i0*p0]
    v2 = multiply.float64(v0, v1)
    v3 = b0[1 + i0*p0]
    v4 = b1[1 + i0*p0]
    v5 = multiply.float64(v3, v4)
    v6 = subtract.float64(v2, v5)
    v7 = multiply.float64(v0, v4)
    v8 = multiply.float64(v3, v1)
    v9 = add.float64(v7, v8)
    b2[i0*p0] = v6
    b2[1 + i0*p0] = v9
`);
});
