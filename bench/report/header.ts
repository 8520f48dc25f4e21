/** What a result file says before its rows. */
import type { Machine } from '../measure/machine.ts';

export interface Header {
  readonly suite: string;
  readonly quick: boolean;
  readonly date: string;
  readonly machine: Machine;
  readonly copyBytesPerSecond: number;
  readonly peers: readonly { readonly name: string; readonly version: string; readonly threads: number }[];
}
