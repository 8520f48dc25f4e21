/**
 * The WebAssembly target: a kernel as one module of 128-bit vector code over the shared memory.
 *
 * Modules are written as bytes and compiled at once; V8 runs them after a quick first compilation and replaces them
 * by optimized code while they run again.
 */
import type { Scalar, TypedArray } from '../../ir/dtype.ts';
import type { Kernel } from '../../ir/kernel.ts';
import type { Table } from '../../ir/math/machine.ts';
import { resolveIndex } from '../../ir/reference.ts';
import type { CodeFacts, CompiledKernel, KernelFunction, Launcher, Target } from '../target.ts';
import { FunctionBuilder, i32 } from './assembler/function.ts';
import { encodeModule } from './assembler/module.ts';
import { printFunction } from './assembler/text.ts';
import { ModuleContext, type EmittedKernel } from './context.ts';
import { emitContract } from './contract/contract.ts';
import { emitLoops } from './emit.ts';
import {
  argumentBytes,
  bufferOffset,
  integerOffset,
  scalarOffset,
  scratchOffset,
  writeScalar,
} from './layout.ts';
import { hasMemory, isShared, memoryBuffer, reserve, wasmMemory } from './memory.ts';

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

/** A block that one kernel after the other uses; it is replaced by a larger one when a kernel needs more. */
class SharedBlock {
  #address = 0;
  #bytes = 0;

  atLeast(bytes: number): number {
    if (bytes > this.#bytes) {
      this.#bytes = Math.max(4096, 2 * this.#bytes, bytes);
      this.#address = reserve(this.#bytes, 64);
    }
    return this.#address;
  }
}

const argumentBlock = new SharedBlock();
const scratchBlock = new SharedBlock();

let words: Int32Array = new Int32Array(0);
let view: DataView = new DataView(words.buffer);

/** Views of the memory as it is now: growing may have replaced its buffer. */
function refresh(): void {
  const buffer = memoryBuffer();
  if (words.buffer === buffer) return;
  words = new Int32Array(buffer);
  view = new DataView(buffer);
}

function indexError(index: number, size: number): void {
  resolveIndex(index, size);
}

interface Emitted extends EmittedKernel {
  readonly module: ModuleContext;
  /** What `main` calls. */
  readonly helpers: readonly FunctionBuilder[];
}

function emit(kernel: Kernel): Emitted {
  const module = new ModuleContext(place);
  const emitted = kernel.kind === 'contract' ? emitContract(kernel, module) : emitLoops(kernel, module);
  return { ...emitted, module, helpers: [...module.helpers.values()] };
}

function compile(kernel: Kernel): CompiledKernel {
  const emitted = emit(kernel);
  const { main, helpers, module, scratchBytes } = emitted;
  const bytes = encodeModule(main, helpers, [...module.imports], isShared());
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    env: { memory: wasmMemory(), indexError },
  });
  return compiled(
    kernel,
    launcherOf(kernel, emitted, instance.exports[main.name] as Entry),
    { bytes: bytes.length, notes: [...module.notes] },
    scratchBytes,
  );
}

/** What is kept of a kernel. Its text is made when somebody asks: functions under construction are large. */
const compiled = (
  kernel: Kernel,
  launcher: Launcher,
  about: CodeFacts,
  scratchBytes: number,
): CompiledKernel => ({
  run: runner(launcher),
  launcher,
  about,
  scratchBytes,
  get code() {
    const { main, helpers } = emit(kernel);
    const notes = [`${about.bytes} bytes`, ...about.notes];
    return [...notes.map((note) => `;; ${note}\n`), ...[...helpers, main].map(printFunction)].join('');
  },
});

/** What a module exports: the kernel on the arguments at an address, over a range of its outermost loop. */
type Entry = (args: number, from: number, to: number) => void;

/**
 * V8 replaces its first, quick code by optimized code between calls only, and after a while: large work starts in
 * small pieces. So many turns of the loops make a piece, and after so many pieces the optimized code is there.
 */
