/** Loop kernels: which shaders run, in which variant, for the run-time integers of a launch. */
import type { LoopKernel } from '../../ir/kernel.ts';
import type { Vectors } from './body.ts';
import { foldOf } from './folds.ts';
import { mapShader, planMap, type Square } from './map.ts';
import type { Dispatch, GpuLaunch, GpuLimits, GpuProgram, Shader } from './program.ts';
import { countOf, isWalk, rowProgramOf, walksOf, type RowProgram, type Walk } from './rowProgram.ts';
import { rowShader, wordsPerItem, type RowPiece, type RowWords } from './rows.ts';
import { joiningLanes, runsAcross, scheduleRows, squareFor, type RowSchedule } from './schedule.ts';
import { ShaderWriter, wordsOf } from './shader.ts';
import { vectorAxisOf, vectorsFor, vectorsKey, type VectorAxis } from './vectors.ts';
import { wordBytes } from './registers.ts';

const nothing: GpuLaunch = { dispatches: [], scratchBytes: [] };

export function compileLoops(kernel: LoopKernel, limits: GpuLimits): GpuProgram {
  return new LoopProgram(kernel, limits);
}

class LoopProgram implements GpuProgram {
  readonly checksIndices: boolean;
  readonly #program: RowProgram;
  readonly #vectorAxis: VectorAxis | undefined;
  readonly #walks: readonly Walk[];
  readonly #size: number;
  /** Shaders written so far, by piece and variant. */
  readonly #shaders = new Map<string, Shader>();

  constructor(kernel: LoopKernel, limits: GpuLimits) {
    this.#program = rowProgramOf(kernel);
    this.#walks = walksOf(this.#program);
    this.#vectorAxis = vectorAxisOf(this.#program);
    this.#size = workgroupSizeFor(this.#program, limits);
    this.checksIndices = kernel.values.some((value) => value.kind === 'load' && value.gathers.length > 0);
  }

  plan(integers: readonly number[]): GpuLaunch {
    const vectors = this.#vectorAxis && vectorsFor(this.#program.kernel, this.#vectorAxis, integers);
    return this.#walks.length === 0 ? this.#planMap(integers, vectors) : this.#planRows(integers, vectors);
  }

  #planMap(integers: readonly number[], vectors: Vectors | undefined): GpuLaunch {
    const { kernel, parallel } = this.#program;
    const extents = parallel.map((axis) => countOf(kernel, [axis], integers));
    const square = squareFor(this.#program, integers);
    const { groups, added } = planMap(
      extents,
      vectors === undefined ? 1 : 4,
      square && { position: parallel.indexOf(square.axis) },
      this.#size,
    );
    if (groups === 0) return nothing;
    const shader = this.#mapShader(vectors, square);
    return { dispatches: [{ shader, groups, ...wordsOf(integers, added) }], scratchBytes: [] };
  }

  #planRows(integers: readonly number[], alongRows: Vectors | undefined): GpuLaunch {
    const across = runsAcross(this.#program, integers);
    const vectors = across ? undefined : alongRows;
    const width = vectors === undefined ? 1 : 4;
    const schedule = scheduleRows(this.#program, integers, width, across, this.#size);
    if (schedule.rows === 0) return nothing;
    if (schedule.parts === 1)
      return {
        dispatches: [this.#dispatch({ kind: 'whole' }, integers, schedule, vectors)],
        scratchBytes: [],
      };
    const { rows, parts } = schedule;
    const dispatches = this.#walks.flatMap((walk, k): Dispatch[] => {
      const last = k === this.#walks.length - 1;
      const part = this.#dispatch({ kind: 'part', walk }, integers, schedule, vectors);
      if (walk.accumulators.length > 0)
        return [part, this.#dispatch({ kind: 'join', walk, last }, integers, schedule, undefined)];
      return last && this.#storesPerRow()
        ? [part, this.#dispatch({ kind: 'rest' }, integers, schedule, undefined)]
        : [part];
    });
    const words = wordsPerItem(this.#program) * rows * (parts + 1);
    return { dispatches, scratchBytes: [Math.max(16, words * wordBytes)] };
  }

  #storesPerRow(): boolean {
    return this.#program.steps.some((step) => step.kind === 'store');
  }

  #dispatch(
    piece: RowPiece,
    integers: readonly number[],
    { rows, length, lanes, apart, parts, span }: RowSchedule,
    vectors: Vectors | undefined,
  ): Dispatch {
    const inParts = piece.kind === 'part';
    const own = piece.kind === 'join' ? joiningLanes(parts, this.#size) : piece.kind === 'rest' ? 1 : lanes;
    const items = inParts ? rows * parts : rows;
    const words: RowWords = {
      items,
      rows,
      lanes: own,
      apart: inParts || piece.kind === 'whole' ? apart : 1,
      length,
      span,
      parts,
      finals: wordsPerItem(this.#program) * rows * parts,
    };
    return {
      shader: this.#rowShader(piece, vectors),
      groups: Math.ceil(items / (this.#size / own)),
      ...wordsOf(integers, words),
    };
  }

  #mapShader(vectors: Vectors | undefined, square: Square | undefined): Shader {
    return this.#shader(`map ${this.#keyOf(vectors)} ${square?.axis ?? ''}`, () =>
      mapShader(this.#program, this.#size, vectors, square),
    );
  }

  #rowShader(piece: RowPiece, vectors: Vectors | undefined): Shader {
    const walk = 'walk' in piece ? this.#walks.indexOf(piece.walk) : '';
    const key = `${piece.kind} ${walk} ${this.#keyOf(vectors)}`;
    return this.#shader(key, () => rowShader(this.#program, piece, this.#size, vectors));
  }

  #keyOf(vectors: Vectors | undefined): string {
    return this.#vectorAxis === undefined ? '' : vectorsKey(this.#vectorAxis, vectors);
  }

  #shader(key: string, write: () => Shader): Shader {
    let shader = this.#shaders.get(key);
    if (shader === undefined) {
      shader = write();
      this.#shaders.set(key, shader);
    }
    return shader;
  }
}

/** As many invocations as the accumulators leave workgroup memory for. */
function workgroupSizeFor(program: RowProgram, limits: GpuLimits): number {
  const writer = new ShaderWriter();
  const words = program.steps
    .flatMap((step) => (isWalk(step) ? step.accumulators : []))
    .reduce((sum, accumulator) => sum + foldOf(accumulator, writer).registers.length, 0);
  let size = 256;
  while (size > limits.workgroupSize || words * size * wordBytes > limits.workgroupBytes) size /= 2;
  return size;
}
