/**
 * Running a bound plan on the shared heap: every array a kernel touches is put there first.
 *
 * Large inputs are resident (`memory/lease.ts`), large results get blocks of their own and stay. What is small passes
 * through the *frame*, one block that all runs share: small inputs are copied into it, small results out of it,
 * temporaries and scratch lie behind them. Where everything lies in the frame is known when the plan is bound, so the
 * views on it are made once and found again by the next run.
 */
import { viewOf, type DType, type TypedArray } from '../../ir/dtype.ts';
import type { ArraySource } from '../../ir/node.ts';
import { isShared, memoryBuffer } from '../../codegen/wasm/module/memory.ts';
import { align, type BoundArray, type BoundArrays, type BoundPlan } from './bindPlan.ts';
import { runKernels, type Profiler } from './runOnHost.ts';
import { heap, type Block, type Tenant } from '../memory/heap.ts';
import { copyToHost } from '../memory/host.ts';
import { Lease, resident } from '../memory/lease.ts';
import { Interrupted, maxAttempts } from '../parallel/pool.ts';
import { restoreAll } from '../memory/sources.ts';
import { smallBytes, Source } from '../memory/source.ts';
import { isUsableOnHeap } from '../memory/userMemory.ts';
import { perSession } from '../perSession.ts';

/** A frame beyond this is not kept, so that one huge plan does not hold on to memory. */
const keptFrameBytes = 64 * 2 ** 20;

/** Where the parts of one plan lie in the frame, and the views on it. */
interface Frame {
  readonly bytes: number;
  /** By slot, and by root: the offset of what is staged. */
  readonly inputs: readonly (number | undefined)[];
  readonly roots: readonly (number | undefined)[];
  /** Bytes on the heap beside the frame: large inputs and results. */
  readonly largeBytes: number;
  views: FrameViews | undefined;
}

interface FrameViews {
  readonly block: Block;
  readonly buffer: ArrayBufferLike;
  readonly inputs: readonly (TypedArray | undefined)[];
  readonly roots: readonly (TypedArray | undefined)[];
  /** Per kernel and argument: temporaries and scratch. */
  readonly kernels: readonly (readonly (TypedArray | undefined)[])[];
}

const frames = new WeakMap<BoundArrays, Frame>();

function frameOf(arrays: BoundArrays): Frame {
  let frame = frames.get(arrays);
  if (frame === undefined) {
    frame = layFrame(arrays);
    frames.set(arrays, frame);
  }
  return frame;
}

function layFrame({ parameters, roots, temporaryBytes }: BoundArrays): Frame {
  let end = align(temporaryBytes);
  let largeBytes = 0;
  const place = (bytes: number): number | undefined => {
    if (bytes > smallBytes) {
      largeBytes += align(bytes);
      return undefined;
    }
    const offset = end;
    end += Math.max(64, align(bytes));
    return offset;
  };
  const inputs = parameters.map((array) => (array === undefined ? undefined : place(array.bytes)));
  const results = roots.map(({ bytes, sameAs }) => (sameAs === undefined ? place(bytes) : undefined));
  return { bytes: end, inputs, roots: results, largeBytes, views: undefined };
}

/** Bytes of the heap that a run needs at the most. */
export function heapBytesOf(arrays: BoundArrays): number {
  const { bytes, largeBytes } = frameOf(arrays);
  return bytes + largeBytes;
}

/** The block that frames lie in. */
export class FrameBlock implements Tenant {
  block: Block | undefined;

  evict(): void {
    this.block = undefined;
  }

  /** At least so many bytes, for the run in progress. */
  take(bytes: number): Block | undefined {
    const known = this.block;
    if (known !== undefined) {
      if (known.span.bytes >= bytes) {
        known.heap.use(known);
        return known;
      }
      known.heap.free(known);
    }
    return (this.block = heap.current.allocate(bytes, this));
  }

  /** Gives a very large block back. */
  trim(): void {
    if (this.block === undefined) return;
    // Threads that do not answer may still write to it.
    if (this.block.span.bytes <= keptFrameBytes && !heap.current.isRunAbandoned) return;
    this.block.heap.free(this.block);
    this.block = undefined;
  }
}

const frameBlocks = perSession(() => new FrameBlock());

function viewsOf(bound: BoundPlan, frame: Frame, block: Block): FrameViews {
  const known = frame.views;
  if (known?.block === block && (isShared() || known.buffer === memoryBuffer())) return known;
  const buffer = memoryBuffer();
  const { address } = block;
  const view = (
    array: { readonly dtype: DType; readonly length: number } | undefined,
    offset: number | undefined,
  ): TypedArray | undefined =>
    array === undefined || offset === undefined
      ? undefined
      : viewOf(array.dtype, buffer, address + offset, array.length);
  return (frame.views = {
    block,
    buffer,
    inputs: frame.inputs.map((offset, slot) => view(bound.arrays.parameters[slot], offset)),
    roots: frame.roots.map((offset, root) => view(bound.arrays.roots[root], offset)),
    kernels: bound.kernels.map((kernel) =>
      kernel.arguments.map((argument) =>
        argument.kind === 'memory' ? view(argument, argument.byteOffset) : undefined,
      ),
    ),
  });
}

/** What one run has on the heap besides the frame and its resident inputs. */
interface Acquired {
  readonly inputs: (TypedArray | undefined)[];
  readonly roots: (TypedArray | undefined)[];
  readonly leases: (Lease | undefined)[];
  /** Blocks that go when the run is over. */
  readonly passing: Block[];
}

