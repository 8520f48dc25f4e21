/**
 * Iteration spaces of 2^31 elements and more, in expressions that are never stored: against closed forms, on every
 * target. What takes long runs under `LAZULI_FUZZ`.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { ShapeError } from '../../src/ir/errors.ts';
import type { Kernel } from '../../src/ir/kernel.ts';
import { leftHalf, wideDepth, leafLength } from '../../src/ir/pairwiseTree.ts';
import { isWide, narrowLimit } from '../../src/ir/wide.ts';
import { cutTree, cutTurns, type SumTree } from '../../src/runtime/parallel/partition.ts';
import { runs } from '../support/runs.ts';

const long = runs(1) > 1;
const targets = ['js', 'wasm'] as const;

/** A grid of ones of which nothing is stored. */
const grid = (rows: number, columns: number, dtype: 'float64' | 'int8' = 'float64'): lz.LazyArray =>
  lz.ones([rows, 1], { dtype }).mul(lz.ones([1, columns], { dtype }));
const line = (length: number): lz.LazyArray => lz.ones([1]).broadcastTo([length]);

afterAll(() => {
  lz.configure({ target: 'auto' });
});

const lengths = [2 ** 31 - 1, 2 ** 31, 2 ** 31 + 5, 2 ** 32, 2 ** 32 + 2 ** 21];

describe.each(targets)('on %s', (target) => {
  beforeAll(() => {
    lz.configure({ target });
  });

  test('a sum goes over more than 2^31 elements', { timeout: 120_000 }, () => {
    expect(
      line(2 ** 31 + 5)
        .sum()
        .item(),
    ).toBe(2 ** 31 + 5);
  });

  test.runIf(long)('any stops short of nothing', { timeout: 120_000 }, () => {
    const none = lz.zeros([2 ** 20, 1], { dtype: 'bool' });
    const last = none.logicalOr(lz.arange(2 ** 11 + 1).equal(2 ** 11));
    expect(last.any().item()).toBe(true);
  });

  test.runIf(long).each(lengths)('%d elements in every layout', { timeout: 600_000 }, (length) => {
    expect(line(length).sum().item()).toBe(length);
    expect(line(length).mean().item()).toBe(1);
    expect(line(length).max().item()).toBe(1);
    expect(grid(1, length).sum().item()).toBe(length);
    expect(grid(length, 1).sum().item()).toBe(length);
    expect(grid(1, length, 'int8').sum().item()).toBe(BigInt(length));
    expect(lz.arange(length).max().item()).toBe(length - 1);
    expect(BigInt(lz.arange(length).argmax().item())).toBe(BigInt(length - 1));
    expect(lz.arange(length).argmax().dtype).toBe(length > 2 ** 31 ? 'int64' : 'int32');
    expect(
      lz
        .arange(length)
        .less(length - 1)
        .all()
        .item(),
    ).toBe(false);
    expect(
      lz
        .arange(length)
        .less(length - 1)
        .sum()
        .item(),
    ).toBe(BigInt(length - 1));
    expect(lz.where(lz.arange(length).less(3), 2, 1).sum().item()).toBe(length + 3);
  });

  test.runIf(long)('grids of any shape beyond 2^31 and 2^32', { timeout: 1_200_000 }, () => {
    const size = fc.integer({ min: 0, max: 12 });
    fc.assert(
      fc.property(size, fc.integer({ min: 31, max: 32 }), fc.nat(40), (bits, whole, more) => {
        const [rows, columns] = [2 ** bits, 2 ** (whole - bits) + more];
        expect(grid(rows, columns).sum().item()).toBe(rows * columns);
        expect(grid(columns, rows, 'int8').sum().item()).toBe(BigInt(rows * columns));
        const positions = lz.arange(columns).add(lz.zeros([rows, 1]));
        expect(positions.max().item()).toBe(columns - 1);
        expect(positions.slice([0, 1]).argmax(1).item()).toBe(columns - 1);
      }),
      { numRuns: 3 },
    );
  });
});

