/**
 * Pass "order": a topological order of the kernels that keeps few temporaries alive.
 *
 * Greedy: among the kernels that are ready, the one that frees most minus what it adds (in buffers, for sizes are not
 * known here), ties by the order they came in. Deterministic.
 */
import { InternalError } from '../ir/errors.ts';
import type { PlanBuffer, PlanSource } from './expression.ts';
import type { LoweredKernel, ScratchBuffer } from './plan.ts';

export const isBuffer = (buffer: PlanSource | ScratchBuffer): buffer is PlanBuffer =>
  buffer.kind === 'buffer';

/** Buffers a kernel writes and reads, each once (parameters and scratch left out). */
export interface Traffic {
  readonly writes: readonly PlanBuffer[];
  /** Those of them that other kernels have to write before. */
  readonly continues: readonly PlanBuffer[];
  readonly reads: readonly PlanBuffer[];
}

export function traffic(kernel: LoweredKernel): Traffic {
  const writes = new Set<PlanBuffer>();
  const reads = new Set<PlanBuffer>();
  kernel.buffers.forEach((buffer, k) => {
    if (isBuffer(buffer)) (kernel.kernel.buffers[k]?.role === 'output' ? writes : reads).add(buffer);
  });
  const continues = kernel.heads.filter(({ kind }) => kind === 'scatter').map(({ buffer }) => buffer);
  return { writes: [...writes], continues, reads: [...reads] };
}

export function orderKernels(
  kernels: readonly LoweredKernel[],
  isRoot: (buffer: PlanBuffer) => boolean,
): LoweredKernel[] {
  const io = kernels.map(traffic);
  const writersLeft = new Map<PlanBuffer, number>();
  const readersLeft = new Map<PlanBuffer, number>();
  const readersOf = new Map<PlanBuffer, number[]>();
  /** The kernel that writes to a buffer after the others that do. */
  const continued = new Map<PlanBuffer, number>();
  io.forEach(({ writes, continues, reads }, k) => {
    for (const buffer of writes) writersLeft.set(buffer, (writersLeft.get(buffer) ?? 0) + 1);
    for (const buffer of continues) continued.set(buffer, k);
    for (const buffer of reads) {
      readersLeft.set(buffer, (readersLeft.get(buffer) ?? 0) + 1);
      readersOf.set(buffer, [...(readersOf.get(buffer) ?? []), k]);
    }
  });
  const waiting = io.map(
    ({ reads, continues }) =>
      reads.reduce((sum, buffer) => sum + (writersLeft.get(buffer) ?? 0), 0) +
      continues.reduce((sum, buffer) => sum + (writersLeft.get(buffer) ?? 1) - 1, 0),
  );
  const ready = waiting.flatMap((count, k) => (count === 0 ? [k] : []));
  const gain = (k: number): number => {
    const { reads = [], writes = [] } = io[k] ?? {};
    const freed = reads.filter((buffer) => readersLeft.get(buffer) === 1 && !isRoot(buffer)).length;
    return freed - writes.filter((buffer) => !isRoot(buffer)).length;
  };
  const order: LoweredKernel[] = [];
  // Looking at a bounded window of ready kernels keeps the pass linear for thousands of independent roots.
  const window = 16;
  while (ready.length > 0) {
    let best = 0;
    for (let k = 1; k < Math.min(window, ready.length); k++)
      if (gain(ready[k] ?? 0) > gain(ready[best] ?? 0)) best = k;
    const [next] = ready.splice(best, 1);
    const kernel = next === undefined ? undefined : kernels[next];
    const flow = next === undefined ? undefined : io[next];
    if (kernel === undefined || flow === undefined) throw new InternalError('order', 'no kernel to run');
    order.push(kernel);
    for (const buffer of flow.reads) readersLeft.set(buffer, (readersLeft.get(buffer) ?? 1) - 1);
    for (const buffer of flow.writes) {
      const last = continued.get(buffer);
      const others = last === undefined || last === next ? [] : [last];
      for (const waiter of [...(readersOf.get(buffer) ?? []), ...others]) {
        const left = (waiting[waiter] ?? 0) - 1;
        waiting[waiter] = left;
        if (left === 0) ready.push(waiter);
      }
    }
  }
  if (order.length !== kernels.length)
    throw new InternalError('order', 'the kernels depend on each other in a circle');
  return order;
}

/** Checks that kernels read what kernels before them have written, all of it, and continue what others began. */
export function verifyOrder(kernels: readonly LoweredKernel[]): void {
  const last = new Map<PlanBuffer, number>();
  const io = kernels.map(traffic);
  io.forEach(({ writes }, k) => {
    for (const buffer of writes) last.set(buffer, k);
  });
  io.forEach(({ reads, continues }, k) => {
    for (const buffer of continues)
      if (last.get(buffer) !== k)
        throw new InternalError('order', `kernel ${k} should be the last to write to t${buffer.id}`);
    for (const buffer of reads)
      if ((last.get(buffer) ?? Infinity) >= k)
        throw new InternalError('order', `kernel ${k} reads t${buffer.id} before it is written`);
  });
}
