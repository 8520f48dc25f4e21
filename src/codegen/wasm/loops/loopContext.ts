/**
 * What the forms of loops and reductions build on: the function being made, which loops are open, how to open one, and
 * the values that are known inside. `emit.ts` says which form a step takes, and what its values are.
 */
import type { DType } from '../../../ir/dtype.ts';
import { InternalError } from '../../../ir/errors.ts';
import {
  guardOf,
  monoidOf,
  type Accumulator,
  type KernelIndex,
  type KernelValue,
  type Line,
  type LoopKernel,
  type Step,
  type ValueId,
} from '../../../ir/kernel.ts';
import { accessesOf, extentOf, valueOf } from '../../../ir/nest.ts';
import { loadUniform, type PackRange } from './access.ts';
import { noAxis, Addresses, type OpenLoop } from './addresses.ts';
import { FunctionBuilder } from '../assembler/function.ts';
import { i32, type Local, type Operand } from '../assembler/operands.ts';
import { emitCast } from '../values/casts.ts';
import { constantPack } from '../values/constants.ts';
import type { ModuleContext } from '../module/context.ts';
import { Counts } from './counts.ts';
import { scalarOffset } from '../module/layout.ts';
import { laneBytesOf, type LaneBytes, type Pack, type PackContext } from '../values/pack.ts';
import { packMachine } from '../values/ops.ts';

/** A loop that runs in packs, at one of its packs. */
interface VectorLoop {
  readonly axis: number;
  readonly range: PackRange;
}

const parameterTypeOf = (wide: boolean): 'i32' | 'f64' => (wide ? 'f64' : 'i32');

export abstract class LoopContext {
  readonly f: FunctionBuilder;
  readonly module: ModuleContext;
  readonly kernel: LoopKernel;
  readonly counts: Counts;
  readonly addresses: Addresses;
  scratchBytes = 0;
  /** The axis whose loop runs over the range of the second and third parameter, in multiples of `alignment` if it is split. */
  splitAxis: number | undefined;
  alignment = 1;
  /**
   * The range of the reduced sequence (of a reduction that rounds) or of the first reduced axis (of any other) that a call
   * covers; `undefined` for all of it.
   */
  reducedRange: readonly [from: Operand, to: Operand] | undefined;
  readonly #scratch: Local;
  /** The states of reductions, of which their outcomes are made. */
  protected readonly states = new Map<number, readonly Pack[]>();
  /** Loops that are open, outermost first; the one in packs is the last. */
  open: readonly OpenLoop[] = [];
  vector: VectorLoop | undefined;
  protected readonly values = new Map<ValueId, Pack>();
  protected readonly outcomes = new Map<number, Pack>();
  /** Loads that read a copy made for them (tiles.ts). */
  protected readonly copies = new Map<KernelValue, () => Pack>();

