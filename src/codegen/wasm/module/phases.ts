/**
 * A kernel in phases, with a barrier for all threads between them.
 *
 * A kernel that is one loop with independent iterations is one phase, and the function that runs the whole kernel can run
 * a part of it as well. Any other kernel is divided into its sections, one function each. A loop runs a range of its
 * iterations. A reduction reduces a range of its sequence and leaves its states in memory, where the runtime joins
 * them (`runtime/parallel/states.ts`) for the functions that follow. Values outside of loops are computed by every
 * function that needs them.
 *
 * Scratch memory that one phase writes and another reads is shared. Row buffers that every iteration overwrites are per
 * thread.
 */
import { divisibleAxes, isOrdered, scratchPerTurn } from '../../../ir/dependence.ts';
import { isPairwise, type KernelInt, type LoopKernel, type Loops, type Step } from '../../../ir/kernel.ts';
import { axesIn, extentOf, insideOf, isLine, sectionsOf } from '../../../ir/nest.ts';
import type { EmittedPhase, EmittedPhases, ModuleContext, SplitFunction } from './context.ts';
import { alignmentOf, LoopEmitter, orderedSections } from '../loops/emit.ts';

/** Adjacent elements that a thread should update at once, where each thread goes over all the indices. */
const leastUpdates = 64;

export function emitPhases(kernel: LoopKernel, module: ModuleContext): EmittedPhases {
  const sections = orderedSections(kernel);
  const perThread = scratchPerTurn(kernel);
  let scratchBytes = 0;
  const emit = (name: string, position: number | undefined, axis?: number): LoopEmitter => {
    const emitter = new LoopEmitter(kernel, module, name, perThread);
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
      const label = axes.map((axis) => `i${axis}`).join(' x ');
      return [{ splits: [{ f, iterations: axes.map(extentIn), alignment: 1, label }], accumulators, space }];
    }
    if (section.kind === 'scan') {
      // Its iterations run in order.
      const { f } = emit(name, position);
      return [{ splits: [{ f, iterations: [], alignment: 1, label: 'scan' }], accumulators: [], space }];
    }
    let before = 1;
    const splits = divisibleAxes(kernel, section, perThread).map((axis, k): SplitFunction => {
      const { f } = emit(k === 0 ? name : `${name}by${axis}`, position, axis);
      const isInside = section.axes[0] !== axis && isOrdered(section, section.axes[0] ?? axis);
      const alignment = Math.max(alignmentOf(insideUpTo(section, axis), kernel), isInside ? leastUpdates : 1);
      // The inner loop of tiles is split by tiles as well.
      const split = {
        f,
        iterations: [extentIn(axis)],
        alignment: Math.max(alignment, before),
        label: `i${axis}`,
      };
      before = alignment;
      return split;
    });
    // Iterations that have an order stay on one thread.
    if (splits.length === 0)
      splits.push({ f: emit(name, position).f, iterations: [], alignment: 1, label: 'all' });
    return [{ splits, accumulators: [], space }];
  });
  if (!sections.some(({ kind }) => kind === 'store')) return { phases, scratchBytes, perThread };
  const { f } = emit('finish', undefined);
  const split = { f, iterations: [], alignment: 1, label: 'stores' };
  const finish: EmittedPhase = { splits: [split], accumulators: [], space: [] };
  return { phases: [...phases, finish], scratchBytes, perThread };
}

/** The loops from that over `axis` on. */
function insideUpTo(loops: Loops<Step>, axis: number): Loops<Step> {
  let inside = loops;
  while (inside.axes.length > 0 && inside.axes[0] !== axis) inside = insideOf(inside);
  return inside;
}

/** Whether a kernel gains anything from phases: it is more than one loop. */
export const hasPhases = (kernel: LoopKernel): boolean => !sectionsOf(kernel).every(isLine);
