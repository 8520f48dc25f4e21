/** Tiles of columns (`../../columns.ts`) in packs: values per column and accumulators are in arrays of scratch memory. */
import type { DType, Scalar } from '../../../ir/dtype.ts';
import {
  isPairwise,
  monoidOf,
  type Accumulator,
  type Line,
  type Reduce,
  type ValueId,
} from '../../../ir/kernel.ts';
import { isArg, type ArgReduction } from '../../../ir/monoids.ts';
import { joinLanes, leafLanes, leafLength, maxDepth } from '../../../ir/pairwiseTree.ts';
import { columnTile, usedBy, type Columns } from '../../columns.ts';
import { noAxis } from './addresses.ts';
import { loadContiguous, storeContiguous, type PackRange } from './access.ts';
import { i32, type Local, type Operand } from '../assembler/operands.ts';
import { emitCast } from '../values/casts.ts';
import { constantPack } from '../values/constants.ts';
import type { LoopContext } from './loopContext.ts';
import { emitOp, packMachine } from '../values/ops.ts';
import { laneBytesOf, type Pack, type PackContext } from '../values/pack.ts';
import { allNow, PackVariable, setAll } from '../values/packVariable.ts';
import { advance, walkTree } from '../reductions/pairwise.ts';
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
  readonly #outcomes = new Map<number, ColumnOutcome>();
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
      if (outcome === undefined) continue;
      const { accumulator, arrays } = outcome;
      const { register } = monoidOf(accumulator);
      const read = (array: TileArray): Pack => this.#read(range, array, index);
      if (register === undefined) this.#emitter.setState(accumulator, arrays.map(read));
      else if (arrays[register] !== undefined)
        this.#emitter.setOutcome(accumulator.id, read(arrays[register]));
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
    storeContiguous(range, { address: this.#place(array, index), pack });
  }

  #readAll(c: PackContext, arrays: readonly TileArray[], index: Operand): readonly Pack[] {
    return arrays.map((array) => this.#read(c, array, index));
  }

  #writeAll(range: PackRange, arrays: readonly TileArray[], index: Operand, packs: readonly Pack[]): void {
    arrays.forEach((array, k) => {
      const pack = packs[k];
      if (pack !== undefined) this.#write(range, array, index, pack);
    });
  }

  /** Something for every column of the tile of some arrays, without the kernel's own statements. */
  #everyColumn(arrays: readonly TileArray[], body: (range: PackRange, index: Local) => void): void {
    const widest = arrays.reduce((bytes, { dtype }) => Math.max(bytes, laneBytesOf(dtype)), 1);
    const lanes = Math.min(16, 64 / widest);
    this.#emitter.vectorLoop(noAxis, lanes, body, this.#from, this.#to);
  }

  #fill(array: TileArray, value: Pack): void {
    this.#everyColumn([array], (range, index) => {
      this.#write(range, array, index, value);
    });
  }

  // --- reductions --------------------------------------------------------------------------------------------

  #reduce(reduce: Reduce): void {
    const { f } = this.#emitter;
    const sums = reduce.accumulators.filter(isPairwise).map((accumulator): ColumnSum => {
      const { state } = monoidOf(accumulator);
      return {
        accumulator,
        result: state.map((dtype) => this.#array(dtype)),
        lanes: state.map((dtype) => this.#array(dtype, leafLanes)),
        lefts: state.map((dtype) => this.#array(dtype, maxDepth)),
        into: state.map(() => f.variable('i32', i32(0))),
      };
    });
    const folds = reduce.accumulators.map((accumulator): ColumnFold => {
      const { op } = accumulator;
      if (isArg(op)) return this.#argFold(op, accumulator, sums.length === 0);
      const sum = sums.find((candidate) => candidate.accumulator === accumulator);
      if (sum === undefined) return this.#fold(accumulator);
      const { state } = monoidOf(accumulator);
      return {
        arrays: () =>
          sum.into.map((address, k) => ({ dtype: state[k] ?? 'float64', address: f.freeze(address) })),
        step: this.#joining(accumulator),
      };
    });
    const indices = new RowIndices(reduce.axes, this.#emitter);
    const rows = this.#rowsOf(reduce, folds, indices);
    this.#emitter.module.note(
      `${reduce.axes.map((axis) => `i${axis}`).join(' and ')} row by row over each tile`,
    );
    if (sums.length === 0)
      this.#emitter.stretches(i32(0), indices.count, stretch, (from, to) => {
        indices.prepare(from, to);
        rows(from, i32(1), to);
      });
    else this.#pairwiseRows(indices, sums, rows);
    for (const { accumulator, result } of sums)
      this.#outcomes.set(accumulator.id, { accumulator, arrays: result });
  }

  /**
   * Code for some rows: for each pack of columns the accumulators come from their arrays, take the rows' elements and
   * go back.
   */
  #rowsOf(reduce: Reduce, folds: readonly ColumnFold[], indices: RowIndices): Rows {
    const { f } = this.#emitter;
    const values = reduce.accumulators.map(({ value }) => value);
    return (from, step, to) => {
      this.#packs(reduce.body, (range, column) => {
        this.#recall(reduce.body, values, range, column);
        const states = folds.map(({ arrays }) =>
          arrays().map((array) => ({
            array,
            pack: new PackVariable(range, this.#read(range, array, column)),
          })),
        );
        const counter = f.variable('i32', from);
        f.block((done) => {
          f.loop((again) => {
            f.branch(done, f.op('i32.ge_u', counter, to));
            const row = f.freeze(counter);
            indices.within(row, () => {
              this.#emitter.steps(reduce.body);
              folds.forEach((fold, k) => {
                const state = states[k] ?? [];
                const packs = state.map(({ pack }) => pack);
                setAll(packs, fold.step(range, allNow(packs), this.#emitter.pack(values[k] ?? 0), row));
              });
            });
            f.update(counter, 'i32.add', step);
            f.branch(again);
          });
        });
        for (const { array, pack } of states.flat()) this.#write(range, array, column, pack.now());
      });
    };
  }

  /** The element joins what there was. */
  #joining(accumulator: Accumulator): ColumnFold['step'] {
    const monoid = monoidOf(accumulator);
    return (c, before, value) => {
      const m = packMachine(c);
      return monoid.combine(m, before, monoid.lift(m, value));
    };
  }

  #fold(accumulator: Accumulator): ColumnFold {
    const { state, neutral } = monoidOf(accumulator);
    const arrays = state.map((dtype) => this.#array(dtype));
    this.#outcomes.set(accumulator.id, { accumulator, arrays });
    this.#fillAll(accumulator, arrays, neutral);
    return { arrays: () => arrays, step: this.#joining(accumulator) };
  }

  #fillAll(accumulator: Accumulator, arrays: readonly TileArray[], values: readonly Scalar[]): void {
    monoidOf(accumulator).state.forEach((dtype, k) => {
      const array = arrays[k];
      if (array !== undefined) this.#fill(array, constantPack(this.#emitter.context, dtype, values[k] ?? 0));
    });
  }

  /** `inOrder`: rows come one after the other; else, among equal elements, the one of the lowest row wins. */
  #argFold(op: ArgReduction, accumulator: Accumulator, inOrder: boolean): ColumnFold {
    const { state, neutral } = monoidOf(accumulator);
    const [dtype = 'float64'] = state;
    const [champions, places] = [this.#array(dtype), this.#array('int32')];
    this.#outcomes.set(accumulator.id, { accumulator, arrays: [champions, places] });
    const outside = this.#emitter.context;
    this.#fill(champions, constantPack(outside, dtype, neutral[0] ?? 0));
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
  #pairwiseRows(indices: RowIndices, sums: readonly ColumnSum[], rows: Rows): void {
    const { f } = this.#emitter;
    // What rounds starts anew in its leaves.
    for (const { accumulator, result } of sums)
      this.#fillAll(accumulator, result, monoidOf(accumulator).nothing);
    const slices = (arrays: readonly TileArray[], k: Operand): readonly TileArray[] =>
      arrays.map((array) => this.#slice(array, k));
    const from = f.variable('i32', i32(0), 'from');
    const combine = (): void => {
      for (const { accumulator, lanes, result } of sums)
        this.#everyColumn(result, (range, index) => {
          const lane = (k: number): readonly Pack[] => this.#readAll(range, slices(lanes, i32(k)), index);
          const joined = joinLanes(lane, (x, y) => monoidOf(accumulator).combine(packMachine(range), x, y));
          this.#writeAll(range, result, index, joined);
        });
    };
    walkTree(
      f,
      this.#emitter.counts,
      indices.count,
      this.#emitter.scratch(4 * maxDepth),
      (m) => {
        const start = f.freeze(from);
        const end = f.freeze(f.op('i32.add', start, m));
        indices.prepare(start, end);
        const whole = f.op('i32.sub', end, f.op('i32.and', f.freeze(m), i32(leafLanes - 1)));
        // Round k takes every eighth row from row k on. The last round takes the remaining rows, after the lanes are
        // combined; it is the only one where there are fewer than eight.
        const fewRows = f.op('i32.eq', whole, start);
        const round = f.variable('i32', f.op('select', i32(leafLanes), i32(0), fewRows), 'round');
        const startFrom = (arrays: (sum: ColumnSum) => readonly TileArray[]): void => {
          for (const sum of sums)
            this.#fillAll(sum.accumulator, arrays(sum), monoidOf(sum.accumulator).neutral);
        };
        f.if(
          fewRows,
          () => {
            startFrom(({ result }) => result);
          },
          () => {
            for (let lane = 0; lane < leafLanes; lane++) startFrom(({ lanes }) => slices(lanes, i32(lane)));
          },
        );
        f.loop((again) => {
          const k = f.freeze(round);
          const rest = f.op('i32.eq', k, i32(leafLanes));
          f.if(f.op('i32.and', rest, f.op('i32.eqz', fewRows)), combine);
          for (const { into, lanes, result } of sums)
            into.forEach((address, j) => {
              const [whole, lane] = [result[j], lanes[j]];
              if (whole !== undefined && lane !== undefined)
                f.set(address, f.op('select', whole.address, this.#slice(lane, k).address, rest));
            });
          rows(
            f.op('select', whole, f.op('i32.add', start, k), rest),
            f.op('select', i32(1), i32(leafLanes), rest),
            f.op('select', end, whole, rest),
          );
          f.update(round, 'i32.add', i32(1));
          f.branch(again, f.op('i32.le_s', round, i32(leafLanes)));
        });
        f.set(from, end);
      },
      {
        save: (top) => {
          for (const { result, lefts } of sums)
            this.#everyColumn(result, (range, index) => {
              this.#writeAll(range, slices(lefts, top), index, this.#readAll(range, result, index));
            });
        },
        join: (top) => {
          for (const { accumulator, result, lefts } of sums)
            this.#everyColumn(result, (range, index) => {
              const left = this.#readAll(range, slices(lefts, top), index);
              const right = this.#readAll(range, result, index);
              const joined = monoidOf(accumulator).combine(packMachine(range), left, right);
              this.#writeAll(range, result, index, joined);
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

/** The rows of a reduction: its axes as one sequence. Their indices along several axes are kept for a leaf at a time. */
class RowIndices {
  /** How many there are. */
  readonly count: Operand;
  readonly #axes: readonly number[];
  readonly #emitter: LoopContext;
  /** Per axis, the index of each row from `first` on. */
  readonly #tables: readonly Local[];
  readonly #first: Local;

  constructor(axes: readonly number[], emitter: LoopContext) {
    const { f } = emitter;
    this.#axes = axes;
    this.#emitter = emitter;
    this.count = axes.map((axis) => emitter.extent(axis)).reduce((x, y) => f.op('i32.mul', x, y), i32(1));
    this.#tables = axes.length > 1 ? axes.map(() => emitter.scratch(4 * leafLength)) : [];
    this.#first = f.variable('i32', i32(0), 'first');
  }

  /** Before the rows of a leaf, or fewer, are opened. */
  prepare(from: Operand, to: Operand): void {
    if (this.#tables.length === 0) return;
    const emitter = this.#emitter;
    const { f } = emitter;
    f.set(this.#first, from);
    let rest = from;
    const indices = this.#axes.map(() => f.variable('i32', i32(0)));
    for (const [k, axis] of [...this.#axes.entries()].toReversed()) {
      const [index, extent] = [indices[k], emitter.extent(axis)];
      if (index === undefined) continue;
      f.set(index, k === 0 ? rest : f.op('i32.rem_u', rest, extent));
      if (k > 0) rest = f.op('i32.div_u', rest, extent);
    }
    const at = f.variable('i32', i32(0));
    const end = f.op('i32.shl', f.op('i32.sub', to, from), i32(2));
    f.block((done) => {
      f.loop((again) => {
        f.branch(done, f.op('i32.ge_u', at, end));
        this.#tables.forEach((table, k) => {
          const index = indices[k];
          if (index !== undefined) f.store('i32.store', f.op('i32.add', table, at), index);
        });
        advance(emitter, this.#axes, indices);
        f.update(at, 'i32.add', i32(4));
        f.branch(again);
      });
    });
  }

  /** Emits `body` at one of them. */
  within(row: Local, body: () => void): void {
    const { f } = this.#emitter;
    const place = f.op('i32.shl', f.op('i32.sub', row, this.#first), i32(2));
    const open = ([axis, ...rest]: readonly number[], k: number): void => {
      if (axis === undefined) {
        body();
        return;
      }
      const table = this.#tables[k];
      const index = table === undefined ? row : f.load('i32.load', f.op('i32.add', table, place));
      this.#emitter.within(axis, index, () => {
        open(rest, k + 1);
      });
    };
    open(this.#axes, 0);
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

/** Where the state of a reduction is, column by column. */
interface ColumnOutcome {
  readonly accumulator: Accumulator;
  readonly arrays: readonly TileArray[];
}

/** The memory of a reduction that rounds over a tile of columns, by register. */
interface ColumnSum {
  readonly accumulator: Accumulator;
  readonly result: readonly TileArray[];
  readonly lanes: readonly TileArray[];
  readonly lefts: readonly TileArray[];
  /** Where the current row adds its elements. */
  readonly into: readonly Local[];
}
