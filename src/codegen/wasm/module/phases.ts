/**
 * A kernel in phases: what lies between two points where all threads have to meet.
 *
 * A kernel that is one loop with independent turns is one phase, and the function that runs the whole kernel can run
 * a part of it as well. Everything else is cut at its outermost loops and reductions, one function each: a loop runs
 * some of its turns, a reduction takes a part of its sequence and leaves its states in memory, where the runtime joins
 * them (`runtime/parallel/states.ts`) for the functions that follow. Values outside of loops are computed by every
 * function that needs them.
 *
 * Scratch memory that one phase writes and another reads is shared; rows that a turn keeps for itself are each thread's
 * own.
 */
import {
  isPairwise,
  type Accumulator,
  type KernelInt,
  type KernelValue,
  type LoopKernel,
  type Statement,
  type ValueId,
} from '../../../ir/kernel.ts';
import type { ModuleContext, SplitFunction } from './context.ts';
import { granuleOf, LoopEmitter, orderedBody } from '../loops/emit.ts';
import { accesses, isFlat, type Loop } from '../loops/statements.ts';

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

export function emitPhases(kernel: LoopKernel, module: ModuleContext): EmittedPhases {
  const body = orderedBody(kernel);
  const own = ownBuffers(kernel, body);
  let scratchBytes = 0;
  const emit = (name: string, position: number | undefined, axis?: number): LoopEmitter => {
    const emitter = new LoopEmitter(kernel, module, name, own);
    emitter.splitAxis = axis;
    emitter.phase(body, position);
    scratchBytes = Math.max(scratchBytes, emitter.scratchBytes);
    return emitter;
  };
  const valueOf = valueIn(kernel);
  const phases = body.flatMap((statement, position): EmittedPhase[] => {
    const name = `phase${position}`;
    if (statement.kind === 'reduce') {
      const { f } = emit(name, position);
      const { accumulators } = statement;
      const axes = accumulators.some(isPairwise) ? statement.axes : statement.axes.slice(0, 1);
      const turns = axes.map((axis) => `i${axis}`).join(' x ');
      const space = statement.axes.map(extentIn(kernel));
      return [
        { splits: [{ f, extent: axes.map(extentIn(kernel)), granule: 1, turns }], accumulators, space },
      ];
    }
    if (statement.kind !== 'loop') return [];
    const loops = splitLoops(statement, own, valueOf);
    const granules = loops.map((loop) => granuleOf(loop, valueOf));
    const splits = loops.map((loop, k): SplitFunction => {
      const { f } = emit(k === 0 ? name : `${name}by${loop.axis}`, position, loop.axis);
      return {
        f,
        extent: [extentIn(kernel)(loop.axis)],
        // The inner loop of tiles is split by tiles as well.
        granule: Math.max(granules[k] ?? 1, granules[k - 1] ?? 1),
        turns: `i${loop.axis}`,
      };
    });
    return [{ splits, accumulators: [], space: axesIn([statement]).map(extentIn(kernel)) }];
  });
  if (!body.some(({ kind }) => kind === 'store')) return { phases, scratchBytes, own };
  const { f } = emit('finish', undefined);
  const split = { f, extent: [], granule: 1, turns: 'stores' };
  const finish: EmittedPhase = { splits: [split], accumulators: [], space: [] };
  return { phases: [...phases, finish], scratchBytes, own };
}

const valueIn =
  ({ values }: LoopKernel) =>
  (id: ValueId): KernelValue => {
    const value = values[id];
    if (value === undefined) throw new RangeError(`the kernel has no value ${id}`);
    return value;
  };

const extentIn =
  ({ axes }: LoopKernel) =>
  (axis: number): KernelInt =>
    axes[axis]?.extent ?? { literal: 1 };

/**
 * The loops of a nest that may be split: all that are around a flat body, the outermost first, for the turns of each are
 * independent; the outermost alone where a turn keeps a row for itself or holds reductions.
 */
function splitLoops(
  loop: Loop,
  own: ReadonlySet<number>,
  valueOf: (id: ValueId) => KernelValue,
): readonly Loop[] {
  const keeps = accesses(loop.body, valueOf).some(({ buffer }) => own.has(buffer));
  const [inner, ...more] = loop.body.filter(({ kind }) => kind !== 'let');
  if (keeps || isFlat(loop.body) || inner?.kind !== 'loop' || more.length > 0) return [loop];
  const nested = splitLoops(inner, own, valueOf);
  return nested.every(({ body }) => !body.some(({ kind }) => kind === 'reduce')) ? [loop, ...nested] : [loop];
}

/** The axes that statements run over, each once. */
export function axesIn(body: readonly Statement[]): readonly number[] {
  const axes = body.flatMap((statement): readonly number[] => {
    if (statement.kind === 'loop') return [statement.axis, ...axesIn(statement.body)];
    return statement.kind === 'reduce' ? [...statement.axes, ...axesIn(statement.body)] : [];
  });
  return [...new Set(axes)];
}

/** The scratch buffers that are written in a turn of an outermost loop, for that turn alone. */
function ownBuffers({ buffers }: LoopKernel, body: readonly Statement[]): ReadonlySet<number> {
  const own = new Set<number>();
  for (const statement of body) {
    if (statement.kind !== 'loop') continue;
    eachStore(statement.body, ({ buffer, index }) => {
      if (buffers[buffer]?.role === 'scratch' && !index.terms.some(({ axis }) => axis === statement.axis))
        own.add(buffer);
    });
  }
  return own;
}

function eachStore(
  body: readonly Statement[],
  visit: (store: Extract<Statement, { kind: 'store' }>) => void,
): void {
  for (const statement of body)
    if (statement.kind === 'store') visit(statement);
    else if (statement.kind !== 'let') eachStore(statement.body, visit);
}

/** Whether a kernel gains anything from phases: it is more than one loop. */
export const hasPhases = ({ body }: LoopKernel): boolean =>
  body.some(({ kind }) => kind === 'loop' || kind === 'reduce');
