/**
 * The parts of a kernel, as the runtime uses them: programs, how they are split, and the arguments in memory.
 */
import { InternalError } from '../../../ir/errors.ts';
import type { Scalar } from '../../../ir/dtype.ts';
import type { Accumulator, Kernel, KernelInt } from '../../../ir/kernel.ts';
import { evaluateInt, sectionsOf } from '../../../ir/nest.ts';
import { refusalOf } from '../../refusal.ts';
import type { KernelParts, PartFunction, PartProgram, Phase, Split } from '../../target.ts';
import type { EmittedKernel, EmittedPhase, EmittedPhases, SplitFunction } from './context.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import {
  bufferOffset,
  integerOffset,
  scalarOffset,
  stateBytes,
  statesOffset,
  writeScalar,
} from './layout.ts';
import { memoryBuffer } from './memory.ts';

let words: Int32Array = new Int32Array(0);
let view: DataView = new DataView(words.buffer);

/** Views of the memory as it is now: growing may have replaced its buffer. */
function refresh(): void {
  const buffer = memoryBuffer();
  if (words.buffer === buffer) return;
  words = new Int32Array(buffer);
  view = new DataView(buffer);
}

/**
 * The code of a math function takes hundreds of instructions. A kernel that uses one repeatedly calls it at first,
 * because that code is generated and compiled in a fraction of the time. Inlined at each use it runs up to twice as
 * fast. The inlined form replaces the first one once the loops have processed this number of elements.
 */
export const coldElements = 2 ** 20;

/** With fewer parts than this, another loop of the nest is split instead. */
const enoughParts = 32;

let programs = 0;

interface Loaded {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly functions: readonly PartFunction[];
}

/** A product of run-time integers. */
export function productOf(extents: readonly KernelInt[], integers: ArrayLike<number>): number {
  let product = 1;
  for (const extent of extents) product *= evaluateInt(extent, integers);
  return product;
}

export class Parts implements KernelParts {
  readonly argumentBytes: number;
  readonly statesAt: number;
  readonly #kernel: Kernel;
  readonly #range: readonly KernelInt[] | undefined;
  readonly #space: readonly KernelInt[];
  readonly #takesPhases: EmittedKernel['takesPhases'];
  readonly #emitPhases: () => (EmittedPhases & Loaded) | undefined;
  /** Makes the form of the program that runs fastest; none where it has that form. */
  #hot: (() => Loaded) | undefined;
  /** What the loops have gone over so far. */
  #elements = 0;
  #whole: PartProgram;
  #main: PartFunction;
  #phases: PartProgram | 'none' | undefined;

