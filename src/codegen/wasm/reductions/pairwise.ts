/**
 * Floating-point sums and products in the order of the numerics contract (`pairwise` in ir/reference.ts), in one pass.
 *
 * The tree over n elements is walked from left to right with an explicit stack: `m` is the length of the next leaf,
 * `right[top - 1]` the length still to do right of an open node (negative: being done) and `left` the outcome of its
 * left half. The eight lanes of a leaf are the lanes of two or four vectors. A leaf runs in one of two ways:
 * - direct: one axis and a light body, packs of eight go straight to the accumulators;
 * - blocked: any axes and any body, element values go to a block of 128 that is then added up.
 */
import { isPairwiseAccumulator, type Monoid, type Reduce } from '../../../ir/kernel.ts';
import { reductionTable, seedOf } from '../../../ir/ops.ts';
import { leafLanes, leafLength, maxDepth, wideDepth } from '../../../ir/reference.ts';
import { noAxis } from '../loops/addresses.ts';
import {
  loadContiguous,
  loadUniform,
  storeContiguous,
  storeUniform,
  type PackRange,
} from '../loops/access.ts';
import type { FunctionBuilder, Label } from '../assembler/function.ts';
import { i32, type Local, type Operand } from '../assembler/operands.ts';
import { emitCast } from '../values/casts.ts';
import { constantPack } from '../values/constants.ts';
import type { Counts } from '../loops/counts.ts';
import type { LoopContext } from '../loops/loopContext.ts';
import { emitOp } from '../values/ops.ts';
import { laneBytesOf, vectorCount, vectorOf, type Pack } from '../values/pack.ts';
import type { Fold } from './fold.ts';
import { foldOf } from './folds.ts';
import { lanesFor } from '../loops/width.ts';

/** Where the sums of a walk live while it goes on. */
interface Sum {
  readonly monoid: Monoid;
  /** The outcome of the part of the tree that was done last, in every lane. */
  readonly result: Local;
  /** The left halves of open nodes. */
  readonly lefts: Local;
}

export function emitPairwise(reduce: Reduce, emitter: LoopContext): void {
  const { f, counts } = emitter;
  const depth = counts.isWide ? wideDepth : maxDepth;
  const sums = reduce.accumulators.filter(isPairwiseAccumulator).map((monoid): Sum => {
    const empty = monoid.op === 'sum' ? 0 : seedOf(monoid.op, monoid.dtype);
    const start = constantPack(emitter.context, monoid.dtype, empty);
    const result = f.variable('v128', vectorOf(start, 0), `r${monoid.id}_`);
    return { monoid, result, lefts: emitter.scratch(8 * depth) };
  });
  const direct = reduce.axes.length === 1 && lanesFor(reduce.body, emitter.kernel) >= leafLanes;
  const lanes = direct ? leafLanes : lanesFor(reduce.body, emitter.kernel);
  const folds = reduce.accumulators.map((accumulator) =>
    isPairwiseAccumulator(accumulator) ? undefined : foldOf(accumulator, lanes, emitter),
  );
  const length = reduce.axes
    .map((axis) => emitter.extent(axis))
    .reduce((x, y) => counts.op('mul', x, y), counts.of(1));
  const leaf = direct
    ? directLeaf(reduce, sums, folds, emitter)
    : blockedLeaf(reduce, sums, folds, lanes, emitter);
  const { taken } = emitter;
  const count = taken === undefined ? length : counts.op('sub', taken[1], taken[0]);
  walkTree(f, counts, count, emitter.scratch((counts.isWide ? 8 : 4) * depth), leaf, {
    save: (top) => {
      for (const sum of sums) storeUniform(emitter.context, leftAddress(f, sum, top), resultOf(f, sum));
    },
    join: (top) => {
      for (const sum of sums) {
        const left = loadUniform(emitter.context, sum.monoid.dtype, leftAddress(f, sum, top));
        f.set(sum.result, joined(emitter, sum, left, resultOf(f, sum)));
      }
    },
  });
  for (const sum of sums) emitter.setOutcome(sum.monoid.id, resultOf(f, sum));
  reduce.accumulators.forEach(({ id }, k) => {
    const end = folds[k]?.finish();
    if (end !== undefined) emitter.setOutcome(id, end.outcome, end.champion);
  });
}

/**
 * Calls `leaf` for every leaf of the tree over `length` elements, from left to right, with its length in a variable.
 * `save` keeps the outcomes as the left half of the node at a depth, `join` puts what was kept there before them.
 */
