/**
 * What the parts of a module under construction share: helper functions, imports, tables in memory, and notes for
 * explain.
 */
import { monoidOf, type Accumulator, type Kernel, type KernelInt } from '../../../ir/kernel.ts';
import { accumulatorsOf, walksOf } from '../../../ir/nest.ts';
import { mathTable } from '../../../ir/math/functions.ts';
import type { Table } from '../../../ir/math/machine.ts';
import type { CodeOp } from '../../../ir/ops.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import type { ImportedFunction } from '../assembler/module.ts';

/** Called by generated code with an index that is outside, as `failIndex` takes it; it throws. */
export const indexError: ImportedFunction = { name: 'indexError', parameters: ['f64', 'f64', 'i32'] };

/** A function whose second and third parameter bound a loop with independent iterations. */
export interface SplitFunction {
  readonly f: FunctionBuilder;
  /** The number of iterations, as a product. */
  readonly iterations: readonly KernelInt[];
  /** Parts should begin at multiples of this. */
  readonly alignment: number;
  /** What the iterations go over, for explain. */
  readonly label: string;
}

/** Functions that do the same work, each split another way. */
export interface EmittedPhase {
  readonly splits: readonly SplitFunction[];
  /** What a part of a reduction leaves behind, the state of each; empty for a loop. */
  readonly accumulators: readonly Accumulator[];
  /** The number of elements, as a product. */
  readonly space: readonly KernelInt[];
}

export interface EmittedPhases {
  readonly phases: readonly EmittedPhase[];
  readonly scratchBytes: number;
  /** Scratch buffers of which each thread has its own copy. */
  readonly perThread: ReadonlySet<number>;
  /** Memory in which phases leave things for later ones: functions find its address in their last parameter. */
  readonly sharedBytes?: number;
}

export interface EmittedKernel {
  /** The whole kernel. */
  readonly main: FunctionBuilder;
  /** Bytes of memory each thread needs for itself. */
  readonly scratchBytes: number;
  /** Functions that run the whole kernel, each split along another loop; `main` first if it is one of them. */
  readonly splits: readonly SplitFunction[];
  /** The number of elements, as a product. */
  readonly space: readonly KernelInt[];
  /** The axis that `main` runs over, if it is a loop. */
  readonly axis: number | undefined;
  /** A routine in phases, and the sizes at which they are better than a split of `main`. */
  readonly phases?: (module: ModuleContext) => EmittedPhases;
  readonly takesPhases?: (integers: ArrayLike<number>) => boolean;
  /** Turns of `main` run one after the other, on one thread. */
  readonly inOrder?: boolean;
}

/** Math functions that a kernel uses so often are functions of its module as long as the kernel is cold. */
const manyUses = 4;

export function repeatedIn(kernel: Kernel): ReadonlySet<CodeOp> {
  const uses = new Map<CodeOp, number>();
  const use = (op: CodeOp, count = 1): void => {
    if (op in mathTable) uses.set(op, (uses.get(op) ?? 0) + count);
  };
  if (kernel.kind === 'loops') {
    for (const value of kernel.values) if (value.kind === 'op') use(value.op);
    // States are combined in many places: in lanes, between them, behind them, and at the nodes of the tree.
    for (const accumulator of walksOf(kernel).flatMap(accumulatorsOf))
      for (const op of monoidOf(accumulator).combinations) use(op, manyUses);
  }
  return new Set([...uses].flatMap(([op, count]) => (count >= manyUses ? [op] : [])));
}

export class ModuleContext {
  /** In the order of their first use. */
  readonly helpers = new Map<string, FunctionBuilder>();
  readonly imports = new Set<ImportedFunction>();
  /** What people should know about the loops: how many elements they take at a time, and why not more. */
  readonly notes = new Set<string>();
  readonly #place: (table: Table) => number;
  readonly #repeated: ReadonlySet<CodeOp>;

  /**
   * `place` puts a table into memory for good and gives its address; the same table always has the same one. `repeated`
   * are the operations whose code stands in one place, to be called.
   */
  constructor(place: (table: Table) => number, repeated: ReadonlySet<CodeOp> = new Set()) {
    this.#place = place;
    this.#repeated = repeated;
  }

  /** A function of the module, built on first use; gives its name, to be called. */
  helper(name: string, build: () => FunctionBuilder): string {
    if (!this.helpers.has(name)) this.helpers.set(name, build());
    return name;
  }

  /** Whether the code of an operation stands in one place. */
  isRepeated(op: CodeOp): boolean {
    return this.#repeated.has(op);
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
