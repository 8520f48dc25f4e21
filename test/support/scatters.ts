/** Scatters with much that can go wrong: duplicates, views, producers and readers, several of one base, nothing at all. */
import fc from 'fast-check';
import { computeDType, dtypeNames, isBigint, isFloat, type DType } from '../../src/ir/dtype.ts';
import type { Node } from '../../src/ir/node.ts';
import { refusedScatter, scatterOps } from '../../src/ir/scatter.ts';
import { sizeOf, type Shape } from '../../src/ir/shape.ts';
import { arrayOf, ordinary, specialsOf } from './specials.ts';
import { show } from './show.ts';
import * as t from './typed.ts';

export interface Scatters {
  readonly roots: readonly Node[];
  readonly [fc.toStringMethod]: () => string;
}

const integers: readonly DType[] = ['int32', 'int8', 'uint8', 'int64', 'uint32', 'uint64'];

export function scatters(dtypes: readonly DType[] = dtypeNames): fc.Arbitrary<Scatters> {
  const numbers = fc.infiniteStream(fc.nat(255));
  return fc
    .record({
      dtype: fc.constantFrom(...dtypes),
      shape: fc.array(fc.constantFrom<number>(3, 1, 2, 5, 17, 0), { minLength: 1, maxLength: 3 }),
      places: fc.constantFrom<Shape>([4], [1], [], [40], [2, 3], [0], [17]),
      integer: fc.constantFrom(...integers.filter((name) => dtypes.includes(name))),
      choice: fc.array(fc.nat(255), { minLength: 12, maxLength: 12 }),
      numbers,
    })
    .map(({ dtype, shape, places, integer, choice, numbers: stream }) => {
      const next = (): number => Number(stream.next().value);
      const [along = 0, which = 0, viewed = 0, produced = 0, read = 0, again = 0, special = 0, placed = 0] =
        choice;
      const values = (of: Shape): Node => {
        const rare = specialsOf(dtype);
        const list = Array.from({ length: sizeOf(of) }, () => {
          const n = next();
          return n < (special % 3) * 20 ? (rare[n % rare.length] ?? 0) : ordinary(n, dtype);
        });
        return t.data(arrayOf(dtype, list), of, dtype);
      };
      const axis = along % shape.length;
      const size = shape[axis] ?? 0;
      const indices = (): Node => {
        const of = size === 0 ? [0] : places;
        const signed = integer.startsWith('int');
        const list = Array.from({ length: sizeOf(of) }, () => {
          const n = next();
          const place = (n >> 1) % Math.max(1, size);
          return signed && n % 2 === 1 ? place - size : place;
        });
        const typed = list.map((n) => (isBigint(integer) ? BigInt(n) : n));
        const node = t.data(arrayOf(integer, typed), of, integer);
        return placed % 3 === 1 && of.length > 0 ? t.flip(node) : node;
      };
      const turned = (node: Node): Node =>
        viewed % 3 === 1
          ? t.flip(t.flip(node))
          : viewed % 3 === 2
            ? t.permute(t.permute(node, [...node.shape.keys()].reverse()), [...node.shape.keys()].reverse())
            : node;
      const made = (node: Node): Node =>
        produced % 2 === 1
          ? t.cast(
              t.apply(isFloat(dtype) ? 'square' : 'equal', node, ...(isFloat(dtype) ? [] : [node])),
              dtype,
            )
          : node;
      const ops = scatterOps.filter((op) => refusedScatter(op, computeDType(dtype)) === undefined);
      const opAt = (k: number) => ops[k % ops.length] ?? 'set';
      const update = (at: Node): Node => {
        const of = shape.toSpliced(axis, 1, ...at.shape);
        return produced % 5 === 4
          ? values(of.map((length, k) => (k === 0 && length > 0 ? 1 : length)))
          : made(turned(values(of)));
      };
      const base = made(turned(values(shape)));
      const at = indices();
      const first = t.scatter(opAt(which), base, at, update(at), axis);
      const roots = [read % 3 === 1 ? t.flip(first) : first];
      if (again % 3 === 1) {
        const more = indices();
        roots.push(t.scatter(opAt(again), base, more, update(more), axis));
      }
      if (again % 4 === 2) {
        const more = indices();
        roots[0] = t.scatter(opAt(again), first, more, update(more), axis);
      }
      if (read % 3 === 2)
        roots.push(t.apply('equal', first, base), t.reduce('any', t.cast(first, 'bool'), [axis]));
      return { roots, [fc.toStringMethod]: () => show(roots) };
    });
}
