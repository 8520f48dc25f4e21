/**
 * Rows that stay on chip: what several walks over a row need is computed by the first and kept in workgroup memory.
 *
 * A softmax walks its rows three times: for the maximum, for the sum of exponentials, for the quotients. As lowered, each
 * walk starts from the array again. Here the values of a walk are numbered by what they are; where a later walk would
 * compute one again, the *kept* value takes its place: the elements after the first walk, the exponentials after the
 * second. Each invocation keeps the elements that it walks over itself, so no invocation waits for another.
 *
 * Numbering is by structure, so what is kept has the very bits of what it stands for.
 */
import {
  argsOf,
  type KernelValue,
  type Line,
  type LoopKernel,
  type ValueId,
  type Walk,
} from '../../ir/kernel.ts';
import { accumulatorsOf, linesIn, valueOf, walksOf } from '../../ir/nest.ts';
import { opRow } from '../../ir/ops.ts';
import { registerOf, wordBytes, type Register, type Width } from './registers.ts';

/** A value, and the place it has in each element's memory. */
interface Kept {
  readonly value: ValueId;
  readonly slot: number;
}

export interface ResidentWalk {
  /** Values taken from memory, before anything is computed. */
  readonly restores: readonly Kept[];
  /** What is left to compute. */
  readonly lines: readonly Line[];
  /** Values put into memory. A place may be one that was restored from just now. */
  readonly saves: readonly Kept[];
}

export interface Residency {
  /** What an element keeps at a time. */
  readonly slots: readonly Register[];
  readonly walks: ReadonlyMap<Walk, ResidentWalk>;
}

/** Bytes that a workgroup may keep, as far as there are as many: the less, the more workgroups run side by side. */
const capacities = [8192, 16_384, 32_768] as const;

/** How many steps each invocation has to keep memory for; `undefined`: more than there is. */
export function residentSteps(
  { slots }: Residency,
  steps: number,
  width: Width,
  workgroupSize: number,
  workgroupBytes: number,
): number | undefined {
  const bytesPerStep = slots.length * width * wordBytes * workgroupSize;
  const capacity = capacities
    .map((bytes) => Math.min(bytes, workgroupBytes))
    .find((bytes) => steps * bytesPerStep <= bytes);
  return capacity === undefined ? undefined : Math.floor(capacity / bytesPerStep);
}

/** Work, in additions, from which on a value is kept that needs no array. */
const leastWeight = 8;

/** What walks over one row have in common; `undefined`: nothing. */
export function residencyOf(kernel: LoopKernel): Residency | undefined {
  const walks = walksOf(kernel);
  const [first] = walks;
  if (first === undefined || walks.some(({ axes }) => axes.join() !== first.axes.join())) return undefined;
  const number = numbering(kernel);
  /** The values computed so far, by number: the walk that does. */
  const computed = new Map<number, number>();
  const needs = walks.map((walk, position) => {
    const need = needsOf(kernel, walk, (id) => computed.has(number(id)));
    for (const id of need.computes) if (!computed.has(number(id))) computed.set(number(id), position);
    return need;
  });
  const slots: { readonly register: Register; until: number }[] = [];
  const slotOf = new Map<number, number>();
  needs.forEach(({ computes }, position) => {
    for (const id of computes) {
      const until = needs.findLastIndex(({ restores }) =>
        restores.some((other) => number(other) === number(id)),
      );
      if (until <= position || slotOf.has(number(id))) continue;
      const register = registerOf(valueOf(kernel, id).dtype);
      const free = slots.findIndex((slot) => slot.register === register && slot.until <= position);
      const slot = free === -1 ? slots.length : free;
      slots[slot] = { register, until };
      slotOf.set(number(id), slot);
    }
  });
  if (slots.length === 0) return undefined;
  const kept = (id: ValueId): Kept[] => {
    const slot = slotOf.get(number(id));
    return slot === undefined ? [] : [{ value: id, slot }];
  };
  return {
    slots: slots.map(({ register }) => register),
    walks: new Map(
      walks.map((walk, position) => {
        const { computes, restores } = needs[position] ?? { computes: [], restores: [] };
        const saves = computes.filter((id) => computed.get(number(id)) === position);
        return [
          walk,
          {
            restores: restores.flatMap(kept),
            lines: linesIn(walk).filter((line) => line.kind === 'store' || computes.includes(line.value)),
            saves: saves.flatMap(kept),
          },
        ];
      }),
    ),
  };
}

