/**
 * Reductions that round, in the order of the numerics contract (`ir/pairwiseTree.ts`), in one pass.
 *
 * The tree over n elements is walked from left to right with an explicit stack: `m` is the length of the next leaf,
 * `right[top - 1]` the length still to do right of an open node (negative: being done) and `left` the outcome of its
 * left half. The eight lanes of a leaf are the lanes of packs (`leaf.ts`). A leaf runs in one of two ways:
 * - direct: one axis and a light body, packs of eight go straight to the accumulators;
 * - blocked: any axes and any body, element values go to a block of 128 that is then added up.
 */
import { isPairwise, monoidOf, type Accumulator, type Reduce } from '../../../ir/kernel.ts';
import { leafLanes, leafLength, maxDepth, wholeTurns, wideDepth } from '../../../ir/pairwiseTree.ts';
import { noAxis } from '../loops/addresses.ts';
import { loadUniform, storeUniform, type PackRange } from '../loops/access.ts';
import type { FunctionBuilder, Label } from '../assembler/function.ts';
import { i32, type Local, type Operand } from '../assembler/operands.ts';
import { constantPack } from '../values/constants.ts';
import type { Counts } from '../loops/counts.ts';
import type { LoopContext } from '../loops/loopContext.ts';
import type { Pack } from '../values/pack.ts';
import { allNow, PackVariable, setAll } from '../values/packVariable.ts';
import { packMachine } from '../values/ops.ts';
import type { Fold } from './fold.ts';
import { foldOf } from './folds.ts';
import { ElementMemory, lanesOf } from './leaf.ts';
import { lanesFor } from '../loops/width.ts';

/** Where a reduction lives while the walk goes on. */
interface Sum {
  readonly accumulator: Accumulator;
  /** The state of the part of the tree that was done last, in every lane. */
  readonly result: readonly PackVariable[];
  /** The left halves of open nodes, by register. */
  readonly lefts: readonly Local[];
}

