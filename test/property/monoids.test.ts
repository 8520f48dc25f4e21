/**
 * The table of reductions: each row is a monoid, and each gives the bits of the reference evaluator on the targets of the
 * CPU, none of which knows what rows there are.
 */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { isBigint, type ComputeDType, type Scalar } from '../../src/ir/dtype.ts';
import { Monoid, monoidRow, reductions } from '../../src/ir/monoids.ts';
import type { Node } from '../../src/ir/node.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { scalarNumbers as m } from '../../src/ir/scalarNumbers.ts';
import { clearCache } from '../../src/runtime/caches/caches.ts';
import { evaluateNodes } from '../../src/runtime/evaluate/evaluate.ts';
import { expectSameBits } from '../support/bits.ts';
import { allReduced, elements, lengths, takes } from '../support/reductions.ts';
import { settings } from '../support/runs.ts';
import { computeDTypes, specialsOf } from '../support/specials.ts';
import { show } from '../support/show.ts';
import * as t from '../support/typed.ts';

describe.each(reductions)('%s', (op) => {
  const monoids = computeDTypes
    .filter((dtype) => takes(op, dtype))
    .map((dtype) => {
      const result = monoidRow(op).result === 'position' ? 'int32' : dtype;
      return [dtype, new Monoid(op, { element: dtype, result })] as const;
    });
  const lifted = (monoid: Monoid, value: Scalar, position: number): readonly Scalar[] =>
    monoid.lift(m, value, () => position);

  test.each(monoids)('the neutral state changes no bit of %s', (dtype, monoid) => {
    specialsOf(dtype).forEach((value, k) => {
      const state = lifted(monoid, value, k);
      // Of a result that is NaN anyway, the other registers do not show.
      const result = monoid.finish(m, state);
      const both = [monoid.combine(m, monoid.neutral, state), monoid.combine(m, state, monoid.neutral)];
      for (const combined of both) {
        expect(monoid.finish(m, combined)).toBe(result);
        if (result === result) expect(combined).toEqual(state);
      }
    });
  });

  test.each(monoids.filter(([, monoid]) => !monoid.isPairwise))(
    'in any order and grouping %s give the same',
    (dtype, monoid) => {
      const values = fc.constantFrom(...specialsOf(dtype));
      fc.assert(
        fc.property(fc.array(values, { minLength: 1, maxLength: 8 }), fc.nat(), (list, at) => {
          const states = list.map((value, k) => lifted(monoid, value, k));
          const join = (parts: readonly (readonly Scalar[])[]): readonly Scalar[] =>
            parts.reduce((x, y) => monoid.combine(m, x, y), monoid.neutral);
          const cut = at % list.length;
          const whole = monoid.finish(m, join(states));
          const turned = join([...states.slice(cut), ...states.slice(0, cut)]);
          const grouped = monoid.combine(m, join(states.slice(0, cut)), join(states.slice(cut)));
          expect(monoid.finish(m, turned)).toBe(whole);
          expect(monoid.finish(m, grouped)).toBe(whole);
        }),
        settings(60),
      );
    },
  );
});

const targets = [
  { target: 'js', share: 1 },
  { target: 'wasm', share: 0.5 },
] as const;

describe.each(targets)('on the $target target', ({ target, share }) => {
  beforeEach(() => {
    clearCache();
  });

  const agrees = (roots: readonly Node[]): void => {
    const results = evaluateNodes(roots, { memo: false, target, verify: true });
    expectSameBits(
      results.map(({ source }) => source.values),
      evaluateReference(roots),
      show(roots),
    );
  };

  const dtypes = fc.constantFrom(...computeDTypes);
  const length = fc.constantFrom(...lengths);
  const special = fc.constantFrom(0, 0, 4, 128);

  test.each(computeDTypes)('every reduction of %s has the bits of the reference', (dtype) => {
    for (const n of lengths) {
      const x = elements(dtype, [n], n % 3, n);
      // Alone and together: what rounds makes the others walk its tree.
      const roots = allReduced(x, dtype, [0]);
      agrees(roots);
      if (n === 137) for (const root of roots) agrees([root]);
    }
  });

  test('along any axes, over any layout', () => {
    fc.assert(
      fc.property(
        dtypes,
        fc.tuple(length, fc.constantFrom(1, 2, 3, 20, 270)),
        fc.constantFrom([0], [1], [0, 1]),
        fc.boolean(),
        special,
        fc.nat(),
        (dtype, [n, k], axes, transposed, many, seed) => {
          const shape = seed % 2 === 0 ? [n, k] : [k, n];
          const x = elements(dtype, shape, many, seed);
          agrees(allReduced(transposed ? t.transpose(x) : x, dtype, axes));
        },
      ),
      settings(60 * share),
    );
  });

  test('of computed elements, and used by what walks the row again', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<ComputeDType>('float64', 'float32', 'int32', 'int64'),
        length,
        fc.constantFrom(1, 5, 40),
        special,
        fc.nat(),
        (dtype, n, rows, many, seed) => {
          const x = elements(dtype, [rows, n], many, seed);
          const one = t.constant(isBigint(dtype) ? 1n : 1, dtype);
          const y = t.apply('add', t.apply('multiply', x, x), one);
          const outcomes = allReduced(y, dtype, [1]).map((node) => t.reshape(node, [rows, 1]));
          agrees(outcomes.map((node) => t.apply('subtract', y, t.cast(node, dtype))));
        },
      ),
      settings(40 * share),
    );
  });
});
