/** Tiles of columns (`../../columns.ts`) in packs: values per column and accumulators are in arrays of scratch memory. */
import { dtypeTable, type DType } from '../../../ir/dtype.ts';
import {
  isArg,
  isPairwiseAccumulator,
  type Accumulator,
  type Line,
  type Monoid,
  type Reduce,
  type ValueId,
} from '../../../ir/kernel.ts';
import { reductionTable, seedOf, type ArgReduction } from '../../../ir/ops.ts';
import { leafLanes, maxDepth } from '../../../ir/reference.ts';
import { columnTile, usedBy, type Columns } from '../../columns.ts';
import { noAxis } from './addresses.ts';
import { loadContiguous, storeContiguous, type PackRange } from './access.ts';
import { i32, type Local, type Operand } from '../assembler/operands.ts';
import { emitCast } from '../values/casts.ts';
import { constantPack } from '../values/constants.ts';
import type { LoopContext } from './loopContext.ts';
import { emitOp } from '../values/ops.ts';
import { maskVectors } from '../values/masks.ts';
import { laneBytesOf, vectorOf, type Pack, type PackContext } from '../values/pack.ts';
import { walkTree } from '../reductions/pairwise.ts';
import { beats, isBefore, uniformIndex } from '../reductions/positions.ts';
import { lanesFor } from './width.ts';

/** Rows that are walked before the next columns are; as many as a lane of a leaf has. */
const stretch = 16;

export function emitColumns(columns: Columns, emitter: LoopContext): void {
  new ColumnEmitter(columns, emitter).run();
}

/** A tile-sized array of one dtype. */
interface TileArray {
  readonly dtype: DType;
  readonly address: Local;
}

class ColumnEmitter {
  readonly #columns: Columns;
  readonly #emitter: LoopContext;
  /** Values kept per column, and outcomes. */
  readonly #kept = new Map<ValueId, TileArray>();
  readonly #outcomes = new Map<number, TileArray>();
  #from: Operand = i32(0);
  #to: Operand = i32(0);

  constructor(columns: Columns, emitter: LoopContext) {
    this.#columns = columns;
    this.#emitter = emitter;
  }

  run(): void {
    const emitter = this.#emitter;
    const { axis } = this.#columns;
    emitter.module.note(`i${axis} in tiles of ${columnTile} columns`);
    emitter.stretches(...emitter.bounds(axis), columnTile, (from, to) => {
      this.#from = from;
      this.#to = to;
      this.#tile();
    });
  }

