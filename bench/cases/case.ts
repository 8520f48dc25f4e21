/**
 * A case: one work at one size, with the inputs it runs on and how its time is to be read.
 */
import type { WorkName } from './works.ts';

/**
 * Inputs are uniform in [low, high), made by the generator in `inputs.ts` from the seed; float64 in no order unless told.
 * Integers are rounded down.
 */
export interface InputSpec {
  readonly shape: readonly number[];
  readonly seed: number;
  readonly low: number;
  readonly high: number;
  readonly dtype?: InputType;
  /** Along the whole array. */
  readonly order?: 'sorted' | 'reversed';
}

export type FloatName = 'float64' | 'float32';
export type InputType = FloatName | 'int64' | 'int32' | 'uint8';

/** Arithmetic that must be done at least, counted as in `arithmetic.ts`. */
export interface Arithmetic {
  readonly operations: number;
  readonly dtype: FloatName;
}

export interface Case {
  readonly name: string;
  readonly work: WorkName;
  readonly inputs: Readonly<Record<string, InputSpec>>;
  /** Bytes that must move at least: each input read once, each output written once. */
  readonly bytes?: number;
  readonly arithmetic?: Arithmetic;
  /** Times are divided by this, for cases whose natural unit is smaller than a call. */
  readonly unit?: { readonly name: string; readonly perCall: number };
  /** Left out by --quick. */
  readonly slow?: boolean;
}
