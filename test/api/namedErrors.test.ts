/** Errors name the function that was called, not what it is built of, and say what is wrong with the number given. */
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

const key = lz.random.key(1);
const bytes = lz.array([1], { dtype: 'int8' });
const mask = lz.array([true]);

describe('the operation in an error is the one that was called', () => {
  test.each<[string, () => unknown, string]>([
    ['clip from below', () => bytes.clip(300), 'clip: 300 does not fit int8'],
    ['clip from above', () => bytes.clip(null, 300), 'clip: 300 does not fit int8'],
    ['clip of bools', () => mask.clip(false), 'clip: does not take bool and bool'],
    ['clip of another shape', () => lz.ones(2).clip(lz.ones(3)), 'clip: operands could not be broadcast'],
    ['outer of bools', () => lz.outer(mask, mask), 'outer: does not take bool and bool'],
    ['outer without end', () => lz.outer(lz.ones(2 ** 30), lz.ones(2 ** 30)), 'outer: shape'],
    [
      'stack beyond memory',
      () => lz.stack([lz.ones(2 ** 31), lz.ones(2 ** 31)]),
      'stack: shape (2, 2147483648)',
    ],
    ['concat beyond memory', () => lz.concat([lz.ones(2 ** 31), lz.ones(1)]), 'concat: shape (2147483649,)'],
    // Remembered dtypes are those of the scalar op.
    ['maximum after clip', () => lz.maximum(mask, mask), 'maximum: does not take bool and bool'],
  ])('%s', (_, run, text) => {
    expect(run).toThrow(text);
  });
});

describe('an error says what is wrong with what was given', () => {
  test.each<[string, () => unknown, string]>([
    [
      'whole, but not exact',
      () => lz.eye(2, 2, 2 ** 53),
      'a whole number from -(2^53 - 1) to 2^53 - 1, got 9007199254740992',
    ],
    ['high', () => lz.random.integers(key, 0, 2 ** 53), 'not exact, so write a bigint'],
    ['seed', () => lz.random.key(2 ** 53), 'not exact, so write a bigint'],
    [
      'a range upside down',
      () => lz.random.uniform(key, 1, { low: 3, high: 1 }),
      'no float64 lies in the range from 3 to 1',
    ],
    [
      'a range too wide',
      () => lz.random.uniform(key, 1, { low: -1e308, high: 1e308 }),
      'exceeds the largest float64',
    ],
    [
      'stacks',
      () => lz.ones([4, 2, 3]).matmul(lz.ones([5, 3, 2])),
      'stacks of matrices, of shapes (4, 2, 3) and (5, 3, 2), could not be broadcast together',
    ],
    ['an array for a list', () => lz.concat(lz.ones([2, 2]) as never), 'write lz.concat([...x])'],
  ])('%s', (_, run, text) => {
    expect(run).toThrow(lz.LazuliError);
    expect(run).toThrow(text);
  });

  test('what it says to write works', () => {
    const x = lz.arange(6).reshape(3, 2);
    expect(lz.concat([...x]).toArray()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(lz.random.integers(key, 0n, 2n ** 53n, 2).dtype).toBe('int64');
  });
});