export function emitPairwise(reduce: Reduce, emitter: LoopContext): void {
  const { f, counts } = emitter;
  const depth = counts.isWide ? wideDepth : maxDepth;
  const sums = reduce.accumulators.filter(isPairwise).map((accumulator): Sum => {
    const { state, nothing } = monoidOf(accumulator);
    const result = state.map((dtype, k) => {
      const start = constantPack(emitter.context, dtype, nothing[k] ?? 0);
      return new PackVariable(emitter.context, start, `r${accumulator.id}_`);
    });
    return { accumulator, result, lefts: state.map(() => emitter.scratch(8 * depth)) };
  });
  const direct = reduce.axes.length === 1 && lanesFor(reduce.body, emitter.kernel) >= leafLanes;
  const lanes = direct ? leafLanes : lanesFor(reduce.body, emitter.kernel);
  const folds = reduce.accumulators.map((accumulator) =>
    isPairwise(accumulator) ? undefined : foldOf(accumulator, lanes, emitter),
  );
  const length = reduce.axes
    .map((axis) => emitter.extent(axis))
    .reduce((x, y) => counts.op('mul', x, y), counts.of(1));
  const leaf = direct
    ? directLeaf(reduce, sums, folds, emitter)
    : blockedLeaf(reduce, sums, folds, lanes, emitter);
  const { reducedRange } = emitter;
  const count = reducedRange === undefined ? length : counts.op('sub', reducedRange[1], reducedRange[0]);
  walkTree(f, counts, count, emitter.scratch((counts.isWide ? 8 : 4) * depth), leaf, {
    save: (top) => {
      for (const { lefts, result } of sums)
        result.forEach((register, k) => {
          storeUniform(emitter.context, leftAddress(f, lefts[k], top), register.now());
        });
    },
    join: (top) => {
      for (const { accumulator, lefts, result } of sums) {
        const monoid = monoidOf(accumulator);
        const left = monoid.state.map((dtype, k) =>
          loadUniform(emitter.context, dtype, leftAddress(f, lefts[k], top)),
        );
        setAll(result, monoid.combine(packMachine(emitter.context), left, allNow(result)));
      }
    },
  });
  for (const { accumulator, result } of sums) emitter.setState(accumulator, allNow(result));
  reduce.accumulators.forEach((accumulator, k) => {
    const state = folds[k]?.finish();
    if (state !== undefined) emitter.setState(accumulator, state);
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
            const half = counts.op('and', counts.op('shr_s', m, counts.of(1)), counts.of(wholeTurns));
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

const leftAddress = (f: FunctionBuilder, lefts: Operand = i32(0), top: Local): Local =>
  f.op('i32.add', lefts, f.op('i32.shl', top, i32(3)));

/** The elements of a pack, each as a state. */
const elementsOf = (emitter: LoopContext, c: PackRange, { accumulator }: Sum): readonly Pack[] =>
  monoidOf(accumulator).lift(packMachine(c), emitter.pack(accumulator.value));

function directLeaf(
  reduce: Reduce,
  sums: readonly Sum[],
  folds: readonly (Fold | undefined)[],
  emitter: LoopContext,
): (m: Local) => void {
  const { f, counts } = emitter;
  const axis = reduce.axes[0] ?? noAxis;
  emitter.noteWidth(axis, leafLanes, ', added pairwise');
  const from = f.variable(counts.type, emitter.reducedRange?.[0] ?? counts.of(0), 'from');
  const rests = sums.map(({ accumulator }) => new ElementMemory(accumulator, leafLanes * 8, emitter));
  return (m) => {
    const lanes = sums.map(({ accumulator }) => lanesOf(accumulator, emitter));
    const end = counts.op('add', from, counts.fromSmall(m));
    const rest = f.variable('i32', i32(0), 'rest');
    f.loop((again) => {
      const index = f.freeze(from);
      emitter.packAt(axis, leafLanes, index, end, (c) => {
        emitter.steps(reduce.body);
        reduce.accumulators.forEach(({ value }, k) => folds[k]?.step(c, emitter.pack(value), index));
        const elements = sums.map((sum) => elementsOf(emitter, c, sum));
        f.if(
          c.full,
          () => {
            lanes.forEach((state, k) => {
              state.take(c, elements[k] ?? []);
            });
          },
          () => {
            f.set(rest, c.remaining);
            rests.forEach((memory, k) => {
              memory.store(c, elements[k] ?? []);
            });
          },
        );
      });
      f.update(from, `${counts.type}.add`, counts.of(leafLanes));
      f.branch(again, counts.op('lt_u', from, end));
    });
    f.set(from, end);
    sums.forEach(({ result }, k) => {
      setAll(result, lanes[k]?.joined() ?? []);
    });
    f.if(rest, () => {
      sums.forEach(({ result }, k) => {
        rests[k]?.addTo(result, i32(0), rest);
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
  const blocks = sums.map(({ accumulator }) => new ElementMemory(accumulator, leafLength * 8 + 256, emitter));
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
            sums.forEach((sum, k) => {
              blocks[k]?.store(c, elementsOf(emitter, c, sum), to);
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
    sums.forEach(({ accumulator, result }, k) => {
      const lanes = lanesOf(accumulator, emitter);
      const whole = f.op('i32.and', m, i32(wholeTurns));
      blocks[k]?.packs(whole, (c, elements) => {
        lanes.take(c, elements);
      });
      setAll(result, lanes.joined());
      blocks[k]?.addTo(result, whole, f.op('i32.and', m, i32(leafLanes - 1)));
    });
  };
}

interface Start {
  readonly outer: readonly Operand[];
  readonly at: Operand;
  readonly row: Operand;
}

/** The indices of the first element of `reducedRange`: of the axes around the innermost one, along it, and of its row. */
function startOf(emitter: LoopContext, outer: readonly number[], extent: Operand): Start {
  const { counts, reducedRange } = emitter;
  const zero = counts.of(0);
  if (reducedRange === undefined) return { outer: outer.map(() => zero), at: zero, row: zero };
  const [first] = reducedRange;
  const at = counts.op('rem_u', first, extent);
  const indices: Operand[] = [];
  let rows: Operand = counts.op('div_u', first, extent);
  for (const axis of outer.toReversed()) {
    indices.unshift(counts.op('rem_u', rows, emitter.extent(axis)));
    rows = counts.op('div_u', rows, emitter.extent(axis));
  }
  return { outer: indices, at, row: counts.op('sub', first, at) };
}

/** The next index of some axes, as an odometer. */
export function advance(emitter: LoopContext, axes: readonly number[], counters: readonly Local[]): void {
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
