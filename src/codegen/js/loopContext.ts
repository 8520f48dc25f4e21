/** What the forms of reductions need of the emitter of loops (`emit.ts`), which calls them. */
import type { DType } from '../../ir/dtype.ts';
import type { KernelValue, LoopKernel, Step, ValueId } from '../../ir/kernel.ts';
import type { Fold } from './accumulators.ts';
import type { Scope } from './scope.ts';
import type { Closure, Code } from '../text/source.ts';

export interface LoopContext {
  readonly closure: Closure;
  readonly kernel: LoopKernel;
  /** Whether counts are doubles, exact up to 2^53, and not int32. */
  readonly wide: boolean;
  extent(axis: number): string;
  steps(steps: readonly Step[], scope: Scope): Code;
  value(id: ValueId): KernelValue;
  /** Makes the outcome of a reduction known: `r<id>`, of this dtype. */
  outcome(id: number, dtype: DType): void;
  /** A value where it is used: by its name, or written out where it needs no statement. */
  name(id: ValueId): string;
}

/** One element of the sequence: the body of the loop, then a step of every fold that is not pairwise. */
export interface ElementCode {
  readonly folds: readonly Fold[];
  /** What must be declared before the sequence starts. */
  readonly declare: Code;
  /** The element's code inside `scope`, without the steps of pairwise accumulators. */
  emit(scope: Scope): Code;
}
