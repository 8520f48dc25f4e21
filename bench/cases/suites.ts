/** The suites by name. */
import type { Case } from './case.ts';
import { overhead } from './overhead.ts';
import { seeds } from './seeds.ts';

export const SUITES = { seeds, overhead } as const satisfies Record<string, readonly Case[]>;

export type SuiteName = keyof typeof SUITES;

export function isSuiteName(name: string | undefined): name is SuiteName {
  return name !== undefined && Object.hasOwn(SUITES, name);
}