export function walkTree(
  f: FunctionBuilder,
  counts: Counts,
  length: Operand,
  right: Local,
  leaf: (m: Local) => void,
  node: { readonly save: (top: Local) => void; readonly join: (top: Local) => void },
): void {
  const { type } = counts;
  const [load, store] = [`${type}.load`, `${type}.store`];
  const shift = i32(counts.isWide ? 3 : 2);
  f.if(counts.op('gt_s', length, counts.of(0)), () => {
    const m = f.variable(type, length, 'm');
    const top = f.variable('i32', i32(0), 'top');
    const slot = (): Local => f.op('i32.add', right, f.op('i32.shl', top, shift));
    f.block((done) => {
      f.loop((next) => {
        f.block((small) => {
          f.loop((again) => {
            f.branch(small, counts.op('le_s', m, counts.of(leafLength)));
            const half = counts.op('and', counts.op('shr_s', m, counts.of(1)), counts.of(~7));
            f.store(store, slot(), counts.op('sub', m, half));
            f.update(top, 'i32.add', i32(1));
            f.set(m, half);
            f.branch(again);
          });
        });
        leaf(counts.isWide ? f.op('i32.wrap_i64', f.freeze(m)) : m);
        f.block((left) => {
          f.loop((again: Label) => {
            f.branch(left, f.op('i32.eqz', top));
            const last = f.op('i32.sub', slot(), i32(counts.isWide ? 8 : 4));
            f.branch(left, counts.op('ge_s', f.load(load, last), counts.of(0)));
            f.update(top, 'i32.sub', i32(1));
            node.join(f.freeze(top));
            f.branch(again);
          });
        });
        f.branch(done, f.op('i32.eqz', top));
        const parent = f.op('i32.sub', top, i32(1));
        node.save(parent);
        const open = f.op('i32.add', right, f.op('i32.shl', parent, shift));
        f.set(m, f.load(load, open));
        f.store(store, open, counts.of(-1));
        f.branch(next);
      });
    });
  });
}

const leftAddress = (f: FunctionBuilder, { lefts }: Sum, top: Local): Local =>
  f.op('i32.add', lefts, f.op('i32.shl', top, i32(3)));

const resultOf = (f: FunctionBuilder, { monoid, result }: Sum): Pack => ({
  dtype: monoid.dtype,
  vectors: [f.freeze(result)],
  uniform: true,
  maskBytes: 1,
});

const combineOf = ({ monoid }: Sum): 'add' | 'multiply' =>
  reductionTable[monoid.op].combine === 'multiply' ? 'multiply' : 'add';

function joined(emitter: LoopContext, sum: Sum, x: Pack, y: Pack): Local {
  return vectorOf(emitOp(emitter.context, combineOf(sum), sum.monoid.dtype, [x, y]), 0);
}

const vectorOp = (sum: Sum): string =>
  `${sum.monoid.dtype === 'float64' ? 'f64x2' : 'f32x4'}.${combineOf(sum) === 'multiply' ? 'mul' : 'add'}`;

const seedVector = (emitter: LoopContext, { monoid }: Sum): Local =>
  vectorOf(constantPack(emitter.context, monoid.dtype, seedOf(monoid.op, monoid.dtype)), 0);

/** Eight accumulators in two or four vectors. */
function accumulators(emitter: LoopContext, sum: Sum): readonly Local[] {
  const seed = seedVector(emitter, sum);
  const count = vectorCount(leafLanes, laneBytesOf(sum.monoid.dtype));
  return Array.from({ length: count }, () => emitter.f.variable('v128', seed));
}

/** ((0+1)+(2+3))+((4+5)+(6+7)), in every lane. */
function combineLanes(f: FunctionBuilder, sum: Sum, vectors: readonly Local[]): Local {
  const bytes = laneBytesOf(sum.monoid.dtype);
  const add = vectorOp(sum);
  let parts = vectors.map((vector) => f.freeze(vector));
  for (let distance: number = bytes; distance < 16; distance *= 2) {
    const lanes = Array.from({ length: 16 }, (_, k) => k ^ distance);
    parts = parts.map((part) => f.op(add, part, f.lane('i8x16.shuffle', lanes, part, part)));
  }
  while (parts.length > 1)
    parts = Array.from({ length: parts.length / 2 }, (_, k) => {
      const [x, y] = [parts[2 * k], parts[2 * k + 1]];
      return x === undefined || y === undefined ? x : f.op(add, x, y);
    }).filter((part) => part !== undefined);
  const [all] = parts;
  if (all === undefined) throw new RangeError('no lanes');
  return all;
}

