/** Stores at computed places: loops run in row-major order as they are, so that updates meet in theirs. */
import { computeDType } from '../../ir/dtype.ts';
import type { GatherTerm, KernelIndex, Scatter, Store } from '../../ir/kernel.ts';
import { combined } from '../../ir/scatter.ts';
import { bare, block, type Code } from '../text/source.ts';
import type { LoopContext } from './loopContext.ts';
import { programText } from './ops.ts';
import type { Scope } from './scope.ts';

interface ScatterContext extends LoopContext {
  address(
    index: KernelIndex,
    gathers: readonly GatherTerm[],
    operation: 'take' | 'scatter',
    scope: Scope,
  ): string;
}

export function emitScatter(
  { buffer, index, value }: Store,
  { gathers, op }: Scatter,
  context: ScatterContext,
  scope: Scope,
): Code {
  const { closure, kernel } = context;
  const dtype = computeDType(kernel.buffers[buffer]?.dtype ?? 'float64');
  const isBool = dtype === 'bool';
  const place = context.address(index, gathers, 'scatter', scope);
  const element = `b${buffer}[at]`;
  const program = programText(closure, 'e');
  const result = program.ending(combined(program, op, dtype, 'there', context.name(value)));
  return block('', [
    `const at = ${place};`,
    ...(op === 'set' ? [] : [`const there = ${element}${isBool ? ' !== 0' : ''};`]),
    ...program.lines,
    `${element} = ${isBool ? `${result} ? 1 : 0` : bare(result)};`,
  ]);
}
