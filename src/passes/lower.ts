/**
 * Pass "lower": one cluster becomes one kernel.
 *
 * The loop nest is the cluster's space: parallel axes outside, reduced axes (the "row") inside. Work is split in
 * stages: stage s of a row may use the reductions of stages before it; each stage is one walk over the row. Values go
 * to the outermost loop that has all they need. A value needed in several walks is recomputed when cheap, kept in a
 * row buffer when not; a costly value that does not depend on an outer loop is computed once, into a table.
 */
import { InternalError } from '../ir/errors.ts';
import { computeDType, isBigint, isInteger, kindOf, type DType } from '../ir/dtype.ts';
import { monoidRow } from '../ir/monoids.ts';
import {
  isPairwise,
  type Accumulator,
  type BufferRole,
  type KernelIndex,
  type KernelInt,
  type KernelValue,
  type LoopKernel,
  type ReduceSchedule,
  type Statement,
  type ValueId,
} from '../ir/kernel.ts';
import {
  addSizes,
  isZero,
  multiplySizes,
  one,
  productOfSizes,
  sameSize,
  zero,
  type Size,
} from '../ir/size.ts';
import {
  argsOf,
  buildExpression,
  ExpressionPool,
  weigher,
  type Expression,
  type PlanBuffer,
  type PlanSource,
  sourceKey,
} from './expression.ts';
import { flatten, identityMap, type Affine, type LoopsOfAxes } from './indexMap.ts';
import { rowLoops, type Cluster, type Level } from './fuse.ts';
import { storedLoops, type Head, type Regions } from './regions.ts';
import type { LoweredKernel, ReadPlaces, ScratchBuffer } from './plan.ts';

export interface LowerOptions {
  /** Merge adjacent axes that are contiguous for every access. */
  readonly collapse: boolean;
  /** Choose reduction schedules and narrow accumulators; off: the general form. */
  readonly planReductions: boolean;
  /** Keep costly values in memory; else they are computed again. */
  readonly keeps: boolean;
}

/** Work worth keeping in a row buffer instead of doing it again in the next walk over the row (1 = one add). */
const keepWeight = 8;
/** Work worth a table instead of repeating it in an outer loop. */
const tableWeight = 16;
/** Offsets up to this one are written into the code, as neighbours in a stencil are. */
const largestLiteral = 2;
/** Copies of the loop body a leaf of eight lanes may have in total, in ops. */
const unrolledOps = 200;

interface Item {
  readonly head: Head;
  readonly level: Level;
  readonly value: Expression;
  readonly store: Affine;
  readonly reduction: number | undefined;
}

export function lowerCluster(
  cluster: Cluster,
  regions: Regions,
  isNeeded: (buffer: PlanBuffer) => boolean,
  options: LowerOptions,
): LoweredKernel {
  return new Lowering(cluster, regions, isNeeded, options).run();
}

interface Scope {
  /** Loops that are open here, as a bit set. */
  readonly loops: number;
  readonly statements: Statement[];
  readonly defined: Map<number, ValueId>;
}

class Lowering {
  readonly #cluster: Cluster;
  readonly #regions: Regions;
  readonly #isNeeded: (buffer: PlanBuffer) => boolean;
  readonly #options: LowerOptions;
  #pool = new ExpressionPool();
  readonly #weight = weigher();
  readonly #buffers: (PlanSource | ScratchBuffer)[] = [];
  readonly #roles: BufferRole[] = [];
  readonly #integers: Size[] = [];
  readonly #integerSlots = new Map<string, number>();
  readonly #scalars: { readonly slot: number; readonly dtype: DType }[] = [];
  readonly #values: KernelValue[] = [];
  readonly #immediates = new Map<number, ValueId>();
  readonly #masks = new Map<number, number>();
  readonly #stages = new Map<number, number>();
  readonly #scopes: Scope[] = [];
  readonly #gathering = new Map<number, boolean>();
  /** Position of the scope that defines a value. */
  readonly #depths = new Map<ValueId, number>();
  /** Expressions to be read back from memory instead of computed. */
  readonly #replaced = new Map<number, Expression>();
  /** Takes an index over the cluster's loops to the loops left after merging axes. */
  #merged: ((index: Affine) => Affine) | undefined;
  readonly #indices = new Map<Expression, Affine>();
  #extents: readonly Size[] = [];
  #items: Item[] = [];
  #rows: readonly number[] = [];
  #reduced: readonly number[] = [];

