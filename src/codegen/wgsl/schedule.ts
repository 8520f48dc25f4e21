/**
 * How rows are spread over a device: lanes per row, parts of a row. Functions of sizes alone, so that a result never
 * depends on the device.
 *
 * The figures suit a GPU of some hundred thousand invocations at a time; a smaller one runs them in turns.
 */
import { strideOf } from '../../ir/kernel.ts';
import { chain, maxChains } from './rows.ts';
import { countOf, evaluateInt, valueOf, walksOf, type RowProgram } from './rowProgram.ts';

/** Invocations that fill a large device. */
const fill = 2 ** 17;
/** Steps a lane should have before lanes are added, and before rows are split. */
const stepsPerLane = 8;
const stepsPerPart = 64;
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

export function scheduleRows(
  program: RowProgram,
  integers: readonly number[],
  width: 1 | 4,
  workgroupSize: number,
): RowSchedule {
  const { kernel, parallel } = program;
  const [walk] = walksOf(program);
  const rows = countOf(kernel, parallel, integers);
  const length = countOf(kernel, walk?.axes ?? [], integers) / width;
  const across = width === 1 && runsAcross(program, integers);
  // Neighbouring lanes of a warp read neighbouring rows: 32 of them together fill the lines they touch.
  const most = across ? Math.max(1, workgroupSize / 32) : workgroupSize;
  let lanes = 1;
  while (lanes < most && length > lanes * stepsPerLane * (across ? 2 : 1)) lanes *= 2;
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

/** Lanes for joining `parts` partial outcomes per row. */
export function joiningLanes(parts: number, workgroupSize: number): number {
  let lanes = 1;
  while (lanes < workgroupSize && lanes * 4 <= parts) lanes *= 2;
  return lanes;
}

/** Whether memory runs across the rows: more loads are contiguous from row to row than along a row. */
function runsAcross(program: RowProgram, integers: readonly number[]): boolean {
  const { kernel, parallel } = program;
  const outer = parallel.findLast((axis) => countOf(kernel, [axis], integers) > 1);
  if (outer === undefined) return false;
  let balance = 0;
  for (const { axes, lines } of walksOf(program)) {
    const inner = axes.findLast((axis) => countOf(kernel, [axis], integers) > 1);
    for (const line of lines) {
      const access = line.kind === 'store' ? line : valueOf(kernel, line.value);
      if (access.kind !== 'load' && access.kind !== 'store') continue;
      const stride = (axis: number | undefined): number =>
        axis === undefined
          ? 0
          : (strideOf(access.index, axis) ??
            access.index.terms.reduce(
              (sum, term) => sum + (term.axis === axis ? evaluateInt(term.stride, integers) : 0),
              0,
            ));
      if (Math.abs(stride(outer)) === 1) balance++;
      if (Math.abs(stride(inner)) === 1) balance--;
    }
  }
  return balance > 0;
}
