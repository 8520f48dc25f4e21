import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

interface Case {
  readonly dtype: lz.DType;
  readonly shape: readonly number[];
  readonly text: string;
  readonly values?: string;
  readonly divisor?: number;
  readonly shift?: number;
}

// Written by numpyPrinting.py.
const cases = JSON.parse(
  readFileSync(new URL('numpyPrinting.json', import.meta.url), 'utf8'),
) as readonly Case[];

function arrayOf({ dtype, shape, values, divisor = 1, shift = 0 }: Case): lz.LazyArray {
  if (values === undefined) {
    const size = shape.reduce((product, dim) => product * dim, 1);
    return lz.arange(size).div(divisor).sub(shift).astype(dtype).reshape(shape);
  }
  const words = values === '' ? [] : values.split(' ');
  const numbers = dtype === 'int64' || dtype === 'uint64' ? words.map(BigInt) : words.map(Number);
  return lz.array(numbers, { dtype }).reshape(shape);
}

describe('text is what NumPy prints', () => {
  test.for(cases)('$dtype $shape $text', (example) => {
    expect(arrayOf(example).toString()).toBe(example.text);
  });
});

describe('console.log', () => {
  test('shows dtype, shape and values', () => {
    expect(inspect(lz.array([1, 2.5]))).toBe('LazyArray(float64, (2,)) [1.  2.5]');
    expect(inspect(lz.array([[1n], [-2n]]))).toBe('LazyArray(int64, (2, 1))\n[[ 1]\n [-2]]');
    expect(inspect(lz.array(true))).toBe('LazyArray(bool, ()) True');
  });
  test('does not compute what is pending', () => {
    const x = lz.array([1, 2]).add(1);
    expect(inspect(x)).toBe('LazyArray(float64, (2,)) pending');
    expect(x.isEvaluated).toBe(false);
    expect(String(x)).toBe('[2. 3.]');
    expect(inspect(x)).toBe('LazyArray(float64, (2,)) [2. 3.]');
  });
});
