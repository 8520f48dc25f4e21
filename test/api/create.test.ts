import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

describe('array', () => {
  test('reads nested lists, typed arrays and single values', () => {
    expect(
      lz
        .array([
          [1, 2],
          [3, 4],
        ])
        .toArray(),
    ).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(lz.array([[[]]]).shape).toEqual([1, 1, 0]);
    expect(lz.array([]).dtype).toBe('float64');
    expect(lz.array(7).shape).toEqual([]);
    expect(lz.array([1n, -2n]).dataSync()).toEqual(BigInt64Array.of(1n, -2n));
    expect(lz.array([true, false]).dtype).toBe('bool');
    expect(lz.array(Uint8ClampedArray.of(1, 255)).dtype).toBe('uint8');
    expect(lz.array(Int16Array.of(1, 2, 3, 4), { shape: [2, -1] }).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });
  test('copies', () => {
    const memory = Float64Array.of(1, 2);
    const x = lz.array(memory);
    memory[0] = 9;
    expect(x.toArray()).toEqual([1, 2]);
    const data = x.dataSync();
    data[0] = 9;
    expect(x.toArray()).toEqual([1, 2]);
    expect(x.dataSync({ copy: false })).toBe(x.dataSync({ copy: false }));
  });
  test('converts to the dtype that is asked for', () => {
    expect(lz.array([1, 2], { dtype: 'int64' }).toArray()).toEqual([1n, 2n]);
    expect(lz.array([1n, 2n], { dtype: 'float32' }).dtype).toBe('float32');
    expect(lz.array([0, 2], { dtype: 'bool' }).toArray()).toEqual([false, true]);
    expect(lz.array(Float64Array.of(1.9, 300), { dtype: 'uint8' }).toArray()).toEqual([1, 255]);
    expect(lz.array(lz.arange(2), { dtype: 'int8' }).dtype).toBe('int8');
  });
  test.for([
    [[[1, 2], [3]], 'array: ragged data: [1] has 1 entry where others have 2'],
    [[[1], 2], 'array: ragged data: [1] is a single value where others are lists'],
    [[1, [2]], 'array: ragged data: [1] is a list where other entries are single values'],
    [
      [
        [[1], [2]],
        [[3], [4, 5]],
      ],
      'array: ragged data: [1, 1] has 2 entries where others have 1',
    ],
    [[1, true], 'array: mixed data: a number at [0], a boolean at [1]'],
    [[1, 'x'], 'array: "x" at [1] is neither a number, a bigint nor a boolean'],
    [[null], 'array: null at [0] is neither a number, a bigint nor a boolean'],
    [
      'text',
      'array: "text" is not array data; use numbers, bigints or booleans, lists of them, or a typed array',
    ],
    [
      undefined,
      'array: undefined is not array data; use numbers, bigints or booleans, lists of them, or a typed array',
    ],
    [
      new Map(),
      'array: an object of class Map is not array data; use numbers, bigints or booleans, lists of them, or a typed array',
    ],
  ] as const)('%j is not array data', ([data, message]) => {
    const build = (): unknown => lz.array(data as never);
    expect(build).toThrow(lz.DataError);
    expect(build).toThrow(message);
  });
  test('says which element a dtype cannot hold', () => {
    expect(() =>
      lz.array(
        [
          [1, 2],
          [3, 300],
        ],
        { dtype: 'uint8' },
      ),
    ).toThrow('array: at [1, 1]: 300 does not fit uint8, which holds 0 to 255');
    expect(() => lz.array([0.5], { dtype: 'int32' })).toThrow(
      'array: at [0]: 0.5 is not a whole number and does not fit int32',
    );
    expect(() => lz.array([1, 2, 3], { shape: [2, 2] })).toThrow(lz.ShapeError);
  });
});

describe('asArray', () => {
  test('wraps memory, and touch() shows what was written to it', () => {
    const memory = Float32Array.of(1, 2, 3, 4);
    const x = lz.asArray(memory, { copy: false, shape: [2, 2] });
    expect(x.dataSync({ copy: false })).toBe(memory);
    expect(x.sum().item()).toBe(10);
    memory[0] = 5;
    x.touch();
    expect(x.sum().item()).toBe(14);
  });
  test('copies unless told otherwise, and passes arrays through', () => {
    const memory = Float32Array.of(1);
    expect(lz.asArray(memory).dataSync({ copy: false })).not.toBe(memory);
    const x = lz.arange(3);
    expect(lz.asArray(x)).toBe(x);
  });
  test('does not promise what needs a copy', () => {
    expect(() => lz.asArray([1], { copy: false })).toThrow(lz.OptionError);
    expect(() => lz.asArray(Float32Array.of(1), { copy: false, dtype: 'int8' })).toThrow(lz.OptionError);
    expect(() => lz.arange(3).touch()).toThrow(lz.TraceError);
  });
});

describe('formulas', () => {
  test('zeros, ones, full', () => {
    expect(lz.zeros([2, 2]).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(lz.ones(2, { dtype: 'int64' }).toArray()).toEqual([1n, 1n]);
    expect(lz.full([], 3).item()).toBe(3);
    expect(lz.full([2], true).dtype).toBe('bool');
    expect(lz.full([0, 3], 1).toArray()).toEqual([]);
    expect(() => lz.zeros([2, -1])).toThrow(
      'zeros: the size of axis 1 must be a whole number from 0 to 2^53 - 1, got -1',
    );
    expect(() => lz.full([2], 300, { dtype: 'int8' })).toThrow(lz.DTypeError);
  });
  test('arange is start + i * step, short of stop', () => {
    expect(lz.arange(3).toArray()).toEqual([0, 1, 2]);
    expect(lz.arange(2, 5).toArray()).toEqual([2, 3, 4]);
    expect(lz.arange(0, 1, 0.1).toArray()).toEqual(Array.from({ length: 10 }, (_, i) => i * 0.1));
    expect(lz.arange(5, 0, -2).toArray()).toEqual([5, 3, 1]);
    expect(lz.arange(3, 1).shape).toEqual([0]);
    expect(lz.arange(3n).toArray()).toEqual([0n, 1n, 2n]);
    expect(lz.arange(10n, 0n, -4n).toArray()).toEqual([10n, 6n, 2n]);
    expect(lz.arange(1, 4, { dtype: 'uint8' }).dataSync()).toEqual(Uint8Array.of(1, 2, 3));
    expect(lz.arange(0, 1, 0.25, { dtype: 'float32' }).dtype).toBe('float32');
    expect(() => lz.arange(0, 1, 0)).toThrow(lz.OptionError);
    expect(() => lz.arange(0, Infinity)).toThrow(lz.OptionError);
    expect(() => lz.arange(0, 2, 0.5, { dtype: 'int8' })).toThrow(lz.DTypeError);
    expect(() => lz.arange(3, { dtype: 'bool' })).toThrow(lz.DTypeError);
  });
  test('linspace meets both ends', () => {
    expect(lz.linspace(0, 1, 5).toArray()).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(lz.linspace(0, 1, 4, { endpoint: false }).toArray()).toEqual([0, 0.25, 0.5, 0.75]);
    for (const n of [3, 7, 10, 49, 98]) expect(lz.linspace(0.1, 1.1, n).slice(-1).item()).toBe(1.1);
    expect(lz.linspace(2, 3, 1).toArray()).toEqual([2]);
    expect(lz.linspace(2, 3, 0).toArray()).toEqual([]);
    expect(lz.linspace(0, 1).size).toBe(50);
    expect(lz.linspace(0, 1, 3, { dtype: 'float32' }).dataSync()).toEqual(Float32Array.of(0, 0.5, 1));
  });
  test('eye', () => {
    expect(lz.eye(2).toArray()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(lz.eye(2, 3, -1, { dtype: 'int8' }).toArray()).toEqual([
      [0, 0, 0],
      [1, 0, 0],
    ]);
    expect(lz.eye(3, 2, 1).toArray()).toEqual([
      [0, 1],
      [0, 0],
      [0, 0],
    ]);
    expect(() => lz.eye(2, 2, 0.5)).toThrow(lz.ShapeError);
  });
});

test('eye with the columns left out by null, as NumPy writes None', () => {
  expect(lz.eye(3, null, 1).toArray()).toEqual(lz.eye(3, 3, 1).toArray());
});
