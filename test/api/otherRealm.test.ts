/** Typed arrays of another realm are other classes on memory like any other. */
import vm from 'node:vm';
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

const elsewhere = <T>(code: string): T => vm.runInNewContext(code) as T;

describe('a typed array of another realm', () => {
  test.each([
    ['new Float64Array([1, 2, 3])', 'float64'],
    ['new Float32Array([1, 2, 3]).subarray(1)', 'float32'],
    ['new Uint8ClampedArray([1, 2, 3])', 'uint8'],
    ['new Int16Array([1, 2, 3]).subarray(2)', 'int16'],
    ['new BigInt64Array([1n, 2n, 3n])', 'int64'],
  ])('%s is read as %s', (code, dtype) => {
    const values = elsewhere<lz.TypedArrayInput>(code);
    const x = lz.array(values);
    expect(x.dtype).toBe(dtype);
    expect(Array.from(x.dataSync() as Iterable<unknown>)).toEqual(Array.from(values as Iterable<unknown>));
    expect(x.mul(x).dataSync()).toEqual(lz.mul(values, values).dataSync());
  });

  test('is wrapped where it is: what its owner writes is seen', () => {
    const values = elsewhere<Float64Array>('new Float64Array([1, 2, 3])');
    const x = lz.asArray(values, { copy: false });
    values[0] = 10;
    expect(x.touch().sum().item()).toBe(15);
  });

  test('is an argument of compiled functions, and takes their results', async () => {
    const double = lz.compile((x: lz.LazyArray) => x.mul(2));
    const values = elsewhere<Float64Array>('new Float64Array([1, 2, 3])');
    const out = elsewhere<Float64Array>('new Float64Array(3)');
    double.into(out, values);
    expect(Array.from(out)).toEqual([2, 4, 6]);
    expect((await double.async(values)).toArray()).toEqual([2, 4, 6]);
    expect(double(values).toArray()).toEqual([2, 4, 6]);
  });

  test('behind a Proxy has no memory, and is refused', () => {
    expect(() => lz.array(new Proxy(new Float64Array(3), {}))).toThrow(lz.DataError);
  });
});
