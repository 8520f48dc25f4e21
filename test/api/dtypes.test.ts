import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

const of = (dtype: lz.DType): lz.LazyArray => lz.array([1, 2, 3]).astype(dtype);

describe('weak scalars', () => {
  test.for([
    ['float32', 2, 'float32'],
    ['float32', 0.5, 'float32'],
    ['float32', 3n, 'float32'],
    ['float32', true, 'float32'],
    ['int8', 2, 'int8'],
    ['int8', 2n, 'int8'],
    ['int8', 0.5, 'float64'],
    ['int8', true, 'int8'],
    ['uint64', 2, 'uint64'],
    ['bool', 2, 'int64'],
    ['bool', 2n, 'int64'],
    ['bool', 0.5, 'float64'],
  ] as const)('%s + %s is %s', ([dtype, scalar, expected]) => {
    expect(of(dtype).add(scalar).dtype).toBe(expected);
    expect(lz.add(scalar, of(dtype)).dtype).toBe(expected);
    expect(lz.resultType(dtype, scalar)).toBe(expected);
  });

  test('meet on their own as JS data do', () => {
    expect(lz.add(1, 2).dtype).toBe('float64');
    expect(lz.add(1n, 2n).dtype).toBe('int64');
    expect(lz.logicalAnd(true, false).item()).toBe(false);
    expect(lz.where(true, 1n, false).dtype).toBe('int64');
  });

  test('round to float32 once', () => {
    expect(lz.array([1], { dtype: 'float32' }).mul(0.1).item()).toBe(Math.fround(0.1));
  });

  test('must fit the dtype of the array', () => {
    expect(() => of('int8').add(300)).toThrow(
      new lz.DTypeError('add', '300 does not fit int8, which holds -128 to 127; use a wider dtype'),
    );
    expect(() => of('uint8').sub(-1)).toThrow(lz.DTypeError);
    expect(() => of('uint64').add(2n ** 64n)).toThrow(lz.DTypeError);
    expect(() => of('float64').add(2n ** 53n + 1n)).toThrow(
      'add: float64 cannot hold 9007199254740993n exactly',
    );
    expect(() => of('float32').add(2n ** 24n + 1n)).toThrow(lz.DTypeError);
    expect(of('float64').add(2n ** 60n).dtype).toBe('float64');
  });

  test('where an int64 array is, are whole bigints', () => {
    expect(
      lz
        .array([2n ** 62n])
        .add(1)
        .item(),
    ).toBe(2n ** 62n + 1n);
  });
});

describe('dtype rules', () => {
  test('division and functions leave the integers', () => {
    expect(of('int8').div(of('int8')).dtype).toBe('float64');
    expect(of('float32').div(2).dtype).toBe('float32');
    expect(of('uint16').sqrt().dtype).toBe('float64');
  });
  test('comparisons and predicates are bool', () => {
    expect(of('int8').less(of('float32')).dtype).toBe('bool');
    expect(of('bool').isnan().toArray()).toEqual([false, false, false]);
    expect(of('int64').isfinite().toArray()).toEqual([true, true, true]);
  });
  test('sums of integers are kept in 64 bits, means in float64', () => {
    expect(of('int8').sum().dtype).toBe('int64');
    expect(of('uint8').prod().item()).toBe(6n);
    expect(of('bool').sum().item()).toBe(3n);
    expect(of('float32').sum().dtype).toBe('float32');
    expect(of('float32').sum(0, { dtype: 'float64' }).dtype).toBe('float64');
    expect(of('int16').mean().item()).toBe(2);
    expect(of('int16').std().dtype).toBe('float64');
    expect(of('float32').var().dtype).toBe('float32');
    expect(of('float32').mean({ dtype: 'float64' }).dtype).toBe('float64');
  });
  test('bool has no arithmetic of its own', () => {
    expect(() => of('bool').add(of('bool'))).toThrow(
      new lz.DTypeError(
        'add',
        "does not take bool and bool; cast one operand, e.g. x.astype('int32'), or use a logical function",
      ),
    );
    expect(() => of('bool').matmul(of('bool'))).toThrow(lz.DTypeError);
    expect(of('bool').min().item()).toBe(true);
    expect(lz.array([true, false]).max().item()).toBe(true);
    expect(lz.array([true, false]).argmin().item()).toBe(1);
  });
  test('bits are those of integers', () => {
    expect(() => of('float64').bitwiseAnd(1)).toThrow(lz.DTypeError);
    expect(of('bool').bitwiseNot().toArray()).toEqual([false, false, false]);
  });
  test('an unknown dtype is named', () => {
    expect(() => of('float64').astype('float8' as 'float32')).toThrow(
      'astype: unknown dtype "float8"; the dtypes are bool, int8',
    );
    expect(() => lz.zeros(2, { dtype: 'complex32' as 'float32' })).toThrow(lz.DTypeError);
  });
  test('promoteTypes and resultType', () => {
    expect(lz.promoteTypes('int8', 'uint8')).toBe('int16');
    expect(lz.resultType('int32', lz.zeros(1, { dtype: 'float32' }))).toBe('float64');
    expect(() => lz.resultType()).toThrow(lz.DTypeError);
  });
});

describe('literal exponents', () => {
  const x = lz.array([2, -3, NaN, Infinity, -0]);
  test('0, 1, 2 and -1 are ones, x, x*x and 1/x', () => {
    expect(x.pow(0).toArray()).toEqual([1, 1, 1, 1, 1]);
    expect(x.pow(1).toArray()).toEqual([2, -3, NaN, Infinity, -0]);
    expect(x.pow(2).toArray()).toEqual([4, 9, NaN, Infinity, 0]);
    expect(x.pow(-1).toArray()).toEqual([0.5, -1 / 3, NaN, 0, -Infinity]);
    expect(lz.pow(x, 3).slice([0, 2]).toArray()).toEqual([8, -27]);
  });
  test('keep the dtype', () => {
    for (const exponent of [0, 1, 2]) expect(of('int16').pow(exponent).dtype).toBe('int16');
    expect(of('int16').pow(2).toArray()).toEqual([1, 4, 9]);
    expect(of('int64').pow(2n).toArray()).toEqual([1n, 4n, 9n]);
    expect(of('bool').pow(2).dtype).toBe('int64');
    expect(of('int32').pow(0.5).dtype).toBe('float64');
  });
});
