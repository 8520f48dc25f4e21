/**
 * The last stage of lowering: a draft becomes a kernel. Each value goes to the outermost loop that has all it needs.
 */
import { computeDType } from '../../ir/dtype.ts';
import {
  isPairwise,
  type Accumulator,
  type GatherTerm,
  type KernelIndex,
  type KernelRange,
  type KernelValue,
  type Let,
  type Line,
  type LoopKernel,
  type Loops,
  type PlainWalk,
  type Reduce,
  type RunningAccumulator,
  type Scan,
  type ReduceSchedule,
  type Scatter,
  type Step,
  type Store,
  type ValueId,
} from '../../ir/kernel.ts';
import { monoidRow } from '../../ir/monoids.ts';
import { argsOf, weigher, type Expression, type Gather, type PlanSource } from '../expression.ts';
import type { Affine, Range } from '../indexMap.ts';
import type { ScratchBuffer } from '../plan.ts';
import type { Place } from '../scatter.ts';
import type { Draft, ReductionItem, ScanItem } from './draft.ts';
import { keptBetweenStages, tablesOf, type Kept, type Stored, type Table } from './keeps.ts';
import { Parameters } from './parameters.ts';
import { loopsOfIndex, setOf, type Stages } from './stages.ts';

export interface Emitted {
  readonly kernel: LoopKernel;
  readonly parameters: Parameters;
}

/** `keeps`: costly values stay in memory; else they are computed again. */
export const emit = (draft: Draft, stages: Stages, keeps: boolean): Emitted =>
  new Emission(draft, stages).run(keeps);

/** A place in the loops where values can be defined. */
interface Scope {
  /** The loops that are open here, as a bit set. */
  readonly loops: number;
  lines: { push(line: Let): unknown };
  readonly defined: Map<Expression | Stored, ValueId>;
}

const none: readonly never[] = [];

class Emission {
  readonly #draft: Draft;
  readonly #stages: Stages;
  readonly #parameters = new Parameters();
  readonly #values: KernelValue[] = [];
  readonly #immediates = new Map<Expression, ValueId>();
  readonly #scopes: Scope[] = [];
  /** Position of the scope that defines a value. */
  readonly #depths = new Map<ValueId, number>();
  /** Values to be read back from memory. */
  readonly #stored = new Map<Expression, Stored>();

  constructor(draft: Draft, stages: Stages) {
    this.#draft = draft;
    this.#stages = stages;
  }