/**
 * Runs the kernels. The results are in `out` where it is given, else in ordinary arrays (small ones) or on the heap.
 * `undefined` if the heap has no room for all at once.
 */
export function runOnHeap(
  bound: BoundPlan,
  inputs: readonly (ArraySource | TypedArray)[],
  out?: readonly TypedArray[],
  profile?: Profiler,
): (TypedArray | Lease)[] | undefined {
  restoreAll(inputs);
  const frame = frameOf(bound.arrays);
  const frameBlock = frameBlocks.current;
  const acquired: Acquired = { inputs: [], roots: [], leases: [], passing: [] };
  heap.current.startRun();
  try {
    // What is here already must not go while room is made for the rest.
    for (const input of inputs) if (input instanceof Source) input.pin();
    const block = frameBlock.take(frame.bytes);
    if (block === undefined) return undefined;
    for (;;) {
      const before = isShared() ? undefined : memoryBuffer();
      if (!acquire(bound, viewsOf(bound, frame, block), inputs, out, acquired)) return undefined;
      if (before === undefined || before === memoryBuffer()) break;
      // The memory grew and detached the views: once more, now that there is room.
      release(acquired);
    }
    runAgain(() => {
      const views = viewsOf(bound, frame, block).kernels;
      const viewAt = (_: unknown, kernel: number, position: number) => views[kernel]?.[position];
      runKernels(bound.kernels, acquired.inputs, acquired.roots, viewAt, profile);
    });
    const values = results(bound, acquired, out);
    acquired.leases.length = 0;
    return values;
  } finally {
    release(acquired);
    frameBlock.trim();
    heap.current.endRun();
  }
}

/** Gives back what was taken for this run alone, and results that nobody was given. */
function release({ passing, leases }: Acquired): void {
  for (const block of passing) block.heap.free(block);
  for (const lease of leases) lease?.free();
  passing.length = 0;
  leases.length = 0;
}

/** Space on the heap that goes when the run is over. */
function passingView(acquired: Acquired, array: BoundArray): TypedArray | undefined {
  const block = heap.current.allocate(array.bytes);
  if (block === undefined) return undefined;
  acquired.passing.push(block);
  return viewOf(array.dtype, memoryBuffer(), block.address, array.length);
}

/** Brings inputs to the heap and makes room for results; false if there is none. */
function acquire(
  bound: BoundPlan,
  views: FrameViews,
  inputs: readonly (ArraySource | TypedArray)[],
  out: readonly TypedArray[] | undefined,
  acquired: Acquired,
): boolean {
  const { parameters, roots } = bound.arrays;
  for (let slot = 0; slot < parameters.length; slot++) {
    const parameter = parameters[slot];
    const given = inputs[slot];
    if (parameter === undefined || given === undefined) continue;
    const staged = views.inputs[slot];
    const isSource = given instanceof Source;
    const values = staged !== undefined || !isSource ? valuesOf(given) : undefined;
    if (staged !== undefined && values !== undefined) {
      staged.set(values as never);
      acquired.inputs[slot] = staged;
    } else if (isSource) {
      const view = resident(given);
      if (view === undefined) return false;
      acquired.inputs[slot] = view;
    } else if (values !== undefined) {
      if (isUsableOnHeap(values)) {
        acquired.inputs[slot] = values;
        continue;
      }
      const view = passingView(acquired, parameter);
      if (view === undefined) return false;
      view.set(values as never);
      heap.current.copiedIn += parameter.bytes;
      acquired.inputs[slot] = view;
    }
  }
  for (let k = 0; k < roots.length; k++) {
    const root = roots[k];
    if (root === undefined) continue;
    const target = out?.[k];
    const staged = views.roots[k];
    if (root.sameAs !== undefined) acquired.roots[k] = acquired.roots[root.sameAs];
    else if (target !== undefined && isUsableOnHeap(target)) acquired.roots[k] = target;
    else if (staged !== undefined) acquired.roots[k] = staged;
    else if (target !== undefined) {
      const view = passingView(acquired, root);
      if (view === undefined) return false;
      acquired.roots[k] = view;
    } else {
      const lease = Lease.take(root.dtype, root.length, root.bytes, true);
      if (lease === undefined) return false;
      acquired.leases[k] = lease;
      acquired.roots[k] = lease.view;
    }
  }
  return true;
}

const valuesOf = (given: ArraySource | TypedArray): TypedArray =>
  ArrayBuffer.isView(given) ? given : given.values;

/** Once more from the start, if a kernel was interrupted that had overwritten a part of its input: all are temporary. */
export function runAgain(run: () => void): void {
  for (let attempt = 1; ; attempt++)
    try {
      run();
      return;
    } catch (error) {
      if (!(error instanceof Interrupted) || attempt === maxAttempts) throw error;
    }
}

/** Small results leave the frame, large ones stay where they are. */
function results(
  bound: BoundPlan,
  { roots, leases }: Acquired,
  out: readonly TypedArray[] | undefined,
): (TypedArray | Lease)[] {
  const values: (TypedArray | Lease)[] = [];
  for (let k = 0; k < bound.arrays.roots.length; k++) {
    const root = bound.arrays.roots[k];
    const view = roots[k];
    if (root === undefined || view === undefined) continue;
    const same = root.sameAs === undefined ? undefined : values[root.sameAs];
    const target = out?.[k];
    if (same !== undefined) values.push(same);
    else if (target !== undefined) {
      if (target !== view) {
        target.set(view as never);
        heap.current.copiedOut += root.bytes;
      }
      values.push(target);
    } else values.push(leases[k] ?? copyToHost(root.dtype, view));
  }
  return values;
}
