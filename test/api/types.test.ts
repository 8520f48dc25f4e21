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

test('array functions have the dtypes that they compute', () => {
  expectTypeOf(lz.gradient(f32)).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(lz.gradient(f32, { spacing: 2 })).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(lz.gradient(f32, { spacing: f64 })).toEqualTypeOf<lz.LazyArray<'float64'>>();
  expectTypeOf(lz.gradient(i32)).toEqualTypeOf<lz.LazyArray<'float64'>>();
  expectTypeOf(lz.trace(lz.eye(2, { dtype: 'int32' }))).toEqualTypeOf<lz.LazyArray<'int64'>>();
  expectTypeOf(lz.norm(f32, 0, { ord: 1 })).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(lz.unwrap(f32)).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(lz.quantile(f32, 0.5)).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(i32.quantile([0.5])).toEqualTypeOf<lz.LazyArray<'float64'>>();
  expectTypeOf(lz.nancumsum(f32)).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(lz.nanmean(f32, { dtype: 'float64' })).toEqualTypeOf<lz.LazyArray<'float64'>>();
  expectTypeOf(lz.nanstd(i32, 0)).toEqualTypeOf<lz.LazyArray<'float64'>>();
  expectTypeOf(lz.logaddexp(f32, 1)).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(lz.append(f32, 0.5)).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(lz.kron(i32, 2)).toEqualTypeOf<lz.LazyArray<'int32'>>();
  expectTypeOf(lz.fmod(2, i32)).toEqualTypeOf<lz.LazyArray<'int32'>>();
  expectTypeOf(lz.vstack([f32, f32])).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(lz.hstack([f32, i32])).toEqualTypeOf<lz.LazyArray>();
  expectTypeOf(lz.select([[true, false]], [i32])).toEqualTypeOf<lz.LazyArray<'int32'>>();
  expectTypeOf(lz.select([[true, false]], [i32], 0.5)).toEqualTypeOf<lz.LazyArray<'float64'>>();
  expectTypeOf(lz.choose([0, 1], [f32, f32])).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(lz.choose([0, 1], [f32, i32])).toEqualTypeOf<lz.LazyArray>();
  const [first, second] = lz.broadcastArrays(f32, i32);
  expectTypeOf(first).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(second).toEqualTypeOf<lz.LazyArray<'int32'>>();
  const [values, counts] = lz.unique(f32, { returnCounts: true });
  expectTypeOf(values).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(counts).toEqualTypeOf<lz.LazyArray<'int32'> | undefined>();
  expectTypeOf(lz.uniqueAll(f32).values).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(lz.takeAlongAxis(f32, [0], 0)).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(f32.at('1:').get()).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(f32.repeat(i32)).toEqualTypeOf<lz.LazyArray<'float32'>>();
  expectTypeOf(lz.topk(f32, 1).indices).toEqualTypeOf<lz.LazyArray<'int32'>>();
  expectTypeOf(lz.nonzero(f32)).toEqualTypeOf<readonly lz.LazyArray<'int32'>[]>();
});

test('wrong calls of array functions are type errors', () => {
  const calls = (): unknown => [
    // @ts-expect-error options, not arguments
    lz.diff(f32, 1),
    // @ts-expect-error an order of accuracy that is not there
    lz.gradient(f32, { edgeOrder: 3 }),
    // @ts-expect-error a mode that is not there
    lz.pad(f32, 1, { mode: 'mean' }),
    // @ts-expect-error a side that is not there
    lz.searchsorted(f32, [1], { side: 'middle' }),
    // @ts-expect-error a method of NumPy's in NumPy's spelling
    lz.quantile(f32, 0.5, null, { method: 'inverted_cdf' }),
    // @ts-expect-error an option of NumPy's in NumPy's spelling
    lz.cumulativeSum(f32, 0, { include_initial: true }),
    // @ts-expect-error a mean of integers is a float
    lz.nanmean(f32, { dtype: 'int32' }),
    // @ts-expect-error arrays as arguments, not as a list
    lz.vstack(f32, f32),
    // @ts-expect-error a text is no position
    lz.repeat(f32, '2'),
    // @ts-expect-error positions need an index
    lz.takeAlongAxis(f32),
  ];
  expectTypeOf(calls).toBeFunction();
});
