/**
 * Running a plan: sizes and strides from the bindings, memory from the memory plan, then kernel after kernel.
 *
 * `bindPlan` does everything that depends on sizes but not on data; `lz.compile` keeps its outcome per signature, so
 * that a call is only: fill in arrays, run.
 */
import { InternalError } from '../ir/errors.ts';
import { allocate, bytesOf, type DType, type Scalar, type TypedArray, viewOf } from '../ir/dtype.ts';
import { printKernel } from '../ir/kernelText.ts';
import { evaluateSize, productOfSizes } from '../ir/size.ts';
import type { CompiledKernel, KernelFunction, Target } from '../codegen/target.ts';
import type { LoweredKernel, Plan } from '../passes/plan.ts';
import { kernelCache } from './caches.ts';
import { scratchMemory } from './scratch.ts';

/** Where a kernel argument comes from at run time. */
type Argument =
  | { readonly kind: 'array'; readonly slot: number }
  | { readonly kind: 'root'; readonly root: number }
  | { readonly kind: 'memory'; readonly dtype: DType; readonly byteOffset: number; readonly length: number };

interface BoundKernel {
  readonly name: string;
  readonly run: KernelFunction;
  readonly arguments: readonly Argument[];
  readonly integers: readonly number[];
  readonly scalars: readonly Scalar[];
  /** Filled before each run; kept to spare the allocation. */
  readonly buffers: TypedArray[];
}

export interface BoundPlan {
  readonly kernels: readonly BoundKernel[];
  readonly roots: readonly {
    readonly dtype: DType;
    readonly length: number;
    readonly sameAs: number | undefined;
  }[];
  /** Bytes of temporaries and scratch. */
  readonly temporaryBytes: number;
}

export function compileKernel(target: Target, kernel: LoweredKernel['kernel']): CompiledKernel {
  const key = `${target.name}\n${printKernel(kernel)}`;
  let compiled = kernelCache.get(key);
  if (compiled === undefined) {
    compiled = target.compile(kernel);
    kernelCache.set(key, compiled);
  }
  return compiled;
}

/** Short, stable names: position and kind of work. */
export function kernelName(kernel: LoweredKernel, position: number): string {
  const kinds = new Set(kernel.heads.map(({ kind }) => kind));
  const kind =
    kernel.kernel.kind === 'contract'
      ? 'matmul'
      : !kinds.has('reduce') && !kinds.has('argReduce')
        ? 'map'
        : kinds.has('map')
          ? 'rows'
          : 'reduce';
  return `${kind}${position}`;
}

const align = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/** Compiled kernels of a plan, looked up once per plan and target. */
const compiledOf = new WeakMap<
  Plan,
  { readonly target: Target; readonly kernels: readonly CompiledKernel[] }
>();

function compiledKernels(plan: Plan, target: Target): readonly CompiledKernel[] {
  const known = compiledOf.get(plan);
  if (known?.target === target) return known.kernels;
  const kernels = plan.kernels.map(({ kernel }) => compileKernel(target, kernel));
  compiledOf.set(plan, { target, kernels });
  return kernels;
}

/** Where temporaries and scratch lie in one block of memory. */
export interface MemoryLayout {
  readonly slotOffsets: readonly number[];
  /** Per kernel and buffer: the offset of scratch. */
  readonly scratchOffsets: readonly (readonly (number | undefined)[])[];
  readonly bytes: number;
}

export function layoutMemory(plan: Plan, numbers: readonly number[]): MemoryLayout {
  const slotOffsets: number[] = [];
  let end = 0;
  for (const bytes of plan.memory.slots) {
    slotOffsets.push(end);
    end = align(end + evaluateSize(bytes, numbers));
  }
  let peak = end;
  const scratchOffsets = plan.kernels.map((kernel) => {
    let scratchEnd = end;
    const offsets = kernel.buffers.map((buffer) => {
      if (buffer.kind !== 'scratch') return undefined;
      const offset = scratchEnd;
      scratchEnd = align(scratchEnd + evaluateSize(buffer.size, numbers) * bytesOf(buffer.dtype));
      return offset;
    });
    peak = Math.max(peak, scratchEnd);
    return offsets;
  });
  return { slotOffsets, scratchOffsets, bytes: peak };
}

/** The sizes and scalars a plan was last bound to: a program in a loop asks for the same again and again. */
const lastBound = new WeakMap<
  Plan,
  {
    readonly target: Target;
    readonly numbers: readonly number[];
    readonly scalars: readonly Scalar[];
    readonly bound: BoundPlan;
  }
