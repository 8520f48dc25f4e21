/** Size polynomials: the algebra of the numbers they stand for, in a normal form. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addSizes,
  evaluateSize,
  isOne,
  isZero,
  literalSize,
  multiplySizes,
  one,
  productOfSizes,
  sameSize,
  slotSize,
  zero,
  type Size,
} from '../../src/ir/size.ts';
import { settings } from '../support/runs.ts';

const leaf = fc.oneof(fc.integer({ min: -4, max: 4 }).map(literalSize), fc.nat(11).map(slotSize));
const sizes: fc.Arbitrary<Size> = fc.letrec<{ size: Size }>((tie) => ({
  size: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'size' },
    leaf,
    fc.tuple(tie('size'), tie('size')).map(([a, b]) => addSizes(a, b)),
    fc.tuple(tie('size'), tie('size')).map(([a, b]) => multiplySizes(a, b)),
  ),
})).size;
const bindings = fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 12, maxLength: 12 });

test('sums and products stand for the sums and products of the numbers', () => {
  fc.assert(
    fc.property(sizes, sizes, bindings, (a, b, numbers) => {
      const value = (size: Size): number => evaluateSize(size, numbers);
      expect(value(addSizes(a, b))).toBe(value(a) + value(b));
      expect(value(multiplySizes(a, b)) - value(a) * value(b)).toBe(0);
      expect(value(productOfSizes([a, b, a])) - value(a) * value(b) * value(a)).toBe(0);
    }),
    settings(1000),
  );
});

test('addition and multiplication are commutative, associative and distribute, in the normal form itself', () => {
  fc.assert(
    fc.property(sizes, sizes, sizes, (a, b, c) => {
      const [plus, times] = [addSizes, multiplySizes];
      const laws: readonly (readonly [Size, Size])[] = [
        [plus(a, b), plus(b, a)],
        [times(a, b), times(b, a)],
        [plus(plus(a, b), c), plus(a, plus(b, c))],
        [times(times(a, b), c), times(a, times(b, c))],
        [times(a, plus(b, c)), plus(times(a, b), times(a, c))],
        [plus(a, zero), a],
        [times(a, one), a],
        [times(a, zero), zero],
        [plus(a, times(literalSize(-1), a)), zero],
      ];
      for (const [left, right] of laws) {
        expect(left.key).toBe(right.key);
        expect(sameSize(left, right)).toBe(true);
      }
    }),
    settings(1000),
  );
});

test('two sizes that are the same have the same number under all bindings, and others differ under some', () => {
  fc.assert(
    fc.property(sizes, sizes, (a, b) => {
      // Far enough apart that no two small polynomials agree by accident.
      const numbers = Array.from({ length: 12 }, (_, k) => 1009 + 7919 * k * k + k);
      if (sameSize(a, b)) expect(evaluateSize(a, numbers)).toBe(evaluateSize(b, numbers));
      const difference = addSizes(a, multiplySizes(literalSize(-1), b));
      expect(isZero(difference)).toBe(sameSize(a, b));
    }),
    settings(1000),
  );
});

test('a size is a literal exactly when it has no slots', () => {
  fc.assert(
    fc.property(sizes, bindings, (size, numbers) => {
      expect(size.literal === undefined).toBe(size.key.includes('s'));
      if (size.literal !== undefined) expect(size.literal).toBe(evaluateSize(size, numbers));
      expect(isZero(size)).toBe(size.key === '0');
      expect(isOne(size)).toBe(size.key === '1');
    }),
    settings(500),
  );
});

test('sizes print as sorted terms', () => {
  const [s0, s1, s10] = [slotSize(0), slotSize(1), slotSize(10)];
  expect(multiplySizes(addSizes(s1, literalSize(3)), s0).key).toBe('3*s0+s0*s1');
  expect(multiplySizes(s10, multiplySizes(s1, s1)).key).toBe('s1*s1*s10');
  expect(addSizes(s1, multiplySizes(literalSize(-1), s1)).key).toBe('0');
});

test('a slot without a number is NaN, never a wrong number', () => {
  expect(evaluateSize(slotSize(3), [1, 2])).toBeNaN();
});
