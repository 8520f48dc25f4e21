/**
 * A launch table: many members of one family on the shared heap, at once. Each launch is a kernel and the address of
 * its arguments; arguments, small inputs, small results and temporaries lie one after the other in one block.
 *
 * What an evaluation of its own costs each time is paid per table here: the run on the heap, the views on it, the
 * choice of the target. Launches of one position in the plan are independent of each other, so that any number of
 * threads may take them, in any order.
 */
import { isRepeatable } from '../../ir/dependence.ts';
import { InternalError } from '../../ir/errors.ts';
import { allocate, bytesOf, viewOf, type DType, type Scalar, type TypedArray } from '../../ir/dtype.ts';
import { evaluateSize, productOfSizes, type Size } from '../../ir/size.ts';
import type { ArraySource } from '../../ir/node.ts';
import { CompileRefusal } from '../../codegen/refusal.ts';
import type { KernelParts, Target } from '../../codegen/target.ts';
import { memoryBuffer } from '../../codegen/wasm/module/memory.ts';
import type { LoweredKernel, Plan } from '../../passes/plan.ts';
import {
  align,
  kernelName,
  layoutMemory,
  type MemoryLayout,
  type PreparedPlan,
} from '../evaluate/bindPlan.ts';
import { FrameBlock, runAgain } from '../evaluate/runOnHeap.ts';
import { heap, type Block } from '../memory/heap.ts';
import { Lease, resident } from '../memory/lease.ts';
import { ownMemory, runTable, type KernelLaunch } from '../parallel/table.ts';
import { smallBytes, Source } from '../memory/source.ts';
import type { Member } from './family.ts';
import { perSession } from '../perSession.ts';

/** Bytes of arguments, small arrays and temporaries of one table: they should stay in the processor's cache. */
const tableBytes = 2 ** 20;
const maxLaunches = 4096;

/** The block that tables lie in, one after the other. */
const tableBlocks = perSession(() => new FrameBlock());

/** What a kernel reads or writes, before it is known where that lies. */
type Operand =
  | { readonly kind: 'array'; readonly slot: number; readonly dtype: DType }
  | { readonly kind: 'root'; readonly root: number }
  | { readonly kind: 'slot'; readonly slot: number }
  | { readonly kind: 'scratch'; readonly dtype: DType; readonly size: Size };

interface TableKernel {
  readonly name: string;
  readonly parts: KernelParts;
  /** Whether it writes to memory that it reads. */
  readonly overwrites: boolean;
  readonly operands: readonly Operand[];
  readonly integers: readonly Size[];
  /** Plan scalars. */
  readonly scalars: readonly number[];
}

interface TableRoot {
  readonly dtype: DType;
  readonly length: Size;
  /** An earlier root that holds the same values. */
  readonly sameAs: number | undefined;
}

interface Launches {
  readonly kernel: TableKernel;
  readonly list: KernelLaunch[];
}

/** A result: at an address of the block, to be copied out, or in a block of its own. */
type Result = number | Lease;

/** A plan, ready to be launched in tables. */
export class TableProgram {
  readonly plan: Plan;
  readonly kernels: readonly TableKernel[];
  readonly roots: readonly TableRoot[];
  /** The arrays that kernels read. */
  readonly inputs: readonly { readonly slot: number; readonly dtype: DType }[];
  readonly hasTemporaries: boolean;

  private constructor(plan: Plan, kernels: readonly KernelParts[]) {
    this.plan = plan;
    this.kernels = plan.kernels.map((kernel, k): TableKernel => {
      const parts = kernels[k];
      if (parts === undefined) throw new InternalError('evaluate', `kernel ${k} has no parts`);
      const operands = kernel.buffers.map((buffer) => operandOf(plan, buffer));
      return {
        name: kernelName(kernel, k),
        overwrites: overwrites(kernel, operands),
        parts,
        operands,
        integers: kernel.integers,
        scalars: kernel.scalars,
      };
    });
    this.roots = plan.roots.map((buffer, root) => {
      const first = plan.roots.indexOf(buffer);
      const length = productOfSizes(buffer.shape);
      return { dtype: buffer.dtype, length, sameAs: first === root ? undefined : first };
    });
    const operands = this.kernels.flatMap((kernel) => kernel.operands);
    const inputs = new Map(operands.flatMap((one) => (one.kind === 'array' ? [[one.slot, one.dtype]] : [])));
    this.inputs = [...inputs].map(([slot, dtype]) => ({ slot, dtype }));
    this.hasTemporaries = operands.some(({ kind }) => kind === 'slot');
  }

  /** `undefined` if the target cannot run kernels on arguments in memory. */
  static of(prepared: PreparedPlan, target: Target): TableProgram | undefined {
    if (target.memory !== 'heap') return undefined;
    const compiled = prepared.compiledFor(target);
    if (compiled instanceof CompileRefusal) return undefined;
    const kernels = compiled.flatMap(({ parts }) => (parts === undefined ? [] : [parts]));
    return kernels.length === prepared.plan.kernels.length
      ? new TableProgram(prepared.plan, kernels)
      : undefined;
  }
}