function elementOf(emitter: LoopContext, c: PackRange, { value, dtype }: Monoid): Pack {
  return emitCast(c, emitter.pack(value), dtype);
}

/** Adds elements `0..count` at `address` to the result, one after the other. */
function addRest(emitter: LoopContext, sum: Sum, address: Operand, count: Operand): void {
  const { f } = emitter;
  const bytes = laneBytesOf(sum.monoid.dtype);
  const at = f.variable('i32', address);
  const end = f.op('i32.add', address, f.op('i32.mul', count, i32(bytes)));
  f.block((done) => {
    f.loop((again) => {
      f.branch(done, f.op('i32.ge_u', at, end));
      const element = loadUniform(emitter.context, sum.monoid.dtype, at);
      f.set(sum.result, joined(emitter, sum, resultOf(f, sum), element));
      f.update(at, 'i32.add', i32(bytes));
      f.branch(again);
    });
  });
}

function directLeaf(
  reduce: Reduce,
  sums: readonly Sum[],
  folds: readonly (Fold | undefined)[],
  emitter: LoopContext,
): (m: Local) => void {
  const { f, counts } = emitter;
  const axis = reduce.axes[0] ?? noAxis;
  emitter.noteWidth(axis, leafLanes, ', added pairwise');
  const from = f.variable(counts.type, emitter.taken?.[0] ?? counts.of(0), 'from');
  const rests = sums.map(() => emitter.scratch(leafLanes * 8));
  return (m) => {
    const lanesOf = sums.map((sum) => accumulators(emitter, sum));
    const end = counts.op('add', from, counts.fromSmall(m));
    const rest = f.variable('i32', i32(0), 'rest');
    f.loop((again) => {
      const index = f.freeze(from);
      emitter.packAt(axis, leafLanes, index, end, (c) => {
        emitter.steps(reduce.body);
        reduce.accumulators.forEach(({ value }, k) => folds[k]?.step(c, emitter.pack(value), index));
        const elements = sums.map(({ monoid }) => elementOf(emitter, c, monoid));
        f.if(
          c.full,
          () => {
            sums.forEach((sum, k) => {
              lanesOf[k]?.forEach((variable, j) => {
                const element = elements[k];
                if (element !== undefined) f.update(variable, vectorOp(sum), vectorOf(element, j));
              });
            });
          },
          () => {
            f.set(rest, c.remaining);
            sums.forEach((_, k) => {
              const [element, address] = [elements[k], rests[k]];
              if (element === undefined || address === undefined) return;
              lanesOf[k]?.forEach((_, j) => {
                f.store('v128.store', address, vectorOf(element, j), 16 * j);
              });
            });
          },
        );
      });
      f.update(from, `${counts.type}.add`, counts.of(leafLanes));
      f.branch(again, counts.op('lt_u', from, end));
    });
    f.set(from, end);
    sums.forEach((sum, k) => {
      f.set(sum.result, combineLanes(f, sum, lanesOf[k] ?? []));
    });
    f.if(rest, () => {
      sums.forEach((sum, k) => {
        const address = rests[k];
        if (address !== undefined) addRest(emitter, sum, address, rest);
      });
    });
  };
}

