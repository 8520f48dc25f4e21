/**
 * What the parts of a module under construction share: helper functions, imports, tables in memory, and notes for
 * people.
 */
import type { Table } from '../../ir/math/machine.ts';
import type { FunctionBuilder } from './assembler/function.ts';
import type { ImportedFunction } from './assembler/module.ts';

/** Called by generated code with the offending index (as f64) and the size of the axis; it throws. */
export const indexError: ImportedFunction = { name: 'indexError', parameters: ['f64', 'i32'] };

export interface EmittedKernel {
  readonly main: FunctionBuilder;
  /** Bytes of memory the kernel needs for itself. */
  readonly scratchBytes: number;
  /** The axis whose loop runs from the second to the third parameter, so that work can be split; in multiples of this. */
  readonly split: { readonly axis: number; readonly granule: number } | undefined;
}

export class ModuleContext {
  /** In the order of their first use. */
  readonly helpers = new Map<string, FunctionBuilder>();
  readonly imports = new Set<ImportedFunction>();
  /** What people should know about the loops: how many elements they take at a time, and why not more. */
  readonly notes = new Set<string>();
  readonly #place: (table: Table) => number;

  /** `place` puts a table into memory for good and gives its address; the same table always has the same one. */
  constructor(place: (table: Table) => number) {
    this.#place = place;
  }

  /** A function of the module, built on first use; gives its name, to be called. */
  helper(name: string, build: () => FunctionBuilder): string {
    if (!this.helpers.has(name)) this.helpers.set(name, build());
    return name;
  }

  note(text: string): void {
    this.notes.add(text);
  }

  addressOf(table: Table): number {
    return this.#place(table);
  }

  /** Makes an imported function known; gives its name, to be called. */
  import(imported: ImportedFunction): string {
    this.imports.add(imported);
    return imported.name;
  }
}
