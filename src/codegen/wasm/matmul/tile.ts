/**
 * The innermost part of a matrix product: a tile of the output in registers.
 *
 * x64 gives 16 vector registers, of which V8 keeps one for itself: the sums of the tile, the vectors of one row of
 * `b`, one element of `a` in all lanes and one product have to fit. Lanes are columns, so every sum runs along k in
 * sequence. (Goto, van de Geijn: Anatomy of High-Performance Matrix Multiplication, 2008.)
 */
import type { FunctionBuilder } from '../assembler/function.ts';
import { i32 } from '../assembler/operands.ts';
import type { Lanes } from './lanes.ts';
import { add, at, forBelow, functionOf, range, whileLeft } from './loops.ts';

export const tileRows = 4;
/** Vectors of columns. */
const tileVectors = 2;
const unroll = 8;

export const tileColumns = (lanes: Lanes): number => tileVectors * lanes.count;

/**
 * Sums over `length` steps of k: stores them as lanes, row by row (`first`), or adds them to what is there. Both tiles
 * are packed.
 */
export function tile(lanes: Lanes): FunctionBuilder {
  const [f, { a, b, length, out, rowBytes, first }] = functionOf('tile', [
    'a',
    'b',
    'length',
    'out',
    'rowBytes',
    'first',
  ]);
  const p = f.variable('i32', a, 'p');
  const q = f.variable('i32', b, 'q');
  const left = f.variable('i32', length, 'left');
  const zero = lanes.zero(f);
  const sums = range(tileRows).map((r) =>
    range(tileVectors).map((v) => f.variable('v128', zero, `s${r}${v}`)),
  );
  const [stepA, stepB] = [tileRows * lanes.bytes, tileColumns(lanes) * lanes.bytes];
  const steps = (count: number) => (): void => {
    for (let k = 0; k < count; k++) {
      const ys = range(tileVectors).map((v) => f.load('v128.load', q, k * stepB + 16 * v));
      sums.forEach((row, r) => {
        const x = lanes.splat(f, p, k * stepA + r * lanes.bytes);
        row.forEach((sum, v) => {
          const y = ys[v];
          if (y !== undefined) f.set(sum, lanes.add(f, sum, lanes.multiply(f, x, y)));
        });
      });
    }
    f.update(p, 'i32.add', i32(count * stepA));
    f.update(q, 'i32.add', i32(count * stepB));
  };
  whileLeft(f, left, unroll, steps(unroll));
  whileLeft(f, left, 1, steps(1));
  const store = (alone: boolean): void => {
    let to = out;
    sums.forEach((row, r) => {
      if (r > 0) to = add(f, to, rowBytes);
      row.forEach((sum, v) => {
        const total = alone ? sum : lanes.add(f, f.load('v128.load', to, 16 * v), sum);
        f.store('v128.store', to, total, 16 * v);
      });
    });
  };
  f.if(
    first,
    () => {
      store(true);
    },
    () => {
      store(false);
    },
  );
  return f;
}

/**
 * Partial sums in scratch memory (lanes, `rowBytes` from row to row) go to `rows` by `columns` elements of the output:
 * stored (`first`) or added to what is there.
 */
export function deliver(lanes: Lanes): FunctionBuilder {
  const [f, { sums, rowBytes, out, rows, rowStride, columns, columnStride, first }] = functionOf('deliver', [
    'sums',
    'rowBytes',
    'out',
    'rows',
    'rowStride',
    'columns',
    'columnStride',
    'first',
  ]);
  forBelow(f, 'i', rows, 1, (i) => {
    const from = f.variable('i32', at(f, sums, i, rowBytes), 'from');
    const to = f.variable('i32', at(f, out, i, rowStride), 'to');
    forBelow(f, 'j', columns, 1, () => {
      const sum = f.variable(lanes.scalarType, lanes.loadLane(f, from), 'sum');
      f.if(f.op('i32.eqz', first), () => {
        f.set(sum, lanes.scalarAdd(f, lanes.loadElement(f, to), sum));
      });
      lanes.storeElement(f, to, sum);
      f.update(from, 'i32.add', i32(lanes.bytes));
      f.update(to, 'i32.add', columnStride);
    });
  });
  return f;
}