  constructor(
    kernel: Kernel,
    { splits, scratchBytes, space, inOrder, takesPhases }: EmittedKernel,
    { bytes, functions }: Loaded,
    later: {
      readonly phases: () => (EmittedPhases & Loaded) | undefined;
      readonly hot: (() => Loaded) | undefined;
    },
  ) {
    this.#kernel = kernel;
    this.statesAt = statesOffset(kernel);
    this.argumentBytes = this.statesAt + stateBytes(reductionsOf(kernel));
    this.#range = splits[0]?.iterations;
    this.#space = space;
    this.#takesPhases = takesPhases;
    this.#emitPhases = later.phases;
    this.#hot = later.hot;
    this.#main = mainOf(functions);
    const entries = [...new Set(splits.map(({ f }) => f))];
    this.#whole = {
      id: ++programs,
      bytes,
      functions,
      phases:
        splits.length === 0 || inOrder === true
          ? []
          : [{ splits: splits.map(splitIn(entries)), accumulators: [], space }],
      scratchBytes,
      sharedBytes: 0,
      perThread: new Set(kernel.buffers.flatMap(({ role }, k) => (role === 'scratch' ? [k] : []))),
    };
  }

  /** Tables have much to do: they get the form that runs fastest. */
  get whole(): PartProgram {
    this.#heat();
    return this.#whole;
  }

  /** Scratch buffers of which each thread has its own copy. */
  get perThread(): ReadonlySet<number> {
    return this.#whole.perThread;
  }

  /** The whole kernel. */
  get main(): PartFunction {
    return this.#main;
  }

  beforeRun(integers: ArrayLike<number>): void {
    if (this.#hot === undefined) return;
    this.#elements += productOf(this.#space, integers);
    if (this.#elements >= coldElements) this.#heat();
  }

  /** Takes the form that runs fastest; the program stays as it is where the engine refuses that. */
  #heat(): void {
    const make = this.#hot;
    if (make === undefined) return;
    this.#hot = undefined;
    try {
      const { bytes, functions } = make();
      this.#main = mainOf(functions);
      this.#whole = { ...this.#whole, id: ++programs, bytes, functions };
    } catch (error) {
      if (refusalOf('wasm', error) === undefined) throw error;
    }
  }

  wholeRange(integers: ArrayLike<number>): number {
    return this.#range === undefined ? 0 : productOf(this.#range, integers);
  }

  programFor(integers: ArrayLike<number>): PartProgram {
    const whole = this.#whole;
    const [phase] = whole.phases;
    if (phase !== undefined) {
      const parts = phase.splits.map(
        ({ iterations, alignment }) => productOf(iterations, integers) / alignment,
      );
      const isNest = this.#takesPhases?.(integers) ?? this.#isNest;
      if (parts.some((count) => count >= enoughParts) || !isNest) return whole;
    }
    this.#phases ??= this.#loadPhases() ?? 'none';
    return this.#phases === 'none' ? whole : this.#phases;
  }

  /** Whether there are loops inside the outermost one that could be split in its place. */
  get #isNest(): boolean {
    if (this.#kernel.kind !== 'loops') return false;
    return sectionsOf(this.#kernel).some(
      (section) => (section.kind === 'points' || section.kind === 'walk') && section.axes.length > 1,
    );
  }

  #loadPhases(): PartProgram | undefined {
    const emitted = this.#tryPhases();
    if (emitted === undefined) return undefined;
    const { bytes, functions, scratchBytes, perThread, sharedBytes = 0 } = emitted;
    const entries = emitted.phases.flatMap(({ splits }) => splits.map(({ f }) => f));
    const phases = emitted.phases.map((phase: EmittedPhase): Phase => ({
      ...phase,
      splits: phase.splits.map(splitIn(entries)),
    }));
    return { id: ++programs, bytes, functions, phases, scratchBytes, sharedBytes, perThread };
  }

  /** None where the engine refuses them: the kernel runs as a whole. */
  #tryPhases(): (EmittedPhases & Loaded) | undefined {
    try {
      return this.#emitPhases();
    } catch (error) {
      if (refusalOf('wasm', error) === undefined) throw error;
      return undefined;
    }
  }

  writeArguments(
    args: number,
    addresses: ArrayLike<number>,
    integers: ArrayLike<number>,
    scalars: readonly Scalar[],
  ): void {
    refresh();
    const kernel = this.#kernel;
    const firstBuffer = (args + bufferOffset(0)) >>> 2;
    for (let k = 0; k < addresses.length; k++) words[firstBuffer + k] = addresses[k] ?? 0;
    const firstInteger = (args + integerOffset(kernel, 0)) >>> 2;
    if (kernel.kind === 'loops' && kernel.wide === true)
      for (let k = 0; k < integers.length; k++) {
        const integer = integers[k] ?? 0;
        // Both halves of an i64, the low one first.
        words[firstInteger + 2 * k] = integer;
        words[firstInteger + 2 * k + 1] = Math.floor(integer / 2 ** 32);
      }
    else for (let k = 0; k < integers.length; k++) words[firstInteger + k] = integers[k] ?? 0;
    for (let k = 0; k < scalars.length; k++) {
      const [dtype, scalar] = [kernel.scalars[k], scalars[k]];
      if (dtype !== undefined && scalar !== undefined)
        writeScalar(view, args + scalarOffset(kernel, k), dtype, scalar);
    }
  }
}

function mainOf([main]: readonly PartFunction[]): PartFunction {
  if (main === undefined) throw new InternalError('wasm', 'a module without functions');
  return main;
}

const splitIn =
  (entries: readonly FunctionBuilder[]) =>
  ({ f, iterations, alignment, label }: SplitFunction): Split => {
    const entry = entries.indexOf(f);
    if (entry < 0) throw new InternalError('wasm', `${f.name} is not in its module`);
    return { entry, iterations, alignment, label };
  };

/** Reductions outside of all loops, whose states the phases behind them read. */
const reductionsOf = (kernel: Kernel): readonly Accumulator[] =>
  kernel.kind === 'loops'
    ? sectionsOf(kernel).flatMap((section) => (section.kind === 'reduce' ? section.accumulators : []))
    : [];
