/**
 * A launch table: many members of one family on the shared heap, at once. Each launch is a kernel and the address of
 * its arguments; arguments, small inputs, small results and temporaries lie one after the other in one block.
 *
 * What an evaluation of its own costs each time is paid per table here: the run on the heap, the views on it, the
 * choice of the target. Launches of one position in the plan are independent of each other, so that any number of
 * threads may take them, in any order.
 */
import { InternalError } from '../../ir/errors.ts';
import { allocate, bytesOf, viewOf, type DType, type Scalar, type TypedArray } from '../../ir/dtype.ts';
import { evaluateSize, productOfSizes, type Size } from '../../ir/size.ts';
import type { ArraySource } from '../../ir/node.ts';
import type { KernelParts, Target } from '../../codegen/target.ts';
import { memoryBuffer } from '../../codegen/wasm/memory.ts';
import type { LoweredKernel, Plan } from '../../passes/plan.ts';
import { align, layoutMemory, type MemoryLayout, type PreparedPlan } from '../bindPlan.ts';
import { FrameBlock } from '../executeOnHeap.ts';
import { heap, type Block } from '../heap.ts';
import { Lease } from '../lease.ts';
import { smallBytes, Source } from '../storage.ts';
import type { Member } from './family.ts';

/** Bytes of arguments, small arrays and temporaries of one table: they should stay in the processor's cache. */
const tableBytes = 2 ** 20;
const maxLaunches = 4096;

/** The block that tables lie in, one after the other. */
const tableBlock = new FrameBlock();

/** What a kernel reads or writes, before it is known where that lies. */
type Operand =
  | { readonly kind: 'array'; readonly slot: number }
  | { readonly kind: 'root'; readonly root: number }
  | { readonly kind: 'slot'; readonly slot: number }
  | { readonly kind: 'scratch'; readonly dtype: DType; readonly size: Size };

interface TableKernel {
  readonly parts: KernelParts;
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

interface Launch {
  readonly kernel: TableKernel;
  /** The address of its arguments. */
  readonly at: number;
  /** The turns of its outermost loop. */
  readonly to: number;
}

/** A result: in the block, to be copied out, or in a block of its own. */
type Result = { readonly dtype: DType; readonly address: number; readonly length: number } | Lease;

/** A plan, ready to be launched in tables. */
export class TableProgram {
  readonly plan: Plan;
  readonly kernels: readonly TableKernel[];
  readonly roots: readonly TableRoot[];
  /** The arrays that kernels read, by slot. */
  readonly slots: readonly number[];
  readonly hasTemporaries: boolean;

  private constructor(plan: Plan, kernels: readonly KernelParts[]) {
    this.plan = plan;
    this.kernels = plan.kernels.map((kernel, k): TableKernel => {
      const parts = kernels[k];
      if (parts === undefined) throw new InternalError('evaluate', `kernel ${k} has no parts`);
      const operands = kernel.buffers.map((buffer) => operandOf(plan, buffer));
      return { parts, operands, integers: kernel.integers, scalars: kernel.scalars };
    });
    this.roots = plan.roots.map((buffer, root) => {
      const first = plan.roots.indexOf(buffer);
      const length = productOfSizes(buffer.shape);
      return { dtype: buffer.dtype, length, sameAs: first === root ? undefined : first };
    });
    const operands = this.kernels.flatMap((kernel) => kernel.operands);
    this.slots = [...new Set(operands.flatMap((one) => (one.kind === 'array' ? [one.slot] : [])))];
    this.hasTemporaries = operands.some(({ kind }) => kind === 'slot');
  }

