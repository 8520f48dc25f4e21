/**
 * Walks that reduce. What rounds follows the pairwise tree (`pairwise.ts`); everything else may be combined in any order
 * (`folds.ts`).
 */
import { isPairwise, type Reduce } from '../../../ir/kernel.ts';
import { isArg } from '../../../ir/monoids.ts';
import { noAxis } from '../loops/addresses.ts';
import type { PackRange } from '../loops/access.ts';
import type { Operand } from '../assembler/operands.ts';
import type { LoopContext } from '../loops/loopContext.ts';
import { foldOf } from './folds.ts';
import { emitPairwise } from './pairwise.ts';
import { lanesFor } from '../loops/width.ts';

export function emitReduce(reduce: Reduce, emitter: LoopContext): void {
  if (reduce.accumulators.some(isPairwise)) {
    emitPairwise(reduce, emitter);
    return;
  }
  const lanes = lanesFor(reduce.body, emitter.kernel);
  const folds = reduce.accumulators.map((accumulator) => foldOf(accumulator, lanes, emitter));
  overSequence(reduce, lanes, emitter, (c, position) => {
    emitter.steps(reduce.body);
    reduce.accumulators.forEach(({ value }, k) => folds[k]?.step(c, emitter.pack(value), position));
  });
  reduce.accumulators.forEach((accumulator, k) => {
    const state = folds[k]?.finish();
    if (state !== undefined) emitter.setState(accumulator, state);
  });
}

/** The number of elements per iteration of the first axis. */
const rowLength = ({ axes }: Reduce, emitter: LoopContext): Operand =>
  axes
    .slice(1)
    .map((axis) => emitter.extent(axis))
    .reduce((x, y) => emitter.counts.op('mul', x, y), emitter.counts.of(1));

/** The axes of a reduction as nested loops, the innermost in packs; `body` gets the place in the sequence. */
function overSequence(
  reduce: Reduce,
  lanes: number,
  emitter: LoopContext,
  body: (c: PackRange, position: Operand) => void,
): void {
  const { f, counts } = emitter;
  const counted = reduce.axes.length !== 1 && reduce.accumulators.some(({ op }) => isArg(op));
  const { reducedRange } = emitter;
  const first = reduce.axes[0] ?? noAxis;
  const before =
    reducedRange === undefined ? counts.of(0) : counts.op('mul', reducedRange[0], rowLength(reduce, emitter));
  const row = counted ? f.variable(counts.type, before) : undefined;
  const boundsOf = (axis: number): readonly [Operand, Operand] =>
    reducedRange !== undefined && axis === first ? reducedRange : [counts.of(0), emitter.extent(axis)];
  const nest = (axes: readonly number[]): void => {
    const [axis, ...rest] = axes;
    if (axis === undefined) {
      // A reduction over no axes: a sequence of one element.
      emitter.packAt(noAxis, lanes, counts.of(0), counts.of(1), (range) => {
        body(range, counts.of(0));
      });
      return;
    }
    if (rest.length > 0) {
      emitter.noteOneByOne(axis);
      emitter.plainLoop(
        axis,
        () => {
          emitter.hoist(reduce.body);
          nest(rest);
        },
        ...boundsOf(axis),
      );
      return;
    }
    emitter.vectorLoop(
      axis,
      lanes,
      (range, index) => {
        body(range, row === undefined ? index : counts.op('add', row, index));
      },
      ...boundsOf(axis),
    );
    if (row !== undefined) f.update(row, `${counts.type}.add`, emitter.extent(axis));
  };
  nest(reduce.axes);
}