  #tile(): void {
    for (const { lines, reduce } of this.#columns.stages) {
      this.#perColumn(lines);
      this.#reduce(reduce);
    }
    this.#perColumn(this.#columns.rest);
  }

  /** Packs may read whole vectors at the end. */
  #array(dtype: DType, count = 1): TileArray {
    return { dtype, address: this.#emitter.scratch(count * tileBytes(dtype) + 256) };
  }

  // --- what runs once per column -----------------------------------------------------------------------------

  #perColumn(lines: readonly Line[]): void {
    if (lines.length === 0) return;
    const kept = lines.flatMap((line) =>
      line.kind === 'let'
        ? [{ id: line.value, array: this.#array(this.#emitter.value(line.value).dtype) }]
        : [],
    );
    this.#packs(lines, (range, index) => {
      this.#recall(lines, [], range, index);
      this.#emitter.steps(lines);
      for (const { id, array } of kept) this.#write(range, array, index, this.#emitter.pack(id));
    });
    for (const { id, array } of kept) this.#kept.set(id, array);
  }

  #packs(lines: readonly Line[], body: (range: PackRange, index: Local) => void): void {
    this.#emitter.hoist(lines);
    const lanes = lanesFor(lines, this.#emitter.kernel);
    this.#emitter.vectorLoop(this.#columns.axis, lanes, body, this.#from, this.#to);
  }

  /** Makes known what `lines` and `values` use of what was computed for these columns before. */
  #recall(lines: readonly Line[], values: readonly ValueId[], range: PackRange, index: Local): void {
    const used = usedBy(lines, this.#emitter.kernel, values);
    for (const id of used) {
      const array = this.#kept.get(id);
      if (array !== undefined) this.#emitter.setValue(id, this.#read(range, array, index));
      const value = this.#emitter.value(id);
      const outcome = value.kind === 'result' ? this.#outcomes.get(value.accumulator) : undefined;
      if (value.kind === 'result' && outcome !== undefined)
        this.#emitter.setOutcome(value.accumulator, this.#read(range, outcome, index));
    }
  }

  #place({ dtype, address }: TileArray, index: Operand): Operand {
    const { f } = this.#emitter;
    const column = f.op('i32.sub', index, this.#from);
    return f.op('i32.add', address, f.op('i32.mul', column, i32(laneBytesOf(dtype))));
  }

  #read(c: PackContext, array: TileArray, index: Operand): Pack {
    return loadContiguous(c, array.dtype, this.#place(array, index));
  }

  #write(range: PackRange, array: TileArray, index: Operand, pack: Pack): void {
    storeContiguous(range, this.#place(array, index), pack);
  }

  /** Something for every column of the tile, without the kernel's own lines. */
  #everyColumn(dtype: DType, body: (range: PackRange, index: Local) => void): void {
    const lanes = Math.min(16, 64 / laneBytesOf(dtype));
    this.#emitter.vectorLoop(noAxis, lanes, body, this.#from, this.#to);
  }

  #fill(array: TileArray, value: Pack): void {
    this.#everyColumn(array.dtype, (range, index) => {
      this.#write(range, array, index, value);
    });
  }

  // --- reductions --------------------------------------------------------------------------------------------

  #reduce(reduce: Reduce): void {
    const { f } = this.#emitter;
    const sums = reduce.accumulators.filter(isPairwiseAccumulator).map((monoid): ColumnSum => ({
      monoid,
      result: this.#array(monoid.dtype),
      lanes: this.#array(monoid.dtype, leafLanes),
      lefts: this.#array(monoid.dtype, maxDepth),
      into: f.variable('i32', i32(0)),
    }));
    const folds = reduce.accumulators.map((accumulator): ColumnFold => {
      const { op } = accumulator;
      if (isArg(op)) return this.#argFold({ ...accumulator, op }, sums.length === 0);
      const monoid: Monoid = { ...accumulator, op };
      const sum = sums.find((candidate) => candidate.monoid === accumulator);
      if (sum === undefined) return this.#fold(monoid);
      return {
        arrays: () => [{ dtype: monoid.dtype, address: f.freeze(sum.into) }],
        step: this.#joining(monoid),
      };
    });
    const rows = this.#rowsOf(reduce, folds);
    const axis = reduce.axes[0] ?? noAxis;
    this.#emitter.module.note(`i${axis} row by row over each tile`);
    const extent = this.#emitter.extent(axis);
    if (sums.length === 0)
      this.#emitter.stretches(i32(0), extent, stretch, (from, to) => {
        rows(from, i32(1), to);
      });
    else this.#pairwiseRows(extent, sums, rows);
    for (const { monoid, result } of sums) this.#outcomes.set(monoid.id, result);
  }

  /**
   * Code for some rows: for each pack of columns the accumulators come from their arrays, take the rows' elements and
   * go back.
   */
  #rowsOf(reduce: Reduce, folds: readonly ColumnFold[]): Rows {
    const { f } = this.#emitter;
    const axis = reduce.axes[0] ?? noAxis;
    const values = reduce.accumulators.map(({ value }) => value);
    return (from, step, to) => {
      this.#packs(reduce.body, (range, column) => {
        this.#recall(reduce.body, values, range, column);
        const states = folds.map(({ arrays }) =>
          arrays().map((array) => new TileState(this.#read(range, array, column), array, range)),
        );
        const counter = f.variable('i32', from);
        f.block((done) => {
          f.loop((again) => {
            f.branch(done, f.op('i32.ge_u', counter, to));
            const row = f.freeze(counter);
            this.#emitter.within(axis, row, () => {
              this.#emitter.steps(reduce.body);
              folds.forEach((fold, k) => {
                const state = states[k] ?? [];
                const before = state.map((part) => part.now());
                const after = fold.step(range, before, this.#emitter.pack(values[k] ?? 0), row);
                state.forEach((part, j) => {
                  const next = after[j];
                  if (next !== undefined) part.set(next);
                });
              });
            });
            f.update(counter, 'i32.add', step);
            f.branch(again);
          });
        });
        for (const part of states.flat()) this.#write(range, part.array, column, part.now());
      });
    };
  }

  /** The step of a monoid: the element joins what there was. */
  #joining(monoid: Monoid): ColumnFold['step'] {
    return (c, [before], value) =>
      before === undefined ? [] : [this.#joined(c, monoid, before, emitCast(c, value, monoid.dtype))];
  }

  #joined(c: PackContext, { op, dtype }: Monoid, x: Pack, y: Pack): Pack {
    return emitOp(c, reductionTable[op].combine, dtype, [x, y]);
  }

  #fold(monoid: Monoid): ColumnFold {
    const { id, op, dtype } = monoid;
    const result = this.#array(dtype);
    this.#outcomes.set(id, result);
    this.#fill(result, constantPack(this.#emitter.context, dtype, seedOf(op, dtype)));
    return { arrays: () => [result], step: this.#joining(monoid) };
  }

  /** `inOrder`: rows come one after the other; else, among equal elements, the one of the lowest row wins. */
  #argFold({ id, op, element }: Accumulator & { readonly op: ArgReduction }, inOrder: boolean): ColumnFold {
    const dtype: DType = element === 'bool' ? 'uint8' : element;
    const [champions, places] = [this.#array(dtype), this.#array('int32')];
    this.#outcomes.set(id, places);
    const { min, max } = dtypeTable[element];
    const outside = this.#emitter.context;
    this.#fill(champions, constantPack(outside, dtype, op === 'argmin' ? max : min));
    this.#fill(places, constantPack(outside, 'int32', 0));
    return {
      arrays: () => [champions, places],
      step: (c, [champion, place], value, row) => {
        if (champion === undefined || place === undefined) return [];
        const given = emitCast(c, value, dtype);
        const here = uniformIndex(c, row);
        const take = inOrder
          ? beats(c, op, dtype, given, champion)
          : isBefore(c, op, dtype, given, here, champion, place);
        return [
          emitOp(c, 'where', dtype, [take, given, champion]),
          emitOp(c, 'where', 'int32', [take, here, place]),
        ];
      },
    };
  }

  /** The tree walk of pairwise.ts, with a tile of columns in place of one sequence. */
  #pairwiseRows(extent: Operand, sums: readonly ColumnSum[], rows: Rows): void {
    const { f } = this.#emitter;
    const outside = this.#emitter.context;
    // Sums of no rows are +0; a sum of some starts anew in its leaves.
    for (const { monoid, result } of sums) {
      const empty = monoid.op === 'sum' ? 0 : seedOf(monoid.op, monoid.dtype);
      this.#fill(result, constantPack(outside, monoid.dtype, empty));
    }
    const from = f.variable('i32', i32(0), 'from');
    const combine = (): void => {
      for (const sum of sums)
        this.#everyColumn(sum.monoid.dtype, (range, index) => {
          const part = (first: number, count: number): Pack =>
            count === 1
              ? this.#read(range, this.#slice(sum.lanes, i32(first)), index)
              : this.#joined(range, sum.monoid, part(first, count / 2), part(first + count / 2, count / 2));
          this.#write(range, sum.result, index, part(0, leafLanes));
        });
    };
    walkTree(
      f,
      this.#emitter.counts,
      extent,
      this.#emitter.scratch(4 * maxDepth),
      (m) => {
        for (const { monoid, lanes } of sums) {
          const seed = constantPack(outside, monoid.dtype, seedOf(monoid.op, monoid.dtype));
          for (let lane = 0; lane < leafLanes; lane++) this.#fill(this.#slice(lanes, i32(lane)), seed);
        }
        const start = f.freeze(from);
        const end = f.freeze(f.op('i32.add', start, m));
        const whole = f.op('i32.sub', end, f.op('i32.and', f.freeze(m), i32(leafLanes - 1)));
        // Turn k takes every eighth row from row k on; the last one what is left after the lanes are combined.
        const turn = f.variable('i32', i32(0), 'turn');
        f.loop((again) => {
          const k = f.freeze(turn);
          const rest = f.op('i32.eq', k, i32(leafLanes));
          f.if(rest, combine);
          for (const { into, lanes, result } of sums)
            f.set(into, f.op('select', result.address, this.#slice(lanes, k).address, rest));
          rows(
            f.op('select', whole, f.op('i32.add', start, k), rest),
            f.op('select', i32(1), i32(leafLanes), rest),
            f.op('select', end, whole, rest),
          );
          f.update(turn, 'i32.add', i32(1));
          f.branch(again, f.op('i32.le_s', turn, i32(leafLanes)));
        });
        f.set(from, end);
      },
      {
        save: (top) => {
          for (const { monoid, result, lefts } of sums)
            this.#everyColumn(monoid.dtype, (range, index) => {
              this.#write(range, this.#slice(lefts, top), index, this.#read(range, result, index));
            });
        },
        join: (top) => {
          for (const { monoid, result, lefts } of sums)
            this.#everyColumn(monoid.dtype, (range, index) => {
              const left = this.#read(range, this.#slice(lefts, top), index);
              const right = this.#read(range, result, index);
              this.#write(range, result, index, this.#joined(range, monoid, left, right));
            });
        },
      },
    );
  }

  /** The k-th of several arrays. */
  #slice({ dtype, address }: TileArray, k: Operand): TileArray {
    const { f } = this.#emitter;
    return { dtype, address: f.op('i32.add', address, f.op('i32.mul', k, i32(tileBytes(dtype)))) };
  }
}