  constructor(
    cluster: Cluster,
    regions: Regions,
    isNeeded: (buffer: PlanBuffer) => boolean,
    options: LowerOptions,
  ) {
    this.#cluster = cluster;
    this.#regions = regions;
    this.#isNeeded = isNeeded;
    this.#options = options;
  }

  run(): LoweredKernel {
    this.#extents = this.#cluster.space;
    this.#rows = rowLoops(this.#cluster);
    this.#reduced = this.#cluster.space.map((_, k) => k).filter((k) => !this.#rows.includes(k));
    this.#items = this.#buildItems();
    const used = this.#reachable();
    if (this.#options.collapse) this.#collapse(used);
    // Sets of loops are bit sets.
    if (this.#extents.length > 31)
      throw new InternalError('lower', `${this.#extents.length} loops in one nest`);
    const body = this.#emit();
    const kernel: LoopKernel = {
      kind: 'loops',
      axes: this.#extents.map((extent, loop) => ({
        extent: this.#int(extent),
        role: this.#rows.includes(loop) ? 'parallel' : 'row',
      })),
      buffers: this.#buffers.map((buffer, k) => ({ dtype: buffer.dtype, role: this.#roles[k] ?? 'input' })),
      integers: this.#integers.length,
      scalars: this.#scalars.map(({ dtype }) => dtype),
      values: this.#values,
      body,
    };
    return {
      kernel,
      buffers: this.#buffers,
      integers: this.#integers,
      scalars: this.#scalars.map(({ slot }) => slot),
      heads: this.#cluster.members.map(({ head }) => head),
      space: this.#cluster.space,
      rowLoops: rowLoops(this.#cluster),
      reads: this.#readStatistics(used),
      ops: used.filter((e) => e.kind === 'op' || e.kind === 'cast').length,
    };
  }

  // --- expressions -----------------------------------------------------------------------------------------

  #buildItems(): Item[] {
    const members = new Map<PlanBuffer, Expression>();
    const frontier = {
      sourceOf: (node: Head['node']): PlanSource | undefined => this.#regions.bufferOf.get(node),
      read: (source: PlanSource): Expression | undefined =>
        source.kind === 'buffer' ? members.get(source) : undefined,
      blocked: (): void => {
        throw new InternalError('lower', 'a view has no affine index map in its cluster');
      },
    };
    let reductions = 0;
    // Alone in its kernel, a head computes just what was found when its region was formed.
    const [first, second] = this.#cluster.members;
    const alone =
      first !== undefined && second === undefined ? this.#regions.computed.get(first.head) : undefined;
    if (alone !== undefined) this.#pool = alone.pool;
    return this.#cluster.members.map(({ head, level }): Item => {
      const loops = level === 'row' ? this.#inRows(head.loops) : head.loops;
      const map = identityMap(head.body.shape, loops, this.#extents);
      const own = head.kind === 'map' && head.piece === undefined ? head.node : undefined;
      const value = alone?.value ?? buildExpression(this.#pool, frontier, this.#extents, head.body, map, own);
      const reduction = level === 'reduce' ? reductions++ : undefined;
      const outcome =
        reduction === undefined
          ? value
          : this.#pool.add({ kind: 'result', dtype: head.node.dtype, reduction });
      if (head.piece === undefined) members.set(head.buffer, outcome);
      return { head, level, value, store: this.#storeIndex(head, level), reduction };
    });
  }

  #storeIndex(head: Head, level: Level): Affine {
    const shape = head.piece === undefined ? head.node.shape : head.body.shape;
    const loops = storedLoops(head);
    const map = identityMap(shape, level === 'full' ? loops : this.#inRows(loops), this.#extents);
    const { piece } = head;
    if (piece === undefined) return flatten(map, head.buffer.shape);
    const shifted = map.map((group, axis) =>
      axis === piece.axis
        ? { ...group, index: { ...group.index, offset: addSizes(group.index.offset, piece.offset) } }
        : group,
    );
    return flatten(shifted, head.buffer.shape);
  }