  /** `undefined` if the target cannot run kernels on arguments in memory. */
  static of(prepared: PreparedPlan, target: Target): TableProgram | undefined {
    if (target.memory !== 'heap') return undefined;
    const kernels = prepared.compiledFor(target).flatMap(({ parts }) => (parts === undefined ? [] : [parts]));
    return kernels.length === prepared.plan.kernels.length
      ? new TableProgram(prepared.plan, kernels)
      : undefined;
  }
}

function operandOf(plan: Plan, buffer: LoweredKernel['buffers'][number]): Operand {
  switch (buffer.kind) {
    case 'parameter':
      return { kind: 'array', slot: buffer.slot };
    case 'scratch':
      return { kind: 'scratch', dtype: buffer.dtype, size: buffer.size };
    case 'buffer': {
      const placement = plan.memory.placements.get(buffer);
      if (placement === undefined) throw new InternalError('evaluate', `buffer ${buffer.id} has no place`);
      return placement;
    }
  }
}

/** One table while it is filled, run and read. Everything happens within one run on the heap. */
export class LaunchTable {
  readonly #program: TableProgram;
  readonly #launches: Launch[][];
  readonly #results: Result[][] = [];
  /** Results that nobody was given so far. */
  readonly #leases: Lease[];
  #next: number;
  readonly #end: number;
  #count = 0;
  /** What the hungriest launch needs of scratch memory. */
  #scratchBytes = 0;
  /** Views on the whole memory, by dtype. */
  #views: Partial<Record<DType, TypedArray>> = {};
  #buffer: ArrayBufferLike = memoryBuffer();

  private constructor(program: TableProgram, block: Block, bytes: number, leases: Lease[]) {
    this.#program = program;
    this.#leases = leases;
    this.#launches = program.kernels.map(() => []);
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
    heap.startRun();
    const leases: Lease[] = [];
    try {
      const bytes = Math.min(tableBytes, align(Math.floor(heap.budget / 4)));
      const block = tableBlock.take(bytes);
      if (block === undefined) return undefined;
      const table = new LaunchTable(program, block, bytes, leases);
      fill(table);
      table.#launch();
      const results = table.#results.map((list) => table.#take(list));
      leases.length = 0;
      return results;
    } finally {
      for (const lease of leases) lease.free();
      heap.endRun();
    }
  }

  /** Adds a member; false if it does not fit any more, or not at all. Its inputs are not dropped. */
  add({ numbers, scalars, inputs }: Member): boolean {
    if (this.#count >= maxLaunches) return false;
    const program = this.#program;
    const start = this.#next;
    const layout = program.hasTemporaries ? layoutMemory(program.plan, numbers) : undefined;
    const temporaries = this.#bump(layout?.bytes ?? 0);
    const leases: Lease[] = [];
    const addresses: number[] = [];
    const results: Result[] = [];
    const added = this.#fits && this.#bring(inputs, addresses) && this.#makeRoom(numbers, results, leases);
    if (!added || !this.#place({ numbers, scalars }, addresses, results, temporaries, layout)) {
      for (const lease of leases) lease.free();
      this.#next = start;
      return false;
    }
    for (const input of inputs) if (input instanceof Source) input.reads++;
    this.#leases.push(...leases);
    this.#results.push(results);
    this.#count++;
    return true;
  }

  /** Whether there is room left for the scratch memory. */
  get #fits(): boolean {
    return this.#next + this.#scratchBytes <= this.#end;
  }

  #bump(bytes: number): number {
    const address = this.#next;
    this.#next += align(bytes);
    return address;
  }

  /** Where the inputs lie on the heap, by slot; small ones are copied to the table. */
  #bring(inputs: readonly ArraySource[], addresses: number[]): boolean {
    for (const slot of this.#program.slots) {
      const source = inputs[slot];
      if (!(source instanceof Source)) return false;
      if (source.byteLength > smallBytes) {
        const view = source.isDropped ? undefined : source.resident();
        if (view === undefined) return false;
        addresses[slot] = view.byteOffset;
        continue;
      }
      if (source.isDropped) return false;
      const { values } = source;
      const at = this.#bump(values.byteLength);
      if (!this.#fits) return false;
      this.#copyIn(values, at);
      addresses[slot] = at;
    }
    return true;
  }

