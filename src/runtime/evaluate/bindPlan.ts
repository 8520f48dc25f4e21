/**
 * A plan made concrete in two steps: its kernels compiled for a target, once; then its sizes, strides, scalars and
 * memory, once per set of numbers. What is left for each run is to fill in arrays.
 *
 * A program in a loop asks for the same numbers again and again: each plan keeps the last ones it was bound to.
 */
import { InternalError } from '../../ir/errors.ts';
import { bytesOf, type DType, type Scalar, type TypedArray } from '../../ir/dtype.ts';
import type { Kernel } from '../../ir/kernel.ts';
import { describeValues } from '../../ir/nodeText.ts';
import { formatShape, maxElements, tooManyElements } from '../../ir/shape.ts';
import { evaluateSize, productOfSizes, type Size } from '../../ir/size.ts';
import { isWide, widened } from '../../ir/wide.ts';
import { CompileRefusal } from '../../codegen/refusal.ts';
import type { CompiledKernel, KernelFunction, Target } from '../../codegen/target.ts';
import type { LoweredKernel, Plan } from '../../passes/plan.ts';
import { compileKernel, isLasting } from './compileKernel.ts';
import { kernelNanoseconds, measureWork, type Work } from '../choose/cost.ts';
import { threaded } from '../parallel/launch.ts';

/** Where a kernel argument comes from at run time. */
export type Argument =
  | { readonly kind: 'array'; readonly slot: number }
  | { readonly kind: 'root'; readonly root: number }
  | { readonly kind: 'memory'; readonly dtype: DType; readonly byteOffset: number; readonly length: number };

export interface BoundKernel {
  readonly name: string;
  readonly run: KernelFunction;
  readonly arguments: readonly Argument[];
  readonly integers: readonly number[];
  readonly scalars: readonly Scalar[];
  /** Filled before each run; kept to spare the allocation. */
  readonly buffers: TypedArray[];
}

/** An array of known size. */
export interface BoundArray {
  readonly dtype: DType;
  readonly length: number;
  readonly bytes: number;
}

/** The arrays of a plan, whoever runs it. */
export interface BoundArrays {
  /** By slot; `undefined` for what no kernel reads, which may be missing at the end. */
  readonly parameters: readonly (BoundArray | undefined)[];
  /** `sameAs`: an earlier root that holds the same values. */
  readonly roots: readonly (BoundArray & { readonly sameAs: number | undefined })[];
  /** Bytes of all roots together. */
  readonly resultBytes: number;
  /** Bytes of temporaries and scratch. */
  readonly temporaryBytes: number;
}

export interface BoundPlan {
  readonly target: Target;
  readonly kernels: readonly BoundKernel[];
  readonly arrays: BoundArrays;
  /** What a root is, for errors. */
  readonly describeRoot: (root: number) => string;
}

/** The form that a kernel takes at these run-time integers. */
export const formOf = (
  kernel: LoweredKernel['kernel'],
  integers: ArrayLike<number>,
): LoweredKernel['kernel'] => (isWide(kernel, integers) ? widened(kernel) : kernel);

/** Short, stable names: position and kind of work. */
export function kernelName(kernel: LoweredKernel, position: number): string {
  const kinds = new Set(kernel.heads.map(({ kind }) => kind));
  const kind =
    kernel.kernel.kind === 'call'
      ? kernel.kernel.routine
      : kinds.has('scatter')
        ? 'scatter'
        : !kinds.has('reduce')
          ? kinds.has('scan')
            ? 'scan'
            : 'map'
          : kinds.has('map')
            ? 'rows'
            : 'reduce';
  return `${kind}${position}`;
}

/** Memory is laid out at multiples of this, which suits every target. */
export const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;

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

/** A plan with what was made of it. */
export class PreparedPlan {
  readonly plan: Plan;
  readonly #compiled = new Map<Target, readonly CompiledKernel[] | CompileRefusal>();
  readonly #makeFrugal: (() => Plan) | undefined;
  #frugal: PreparedPlan | undefined;
  #last: Binding | undefined;

  /** `makeFrugal`: the same, storing as little as it can. For sizes at which this plan would store too much. */
  constructor(plan: Plan, makeFrugal?: () => Plan) {
    this.plan = plan;
    this.#makeFrugal = makeFrugal;
  }

  /** What it was bound to last. */
  get lastBinding(): Binding | undefined {
    return this.#last;
  }