  /** `perThread`: scratch buffers of which each thread has its own copy. */
  constructor(kernel: LoopKernel, module: ModuleContext, name: string, perThread: ReadonlySet<number>) {
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
    this.addresses = new Addresses(this.f, this.counts, kernel, this.#scratch, perThread);
    kernel.values.forEach((value, id) => {
      if (value.kind === 'scalar') this.values.set(id, this.#scalar(value.dtype, value.slot));
    });
  }

  #scalar(dtype: DType, slot: number): Pack {
    return loadUniform(this.context, dtype, this.f.parameter(0), scalarOffset(this.kernel, slot));
  }

  // --- where we are ------------------------------------------------------------------------------------------

  /** Packs of the open vector loop, or uniform values. */
  get context(): PackContext {
    return this.vector?.range ?? { f: this.f, module: this.module, lanes: 1 };
  }

  /** The index of an open loop. */
  indexOf(axis: number): Operand {
    const open = this.open.find((loop) => loop.axis === axis);
    if (open === undefined) throw new InternalError('wasm', `the loop over i${axis} is not open`);
    return open.index;
  }

  /** The address of an element at the indices that are known here. */
  address(buffer: number, index: KernelIndex, dtype: DType): Operand {
    return this.addresses.element(buffer, index, laneBytesOf(dtype), this.open);
  }

  /** Where the loop over an axis starts and ends. */
  bounds(axis: number): readonly [from: Operand, to: Operand] {
    return this.splitAxis === axis ? this.range : [this.counts.of(0), this.extent(axis)];
  }

  /** What the second and third parameter say. */
  protected get range(): readonly [from: Operand, to: Operand] {
    const { counts, f } = this;
    return [counts.fromParameter(f.parameter(1)), counts.fromParameter(f.parameter(2))];
  }

  /** Bytes from one element to the next along an axis. */
  stride(index: KernelIndex, axis: number, bytes: LaneBytes): Operand {
    const stride = index.terms.find((term) => term.axis === axis)?.stride ?? { literal: 0 };
    return this.addresses.bytes(stride, bytes);
  }

  extent(axis: number): Operand {
    return this.addresses.count(extentOf(this.kernel, axis));
  }

  /** Memory of the kernel's own: the address of `bytes` bytes. */
  scratch(bytes: number): Local {
    const offset = this.scratchBytes;
    this.scratchBytes += 64 * Math.ceil(bytes / 64);
    return this.f.op('i32.add', this.#scratch, i32(offset));
  }

  // --- steps -------------------------------------------------------------------------------------------------

  /** Emits them, in order, in the loops that are open here. */
  abstract steps(steps: readonly Step[]): void;

  /** Computes what addresses and guards inside have in common here, ahead of the loop. */
  hoist(lines: readonly Line[]): void {
    for (const { buffer, index } of accessesOf(lines, this.kernel)) {
      const dtype = this.kernel.buffers[buffer]?.dtype ?? 'float64';
      this.addresses.element(buffer, index, laneBytesOf(dtype), this.open);
      for (const { stride } of index.terms) this.addresses.bytes(stride, laneBytesOf(dtype));
    }
    for (const line of lines)
      if (line.kind === 'let')
        for (const { index } of guardOf(this.value(line.value))) this.addresses.position(index, this.open);
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
    const outer = this.open;
    this.open = [...outer, { axis, index }];
    body();
    this.open = outer;
  }

  /** Emits `body` as outside the loop over an axis. */
  without(axis: number, body: () => void): void {
    const outer = this.open;
    this.open = outer.filter((loop) => loop.axis !== axis);
    body();
    this.open = outer;
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
    const outer = this.vector;
    this.vector = { axis, range };
    this.within(axis, index, () => {
      body(range);
    });
    this.vector = outer;
  }

  /** Lets `load` read a copy while `body` is emitted. */
  withCopies(copies: ReadonlyMap<KernelValue, () => Pack>, body: () => void): void {
    for (const [load, read] of copies) this.copies.set(load, read);
    body();
    for (const load of copies.keys()) this.copies.delete(load);
  }

  // --- values ------------------------------------------------------------------------------------------------

  value(id: ValueId): KernelValue {
    return valueOf(this.kernel, id);
  }

  /** Makes the outcome of a reduction known; it is uniform, or a pack in a loop over columns. */
  setOutcome(id: number, outcome: Pack): void {
    this.outcomes.set(id, outcome);
  }

  /** Makes a reduction known by its state; that is uniform, or packs in a loop over columns. */
  setState(accumulator: Accumulator, state: readonly Pack[]): void {
    this.states.set(accumulator.id, state);
    this.setOutcome(accumulator.id, monoidOf(accumulator).finish(packMachine(this.context), state));
  }

  /** Makes a value known that was computed elsewhere. */
  setValue(id: ValueId, value: Pack): void {
    this.values.set(id, value);
  }

  /** A value where it is used. */
  pack(id: ValueId): Pack {
    const value = this.value(id);
    if (value.kind === 'constant') return constantPack(this.context, value.dtype, value.value);
    if (value.kind === 'result') {
      const outcome = this.outcomes.get(value.accumulator);
      if (outcome === undefined)
        throw new InternalError('wasm', `r${value.accumulator} is read before its reduction`);
      return emitCast(this.context, outcome, value.dtype);
    }
    const found = this.values.get(id);
    if (found === undefined) throw new InternalError('wasm', `v${id} is read before it is computed`);
    return found;
  }
}
