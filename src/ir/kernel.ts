/**
 * Kernel IR: what a target receives.
 *
 * A kernel is the call of a routine (`routines/`) or a nest. The *points* of a nest are independent of each other, but for
 * stores at computed places (`Scatter`), which meet in row-major order; each runs the same steps, in order: values, stores,
 * and *walks* over further axes, which may reduce. Walks ahead of all points fill tables. Values are assigned once. The
 * parameters are run-time integers (extents, strides, offsets), run-time scalars and buffers, so one kernel serves every
 * size of its layout class. It says *what* is computed where; the order of points, vector width, unrolling and thread
 * mapping are the target's business.
 *
 * A walk that reduces carries accumulators of a monoid. Their order of combination is fixed by the numerics contract
 * (`pairwiseTree.ts`), not by the walk, so a target may run it in any way that gives those bits.
 *
 * A walk that scans has accumulators, too, but lines of its body read the *running* result: what the accumulator made of
 * the elements so far. Its turns run in sequence (`scanOrder.ts`); different points are independent all the same.
 *
 * `nest.ts` has the questions that readers of kernels ask.
 */
import type { ComputeDType, DType, Scalar } from './dtype.ts';
import { InternalError } from './errors.ts';
import { Monoid, type Reduction } from './monoids.ts';
import type { ScalarOp } from './ops.ts';
import type { Settings } from './routines/row.ts';
import type { RoutineName } from './routines/table.ts';
import type { ScatterOp } from './scatter.ts';

/** An integer known when the kernel is written (`literal`) or given at run time (`parameter` number). */
export type KernelInt = { readonly literal: number } | { readonly parameter: number };

/** `offset + sum of stride * axis`; axes that do not appear have stride 0. */
export interface KernelIndex {
  readonly offset: KernelInt;
  readonly terms: readonly { readonly axis: number; readonly stride: KernelInt }[];
}

export interface KernelAxis {
  readonly extent: KernelInt;
}

export type BufferRole = 'input' | 'output' | 'scratch';

export interface KernelBuffer {
  readonly dtype: DType;
  readonly role: BufferRole;
}

/** Names a value by its position in `LoopKernel.values`. */
export type ValueId = number;

/** A data-dependent term of a place: `value` (checked against the `size` of `axis`, negative from the end) times `stride`. */
export interface GatherTerm {
  readonly value: ValueId;
  readonly stride: KernelInt;
  readonly size: KernelInt;
  /** The axis of the array, for the error of an index outside. */
  readonly axis: number;
}

/** A range of positions along an axis: `index` is in it from 0 on, below `size`. */
export interface KernelRange {
  readonly index: KernelIndex;
  readonly size: KernelInt;
}

export type KernelValue =
  | { readonly kind: 'constant'; readonly dtype: DType; readonly value: Scalar }
  | { readonly kind: 'scalar'; readonly dtype: DType; readonly slot: number }
  /** The index itself, converted to `dtype`. */
  | { readonly kind: 'index'; readonly dtype: DType; readonly index: KernelIndex }
  | {
      readonly kind: 'load';
      readonly dtype: DType;
      readonly buffer: number;
      readonly index: KernelIndex;
      readonly gathers: readonly GatherTerm[];
      /**
       * Where one of these is left, the element need not exist: nothing is read or checked, and the value is any. A `pad`
       * above puts another in its place.
       */
      readonly guard?: readonly KernelRange[];
    }
  /** `value` within all ranges, elsewhere `fill`. */
  | {
      readonly kind: 'pad';
      readonly dtype: DType;
      readonly guard: readonly KernelRange[];
      readonly value: ValueId;
      readonly fill: ValueId;
    }
  | {
      readonly kind: 'op';
      readonly dtype: ComputeDType;
      readonly op: ScalarOp;
      readonly operand: ComputeDType;
      readonly args: readonly ValueId[];
    }
  | { readonly kind: 'cast'; readonly dtype: DType; readonly from: DType; readonly arg: ValueId }
  /** The outcome of accumulator `accumulator`, after its walk, or in its walk from where it takes its value on. */
  | { readonly kind: 'result'; readonly dtype: DType; readonly accumulator: number };

export interface Accumulator {
  readonly id: number;
  readonly op: Reduction;
  /** Dtype of the outcome (positions for arg-reductions). */
  readonly dtype: ComputeDType;
  readonly value: ValueId;
  /** Dtype of the elements: narrower than `dtype` where an integer sum widens on the way. */
  readonly element: ComputeDType;
}

/** An accumulator whose results are read within its walk. */
export interface RunningAccumulator extends Accumulator {
  /** The result at an element is that of the elements before it. */
  readonly exclusive: boolean;
}

/** How a walk that reduces is best run; a hint that never changes a bit. */
export type ReduceSchedule = 'unrolled' | 'blocked' | 'sequential';

export interface Let {
  readonly kind: 'let';
  readonly value: ValueId;
}

export interface Store {
  readonly kind: 'store';
  readonly buffer: number;
  readonly index: KernelIndex;
  readonly value: ValueId;
  /** Where and how a store at a computed place differs from one that each point has to itself. */
  readonly scatter?: Scatter;
}

/**
 * A store at a place that depends on data. Turns of a loop along which `index` does not move may meet at one element:
 * there they run in order.
 */
