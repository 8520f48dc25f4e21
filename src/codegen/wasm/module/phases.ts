/**
 * A kernel in phases: what lies between two points where all threads have to meet.
 *
 * A kernel that is one loop with independent turns is one phase, and the function that runs the whole kernel can run
 * a part of it as well. Everything else is cut into its sections, one function each: a loop runs
 * some of its turns, a reduction takes a part of its sequence and leaves its states in memory, where the runtime joins
 * them (`runtime/parallel/states.ts`) for the functions that follow. Values outside of loops are computed by every
 * function that needs them.
 *
 * Scratch memory that one phase writes and another reads is shared; rows that a turn keeps for itself are each thread's
 * own.
 */
import { divisibleAxes, isOrdered, scratchPerTurn } from '../../../ir/dependence.ts';
import {
  isPairwise,
  type Accumulator,
  type KernelInt,
  type LoopKernel,
  type Loops,
  type Step,
} from '../../../ir/kernel.ts';
import { axesIn, extentOf, insideOf, isLine, sectionsOf } from '../../../ir/nest.ts';
import type { ModuleContext, SplitFunction } from './context.ts';
import { granuleOf, LoopEmitter, orderedSections } from '../loops/emit.ts';

/** Functions that do the same work, each split another way. */
export interface EmittedPhase {
  readonly splits: readonly SplitFunction[];
  /** What a part of a reduction leaves behind, the state of each; empty for a loop. */
  readonly accumulators: readonly Accumulator[];
  /** The elements there are: a product. */
  readonly space: readonly KernelInt[];
}

export interface EmittedPhases {
  readonly phases: readonly EmittedPhase[];
  readonly scratchBytes: number;
  /** The buffers that each thread has one of. */
  readonly own: ReadonlySet<number>;
}

/** Adjacent elements that a thread should update at once, where each thread goes over all the indices. */
const leastUpdates = 64;

export function emitPhases(kernel: LoopKernel, module: ModuleContext): EmittedPhases {
  const sections = orderedSections(kernel);
  const own = scratchPerTurn(kernel);
  let scratchBytes = 0;
  const emit = (name: string, position: number | undefined, axis?: number): LoopEmitter => {
    const emitter = new LoopEmitter(kernel, module, name, own);
    emitter.splitAxis = axis;
    emitter.phase(sections, position);
    scratchBytes = Math.max(scratchBytes, emitter.scratchBytes);
    return emitter;
  };
  const extentIn = (axis: number): KernelInt => extentOf(kernel, axis);
  const phases = sections.flatMap((section, position): EmittedPhase[] => {
    if (isLine(section)) return [];
    const name = `phase${position}`;
    const space = axesIn(section).map(extentIn);
    if (section.kind === 'reduce') {
      const { f } = emit(name, position);
      const { accumulators } = section;
      const axes = accumulators.some(isPairwise) ? section.axes : section.axes.slice(0, 1);
      const turns = axes.map((axis) => `i${axis}`).join(' x ');
      return [{ splits: [{ f, extent: axes.map(extentIn), granule: 1, turns }], accumulators, space }];
    }
    if (section.kind === 'scan') {
      // Its turns follow each other.
      const { f } = emit(name, position);
      return [{ splits: [{ f, extent: [], granule: 1, turns: 'scan' }], accumulators: [], space }];
    }
    let before = 1;
    const splits = divisibleAxes(kernel, section, own).map((axis, k): SplitFunction => {
      const { f } = emit(k === 0 ? name : `${name}by${axis}`, position, axis);
      const isInside = section.axes[0] !== axis && isOrdered(section, section.axes[0] ?? axis);
      const granule = Math.max(granuleOf(insideUpTo(section, axis), kernel), isInside ? leastUpdates : 1);
      // The inner loop of tiles is split by tiles as well.
      const split = { f, extent: [extentIn(axis)], granule: Math.max(granule, before), turns: `i${axis}` };
      before = granule;
      return split;
    });
    // Turns that have an order stay on one thread.
    if (splits.length === 0) splits.push({ f: emit(name, position).f, extent: [], granule: 1, turns: 'all' });
    return [{ splits, accumulators: [], space }];
  });
  if (!sections.some(({ kind }) => kind === 'store')) return { phases, scratchBytes, own };
  const { f } = emit('finish', undefined);
  const split = { f, extent: [], granule: 1, turns: 'stores' };
  const finish: EmittedPhase = { splits: [split], accumulators: [], space: [] };
  return { phases: [...phases, finish], scratchBytes, own };
}

/** The loops from that over `axis` on. */
function insideUpTo(loops: Loops<Step>, axis: number): Loops<Step> {
  let inside = loops;
  while (inside.axes.length > 0 && inside.axes[0] !== axis) inside = insideOf(inside);
  return inside;
}

/** Whether a kernel gains anything from phases: it is more than one loop. */
export const hasPhases = (kernel: LoopKernel): boolean => !sectionsOf(kernel).every(isLine);
