/**
 * Transposed operands: `out[i, j]` from `a[i, j]` and `b[j, i]`, a square tile at a time.
 *
 * Read along j, b touches another cache line with each element. So for each tile, what lies transposed is first
 * copied to a tile-sized array in the order of the loops, line by line of its memory; then rows of the tile run in
 * packs as usual.
 */
import {
  strideOf,
  type KernelValue,
  type Line,
  type LoopKernel,
  type Loops,
  type Step,
} from '../../../ir/kernel.ts';
import { hoistedIn, isFlat, valueOf } from '../../../ir/nest.ts';
import { loadContiguous } from './access.ts';
import { i32, type Local, type Operand } from '../assembler/operands.ts';
import type { LoopContext } from './loopContext.ts';
import { laneBytesOf, type Pack } from '../values/pack.ts';
import { transpose } from './transpose.ts';
import { lanesFor } from './width.ts';

type Load = Extract<KernelValue, { kind: 'load' }>;

/**
 * Rows and columns of a tile: whole cache lines on both sides, and long enough stretches of the transposed operand
 * for the hardware to fetch ahead. 32 KiB of float64 per operand.
 */
export const tileSide = 64;

/**
 * Elements from row to row of the tile's array: a cache line more than there are, for rows at multiples of a large
 * power of two would fall into the same few sets of the cache.
 */
const pitchOf = (bytes: number): number => tileSide + 64 / bytes;

function transposedLoads({ axes: [outer, inner], body }: Loops<Step>, kernel: LoopKernel): readonly Load[] {
  if (outer === undefined || inner === undefined) return [];
  return body.flatMap((line) => {
    if (line.kind !== 'let') return [];
    const value = valueOf(kernel, line.value);
    if (value.kind !== 'load' || value.gathers.length > 0 || value.guard !== undefined) return [];
    const along = strideOf(value.index, inner);
    return strideOf(value.index, outer) === 1 && along !== 0 && along !== 1 ? [value] : [];
  });
}

/** Whether two nested loops read something whose memory runs along the outer one, and write along the inner one. */
export function isTransposing(loops: Loops<Step>, kernel: LoopKernel): boolean {
  const inner = loops.axes[1];
  if (inner === undefined || loops.axes.length > 2 || !isFlat(loops)) return false;
  if (transposedLoads(loops, kernel).length === 0) return false;
  return loops.body.every((line) => line.kind !== 'store' || strideOf(line.index, inner) === 1);
}

export function emitTiles(loops: Loops<Line>, emitter: LoopContext): void {
  const [outer, inner] = loops.axes;
  if (outer === undefined || inner === undefined) return;
  const { f } = emitter;
  const loads = transposedLoads(loops, emitter.kernel);
  const copies = loads.map((load) => ({
    load,
    bytes: laneBytesOf(load.dtype),
    address: emitter.scratch(tileSide * pitchOf(laneBytesOf(load.dtype)) * laneBytesOf(load.dtype) + 256),
  }));
  emitter.module.note(
    `i${outer} and i${inner} in tiles of ${tileSide} x ${tileSide}: operands are transposed`,
  );
  const lanes = lanesFor(loops.body, emitter.kernel);
  emitter.stretches(...emitter.bounds(outer), tileSide, (i0, i1) => {
    emitter.stretches(...emitter.bounds(inner), tileSide, (j0, j1) => {
      for (const { load, address } of copies)
        copyTile(
          emitter,
          load,
          address,
          { axis: outer, from: i0, to: i1 },
          { axis: inner, from: j0, to: j1 },
        );
      emitter.plainLoop(
        outer,
        () => {
          const i = emitter.indexOf(outer);
          const row = f.op('i32.sub', i, i0);
          emitter.steps(hoistedIn(loops));
          emitter.hoist(loops.body);
          emitter.vectorLoop(
            inner,
            lanes,
            (range, j) => {
              const column = f.op('i32.sub', j, j0);
              const reads = new Map(
                copies.map(({ load, bytes, address }): readonly [KernelValue, () => Pack] => [
                  load,
                  () => {
                    const start = f.op('i32.mul', row, i32(pitchOf(bytes) * bytes));
                    const element = f.op('i32.add', start, f.op('i32.mul', column, i32(bytes)));
                    return loadContiguous(range, load.dtype, f.op('i32.add', address, element));
                  },
                ]),
              );
              emitter.withCopies(reads, () => {
                emitter.steps(loops.body);
              });
            },
            j0,
            j1,
          );
        },
        i0,
        i1,
      );
    });
  });
}

interface Stretch {
  readonly axis: number;
  readonly from: Local;
  readonly to: Local;
}

/**
 * Lines of the operand's memory (along the rows of the tile) become columns of the tile's array, several at a time:
 * square blocks are transposed in registers. Blocks at the edge read and write beyond the edge, inside the array
 * and the readable memory; missing lines repeat the last one.
 */
function copyTile(emitter: LoopContext, load: Load, to: Local, rows: Stretch, columns: Stretch): void {
  const { f } = emitter;
  const bytes = laneBytesOf(load.dtype);
  const side = 16 / bytes;
  // Four lines at least, so that enough cache lines are on their way at once.
  const lines = Math.max(4, side);
  const last = f.op('i32.sub', columns.to, i32(1));
  emitter.plainLoop(
    columns.axis,
    () => {
      const first = emitter.indexOf(columns.axis);
      const from = Array.from({ length: lines }, (_, k) => {
        const line = f.op('i32.add', first, i32(k));
        const inRange = f.op('select', last, line, f.op('i32.gt_s', line, last));
        return f.variable('i32', startOf(emitter, load, rows, columns.axis, inRange));
      });
      const column = f.op('i32.mul', f.op('i32.sub', first, columns.from), i32(bytes));
      const into = f.variable('i32', f.op('i32.add', to, column));
      const [start] = from;
      if (start === undefined) return;
      const length = f.op('i32.mul', f.op('i32.sub', rows.to, rows.from), i32(bytes));
      const end = f.freeze(f.op('i32.add', start, length));
      f.loop((again) => {
        const loaded = from.map((address) => f.load('v128.load', address));
        for (let block = 0; block < lines; block += side)
          transpose(f, loaded.slice(block, block + side), bytes).forEach((row, k) => {
            f.store('v128.store', into, row, k * pitchOf(bytes) * bytes + block * bytes);
          });
        for (const address of from) f.update(address, 'i32.add', i32(16));
        f.update(into, 'i32.add', i32(side * pitchOf(bytes) * bytes));
        f.branch(again, f.op('i32.lt_u', start, end));
      });
    },
    columns.from,
    columns.to,
    lines,
  );
}

/** Where a line starts: the element in the first row of the tile. */
function startOf(emitter: LoopContext, load: Load, rows: Stretch, axis: number, line: Operand): Operand {
  let start: Operand = i32(0);
  emitter.without(axis, () => {
    emitter.within(axis, line, () => {
      emitter.within(rows.axis, rows.from, () => {
        start = emitter.address(load.buffer, load.index, load.dtype);
      });
    });
  });
  return start;
}
