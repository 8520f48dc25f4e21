/**
 * Reductions along an outer axis, a tile of columns at a time: where they pay, and what runs in which order.
 *
 * `for each column, for each row` strides through memory: every element touches another cache line. Where the columns
 * are adjacent in memory the two loops change places: rows outside, a tile of columns inside, with one accumulator
 * (eight lanes for float sums) per column. Each column still sees its rows in the order and in the tree of the numerics
 * contract, so the bits are those of the plain loops. What is computed per column between the reductions goes to arrays
 * of one tile. The targets of the CPU print this, each in its own way.
 *
 * Windows are adjacent both ways, along their positions and within. For vectors that is a reason for this form, since
 * windows are short and positions are many; one by one, a window is better taken at a time.
 */
import {
  argsOf,
  strideOf,
  type Accumulator,
  type Line,
  type LoopKernel,
  type Loops,
  type Reduce,
  type Step,
  type ValueId,
} from '../ir/kernel.ts';
import { isLine, valueOf } from '../ir/nest.ts';

/** Columns of one tile: 2 KiB of float64 per array, so that eight lanes take half of the first-level cache. */
export const columnTile = 256;

export interface Columns {
  /** The loop over columns. */
  readonly axis: number;
  /** Reductions, each with the lines that run once per column ahead of it. */
  readonly stages: readonly { readonly lines: readonly Line[]; readonly reduce: Reduce }[];
  /** What runs once per column after the last reduction. */
  readonly rest: readonly Line[];
}

/** What a target can do by columns: these reductions, and windows. */
export interface ColumnForm {
  readonly takes: (accumulator: Accumulator) => boolean;
  readonly windows: boolean;
}

/** The columns of a loop whose reductions read adjacent columns and distant rows. */
export function columnsOf(
  { axes, body }: Loops<Step>,
  kernel: LoopKernel,
  { takes, windows }: ColumnForm,
): Columns | undefined {
  const [axis] = axes;
  if (axis === undefined || axes.length > 1) return undefined;
  const stages: { readonly lines: readonly Line[]; readonly reduce: Reduce }[] = [];
  let rest: Line[] = [];
  let adjacent = 0;
  for (const step of body) {
    if (isLine(step)) rest.push(step);
    else if (step.kind !== 'reduce' || !step.accumulators.every(takes)) return undefined;
    else {
      const loads = adjacentLoads(step, axis, kernel, windows);
      if (loads === undefined) return undefined;
      adjacent += loads;
      stages.push({ lines: rest, reduce: step });
      rest = [];
    }
  }
  return adjacent > 0 ? { axis, stages, rest } : undefined;
}

/** How many loads of a reduction are better read along `column`; `undefined`: it goes along its row, or stores. */
function adjacentLoads(
  { axes, body }: Reduce,
  column: number,
  kernel: LoopKernel,
  windows: boolean,
): number | undefined {
  if (axes.length === 0) return undefined;
  let adjacent = 0;
  for (const line of body) {
    if (line.kind === 'store') return undefined;
    const value = valueOf(kernel, line.value);
    if (value.kind !== 'load') continue;
    const along = strideOf(value.index, column);
    // What is the same for every column is read once for all of them.
    if (along === 0) continue;
    const strides = axes.map((row) => strideOf(value.index, row));
    if (strides.includes(1) && !(windows && along === 1)) return undefined;
    if (along === 1 && strides.some((stride) => stride !== 0)) adjacent++;
  }
  return adjacent;
}

/** The values that lines use, after `values`: some of them may have been computed for the same columns before. */
export function usedBy(
  lines: readonly Line[],
  kernel: LoopKernel,
  values: readonly ValueId[] = [],
): ReadonlySet<ValueId> {
  const used = new Set(values);
  for (const line of lines)
    if (line.kind === 'store') used.add(line.value);
    else for (const arg of argsOf(valueOf(kernel, line.value))) used.add(arg);
  return used;
}
