/** Reading a kernel: its parts, its lines and what they touch. */
import { InternalError } from './errors.ts';
import {
  argsOf,
  type Accumulator,
  type GatherTerm,
  type KernelIndex,
  type KernelInt,
  type KernelValue,
  type Let,
  type Line,
  type LoopKernel,
  type Loops,
  type Points,
  type RunningAccumulator,
  type Scan,
  type Step,
  type Store,
  type ValueId,
  type Walk,
} from './kernel.ts';

/** What a kernel runs outside of all loops, one after the other. */
export type Section = Step | Points;

export const sectionsOf = ({ before, points }: LoopKernel): readonly Section[] =>
  points.axes.length === 0 ? [...before, ...points.body] : [...before, points];

export const isLine = (section: Section): section is Line =>
  section.kind === 'let' || section.kind === 'store';
export const isWalk = (section: Section): section is Walk =>
  section.kind === 'walk' || section.kind === 'reduce' || section.kind === 'scan';

/** The walks at a point, in order. */
export const walksOf = ({ points }: LoopKernel): readonly Walk[] => points.body.filter(isWalk);

export const accumulatorsOf = (section: Section): readonly Accumulator[] =>
  section.kind === 'reduce' || section.kind === 'scan' ? section.accumulators : [];

/** A part of a turn of a scan: lines, then accumulators that take their values. */
export interface TurnPart {
  readonly lines: readonly Line[];
  readonly takes: readonly RunningAccumulator[];
}

/** A turn of a scan, in order. What takes the running result of another accumulator does so right behind it. */
export function turnOf({ body, accumulators }: Scan, kernel: LoopKernel): readonly TurnPart[] {
  const taken = ({ value }: Accumulator): ValueId => {
    const found = valueOf(kernel, value);
    const other =
      found.kind === 'result' ? accumulators.find(({ id }) => id === found.accumulator) : undefined;
    return other === undefined ? value : taken(other);
  };
  const inside = new Set(body.flatMap((line) => (line.kind === 'let' ? [line.value] : [])));
  const sources = accumulators.map((accumulator) => ({ accumulator, source: taken(accumulator) }));
  const takesOf = (isSource: (id: ValueId) => boolean): readonly RunningAccumulator[] =>
    sources.flatMap(({ accumulator, source }) => (isSource(source) ? [accumulator] : []));
  const parts: TurnPart[] = [{ lines: [], takes: takesOf((id) => !inside.has(id)) }];
  let lines: Line[] = [];
  for (const line of body) {
    lines.push(line);
    const takes = line.kind === 'let' ? takesOf((id) => id === line.value) : [];
    if (takes.length === 0) continue;
    parts.push({ lines, takes });
    lines = [];
  }
  return [...parts, { lines, takes: [] }];
}

/** What is left of loops inside a turn of the outermost one, after the values hoisted there. */
export const insideOf = <S extends Step>({ axes, hoisted, body }: Loops<S>): Loops<S> => ({
  axes: axes.slice(1),
  hoisted: hoisted.slice(1),
  body,
});

/** The values hoisted to the turns of the outermost loop. */
export const hoistedIn = ({ hoisted }: Loops<Step>): readonly Let[] => hoisted[0] ?? [];

/** Loops that hold lines alone. */
export const isFlat = (loops: Loops<Step>): loops is Loops<Line> => loops.body.every(isLine);

/** The lines inside of loops, in order. */
export const linesIn = ({ hoisted, body }: Loops<Step>): readonly Line[] => [
  ...hoisted.flat(),
  ...linesOf(body),
];

export const linesOf = (sections: readonly Section[]): readonly Line[] =>
  sections.flatMap((section) => (isLine(section) ? [section] : linesIn(section)));

/** All that leads to a point and runs there: for targets that compute each point on its own. */
export const stepsOf = ({ before, points }: LoopKernel): readonly Step[] => [
  ...before,
  ...points.hoisted.flat(),
  ...points.body,
];

/** The axes that loops and walks run over, each once. */
export function axesIn(section: Section): readonly number[] {
  if (isLine(section)) return [];
  return [...new Set([...section.axes, ...section.body.flatMap(axesIn)])];
}

// --- values and integers -------------------------------------------------------------------------------------

export function valueOf({ values }: LoopKernel, id: ValueId): KernelValue {
  const value = values[id];
  if (value === undefined) throw new InternalError('kernel', `the kernel has no value ${id}`);
  return value;
}

export function extentOf({ axes }: LoopKernel, axis: number): KernelInt {
  const found = axes[axis];
  if (found === undefined) throw new InternalError('kernel', `the kernel has no axis ${axis}`);
  return found.extent;
}

/** A run-time integer, given all of them. */
export const evaluateInt = (value: KernelInt, integers: ArrayLike<number>): number =>
  'literal' in value ? value.literal : (integers[value.parameter] ?? 0);

/** How often loops over `axes` run in all. */
export const countOf = (kernel: LoopKernel, axes: readonly number[], integers: ArrayLike<number>): number =>
  axes.reduce((count, axis) => count * evaluateInt(extentOf(kernel, axis), integers), 1);

/** The values that `roots` are computed from, themselves among them. */
export function reachable(kernel: LoopKernel, roots: readonly ValueId[]): ReadonlySet<ValueId> {
  const seen = new Set<ValueId>();
  const stack = [...roots];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    stack.push(...argsOf(valueOf(kernel, id)));
  }
  return seen;
}

// --- accesses ------------------------------------------------------------------------------------------------

/** A load or a store, as far as memory is concerned. */
export interface Access {
  readonly kind: 'load' | 'store';
  readonly buffer: number;
  readonly index: KernelIndex;
  /** The place depends on data. */
  readonly gathered: boolean;
}

/** Whether a store needs what lies there. */
export const combines = ({ scatter }: Store): boolean => scatter !== undefined && scatter.op !== 'set';

/** Stores of a kernel at places that depend on data. */
export const scattersOf = (lines: readonly Line[]): readonly Store[] =>
  lines.filter((line): line is Store => line.kind === 'store' && line.scatter !== undefined);

/** The data-dependent terms of all places of a kernel. */
export const gathersOf = (kernel: LoopKernel): readonly GatherTerm[] => [
  ...kernel.values.flatMap((value) => (value.kind === 'load' ? value.gathers : [])),
  ...scattersOf(linesOf(sectionsOf(kernel))).flatMap(({ scatter }) => scatter?.gathers ?? []),
];

/** What lines load and store, in order. */
export function accessesOf(lines: readonly Line[], kernel: LoopKernel): readonly Access[] {
  return lines.flatMap((line): readonly Access[] => {
    if (line.kind === 'store') {
      const { buffer, index, scatter } = line;
      const store: Access = { kind: 'store', buffer, index, gathered: scatter !== undefined };
      return combines(line) ? [{ ...store, kind: 'load' }, store] : [store];
    }
    const value = valueOf(kernel, line.value);
    if (value.kind !== 'load') return [];
    const { buffer, index, gathers } = value;
    return [{ kind: 'load', buffer, index, gathered: gathers.length > 0 }];
  });
}
