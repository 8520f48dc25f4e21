/**
 * How rows are spread over a device: lanes per row, parts of a row. Functions of sizes alone, so that a result never
 * depends on the device.
 *
 * The figures suit a GPU of some hundred thousand invocations at a time; a smaller one runs them in several rounds.
 */
import type { LoopKernel } from '../../ir/kernel.ts';
import { countOf, evaluateInt, linesIn, stepsOf, valueOf, walksOf } from '../../ir/nest.ts';
import type { Square } from './map.ts';
import type { Width } from './registers.ts';
import { chain, maxChains } from './rows.ts';

/** Invocations that fill a large device. */
const fill = 2 ** 18;
/** Steps a lane should have before lanes are added, and before rows are split. Fewer where they are kept on chip. */
const stepsPerLane = 8;
const stepsKept = 4;
const stepsPerPart = 16;
const maxParts = 2048;

export interface RowSchedule {
  readonly rows: number;
  /** Steps of one row: elements, or vectors of four. */
  readonly length: number;
  readonly lanes: number;
  readonly apart: number;
  readonly parts: number;
  readonly span: number;
}

/** How rows are walked. */
export interface RowForm {
  readonly width: Width;
  /** Memory runs across the rows. */
  readonly across: boolean;
  /** Walks keep what others need again. */
  readonly keeps: boolean;
}

export function scheduleRows(
  kernel: LoopKernel,
  integers: readonly number[],
  { width, across, keeps }: RowForm,
  workgroupSize: number,
): RowSchedule {
  const [walk] = walksOf(kernel);
  const rows = countOf(kernel, kernel.points.axes, integers);
  // Only a walk over one axis may end within a vector.
  const length = Math.ceil(countOf(kernel, walk?.axes ?? [], integers) / width);
  // Neighbouring lanes of a warp read neighbouring rows: 32 of them together fill the lines they touch.
  const most = across ? Math.max(1, workgroupSize / 32) : workgroupSize;
  const steps = keeps ? stepsKept : stepsPerLane;
  let lanes = 1;
  while (lanes < most && length > lanes * steps * (across ? 2 : 1)) lanes *= 2;
  while (lanes < most && lanes < length && rows * lanes < fill && !across) lanes *= 2;
  const wanted = Math.ceil(fill / (rows * lanes));
  const room = Math.floor(length / (lanes * stepsPerPart));
  const least = Math.ceil(length / (lanes * chain * maxChains));
  const parts = Math.max(1, least, Math.min(wanted, room, maxParts));
  const span = Math.ceil(length / parts);
  return {
    rows,
    length,
    lanes,
    apart: across ? workgroupSize / lanes : 1,
    parts: span === 0 ? 1 : Math.ceil(length / span),
    span,
  };
}

/** Extents from which on squares of two axes pay. */
const leastSquare = 16;

/** The axis that makes squares with the last one: that along which the memory of most transposed elements runs. */
export function squareFor(kernel: LoopKernel, integers: readonly number[]): Square | undefined {
  const last = kernel.points.axes.at(-1);
  if (last === undefined || countOf(kernel, [last], integers) < leastSquare) return undefined;
  const volumes = new Map<number, number>();
  for (const step of stepsOf(kernel)) {
    const access = step.kind === 'let' ? valueOf(kernel, step.value) : undefined;
    if (access?.kind !== 'load' || access.gathers.length > 0) continue;
    const moving = access.index.terms.filter(
      ({ axis, stride }) => evaluateInt(stride, integers) !== 0 && countOf(kernel, [axis], integers) > 1,
    );
    const along = moving.find(({ stride }) => Math.abs(evaluateInt(stride, integers)) === 1);
    if (along === undefined || along.axis === last || !moving.some(({ axis }) => axis === last)) continue;
    if (countOf(kernel, [along.axis], integers) < leastSquare) continue;
    const axes = moving.map(({ axis }) => axis);
    volumes.set(along.axis, (volumes.get(along.axis) ?? 0) + countOf(kernel, axes, integers));
  }
  const [most] = [...volumes].sort(([a, x], [b, y]) => y - x || a - b);
  return most && { axis: most[0] };
}

/** Lanes for joining `parts` partial outcomes per row. */
export function joiningLanes(parts: number, workgroupSize: number): number {
  let lanes = 1;
  while (lanes < workgroupSize && lanes * 4 <= parts) lanes *= 2;
  return lanes;
}

/**
 * Whether memory runs across the rows: more of what the walks touch is contiguous from row to row than along a row.
 * Accesses count by the elements they touch.
 */
export function runsAcross(kernel: LoopKernel, integers: readonly number[]): boolean {
  const longest = (axes: readonly number[]): number | undefined =>
    axes.findLast((axis) => countOf(kernel, [axis], integers) > 1);
  const outer = longest(kernel.points.axes);
  if (outer === undefined) return false;
  let balance = 0;
  for (const walk of walksOf(kernel)) {
    const inner = longest(walk.axes);
    for (const line of linesIn(walk)) {
      const access = line.kind === 'store' ? line : valueOf(kernel, line.value);
      if (access.kind !== 'load' && access.kind !== 'store') continue;
      const moving = access.index.terms.filter(({ stride }) => evaluateInt(stride, integers) !== 0);
      const contiguous = moving.filter(({ stride }) => Math.abs(evaluateInt(stride, integers)) === 1);
      const elements = countOf(
        kernel,
        moving.map(({ axis }) => axis),
        integers,
      );
      if (contiguous.some(({ axis }) => axis === outer)) balance += elements;
      if (contiguous.some(({ axis }) => axis === inner)) balance -= elements;
    }
  }
  return balance > 0;
}