  /** Loops of the nest in place of loops counted among those that are not reduced. */
  #inRows(loops: LoopsOfAxes): LoopsOfAxes {
    return loops.map((axis) => axis.map((loop) => this.#rows[loop] ?? loop));
  }

  /** Everything some store or reduction needs, in pool order. */
  #reachable(): Expression[] {
    const seen = new Set<Expression>();
    const stack = this.#items.map(({ value }) => value);
    for (let e = stack.pop(); e !== undefined; e = stack.pop()) {
      if (seen.has(e)) continue;
      seen.add(e);
      stack.push(...argsOf(e));
    }
    return [...seen].toSorted((a, b) => a.id - b.id);
  }

  // --- axes ------------------------------------------------------------------------------------------------

  /** Merges axis k into k + 1 wherever every index moves along both as along one. */
  #collapse(used: readonly Expression[]): void {
    const affines = [
      ...used.flatMap((e) => (e.kind === 'load' || e.kind === 'index' ? [e.index] : [])),
      ...this.#items.map(({ store }) => store),
    ];
    const order = [...this.#rows, ...this.#reduced];
    const extents = [...this.#extents];
    const merged = new Set<number>();
    for (let k = order.length - 2; k >= 0; k--) {
      const [outer, inner] = [order[k], order[k + 1]];
      if (outer === undefined || inner === undefined) continue;
      if (this.#rows.includes(outer) !== this.#rows.includes(inner)) continue;
      const extent = extents[inner] ?? one;
      const together = affines.every(({ strides }) =>
        sameSize(strides[outer] ?? zero, multiplySizes(strides[inner] ?? zero, extent)),
      );
      if (!together) continue;
      extents[inner] = multiplySizes(extents[outer] ?? one, extent);
      merged.add(outer);
      order.splice(k, 1, inner);
      order.splice(k + 1, 1);
    }
    if (merged.size === 0) return;
    const kept = extents.map((_, loop) => loop).filter((loop) => !merged.has(loop));
    const renumber = (loops: readonly number[]): number[] =>
      loops.filter((loop) => kept.includes(loop)).map((loop) => kept.indexOf(loop));
    const shrink = (affine: Affine): Affine => ({
      offset: affine.offset,
      strides: kept.map((loop) => affine.strides[loop] ?? zero),
    });
    this.#merged = shrink;
    this.#items = this.#items.map((item) => ({ ...item, store: shrink(item.store) }));
    this.#rows = renumber(this.#rows);
    this.#reduced = renumber(this.#reduced);
    this.#extents = kept.map((loop) => extents[loop] ?? one);
  }

  // --- where values live -------------------------------------------------------------------------------------

  /** The index of a load or iota over the loops there are. */
  #indexOf(e: Expression & { kind: 'load' | 'index' }): Affine {
    if (this.#merged === undefined || e.id >= this.#firstScratchId) return e.index;
    let index = this.#indices.get(e);
    if (index === undefined) {
      index = this.#merged(e.index);
      this.#indices.set(e, index);
    }
    return index;
  }

  #mask(e: Expression): number {
    let mask = this.#masks.get(e.id);
    if (mask !== undefined) return mask;
    mask = 0;
    if (e.kind === 'load' || e.kind === 'index') {
      const { strides } = this.#indexOf(e);
      for (let loop = 0; loop < strides.length; loop++) if (!isZero(strides[loop] ?? zero)) mask |= 1 << loop;
    }
    if (e.kind === 'result') for (const loop of this.#rows) mask |= 1 << loop;
    for (const arg of argsOf(e)) mask |= this.#mask(arg);
    this.#masks.set(e.id, mask);
    return mask;
  }

  /** How many reductions in a row must be complete before `e` can be computed. */
  #stage(e: Expression): number {
    let stage = this.#stages.get(e.id);
    if (stage !== undefined) return stage;
    stage = 0;
    if (e.kind === 'result') {
      const item = this.#items.find(({ reduction }) => reduction === e.reduction);
      stage = item === undefined ? 0 : this.#stage(item.value) + 1;
    }
    for (const arg of argsOf(e)) stage = Math.max(stage, this.#stage(arg));
    this.#stages.set(e.id, stage);
    return stage;
  }

  #isRowDependent(e: Expression): boolean {
    return this.#reduced.some((loop) => (this.#mask(e) & (1 << loop)) !== 0);
  }

  // --- statements --------------------------------------------------------------------------------------------

  #emit(): Statement[] {
    const top = this.#open(0);
    if (this.#options.keeps) this.#emitTables();
    for (const loop of this.#rows) this.#openLoop(loop);
    const stages =
      1 +
      Math.max(
        0,
        ...this.#items.filter(({ level }) => level !== 'row').map(({ value }) => this.#stage(value)),
      );
    const keep = this.#keptBetweenStages(stages);
    for (let stage = 0; stage < stages; stage++) this.#emitStage(stage, keep.get(stage) ?? []);
    for (const item of this.#items) {
      if (item.level === 'full' || !this.#isNeeded(item.head.buffer)) continue;
      const value = item.reduction === undefined ? item.value : this.#resultOf(item);
      this.#store(this.#buffer(item.head.buffer, 'output'), item.store, this.#need(value));
    }
    for (const loop of [...this.#rows].reverse()) this.#closeLoop(loop);
    return top.statements;
  }

  #resultOf(item: Item): Expression {
    return {
      id: -1 - (item.reduction ?? 0),
      kind: 'result',
      dtype: item.head.node.dtype,
      reduction: item.reduction ?? 0,
    };
  }

  #work(stage: number): { readonly accumulate: readonly Item[]; readonly store: readonly Item[] } {
    const here = this.#items.filter(({ value }) => this.#stage(value) === stage);
    return {
      accumulate: here.filter(({ level }) => level === 'reduce'),
      store: here.filter(({ level, head }) => level === 'full' && this.#isNeeded(head.buffer)),
    };
  }

  #emitStage(stage: number, keep: readonly Kept[]): void {
    const { accumulate, store } = this.#work(stage);
    // All values before all stores: an output may lie where an input did (memory plan).
    const stores = (): void => {
      const results = store.map(({ value }) => this.#need(value));
      const rows = keep.map(({ value }) => this.#need(value));
      store.forEach(({ head, store: index }, k) => {
        this.#store(this.#buffer(head.buffer, 'output'), index, results[k] ?? 0);
      });
      keep.forEach(({ buffer, index }, k) => {
        if (buffer !== undefined) this.#store(buffer, index, rows[k] ?? 0);
      });
    };
    if (accumulate.length > 0) {
      this.#open(this.#reduced.reduce((mask, loop) => mask | (1 << loop), this.#scopes.at(-1)?.loops ?? 0));
      const accumulators = accumulate.map((item) => this.#accumulator(item));
      stores();
      const body = this.#close();
      const statement: Statement = {
        kind: 'reduce',
        axes: this.#reduced,
        schedule: this.#schedule(accumulators, body),
        accumulators,
        body,
      };
      this.#scopes.at(-1)?.statements.push(statement);
    } else if (store.length > 0) {
      for (const loop of this.#reduced) this.#openLoop(loop);
      stores();
      for (const loop of [...this.#reduced].reverse()) this.#closeLoop(loop);
    }
    for (const { value, load } of keep) this.#replaced.set(value.id, load);
  }

  #accumulator(item: Item): Accumulator {
    const { kind, node } = item.head;
    if (node.kind !== 'reduce') throw new InternalError('lower', `${kind} is not a reduction`);
    let { value } = item;
    const narrow =
      this.#options.planReductions &&
      node.op === 'sum' &&
      isBigint(node.dtype) &&
      value.kind === 'cast' &&
      !isBigint(value.arg.dtype) &&
      (isInteger(value.arg.dtype) || kindOf(value.arg.dtype) === 'bool');
    if (narrow && value.kind === 'cast') value = value.arg;
    return {
      id: item.reduction ?? 0,
      op: node.op,
      dtype: node.dtype,
      value: this.#need(value),
      element: computeDType(value.dtype),
    };
  }

  #schedule(accumulators: readonly Accumulator[], body: readonly Statement[]): ReduceSchedule {
    if (!accumulators.some(isPairwise)) return 'sequential';
    return this.#options.planReductions &&
      this.#reduced.length === 1 &&
      8 * (body.length + accumulators.reduce((sum, { op }) => sum + monoidRow(op).weight, 0)) <= unrolledOps
      ? 'unrolled'
      : 'blocked';
  }

  /** Values that a later walk over the row reads back: from their output where they have one, else a row buffer. */
  #keptBetweenStages(stages: number): Map<number, Kept[]> {
    const result = new Map<number, Kept[]>();
    if (stages === 1 || !this.#options.keeps) return result;
    const firstUse = new Map<number, number>();
    const kept = new Set<number>();
    const visit = (e: Expression, stage: number): void => {
      if (!this.#isRowDependent(e)) return;
      const first = firstUse.get(e.id);
      if (first !== undefined && first < stage) {
        if (kept.has(e.id)) return;
        const output = this.#items.find(
          (item) =>
            item.level === 'full' &&
            item.value === e &&
            this.#isNeeded(item.head.buffer) &&
            this.#stage(e) <= first,
        );
        if (this.#weight(e) >= (output === undefined ? keepWeight : 2)) {
          kept.add(e.id);
          const list = result.get(first) ?? [];
          list.push(output === undefined ? this.#rowBuffer(e) : this.#fromOutput(e, output));
          result.set(first, list);
          return;
        }
      } else if (first === stage) return;
      else firstUse.set(e.id, stage);
      for (const arg of argsOf(e)) visit(arg, stage);
    };
    for (let stage = 0; stage < stages; stage++) {
      const { accumulate, store } = this.#work(stage);
      for (const { value } of [...accumulate, ...store]) visit(value, stage);
    }
    return result;
  }

  #fromOutput(value: Expression, { head, store }: Item): Kept {
    return { value, buffer: undefined, index: store, load: this.#loadOf(head.buffer, store, value) };
  }

  #rowBuffer(value: Expression): Kept {
    const index = this.#rowMajor(this.#reduced);
    const scratch: ScratchBuffer = {
      kind: 'scratch',
      dtype: value.dtype,
      size: productOfSizes(this.#reduced.map((loop) => this.#extents[loop] ?? one)),
    };
    const buffer = this.#addBuffer(scratch, 'scratch');
    return { value, buffer, index, load: this.#scratchLoad(buffer, index, value) };
  }

  /** Costly values that are the same for every turn of an outer loop. */
  #emitTables(): void {
    const position = new Map([...this.#rows, ...this.#reduced].map((loop, k) => [loop, k]));
    const seen = new Set<number>();
    const visit = (e: Expression): void => {
      if (seen.has(e.id)) return;
      seen.add(e.id);
      const mask = this.#mask(e);
      const inside = [...position.keys()].filter((loop) => (mask & (1 << loop)) !== 0);
      const last = Math.max(-1, ...inside.map((loop) => position.get(loop) ?? -1));
      const repeated = [...position].some(([loop, at]) => at < last && (mask & (1 << loop)) === 0);
      if (repeated && this.#stage(e) === 0 && this.#weight(e) >= tableWeight && !this.#hasGather(e)) {
        const index = this.#rowMajor(inside);
        const scratch: ScratchBuffer = {
          kind: 'scratch',
          dtype: e.dtype,
          size: productOfSizes(inside.map((loop) => this.#extents[loop] ?? one)),
        };
        const buffer = this.#addBuffer(scratch, 'scratch');
        for (const loop of inside) this.#openLoop(loop);
        this.#store(buffer, index, this.#need(e));
        for (const loop of inside.toReversed()) this.#closeLoop(loop);
        this.#replaced.set(e.id, this.#scratchLoad(buffer, index, e));
        return;
      }
      for (const arg of argsOf(e)) visit(arg);
    };
    for (const { value } of this.#items) visit(value);
  }

  #rowMajor(loops: readonly number[]): Affine {
    return {
      offset: zero,
      strides: this.#extents.map((_, loop) => {
        const at = loops.indexOf(loop);
        return at < 0
          ? zero
          : productOfSizes(loops.slice(at + 1).map((inner) => this.#extents[inner] ?? one));
      }),
    };
  }

  // --- scopes and values ---------------------------------------------------------------------------------------

  #open(loops: number): Scope {
    const scope: Scope = { loops, statements: [], defined: new Map() };
    this.#scopes.push(scope);
    return scope;
  }

  #close(): Statement[] {
    const scope = this.#scopes.pop();
    if (scope === undefined) throw new InternalError('lower', 'no scope is open');
    return scope.statements;
  }

  #openLoop(loop: number): void {
    this.#open((this.#scopes.at(-1)?.loops ?? 0) | (1 << loop));
  }

  #closeLoop(loop: number): void {
    const body = this.#close();
    this.#scopes.at(-1)?.statements.push({ kind: 'loop', axis: loop, body });
  }

  #store(buffer: number, index: Affine, value: ValueId): void {
    this.#scopes.at(-1)?.statements.push({ kind: 'store', buffer, index: this.#index(index), value });
  }

  /** The value of `e` where we are; computed in the outermost open loop that has all it depends on. */
  #need(e: Expression): ValueId {
    const replacement = this.#replaced.get(e.id);
    if (replacement !== undefined && replacement !== e) return this.#need(replacement);
    if (e.kind === 'constant' || e.kind === 'scalar' || e.kind === 'result') return this.#immediate(e);
    for (const scope of this.#scopes) {
      const known = scope.defined.get(e.id);
      if (known !== undefined) return known;
    }
    const args = argsOf(e).map((arg) => this.#need(arg));
    const depth = this.#depthFor(e, args);
    const scope = this.#scopes[depth];
    const id = this.#values.push(this.#value(e, args)) - 1;
    this.#depths.set(id, depth);
    scope?.statements.push({ kind: 'let', value: id });
    scope?.defined.set(e.id, id);
    return id;
  }

  /** The outermost scope that has all a value depends on. Gathers stay innermost: where a loop is empty they must not run, for they may throw. */
  #depthFor(e: Expression, args: readonly ValueId[]): number {
    const innermost = this.#scopes.length - 1;
    if (e.kind === 'load' && e.gathers.length > 0) return innermost;
    const mask = this.#mask(e);
    let depth = this.#stage(e) === 0 ? 0 : this.#rows.length;
    for (const arg of args) depth = Math.max(depth, this.#depths.get(arg) ?? 0);
    while (depth < innermost && (mask & ~(this.#scopes[depth]?.loops ?? 0)) !== 0) depth++;
    return Math.min(depth, innermost);
  }

  #hasGather(e: Expression): boolean {
    let found = this.#gathering.get(e.id);
    if (found === undefined) {
      found = (e.kind === 'load' && e.gathers.length > 0) || argsOf(e).some((arg) => this.#hasGather(arg));
      this.#gathering.set(e.id, found);
    }
    return found;
  }

  #immediate(e: Expression & { kind: 'constant' | 'scalar' | 'result' }): ValueId {
    const key = e.kind === 'result' ? -1 - e.reduction : e.id;
    let id = this.#immediates.get(key);
    if (id === undefined) {
      id = this.#values.push(this.#value(e, [])) - 1;
      this.#immediates.set(key, id);
    }
    return id;
  }

  #value(e: Expression, args: readonly ValueId[]): KernelValue {
    const [first] = args;
    switch (e.kind) {
      case 'constant':
        return { kind: 'constant', dtype: e.dtype, value: e.value };
      case 'scalar': {
        let slot = this.#scalars.findIndex((scalar) => scalar.slot === e.slot);
        if (slot < 0) slot = this.#scalars.push({ slot: e.slot, dtype: e.dtype }) - 1;
        return { kind: 'scalar', dtype: e.dtype, slot };
      }
      case 'result':
        return { kind: 'result', dtype: e.dtype, accumulator: e.reduction };
      case 'index':
        return { kind: 'index', dtype: e.dtype, index: this.#index(this.#indexOf(e)) };
      case 'load':
        return {
          kind: 'load',
          dtype: e.dtype,
          buffer: this.#scratchOf.get(e.id) ?? this.#buffer(e.source, 'input'),
          index: this.#index(this.#indexOf(e)),
          gathers: e.gathers.map(({ stride, size }, k) => ({
            value: args[k] ?? 0,
            stride: this.#int(stride),
            size: this.#int(size),
          })),
        };
      case 'op':
        return { kind: 'op', dtype: e.dtype, op: e.op, operand: e.operand, args };
      case 'cast':
        return { kind: 'cast', dtype: e.dtype, from: e.arg.dtype, arg: first ?? 0 };
    }
  }

  // --- parameters ----------------------------------------------------------------------------------------------

  /** Loads of scratch buffers are made here, after the pool: they carry ids beyond it. */
  readonly #scratchOf = new Map<number, number>();
  readonly #firstScratchId = 1_000_000;
  #nextId = this.#firstScratchId;

  #scratchLoad(buffer: number, index: Affine, value: Expression): Expression {
    const source: PlanSource = { kind: 'buffer', id: -1 - buffer, dtype: value.dtype, shape: [] };
    const load: Expression = {
      id: this.#nextId++,
      kind: 'load',
      dtype: value.dtype,
      source,
      index,
      gathers: [],
    };
    this.#scratchOf.set(load.id, buffer);
    return load;
  }

  #loadOf(source: PlanSource, index: Affine, value: Expression): Expression {
    return { id: this.#nextId++, kind: 'load', dtype: value.dtype, source, index, gathers: [] };
  }

  #buffer(source: PlanSource, role: BufferRole): number {
    const at = this.#buffers.findIndex(
      (known) =>
        known === source ||
        (known.kind === 'parameter' && source.kind === 'parameter' && known.slot === source.slot),
    );
    if (at < 0) return this.#addBuffer(source, role);
    if (role === 'output') this.#roles[at] = 'output';
    return at;
  }

  #addBuffer(buffer: PlanSource | ScratchBuffer, role: BufferRole): number {
    this.#roles.push(role);
    return this.#buffers.push(buffer) - 1;
  }

  #int(size: Size): KernelInt {
    if (size.literal !== undefined) return { literal: size.literal };
    return { parameter: this.#parameter(size) };
  }

  #parameter(size: Size): number {
    let parameter = this.#integerSlots.get(size.key);
    if (parameter === undefined) {
      parameter = this.#integers.push(size) - 1;
      this.#integerSlots.set(size.key, parameter);
    }
    return parameter;
  }

  /** Places that only differ in a number, as rows of a stack do, should be one kernel: large numbers are parameters. */
  #offset(offset: Size): KernelInt {
    return offset.literal !== undefined && offset.literal > largestLiteral
      ? { parameter: this.#parameter(offset) }
      : this.#int(offset);
  }

  #index({ offset, strides }: Affine): KernelIndex {
    const terms = strides.flatMap((stride, axis) =>
      isZero(stride) ? [] : [{ axis, stride: this.#int(stride) }],
    );
    return { offset: this.#offset(offset), terms };
  }

  /** What is read from where, how much of it, and in how many walks over the row. */
  #readStatistics(used: readonly Expression[]): LoweredKernel['reads'] {
    const stages = new Set(this.#items.map(({ value, level }) => (level === 'row' ? 0 : this.#stage(value))));
    const walks = new Map<Expression, Set<number>>();
    if (stages.size > 1)
      for (const { value, level } of this.#items) {
        const stage = level === 'row' ? -1 : this.#stage(value);
        const seen = new Set<Expression>();
        const stack = [value];
        for (let e = stack.pop(); e !== undefined; e = stack.pop()) {
          if (seen.has(e)) continue;
          seen.add(e);
          if (e.kind === 'load') walks.set(e, (walks.get(e) ?? new Set()).add(stage));
          stack.push(...argsOf(e));
        }
      }
    // A parameter is another object at each of its loads.
    const bySource = new Map<
      string,
      { readonly source: PlanSource; readonly places: ReadPlaces[]; readonly walks: Set<number> }
    >();
    for (const e of used) {
      if (e.kind !== 'load') continue;
      const key = sourceKey(e.source);
      const entry = bySource.get(key) ?? { source: e.source, places: [], walks: new Set<number>() };
      const { offset, strides } = this.#indexOf(e);
      const loops = this.#extents.map((extent, loop) => ({ stride: strides[loop] ?? zero, extent }));
      entry.places.push({ offset, loops, gathered: e.gathers.length > 0 });
      for (const stage of walks.get(e) ?? []) entry.walks.add(stage);
      bySource.set(key, entry);
    }
    return [...bySource.values()].map(({ source, places, walks: own }) => ({
      source,
      places,
      walks: Math.max(1, own.size),
    }));
  }
}

interface Kept {
  readonly value: Expression;
  /** The row buffer to store to; undefined where the value's own output serves. */
  readonly buffer: number | undefined;
  readonly index: Affine;
  readonly load: Expression;
}
