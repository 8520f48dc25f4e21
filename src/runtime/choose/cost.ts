/**
 * What a plan costs on each target, for the automatic choice between them. A model in one table: good enough to tell
 * a factor of two, cheap enough to be asked at every evaluation.
 */
import { isSequential, orderedAxes } from '../../ir/dependence.ts';
import { monoidRow } from '../../ir/monoids.ts';
import { accumulatorsOf, countOf, linesOf, scattersOf, sectionsOf, walksOf } from '../../ir/nest.ts';
import { opRow } from '../../ir/ops.ts';
import { readExtents, workOf } from '../../ir/routines/call.ts';
import { scatterWeight } from '../../ir/scatter.ts';
import { kindRow } from '../../ir/schema.ts';
import { evaluateSize } from '../../ir/size.ts';
import { routineCode } from '../../codegen/routineCode.ts';
import type { TargetName } from '../../codegen/target.ts';
import type { LoweredKernel, Plan } from '../../passes/plan.ts';
import { isWorthThreads } from '../parallel/launch.ts';

/**
 * Nanoseconds. `run`: a plan, before it does anything; `launch`: one kernel; `unit`: the work of one addition;
 * `result`: per byte of a fresh result; `copy`: per byte copied to or from the heap, which a target on the host never
 * pays; `stage`: per small input or result that passes through the heap.
 *
 * Measured on our 2-core machine (Node 24): kernels of 20,000 elements take 0.4 to 1.2 ns per unit on js and 0.04 to
 * 0.5 ns on wasm, median 0.6 and 0.15; copies between ordinary and shared memory run at 7 to 14 GB/s; fresh arrays of
 * 80 KB and more take 0.2 to 0.5 ns per byte to be zeroed and mapped.
 */
export const costs: Readonly<
  Record<
    TargetName,
    {
      readonly run: number;
      readonly launch: number;
      readonly unit: number;
      readonly result: number;
      readonly copy: number;
      readonly stage: number;
    }
  >
> = {
  js: { run: 200, launch: 100, unit: 0.6, result: 0.3, copy: 0, stage: 0 },
  wasm: { run: 800, launch: 200, unit: 0.18, result: 0.02, copy: 0.1, stage: 100 },
};

/** Loads and stores beside arithmetic, in additions. */
const accessUnits = 0.25;
/** What a unit of work takes where the reference function of a routine runs, in nanoseconds: a comparison of a sort. */
const referenceUnit = 40;

/** What there is to do, whoever does it. */
export interface Work {
  readonly kernels: number;
  /** Additions, or what takes as long. */
  readonly units: number;
  /** Those of kernels that are long enough for several threads, where a target has them. */
  readonly sharedUnits: number;
  /** Iterations that run in order on every target: elements of scanned rows, updates at computed positions. */
  readonly orderedTurns: number;
  /** By target, those of routines that it has no code of its own for. */
  readonly referenceUnits: Readonly<Record<TargetName, number>>;
}

/** Whether a target runs a kernel by the reference function of a routine. */
const isByReference = (target: TargetName, { kernel }: LoweredKernel): boolean =>
  kernel.kind === 'call' && routineCode[target][kernel.routine] === undefined;

/** Whether a kernel stays on one thread, however long it takes. */
const isOnOneThread = (lowered: LoweredKernel): boolean =>
  lowered.kernel.kind === 'call' ? isByReference('wasm', lowered) : isSequential(lowered.kernel);

export function measureWork(plan: Plan, numbers: readonly number[]): Work {
  let [units, sharedUnits, orderedTurns] = [0, 0, 0];
  const referenceUnits = { js: 0, wasm: 0 };
  for (const kernel of plan.kernels) {
    const own = unitsOf(kernel, numbers);
    units += own;
    orderedTurns += orderedTurnsOf(kernel, numbers);
    for (const target of ['js', 'wasm'] as const)
      if (isByReference(target, kernel)) referenceUnits[target] += own;
    if (isWorthThreads(own * costs.wasm.unit) && !isOnOneThread(kernel)) sharedUnits += own;
  }
  return { kernels: plan.kernels.length, units, sharedUnits, orderedTurns, referenceUnits };
}

/** How many times faster so many threads are: 1.8 for two (`npm run bench -- parallel`), less and less for more. */
const speedup = (threads: number): number => threads ** 0.85;

/** What a kernel takes on one thread of a target, in nanoseconds. */
export const kernelNanoseconds = (
  target: TargetName,
  kernel: LoweredKernel,
  numbers: readonly number[],
): number => (isByReference(target, kernel) ? referenceUnit : costs[target].unit) * unitsOf(kernel, numbers);

function orderedTurnsOf({ kernel, integers }: LoweredKernel, numbers: readonly number[]): number {
  if (kernel.kind === 'call') return 0;
  const ordered = orderedAxes(kernel);
  if (ordered.length === 0) return 0;
  const extents = integers.map((size) => evaluateSize(size, numbers));
  return countOf(kernel, ordered, extents);
}

function unitsOf({ kernel, space, integers }: LoweredKernel, numbers: readonly number[]): number {
  const at = (position: number): number => {
    const size = integers[position];
    return size === undefined ? 1 : evaluateSize(size, numbers);
  };
  if (kernel.kind === 'call') return workOf(kernel.routine, readExtents(kernel, at));
  const elements = space.reduce((product, size) => product * evaluateSize(size, numbers), 1);
  let units = accessUnits;
  for (const value of kernel.values)
    units +=
      value.kind === 'op'
        ? opRow(value.op).weight
        : value.kind === 'cast'
          ? 1
          : value.kind === 'load'
            ? accessUnits + 6 * value.gathers.length
            : value.kind === 'pad'
              ? kindRow('pad').weight
              : 0;
  for (const { scatter } of scattersOf(linesOf(sectionsOf(kernel))))
    if (scatter !== undefined)
      units += 2 * accessUnits + 6 * scatter.gathers.length + scatterWeight(scatter.op);
  // One combination per accumulator and element.
  for (const { op } of walksOf(kernel).flatMap(accumulatorsOf)) units += monoidRow(op).weight;
  return units * elements;
}

/** Nanoseconds for the work on so many threads of a target that copies so many bytes and stages so many small arrays. */
export function estimate(
  target: TargetName,
  { kernels, units, sharedUnits, referenceUnits }: Work,
  threads: number,
  resultBytes: number,
  copiedBytes: number,
  staged: number,
): number {
  const { run, launch, unit, result, copy, stage } = costs[target];
  const own = units - referenceUnits[target];
  return (
    run +
    kernels * launch +
    (threads === 1 ? own : own - sharedUnits + sharedUnits / speedup(threads)) * unit +
    referenceUnits[target] * referenceUnit +
    resultBytes * result +
    copiedBytes * copy +
    staged * stage
  );
}