export interface Scatter {
  readonly gathers: readonly GatherTerm[];
  /** What becomes of the element and the value. */
  readonly op: ScatterOp;
}

export type Line = Let | Store;

/** Loops around each other. */
export interface Loops<Step> {
  /** Outermost first. */
  readonly axes: readonly number[];
  /** Values computed in each turn of an axis, ahead of the next one: a list per axis but the innermost. */
  readonly hoisted: readonly (readonly Let[])[];
  /** What runs in each turn of the innermost axis; once, where there are no axes. */
  readonly body: readonly Step[];
}

/** Loops that only compute and store, at one point or ahead of all. */
export interface PlainWalk extends Loops<Line> {
  readonly kind: 'walk';
}

/** A walk that reduces: its axes are one row-major sequence, of which each accumulator takes every element. */
export interface Reduce extends Loops<Line> {
  readonly kind: 'reduce';
  readonly hoisted: readonly [];
  readonly schedule: ReduceSchedule;
  readonly accumulators: readonly Accumulator[];
}

/**
 * A walk that scans: its axes are one row-major sequence. An accumulator takes its value as soon as the body defines it
 * (ahead of the body, where that is defined outside); the lines after that may read its result.
 */
export interface Scan extends Loops<Line> {
  readonly kind: 'scan';
  readonly hoisted: readonly [];
  readonly accumulators: readonly RunningAccumulator[];
}

export type Walk = PlainWalk | Reduce | Scan;

/** What runs at each point, in order. */
export type Step = Line | Walk;

/** The loops whose turns are independent. */
export interface Points extends Loops<Step> {
  readonly kind: 'points';
}

export interface LoopKernel {
  readonly kind: 'loops';
  readonly axes: readonly KernelAxis[];
  readonly buffers: readonly KernelBuffer[];
  readonly integers: number;
  readonly scalars: readonly DType[];
  readonly values: readonly KernelValue[];
  /** Runs once, ahead of all points: values that are the same at each, and walks that fill tables of costly ones. */
  readonly before: readonly (Let | PlainWalk)[];
  readonly points: Points;
  /** Counts, positions and indices that are values take more than 32 bits (`wide.ts`); addresses never do. */
  readonly wide?: boolean;
}

/** A routine, called as a whole. `routines/call.ts` says what its integers are. */
export interface RoutineCall {
  readonly kind: 'call';
  readonly routine: RoutineName;
  readonly settings: Settings;
  readonly batchAxes: number;
  /** The results that are stored. */
  readonly results: readonly number[];
  /** One for each operand, one for each result that is stored, then the scratch memory of the row. */
  readonly buffers: readonly (KernelBuffer & { readonly dtype: ComputeDType })[];
  readonly integers: number;
  /** None. */
  readonly scalars: readonly DType[];
}

export type Kernel = LoopKernel | RoutineCall;

/** The dtype of a buffer of a call. */
export function dtypeOfBuffer({ routine, buffers }: RoutineCall, position: number): ComputeDType {
  const buffer = buffers[position];
  if (buffer === undefined) throw new InternalError(routine, `a call has no buffer ${position}`);
  return buffer.dtype;
}

/** Values that a kernel needs no statement for: they are written where they are used. */
export const isImmediate = (value: KernelValue): boolean =>
  value.kind === 'constant' || value.kind === 'scalar' || value.kind === 'result';

/** The values that a value is computed from. */
export function argsOf(value: KernelValue): readonly ValueId[] {
  switch (value.kind) {
    case 'op':
      return value.args;
    case 'cast':
      return [value.arg];
    case 'load':
      return value.gathers.map((gather) => gather.value);
    case 'pad':
      return [value.value, value.fill];
    case 'constant':
    case 'scalar':
    case 'index':
    case 'result':
      return [];
  }
}

const noRanges: readonly KernelRange[] = [];

/** The ranges outside of which a value is not, or need not be, what it says. */
export const guardOf = (value: KernelValue): readonly KernelRange[] =>
  value.kind === 'pad' || value.kind === 'load' ? (value.guard ?? noRanges) : noRanges;

/** The indices that a value computes with, that of the element it reads aside. */
export const indicesIn = (value: KernelValue): readonly KernelIndex[] =>
  value.kind === 'index' ? [value.index] : guardOf(value).map(({ index }) => index);

/** The values that a store needs. */
export const argsOfStore = ({ value, scatter }: Store): readonly ValueId[] =>
  scatter === undefined ? [value] : [value, ...scatter.gathers.map((gather) => gather.value)];

/** The stride along an axis when it is known; `undefined` is a run-time stride. */
export function strideOf({ terms }: KernelIndex, axis: number): number | undefined {
  const stride: KernelInt = terms.find((term) => term.axis === axis)?.stride ?? { literal: 0 };
  return 'literal' in stride ? stride.literal : undefined;
}

const known = new WeakMap<Accumulator, Monoid>();

/** What an accumulator does, at its dtypes. */
export function monoidOf(accumulator: Accumulator): Monoid {
  let monoid = known.get(accumulator);
  if (monoid === undefined) {
    const { op, element, dtype } = accumulator;
    monoid = new Monoid(op, { element, result: dtype });
    known.set(accumulator, monoid);
  }
  return monoid;
}

/** Whether the outcome depends on the order of combination, which is then the pairwise tree's. */
export const isPairwise = (accumulator: Accumulator): boolean => monoidOf(accumulator).isPairwise;
