/** What the type checker knows about complex arrays. The assertions are checked by `npm run check`. */
import { expectTypeOf, test } from 'vitest';
import * as lz from '../../src/index.ts';

const z = lz.array([{ re: 1, im: 2 }]);
const z64 = lz.array(Float32Array.of(1, 2, 3, 4), { dtype: 'complex64' });
const f32 = lz.array(Float32Array.of(1, 2));
const i32 = lz.array([1, 2], { dtype: 'int32' });

test('elements are pairs of numbers, data the numbers by turns', () => {
  expectTypeOf(z).toEqualTypeOf<lz.LazyArray<'complex128'>>();
  expectTypeOf(lz.array([1, { re: 0, im: 1 }])).toEqualTypeOf<lz.LazyArray<'complex128'>>();
  expectTypeOf(z.item()).toEqualTypeOf<lz.ComplexNumber>();
  expectTypeOf(z64.dataSync()).toEqualTypeOf<Float32Array>();
  expectTypeOf(z.toArray()).toEqualTypeOf<lz.Nested<lz.ComplexNumber>>();
  expectTypeOf(lz.allocate('complex128', 2)).toEqualTypeOf<Float64Array>();
});

test('promotion', () => {
  expectTypeOf(z64.add(f32)).toEqualTypeOf<lz.LazyArray<'complex64'>>();
  expectTypeOf(z64.add(i32)).toEqualTypeOf<lz.LazyArray<'complex128'>>();
  expectTypeOf(f32.mul(z)).toEqualTypeOf<lz.LazyArray<'complex128'>>();
  expectTypeOf(f32.mul({ re: 0, im: 1 })).toEqualTypeOf<lz.LazyArray<'complex64'>>();
  expectTypeOf(i32.mul({ re: 0, im: 1 })).toEqualTypeOf<lz.LazyArray<'complex128'>>();
  expectTypeOf(z64.mul(2.5)).toEqualTypeOf<lz.LazyArray<'complex64'>>();
  expectTypeOf(lz.promoteTypes('complex64', 'float64')).toEqualTypeOf<'complex128'>();
  expectTypeOf(z64.astype('complex128')).toEqualTypeOf<lz.LazyArray<'complex128'>>();
});

test('results', () => {
  expectTypeOf(z64.exp()).toEqualTypeOf<lz.LazyArray<'complex64'>>();
  expectTypeOf(z64.abs()).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(lz.abs(z)).toEqualTypeOf<lz.LazyArray<'float64'>>();
  expectTypeOf(lz.real(z64)).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(lz.conj(z64)).toEqualTypeOf<lz.LazyArray<'complex64'>>();
  expectTypeOf(lz.angle(z64)).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(lz.complex(f32, 1)).toEqualTypeOf<lz.LazyArray<'complex64'>>();
  expectTypeOf(lz.complex(i32, f32)).toEqualTypeOf<lz.LazyArray<'complex128'>>();
  expectTypeOf(z64.sum()).toEqualTypeOf<lz.LazyArray<'complex64'>>();
  expectTypeOf(z64.mean(0)).toEqualTypeOf<lz.LazyArray<'complex64'>>();
  expectTypeOf(z64.var()).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(z64.equal(z)).toEqualTypeOf<lz.LazyArray<'bool'>>();
  expectTypeOf(z64.matmul(f32)).toEqualTypeOf<lz.LazyArray<'complex64'>>();
  expectTypeOf(z64.T.reshape(-1)).toEqualTypeOf<lz.LazyArray<'complex64'>>();
  expectTypeOf(lz.zeros(2, { dtype: 'complex64' })).toEqualTypeOf<lz.LazyArray<'complex64'>>();
  expectTypeOf(lz.full(2, { re: 1, im: 0 })).toEqualTypeOf<lz.LazyArray<'complex128'>>();
});

test('functions of real arrays do not take complex ones', () => {
  const f = (x: lz.LazyArray): lz.LazyArray => x;
  expectTypeOf(f).parameter(0).not.toEqualTypeOf<lz.LazyArray<'complex128'>>();
  // @ts-expect-error A complex array is not a LazyArray of a real dtype.
  f(z);
  const compiled = lz.compile((x) => x.mul(2));
  expectTypeOf(compiled(f32).dtype).toExtend<lz.DType>();
});
