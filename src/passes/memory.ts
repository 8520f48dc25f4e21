/**
 * Pass "memory": gives every temporary a slot. Temporaries whose lives do not overlap share one, and a kernel that
 * reads a dying temporary only at the element it writes may write in its place. Slots are matched by symbolic size, so
 * the plan holds for every size.
 */
import { InternalError } from '../ir/errors.ts';
import { readsWhereItWrites } from '../ir/dependence.ts';
import { bytesOf } from '../ir/dtype.ts';
import { isFlat, linesIn, valueOf } from '../ir/nest.ts';
import { literalSize, multiplySizes, productOfSizes, type Size } from '../ir/size.ts';
import type { PlanBuffer } from './expression.ts';
import { traffic, type Traffic } from './order.ts';
import type { LoweredKernel, MemoryPlan, Placement } from './plan.ts';
import { isBase } from './regions.ts';

export const bytesOfBuffer = (buffer: PlanBuffer): Size =>
  multiplySizes(productOfSizes(buffer.shape), literalSize(bytesOf(buffer.dtype)));

/** Last kernel that touches each buffer. */
function lastUses(kernels: readonly Traffic[]): Map<PlanBuffer, number> {
  const last = new Map<PlanBuffer, number>();
  kernels.forEach(({ reads, writes }, k) => {
    for (const buffer of reads) last.set(buffer, k);
    for (const buffer of writes) last.set(buffer, k);
  });
  return last;
}

/** Whether `output` may lie where `input` does. The parts of a concatenation share their output with other kernels; the base of a scatter comes before them. */
const mayOverwrite = (
  { kernel, heads, buffers }: LoweredKernel,
  input: PlanBuffer,
  output: PlanBuffer,
): boolean =>
  kernel.kind === 'loops' &&
  heads.every((head) => head.piece === undefined || isBase(head)) &&
  readsWhereItWrites(kernel, buffers.indexOf(input), buffers.indexOf(output));

export function planMemory(
  kernels: readonly LoweredKernel[],
  roots: readonly PlanBuffer[],
  reuse: boolean,
  overwrites: boolean,
): MemoryPlan {
  const placements = new Map<PlanBuffer, Placement>();
  roots.forEach((buffer, root) => {
    if (!placements.has(buffer)) placements.set(buffer, { kind: 'root', root });
  });
  const traffics = kernels.map(traffic);
  const last = lastUses(traffics);
  const sizes = new Map<PlanBuffer, Size>();
  const sizeOf = (buffer: PlanBuffer): Size => {
    let bytes = sizes.get(buffer);
    if (bytes === undefined) {
      bytes = bytesOfBuffer(buffer);
      sizes.set(buffer, bytes);
    }
    return bytes;
  };
  const slots: Size[] = [];
  const free = new Map<string, number[]>();
  const slotOf = (buffer: PlanBuffer): number | undefined => {
    const placement = placements.get(buffer);
    return placement?.kind === 'slot' ? placement.slot : undefined;
  };
  kernels.forEach((kernel, k) => {
    const { reads = [], writes = [] } = traffics[k] ?? {};
    const dying = reads.filter((buffer) => reuse && last.get(buffer) === k && slotOf(buffer) !== undefined);
    const taken = new Set<PlanBuffer>();
    for (const buffer of writes) {
      if (placements.has(buffer)) continue;
      const bytes = sizeOf(buffer);
      const inPlace = dying.find(
        (input) =>
          overwrites &&
          !taken.has(input) &&
          sizeOf(input).key === bytes.key &&
          input.dtype === buffer.dtype &&
          mayOverwrite(kernel, input, buffer),
      );
      let slot: number | undefined;
      if (inPlace !== undefined) {
        taken.add(inPlace);
        slot = slotOf(inPlace);
      }
      slot ??= free.get(bytes.key)?.pop() ?? slots.push(bytes) - 1;
      placements.set(buffer, { kind: 'slot', slot });
    }
    if (!reuse) return;
    for (const buffer of [
      ...dying.filter((input) => !taken.has(input)),
      ...writes.filter((b) => last.get(b) === k),
    ]) {
      const slot = slotOf(buffer);
      if (slot === undefined) continue;
      const { key } = sizeOf(buffer);
      free.set(key, [...(free.get(key) ?? []), slot]);
    }
  });
  return { placements, slots };
}

/**
 * Whether a kernel would only store what lies there already: the base of a scatter that took the place of a dying
 * temporary. (Only where a kernel overwrites its input do the two share a slot while it runs.)
 */
export function isIdle({ kernel, heads, buffers }: LoweredKernel, { placements }: MemoryPlan): boolean {
  if (kernel.kind === 'call' || kernel.before.length > 0 || !isFlat(kernel.points)) return false;
  if (!heads.every(isBase)) return false;
  const slotOf = (position: number): number | undefined => {
    const buffer = buffers[position];
    const placement = buffer?.kind === 'buffer' ? placements.get(buffer) : undefined;
    return placement?.kind === 'slot' ? placement.slot : undefined;
  };
  return linesIn(kernel.points).every((line) => {
    if (line.kind === 'let') return true;
    const value = valueOf(kernel, line.value);
    const slot = slotOf(line.buffer);
    return (
      value.kind === 'load' &&
      value.gathers.length === 0 &&
      value.guard === undefined &&
      slot !== undefined &&
      slotOf(value.buffer) === slot
    );
  });
}

/** Checks that no two buffers that are alive together share a slot (in-place successors meet in one kernel only). */
export function verifyMemory(kernels: readonly LoweredKernel[], { placements }: MemoryPlan): void {
  const traffics = kernels.map(traffic);
  const last = lastUses(traffics);
  const first = new Map<PlanBuffer, number>();
  traffics.forEach(({ writes }, k) => {
    for (const buffer of writes) if (!first.has(buffer)) first.set(buffer, k);
  });
  const bySlot = new Map<number, PlanBuffer[]>();
  for (const [buffer, placement] of placements)
    if (placement.kind === 'slot')
      bySlot.set(placement.slot, [...(bySlot.get(placement.slot) ?? []), buffer]);
  for (const [slot, buffers] of bySlot) {
    const sorted = buffers.toSorted((a, b) => (first.get(a) ?? 0) - (first.get(b) ?? 0));
    sorted.forEach((buffer, k) => {
      const next = sorted[k + 1];
      if (next !== undefined && (last.get(buffer) ?? 0) > (first.get(next) ?? 0))
        throw new InternalError('memory', `slot ${slot} holds two values at once`);
    });
  }
}
