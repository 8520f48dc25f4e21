/**
 * A plan for a GPU made concrete: its kernels compiled, once; their dispatches for one set of sizes and scalars, once
 * per binding. What is left for each run is to fill in buffers.
 */
import type { Dispatch, GpuLimits } from '../../codegen/wgsl/program.ts';
import { routineWithoutShaders, unsupportedOnGpu } from '../../codegen/wgsl/target.ts';
import type { DType, Scalar } from '../../ir/dtype.ts';
import { InternalError } from '../../ir/errors.ts';
import type { Kernel } from '../../ir/kernel.ts';
import { halfBits } from '../../ir/scalar.ts';
import { evaluateSize } from '../../ir/size.ts';
import type { LoweredKernel, Plan } from '../../passes/plan.ts';
import { kernelName, type Binding } from '../evaluate/bindPlan.ts';
import { gpuProgram } from './programs.ts';

/** Where a buffer of a kernel is found at run time. */
export type LaunchArgument =
  | { readonly kind: 'array'; readonly slot: number }
  | { readonly kind: 'root'; readonly root: number }
  | { readonly kind: 'slot'; readonly slot: number };

export interface LaunchKernel {
  readonly name: string;
  readonly arguments: readonly LaunchArgument[];
  readonly dispatches: readonly Dispatch[];
  readonly scratchBytes: readonly number[];
  readonly checksIndices: boolean;
}

/** One run, but for the arrays. */
export interface Launch {
  readonly kernels: readonly LaunchKernel[];
  /** Bytes of each temporary. */
  readonly slotBytes: readonly number[];
  /** The words of all dispatches, each at a multiple of 256 bytes. */
  readonly uniforms: Uint32Array<ArrayBuffer>;
  /** Per dispatch, in order: where its words are, in bytes, and how many. */
  readonly uniformRanges: readonly { readonly offset: number; readonly size: number }[];
}

/** A dtype of a plan that no GPU has, and the kernel that needs it. */
export interface Unsupported {
  readonly dtype: DType;
  readonly kernel: string;
}

const checkedPlans = new WeakMap<Plan, Unsupported | null>();

/** What no GPU can compute of a plan, if there is something. */
export function unsupportedIn(plan: Plan): Unsupported | undefined {
  let found = checkedPlans.get(plan);
  if (found === undefined) {
    found = findUnsupported(plan) ?? null;
    checkedPlans.set(plan, found);
  }
  return found ?? undefined;
}

function findUnsupported(plan: Plan): Unsupported | undefined {
  for (const [position, lowered] of plan.kernels.entries()) {
    const dtype = unsupportedOnGpu(lowered.kernel);
    if (dtype !== undefined) return { dtype, kernel: kernelName(lowered, position) };
  }
  return undefined;
}

/** Why no GPU runs a plan that calls a routine without shaders. */
export function missingRoutineIn({ kernels }: Plan): string | undefined {
  for (const [position, lowered] of kernels.entries()) {
    const routine = routineWithoutShaders(lowered.kernel);
    if (routine !== undefined)
      return `${kernelName(lowered, position)} calls ${routine}, for which there are no shaders`;
  }
  return undefined;
}

/** Uniform buffers are bound at multiples of this. */
const uniformAlign = 256;

const launches = new WeakMap<Binding, Map<GpuLimits, Launch>>();

/** The dispatches of a binding on a device with these limits. */
export function launchOf(binding: Binding, limits: GpuLimits): Launch {
  let known = launches.get(binding);
  if (known === undefined) {
    known = new Map();
    launches.set(binding, known);
  }
  let launch = known.get(limits);
  if (launch === undefined) {
    launch = makeLaunch(binding, limits);
    known.set(limits, launch);
  }
  return launch;
}

function makeLaunch(binding: Binding, limits: GpuLimits): Launch {
  const { plan } = binding.prepared;
  const kernels: LaunchKernel[] = [];
  const uniformRanges: { offset: number; size: number }[] = [];
  const blocks: Uint32Array[] = [];
  let end = 0;
  plan.kernels.forEach((lowered, position) => {
    const program = gpuProgram(lowered.kernel, limits);
    const { dispatches, scratchBytes } = program.plan(binding.integersOf(position));
    const scalars = scalarWords(
      lowered.kernel,
      lowered.scalars.map((slot) => binding.scalars[slot] ?? 0),
    );
    for (const { words, scalarWord } of dispatches) {
      // Uniform structs end at multiples of 16 bytes.
      const count = Math.max(4, Math.ceil(Math.max(words.length, scalarWord + scalars.length) / 4) * 4);
      const block = new Uint32Array(count);
      words.forEach((word, k) => (block[k] = word));
      block.set(scalars, scalarWord);
      blocks.push(block);
      uniformRanges.push({ offset: end, size: 4 * count });
      end += Math.ceil((4 * count) / uniformAlign) * uniformAlign;
    }
    kernels.push({
      name: kernelName(lowered, position),
      arguments: argumentsOf(plan, lowered),
      dispatches,
      scratchBytes,
      checksIndices: program.checksIndices,
    });
  });
  const uniforms = new Uint32Array(end / 4);
  blocks.forEach((block, k) => {
    uniforms.set(block, (uniformRanges[k]?.offset ?? 0) / 4);
  });
  const slotBytes = plan.memory.slots.map((size) => evaluateSize(size, binding.numbers));
  return { kernels, slotBytes, uniforms, uniformRanges };
}

function argumentsOf(plan: Plan, { buffers }: LoweredKernel): LaunchArgument[] {
  return buffers.map((buffer): LaunchArgument => {
    if (buffer.kind === 'parameter') return { kind: 'array', slot: buffer.slot };
    if (buffer.kind === 'scratch') throw new InternalError('webgpu', 'a kernel for a GPU keeps rows');
    const placement = plan.memory.placements.get(buffer);
    if (placement === undefined) throw new InternalError('webgpu', `buffer ${buffer.id} has no place`);
    return placement;
  });
}

/** The scalars of a kernel as the words that its shaders read. */
function scalarWords(kernel: Kernel, scalars: readonly Scalar[]): Uint32Array {
  const words = new Uint32Array(scalars.length);
  const floats = new Float32Array(words.buffer);
  scalars.forEach((scalar, k) => {
    const dtype = kernel.scalars[k];
    if (dtype === 'float32') floats[k] = Number(scalar);
    else if (dtype === 'float16') words[k] = halfBits(scalar);
    else words[k] = Number(BigInt.asUintN(32, BigInt(scalar)));
  });
  return words;
}
