/**
 * A case: one work at one size, with the inputs it runs on and how its time is to be read.
 */
import type { WorkName } from './works.ts';

/** Inputs are uniform in [low, high), made by the generator in `inputs.ts` from the seed. */
export interface InputSpec {
  readonly shape: readonly number[];
  readonly seed: number;
  readonly low: number;
  readonly high: number;
}

export interface Case {
  readonly name: string;
  readonly work: WorkName;
  readonly inputs: Readonly<Record<string, InputSpec>>;
  /** Bytes that must move at least: each input read once, each output written once. */
  readonly bytes?: number;
  /** Times are divided by this, for cases whose natural unit is smaller than a call. */
  readonly unit?: { readonly name: string; readonly perCall: number };
  /** Left out by --quick. */
  readonly slow?: boolean;
}
