/**
 * Packing: the rows of `a` (or columns of `b`) that meet in a tile are laid side by side, k after k, so that the
 * tile reads memory in order.
 *
 * The last tile may not be full. It is packed from whatever is there: the elements after a contiguous row, or its
 * last row again. Those lanes are computed and never stored.
 */
import type { FunctionBuilder } from '../assembler/function.ts';
import { i32, type Local, type Operand } from '../assembler/operands.ts';
import type { Lanes } from './lanes.ts';
import { add, at, functionOf, minimum, multiply, range, subtract, whileLeft } from './loops.ts';

/** Tiles that are packed at a time where rows are adjacent: whole cache lines, of 128 bytes where lanes are elements. */
const group = 4;

/**
 * Packs `extent` rows over `length` steps of k, in tiles of `width` rows. The strides are in bytes: `across` from row
 * to row, `along` from step to step.
 */
export function pack(lanes: Lanes, name: string, width: number): FunctionBuilder {
  const [f, { to, from, across, along, extent, length }] = functionOf(name, [
    'to',
    'from',
    'across',
    'along',
    'extent',
    'length',
  ]);
  const target = f.variable('i32', to, 'target');
  const source = f.variable('i32', from, 'source');
  const left = f.variable('i32', extent, 'left');
  const tileBytes = multiply(f, length, i32(width * lanes.bytes));
  const tiles = (count: number, packTiles: (tile: Tile) => void): void => {
    packTiles({
      width,
      along,
      tileBytes,
      read: f.variable('i32', source, 'read'),
      write: f.variable('i32', target, 'write'),
      steps: f.variable('i32', length, 'steps'),
    });
    f.set(source, at(f, source, across, i32(count * width)));
    f.set(target, at(f, target, tileBytes, i32(count)));
  };
  f.if(
    f.op('i32.eq', across, i32(lanes.elementBytes)),
    () => {
      for (const count of [group, 1])
        whileLeft(
          f,
          left,
          count * width,
          () => {
            tiles(count, (tile) => {
              copyTiles(lanes, f, tile, count);
            });
          },
          count === 1 ? 1 : count * width,
        );
    },
    () => {
      const collect = (): void => {
        tiles(1, (tile) => {
          collectTile(lanes, f, tile, rowStarts(f, across, subtract(f, left, i32(1)), width));
        });
      };
      whileLeft(f, left, width, collect, 1);
    },
  );
  return f;
}

interface Tile {
  readonly width: number;
  readonly along: Local;
  readonly tileBytes: Local;
  /** Variables: where the next step is read and written, and how many are left. */
  readonly read: Local;
  readonly write: Local;
  readonly steps: Local;
}

/** Rows are adjacent: each step of k is a run of vectors. */
function copyTiles(lanes: Lanes, f: FunctionBuilder, tile: Tile, count: number): void {
  const { width, along, tileBytes, read, write, steps } = tile;
  const vectors = range(width / lanes.count);
  const offsets = range(count).map((t) => multiply(f, tileBytes, i32(t)));
  whileLeft(f, steps, 1, () => {
    offsets.forEach((offset, t) => {
      const loaded = vectors.map((v) => lanes.loadElements(f, read, t * vectors.length + v));
      const into = t === 0 ? write : add(f, write, offset);
      loaded.forEach((vector, v) => {
        f.store('v128.store', into, vector, 16 * v);
      });
    });
    f.update(read, 'i32.add', along);
    f.update(write, 'i32.add', i32(width * lanes.bytes));
  });
}

/** Rows begin anywhere; where steps of k are adjacent, squares are transposed. */
function collectTile(lanes: Lanes, f: FunctionBuilder, tile: Tile, starts: readonly Local[]): void {
  const { width, along, read, write, steps } = tile;
  const rowBytes = width * lanes.bytes;
  const groups = rowGroups(lanes, starts);
  if (!lanes.widened)
    f.if(f.op('i32.eq', along, i32(lanes.bytes)), () => {
      whileLeft(f, steps, lanes.count, () => {
        groups.forEach((rows, v) => {
          const loaded = rows.map((start) => f.load('v128.load', add(f, read, start)));
          lanes.transpose(f, loaded).forEach((column, k) => {
            f.store('v128.store', write, column, k * rowBytes + 16 * v);
          });
        });
        f.update(read, 'i32.add', i32(16));
        f.update(write, 'i32.add', i32(lanes.count * rowBytes));
      });
    });
  whileLeft(f, steps, 1, () => {
    groups.forEach((rows, v) => {
      const addresses = rows.map((start) => add(f, read, start));
      f.store('v128.store', write, lanes.gather(f, addresses), 16 * v);
    });
    f.update(read, 'i32.add', along);
    f.update(write, 'i32.add', i32(rowBytes));
  });
}

/** Where `count` rows begin after the first; those after row `last` begin where it does. */
export function rowStarts(
  f: FunctionBuilder,
  across: Operand,
  last: Operand,
  count: number,
): readonly Local[] {
  return range(count).map((r) => multiply(f, minimum(f, i32(r), last), across));
}

/** As many rows as a vector has lanes, again and again. */
export const rowGroups = (lanes: Lanes, starts: readonly Local[]): readonly (readonly Local[])[] =>
  range(starts.length / lanes.count).map((v) => starts.slice(v * lanes.count, (v + 1) * lanes.count));
