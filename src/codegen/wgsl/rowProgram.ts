/**
 * A loop kernel as the program of one row.
 *
 * The axes outside (parallel) count rows; each row runs the same steps: values, stores, and *walks* over the axes
 * inside, some of which reduce. A kernel without inner axes is a map, one without outer axes has a single row. That is
 * all the shape lowering gives a kernel, and it is what a device wants to know: rows and walks are what it spreads over
 * its invocations.
 */
import { InternalError } from '../../ir/errors.ts';
import {
  argsOf,
  type Accumulator,
  type KernelInt,
  type KernelValue,
  type LoopKernel,
  type Statement,
  type ValueId,
} from '../../ir/kernel.ts';

export type Let = Extract<Statement, { kind: 'let' }>;
export type Store = Extract<Statement, { kind: 'store' }>;
export type Line = Let | Store;

export interface Walk {
  readonly kind: 'walk';
  readonly axes: readonly number[];
  /** None where it only stores. */
  readonly accumulators: readonly Accumulator[];
  readonly lines: readonly Line[];
}

export interface RowProgram {
  readonly kernel: LoopKernel;
  readonly parallel: readonly number[];
  readonly steps: readonly (Line | Walk)[];
}

export const isWalk = (step: Line | Walk): step is Walk => step.kind === 'walk';
export const walksOf = ({ steps }: RowProgram): readonly Walk[] => steps.filter(isWalk);

export function rowProgramOf(kernel: LoopKernel): RowProgram {
  const parallel: number[] = [];
  const steps: (Line | Walk)[] = [];
  const fail = (what: string): never => {
    throw new InternalError('webgpu', `${what} is no program of rows`);
  };
  const visit = (statements: readonly Statement[]): void => {
    statements.forEach((statement, k) => {
      if (statement.kind === 'let' || statement.kind === 'store') steps.push(statement);
      else if (statement.kind === 'reduce')
        steps.push({ ...statement, kind: 'walk', lines: linesIn(statement.body, []) });
      else if (kernel.axes[statement.axis]?.role === 'row') {
        const axes: number[] = [];
        const lines = linesIn([statement], axes);
        steps.push({ kind: 'walk', axes, accumulators: [], lines });
      } else {
        if (k !== statements.length - 1 || steps.some((step) => step.kind !== 'let'))
          fail('work beside rows');
        parallel.push(statement.axis);
        visit(statement.body);
      }
    });
  };
  /** The lines inside nested loops over a row; what depends on fewer axes is done again for each element. */
  const linesIn = (statements: readonly Statement[], axes: number[]): Line[] =>
    statements.flatMap((statement) => {
      if (statement.kind === 'let' || statement.kind === 'store') return [statement];
      if (statement.kind === 'reduce') return fail('a reduction inside a row');
      axes.push(statement.axis);
      return linesIn(statement.body, axes);
    });
  visit(kernel.body);
  return { kernel, parallel, steps };
}

export function valueOf(kernel: LoopKernel, id: ValueId): KernelValue {
  const value = kernel.values[id];
  if (value === undefined) throw new InternalError('webgpu', `the kernel has no value ${id}`);
  return value;
}

/** A run-time integer, given all of them. */
export const evaluateInt = (value: KernelInt, integers: readonly number[]): number =>
  'literal' in value ? value.literal : (integers[value.parameter] ?? 0);

export const extentOf = (kernel: LoopKernel, axis: number): KernelInt =>
  kernel.axes[axis]?.extent ?? { literal: 1 };

/** How often loops over `axes` run in all. */
export const countOf = (kernel: LoopKernel, axes: readonly number[], integers: readonly number[]): number =>
  axes.reduce((count, axis) => count * evaluateInt(extentOf(kernel, axis), integers), 1);

/** The values that `roots` are computed from, themselves among them. */
export function reachable(kernel: LoopKernel, roots: readonly ValueId[]): ReadonlySet<ValueId> {
  const seen = new Set<ValueId>();
  const stack = [...roots];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    stack.push(...argsOf(valueOf(kernel, id)));
  }
  return seen;
}