function operandOf(plan: Plan, buffer: LoweredKernel['buffers'][number]): Operand {
  switch (buffer.kind) {
    case 'parameter':
      return { kind: 'array', slot: buffer.slot, dtype: buffer.dtype };
    case 'scratch':
      return { kind: 'scratch', dtype: buffer.dtype, size: buffer.size };
    case 'buffer': {
      const placement = plan.memory.placements.get(buffer);
      if (placement === undefined) throw new InternalError('evaluate', `buffer ${buffer.id} has no place`);
      return placement;
    }
  }
}

/** Inputs are never written to, but a temporary may be, or a result that was one. */
const overwrites = ({ kernel }: LoweredKernel, operands: readonly Operand[]): boolean =>
  !isRepeatable(kernel) ||
  kernel.buffers.some(
    ({ role }, k) =>
      role === 'output' &&
      kernel.buffers.some(({ role: other }, j) => other === 'input' && isSamePlace(operands[k], operands[j])),
  );

const isSamePlace = (a: Operand | undefined, b: Operand | undefined): boolean =>
  (a?.kind === 'slot' && b?.kind === 'slot' && a.slot === b.slot) ||
  (a?.kind === 'root' && b?.kind === 'root' && a.root === b.root);

/** Launches that take less, in nanoseconds, are not worth being handed to other threads one by one. */
const smallestLaunch = 500;

/** One table while it is filled, run and read. Everything happens within one run on the heap. */
export class LaunchTable {
  readonly #program: TableProgram;
  readonly #launches: readonly Launches[];
  /** Root after root, member after member. */
  readonly #results: Result[] = [];
  readonly #lengths: number[] = [];
  /** Results that nobody was given so far. */
  readonly #leases: Lease[];
  #next: number;
  readonly #end: number;
  #count = 0;
  /** Estimated, on one thread. */
  #nanoseconds = 0;
  /** What the hungriest launch needs of scratch memory. */
  #scratchBytes = 0;
  /** Views on the whole memory, by dtype. */
  #views: Partial<Record<DType, TypedArray>> = {};
  #buffer: ArrayBufferLike = memoryBuffer();

  private constructor(program: TableProgram, block: Block, bytes: number, leases: Lease[]) {
    this.#program = program;
    this.#leases = leases;
    this.#launches = program.kernels.map((kernel) => ({ kernel, list: [] }));
    this.#next = block.address;
    this.#end = block.address + bytes;
  }

  /**
   * Fills a table by `fill`, runs it, and gives the results of each member in the order in which they were added.
   * `undefined` if the heap has no room for any table.
   */
  static run(
    program: TableProgram,
    fill: (table: LaunchTable) => void,
  ): (TypedArray | Lease)[][] | undefined {
    heap.current.startRun();
    const leases: Lease[] = [];
    try {
      const bytes = Math.min(tableBytes, align(Math.floor(heap.current.budget / 4)));
      const block = tableBlocks.current.take(bytes);
      if (block === undefined) return undefined;
      const table = new LaunchTable(program, block, bytes, leases);
      fill(table);
      // Once more from the start, if a kernel was interrupted that had overwritten a part of its input.
      runAgain(() => {
        table.#launch();
      });
      const results = table.#take();
      leases.length = 0;
      return results;
    } finally {
      for (const lease of leases) lease.free();
      tableBlocks.current.trim();
      heap.current.endRun();
    }
  }

  /** Adds a member that is estimated to take so long; false if it does not fit any more, or not at all. */
  add({ numbers, scalars, inputs }: Member, nanoseconds: number): boolean {
    if (this.#count >= maxLaunches) return false;
    const { plan, hasTemporaries } = this.#program;
    const [start, results, leases] = [this.#next, this.#results.length, this.#leases.length];
    const layout = hasTemporaries ? layoutMemory(plan, numbers) : undefined;
    const temporaries = this.#bump(layout?.bytes ?? 0);
    if (
      this.#fits &&
      this.#bring(inputs) &&
      this.#makeRoom(numbers) &&
      this.#place(numbers, scalars, results, temporaries, layout)
    ) {
      for (const input of inputs) if (input instanceof Source) input.reads++;
      this.#count += this.#launches.length;
      this.#nanoseconds += nanoseconds;
      return true;
    }
    for (const lease of this.#leases.splice(leases)) lease.free();
    this.#results.length = this.#lengths.length = results;
    this.#next = start;
    return false;
  }

  get #fits(): boolean {
    return this.#next <= this.#end;
  }

  #bump(bytes: number): number {
    const address = this.#next;
    this.#next += align(bytes);
    return address;
  }

  /** Finds out where the inputs lie on the heap, by slot; small ones are copied to the table. */
  #bring(inputs: readonly ArraySource[]): boolean {
    for (const { slot, dtype } of this.#program.inputs) {
      const source = inputs[slot];
      if (!(source instanceof Source) || source.isDropped) return false;
      if (source.byteLength > smallBytes) {
        const view = resident(source);
        if (view === undefined) return false;
        addresses[slot] = view.byteOffset;
        continue;
      }
      const at = this.#bump(source.byteLength);
      if (!this.#fits) return false;
      this.#memory(dtype).set(source.values as never, at / bytesOf(dtype));
      heap.current.copiedIn += source.byteLength;
      addresses[slot] = at;
    }
    return true;
  }

  #makeRoom(numbers: readonly number[]): boolean {
    const first = this.#results.length;
    for (const { dtype, length: size, sameAs } of this.#program.roots) {
      const length = evaluateSize(size, numbers);
      const bytes = length * bytesOf(dtype);
      this.#lengths.push(length);
      const same = sameAs === undefined ? undefined : this.#results[first + sameAs];
      if (same !== undefined) this.#results.push(same);
      else if (bytes <= smallBytes) this.#results.push(this.#bump(Math.max(1, bytes)));
      else {
        const lease = Lease.take(dtype, length, bytes, true);
        if (lease === undefined) return false;
        this.#leases.push(lease);
        this.#results.push(lease);
      }
    }
    return this.#fits;
  }