  run(keeps: boolean): Emitted {
    const { rows, extents, items } = this.#draft;
    const weight = weigher();
    const before: (Let | PlainWalk)[] = [];
    this.#open(0, before);
    if (keeps)
      for (const table of tablesOf(this.#draft, this.#stages, weight)) before.push(this.#table(table));
    const points = this.#loops<Step>(rows, (body) => {
      const kept = keeps ? keptBetweenStages(this.#draft, this.#stages, weight) : [];
      for (const { buffer } of kept)
        if (buffer.kind === 'scratch') this.#parameters.buffer(buffer, 'scratch');
      for (let stage = 0; stage < this.#stages.count; stage++)
        this.#stage(
          stage,
          kept.filter((value) => value.stage === stage),
          body,
        );
      for (const item of items) {
        if (item.level === 'full' || item.level === 'scan' || !item.isStored) continue;
        const value = item.level === 'reduce' ? item.outcome : item.value;
        const at = this.#parameters.buffer(item.head.buffer, 'output');
        const id = this.#need(value);
        body.push(this.#store(at, item.store, id));
      }
    });
    const kernel: LoopKernel = {
      kind: 'loops',
      axes: extents.map((extent) => ({ extent: this.#parameters.int(extent) })),
      buffers: this.#parameters.buffers,
      integers: this.#parameters.integers.length,
      scalars: this.#parameters.scalars.map(({ dtype }) => dtype),
      values: this.#values,
      before,
      points: { kind: 'points', ...points },
    };
    return { kernel, parameters: this.#parameters };
  }

  #table(table: Table): PlainWalk {
    const at = this.#parameters.buffer(table.buffer, 'scratch');
    const loops = this.#loops<Line>(table.loops, (body) => {
      const value = this.#need(table.value);
      body.push(this.#store(at, table.index, value));
    });
    this.#stored.set(table.value, table);
    return { kind: 'walk', ...loops };
  }

  #stage(stage: number, kept: readonly Kept[], steps: Step[]): void {
    const { reduces, scans, stores } = this.#stages.workOf(stage);
    const { reduced } = this.#draft;
    // All values before all stores: an output may lie where an input did (memory plan).
    const store = (body: { push(line: Line): unknown }): void => {
      const results = stores.map((item) => this.#need(item.level === 'scan' ? item.outcome : item.value));
      const rows = kept.map(({ value }) => this.#need(value));
      const scatters = stores.map(({ scatter }) => scatter && this.#scatter(scatter));
      stores.forEach(({ head, store: index }, k) => {
        const at = this.#parameters.buffer(head.buffer, 'output');
        body.push(this.#store(at, index, results[k] ?? 0, scatters[k]));
      });
      kept.forEach(({ buffer, index }, k) => {
        if (buffer.kind === 'scratch')
          body.push(this.#store(this.#parameters.buffer(buffer, 'scratch'), index, rows[k] ?? 0));
      });
    };
    if (scans.length > 0) steps.push(this.#scan(scans, store));
    else if (reduces.length > 0) steps.push(this.#reduce(reduces, store));
    else if (stores.length > 0)
      if (reduced.length === 0) store(steps);
      else steps.push({ kind: 'walk', ...this.#loops<Line>(reduced, store) });
    for (const value of kept) this.#stored.set(value.value, value);
  }

  #scan(scans: readonly ScanItem[], store: (body: Line[]) => void): Scan {
    const { reduced } = this.#draft;
    const body: Line[] = [];
    this.#open(setOf(reduced), body);
    const accumulators = scans.map((item): RunningAccumulator => ({
      ...this.#accumulator(item),
      exclusive: item.exclusive,
    }));
    store(body);
    this.#scopes.pop();
    return { kind: 'scan', axes: reduced, hoisted: [], accumulators, body };
  }

  #accumulator({ reduction, op, outcome, element }: ReductionItem | ScanItem): Accumulator {
    return {
      id: reduction,
      op,
      dtype: computeDType(outcome.dtype),
      value: this.#need(element),
      element: computeDType(element.dtype),
    };
  }

  #reduce(reduces: readonly ReductionItem[], store: (body: Line[]) => void): Reduce {
    const { reduced } = this.#draft;
    const body: Line[] = [];
    this.#open(setOf(reduced), body);
    const accumulators = reduces.map((item) => this.#accumulator(item));
    store(body);
    this.#scopes.pop();
    const schedule = this.#schedule(accumulators, body);
    return { kind: 'reduce', axes: reduced, hoisted: [], schedule, accumulators, body };
  }

  #schedule(accumulators: readonly Accumulator[], body: readonly Line[]): ReduceSchedule {
    if (!accumulators.some(isPairwise)) return 'sequential';
    const { reduced, unrolledLines } = this.#draft;
    const combining = accumulators.reduce((sum, { op }) => sum + monoidRow(op).weight, 0);
    const lines = 8 * (body.length + combining);
    return reduced.length === 1 && lines <= unrolledLines ? 'unrolled' : 'blocked';
  }

  #store(buffer: number, index: Affine, value: ValueId, scatter?: Scatter): Store {
    const store = { kind: 'store', buffer, index: this.#parameters.index(index), value } as const;
    return scatter === undefined ? store : { ...store, scatter };
  }

  #scatter({ gathers, op }: Place): Scatter {
    return { gathers: gathers.map((gather) => this.#gather(gather, this.#need(gather.value))), op };
  }

  #gather({ stride, size, axis }: Gather, value: ValueId): GatherTerm {
    return { value, stride: this.#parameters.int(stride), size: this.#parameters.int(size), axis };
  }

  // --- scopes ------------------------------------------------------------------------------------------------

  /** Opens a scope inside the innermost one. */
  #open(loops: number, lines: Scope['lines']): void {
    this.#scopes.push({ loops: loops | (this.#scopes.at(-1)?.loops ?? 0), lines, defined: new Map() });
  }

  /** Loops over `axes`, with what `fill` puts into the innermost of them. */
  #loops<S extends Step>(axes: readonly number[], fill: (body: (S | Let)[]) => void): Loops<S | Let> {
    const body: (S | Let)[] = [];
    const hoisted = axes.slice(1).map((): Let[] => []);
    axes.forEach((axis, k) => {
      this.#open(1 << axis, hoisted[k] ?? body);
    });
    const here = this.#scopes.at(-1);
    if (here !== undefined) here.lines = body;
    fill(body);
    this.#scopes.length -= axes.length;
    return { axes, hoisted, body };
  }

  // --- values ------------------------------------------------------------------------------------------------

  /** The value of `e` where we are; computed in the outermost open loop that has all it depends on. */
  #need(e: Expression): ValueId {
    const stored = this.#stored.get(e);
    if (stored !== undefined)
      return (
        this.#known(stored) ??
        this.#define(stored, this.#outermost(0, loopsOfIndex(stored.index)), {
          kind: 'load',
          dtype: stored.dtype,
          buffer: this.#positionOf(stored.buffer),
          index: this.#parameters.index(stored.index),
          gathers: [],
        })
      );
    if (e.kind === 'constant' || e.kind === 'scalar' || e.kind === 'result') return this.#immediate(e);
    const known = this.#known(e);
    if (known !== undefined) return known;
    const args = argsOf(e).map((arg) => this.#need(arg));
    return this.#define(e, this.#depthFor(e, args), this.#value(e, args));
  }

  #known(value: Expression | Stored): ValueId | undefined {
    for (let k = 0; k < this.#scopes.length; k++) {
      const id = this.#scopes[k]?.defined.get(value);
      if (id !== undefined) return id;
    }
    return undefined;
  }

  #define(key: Expression | Stored, depth: number, value: KernelValue): ValueId {
    const id = this.#values.push(value) - 1;
    const scope = this.#scopes[depth];
    this.#depths.set(id, depth);
    scope?.lines.push({ kind: 'let', value: id });
    scope?.defined.set(key, id);
    return id;
  }

  /** The outermost scope that has all a value depends on. Gathers stay innermost: where a loop is empty they must not run, for they may throw. So does what follows a scan. */
  #depthFor(e: Expression, args: readonly ValueId[]): number {
    const { loops, stage, followsScan } = this.#stages.of(e);
    if (followsScan || (e.kind === 'load' && e.gathers.length > 0)) return this.#scopes.length - 1;
    let depth = stage === 0 ? 0 : this.#draft.rows.length;
    for (const arg of args) depth = Math.max(depth, this.#depths.get(arg) ?? 0);
    return this.#outermost(depth, loops);
  }

  /** The outermost scope, from a depth on, in which all of `loops` are open. */
  #outermost(from: number, loops: number): number {
    const innermost = this.#scopes.length - 1;
    let depth = from;
    while (depth < innermost && (loops & ~(this.#scopes[depth]?.loops ?? 0)) !== 0) depth++;
    return Math.min(depth, innermost);
  }

  #immediate(e: Expression & { kind: 'constant' | 'scalar' | 'result' }): ValueId {
    let id = this.#immediates.get(e);
    if (id === undefined) {
      id = this.#values.push(this.#value(e, [])) - 1;
      this.#immediates.set(e, id);
    }
    return id;
  }

  #positionOf(source: PlanSource | ScratchBuffer): number {
    return this.#parameters.buffer(source, source.kind === 'scratch' ? 'scratch' : 'input');
  }

  #index(index: Affine): KernelIndex {
    return this.#parameters.index(this.#draft.indexOf(index));
  }

  #ranges(guard: readonly Range[]): readonly KernelRange[] {
    return guard.map(({ index, size }) => ({
      index: this.#index(index),
      size: this.#parameters.int(size),
    }));
  }

  #value(e: Expression, args: readonly ValueId[]): KernelValue {
    const [first] = args;
    switch (e.kind) {
      case 'constant':
        return { kind: 'constant', dtype: e.dtype, value: e.value };
      case 'scalar':
        return { kind: 'scalar', dtype: e.dtype, slot: this.#parameters.scalar(e.slot, e.dtype) };
      case 'result':
        return { kind: 'result', dtype: e.dtype, accumulator: e.reduction };
      case 'index':
        return {
          kind: 'index',
          dtype: e.dtype,
          index: this.#index(e.index),
        };
      case 'load': {
        const load = {
          kind: 'load',
          dtype: e.dtype,
          buffer: this.#positionOf(e.source),
          index: this.#index(e.index),
          gathers:
            e.gathers.length === 0 ? none : e.gathers.map((gather, k) => this.#gather(gather, args[k] ?? 0)),
        } as const;
        return e.guard === undefined ? load : { ...load, guard: this.#ranges(e.guard) };
      }
      case 'pad': {
        const [value = 0, fill = 0] = args;
        return { kind: 'pad', dtype: e.dtype, guard: this.#ranges(e.guard), value, fill };
      }
      case 'op':
        return { kind: 'op', dtype: e.dtype, op: e.op, operand: e.operand, args };
      case 'cast':
        return { kind: 'cast', dtype: e.dtype, from: e.arg.dtype, arg: first ?? 0 };
    }
  }
}