  /** The plan for these sizes and scalars. */
  bind(numbers: readonly number[], scalars: readonly Scalar[]): Binding {
    const last = this.#last;
    if (last?.isFor(numbers, scalars) === true) {
      last.comesAgain = true;
      return last;
    }
    return (this.#last = this.bindAnew(numbers, scalars));
  }

  /** The same, not to be found again. Throws `ShapeError` if it takes an array larger than any in memory can be. */
  bindAnew(numbers: readonly number[], scalars: readonly Scalar[]): Binding {
    const excess = tooLarge(this.plan, numbers);
    if (excess === undefined) return new Binding(this, numbers, scalars);
    if (excess.root !== undefined)
      throw tooManyElements(
        'evaluate',
        `the result of ${describeRoot(this.plan, numbers, excess.root)}`,
        excess.shape,
        bytesOf(excess.dtype),
      );
    if (this.#makeFrugal === undefined) {
      const what = `a part of the expression that has to be stored, ${excess.dtype} of shape ${formatShape(excess.shape)},`;
      throw tooManyElements('evaluate', what, excess.shape, bytesOf(excess.dtype));
    }
    this.#frugal ??= new PreparedPlan(this.#makeFrugal());
    return this.#frugal.bindAnew(numbers, scalars);
  }

  /** The kernels, or why the engine does not compile one of them. */
  compiledFor(target: Target): readonly CompiledKernel[] | CompileRefusal {
    let compiled = this.#compiled.get(target);
    if (compiled === undefined) {
      compiled = compileAll(target, this.plan);
      if (isLasting(compiled)) this.#compiled.set(target, compiled);
    }
    return compiled;
  }
}

function compileAll(target: Target, { kernels }: Plan): readonly CompiledKernel[] | CompileRefusal {
  const list: CompiledKernel[] = [];
  // Kernels that are alike are one object.
  const known = new Map<Kernel, CompiledKernel>();
  for (const { kernel } of kernels) {
    const compiled = known.get(kernel) ?? compileKernel(target, kernel);
    if (compiled instanceof CompileRefusal) return compiled;
    known.set(kernel, compiled);
    list.push(compiled);
  }
  return list;
}

/** A plan for one set of sizes and scalars, on as many targets as were asked for. */
export class Binding {
  readonly prepared: PreparedPlan;
  readonly numbers: readonly number[];
  readonly scalars: readonly Scalar[];
  /** Whether the plan was asked for with these numbers more than once in a row. */
  comesAgain = false;
  #work: Work | undefined;
  #layout: MemoryLayout | undefined;
  #arrays: BoundArrays | undefined;
  readonly #bound: BoundPlan[] = [];

  constructor(prepared: PreparedPlan, numbers: readonly number[], scalars: readonly Scalar[]) {
    this.prepared = prepared;
    this.numbers = numbers;
    this.scalars = scalars;
  }

  isFor(numbers: readonly number[], scalars: readonly Scalar[]): boolean {
    return sameList(this.numbers, numbers) && sameList(this.scalars, scalars);
  }