function blockedLeaf(
  reduce: Reduce,
  sums: readonly Sum[],
  folds: readonly (Fold | undefined)[],
  lanes: number,
  emitter: LoopContext,
): (m: Local) => void {
  const { f, counts } = emitter;
  const outer = reduce.axes.slice(0, -1);
  const axis = reduce.axes.at(-1) ?? noAxis;
  const extent = axis === noAxis ? counts.of(1) : emitter.extent(axis);
  for (const one of outer) emitter.noteOneByOne(one);
  emitter.module.note(`sums by way of blocks of ${leafLength}, added pairwise`);
  const blocks = sums.map(() => emitter.scratch(leafLength * 8 + 256));
  const start = startOf(emitter, outer, extent);
  const counters = start.outer.map((index) => f.variable(counts.type, index));
  const at = f.variable(counts.type, start.at, 'at');
  /** How much of the sequence lies before the current row: the place of its first element. */
  const row = f.variable(counts.type, start.row, 'row');
  const inRow = (k: number, body: () => void): void => {
    const [counter, loop] = [counters[k], outer[k]];
    if (counter === undefined || loop === undefined) {
      body();
      return;
    }
    emitter.within(loop, f.freeze(counter), () => {
      emitter.hoist(reduce.body);
      inRow(k + 1, body);
    });
  };
  return (m) => {
    const filled = f.variable('i32', i32(0), 'filled');
    f.loop((more) => {
      const start = f.freeze(at);
      const wanted = counts.op('add', start, counts.fromSmall(f.op('i32.sub', m, filled)));
      const stop = f.op('select', extent, wanted, counts.op('lt_s', extent, wanted));
      // Modulo 2^32, as all that is added to it.
      const shift = f.op('i32.sub', filled, counts.low(start));
      inRow(0, () => {
        emitter.vectorLoop(
          axis,
          lanes,
          (c, index) => {
            emitter.steps(reduce.body);
            const place = counts.op('add', row, index);
            reduce.accumulators.forEach(({ value }, k) => folds[k]?.step(c, emitter.pack(value), place));
            const to = f.op('i32.add', counts.low(index), shift);
            sums.forEach(({ monoid }, k) => {
              const block = blocks[k];
              if (block === undefined) return;
              const bytes = laneBytesOf(monoid.dtype);
              const address = f.op('i32.add', block, f.op('i32.mul', to, i32(bytes)));
              storeContiguous(c, address, elementOf(emitter, c, monoid));
            });
          },
          start,
          stop,
        );
      });
      f.set(filled, f.op('i32.add', shift, counts.low(stop)));
      f.set(at, stop);
      if (outer.length > 0)
        f.if(counts.op('eq', stop, extent), () => {
          f.set(at, counts.of(0));
          f.update(row, `${counts.type}.add`, extent);
          advance(emitter, outer, counters);
        });
      f.branch(more, f.op('i32.lt_s', filled, m));
    });
    sums.forEach((sum, k) => {
      const block = blocks[k];
      if (block !== undefined) addBlock(emitter, sum, block, m);
    });
  };
}

interface Start {
  readonly outer: readonly Operand[];
  readonly at: Operand;
  readonly row: Operand;
}

/** The indices of the first element that is taken: of the axes around the innermost one, along it, and of its row. */
function startOf(emitter: LoopContext, outer: readonly number[], extent: Operand): Start {
  const { counts, taken } = emitter;
  const zero = counts.of(0);
  if (taken === undefined) return { outer: outer.map(() => zero), at: zero, row: zero };
  const [first] = taken;
  const at = counts.op('rem_u', first, extent);
  const indices: Operand[] = [];
  let rows: Operand = counts.op('div_u', first, extent);
  for (const axis of outer.toReversed()) {
    indices.unshift(counts.op('rem_u', rows, emitter.extent(axis)));
    rows = counts.op('div_u', rows, emitter.extent(axis));
  }
  return { outer: indices, at, row: counts.op('sub', first, at) };
}

/** The next index of the axes around the innermost one, as an odometer. */
function advance(emitter: LoopContext, axes: readonly number[], counters: readonly Local[]): void {
  const { f, counts } = emitter;
  const [axis, counter] = [axes.at(-1), counters.at(-1)];
  if (axis === undefined || counter === undefined) return;
  f.update(counter, `${counts.type}.add`, counts.of(1));
  if (axes.length === 1) return;
  f.if(counts.op('eq', counter, emitter.extent(axis)), () => {
    f.set(counter, counts.of(0));
    advance(emitter, axes.slice(0, -1), counters.slice(0, -1));
  });
}

/** The outcome of a leaf of `m` elements that lie in a block. */
function addBlock(emitter: LoopContext, sum: Sum, block: Local, m: Local): void {
  const { f } = emitter;
  const { dtype } = sum.monoid;
  const bytes = laneBytesOf(dtype);
  const state = accumulators(emitter, sum);
  const at = f.variable('i32', block);
  const whole = f.freeze(f.op('i32.add', block, f.op('i32.mul', f.op('i32.and', m, i32(~7)), i32(bytes))));
  f.block((done) => {
    f.loop((again) => {
      f.branch(done, f.op('i32.ge_u', at, whole));
      const elements = loadContiguous({ f, module: emitter.module, lanes: leafLanes }, dtype, at);
      state.forEach((variable, j) => {
        f.update(variable, vectorOp(sum), vectorOf(elements, j));
      });
      f.update(at, 'i32.add', i32(leafLanes * bytes));
      f.branch(again);
    });
  });
  f.set(sum.result, combineLanes(f, sum, state));
  addRest(emitter, sum, whole, f.op('i32.and', m, i32(7)));
}
