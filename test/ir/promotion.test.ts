/** Promotion against the rules of the array API standard, and against NumPy where the standard is silent. */
import { describe, expect, test } from 'vitest';
import { dtypeNames, isFloat, kindOf, promotion, weakDType, type DType } from '../../src/ir/dtype.ts';
import { numpy } from '../support/numpy.ts';

const pairs = dtypeNames.flatMap((a) => dtypeNames.map((b) => [a, b] as const));

test('promotion is what NumPy result_type gives', () => {
  expect(promotion).toEqual(numpy.promotion);
});

test('promotion is symmetric, and a dtype with itself is itself', () => {
  for (const [a, b] of pairs) expect(promotion[a][b], `${a} ${b}`).toBe(promotion[b][a]);
  for (const a of dtypeNames) expect(promotion[a][a]).toBe(a);
});

test('bool is neutral', () => {
  for (const a of dtypeNames) expect(promotion.bool[a]).toBe(a);
});

describe('promotion is associative where the standard defines it', () => {
  const families: Readonly<Record<string, (dtype: DType) => boolean>> = {
    'bool and signed': (dtype) => kindOf(dtype) === 'bool' || kindOf(dtype) === 'int',
    'bool and unsigned': (dtype) => kindOf(dtype) === 'bool' || kindOf(dtype) === 'uint',
    'integers but uint64': (dtype) => !isFloat(dtype) && dtype !== 'uint64',
    floats: isFloat,
  };
  test.each(Object.entries(families))('%s', (_, belongs) => {
    const family = dtypeNames.filter(belongs);
    for (const a of family)
      for (const b of family)
        for (const c of family)
          expect(promotion[promotion[a][b]][c], `${a} ${b} ${c}`).toBe(promotion[a][promotion[b][c]]);
  });
});

test('a promoted dtype absorbs both it came from', () => {
  for (const [a, b] of pairs) {
    const met = promotion[a][b];
    expect(promotion[met][a], `${a} ${b}`).toBe(met);
    expect(promotion[met][b], `${a} ${b}`).toBe(met);
  }
});

describe('a JS scalar beside an array is weak', () => {
  test('a whole number, bigint or boolean takes the dtype of an integer array', () => {
    for (const dtype of dtypeNames.filter((name) => name !== 'bool' && !isFloat(name)))
      for (const value of [2, 0, -1, 5n, true]) expect(weakDType(value, dtype)).toBe(dtype);
  });
  test('any scalar takes the dtype of a float array', () => {
    for (const value of [2, 0.5, -0, NaN, 5n, true]) expect(weakDType(value, 'float32')).toBe('float32');
  });
  test('a fraction, NaN or -0 beside integers or bool makes float64', () => {
    for (const value of [0.5, NaN, -0, Infinity])
      for (const dtype of ['int8', 'uint64', 'bool'] as const)
        expect(weakDType(value, dtype)).toBe('float64');
  });
  test('a whole number or bigint beside bool makes int64', () => {
    expect(weakDType(2, 'bool')).toBe('int64');
    expect(weakDType(2n, 'bool')).toBe('int64');
    expect(weakDType(true, 'bool')).toBe('bool');
  });
  test('alone, a number is float64, a bigint int64, a boolean bool', () => {
    expect([weakDType(2, undefined), weakDType(2n, undefined), weakDType(true, undefined)]).toEqual([
      'float64',
      'int64',
      'bool',
    ]);
  });
});
