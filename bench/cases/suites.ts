/** The suites by name: their cases, and what kind of machine they are about. */
import { array } from './array.ts';
import type { Case } from './case.ts';
import { gpu, gpuQuick } from './gpu.ts';
import { overhead } from './overhead.ts';
import { parallel } from './parallel.ts';
import { seeds } from './seeds.ts';

export interface Suite {
  readonly device: 'cpu' | 'gpu';
  readonly cases: readonly Case[];
  /** `all`: implementations use all processors; `both`: lazuli does as well, its peers one. One unless told. */
  readonly threads?: 'all' | 'both';
  /** The cases of --quick, where leaving out the slow ones is not enough. */
  readonly quickCases?: readonly Case[];
}

export const SUITES = {
  seeds: { device: 'cpu', cases: seeds },
  overhead: { device: 'cpu', cases: overhead },
  array: { device: 'cpu', cases: array, threads: 'both' },
  parallel: { device: 'cpu', cases: parallel, threads: 'all' },
  gpu: { device: 'gpu', cases: gpu, quickCases: gpuQuick },
} as const satisfies Record<string, Suite>;

export type SuiteName = keyof typeof SUITES;

export function isSuiteName(name: string | undefined): name is SuiteName {
  return name !== undefined && Object.hasOwn(SUITES, name);
}

export function casesOf(suite: Suite, quick: boolean): readonly Case[] {
  if (!quick) return suite.cases;
  return suite.quickCases ?? suite.cases.filter(({ slow }) => slow !== true);
}
