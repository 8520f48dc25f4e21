/** What the type checker knows about dtypes. The assertions are checked by `npm run check`. */
import { expectTypeOf, test } from 'vitest';
import * as lz from '../../src/index.ts';

const f64 = lz.array([1, 2]);
const f32 = lz.array(Float32Array.of(1, 2));
const f16 = lz.array(Float16Array.of(1, 2));
const i32 = lz.array([1, 2], { dtype: 'int32' });

test('data gives the typed array of the dtype, item its JS value', () => {
  expectTypeOf(f64.dataSync()).toEqualTypeOf<Float64Array>();
  expectTypeOf(f32.add(f32).sqrt().mul(2).data()).resolves.toEqualTypeOf<Float32Array>();
  expectTypeOf(f16.add(1).sqrt().data()).resolves.toEqualTypeOf<Float16Array>();
  expectTypeOf(lz.array([1n]).item()).toEqualTypeOf<bigint>();
  expectTypeOf(i32.eq(2).any().item()).toEqualTypeOf<boolean>();
  expectTypeOf(f32.max().item()).toEqualTypeOf<number>();
});

test('results have the dtype of the tables', () => {
  expectTypeOf(f32.add(f64)).toEqualTypeOf<lz.LazyArray<'float64'>>();
  expectTypeOf(i32.add(2n)).toEqualTypeOf<lz.LazyArray<'int32'>>();
  expectTypeOf(i32.add(2)).toEqualTypeOf<lz.LazyArray<'int32'>>();
  expectTypeOf(i32.add(2.5)).toEqualTypeOf<lz.LazyArray<'float64'>>();
  expectTypeOf(i32.add(Math.max(2, 1))).toEqualTypeOf<lz.LazyArray<'int32' | 'float64'>>();
  expectTypeOf(i32.div(2)).toEqualTypeOf<lz.LazyArray<'float64'>>();
  expectTypeOf(i32.erf()).toEqualTypeOf<lz.LazyArray<'float64'>>();
  expectTypeOf(f32.hypot(2)).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(f16.exp().sum()).toEqualTypeOf<lz.LazyArray<'float16'>>();
  expectTypeOf(f16.add(f32)).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(f16.std()).toEqualTypeOf<lz.LazyArray<'float16'>>();
  expectTypeOf(f16.mul(lz.array([1, 2], { dtype: 'int8' })).mul(0.5)).toEqualTypeOf<
    lz.LazyArray<'float16'>
  >();
  expectTypeOf(i32.sum()).toEqualTypeOf<lz.LazyArray<'int64'>>();
  expectTypeOf(f32.sum(0, { dtype: 'float64' })).toEqualTypeOf<lz.LazyArray<'float64'>>();
  expectTypeOf(f32.std({ correction: 1 })).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(f32.less([1, 2])).toEqualTypeOf<lz.LazyArray<'bool'>>();
  expectTypeOf(f32.matmul(f32)).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(f32.clip(0, null)).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(i32.clip()).toEqualTypeOf<lz.LazyArray<'int32'>>();
  expectTypeOf(i32.clip(undefined, 0.5)).toEqualTypeOf<lz.LazyArray<'float64'>>();
  expectTypeOf(lz.eye(2, { dtype: 'int8' })).toEqualTypeOf<lz.LazyArray<'int8'>>();
  expectTypeOf(lz.eye(2, 3, { dtype: 'int8' })).toEqualTypeOf<lz.LazyArray<'int8'>>();
  expectTypeOf(lz.eye(2, 3, 1)).toEqualTypeOf<lz.LazyArray<'float64'>>();
  expectTypeOf(lz.linspace(0, 1, { dtype: 'float32' })).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(lz.linspace(0, 1)).toEqualTypeOf<lz.LazyArray<'float64'>>();
  expectTypeOf(lz.flip(f32, { axis: 0 })).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(lz.reshape(i32, 2)).toEqualTypeOf<lz.LazyArray<'int32'>>();
  expectTypeOf([...f32]).toEqualTypeOf<lz.LazyArray<'float32'>[]>();
  expectTypeOf(lz.add(f32, [1, 2])).toEqualTypeOf<lz.LazyArray<'float64'>>();
  expectTypeOf(lz.where(i32.eq(2), f32, 0)).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(lz.concat([f32, f32])).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(lz.concat([f32, i32])).toEqualTypeOf<lz.LazyArray>();
  expectTypeOf(lz.zeros([2], { dtype: 'int8' })).toEqualTypeOf<lz.LazyArray<'int8'>>();
});

test('an array of one dtype is an array', () => {
  const total = (x: lz.LazyArray): lz.LazyArray => x.add(1).sum();
  expectTypeOf(total).toBeCallableWith(f32);
  expectTypeOf<lz.LazyArray<'float64'>>().toExtend<lz.LazyArray>();
  expectTypeOf<lz.LazyArray>().not.toExtend<lz.LazyArray<'float64'>>();
});

test('compiled functions return the dtypes of what they were written to return', () => {
  const f = lz.compile((x: lz.LazyArray<'float32'>) => [x.add(x), x.eq(0)] as const);
  expectTypeOf(f(f32)[1]).toEqualTypeOf<lz.LazyArray<'bool'>>();
  expectTypeOf(f(f32)[0].dataSync()).toEqualTypeOf<Float32Array>();
});
