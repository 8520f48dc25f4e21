/**
 * The order of parallel loops around an element. They may run in any order; the innermost stays, for results lie along
 * it. What is read along an outer axis instead gets that axis moved next to the innermost one, so that the two can run
 * in tiles (`tiles.ts`): the third axis of `x.permute(2, 1, 0)` is the first of the result.
 */
import { strideOf, type KernelValue, type Statement, type ValueId } from '../../../ir/kernel.ts';
import { isFlat, type Loop } from './statements.ts';

/** The nest with its loops in the order they should run in; statements that are no such nest stay as they are. */
export function ordered(statement: Statement, valueOf: (id: ValueId) => KernelValue): Statement {
  const loops = nestOf(statement);
  const innermost = loops.at(-1);
  const parent = loops.at(-2);
  if (innermost === undefined || parent === undefined || loops.length < 3) return statement;
  const line = lineAxis(innermost, valueOf);
  if (line === undefined || line === parent.axis || line === innermost.axis) return statement;
  const axes = loops.map(({ axis }) => axis).filter((axis) => axis !== line && axis !== innermost.axis);
  return [...axes, line].reduceRight<Statement>(
    (body, axis) => ({ kind: 'loop', axis, body: [body] }),
    innermost,
  );
}

/** Loops that hold nothing but the next one, down to one without loops inside. */
function nestOf(statement: Statement): readonly Loop[] {
  const loops: Loop[] = [];
  for (let at: Statement | undefined = statement; at?.kind === 'loop';) {
    loops.push(at);
    const [only, ...more]: readonly Statement[] = at.body;
    if (isFlat(at.body)) return loops;
    if (more.length > 0) return [];
    at = only;
  }
  return [];
}

/** The axis along which most loads that do not follow the innermost loop are contiguous. */
function lineAxis(innermost: Loop, valueOf: (id: ValueId) => KernelValue): number | undefined {
  const votes = new Map<number, number>();
  for (const statement of innermost.body) {
    if (statement.kind !== 'let') continue;
    const value = valueOf(statement.value);
    if (value.kind !== 'load' || value.gathers.length > 0) continue;
    const along = strideOf(value.index, innermost.axis);
    if (along === 0 || along === 1) continue;
    for (const { axis } of value.index.terms)
      if (strideOf(value.index, axis) === 1) votes.set(axis, (votes.get(axis) ?? 0) + 1);
  }
  let best: number | undefined;
  for (const [axis, count] of votes) if (best === undefined || count > (votes.get(best) ?? 0)) best = axis;
  return best;
}
