/** The suites by name. */
import type { Case } from './case.ts';
import { overhead } from './overhead.ts';
import { parallel } from './parallel.ts';
import { seeds } from './seeds.ts';

export const SUITES = { seeds, overhead, parallel } as const satisfies Record<string, readonly Case[]>;

export type SuiteName = keyof typeof SUITES;

export function isSuiteName(name: string | undefined): name is SuiteName {
  return name !== undefined && Object.hasOwn(SUITES, name);
}

/** Whether implementations use all processors. */
export const usesThreads = (suite: SuiteName): boolean => suite === 'parallel';
