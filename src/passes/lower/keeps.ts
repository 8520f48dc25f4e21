/**
 * Values that are read back from memory instead of computed again. A costly value that is the same for every iteration
 * of an outer loop goes to a table, before all points. One that several walks over a row need goes to a row buffer, or is
 * read from its own output.
 */
import type { DType } from '../../ir/dtype.ts';
import { one, productOfSizes, zero, type Size } from '../../ir/size.ts';
import { argsOf, type Expression, type PlanBuffer } from '../expression.ts';
import type { Affine } from '../indexMap.ts';
import type { ScratchBuffer } from '../plan.ts';
import type { Draft, MapItem } from './draft.ts';
import type { Stages } from './stages.ts';

/** Work from which a value is kept in a row buffer rather than repeated in the next walk over the row (1 = one add). */
const keepWeight = 8;
/** The same where the value is stored anyway. */
const reloadWeight = 2;
/** Work from which a value goes to a table rather than being repeated in an outer loop. */
const tableWeight = 16;

/** Where a value lies. */
export interface Stored {
  readonly value: Expression;
  readonly dtype: DType;
  /** Scratch memory of the kernel, or an output that the kernel stores anyway. */
  readonly buffer: ScratchBuffer | PlanBuffer;
  readonly index: Affine;
}

export interface Table extends Stored {
  readonly buffer: ScratchBuffer;
  /** Outermost first. */
  readonly loops: readonly number[];
}

export interface Kept extends Stored {
  /** The stage that computes it. */
  readonly stage: number;
}

type Weight = (e: Expression) => number;

export function tablesOf({ rows, reduced, extents, items }: Draft, stages: Stages, weight: Weight): Table[] {
  const order = [...rows, ...reduced];
  if (order.length < 2) return [];
  const tables: Table[] = [];
  const seen = new Set<Expression>();
  const visit = (e: Expression): void => {
    if (seen.has(e)) return;
    seen.add(e);
    const { loops: needed, stage, gathers } = stages.of(e);
    const loops = order.filter((loop) => (needed & (1 << loop)) !== 0);
    const last = loops.at(-1);
    const isRepeated = last !== undefined && loops.length <= order.indexOf(last);
    if (isRepeated && stage === 0 && !gathers && weight(e) >= tableWeight)
      tables.push({ ...scratchOver(loops, extents, e), loops });
    else for (const arg of argsOf(e)) visit(arg);
  };
  for (const { value } of items) visit(value);
  return tables;
}

/** Values that a later walk over the row reads back. */
export function keptBetweenStages(draft: Draft, stages: Stages, weight: Weight): Kept[] {
  const { count } = stages;
  if (count === 1) return [];
  const firstUse = new Map<Expression, number>();
  const kept = new Map<Expression, Kept>();
  const visit = (e: Expression, stage: number): void => {
    if (!stages.isRowDependent(e)) return;
    const first = firstUse.get(e);
    if (first !== undefined && first < stage) {
      if (kept.has(e)) return;
      const output = draft.items.find(
        (item): item is MapItem =>
          item.level === 'full' && item.value === e && item.isStored && stages.of(e).stage <= first,
      );
      if (weight(e) >= (output === undefined ? keepWeight : reloadWeight)) {
        const stored =
          output === undefined
            ? scratchOver(draft.reduced, draft.extents, e)
            : { value: e, dtype: e.dtype, buffer: output.head.buffer, index: output.store };
        kept.set(e, { ...stored, stage: first });
        return;
      }
    } else if (first === stage) return;
    else firstUse.set(e, stage);
    for (const arg of argsOf(e)) visit(arg, stage);
  };
  for (let stage = 0; stage < count; stage++) {
    const { reduces, stores } = stages.workOf(stage);
    for (const { value } of [...reduces, ...stores]) visit(value, stage);
  }
  return [...kept.values()];
}

/** Scratch memory for a value at each point of some loops, in row-major order. */
function scratchOver(
  loops: readonly number[],
  extents: readonly Size[],
  value: Expression,
): Stored & { readonly buffer: ScratchBuffer } {
  const sizeOf = (inside: readonly number[]): Size =>
    productOfSizes(inside.map((loop) => extents[loop] ?? one));
  const strides = extents.map((_, loop) => {
    const at = loops.indexOf(loop);
    return at < 0 ? zero : sizeOf(loops.slice(at + 1));
  });
  return {
    value,
    dtype: value.dtype,
    buffer: { kind: 'scratch', dtype: value.dtype, size: sizeOf(loops) },
    index: { offset: zero, strides },
  };
}
