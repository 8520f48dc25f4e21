/**
 * Packing: the rows of `a` (or columns of `b`) that meet in a tile are laid side by side, k after k, so that the
 * tile reads memory in order.
 *
 * A tile at the edge that is not full is packed from whatever is there: the elements after a contiguous row, or its
 * last row again. Those lanes are computed and never stored.
 */
import { i32, type FunctionBuilder, type Local } from '../assembler/function.ts';
import type { Lanes } from './lanes.ts';
import { add, at, functionOf, minimum, range, subtract, whileLeft } from './loops.ts';

/** Packs `length` times `width` elements; the strides are in bytes, `across` from row to row of `a`. */
export function pack(lanes: Lanes, name: string, width: number): FunctionBuilder {
  const [f, { to, from, across, along, count, length }] = functionOf(name, [
    'to',
    'from',
    'across',
    'along',
    'count',
    'length',
  ]);
  const target = f.variable('i32', to, 'target');
  const source = f.variable('i32', from, 'source');
  const left = f.variable('i32', length, 'left');
  const vectors = range(width / lanes.count);
  const rowBytes = width * lanes.bytes;

  const copy = (): void => {
    whileLeft(f, left, 1, () => {
      const read = vectors.map((v) => lanes.loadElements(f, source, v));
      read.forEach((vector, v) => {
        f.store('v128.store', target, vector, 16 * v);
      });
      f.update(source, 'i32.add', along);
      f.update(target, 'i32.add', i32(rowBytes));
    });
  };
  const collect = (): void => {
    const starts = rowStarts(f, i32(0), i32(0), across, subtract(f, count, i32(1)), width);
    const rows = (v: number): readonly Local[] => starts.slice(v * lanes.count, (v + 1) * lanes.count);
    if (!lanes.widened)
      f.if(f.op('i32.eq', along, i32(lanes.bytes)), () => {
        whileLeft(f, left, lanes.count, () => {
          for (const v of vectors)
            lanes
              .transpose(
                f,
                rows(v).map((start) => f.load('v128.load', add(f, source, start))),
              )
              .forEach((column, k) => {
                f.store('v128.store', target, column, k * rowBytes + 16 * v);
              });
          f.update(source, 'i32.add', i32(16));
          f.update(target, 'i32.add', i32(lanes.count * rowBytes));
        });
      });
    whileLeft(f, left, 1, () => {
      for (const v of vectors) {
        const gathered = lanes.gather(
          f,
          rows(v).map((start) => add(f, source, start)),
        );
        f.store('v128.store', target, gathered, 16 * v);
      }
      f.update(source, 'i32.add', along);
      f.update(target, 'i32.add', i32(rowBytes));
    });
  };
  f.if(f.op('i32.eq', across, i32(lanes.elementBytes)), copy, collect);
  return f;
}

/** Where `count` rows begin, from row `first` on; those after `last` begin where it does. */
export function rowStarts(
  f: FunctionBuilder,
  base: Parameters<typeof at>[1],
  first: Parameters<typeof at>[1],
  across: Local,
  last: Local,
  count: number,
): readonly Local[] {
  return range(count).map((r) => at(f, base, minimum(f, add(f, first, i32(r)), last), across));
}