describe('what cannot be', () => {
  test.each(['js', 'wasm', 'reference', 'auto'] as const)(
    'a result beyond 2^31 - 1 elements on %s',
    (target) => {
      expect(() => grid(2 ** 20, 2 ** 12).dataSync({ target })).toThrow(ShapeError);
      expect(() => grid(2 ** 20, 2 ** 12).dataSync({ target })).toThrow(/4294967296 elements/);
    },
  );

  test('shapes that cannot be counted', () => {
    expect(() => lz.zeros([2 ** 53])).toThrow(ShapeError);
    expect(() => lz.zeros([2 ** 30, 0, 2 ** 30])).toThrow(ShapeError);
    expect(() => lz.ones([2 ** 30, 1]).mul(lz.ones([1, 2 ** 30]))).toThrow(
      /multiply: shape .* too many elements/,
    );
    expect(lz.zeros([2 ** 53 - 1]).size).toBe(2 ** 53 - 1);
  });

  test('random arrays and products of matrices keep to what memory holds', () => {
    expect(() => lz.random.uniform(lz.random.key(1), [2 ** 31])).toThrow(ShapeError);
    expect(() =>
      line(2 ** 31)
        .reshape([1, -1])
        .matmul(line(2 ** 31).reshape([-1, 1])),
    ).toThrow(ShapeError);
    expect(() => lz.ones([2 ** 20, 1]).matmul(lz.ones([1, 2 ** 20]))).toThrow(ShapeError);
  });
});

test('work that several kernels need is done again where it is too large to be stored', () => {
  const x = lz
    .arange(2 ** 17)
    .expandDims(1)
    .mul(lz.arange(2 ** 16))
    .sin();
  const explained = lz.explain([x.max(), x.sum(0)], { target: 'js' });
  expect(explained.toString('plan')).not.toContain('expensive-and-shared');
});

describe('arithmetic on counts up to 2^53', () => {
  const counts = [2 ** 31 - 1, 2 ** 31, 2 ** 32 + 2 ** 21, 2 ** 40 + 13, 2 ** 53 - 1];

  const leaves = (tree: SumTree): readonly { readonly from: number; readonly length: number }[] =>
    tree.kind === 'part' ? [tree] : [...leaves(tree.left), ...leaves(tree.right)];

  test.each(counts)('the tree over %d elements is cut into parts that cover it', (count) => {
    let end = 0;
    for (const { from, length } of leaves(cutTree(count, count))) {
      expect(from).toBe(end);
      expect(length).toBeGreaterThan(0);
      end += length;
    }
    expect(end).toBe(count);
  });

  test.each(counts)('%d turns are cut into parts that cover them', (count) => {
    for (const granule of [1, 16, 256]) {
      const ends = cutTurns(count, granule, count);
      expect(ends.at(-1)).toBe(count);
      ends.forEach((end, k) => {
        expect(end).toBeGreaterThan(ends[k - 1] ?? 0);
        if (end !== count) expect(end % granule).toBe(0);
      });
      expect(ends.length).toBeLessThanOrEqual(1024);
    }
  });

  test.each(counts)('the halves of %d are those of exact integers, and no tree is too deep', (count) => {
    let [n, exact, depth] = [count, BigInt(count), 0];
    for (; n > leafLength; depth++) {
      const half = exact / 2n - ((exact / 2n) % 8n);
      expect(BigInt(leftHalf(n))).toBe(half);
      [n, exact] = [n - leftHalf(n), exact - half];
    }
    expect(depth).toBeLessThan(wideDepth);
  });

  test('a kernel is wide where a length, an extent or an index is', () => {
    const kernel = (extents: readonly number[]): Kernel => ({
      kind: 'loops',
      axes: extents.map((literal) => ({ extent: { literal } })),
      buffers: [],
      integers: 0,
      scalars: [],
      values: [],
      before: [],
      points: {
        kind: 'points',
        axes: [],
        hoisted: [],
        body: [
          {
            kind: 'reduce',
            axes: extents.map((_, k) => k),
            hoisted: [],
            schedule: 'sequential',
            accumulators: [],
            body: [],
          },
        ],
      },
    });
    expect(isWide(kernel([narrowLimit]), [])).toBe(false);
    expect(isWide(kernel([narrowLimit + 1]), [])).toBe(true);
    expect(isWide(kernel([2 ** 16, 2 ** 15]), [])).toBe(true);
    expect(isWide(kernel([2 ** 16, 2 ** 15, 0]), [])).toBe(false);
    expect(isWide(kernel([2 ** 27, 2 ** 26]), [])).toBe(true);
  });
});
