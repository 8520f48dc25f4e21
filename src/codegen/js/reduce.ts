/**
 * Walks that reduce: their axes as one row-major sequence that all its accumulators share.
 *
 * With one among them that rounds the sequence is walked leaf by leaf of the pairwise tree (`pairwise.ts`); otherwise any order gives the same bits and plain nested loops are best.
 */
import { isPairwise, type Reduce } from '../../ir/kernel.ts';
import { isArg } from '../../ir/monoids.ts';
import { flushEvery, foldOf } from './accumulators.ts';
import type { ElementCode, LoopContext } from './loopContext.ts';
import { emitPairwise } from './pairwise.ts';
import type { Scope } from './scope.ts';
import { block, type Code } from '../text/source.ts';

export function emitReduce(reduce: Reduce, emitter: LoopContext, scope: Scope): Code {
  const element = elementOf(reduce, emitter);
  const walk = reduce.accumulators.some(isPairwise)
    ? emitPairwise(reduce, element, emitter, scope)
    : nestedLoops(reduce, element, emitter, scope);
  const finish = element.folds.flatMap((fold) => fold.finish ?? []);
  return [...element.declare, ...walk, ...finish];
}

function elementOf(reduce: Reduce, emitter: LoopContext): ElementCode {
  const others = reduce.accumulators.filter((accumulator) => !isPairwise(accumulator));
  const folds = others.map((accumulator) => ({
    fold: foldOf(accumulator, emitter.closure),
    value: accumulator.value,
  }));
  const [axis, ...more] = reduce.axes;
  const counted = (axis === undefined || more.length > 0) && others.some(({ op }) => isArg(op));
  const counter = `t${others[0]?.id ?? 0}`;
  const position = counted || axis === undefined ? counter : `i${axis}`;
  return {
    folds: folds.map(({ fold }) => fold),
    declare: [...folds.map(({ fold }) => fold.declare), ...(counted ? [`let ${counter} = 0;`] : [])],
    emit(scope) {
      const body = emitter.steps(reduce.body, scope);
      const steps = folds.flatMap(({ fold, value }) => fold.step(emitter.name(value), position));
      return [...scope.head, ...body, ...steps, ...(counted ? [`${counter}++;`] : [])];
    },
  };
}

/** Plain loops; the innermost runs in pieces where an accumulator has to be flushed now and then. */
function nestedLoops(reduce: Reduce, element: ElementCode, emitter: LoopContext, scope: Scope): Code {
  const flushes = element.folds.flatMap((fold) => fold.flush ?? []);
  const loops = (axes: readonly number[], outer: Scope): Code => {
    const [axis, ...rest] = axes;
    if (axis === undefined) return block('', element.emit(outer.inner()));
    const i = `i${axis}`;
    const extent = emitter.extent(axis);
    const inner = outer.inner(axis);
    if (rest.length > 0) {
      const body = loops(rest, inner);
      return block(`for (let ${i} = 0; ${i} < ${extent}; ${i}++)`, [...inner.head, ...body]);
    }
    if (flushes.length === 0)
      return block(`for (let ${i} = 0; ${i} < ${extent}; ${i}++)`, element.emit(inner));
    return block(`for (let from = 0; from < ${extent}; from += ${flushEvery})`, [
      `const end = Math.min(from + ${flushEvery}, ${extent});`,
      ...block(`for (let ${i} = from; ${i} < end; ${i}++)`, element.emit(inner)),
      ...flushes,
    ]);
  };
  return loops(reduce.axes, scope);
}
