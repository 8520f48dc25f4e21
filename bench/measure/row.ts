/** One line of a result: an implementation on a case. */
import type { Form } from '../peers/peer.ts';

interface RowIdentity {
  readonly suite: string;
  readonly case: string;
  readonly impl: string;
  /** null: not lazuli. */
  readonly form: Form | null;
  readonly threads: number;
}

/** Times are per call, or per unit where the case declares one. */
export interface MeasuredRow extends RowIdentity {
  readonly status: 'measured';
  readonly target: string;
  readonly medianNs: number;
  readonly q1Ns: number;
  readonly q3Ns: number;
  /** The very first call, compilation included. */
  readonly coldNs: number;
  readonly samples: number;
  /** The kernels alone, by the clock of the device; null where there is none. */
  readonly kernelNs: number | null;
  /** null: the work has no result, or there is no reference for it. */
  readonly agrees: boolean | null;
  readonly error: number | null;
  /** Size of the WebAssembly compiled for one call; null where that is not the point. */
  readonly moduleBytes: number | null;
}

export interface FailedRow extends RowIdentity {
  readonly status: 'failed';
  readonly reason: string;
}

export type Row = MeasuredRow | FailedRow;

export const measuredRows = (rows: readonly Row[]): readonly MeasuredRow[] =>
  rows.filter((row) => row.status === 'measured');
