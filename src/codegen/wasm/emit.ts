/**
 * A loop kernel as one WebAssembly function.
 *
 * The innermost loop over an axis runs in packs (`pack.ts`): every value inside it is a pack, every value outside is
 * uniform, and both are the same vector code. Loops around it are plain. Reductions are in `reduce.ts`.
 */
import type { DType } from '../../ir/dtype.ts';
import { InternalError } from '../../ir/errors.ts';
import {
  strideOf,
  type KernelIndex,
  type KernelValue,
  type LoopKernel,
  type Statement,
  type ValueId,
} from '../../ir/kernel.ts';
import { isArg, type Accumulator } from '../../ir/kernel.ts';
import { noAxis, Addresses, type OpenLoop } from './addresses.ts';
import {
  laneNumbers,
  loadContiguous,
  loadLanes,
  loadStrided,
  loadUniform,
  storeContiguous,
  storeStrided,
  storeUniform,
  type PackRange,
} from './access.ts';
import { FunctionBuilder, f64, i32, type Local, type Operand } from './assembler/function.ts';
import { emitCast } from './casts.ts';
import { columnTile, emitColumnLoop, isColumnLoop } from './columns.ts';
import { constantPack, extractLane } from './constants.ts';
import { Counts } from './counts.ts';
import { indexError, type EmittedKernel, type ModuleContext } from './context.ts';
import { outcomeBytes, outcomeOffset, placeOffset, scalarOffset } from './layout.ts';
import { emitOp } from './ops.ts';
import { laneBytesOf, type Pack, type PackContext } from './pack.ts';
import { emitReduce } from './reduce.ts';
import { accesses, isFlat, type Loop, type Reduce } from './statements.ts';
import { ordered } from './loopOrder.ts';
import { emitTiles, isTransposing, tileSide } from './tiles.ts';
import { lanesFor } from './width.ts';

/** A loop that runs in packs, at one of its packs. */
interface VectorLoop {
  readonly axis: number;
  readonly range: PackRange;
}

export function emitLoops(kernel: LoopKernel, module: ModuleContext): EmittedKernel {
  const emitter = new LoopEmitter(kernel, module, 'kernel', scratchBuffers(kernel));
  emitter.run();
  const { f, scratchBytes, splitAxis, granule } = emitter;
  const axis = splitAxis === undefined ? undefined : kernel.axes[splitAxis];
  return {
    main: f,
    scratchBytes,
    splits: axis === undefined ? [] : [{ f, extent: [axis.extent], granule, turns: `i${splitAxis ?? 0}` }],
    space: kernel.axes.map(({ extent }) => extent),
    axis: splitAxis,
  };
}

const parameterTypeOf = (wide: boolean): 'i32' | 'f64' => (wide ? 'f64' : 'i32');

const scratchBuffers = ({ buffers }: LoopKernel): ReadonlySet<number> =>
  new Set(buffers.flatMap(({ role }, k) => (role === 'scratch' ? [k] : [])));

/** A kernel's statements in the order they run in. */
export const orderedBody = ({ body, values }: LoopKernel): readonly Statement[] =>
  body.map((statement) => ordered(statement, (id) => valueIn(values, id)));

function valueIn(values: readonly KernelValue[], id: ValueId): KernelValue {
  const value = values[id];
  if (value === undefined) throw new InternalError('wasm', `the kernel has no value ${id}`);
  return value;
}

/** How a loop over an axis is best split: whole tiles, where it runs in tiles. */
export function granuleOf(loop: Loop, valueOf: (id: ValueId) => KernelValue): number {
  return isColumnLoop(loop, valueOf) ? columnTile : isTransposing(loop, valueOf) ? tileSide : 1;
}

export class LoopEmitter {
  readonly f: FunctionBuilder;
  readonly module: ModuleContext;
  readonly kernel: LoopKernel;
  readonly counts: Counts;
  readonly addresses: Addresses;
  scratchBytes = 0;
  /** The axis whose loop runs over the range of the second and third parameter, in multiples of `granule` if it is split. */
  splitAxis: number | undefined;
  granule = 1;
  /**
   * What the reduction takes of its sequence (sums and products of floats) or of its first axis (others); all of it,
   * unless this is set.
   */
  taken: readonly [from: Operand, to: Operand] | undefined;
  readonly #scratch: Local;
  /** The extreme values beside the positions of arg-reductions. */
  readonly #champions = new Map<number, Pack>();
  /** Loops that are open, outermost first; the one in packs is the last. */
  #open: readonly OpenLoop[] = [];
  #vector: VectorLoop | undefined;
  readonly #values = new Map<ValueId, Pack>();
  readonly #outcomes = new Map<number, Pack>();
  /** Loads that read a copy made for them (tiles.ts). */
  readonly #copies = new Map<KernelValue, () => Pack>();

