/** Elements that accesses touch, against sets of them; and what explain makes of it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { accessedElements, type Access } from '../../src/runtime/explain/accessedElements.ts';
import { settings } from '../support/runs.ts';

const stride = fc.oneof(fc.constantFrom(0, 1, -1, 2, 3, -2, 6, 12), fc.integer({ min: -20, max: 20 }));
const loop = fc.record({
  stride,
  extent: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 5 }) }, fc.constant(0)),
});
const offset = fc.integer({ min: 200, max: 230 });
const access: fc.Arbitrary<Access> = fc.record({ offset, loops: fc.array(loop, { maxLength: 3 }) });
/** Mostly shifted by something, as reads of one array are. */
const accesses = fc.oneof(
  fc.array(access, { maxLength: 4 }),
  fc
    .tuple(access, fc.array(offset, { minLength: 1, maxLength: 4 }))
    .map(([one, offsets]) => offsets.map((at) => ({ ...one, offset: at }))),
);

function elementsOf({ offset: first, loops }: Access): number[] {
  let places = [first];
  for (const { stride: step, extent } of loops)
    places = places.flatMap((place) => Array.from({ length: extent }, (_, k) => place + k * step));
  return places;
}

test('each element counts once', () => {
  fc.assert(
    fc.property(accesses, (list) => {
      expect(accessedElements(list, 1000)).toBe(new Set(list.flatMap(elementsOf)).size);
    }),
    settings(3000),
  );
});

test('of very many runs an upper bound is given, at once', () => {
  const rows = { stride: 4001, extent: 1e6 };
  const shifted = [0, 1, 4001, 4002].map((at) => ({
    offset: at,
    loops: [rows, { stride: 1, extent: 4000 }],
  }));
  const elements = accessedElements(shifted, 1e10);
  expect(elements).toBeGreaterThanOrEqual(1_000_001 * 4001);
  expect(elements).toBeLessThan(1.001 * 1_000_001 * 4001);
});

describe('bytes of a plan', () => {
  const n = 10_000;
  const x = lz.asArray(new Float64Array(n));
  const m = lz.asArray(new Float64Array(n), { shape: [100, 100] });
  const indices = lz.array([1, 2, 3], { dtype: 'int32' });
  /** Expression, elements of 8 bytes read by all kernels, the least that must be read, elements written. */
  const cases: Record<string, readonly [lz.LazyArray, number, number, number]> = {
    'shifted reads': [x.slice([1, null]).sub(x.slice([0, -1])), n, n, n - 1],
    'a stencil': [
      m
        .slice([1, -1], [0, -2])
        .add(m.slice([1, -1], [2, null]))
        .add(m.slice([0, -2], [1, -1]))
        .add(m.slice([2, null], [1, -1])),
      n - 4,
      n - 4,
      98 * 98,
    ],
    'both halves': [x.slice([0, n / 2]).add(x.slice([n / 2, null])), n, n, n / 2],
    'even and odd positions': [x.slice([0, null, 2]).add(x.slice([1, null, 2])), n, n, n / 2],
    'every second one': [x.slice([0, null, 2]).mul(2), n / 2, n / 2, n / 2],
    'one column': [m.slice(null, [3, 4]).mul(2), 100, 100, 100],
    backwards: [x.add(x.slice([null, null, -1])), n, n, n],
    'a transpose': [m.add(m.T), n, n, n],
    'a row, broadcast': [m.slice(3).add(m), n, n, n],
    'parts read by several kernels': [
      m
        .slice([0, 60])
        .sum()
        .add(m.slice([40, 100]).square().sum(0)),
      12_000,
      n,
      100,
    ],
    'a product with itself': [m.matmul(m), n, n, n],
  };
  test.each(Object.entries(cases))('%s', (_, [array, read, least, written]) => {
    const { kernels, bytesMoved, bytesMinimum } = array.explain({ target: 'js' }).toJSON().plan;
    expect(bytesMinimum).toBe(8 * (least + written));
    const inputs = kernels
      .filter((kernel) => kernel.inputs.includes('array 0'))
      .map(({ inputs: all }) => all.length);
    if (kernels.length === 1) {
      expect(bytesMoved).toBe(8 * (read + written));
      expect(inputs).toEqual([1]);
    } else expect(bytesMoved).toBeGreaterThanOrEqual(8 * (read + written));
  });

  test('take reads as many elements as it gives, or the array', () => {
    const { bytesMinimum } = x.take(indices).explain({ target: 'js' }).toJSON().plan;
    expect(bytesMinimum).toBe(3 * 8 + 3 * 4 + 3 * 8);
  });
});