  #makeRoom(numbers: readonly number[], results: Result[], leases: Lease[]): boolean {
    for (const { dtype, length: size, sameAs } of this.#program.roots) {
      const same = sameAs === undefined ? undefined : results[sameAs];
      if (same !== undefined) {
        results.push(same);
        continue;
      }
      const length = evaluateSize(size, numbers);
      const bytes = length * bytesOf(dtype);
      if (bytes <= smallBytes) {
        results.push({ dtype, address: this.#bump(Math.max(1, bytes)), length });
        continue;
      }
      const lease = Lease.take(dtype, length, bytes, true);
      if (lease === undefined) return false;
      leases.push(lease);
      results.push(lease);
    }
    return this.#fits;
  }

  /** Writes the arguments of the member's launches. */
  #place(
    { numbers, scalars }: Pick<Member, 'numbers' | 'scalars'>,
    arrays: readonly number[],
    results: readonly Result[],
    temporaries: number,
    layout: MemoryLayout | undefined,
  ): boolean {
    const { kernels } = this.#program;
    const blocks = kernels.map(({ parts }) => this.#bump(parts.argumentBytes));
    let scratchBytes = this.#scratchBytes;
    const launches = kernels.map((kernel, k): Launch => {
      const { parts, operands } = kernel;
      let scratch = align(parts.whole.scratchBytes);
      const addresses = operands.map((operand, position) => {
        switch (operand.kind) {
          case 'array':
            return arrays[operand.slot] ?? 0;
          case 'root':
            return addressOf(results[operand.root]);
          case 'slot':
            return temporaries + (layout?.slotOffsets[operand.slot] ?? 0);
          case 'scratch': {
            // Each thread has its own; the address is relative to where that begins.
            const at = scratch;
            scratch += align(evaluateSize(operand.size, numbers) * bytesOf(operand.dtype));
            return parts.whole.own.has(position) ? at : 0;
          }
        }
      });
      scratchBytes = Math.max(scratchBytes, scratch);
      const integers = kernel.integers.map((size) => evaluateSize(size, numbers));
      const values: Scalar[] = kernel.scalars.map((slot) => scalars[slot] ?? NaN);
      const at = blocks[k] ?? 0;
      if (this.#next <= this.#end) parts.writeArguments(at, addresses, integers, values);
      return { kernel, at, to: parts.wholeRange(integers) };
    });
    if (this.#next + scratchBytes > this.#end) return false;
    this.#scratchBytes = scratchBytes;
    launches.forEach((launch, k) => this.#launches[k]?.push(launch));
    return true;
  }

  #launch(): void {
    const scratch = this.#bump(this.#scratchBytes);
    for (const launches of this.#launches)
      for (const { kernel, at, to } of launches) kernel.parts.whole.functions[0]?.(at, 0, to, scratch, 0);
  }

  /** Small results leave the block, large ones stay where they are. */
  #take(results: readonly Result[]): (TypedArray | Lease)[] {
    const values: (TypedArray | Lease)[] = [];
    for (const result of results) {
      const same = results.indexOf(result);
      const earlier = same < values.length ? values[same] : undefined;
      values.push(earlier ?? (result instanceof Lease ? result : this.#copyOut(result)));
    }
    return values;
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

  #copyIn(values: TypedArray, at: number): void {
    heap.copiedIn += values.byteLength;
    new Uint8Array(memoryBuffer(), at, values.byteLength).set(
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    );
  }

  #copyOut({ dtype, address, length }: Exclude<Result, Lease>): TypedArray {
    const copy = allocate(dtype, length);
    const memory = this.#memory(dtype);
    const first = address / bytesOf(dtype);
    for (let k = 0; k < length; k++) copy[k] = memory[first + k] as never;
    heap.copiedOut += copy.byteLength;
    return copy;
  }
}

const addressOf = (result: Result | undefined): number =>
  result === undefined ? 0 : result instanceof Lease ? result.view.byteOffset : result.address;
