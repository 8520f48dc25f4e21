/**
 * A plan: the kernels of one structure, in order, with what they read, write and need besides. Everything in it is
 * symbolic in sizes; `bindings` make it concrete.
 */
import type { DType } from '../ir/dtype.ts';
import type { Kernel } from '../ir/kernel.ts';
import type { Size } from '../ir/size.ts';
import type { PlanBuffer, PlanSource } from './expression.ts';
import type { FusionTrial } from './fuse.ts';
import type { Graph } from './graph.ts';
import type { Head } from './regions.ts';
import type { StoreReason } from './stores.ts';

/** Memory a kernel uses while it runs: a row kept between walks, a table of values. */
export interface ScratchBuffer {
  readonly kind: 'scratch';
  readonly dtype: DType;
  readonly size: Size;
}

export interface LoweredKernel {
  readonly kernel: Kernel;
  /** In the order of `kernel.buffers`. */
  readonly buffers: readonly (PlanSource | ScratchBuffer)[];
  readonly integers: readonly Size[];
  /** Plan scalars, in the order of `kernel.scalars`. */
  readonly scalars: readonly number[];
  readonly heads: readonly Head[];
  readonly space: readonly Size[];
  readonly rowLoops: readonly number[];
  readonly reads: readonly SourceReads[];
  readonly ops: number;
}

/** How a kernel reads one array. */
export interface SourceReads {
  readonly source: PlanSource;
  readonly places: readonly ReadPlaces[];
  /** How often a row is walked. */
  readonly walks: number;
}

/** The elements that one load meets. */
export interface ReadPlaces {
  readonly offset: Size;
  readonly loops: readonly { readonly stride: Size; readonly extent: Size }[];
  /** Data-dependent positions: one per iteration, anywhere in the array. */
  readonly gathered: boolean;
}

/** Where a buffer lives: result number `root`, or temporary slot `slot` of the memory plan. */
export type Placement =
  { readonly kind: 'root'; readonly root: number } | { readonly kind: 'slot'; readonly slot: number };

export interface MemoryPlan {
  readonly placements: ReadonlyMap<PlanBuffer, Placement>;
  /** Bytes of each temporary slot. */
  readonly slots: readonly Size[];
}

/** What a pass did for a plan. */
export interface PassRecord {
  readonly name: string;
  readonly doc: string;
  readonly before: number;
  readonly after: number;
  readonly enabled: boolean;
  readonly rules: readonly { readonly name: string; readonly count: number }[];
}

export interface Plan {
  readonly key: string;
  /** The graph as bound, before any pass. */
  readonly initial: Graph;
  /** The graph after the graph passes. */
  readonly graph: Graph;
  readonly kernels: readonly LoweredKernel[];
  /** Per root: the buffer that holds it. */
  readonly roots: readonly PlanBuffer[];
  readonly memory: MemoryPlan;
  readonly passes: readonly PassRecord[];
  /** The graph after each pass over graphs; runs them again. */
  readonly snapshots: () => readonly { readonly pass: string; readonly graph: Graph }[];
  readonly trials: readonly FusionTrial[];
  readonly heads: readonly Head[];
  readonly stored: readonly { readonly head: number; readonly reason: StoreReason }[];
}
