/**
 * A loop kernel as one WebAssembly function.
 *
 * The innermost loop over an axis runs in packs (`pack.ts`): every value inside it is a pack, every value outside is
 * uniform, and both are the same vector code. Loops around it are plain. Reductions are in `reduce.ts`.
 */
import type { DType } from '../../../ir/dtype.ts';
import { InternalError } from '../../../ir/errors.ts';
import {
  monoidOf,
  strideOf,
  type Accumulator,
  type KernelIndex,
  type KernelValue,
  type LoopKernel,
  type Loops,
  type Reduce,
  type Step,
  type Store,
} from '../../../ir/kernel.ts';
import { isOrdered } from '../../../ir/dependence.ts';
import { hoistedIn, insideOf, isFlat, linesIn, sectionsOf, type Section } from '../../../ir/nest.ts';
import { columnsOf, columnTile, type Columns } from '../../columns.ts';
import {
  laneNumbers,
  loadContiguous,
  loadStrided,
  loadUniform,
  storeContiguous,
  storeStrided,
  storeUniform,
  type ContiguousStore,
} from './access.ts';
import { emitCast } from '../values/casts.ts';
import { emitColumns } from './columns.ts';
import type { EmittedKernel, ModuleContext } from '../module/context.ts';
import { registerBytes, stateBytes, statesOffset } from '../module/layout.ts';
import { emitOp } from '../values/ops.ts';
import { laneBytesOf, type Pack } from '../values/pack.ts';
import { emitReduce } from '../reductions/reduce.ts';
import { emitScan, scannedColumns } from '../reductions/scan.ts';
import { ordered } from './loopOrder.ts';
import { emitGather, emitScatter } from './gather.ts';
import { emitGuardedLoad, emitPad } from './guards.ts';
import { emitTiles, isTransposing, tileSide } from './tiles.ts';
import { lanesFor } from './width.ts';
import { LoopContext } from './loopContext.ts';

export function emitLoops(kernel: LoopKernel, module: ModuleContext): EmittedKernel {
  const emitter = new LoopEmitter(kernel, module, 'kernel', scratchBuffers(kernel));
  emitter.run();
  const { f, scratchBytes, splitAxis, alignment } = emitter;
  const axis = splitAxis === undefined ? undefined : kernel.axes[splitAxis];
  return {
    main: f,
    scratchBytes,
    splits:
      axis === undefined ? [] : [{ f, iterations: [axis.extent], alignment, label: `i${splitAxis ?? 0}` }],
    space: kernel.axes.map(({ extent }) => extent),
    axis: splitAxis,
    inOrder: splitAxis !== undefined && isOrdered(kernel.points, splitAxis),
  };
}

const scratchBuffers = ({ buffers }: LoopKernel): ReadonlySet<number> =>
  new Set(buffers.flatMap(({ role }, k) => (role === 'scratch' ? [k] : [])));

/** What the kernel runs outside of loops, its loops in the order they should run in. */
export const orderedSections = (kernel: LoopKernel): readonly Section[] =>
  sectionsOf(kernel).map((section) =>
    section.kind === 'points' || section.kind === 'walk' ? ordered(section, kernel) : section,
  );

const columnsIn = (loops: Loops<Step>, kernel: LoopKernel): Columns | undefined =>
  columnsOf(loops, kernel, { takes: () => true, windows: true });

/** How the outermost of some loops is best split: whole tiles, where it runs in tiles. */
export function alignmentOf(loops: Loops<Step>, kernel: LoopKernel): number {
  return columnsIn(loops, kernel) !== undefined ? columnTile : isTransposing(loops, kernel) ? tileSide : 1;
}

export class LoopEmitter extends LoopContext {
  run(): void {
    const sections = orderedSections(this.kernel);
    const [only, ...more] = sections.filter(({ kind }) => kind !== 'let');
    // If the points are the whole kernel, a call may run a range of iterations of the outermost loop.
    if (only?.kind === 'points' && more.length === 0) {
      this.splitAxis = only.axes[0];
      this.alignment = alignmentOf(only, this.kernel);
    }
    this.#sections(sections);
  }

  /**
   * One section (`undefined`: the stores between the loops), with the states of earlier reductions from memory. A
   * reduction reduces the range from the second to the third parameter and stores its states at the last one.
   */
  phase(sections: readonly Section[], position: number | undefined): void {
    let states = statesOffset(this.kernel);
    sections.slice(0, (position ?? sections.length) + 1).forEach((section, k) => {
      if (k === position && section.kind === 'reduce') this.#part(section);
      else if (k === position || section.kind === 'let') this.#section(section);
      else if (section.kind === 'store' && position === undefined) this.#section(section);
      if (section.kind !== 'reduce') return;
      for (const accumulator of section.accumulators) {
        if (k !== position) this.#recallState(accumulator, states);
        states += stateBytes([accumulator]);
      }
    });
  }

