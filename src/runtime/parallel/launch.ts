/**
 * A kernel over the threads: phase after phase its parts go into the table of a job; states of the parts of a
 * reduction are joined in the order of the sequence, or of the tree of the numerics contract.
 */
import { isRepeatable } from '../../ir/dependence.ts';
import { isPairwise, type Kernel } from '../../ir/kernel.ts';
import type { Scalar, TypedArray } from '../../ir/dtype.ts';
import type {
  CompiledKernel,
  KernelFunction,
  KernelParts,
  PartProgram,
  Phase,
  Split,
} from '../../codegen/target.ts';
import { stateBytes } from '../../codegen/wasm/module/layout.ts';
import { memoryBuffer } from '../../codegen/wasm/module/memory.ts';
import { productOf } from '../../codegen/wasm/module/parts.ts';
import { cutTree, cutTurns, partitioning, type SumTree } from './partition.ts';
import type { Pool } from './pool.ts';
import { joinStates, readStates, writeStates, type State } from './states.ts';
import { threadPool } from './threads.ts';

/** Fewer parts than this are too few for many threads. */
const enoughParts = 32;

/** Whether a kernel that takes so long is worth several threads. */
export const isWorthThreads = (nanoseconds: number): boolean => nanoseconds >= partitioning().threshold;

/**
 * Runs a compiled kernel on several threads where that pays: it is estimated to take `nanoseconds` at these integers.
 */
export function threaded(
  name: string,
  kernel: Kernel,
  { run, parts }: CompiledKernel,
  nanoseconds: number,
  bound: ArrayLike<number>,
): KernelFunction {
  if (parts === undefined || !isWorthThreads(nanoseconds)) return run;
  let perElement: number | undefined;
  return (buffers, integers, scalars) => {
    const pool = threadPool();
    if (pool !== undefined) {
      // Parts of an array pass through the heap with fewer turns than the kernel was bound to.
      perElement ??= nanoseconds / elementsOf(parts.programFor(bound), bound);
      const time = perElement * elementsOf(parts.programFor(integers), integers);
      if (isWorthThreads(time)) {
        parts.beforeRun(integers);
        const program = parts.programFor(integers);
        if (runParts(pool, name, kernel, parts, program, buffers, integers, scalars, perElement)) return;
      }
    }
    run(buffers, integers, scalars);
  };
}

const elementsOf = ({ phases }: PartProgram, integers: ArrayLike<number>): number =>
  phases.reduce((sum, { space }) => sum + productOf(space, integers), 0);

/** How to split a phase at these sizes: the first way that gives many parts, or the one that gives most. */
export function splitOf({ splits }: Phase, integers: ArrayLike<number>): Split | undefined {
  const parts = splits.map(({ iterations, alignment }) => productOf(iterations, integers) / alignment);
  const found = parts.findIndex((count) => count >= enoughParts);
  return splits[found >= 0 ? found : parts.indexOf(Math.max(...parts))];
}

