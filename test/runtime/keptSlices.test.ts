/** Keeping a part never changes what an expression means or costs that reads little of it. */
import { beforeEach, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';

beforeEach(() => {
  lz.clearCache();
});

const keptBy = (x: LazyArray): number => x.evaluateSync().explain().toJSON().plan.kept.length;

describe.each(['js', 'wasm'] as const)('on target %s', (target) => {
  test('an index out of bounds that an expression does not read is no error when a part could be kept', () => {
    const n = 50_000;
    const places = lz.arange(n, { dtype: 'int32' });
    const wrong = lz
      .where(places.equal(n - 1), n, places)
      .astype('int32')
      .evaluateSync();
    for (let round = 0; round < 3; round++) {
      const part = lz.arange(n).sin().take(wrong).exp().log1p().exp().add(round);
      for (let k = 0; k < 4; k++) {
        const values = part.slice([0, n - 10 - k]).sin();
        expect(Number.isFinite(values.sum().item({ target }))).toBe(true);
      }
      expect(() => part.sum().item({ target })).toThrow(lz.IndexError);
      expect(() => part.sum().item({ target })).toThrow(lz.IndexError);
      expect(Number.isFinite(part.slice([0, 5]).sum().item({ target }))).toBe(true);
    }
  });

  test('of a large expression that some rows are read of, nothing else is computed', () => {
    const grid = lz.arange(2000).expandDims(1).mul(lz.arange(1000)).sin().exp();
    for (let row = 0; row < 4; row++) {
      const sum = grid.slice(row).sum().on(target);
      expect(sum.explain().toJSON().plan.kept).toEqual([]);
      expect(keptBy(sum)).toBe(0);
    }
  });

  test('reading many rows of it, it is kept once that has cost as much as the whole', () => {
    const grid = lz.arange(40).expandDims(1).mul(lz.arange(50_000)).sin().exp();
    const kept = Array.from({ length: 100 }, (_, turn) => {
      return keptBy(
        grid
          .slice([turn % 39, (turn % 39) + 2])
          .mul(turn)
          .sum()
          .on(target),
      );
    });
    expect(kept.slice(0, 5)).toEqual([0, 0, 0, 0, 0]);
    expect(kept.reduce((sum, count) => sum + count, 0)).toBe(1);
  });
});
