/**
 * Arrays that do not fit the heap pass through it in blocks of rows: a plan of one kernel, whose outermost loop is
 * parallel and walks its arrays row after row, runs on one block after the other. The results are ordinary arrays.
 *
 * A kernel qualifies if the extent of that loop is a parameter used for nothing else, and if each buffer is either
 * read whole at every row (a broadcast), or only within row `i` at iteration `i`, rows following each other.
 */
import { elementsPerTurn, usesOf } from '../../ir/dependence.ts';
import { allocate, bytesOf, viewOf, type TypedArray } from '../../ir/dtype.ts';
import { extentOf } from '../../ir/nest.ts';
import type { ArraySource } from '../../ir/node.ts';
import { memoryBuffer } from '../../codegen/wasm/module/memory.ts';
import { align, type Binding, type BoundArrays, type BoundKernel, type BoundPlan } from './bindPlan.ts';
import { heap, type Block } from '../memory/heap.ts';
import { resident } from '../memory/lease.ts';
import { restoreAll } from '../memory/sources.ts';
import { smallBytes, Source } from '../memory/source.ts';

/** How a kernel runs in blocks. */
export interface Stream {
  readonly rows: number;
  /** Which of the kernel's integers is the number of rows. */
  readonly rowsAt: number;
  /** Per buffer of the kernel: elements of a row; 0 for what every row needs whole. */
  readonly rowElements: readonly number[];
  /** Bytes of one row of all buffers, and of what is on the heap whole. */
  readonly rowBytes: number;
  readonly wholeBytes: number;
}

/** Blocks stay in the processor's cache, together. */
const blockBytes = 2 * 2 ** 20;

/** How many rows fit at a time; 0 if not even one does. */
export function rowsPerBlock({ rows, rowBytes, wholeBytes, rowElements }: Stream): number {
  const room = Math.min(blockBytes, (heap.current.budget - wholeBytes - 128 * rowElements.length) / 2);
  return Math.max(0, Math.min(rows, Math.floor(room / rowBytes)));
}

const streams = new WeakMap<BoundArrays, Stream | null>();

/** How to run the plan in blocks, if it can be. */
export function streamOf(binding: Binding): Stream | undefined {
  let stream = streams.get(binding.arrays);
  if (stream === undefined) {
    stream = planStream(binding) ?? null;
    streams.set(binding.arrays, stream);
  }
  return stream ?? undefined;
}

function planStream(binding: Binding): Stream | undefined {
  const [lowered, second] = binding.prepared.plan.kernels;
  if (lowered?.kernel.kind !== 'loops' || second !== undefined) return undefined;
  const { kernel } = lowered;
  const [axis] = kernel.points.axes;
  if (axis === undefined || kernel.before.some(({ kind }) => kind === 'walk')) return undefined;
  const extent = extentOf(kernel, axis);
  if (!('parameter' in extent)) return undefined;
  const rowsAt = extent.parameter;
  if (usesOf(kernel, rowsAt) !== 1) return undefined;
  const integers = binding.integersOf(0);
  const rows = integers[rowsAt] ?? 0;
  const rowElements = elementsPerTurn(kernel, axis, integers);
  if (rowElements === undefined || rows === 0) return undefined;
  const { arrays } = binding;
  let rowBytes = 0;
  let wholeBytes = align(arrays.temporaryBytes);
  for (let k = 0; k < kernel.buffers.length; k++) {
    const [buffer, source, elements] = [kernel.buffers[k], lowered.buffers[k], rowElements[k]];
    if (buffer === undefined || source === undefined || elements === undefined) return undefined;
    rowBytes += elements * bytesOf(buffer.dtype);
    if (source.kind === 'parameter' && elements === 0)
      wholeBytes += align(arrays.parameters[source.slot]?.bytes ?? 0);
    // A result that is not written row by row cannot be put together.
    if (source.kind === 'buffer' && elements * rows !== arrays.roots[0]?.length) return undefined;
  }
  if (arrays.roots.length !== 1 || rowBytes === 0) return undefined;
  return { rows, rowsAt, rowElements, rowBytes, wholeBytes };
}

