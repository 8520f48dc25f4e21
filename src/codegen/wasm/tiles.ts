/**
 * Transposed operands: `out[i, j]` from `a[i, j]` and `b[j, i]`, a square tile at a time.
 *
 * Read along j, b touches another cache line with each element. So for each tile, what lies transposed is first
 * copied to a tile-sized array in the order of the loops, line by line of its memory; then rows of the tile run in
 * packs as usual.
 */
import type { DType } from '../../ir/dtype.ts';
import type { KernelValue, Statement, ValueId } from '../../ir/kernel.ts';
import { strideOf } from './addresses.ts';
import { loadContiguous } from './access.ts';
import { i32, type Local, type Operand } from './assembler/function.ts';
import type { LoopEmitter } from './emit.ts';
import { laneBytesOf, type Pack } from './pack.ts';
import { lanesFor } from './width.ts';

type Loop = Extract<Statement, { kind: 'loop' }>;
type Load = Extract<KernelValue, { kind: 'load' }>;

/** Rows and columns of a tile: 8 KiB of float64 per operand, whole cache lines on both sides. */
const tile = 32;

const innerOf = (loop: Loop): Loop | undefined => {
  const last = loop.body.at(-1);
  const others = loop.body.slice(0, -1);
  return last?.kind === 'loop' &&
    last.body.every(({ kind }) => kind === 'let' || kind === 'store') &&
    others.every(({ kind }) => kind === 'let')
    ? last
    : undefined;
};

function transposedLoads(outer: Loop, inner: Loop, valueOf: (id: ValueId) => KernelValue): readonly Load[] {
  return inner.body.flatMap((statement) => {
    if (statement.kind !== 'let') return [];
    const value = valueOf(statement.value);
    if (value.kind !== 'load' || value.gathers.length > 0) return [];
    const along = strideOf(value.index, inner.axis);
    return strideOf(value.index, outer.axis) === 1 && along !== 0 && along !== 1 ? [value] : [];
  });
}

/** Whether two nested loops read something whose memory runs along the outer one, and write along the inner one. */
export function isTransposing(outer: Loop, valueOf: (id: ValueId) => KernelValue): boolean {
  const inner = innerOf(outer);
  if (inner === undefined || transposedLoads(outer, inner, valueOf).length === 0) return false;
  return inner.body.every(
    (statement) => statement.kind !== 'store' || strideOf(statement.index, inner.axis) === 1,
  );
}

export function emitTiles(outer: Loop, emitter: LoopEmitter): void {
  const inner = innerOf(outer);
  if (inner === undefined) return;
  const { f } = emitter;
  const loads = transposedLoads(outer, inner, (id) => emitter.value(id));
  const copies = loads.map((load) => ({
    load,
    bytes: laneBytesOf(load.dtype),
    address: emitter.scratch(tile * tile * laneBytesOf(load.dtype) + 256),
  }));
  emitter.notes.add(
    `i${outer.axis} and i${inner.axis} run in tiles of ${tile} x ${tile}: operands are transposed`,
  );
  const lanes = lanesFor(inner.body, emitter.kernel);
  const [rows, columns] = [emitter.extent(outer.axis), emitter.extent(inner.axis)];
  steps(emitter, rows, (i0, i1) => {
    steps(emitter, columns, (j0, j1) => {
      for (const { load, bytes, address } of copies)
        emitter.plainLoop(
          inner.axis,
          () => {
            // Inside, the index along the inner loop is known; the outer one starts the line.
            copyLine(emitter, load, outer.axis, { i0, i1, bytes, to: address, column: j0 }, inner.axis);
          },
          j0,
          j1,
        );
      emitter.plainLoop(
        outer.axis,
        () => {
          const i = emitter.indexOf(outer.axis);
          const row = f.op('i32.mul', f.op('i32.sub', i, i0), i32(tile));
          emitter.statements(outer.body.slice(0, -1));
          emitter.hoist(inner.body);
          emitter.vectorLoop(
            inner.axis,
            lanes,
            (range, j) => {
              const element = f.op('i32.add', row, f.op('i32.sub', j, j0));
              const reads = new Map(
                copies.map(({ load, bytes, address }): readonly [KernelValue, () => Pack] => [
                  load,
                  () =>
                    loadContiguous(
                      range,
                      load.dtype,
                      f.op('i32.add', address, f.op('i32.mul', element, i32(bytes))),
                    ),
                ]),
              );
              emitter.withCopies(reads, () => {
                emitter.statements(inner.body);
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

/** `body` for each stretch of a tile's length. */
function steps(emitter: LoopEmitter, extent: Operand, body: (from: Local, to: Local) => void): void {
  const { f } = emitter;
  const counter = f.variable('i32', i32(0));
  f.if(f.op('i32.lt_s', counter, extent), () => {
    f.loop((again) => {
      const from = f.freeze(counter);
      const end = f.op('i32.add', from, i32(tile));
      body(from, f.freeze(f.op('select', extent, end, f.op('i32.lt_s', extent, end))));
      f.update(counter, 'i32.add', i32(tile));
      f.branch(again, f.op('i32.lt_s', counter, extent));
    });
  });
}

interface Line {
  readonly i0: Local;
  readonly i1: Local;
  readonly bytes: number;
  readonly to: Local;
  readonly column: Local;
}

/** One line of the operand's memory (along the outer loop) becomes a column of the tile's array. */
function copyLine(
  emitter: LoopEmitter,
  load: Load,
  outerAxis: number,
  { i0, i1, bytes, to, column }: Line,
  innerAxis: number,
): void {
  const { f } = emitter;
  emitter.within(outerAxis, i0, () => {
    const j = emitter.indexOf(innerAxis);
    const from = f.variable('i32', emitter.address(load.buffer, load.index, load.dtype));
    const first = f.op('i32.mul', f.op('i32.sub', j, column), i32(bytes));
    const into = f.variable('i32', f.op('i32.add', to, first));
    const end = f.freeze(f.op('i32.add', from, f.op('i32.mul', f.op('i32.sub', i1, i0), i32(bytes))));
    const perVector = 16 / bytes;
    const rowBytes = tile * bytes;
    const whole = f.op('i32.sub', end, i32(16));
    const lane = storeOf(load.dtype);
    f.block((done) => {
      f.loop((again) => {
        f.branch(done, f.op('i32.gt_u', from, whole));
        const vector = f.load('v128.load', from);
        for (let k = 0; k < perVector; k++) f.storeLane(lane, into, vector, k, k * rowBytes);
        f.update(from, 'i32.add', i32(16));
        f.update(into, 'i32.add', i32(perVector * rowBytes));
        f.branch(again);
      });
    });
    f.block((done) => {
      f.loop((again) => {
        f.branch(done, f.op('i32.ge_u', from, end));
        f.storeLane(lane, into, f.load(`v128.load${8 * bytes}_splat`, from), 0);
        f.update(from, 'i32.add', i32(bytes));
        f.update(into, 'i32.add', i32(rowBytes));
        f.branch(again);
      });
    });
  });
}

const storeOf = (dtype: DType): string => `v128.store${8 * laneBytesOf(dtype)}_lane`;
