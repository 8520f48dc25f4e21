/**
 * The order of parallel loops around an element. They may run in any order; the innermost stays, for results lie along
 * it. What is read along an outer axis instead gets that axis moved next to the innermost one, so that the two can run
 * in tiles (`tiles.ts`): the third axis of `x.permute(2, 1, 0)` is the first of the result.
 */
import { strideOf, type Line, type LoopKernel, type PlainWalk, type Points } from '../../../ir/kernel.ts';
import { isFlat, linesIn, scattersOf, valueOf } from '../../../ir/nest.ts';

/** Loops in the order they should run in; where values are hoisted or walks inside, they stay as they are. */
export function ordered<L extends Points | PlainWalk>(loops: L, kernel: LoopKernel): L {
  const { axes, hoisted } = loops;
  const [parent, innermost] = axes.slice(-2);
  // Updates at computed places meet in the order of the loops.
  if (scattersOf(linesIn(loops)).length > 0) return loops;
  if (axes.length < 3 || hoisted.some(({ length }) => length > 0) || !isFlat(loops)) return loops;
  const line = innermost === undefined ? undefined : lineAxis(innermost, loops.body, kernel);
  if (innermost === undefined || line === undefined || line === parent || line === innermost) return loops;
  return { ...loops, axes: [...axes.filter((axis) => axis !== line && axis !== innermost), line, innermost] };
}

/** The axis along which most loads that do not follow the innermost loop are contiguous. */
function lineAxis(innermost: number, lines: readonly Line[], kernel: LoopKernel): number | undefined {
  const votes = new Map<number, number>();
  for (const line of lines) {
    if (line.kind !== 'let') continue;
    const value = valueOf(kernel, line.value);
    if (value.kind !== 'load' || value.gathers.length > 0) continue;
    const along = strideOf(value.index, innermost);
    if (along === 0 || along === 1) continue;
    for (const { axis } of value.index.terms)
      if (strideOf(value.index, axis) === 1) votes.set(axis, (votes.get(axis) ?? 0) + 1);
  }
  let best: number | undefined;
  for (const [axis, count] of votes) if (best === undefined || count > (votes.get(best) ?? 0)) best = axis;
  return best;
}