interface Needs {
  readonly computes: readonly ValueId[];
  readonly restores: readonly ValueId[];
}

/** What a walk has to compute, in order, and what it can take from walks before it. */
function needsOf(kernel: LoopKernel, walk: Walk, isKnown: (id: ValueId) => boolean): Needs {
  const lines = linesIn(walk);
  const own = new Set(lines.flatMap((line) => (line.kind === 'let' ? [line.value] : [])));
  const stack = [
    ...accumulatorsOf(walk).map(({ value }) => value),
    ...lines.flatMap((line) => (line.kind === 'store' ? [line.value] : [])),
  ];
  const [computes, restores] = [new Set<ValueId>(), new Set<ValueId>()];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (!own.has(id) || computes.has(id) || restores.has(id)) continue;
    if (isKnown(id) && isWorthKeeping(kernel, id, own)) restores.add(id);
    else {
      computes.add(id);
      stack.push(...argsOf(valueOf(kernel, id)));
    }
  }
  const inOrder = [...own];
  return {
    computes: inOrder.filter((id) => computes.has(id)),
    restores: inOrder.filter((id) => restores.has(id)),
  };
}

/** Indices and the like are computed again as fast as they are read. */
function isWorthKeeping(kernel: LoopKernel, id: ValueId, own: ReadonlySet<ValueId>): boolean {
  const seen = new Set<ValueId>();
  const stack = [id];
  let weight = 0;
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (!own.has(next) || seen.has(next)) continue;
    seen.add(next);
    const value = valueOf(kernel, next);
    if (value.kind === 'load') return true;
    if (value.kind === 'op') weight += opRow(value.op).weight;
    if (weight >= leastWeight) return true;
    stack.push(...argsOf(value));
  }
  return false;
}

/** Equal numbers mean equal values, wherever in the kernel they are computed for one point. */
function numbering(kernel: LoopKernel): (id: ValueId) => number {
  const written = new Set(kernel.buffers.flatMap(({ role }, k) => (role === 'input' ? [] : [k])));
  const numbers = new Map<string, number>();
  const known = new Map<ValueId, number>();
  const textOf = (id: ValueId, value: KernelValue): string => {
    const args = argsOf(value).map(number).join();
    switch (value.kind) {
      case 'constant':
        return `constant ${value.dtype} ${Object.is(value.value, -0) ? '-0' : String(value.value)}`;
      case 'load':
        // What a kernel writes may differ from one walk to the next.
        return written.has(value.buffer)
          ? `own ${id}`
          : `${JSON.stringify({ ...value, gathers: value.gathers.map(({ stride, size }) => ({ stride, size })) })} ${args}`;
      case 'scalar':
      case 'index':
      case 'result':
        return JSON.stringify(value);
      case 'pad':
        return `pad ${value.dtype} ${JSON.stringify(value.guard)} ${args}`;
      case 'op':
        return `op ${value.dtype} ${value.op} ${value.operand} ${args}`;
      case 'cast':
        return `cast ${value.dtype} ${value.from} ${args}`;
    }
  };
  const number = (id: ValueId): number => {
    let found = known.get(id);
    if (found === undefined) {
      const text = textOf(id, valueOf(kernel, id));
      found = numbers.get(text) ?? numbers.size;
      numbers.set(text, found);
      known.set(id, found);
    }
    return found;
  };
  return number;
}
