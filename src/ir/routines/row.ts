/**
 * What a routine is made of.
 *
 * A routine is work that is no loop nest over scalar expressions: a matrix product, a sort. It is called as a whole, on
 * arrays in memory. Its row says everything that passes, cost model, explain and the reference evaluator know about
 * it; targets may have code of their own for it, and where one has none, the reference function of the row runs.
 *
 * Shapes follow a signature as those of NumPy's generalized ufuncs do: `(m, k), (k, n) -> (m, n)`. Axes in front of
 * those of the signature are batch axes, the same for all operands; the routine is applied at each point of them.
 */
import type { ComputeDType, DType, TypedArray } from '../dtype.ts';

export type Settings = Readonly<Record<string, string | number | boolean>>;

export const noSettings: Settings = {};

/** Names of sizes, one for each of the last axes of an array. */
export type CoreAxes = readonly string[];

export interface RoutineRow {
  /** The sizes that the signature names, in the order in which its loops are shown. */
  readonly sizes: readonly string[];
  readonly operands: readonly CoreAxes[];
  readonly results: readonly CoreAxes[];
  /**
   * How operands lie in memory. `strided`: under any offset and strides; `contiguous`: row-major from the start of an
   * array, so that views of other layouts are copied first.
   */
  readonly layout: 'strided' | 'contiguous';
  /** The dtypes of the results; throws a `DTypeError` that says what `operation` does not take. */
  dtypes(operation: string, operands: readonly ComputeDType[], settings: Settings): readonly ComputeDType[];
  /** Scalar operations at each point of the sizes, for explain. */
  readonly ops: number;
  /** The work at one point of the batch axes, in additions; `sizes` in the order of the row. */
  work(sizes: readonly number[]): number;
  /**
   * Memory that the code of a target needs at one point of the batch axes, for operands of these dtypes and the
   * results that a call stores. The reference function uses none.
   */
  scratch?(operands: readonly ComputeDType[], stored: readonly number[]): readonly RoutineScratch[];
  /** What the routine means, at one point of the batch axes. */
  reference(call: ReferenceCall): void;
}

/** `perElement` elements for each element of an array with these axes. */
export interface RoutineScratch {
  readonly dtype: ComputeDType;
  readonly axes: CoreAxes;
  readonly perElement: number;
}

/** An array that a reference function reads or writes: its last axes, those of the signature. */
export interface ReferenceArray {
  readonly dtype: DType;
  readonly values: TypedArray;
  readonly offset: number;
  readonly strides: readonly number[];
}

export interface ReferenceCall {
  /** In the order of the row. */
  readonly sizes: readonly number[];
  readonly operands: readonly ReferenceArray[];
  /** `undefined` for a result that the call does not store. */
  readonly results: readonly (ReferenceArray | undefined)[];
  readonly settings: Settings;
}