>();

const sameList = (a: readonly Scalar[], b: readonly Scalar[]): boolean => {
  if (a.length !== b.length) return false;
  for (let k = 0; k < a.length; k++) if (!Object.is(a[k], b[k])) return false;
  return true;
};

/** Everything about a run that depends on sizes and scalars but not on data. */
export function bindPlan(
  plan: Plan,
  target: Target,
  numbers: readonly number[],
  scalars: readonly Scalar[],
): BoundPlan {
  const last = lastBound.get(plan);
  if (last?.target === target && sameList(last.numbers, numbers) && sameList(last.scalars, scalars))
    return last.bound;
  const bound = bind(plan, target, numbers, scalars);
  lastBound.set(plan, { target, numbers, scalars, bound });
  return bound;
}

function bind(plan: Plan, target: Target, numbers: readonly number[], scalars: readonly Scalar[]): BoundPlan {
  const compiled = compiledKernels(plan, target);
  const layout = layoutMemory(plan, numbers);
  const kernels = plan.kernels.map((kernel, k): BoundKernel => {
    const args = kernel.buffers.map((buffer, position): Argument => {
      switch (buffer.kind) {
        case 'parameter':
          return { kind: 'array', slot: buffer.slot };
        case 'scratch': {
          const byteOffset = layout.scratchOffsets[k]?.[position] ?? 0;
          return {
            kind: 'memory',
            dtype: buffer.dtype,
            byteOffset,
            length: evaluateSize(buffer.size, numbers),
          };
        }
        case 'buffer': {
          const placement = plan.memory.placements.get(buffer);
          if (placement === undefined)
            throw new InternalError('evaluate', `buffer ${buffer.id} has no place`);
          if (placement.kind === 'root') return { kind: 'root', root: placement.root };
          const length = evaluateSize(productOfSizes(buffer.shape), numbers);
          return {
            kind: 'memory',
            dtype: buffer.dtype,
            byteOffset: layout.slotOffsets[placement.slot] ?? 0,
            length,
          };
        }
      }
    });
    const run = compiled[k]?.run;
    if (run === undefined) throw new InternalError('evaluate', `kernel ${k} is not compiled`);
    return {
      name: kernelName(kernel, k),
      run,
      arguments: args,
      integers: kernel.integers.map((size) => evaluateSize(size, numbers)),
      scalars: kernel.scalars.map((slot) => scalars[slot] ?? NaN),
      buffers: [],
    };
  });
  const roots = plan.roots.map((buffer, root) => {
    const first = plan.roots.indexOf(buffer);
    return {
      dtype: buffer.dtype,
      length: evaluateSize(productOfSizes(buffer.shape), numbers),
      sameAs: first === root ? undefined : first,
    };
  });
  return { kernels, roots, temporaryBytes: layout.bytes };
}

/** Called after each kernel with its time in milliseconds. */
export type Profiler = (kernel: number, milliseconds: number) => void;

/** Runs the kernels. `out` gives the storage of the roots; without it they are allocated. */
export function runPlan(
  bound: BoundPlan,
  arrays: readonly TypedArray[],
  out?: readonly TypedArray[],
  profile?: Profiler,
): TypedArray[] {
  const results: TypedArray[] = [];
  bound.roots.forEach(({ dtype, length, sameAs }, k) => {
    results.push((sameAs === undefined ? undefined : results[sameAs]) ?? out?.[k] ?? allocate(dtype, length));
  });
  const memory = scratchMemory(bound.temporaryBytes);
  bound.kernels.forEach((kernel, position) => {
    const { buffers } = kernel;
    for (let k = 0; k < kernel.arguments.length; k++) {
      const argument = kernel.arguments[k];
      if (argument === undefined) continue;
      const buffer =
        argument.kind === 'array'
          ? arrays[argument.slot]
          : argument.kind === 'root'
            ? results[argument.root]
            : viewOf(argument.dtype, memory, argument.byteOffset, argument.length);
      if (buffer === undefined) throw new InternalError('evaluate', `${kernel.name} has no buffer ${k}`);
      buffers[k] = buffer;
    }
    const start = profile === undefined ? 0 : performance.now();
    kernel.run(buffers, kernel.integers, kernel.scalars);
    profile?.(position, performance.now() - start);
    buffers.length = 0;
  });
  return results;
}
