/**
 * The WebAssembly target: a kernel as one module of 128-bit vector code over the shared memory.
 *
 * Modules are written as bytes and compiled at once; V8 runs them after a quick first compilation and replaces them
 * by optimized code while they run again.
 */
import type { Scalar, TypedArray } from '../../ir/dtype.ts';
import { InternalError } from '../../ir/errors.ts';
import type { Kernel, RoutineCall } from '../../ir/kernel.ts';
import type { Table } from '../../ir/math/machine.ts';
import { evaluateInt } from '../../ir/nest.ts';
import type { CodeOp } from '../../ir/ops.ts';
import { failIndex } from '../../ir/scatter.ts';
import type {
  CodeFacts,
  CompiledKernel,
  KernelFunction,
  KernelParts,
  PartFunction,
  Target,
} from '../target.ts';
import { jsTarget } from '../js/target.ts';
import { referenceCall } from '../referenceCall.ts';
import { byEngine } from '../refusal.ts';
import type { FunctionBuilder } from './assembler/function.ts';
import { encodeModule } from './assembler/module.ts';
import { printFunction } from './assembler/text.ts';
import { ModuleContext, repeatedIn, type EmittedKernel, type EmittedPhases } from './module/context.ts';
import { emitLoops } from './loops/emit.ts';
import { coldElements, Parts } from './module/parts.ts';
import { wasmRoutines } from './routines.ts';
import { emitPhases, hasPhases } from './module/phases.ts';
import { GrowingBlock, hasMemory, isShared, memoryBuffer, reserve, wasmMemory } from './module/memory.ts';

/** Tables that are in memory for good. */
const tables = new Map<Table, number>();

function place(table: Table): number {
  let address = tables.get(table);
  if (address === undefined) {
    address = reserve(table.values.byteLength, 64);
    new Float64Array(memoryBuffer(), address, table.values.length).set(table.values);
    tables.set(table, address);
  }
  return address;
}

const argumentBlock = new GrowingBlock();
const scratchBlock = new GrowingBlock();

interface Emitted extends EmittedKernel {
  readonly module: ModuleContext;
  /** What can be called from outside, `main` first. */
  readonly entries: readonly FunctionBuilder[];
  /** What they call. */
  readonly helpers: readonly FunctionBuilder[];
}

function emitCall(call: RoutineCall, module: ModuleContext): EmittedKernel {
  const emitRoutine = wasmRoutines[call.routine];
  if (emitRoutine === undefined) throw new InternalError('wasm', `there is no code for ${call.routine}`);
  return emitRoutine(call, module);
}

function emit(kernel: Kernel, repeated: ReadonlySet<CodeOp>): Emitted {
  const module = new ModuleContext(place, repeated);
  for (const op of repeated)
    module.note(`${op} is called; written out where it is used from ${coldElements} elements on`);
  const emitted = kernel.kind === 'call' ? emitCall(kernel, module) : emitLoops(kernel, module);
  const entries = [...new Set([emitted.main, ...emitted.splits.map(({ f }) => f)])];
  return { ...emitted, module, entries, helpers: [...module.helpers.values()] };
}

function compile(kernel: Kernel): CompiledKernel {
  if (kernel.kind === 'call' && wasmRoutines[kernel.routine] === undefined) return referenceCall(kernel);
  const repeated = repeatedIn(kernel);
  const emitted = emit(kernel, repeated);
  const { entries, helpers, module, scratchBytes } = emitted;
  const first = load(entries, helpers, module);
  const { bytes } = first;
  const parts = new Parts(kernel, emitted, first, {
    phases: () => phasesOf(kernel, emitted),
    hot: repeated.size === 0 ? undefined : () => hotForm(kernel),
  });
  return compiled(
    kernel,
    runner(kernel, emitted, parts),
    isShared() ? parts : undefined,
    { bytes: bytes.length, notes: [...module.notes] },
    scratchBytes,
  );
}

/** The kernel with all its code where it is used. */
function hotForm(kernel: Kernel): Loaded {
  const { entries, helpers, module } = emit(kernel, new Set());
  return load(entries, helpers, module);
}

interface Loaded {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly functions: readonly PartFunction[];
}

function load(
  entries: readonly FunctionBuilder[],
  helpers: readonly FunctionBuilder[],
  module: ModuleContext,
): Loaded {
  const bytes = encodeModule(entries, helpers, [...module.imports], isShared());
  const env = { memory: wasmMemory(), indexError: failIndex };
  const instance = byEngine(() => new WebAssembly.Instance(new WebAssembly.Module(bytes), { env }));
  return { bytes, functions: entries.map(({ name }) => instance.exports[name] as PartFunction) };
}