  /** What there is to do, for the choice of the target. */
  get work(): Work {
    return (this.#work ??= measureWork(this.prepared.plan, this.numbers));
  }

  get arrays(): BoundArrays {
    return (this.#arrays ??= boundArrays(this.prepared.plan, this.numbers, this.#memory));
  }

  get #memory(): MemoryLayout {
    return (this.#layout ??= layoutMemory(this.prepared.plan, this.numbers));
  }

  /** The run-time integers of a kernel. */
  integersOf(kernel: number): number[] {
    return (this.prepared.plan.kernels[kernel]?.integers ?? []).map((size) =>
      evaluateSize(size, this.numbers),
    );
  }

  /** Compiled for the target and bound, or why the engine does not compile it. */
  for(target: Target): BoundPlan | CompileRefusal {
    for (const bound of this.#bound) if (bound.target === target) return bound;
    const compiled = this.prepared.compiledFor(target);
    if (compiled instanceof CompileRefusal) return compiled;
    const kernels = bindKernels(this, target, compiled, this.#memory);
    if (kernels instanceof CompileRefusal) return kernels;
    const bound: BoundPlan = {
      target,
      kernels,
      arrays: this.arrays,
      describeRoot: (root) => describeRoot(this.prepared.plan, this.numbers, root),
    };
    this.#bound.push(bound);
    return bound;
  }
}

/** A result, as the user's graph has it. */
function describeRoot({ initial }: Plan, numbers: readonly number[], root: number): string {
  const node = initial.roots[root];
  if (node === undefined) return `result ${root}`;
  const shape = node.shape.map((size) => evaluateSize(size, numbers));
  return describeValues(node, shape);
}

/** An array that the plan would store, with more elements than an array in memory can have. */
interface Excess {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Of a result: its position. */
  readonly root: number | undefined;
}

function tooLarge(plan: Plan, numbers: readonly number[]): Excess | undefined {
  const excess = (dtype: DType, sizes: readonly Size[], root?: number): Excess | undefined => {
    let count = 1;
    for (const size of sizes) count *= evaluateSize(size, numbers);
    if (count <= maxElements) return undefined;
    return { dtype, shape: sizes.map((size) => evaluateSize(size, numbers)), root };
  };
  for (const [root, { dtype, shape }] of plan.roots.entries()) {
    const found = excess(dtype, shape, root);
    if (found !== undefined) return found;
  }
  for (const { buffers } of plan.kernels)
    for (const buffer of buffers) {
      if (buffer.kind === 'parameter') continue;
      const found = excess(buffer.dtype, buffer.kind === 'scratch' ? [buffer.size] : buffer.shape);
      if (found !== undefined) return found;
    }
  return undefined;
}

function sameList(a: readonly Scalar[], b: readonly Scalar[]): boolean {
  if (a.length !== b.length) return false;
  for (let k = 0; k < a.length; k++) if (!Object.is(a[k], b[k])) return false;
  return true;
}

function bindKernels(
  { prepared, numbers, scalars }: Binding,
  target: Target,
  compiled: readonly CompiledKernel[],
  layout: MemoryLayout,
): readonly BoundKernel[] | CompileRefusal {
  const { plan } = prepared;
  const bound: BoundKernel[] = [];
  for (const [k, kernel] of plan.kernels.entries()) {
    const args = kernel.buffers.map((buffer, position): Argument => {
      switch (buffer.kind) {
        case 'parameter':
          return { kind: 'array', slot: buffer.slot };
        case 'scratch': {
          const byteOffset = layout.scratchOffsets[k]?.[position] ?? 0;
          const length = evaluateSize(buffer.size, numbers);
          return { kind: 'memory', dtype: buffer.dtype, byteOffset, length };
        }
        case 'buffer': {
          const placement = plan.memory.placements.get(buffer);
          if (placement === undefined)
            throw new InternalError('evaluate', `buffer ${buffer.id} has no place`);
          if (placement.kind === 'root') return { kind: 'root', root: placement.root };
          const byteOffset = layout.slotOffsets[placement.slot] ?? 0;
          const length = evaluateSize(productOfSizes(buffer.shape), numbers);
          return { kind: 'memory', dtype: buffer.dtype, byteOffset, length };
        }
      }
    });
    const name = kernelName(kernel, k);
    const integers = kernel.integers.map((size) => evaluateSize(size, numbers));
    const form = formOf(kernel.kernel, integers);
    const code = form === kernel.kernel ? compiled[k] : compileKernel(target, form);
    if (code instanceof CompileRefusal) return code;
    if (code === undefined) throw new InternalError('evaluate', `kernel ${k} is not compiled`);
    const nanoseconds = kernelNanoseconds(target.name, kernel, numbers);
    bound.push({
      name,
      run: threaded(name, form, code, nanoseconds, integers),
      arguments: args,
      integers,
      scalars: kernel.scalars.map((slot) => scalars[slot] ?? NaN),
      buffers: [],
    });
  }
  return bound;
}

function boundArrays(plan: Plan, numbers: readonly number[], layout: MemoryLayout): BoundArrays {
  const roots = plan.roots.map((buffer, root) => {
    const first = plan.roots.indexOf(buffer);
    const length = evaluateSize(productOfSizes(buffer.shape), numbers);
    return { ...boundArray(buffer.dtype, length), sameAs: first === root ? undefined : first };
  });
  const resultBytes = roots.reduce((sum, { bytes, sameAs }) => sum + (sameAs === undefined ? bytes : 0), 0);
  return { parameters: parametersOf(plan, numbers), roots, resultBytes, temporaryBytes: layout.bytes };
}

const boundArray = (dtype: DType, length: number): BoundArray => ({
  dtype,
  length,
  bytes: length * bytesOf(dtype),
});

/** The arrays that the kernels read, by slot. A list without holes, for these are no elements to some of its methods. */
function parametersOf(plan: Plan, numbers: readonly number[]): (BoundArray | undefined)[] {
  const read = new Map<number, BoundArray>();
  for (const { buffers } of plan.kernels)
    for (const buffer of buffers)
      if (buffer.kind === 'parameter' && !read.has(buffer.slot)) {
        const length = evaluateSize(productOfSizes(buffer.shape), numbers);
        read.set(buffer.slot, boundArray(buffer.dtype, length));
      }
  return Array.from({ length: 1 + Math.max(-1, ...read.keys()) }, (_, slot) => read.get(slot));
}
