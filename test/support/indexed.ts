/** Arrays with indices along several axes: in memory, or counting along their axis. */
import fc from 'fast-check';
import type { Node } from '../../src/ir/node.ts';
import { sizeOf, type Shape } from '../../src/ir/shape.ts';
import * as t from './typed.ts';

/** 1, 2, 3, ... in this shape. */
export const numbers = (shape: Shape): Node =>
  t.data(
    Float64Array.from({ length: sizeOf(shape) }, (_, k) => k + 1),
    shape,
  );

/** The positions of an axis as part of indices of the shape `common`, along `at`. */
export const positions = (size: number, common: Shape, at: number): Node =>
  t.broadcast(
    t.reshape(
      t.iota(size, 'int32'),
      common.map((_, axis) => (axis === at ? size : 1)),
    ),
    common,
  );

/** An array, some of its axes, and one array of indices for each of these. */
export const indexed = fc
  .record({
    shape: fc.array(fc.constantFrom(3, 1, 2, 5), { minLength: 1, maxLength: 4 }),
    common: fc.array(fc.constantFrom(2, 3, 1, 5, 0), { maxLength: 3 }),
    chosen: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    bytes: fc.infiniteStream(fc.nat(255)),
    counts: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  })
  .map(({ shape, common, chosen, bytes, counts }) => {
    const next = (): number => Number(bytes.next().value);
    const some = shape.map((_, axis) => axis).filter((axis) => chosen[axis]);
    const axes = some.length === 0 ? [next() % shape.length] : some;
    const indices = axes.map((axis, k): Node => {
      const size = shape[axis] ?? 1;
      const along = common.indexOf(size);
      if (along >= 0 && counts[k] === true) {
        const counted = positions(size, common, along);
        return next() % 3 === 0 ? t.flip(counted) : counted;
      }
      const values = Int32Array.from({ length: sizeOf(common) }, () => (next() % (2 * size)) - size);
      return t.data(values, common);
    });
    return { shape, common, axes, indices, next };
  });
