/**
 * How the iterations of a loop share memory.
 *
 * For a loop and a buffer there are two cases: each iteration accesses separate elements (the index moves along the axis),
 * or all iterations access the same ones (it does not). In the second case, iterations that store at computed positions may
 * meet at one element, and run in order. This decides how threads divide loops, whether a kernel runs in blocks that stream
 * through the heap, and whether a result may overwrite an operand.
 */
import {
  guardOf,
  indicesIn,
  type Kernel,
  type KernelIndex,
  type KernelInt,
  type LoopKernel,
  type Loops,
  type PlainWalk,
  type Points,
  type Step,
} from './kernel.ts';
import {
  accessesOf,
  evaluateInt,
  combines,
  extentOf,
  gathersOf,
  isFlat,
  isLine,
  linesIn,
  linesOf,
  scattersOf,
  sectionsOf,
  walksOf,
  type Access,
} from './nest.ts';

const movesAlong = ({ terms }: KernelIndex, axis: number): boolean =>
  terms.some((term) => term.axis === axis);

const allAccesses = (kernel: LoopKernel): readonly Access[] =>
  accessesOf(linesOf(sectionsOf(kernel)), kernel);

/** Scratch buffers that every iteration of the outermost loop of a section overwrites: each thread needs its own copy. */
export function scratchPerTurn(kernel: LoopKernel): ReadonlySet<number> {
  const perThread = new Set<number>();
  for (const section of sectionsOf(kernel)) {
    if (section.kind !== 'points' && section.kind !== 'walk') continue;
    const [axis] = section.axes;
    if (axis === undefined) continue;
    for (const { kind, buffer, index } of accessesOf(linesIn(section), kernel))
      if (kind === 'store' && kernel.buffers[buffer]?.role === 'scratch' && !movesAlong(index, axis))
        perThread.add(buffer);
  }
  return perThread;
}

/** Whether the iterations of a loop have to run in order: two of them may store at one computed position. */
export const isOrdered = (loops: Loops<Step>, axis: number): boolean =>
  scattersOf(linesIn(loops)).some(({ index }) => !movesAlong(index, axis));

/** The axes of a kernel whose iterations run in order on every target: those of scans, and of updates that may meet. */
export const orderedAxes = (kernel: LoopKernel): readonly number[] => [
  ...kernel.points.axes.filter((axis) => isOrdered(kernel.points, axis)),
  ...new Set(walksOf(kernel).flatMap((walk) => (walk.kind === 'scan' ? walk.axes : []))),
];

/** Whether there is no loop in a kernel that threads can divide, and no reduction either. */
export const isSequential = (kernel: LoopKernel): boolean =>
  sectionsOf(kernel).every(
    (section) =>
      isLine(section) ||
      section.kind === 'scan' ||
      (section.kind !== 'reduce' && divisibleAxes(kernel, section, scratchPerTurn(kernel)).length === 0),
  );

/** Whether a kernel may begin again in the middle: it combines nothing with what lies in memory. */
export const isRepeatable = (kernel: Kernel): boolean =>
  kernel.kind === 'call' || !scattersOf(linesOf(sectionsOf(kernel))).some(combines);

/**
 * The axes of a section whose iterations threads can divide, outermost first. A section of lines alone: all axes. A section
 * with walks: all but the innermost. A section that uses `perThread` scratch buffers: only the outermost. Axes whose
 * iterations run in order are left out.
 */
export function divisibleAxes(
  kernel: LoopKernel,
  section: Points | PlainWalk,
  perThread: ReadonlySet<number>,
): readonly number[] {
  const axes = section.axes.filter((axis) => !isOrdered(section, axis));
  if (accessesOf(linesIn(section), kernel).some(({ buffer }) => perThread.has(buffer)))
    return axes.slice(0, 1);
  return isFlat(section) ? axes : axes.slice(0, Math.max(1, axes.length - 1));
}

/**
 * Per buffer the number of consecutive elements that one iteration of `axis` accesses, or 0 if every iteration needs the
 * whole buffer. `undefined` if an iteration accesses elements of another one, or computes with its index.
 */
export function elementsPerTurn(
  kernel: LoopKernel,
  axis: number,
  integers: readonly number[],
): readonly number[] | undefined {
  if (kernel.values.some((value) => indicesIn(value).some((index) => movesAlong(index, axis))))
    return undefined;
  const at = (value: KernelInt): number => evaluateInt(value, integers);
  const perBuffer = new Map<number, number>();
  for (const { buffer, index, gathered } of allAccesses(kernel)) {
    let elements = 0;
    let [first, last] = [at(index.offset), at(index.offset)];
    for (const term of index.terms) {
      const stride = at(term.stride);
      if (term.axis === axis) elements += stride;
      else {
        const span = stride * (at(extentOf(kernel, term.axis)) - 1);
        first += Math.min(0, span);
        last += Math.max(0, span);
      }
    }
    if (elements < 0 || (perBuffer.get(buffer) ?? elements) !== elements) return undefined;
    if (elements > 0 && (gathered || first < 0 || last >= elements)) return undefined;
    perBuffer.set(buffer, elements);
  }
  return kernel.buffers.map((_, buffer) => perBuffer.get(buffer) ?? 0);
}

/** How often a run-time integer occurs in the kernel. */
export function usesOf(kernel: LoopKernel, parameter: number): number {
  const indices = [...allAccesses(kernel).map(({ index }) => index), ...kernel.values.flatMap(indicesIn)];
  const integers = [
    ...kernel.axes.map(({ extent }) => extent),
    ...indices.flatMap(({ offset, terms }) => [offset, ...terms.map(({ stride }) => stride)]),
    ...gathersOf(kernel).flatMap(({ stride, size }) => [stride, size]),
    ...kernel.values.flatMap(guardOf).map(({ size }) => size),
  ];
  return integers.filter((value) => 'parameter' in value && value.parameter === parameter).length;
}

/**
 * Whether each point, or each turn of the one scan at a point, reads of `input` just the element that it writes to
 * `output`, so that both may lie in the same memory: all values of a point or turn come before its stores.
 */
export function readsWhereItWrites(kernel: LoopKernel, input: number, output: number): boolean {
  if (kernel.before.some(({ kind }) => kind !== 'let')) return false;
  const isOneScan = kernel.points.body.every(({ kind }) => kind === 'let' || kind === 'scan');
  if (!isFlat(kernel.points) && !(isOneScan && walksOf(kernel).length === 1)) return false;
  const accesses = allAccesses(kernel);
  const places = accesses.filter(({ kind, buffer }) => kind === 'store' && buffer === output);
  return accesses.every(
    (access) =>
      access.kind !== 'load' ||
      access.buffer !== input ||
      (!access.gathered &&
        places.length > 0 &&
        places.every(({ index, gathered }) => !gathered && sameIndex(index, access.index))),
  );
}

const sameInt = (a: KernelInt, b: KernelInt): boolean =>
  'literal' in a
    ? 'literal' in b && a.literal === b.literal
    : 'parameter' in b && a.parameter === b.parameter;

const sameIndex = (a: KernelIndex, b: KernelIndex): boolean =>
  sameInt(a.offset, b.offset) &&
  a.terms.length === b.terms.length &&
  a.terms.every(({ axis, stride }, k) => {
    const other = b.terms[k];
    return other?.axis === axis && sameInt(stride, other.stride);
  });