  #part(reduce: Reduce): void {
    this.reducedRange = this.range;
    this.#section(reduce);
    const out = this.f.parameter(4);
    let offset = 0;
    for (const { id } of reduce.accumulators)
      for (const register of this.states.get(id) ?? []) {
        storeUniform(this.context, out, register, offset);
        offset += registerBytes;
      }
  }

  /** What the outcome is made of: a register that is it, or all of them. */
  #recallState(accumulator: Accumulator, offset: number): void {
    const { state, register } = monoidOf(accumulator);
    const args = this.f.parameter(0);
    const load = (dtype: DType, k: number): Pack =>
      loadUniform(this.context, dtype, args, offset + registerBytes * k);
    if (register === undefined) this.setState(accumulator, state.map(load));
    else this.outcomes.set(accumulator.id, load(accumulator.dtype, register));
  }

  // --- sections ----------------------------------------------------------------------------------------------

  steps(steps: readonly Step[]): void {
    this.#sections(steps);
  }

  #sections(sections: readonly Section[]): void {
    let stores: ContiguousStore[] = [];
    const flush = (): void => {
      if (this.vector !== undefined && stores.length > 0) storeContiguous(this.vector.range, ...stores);
      stores = [];
    };
    for (const section of sections) {
      // Stores in a row ask once whether the pack is full.
      const store = section.kind === 'store' ? this.#contiguous(section) : undefined;
      if (store !== undefined) stores.push(store);
      else {
        flush();
        this.#section(section);
      }
    }
    flush();
  }

  #section(section: Section): void {
    switch (section.kind) {
      case 'let':
        this.values.set(section.value, this.#define(this.value(section.value)));
        break;
      case 'store':
        if (section.scatter !== undefined) emitScatter(section, section.scatter, this);
        else this.#store(section.buffer, section.index, this.pack(section.value));
        break;
      case 'points':
      case 'walk':
        this.#loops(section);
        break;
      case 'reduce':
        this.hoist(section.body);
        emitReduce(section, this);
        break;
      case 'scan':
        this.hoist(section.body);
        emitScan(section, this);
    }
  }

  #loops(loops: Loops<Step>): void {
    const { kernel } = this;
    const [axis] = loops.axes;
    if (axis === undefined) {
      this.steps(loops.body);
      return;
    }
    this.hoist(linesIn(loops));
    // What lies in memory as columns or tiles is counted in 32 bits.
    const columns = this.counts.isWide ? undefined : columnsIn(loops, kernel);
    if (columns !== undefined) emitColumns(columns, this);
    else if (loops.axes.length === 1 && (isFlat(loops) || scannedColumns(loops, kernel)))
      this.vectorLoop(
        axis,
        lanesFor(linesIn(loops), kernel),
        () => {
          this.steps(loops.body);
        },
        ...this.bounds(axis),
      );
    else if (isFlat(loops) && !this.counts.isWide && isTransposing(loops, kernel)) emitTiles(loops, this);
    else {
      this.noteOneByOne(axis);
      this.plainLoop(
        axis,
        () => {
          this.steps(hoistedIn(loops));
          this.#loops(insideOf(loops));
        },
        ...this.bounds(axis),
      );
    }
  }

  // --- values ------------------------------------------------------------------------------------------------

  #define(value: KernelValue): Pack {
    switch (value.kind) {
      case 'constant':
      case 'scalar':
      case 'result':
        throw new InternalError('wasm', `${value.kind} values are written where they are used`);
      case 'index':
        return emitCast(this.context, this.#position(value.index), value.dtype);
      case 'load':
        if (value.gathers.length > 0) return emitGather(value, this);
        if (value.guard !== undefined) return emitGuardedLoad(value, value.guard, this);
        return this.copies.get(value)?.() ?? this.#load(value.buffer, value.dtype, value.index);
      case 'pad':
        return emitPad(value.guard, this.pack(value.value), this.pack(value.fill), this);
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
    const base = f.op(`${shape}.splat`, this.addresses.position(index, this.open));
    const vector = this.vector;
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
    const address = this.addresses.element(buffer, index, bytes, this.open);
    const vector = this.vector;
    if (vector === undefined) return loadUniform(this.context, dtype, address);
    switch (strideOf(index, vector.axis)) {
      case 0:
        return loadUniform(this.context, dtype, address);
      case 1:
        return loadContiguous(vector.range, dtype, address);
      default:
        this.module.note(`b${buffer} read lane by lane along i${vector.axis}: not adjacent`);
        return loadStrided(vector.range, dtype, address, this.stride(index, vector.axis, bytes));
    }
  }

  /** A store of a pack whose elements are adjacent. */
  #contiguous({ buffer, index, scatter, value }: Store): ContiguousStore | undefined {
    if (scatter !== undefined || this.vector === undefined) return undefined;
    if (strideOf(index, this.vector.axis) !== 1) return undefined;
    const pack = this.pack(value);
    return { address: this.address(buffer, index, pack.dtype), pack };
  }

  #store(buffer: number, index: KernelIndex, pack: Pack): void {
    const address = this.address(buffer, index, pack.dtype);
    const vector = this.vector;
    if (vector === undefined) {
      storeUniform(this.context, address, pack);
      return;
    }
    this.module.note(`b${buffer} written lane by lane along i${vector.axis}: not adjacent`);
    storeStrided(vector.range, address, this.stride(index, vector.axis, laneBytesOf(pack.dtype)), pack);
  }
}