/** False if there is nothing to do, or not enough scratch memory for all threads. */
function runParts(
  pool: Pool,
  name: string,
  kernel: Kernel,
  parts: KernelParts,
  program: PartProgram,
  buffers: readonly TypedArray[],
  integers: ArrayLike<number>,
  scalars: readonly Scalar[],
  perElement: number,
): boolean {
  // Reductions of nothing have outcomes of their own.
  if (program.phases.some(({ space }) => productOf(space, integers) === 0)) return false;
  let scratch = align(program.scratchBytes);
  const addresses = buffers.map((buffer, k) => {
    if (!program.perThread.has(k)) return buffer.byteOffset;
    const offset = scratch;
    scratch += align(buffer.byteLength);
    return offset;
  });
  if (!pool.provideScratch(scratch)) return false;
  const args = pool.arguments.atLeast(parts.argumentBytes);
  parts.writeArguments(args, addresses, integers, scalars);
  const { sharedBytes } = program;
  const shared = sharedBytes === 0 ? 0 : pool.outcomes.atLeast(sharedBytes);
  // What phases leave for each other is overwritten as well.
  const job = { kernel: name, overwrites: sharedBytes > 0 || overwrites(kernel, buffers) };
  let statesAt = args + parts.statesAt;
  for (const phase of program.phases) {
    const split = splitOf(phase, integers);
    if (split === undefined) continue;
    const turns = productOf(split.iterations, integers);
    const { entry, alignment } = split;
    const { accumulators } = phase;
    const time = perElement * productOf(phase.space, integers);
    if (split.iterations.length === 0 && accumulators.length === 0) {
      pool.runAlone(program, entry, args, 0, 0, shared);
    } else if (accumulators.length === 0) {
      const ends = turns === 0 ? [] : cutTurns(turns, alignment, time);
      if (ends.length === 1) pool.runAlone(program, entry, args, 0, turns, shared);
      else {
        pool.begin();
        addParts(pool, program, entry, args, ends, shared);
        pool.finish(job);
      }
    } else {
      const tree = accumulators.some(isPairwise)
        ? cutTree(turns, time)
        : sequenceOf(cutTurns(turns, alignment, time));
      const leaves = leavesOf(tree);
      const stride = stateBytes(accumulators);
      const out = pool.outcomes.atLeast(stride * leaves.length);
      if (leaves.length === 1) pool.runAlone(program, entry, args, 0, turns, out);
      else {
        pool.begin();
        leaves.forEach(({ from, length }, k) => {
          pool.add(program, entry, args, from, from + length, out + k * stride);
        });
        pool.finish(job);
      }
      const view = new DataView(memoryBuffer());
      let leaf = 0;
      const stateOf = (node: SumTree): State[] => {
        if (node.kind === 'part') return readStates(view, out + leaf++ * stride, accumulators);
        const left = stateOf(node.left);
        return joinStates(accumulators, left, stateOf(node.right));
      };
      writeStates(view, statesAt, accumulators, stateOf(tree));
      statesAt += stride;
    }
  }
  return true;
}

function addParts(
  pool: Pool,
  program: PartProgram,
  entry: number,
  args: number,
  ends: readonly number[],
  shared: number,
): void {
  let from = 0;
  for (const to of ends) {
    pool.add(program, entry, args, from, to, shared);
    from = to;
  }
}

const align = (bytes: number): number => 64 * Math.ceil(bytes / 64);

/** Parts joined from left to right, as halves of halves: any order will do for what they hold. */
function sequenceOf(ends: readonly number[]): SumTree {
  const node = (first: number, last: number): SumTree => {
    const from = ends[first - 1] ?? 0;
    if (first === last) return { kind: 'part', from, length: (ends[first] ?? 0) - from };
    const middle = (first + last) >> 1;
    return { kind: 'joined', left: node(first, middle), right: node(middle + 1, last) };
  };
  return node(0, ends.length - 1);
}

/** The parts of a tree, from left to right. */
function leavesOf(tree: SumTree): readonly Extract<SumTree, { kind: 'part' }>[] {
  return tree.kind === 'part' ? [tree] : [...leavesOf(tree.left), ...leavesOf(tree.right)];
}

/** Whether the kernel writes to memory that it reads: then a part that was begun cannot be begun again. */
function overwrites(kernel: Kernel, buffers: readonly TypedArray[]): boolean {
  if (!isRepeatable(kernel)) return true;
  const { buffers: roles } = kernel;
  return roles.some(({ role }, k) => {
    const out = buffers[k];
    if (role !== 'output' || out === undefined) return false;
    return roles.some((other, j) => {
      const input = buffers[j];
      return other.role === 'input' && input !== undefined && overlap(out, input);
    });
  });
}

const overlap = (a: TypedArray, b: TypedArray): boolean =>
  a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;