/** The kernel cut into phases, where it is more than one loop, or a routine that has some. */
function phasesOf(kernel: Kernel, { phases }: EmittedKernel): (EmittedPhases & Loaded) | undefined {
  const module = new ModuleContext(place);
  const emitted =
    kernel.kind === 'call' ? phases?.(module) : hasPhases(kernel) ? emitPhases(kernel, module) : undefined;
  if (emitted === undefined) return undefined;
  const entries = emitted.phases.flatMap(({ splits }) => splits.map(({ f }) => f));
  return { ...emitted, ...load(entries, [...module.helpers.values()], module) };
}

/** What is kept of a kernel. Its text is printed on request, because functions under construction are large. */
const compiled = (
  kernel: Kernel,
  run: KernelFunction,
  parts: KernelParts | undefined,
  about: CodeFacts,
  scratchBytes: number,
): CompiledKernel => ({
  run,
  ...(parts === undefined ? {} : { parts }),
  about,
  scratchBytes,
  get code() {
    const { entries, helpers } = emit(kernel, repeatedIn(kernel));
    const notes = [`${about.bytes} bytes`, ...about.notes];
    return [...notes.map((note) => `;; ${note}\n`), ...[...helpers, ...entries].map(printFunction)].join('');
  },
});

/**
 * V8 replaces its first, quick code by optimized code only between calls, and after a while. Therefore large work starts
 * in small pieces: the iterations of one piece, and the number of pieces after which the optimized code is in place.
 */
const pieceIterations = 16_384;
const warmPieces = 256;

/** Writes the arguments of a call to memory and calls. */
function runner(
  kernel: Kernel,
  { scratchBytes, splits, axis: splitAxis }: EmittedKernel,
  parts: Parts,
): KernelFunction {
  // Reserve both first: reserving may grow the memory, which detaches existing views.
  const args = argumentBlock.atLeast(parts.argumentBytes);
  const scratch = scratchBlock.atLeast(scratchBytes);
  const { perThread } = parts;
  const addresses: number[] = [];
  let pieces = 0;
  let run = parts.main;
  const alignment = splits[0]?.alignment ?? 1;
  const extents = kernel.kind === 'loops' ? kernel.axes.map(({ extent }) => extent) : [];
  const start = (integers: ArrayLike<number>): void => {
    const end = parts.wholeRange(integers);
    parts.beforeRun(integers);
    if (run !== parts.main) {
      run = parts.main;
      pieces = 0;
    }
    let from = 0;
    if (splitAxis !== undefined && pieces < warmPieces) {
      let inner = 1;
      for (let axis = 0; axis < extents.length; axis++) {
        const extent = extents[axis];
        if (extent !== undefined && axis !== splitAxis) inner *= evaluateInt(extent, integers);
      }
      const piece = alignment * Math.ceil(pieceIterations / Math.max(1, inner) / alignment);
      for (; pieces < warmPieces && from + piece < end; pieces++, from += piece)
        run(args, from, from + piece, scratch, 0);
      pieces++;
    }
    run(args, from, end, scratch, 0);
  };
  return (buffers: readonly TypedArray[], integers: ArrayLike<number>, scalars: readonly Scalar[]) => {
    for (let k = 0; k < kernel.buffers.length; k++)
      addresses[k] = (buffers[k]?.byteOffset ?? 0) - (perThread.has(k) ? scratch : 0);
    parts.writeArguments(args, addresses, integers, scalars);
    start(integers);
  };
}

/** `i8x16.popcnt (i8x16.splat (i32.const 0))`: vector instructions, one of them a late addition to the standard. */
const simdProbe = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 5, 1, 0x60, 0, 1, 0x7b],
  ...[3, 2, 1, 0],
  ...[10, 10, 1, 8, 0, 0x41, 0, 0xfd, 15, 0xfd, 98, 0x0b],
);

let missing: string | undefined;
let probed = false;

/** Why the target cannot run here; `undefined` where it can. */
function probe(): string | undefined {
  if (probed) return missing;
  probed = true;
  try {
    if (typeof WebAssembly !== 'object') missing = 'this host has no WebAssembly';
    else if (!WebAssembly.validate(simdProbe)) missing = 'this host has no WebAssembly vector instructions';
    else if (!hasMemory()) missing = 'this host gives WebAssembly no memory';
    // A content security policy without `wasm-unsafe-eval` refuses to compile.
    else new WebAssembly.Module(simdProbe);
  } catch (error) {
    missing = `this host refuses to compile WebAssembly: ${String(error)}`;
  }
  return missing;
}

export const wasmTarget: Target = {
  name: 'wasm',
  memory: 'heap',
  get available() {
    return probe() === undefined;
  },
  get unavailable() {
    return probe();
  },
  compile,
  // Its kernels take typed arrays wherever they lie.
  standIn: jsTarget,
};
