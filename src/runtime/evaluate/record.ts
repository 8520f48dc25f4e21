/** What an evaluation leaves behind: values, and what is needed to explain it. */
import type { DType, Scalar } from '../../ir/dtype.ts';
import type { ArraySource } from '../../ir/node.ts';
import type { Plan } from '../../passes/plan.ts';
import type { KeptPart } from './keptPart.ts';
import type { TargetChoice } from '../choose/decision.ts';
import type { HeapUse } from '../executors/executor.ts';

/** What is needed to explain an evaluation afterwards: structure and numbers, no data. */
export interface EvaluationRecord {
  readonly plan: Plan | undefined;
  readonly numbers: readonly number[];
  readonly scalars: readonly Scalar[];
  readonly choice: TargetChoice;
  readonly memoHit: boolean;
  /** Only of targets that work there. */
  readonly heap: HeapUse | undefined;
  /** What was stored for later evaluations. */
  readonly parts: readonly KeptPart[];
}

export interface Evaluated {
  readonly source: ArraySource;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly record: EvaluationRecord;
}
