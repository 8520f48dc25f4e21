/** Pass "collapse": merges loop k into loop k + 1 wherever every index moves along both as along one. */
import { multiplySizes, one, sameSize, zero } from '../../ir/size.ts';
import { indicesOf } from '../expression.ts';
import type { Affine } from '../indexMap.ts';
import type { Draft } from './draft.ts';

export function collapse(draft: Draft): Draft {
  const { rows, reduced, items, used } = draft;
  const affines = [...used.flatMap(indicesOf).map(draft.indexOf), ...items.map(({ store }) => store)];
  const order = [...rows, ...reduced];
  const extents = [...draft.extents];
  const merged = new Set<number>();
  for (let k = order.length - 2; k >= 0; k--) {
    const [outer, inner] = [order[k], order[k + 1]];
    if (outer === undefined || inner === undefined) continue;
    if (rows.includes(outer) !== rows.includes(inner)) continue;
    const extent = extents[inner] ?? one;
    const together = affines.every(({ strides }) =>
      sameSize(strides[outer] ?? zero, multiplySizes(strides[inner] ?? zero, extent)),
    );
    if (!together) continue;
    extents[inner] = multiplySizes(extents[outer] ?? one, extent);
    merged.add(outer);
    order.splice(k, 1, inner);
    order.splice(k + 1, 1);
  }
  if (merged.size === 0) return draft;
  const kept = extents.map((_, loop) => loop).filter((loop) => !merged.has(loop));
  const renumber = (loops: readonly number[]): number[] =>
    loops.filter((loop) => kept.includes(loop)).map((loop) => kept.indexOf(loop));
  const shrink = ({ offset, strides }: Affine): Affine => ({
    offset,
    strides: kept.map((loop) => strides[loop] ?? zero),
  });
  const indices = new Map<Affine, Affine>();
  return {
    ...draft,
    extents: kept.map((loop) => extents[loop] ?? one),
    rows: renumber(rows),
    reduced: renumber(reduced),
    items: items.map((item) => ({ ...item, store: shrink(item.store) })),
    indexOf(given) {
      let index = indices.get(given);
      if (index === undefined) {
        index = shrink(draft.indexOf(given));
        indices.set(given, index);
      }
      return index;
    },
  };
}