  /** `own`: the buffers that each thread has one of. */
  constructor(kernel: LoopKernel, module: ModuleContext, name: string, own: ReadonlySet<number>) {
    const bound = parameterTypeOf(kernel.wide === true);
    this.f = new FunctionBuilder(name, [
      ['args', 'i32'],
      ['from', bound],
      ['to', bound],
      ['scratch', 'i32'],
      ...(name === 'kernel' ? [] : [['out', 'i32'] as const]),
    ]);
    this.kernel = kernel;
    this.module = module;
    this.counts = new Counts(this.f, kernel.wide === true);
    if (this.counts.isWide) module.note('counts in 64 bits');
    this.#scratch = this.f.parameter(3);
    this.addresses = new Addresses(this.f, this.counts, kernel, this.#scratch, own);
    kernel.values.forEach((value, id) => {
      if (value.kind === 'scalar') this.#values.set(id, this.#scalar(value.dtype, value.slot));
    });
  }

  run(): void {
    const body = orderedBody(this.kernel);
    const loop = this.#onlyLoop(body);
    if (loop !== undefined) {
      this.splitAxis = loop.axis;
      this.granule = granuleOf(loop, (id) => this.value(id));
    }
    this.statements(body);
  }

  /** The outermost loop, where it is all there is to do and its turns are independent. */
  #onlyLoop(body: readonly Statement[]): Loop | undefined {
    const [loop, ...more] = body.filter(({ kind }) => kind !== 'let');
    if (loop?.kind !== 'loop' || more.length > 0) return undefined;
    return this.kernel.axes[loop.axis]?.role === 'parallel' ? loop : undefined;
  }

  /**
   * One statement of the body (`undefined`: the stores between the loops), with the outcomes of reductions in front of
   * it from memory. A reduction takes the part from the second to the third parameter and stores its outcomes at the
   * last one.
   */
  phase(body: readonly Statement[], position: number | undefined): void {
    let reductions = 0;
    for (let k = 0; k < Math.min(body.length, (position ?? body.length) + 1); k++) {
      const statement = body[k];
      if (statement === undefined) continue;
      if (k === position && statement.kind === 'reduce') this.#part(statement);
      else if (k === position || statement.kind === 'let') this.#statement(statement);
      else if (statement.kind === 'store' && position === undefined) this.#statement(statement);
      if (statement.kind !== 'reduce') continue;
      for (const accumulator of statement.accumulators) {
        if (k !== position) this.#recallOutcome(accumulator, outcomeOffset(this.kernel, reductions));
        reductions++;
      }
    }
  }