const pieceTurns = 16_384;
const warmPieces = 256;

/** Calls a kernel on arguments in memory. */
function launcherOf(kernel: Kernel, { scratchBytes, split }: EmittedKernel, run: Entry): Launcher {
  // Before any view is made: the memory may grow for it.
  const scratch = scratchBlock.atLeast(scratchBytes);
  const firstBuffer = bufferOffset(0) / 4;
  const firstInteger = integerOffset(kernel, 0) / 4;
  const bufferCount = kernel.buffers.length;
  let pieces = 0;
  const extents = kernel.kind === 'loops' ? kernel.axes.map(({ extent }) => extent) : [];
  const extentOf = (integers: ArrayLike<number>, axis: number): number => {
    const extent = extents[axis];
    return extent === undefined
      ? 0
      : 'literal' in extent
        ? extent.literal
        : (integers[extent.parameter] ?? 0);
  };
  const launch = (args: number, integers: ArrayLike<number>): void => {
    if (split === undefined) {
      run(args, 0, 0);
      return;
    }
    const end = extentOf(integers, split.axis);
    let from = 0;
    if (pieces < warmPieces) {
      let inner = 1;
      for (let axis = 0; axis < extents.length; axis++)
        if (axis !== split.axis) inner *= extentOf(integers, axis);
      const piece = split.granule * Math.ceil(pieceTurns / Math.max(1, inner) / split.granule);
      for (; pieces < warmPieces && from + piece < end; pieces++, from += piece)
        run(args, from, from + piece);
      pieces++;
    }
    run(args, from, end);
  };
  const write = (
    args: number,
    buffers: ArrayLike<number>,
    integers: ArrayLike<number>,
    scalars: readonly Scalar[],
  ): void => {
    refresh();
    const at = args >>> 2;
    words[at + scratchOffset / 4] = scratch;
    for (let k = 0; k < bufferCount; k++) words[at + firstBuffer + k] = buffers[k] ?? 0;
    for (let k = 0; k < integers.length; k++) words[at + firstInteger + k] = integers[k] ?? 0;
    for (let k = 0; k < scalars.length; k++) {
      const [dtype, scalar] = [kernel.scalars[k], scalars[k]];
      if (dtype !== undefined && scalar !== undefined)
        writeScalar(view, args + scalarOffset(kernel, k), dtype, scalar);
    }
  };
  return { argumentBytes: argumentBytes(kernel), write, launch };
}

/** Writes the arguments of a call to memory that all kernels share, and calls. */
function runner(launcher: Launcher): KernelFunction {
  const args = argumentBlock.atLeast(launcher.argumentBytes);
  const addresses: number[] = [];
  return (buffers: readonly TypedArray[], integers: ArrayLike<number>, scalars: readonly Scalar[]) => {
    for (let k = 0; k < buffers.length; k++) addresses[k] = buffers[k]?.byteOffset ?? 0;
    launcher.write(args, addresses, integers, scalars);
    launcher.launch(args, integers);
  };
}

/** A module with vector instructions, one of them a late addition to the standard. */
function simdProbe(): Uint8Array<ArrayBuffer> {
  const f = new FunctionBuilder('probe', [], 'v128');
  f.return(f.op('i8x16.popcnt', f.op('i8x16.splat', i32(0))));
  return encodeModule(f, [], [], false);
}

let missing: string | undefined;
let probed = false;

/** Why the target cannot run here; `undefined` where it can. */
function probe(): string | undefined {
  if (probed) return missing;
  probed = true;
  try {
    if (typeof WebAssembly !== 'object') missing = 'this host has no WebAssembly';
    else if (!WebAssembly.validate(simdProbe())) missing = 'this host has no WebAssembly vector instructions';
    else if (!hasMemory()) missing = 'this host gives WebAssembly no memory';
    // A content security policy without `wasm-unsafe-eval` refuses to compile.
    else new WebAssembly.Module(simdProbe());
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
};