/** A buffer of the kernel during the run. */
interface Part {
  view: TypedArray;
  /** What passes through it. */
  readonly host: TypedArray | undefined;
  readonly rowElements: number;
  readonly isResult: boolean;
}

/** Runs the one kernel block by block; `undefined` if the heap has no room even for that. */
export function runStreamed(
  bound: BoundPlan,
  stream: Stream,
  inputs: readonly (ArraySource | TypedArray)[],
  out: readonly TypedArray[] | undefined,
): TypedArray[] | undefined {
  const [kernel] = bound.kernels;
  const [root] = bound.arrays.roots;
  if (kernel === undefined || root === undefined) return undefined;
  restoreAll(inputs);
  const blockRows = rowsPerBlock(stream);
  const result =
    out?.[0] ?? allocate(root.dtype, root.length, 'evaluate', () => `the result of ${bound.describeRoot(0)}`);
  const blocks: Block[] = [];
  const take = (bytes: number): Block | undefined => {
    const block = heap.current.allocate(bytes);
    if (block !== undefined) blocks.push(block);
    return block;
  };
  heap.current.startRun();
  try {
    for (const input of inputs) if (input instanceof Source) input.keep();
    const scratch = take(bound.arrays.temporaryBytes);
    if (scratch === undefined) return undefined;
    const parts: (() => Part | undefined)[] = [];
    for (let k = 0; k < kernel.arguments.length; k++) {
      const argument = kernel.arguments[k];
      const rowElements = stream.rowElements[k] ?? 0;
      if (argument === undefined) return undefined;
      if (argument.kind === 'memory') {
        const { dtype, byteOffset, length } = argument;
        parts.push(() => ({
          view: viewOf(dtype, memoryBuffer(), scratch.address + byteOffset, length),
          host: undefined,
          rowElements: 0,
          isResult: false,
        }));
        continue;
      }
      const given = argument.kind === 'array' ? inputs[argument.slot] : undefined;
      if (given instanceof Source && rowElements === 0 && given.byteLength > smallBytes) {
        if (resident(given) === undefined) return undefined;
        parts.push(() => {
          const view = resident(given);
          return view && { view, host: undefined, rowElements, isResult: false };
        });
        continue;
      }
      const array = argument.kind === 'array' ? bound.arrays.parameters[argument.slot] : root;
      if (array === undefined) return undefined;
      const length = rowElements === 0 ? array.length : rowElements * blockRows;
      const block = take(length * bytesOf(array.dtype));
      if (block === undefined) return undefined;
      const isResult = argument.kind === 'root';
      parts.push(() => {
        const host = isResult ? result : ArrayBuffer.isView(given) ? given : given?.values;
        const view = viewOf(array.dtype, memoryBuffer(), block.address, length);
        if (rowElements === 0 && host !== undefined) view.set(host as never);
        return { view, host: rowElements === 0 ? undefined : host, rowElements, isResult };
      });
    }
    // Views only now: allocating may have grown the memory.
    const ready: Part[] = [];
    for (const part of parts) {
      const made = part();
      if (made === undefined) return undefined;
      ready.push(made);
    }
    runBlocks(kernel, stream, blockRows, ready);
    return [result];
  } finally {
    for (const block of blocks) block.heap.free(block);
    heap.current.endRun();
  }
}

function runBlocks(
  kernel: BoundKernel,
  { rows, rowsAt }: Stream,
  blockRows: number,
  parts: readonly Part[],
): void {
  const integers = [...kernel.integers];
  for (let row = 0; row < rows; row += blockRows) {
    const count = Math.min(blockRows, rows - row);
    integers[rowsAt] = count;
    for (const { view, host, rowElements, isResult } of parts) {
      if (host === undefined || isResult) continue;
      const part = host.subarray(row * rowElements, (row + count) * rowElements);
      view.set(part as never);
      heap.current.copiedIn += part.byteLength;
    }
    kernel.run(
      parts.map(({ view }) => view),
      integers,
      kernel.scalars,
    );
    for (const { view, host, rowElements, isResult } of parts) {
      if (host === undefined || !isResult) continue;
      const part = view.subarray(0, count * rowElements);
      host.set(part as never, row * rowElements);
      heap.current.copiedOut += part.byteLength;
    }
  }
}