  /** Writes the arguments of the member's launches. */
  #place(
    numbers: readonly number[],
    scalars: readonly Scalar[],
    firstResult: number,
    temporaries: number,
    layout: MemoryLayout | undefined,
  ): boolean {
    let args = this.#next;
    for (const { kernel } of this.#launches) this.#bump(kernel.parts.argumentBytes);
    if (!this.#fits) return false;
    for (const { kernel, list } of this.#launches) {
      const { parts, operands } = kernel;
      const own = ownMemory(parts.whole, (position) => {
        const operand = operands[position];
        return operand?.kind === 'scratch' ? evaluateSize(operand.size, numbers) * bytesOf(operand.dtype) : 0;
      });
      this.#scratchBytes = Math.max(this.#scratchBytes, own.scratchBytes);
      for (let position = 0; position < operands.length; position++) {
        const operand = operands[position];
        if (operand === undefined) continue;
        if (operand.kind === 'array') buffers[position] = addresses[operand.slot] ?? 0;
        else if (operand.kind === 'root')
          buffers[position] = addressOf(this.#results[firstResult + operand.root]);
        else if (operand.kind === 'slot')
          buffers[position] = temporaries + (layout?.slotOffsets[operand.slot] ?? 0);
        else buffers[position] = own.offsets.get(position) ?? 0;
      }
      buffers.length = operands.length;
      const integers = kernel.integers.map((size) => evaluateSize(size, numbers));
      const values = kernel.scalars.map((slot) => scalars[slot] ?? NaN);
      parts.writeArguments(args, buffers, integers, values);
      list.push({ program: parts.whole, entry: 0, args, from: 0, to: parts.wholeRange(integers) });
      args += align(parts.argumentBytes);
    }
    return true;
  }

  #launch(): void {
    const isCoarse = this.#nanoseconds >= smallestLaunch * this.#count;
    for (const { kernel, list } of this.#launches)
      runTable(list, {
        kernel: kernel.name,
        scratchBytes: this.#scratchBytes,
        overwrites: kernel.overwrites,
        nanoseconds: isCoarse ? this.#nanoseconds : 0,
      });
  }

  /** Small results leave the block, large ones stay where they are. By member. */
  #take(): (TypedArray | Lease)[][] {
    const { roots } = this.#program;
    const taken: (TypedArray | Lease)[][] = [];
    for (let first = 0; first < this.#results.length; first += roots.length) {
      const values: (TypedArray | Lease)[] = [];
      for (let root = 0; root < roots.length; root++) {
        const { dtype, sameAs } = roots[root] ?? { dtype: 'float64', sameAs: undefined };
        const result = this.#results[first + root];
        const same = sameAs === undefined ? undefined : values[sameAs];
        if (same !== undefined) values.push(same);
        else if (result instanceof Lease) values.push(result);
        else values.push(this.#copyOut(dtype, result ?? 0, this.#lengths[first + root] ?? 0));
      }
      taken.push(values);
    }
    return taken;
  }

  /** All of the memory. Growing replaces the buffer. */
  #memory(dtype: DType): TypedArray {
    if (this.#buffer !== memoryBuffer()) {
      this.#buffer = memoryBuffer();
      this.#views = {};
    }
    const bytes = Math.floor(this.#buffer.byteLength / 8) * 8;
    return (this.#views[dtype] ??= viewOf(dtype, this.#buffer, 0, bytes / bytesOf(dtype)));
  }

  #copyOut(dtype: DType, address: number, length: number): TypedArray {
    const copy = allocate(dtype, length);
    const memory = this.#memory(dtype);
    const first = address / bytesOf(dtype);
    for (let k = 0; k < length; k++) copy[k] = memory[first + k] as never;
    heap.current.copiedOut += copy.byteLength;
    return copy;
  }
}

/** Where inputs lie, by slot, and the buffers of a kernel, while a member is added. */
const addresses: number[] = [];
const buffers: number[] = [];

const addressOf = (result: Result | undefined): number =>
  result instanceof Lease ? result.view.byteOffset : (result ?? 0);