const tileBytes = (dtype: DType): number => columnTile * laneBytesOf(dtype);

/** Takes every `step`-th row from `from` on, up to `to`, for all columns of the tile. */
type Rows = (from: Operand, step: Operand, to: Operand) => void;

/** An accumulator per column. */
interface ColumnFold {
  /** Where it is kept between stretches of rows. */
  readonly arrays: () => readonly TileArray[];
  /** What the arrays' values become. */
  readonly step: (c: PackContext, before: readonly Pack[], value: Pack, row: Local) => readonly Pack[];
}

/** A pack of an array while rows are added to it. */
class TileState {
  readonly array: TileArray;
  readonly #range: PackRange;
  readonly #variables: readonly Local[];
  readonly #pack: Pack;

  constructor(start: Pack, array: TileArray, range: PackRange) {
    this.array = array;
    this.#range = range;
    this.#pack = start;
    this.#variables = start.vectors.map((vector) => range.f.variable('v128', vector));
  }

  now(): Pack {
    return { ...this.#pack, vectors: this.#variables.map((variable) => this.#range.f.freeze(variable)) };
  }

  set(next: Pack): void {
    const same =
      next.dtype === 'bool'
        ? { ...next, vectors: maskVectors(this.#range, next, this.#pack.maskBytes) }
        : next;
    this.#variables.forEach((variable, k) => {
      this.#range.f.set(variable, vectorOf(same, k));
    });
  }
}

/** The memory of one pairwise sum over a tile of columns. */
interface ColumnSum {
  readonly monoid: Monoid;
  readonly result: TileArray;
  readonly lanes: TileArray;
  readonly lefts: TileArray;
  /** Where the row at hand adds its elements. */
  readonly into: Local;
}
