/** What the plans of array functions look like: which are views, which fuse, which are calls. */
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

const kernels = (x: lz.LazyArray): number => x.explain({ target: 'js' }).toJSON().plan.kernels.length;
const x = lz.arange(1000).sin();
const y = lz.arange(1000).cos();
const stored = lz.asArray(new Float64Array(1000).fill(1));
const oblong = lz.asArray(new Float64Array(600), { shape: [20, 30] });
const square = lz.asArray(new Float64Array(900), { shape: [30, 30] });

describe('one kernel', () => {
  test.each([
    ['a cumulative sum between producers and consumers', lz.cumulativeSum(x.mul(y)).div(1000)],
    ['a cumulative sum of columns', lz.cumulativeSum(square.mul(2), 0)],
    ['differences of computed elements', lz.diff(stored.mul(2)).square().sum()],
    ['a masked sum', x.sum({ where: y.greater(0) })],
    ['a sum without NaN', lz.nansum(x)],
    ['the trace of a computed matrix', lz.trace(square.mul(2))],
    ['a triangle', lz.tril(square).add(1)],
    ['a Kronecker product', lz.kron(square, [1, 2]).sum()],
    ['repeated elements', stored.repeat(3).add(1)],
    ['tiles', lz.tile(stored, 3).add(1)],
    ['closeness', lz.allclose(x, y)],
    ['a moved axis', lz.moveaxis(square, 0, 1).add(1)],
    ['a diagonal of a matrix in memory', oblong.diagonal({ offset: 2 }).add(1)],
  ])('%s', (_, expression) => {
    expect(kernels(expression)).toBe(1);
  });
});

test('a sort is one call, its operand stored before, its result read after', () => {
  const { kernels: list } = x.mul(2).sort().add(1).explain({ target: 'js' }).toJSON().plan;
  expect(list.map(({ name }) => name.replace(/\d+$/, ''))).toHaveLength(3);
  expect(kernels(stored.sort())).toBe(1);
  expect(kernels(stored.sort({ descending: true }))).toBe(3);
});

test('a sort stores what is read of it: the values, the positions, or both', () => {
  const storedBy = (...roots: lz.LazyArray[]): string | undefined =>
    /call sortWithPositions(?:, results ([^,]*))?/.exec(
      lz.explain(roots, { target: 'js' }).toString('code'),
    )?.[1];
  const { values, indices } = lz.topk(stored, 3, { largest: false });
  expect([storedBy(values), storedBy(indices), storedBy(values, indices)]).toEqual(['0', '1', '0 and 1']);
});
