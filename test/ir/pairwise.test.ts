/** The tree of sums: NumPy's pairwise sum, bit for bit, and a function of the length alone. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Scalar } from '../../src/ir/dtype.ts';
import { foldPairwise } from '../../src/ir/pairwiseTree.ts';
import { reduceElements } from '../../src/ir/reference.ts';
import { lcg } from '../support/lcg.ts';
import { numpy } from '../support/numpy.ts';
import { settings } from '../support/runs.ts';

/** The bytes of a float, most significant first. */
function hexadecimal(value: Scalar, bytes: 4 | 8): string {
  const view = new DataView(new ArrayBuffer(bytes));
  if (bytes === 8) view.setFloat64(0, Number(value));
  else view.setFloat32(0, Number(value));
  return Array.from(new Uint8Array(view.buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** pairwise_sum of numpy/_core/src/umath/loops_utils.h.src, transcribed. */
function numpySum(a: ArrayLike<number>, offset: number, n: number, round: (x: number) => number): number {
  const at = (k: number): number => a[offset + k] ?? NaN;
  if (n < 8) {
    let sum = -0;
    for (let i = 0; i < n; i++) sum = round(sum + at(i));
    return sum;
  }
  if (n <= 128) {
    const r = Array.from({ length: 8 }, (_, k) => at(k));
    let i = 8;
    for (; i < n - (n % 8); i += 8) for (let k = 0; k < 8; k++) r[k] = round((r[k] ?? 0) + at(i + k));
    const pair = (k: number): number => round((r[k] ?? 0) + (r[k + 1] ?? 0));
    let sum = round(round(pair(0) + pair(2)) + round(pair(4) + pair(6)));
    for (; i < n; i++) sum = round(sum + at(i));
    return sum;
  }
  let half = Math.floor(n / 2);
  half -= half % 8;
  return round(numpySum(a, offset, half, round) + numpySum(a, offset + half, n - half, round));
}

/** NumPy's reductions run over buffers of this many elements, contiguous arrays included. */
const numpyBuffer = 8192;

const data = lcg(100_000);
const cases = [
  ['float64', 8, (x: number) => x, Array.from(data)],
  ['float32', 4, Math.fround, Array.from(Float32Array.from(data))],
] as const;

describe.each(cases)('%s', (dtype, bytes, round, values) => {
  test('the sum of up to 8192 elements has the bits of np.sum', () => {
    numpy.sums.lengths.forEach((length, k) => {
      if (length > numpyBuffer) return;
      expect(
        hexadecimal(reduceElements('sum', dtype, values.slice(0, length)), bytes),
        `length ${length}`,
      ).toBe(numpy.sums[dtype][k]);
    });
  });
  test('beyond, np.sum adds such sums of its buffers of 8192 elements in sequence, where we stay pairwise', () => {
    const longer = numpy.sums.lengths.filter((length) => length > numpyBuffer);
    expect(longer).toContain(100_000);
    for (const length of longer) {
      let total = 0;
      for (let from = 0; from < length; from += numpyBuffer)
        total = round(
          total +
            Number(reduceElements('sum', dtype, values.slice(from, Math.min(length, from + numpyBuffer)))),
        );
      expect(hexadecimal(total, bytes), `length ${length}`).toBe(
        numpy.sums[dtype][numpy.sums.lengths.indexOf(length)],
      );
    }
    expect(reduceElements('sum', dtype, values)).toBe(numpySum(values, 0, values.length, round));
  });
  test('the tree is that of a transcription of the recursion in NumPy, for every length up to 2000', () => {
    for (let n = 1; n <= 2000; n++)
      expect(reduceElements('sum', dtype, values.slice(0, n)), `length ${n}`).toBe(
        numpySum(values, 0, n, round),
      );
  });
  test('no sum of anything is -0 unless all elements are, and the sum of nothing is 0', () => {
    expect(reduceElements('sum', dtype, [])).toBe(0);
    for (const n of [1, 2, 7, 8, 9, 128, 129, 1000]) {
      const zeros = new Array<number>(n).fill(-0);
      expect(reduceElements('sum', dtype, zeros)).toBe(-0);
      expect(reduceElements('sum', dtype, zeros.with(n - 1, 0))).toBe(0);
    }
  });
  test('NaN or opposite infinities anywhere make the sum NaN', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), fc.nat(), fc.nat(), (n, i, k) => {
        const ones = new Array<number>(n).fill(1);
        expect(reduceElements('sum', dtype, ones.with(i % n, NaN))).toBeNaN();
        if (i % n !== k % n)
          expect(reduceElements('sum', dtype, ones.with(i % n, Infinity).with(k % n, -Infinity))).toBeNaN();
      }),
      settings(200),
    );
  });
  test('whole numbers that fit are summed exactly', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1000, max: 1000 }), { maxLength: 700, size: 'max' }),
        (list) => {
          expect(reduceElements('sum', dtype, list)).toBe(
            list.length === 0 ? 0 : list.reduce((a, b) => a + b, 0),
          );
        },
      ),
      settings(200),
    );
  });
});

test('the order of combination depends on the length alone, and uses each element once', () => {
  for (const n of [1, 7, 8, 20, 128, 129, 300, 1000]) {
    const seen: bigint[] = [];
    // Elements are sets written as bits; joining takes the union and must not see one twice.
    const total = foldPairwise(
      0,
      n,
      (k) => 1n << BigInt(k),
      (a, b) => {
        expect(a & b).toBe(0n);
        seen.push(a | b);
        return a | b;
      },
      0n,
    );
    expect(total).toBe((1n << BigInt(n)) - 1n);
    expect(seen.length).toBeGreaterThanOrEqual(n - 1);
  }
});

test('integer sums wrap and do not depend on the order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 300 }),
      (list) => {
        const expected = BigInt.asIntN(
          64,
          list.reduce((a, b) => a + b, 0n),
        );
        expect(reduceElements('sum', 'int64', list)).toBe(expected);
        expect(reduceElements('sum', 'int64', list.toReversed())).toBe(expected);
      },
    ),
    settings(200),
  );
});
