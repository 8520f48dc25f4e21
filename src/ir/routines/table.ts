/** The routines there are, by name. */
import { InternalError } from '../errors.ts';
import { matmul } from './matmul.ts';
import type { RoutineRow } from './row.ts';
import { sort, sortWithPositions } from './sort.ts';

export const routineTable = { matmul, sort, sortWithPositions } as const satisfies Readonly<
  Record<string, RoutineRow>
>;

export type RoutineName = keyof typeof routineTable;

/** What a target has for the routines it has code of its own for. */
export type RoutineCode<T> = Readonly<Partial<Record<RoutineName, T>>>;

const rows = new Map<string, RoutineRow>(Object.entries(routineTable));

export function routineRow(name: RoutineName): RoutineRow {
  const row = rows.get(name);
  if (row === undefined) throw new InternalError(name, 'is not in the table of routines');
  return row;
}

/** Adds a routine that is not in the table. Returns its name, and what takes it back. For tests. */
export function registerRoutine(
  name: string,
  row: RoutineRow,
): { readonly name: RoutineName; readonly unregister: () => void } {
  if (rows.has(name)) throw new InternalError(name, 'is a routine already');
  rows.set(name, row);
  return { name: name as RoutineName, unregister: () => void rows.delete(name) };
}