  #part(reduce: Reduce): void {
    this.taken = this.#range;
    this.#statement(reduce);
    const out = this.f.parameter(4);
    reduce.accumulators.forEach(({ id, op }, k) => {
      const outcome = this.#outcomes.get(id);
      if (outcome === undefined) return;
      const champion = this.#champions.get(id);
      if (champion !== undefined) storeUniform(this.context, out, champion, outcomeBytes * k);
      storeUniform(this.context, out, outcome, outcomeBytes * k + (isArg(op) ? placeOffset : 0));
    });
  }

  #recallOutcome({ id, op, dtype }: Accumulator, offset: number): void {
    const args = this.f.parameter(0);
    const outcome = isArg(op)
      ? loadUniform(this.context, dtype, args, offset + placeOffset)
      : loadUniform(this.context, dtype, args, offset);
    this.#outcomes.set(id, outcome);
  }

  #scalar(dtype: DType, slot: number): Pack {
    return loadUniform(this.context, dtype, this.f.parameter(0), scalarOffset(this.kernel, slot));
  }

  // --- where we are ------------------------------------------------------------------------------------------

  /** Packs of the open vector loop, or uniform values. */
  get context(): PackContext {
    return this.#vector?.range ?? { f: this.f, module: this.module, lanes: 1 };
  }

  /** The index of an open loop. */
  indexOf(axis: number): Operand {
    const open = this.#open.find((loop) => loop.axis === axis);
    if (open === undefined) throw new InternalError('wasm', `the loop over i${axis} is not open`);
    return open.index;
  }

  /** The address of an element at the indices that are known here. */
  address(buffer: number, index: KernelIndex, dtype: DType): Operand {
    return this.addresses.element(buffer, index, laneBytesOf(dtype), this.#open);
  }

  /** Where the loop over an axis starts and ends. */
  bounds(axis: number): readonly [from: Operand, to: Operand] {
    return this.splitAxis === axis ? this.#range : [this.counts.of(0), this.extent(axis)];
  }

  /** What the second and third parameter say. */
  get #range(): readonly [from: Operand, to: Operand] {
    const { counts, f } = this;
    return [counts.fromParameter(f.parameter(1)), counts.fromParameter(f.parameter(2))];
  }

  extent(axis: number): Operand {
    const found = this.kernel.axes[axis];
    if (found === undefined) throw new InternalError('wasm', `the kernel has no axis ${axis}`);
    return this.addresses.count(found.extent);
  }

  /** Memory of the kernel's own: the address of `bytes` bytes. */
  scratch(bytes: number): Local {
    const offset = this.scratchBytes;
    this.scratchBytes += 64 * Math.ceil(bytes / 64);
    return this.f.op('i32.add', this.#scratch, i32(offset));
  }

  // --- statements --------------------------------------------------------------------------------------------

  statements(statements: readonly Statement[]): void {
    for (const statement of statements) this.#statement(statement);
  }

  #statement(statement: Statement): void {
    switch (statement.kind) {
      case 'let':
        this.#values.set(statement.value, this.#define(this.value(statement.value)));
        break;
      case 'store':
        this.#store(statement.buffer, statement.index, this.pack(statement.value));
        break;
      case 'loop':
        this.hoist(statement.body);
        if (this.#inColumns(statement)) emitColumnLoop(statement, this);
        else if (isFlat(statement.body))
          this.vectorLoop(
            statement.axis,
            lanesFor(statement.body, this.kernel),
            () => {
              this.statements(statement.body);
            },
            ...this.bounds(statement.axis),
          );
        else if (this.#inTiles(statement)) emitTiles(statement, this);
        else {
          this.noteOneByOne(statement.axis);
          this.plainLoop(
            statement.axis,
            () => {
              this.statements(statement.body);
            },
            ...this.bounds(statement.axis),
          );
        }
        break;
      case 'reduce':
        this.hoist(statement.body);
        emitReduce(statement, this);
    }
  }

  // What lies in memory as columns or tiles is counted in 32 bits.

  #inColumns(loop: Loop): boolean {
    return !this.counts.isWide && isColumnLoop(loop, (id) => this.value(id));
  }

  #inTiles(loop: Loop): boolean {
    return !this.counts.isWide && isTransposing(loop, (id) => this.value(id));
  }

  /** Computes what addresses inside have in common here, ahead of the loop. */
  hoist(body: readonly Statement[]): void {
    for (const { buffer, index } of accesses(body, (id) => this.value(id))) {
      const dtype = this.kernel.buffers[buffer]?.dtype ?? 'float64';
      this.addresses.element(buffer, index, laneBytesOf(dtype), this.#open);
      for (const { stride } of index.terms) this.addresses.bytes(stride, laneBytesOf(dtype));
    }
  }

  /** Runs `body` for every `step`-th index. */
  plainLoop(
    axis: number,
    body: () => void,
    from: Operand = this.counts.of(0),
    to: Operand = this.extent(axis),
    step = 1,
  ): void {
    this.#steps(from, to, step, (index) => {
      this.within(axis, index, body);
    });
  }

  /** Stretches of `length` from `from` on; the last one may be shorter. */
  stretches(from: Operand, to: Operand, length: number, body: (from: Local, to: Local) => void): void {
    const { f } = this;
    this.#steps(from, to, length, (start) => {
      const end = f.op('i32.add', start, i32(length));
      body(start, f.op('select', to, end, f.op('i32.lt_u', to, end)));
    });
  }

  /** `for (index = from; index < to; index += step)`. */
  #steps(from: Operand, to: Operand, step: number, body: (index: Local) => void): void {
    const { f, counts } = this;
    const counter = f.variable(counts.type, from);
    f.if(counts.op('lt_u', counter, to), () => {
      f.loop((again) => {
        body(f.freeze(counter));
        f.update(counter, `${counts.type}.add`, counts.of(step));
        f.branch(again, counts.op('lt_u', counter, to));
      });
    });
  }

  /** Emits `body` with the index of an axis known. */
  within(axis: number, index: Operand, body: () => void): void {
    const outer = this.#open;
    this.#open = [...outer, { axis, index }];
    body();
    this.#open = outer;
  }

  /** Emits `body` as outside the loop over an axis. */
  without(axis: number, body: () => void): void {
    const outer = this.#open;
    this.#open = outer.filter((loop) => loop.axis !== axis);
    body();
    this.#open = outer;
  }

  /** The same in packs of `lanes`; the last one may be partial. `body` gets the index of the pack's first element. */
  vectorLoop(
    axis: number,
    lanes: number,
    body: (range: PackRange, index: Local) => void,
    from: Operand = this.counts.of(0),
    to: Operand = this.extent(axis),
  ): void {
    this.noteWidth(axis, lanes);
    this.#steps(from, to, lanes, (index) => {
      this.packAt(axis, lanes, index, to, (range) => {
        body(range, index);
      });
    });
  }

  /** Says how many elements a loop takes at a time, and what it does with them that is not plain to see. */
  noteWidth(axis: number, lanes: number, how = ''): void {
    if (axis !== noAxis) this.module.note(`i${axis} in packs of ${lanes}${how}`);
  }

  noteOneByOne(axis: number): void {
    this.module.note(`i${axis} one by one: it holds other loops`);
  }

  /** Emits `body` for the pack of `lanes` elements from `index` on. */
  packAt(axis: number, lanes: number, index: Operand, to: Operand, body: (range: PackRange) => void): void {
    const { f, counts } = this;
    const left = counts.op('sub', to, index);
    const limit = counts.of(lanes);
    const remaining = counts.isWide
      ? counts.low(f.op('select', left, limit, counts.op('lt_u', left, limit)))
      : left;
    const full = f.op('i32.ge_s', remaining, i32(lanes));
    const range: PackRange = { f, module: this.module, lanes, remaining, full };
    const outer = this.#vector;
    this.#vector = { axis, range };
    this.within(axis, index, () => {
      body(range);
    });
    this.#vector = outer;
  }

  /** Lets `load` read a copy while `body` is emitted. */
  withCopies(copies: ReadonlyMap<KernelValue, () => Pack>, body: () => void): void {
    for (const [load, read] of copies) this.#copies.set(load, read);
    body();
    for (const load of copies.keys()) this.#copies.delete(load);
  }

  // --- values ------------------------------------------------------------------------------------------------

  value(id: ValueId): KernelValue {
    return valueIn(this.kernel.values, id);
  }

  /**
   * Makes the outcome of a reduction known; it is uniform, or a pack in a loop over columns. A position comes with the
   * value found there.
   */
  setOutcome(id: number, outcome: Pack, champion?: Pack): void {
    this.#outcomes.set(id, outcome);
    if (champion !== undefined) this.#champions.set(id, champion);
  }

  /** Makes a value known that was computed elsewhere. */
  setValue(id: ValueId, value: Pack): void {
    this.#values.set(id, value);
  }

  /** A value where it is used. */
  pack(id: ValueId): Pack {
    const value = this.value(id);
    if (value.kind === 'constant') return constantPack(this.context, value.dtype, value.value);
    if (value.kind === 'result') {
      const outcome = this.#outcomes.get(value.accumulator);
      if (outcome === undefined)
        throw new InternalError('wasm', `r${value.accumulator} is read before its reduction`);
      return emitCast(this.context, outcome, value.dtype);
    }
    const found = this.#values.get(id);
    if (found === undefined) throw new InternalError('wasm', `v${id} is read before it is computed`);
    return found;
  }

  #define(value: KernelValue): Pack {
    switch (value.kind) {
      case 'constant':
      case 'scalar':
      case 'result':
        throw new InternalError('wasm', `${value.kind} values are written where they are used`);
      case 'index':
        return emitCast(this.context, this.#position(value.index), value.dtype);
      case 'load':
        if (value.gathers.length > 0) return this.#gather(value);
        return this.#copies.get(value)?.() ?? this.#load(value.buffer, value.dtype, value.index);
      case 'op':
        return emitOp(
          this.context,
          value.op,
          value.operand,
          value.args.map((arg) => this.pack(arg)),
        );
      case 'cast':
        return emitCast(this.context, this.pack(value.arg), value.dtype);
    }
  }

  /** The index itself, as uint32, or int64 where counts are wide. */
  #position(index: KernelIndex): Pack {
    const { f } = this;
    const { isWide } = this.counts;
    const [dtype, bytes, shape] = isWide
      ? (['int64', 8, 'i64x2'] as const)
      : (['uint32', 4, 'i32x4'] as const);
    const base = f.op(`${shape}.splat`, this.addresses.position(index, this.#open));
    const vector = this.#vector;
    const stride = vector === undefined ? 0 : strideOf(index, vector.axis);
    if (vector === undefined || stride === 0) return { dtype, vectors: [base], uniform: true, maskBytes: 1 };
    const step = index.terms.find(({ axis }) => axis === vector.axis)?.stride ?? { literal: 0 };
    const steps = stride === 1 ? undefined : f.op(`${shape}.splat`, this.addresses.count(step));
    const vectors = laneNumbers(f, vector.range.lanes, bytes).map((numbers) =>
      f.op(`${shape}.add`, base, steps === undefined ? numbers : f.op(`${shape}.mul`, numbers, steps)),
    );
    return { dtype, vectors, uniform: false, maskBytes: 1 };
  }

  #load(buffer: number, dtype: DType, index: KernelIndex): Pack {
    const bytes = laneBytesOf(dtype);
    const address = this.addresses.element(buffer, index, bytes, this.#open);
    const vector = this.#vector;
    if (vector === undefined) return loadUniform(this.context, dtype, address);
    switch (strideOf(index, vector.axis)) {
      case 0:
        return loadUniform(this.context, dtype, address);
      case 1:
        return loadContiguous(vector.range, dtype, address);
      default:
        this.module.note(`b${buffer} read lane by lane along i${vector.axis}: not adjacent`);
        return loadStrided(vector.range, dtype, address, this.#stride(index, vector.axis, bytes));
    }
  }

  #stride(index: KernelIndex, axis: number, bytes: number): Operand {
    const stride = index.terms.find((term) => term.axis === axis)?.stride ?? { literal: 0 };
    return this.addresses.bytes(stride, bytes);
  }

  #store(buffer: number, index: KernelIndex, pack: Pack): void {
    const bytes = laneBytesOf(pack.dtype);
    const address = this.addresses.element(buffer, index, bytes, this.#open);
    const vector = this.#vector;
    if (vector === undefined) {
      storeUniform(this.context, address, pack);
      return;
    }
    const stride = strideOf(index, vector.axis);
    if (stride === 1) storeContiguous(vector.range, address, pack);
    else {
      this.module.note(`b${buffer} written lane by lane along i${vector.axis}: not adjacent`);
      storeStrided(vector.range, address, this.#stride(index, vector.axis, bytes), pack);
    }
  }

  // --- gathers -------------------------------------------------------------------------------------------------

  #gather(value: Extract<KernelValue, { kind: 'load' }>): Pack {
    const { f } = this;
    const bytes = laneBytesOf(value.dtype);
    const base = this.addresses.element(value.buffer, value.index, bytes, this.#open);
    const vector = this.#vector;
    const indices = value.gathers.map(({ value: id, stride, size }) => ({
      pack: this.pack(id),
      stride: this.addresses.bytes(stride, bytes),
      size: this.addresses.count(size),
    }));
    const addressOf = (lane: number): Operand =>
      indices.reduce<Operand>(
        (sum, { pack, stride, size }) =>
          f.op('i32.add', sum, f.op('i32.mul', this.#resolved(pack, lane, size), stride)),
        lane === 0 || vector === undefined
          ? base
          : f.op('i32.add', base, f.op('i32.mul', this.#stride(value.index, vector.axis, bytes), i32(lane))),
      );
    if (vector === undefined) return loadUniform(this.context, value.dtype, addressOf(0));
    this.module.note(`b${value.buffer} gathered lane by lane: there is no instruction for it`);
    return loadLanes(vector.range, value.dtype, addressOf);
  }

  /** An index from the data: negative from the end; one outside the axis is an error. */
  #resolved(pack: Pack, lane: number, size: Operand): Operand {
    const { f } = this;
    const index = asDouble(f, extractLane(this.context, pack, pack.uniform ? 0 : lane), pack.dtype);
    const extent = f.op(`f64.convert_${this.counts.type}_s`, size);
    const negative = f.op('f64.lt', index, f64(0));
    const resolved = f.op('select', f.op('f64.add', index, extent), index, negative);
    const inside = f.op('i32.and', f.op('f64.ge', resolved, f64(0)), f.op('f64.lt', resolved, extent));
    f.if(f.op('i32.eqz', inside), () => {
      f.call(this.module.import(indexError), [index, extent]);
    });
    return this.counts.isWide
      ? this.counts.low(f.op('i64.trunc_sat_f64_s', resolved))
      : f.op('i32.trunc_sat_f64_s', resolved);
  }
}

function asDouble(f: FunctionBuilder, scalar: Local, dtype: DType): Local {
  switch (dtype) {
    case 'int64':
      return f.op('f64.convert_i64_s', scalar);
    case 'uint64':
      return f.op('f64.convert_i64_u', scalar);
    case 'uint32':
      return f.op('f64.convert_i32_u', scalar);
    case 'float64':
      return scalar;
    case 'float32':
      return f.op('f64.promote_f32', scalar);
    default:
      return f.op('f64.convert_i32_s', scalar);
  }
}
