/** Loop kernels: which shaders run, in which variant, for the run-time integers of a launch. */
import { InternalError } from '../../ir/errors.ts';
import type { LoopKernel, Scan, Walk } from '../../ir/kernel.ts';
import { countOf, gathersOf, scattersOf, linesIn, stepsOf, walksOf } from '../../ir/nest.ts';
import type { Vectors } from './body.ts';
import { mapShader, planMap, type Square } from './map.ts';
import type { Dispatch, GpuLaunch, GpuLimits, GpuProgram, Shader } from './program.ts';
import { residencyOf, residentSteps, type Residency } from './resident.ts';
import { rowShader, wordsPerItem, type Resident, type RowPiece, type RowWords } from './rows.ts';
import { scanOf, scanShader } from './scan.ts';
import { planScatter, scatterShader } from './scatter.ts';
import { joiningLanes, runsAcross, scheduleRows, squareFor, type RowSchedule } from './schedule.ts';
import { wordsOf } from './shader.ts';
import { vectorAxisOf, vectorsFor, vectorsKey, type VectorAxis } from './vectors.ts';
import { wordBytes, type Width } from './registers.ts';

const nothing: GpuLaunch = { dispatches: [], scratchBytes: [] };

export function compileLoops(kernel: LoopKernel, limits: GpuLimits): GpuProgram {
  return new LoopProgram(kernel, limits);
}

class LoopProgram implements GpuProgram {
  readonly checksIndices: boolean;
  readonly #kernel: LoopKernel;
  readonly #vectorAxis: VectorAxis | undefined;
  readonly #walks: readonly Walk[];
  readonly #size: number;
  readonly #residency: Residency | undefined;
  /** Bytes of workgroup memory that the joins of lanes leave. */
  readonly #residentBytes: number;
  /** Shaders written so far, by piece and variant. */
  readonly #shaders = new Map<string, Shader>();

  constructor(kernel: LoopKernel, limits: GpuLimits) {
    if (kernel.before.some(({ kind }) => kind === 'walk'))
      throw new InternalError('webgpu', 'a plan for a GPU has no tables');
    this.#kernel = kernel;
    this.#walks = walksOf(kernel);
    this.#vectorAxis = vectorAxisOf(kernel);
    const words = wordsPerItem(kernel);
    this.#size = workgroupSizeFor(words, limits);
    this.#residency = residencyOf(kernel);
    this.#residentBytes = limits.workgroupBytes - words * wordBytes * this.#size;
    this.checksIndices = gathersOf(kernel).length > 0;
  }

  plan(integers: readonly number[]): GpuLaunch {
    const scan = scanOf(this.#kernel);
    if (scan !== undefined) return this.#planScan(integers, scan);
    const vectors = this.#vectorAxis && vectorsFor(this.#kernel, this.#vectorAxis, integers);
    return this.#walks.length === 0 ? this.#planMap(integers, vectors) : this.#planRows(integers, vectors);
  }

  #planMap(integers: readonly number[], vectors: Vectors | undefined): GpuLaunch {
    const { axes } = this.#kernel.points;
    if (scattersOf(linesIn(this.#kernel.points)).length > 0) return this.#planScatter(integers);
    const extents = axes.map((axis) => countOf(this.#kernel, [axis], integers));
    const square = squareFor(this.#kernel, integers);
    const { groups, added } = planMap(
      extents,
      vectors === undefined ? 1 : 4,
      square && { position: axes.indexOf(square.axis) },
      this.#size,
    );
    if (groups === 0) return nothing;
    const shader = this.#mapShader(vectors, square);
    return { dispatches: [{ shader, groups, ...wordsOf(integers, added) }], scratchBytes: [] };
  }

  #planScan(integers: readonly number[], scan: Scan): GpuLaunch {
    const points = countOf(this.#kernel, this.#kernel.points.axes, integers);
    const length = countOf(this.#kernel, scan.axes, integers);
    if (points * length === 0) return nothing;
    const shader = this.#shader('scan', () => scanShader(this.#kernel, scan, this.#size));
    const groups = Math.ceil(points / this.#size);
    return { dispatches: [{ shader, groups, ...wordsOf(integers, { points, length }) }], scratchBytes: [] };
  }

  #planScatter(integers: readonly number[]): GpuLaunch {
    const { groups, added } = planScatter(this.#kernel, integers, this.#size);
    if (groups === 0) return nothing;
    const shader = this.#shader('scatter', () => scatterShader(this.#kernel, this.#size));
    return { dispatches: [{ shader, groups, ...wordsOf(integers, added) }], scratchBytes: [] };
  }

  #planRows(integers: readonly number[], alongRows: Vectors | undefined): GpuLaunch {
    const across = runsAcross(this.#kernel, integers);
    const vectors = across ? undefined : alongRows;
    const width = vectors === undefined ? 1 : 4;
    const keeps = this.#residency !== undefined;
    const schedule = scheduleRows(this.#kernel, integers, { width, across, keeps }, this.#size);
    if (schedule.rows === 0) return nothing;
    if (schedule.parts === 1) {
      const piece: RowPiece = { kind: 'whole', resident: this.#resident(schedule, width) };
      return { dispatches: [this.#dispatch(piece, integers, schedule, vectors)], scratchBytes: [] };
    }
    const { rows, parts } = schedule;
    const dispatches = this.#walks.flatMap((walk, k): Dispatch[] => {
      const last = k === this.#walks.length - 1;
      const part = this.#dispatch({ kind: 'part', walk }, integers, schedule, vectors);
      if (walk.kind === 'reduce')
        return [part, this.#dispatch({ kind: 'join', walk, last }, integers, schedule, undefined)];
      return last && this.#storesPerRow()
        ? [part, this.#dispatch({ kind: 'rest' }, integers, schedule, undefined)]
        : [part];
    });
    const words = wordsPerItem(this.#kernel) * rows * (parts + 1);
    return { dispatches, scratchBytes: [Math.max(16, words * wordBytes)] };
  }

  #resident({ length, lanes }: RowSchedule, width: Width): Resident | undefined {
    const residency = this.#residency;
    if (residency === undefined) return undefined;
    const own = Math.ceil(length / lanes);
    const steps = residentSteps(residency, own, width, this.#size, this.#residentBytes);
    return steps === undefined ? undefined : { residency, steps };
  }

  #storesPerRow(): boolean {
    return stepsOf(this.#kernel).some((step) => step.kind === 'store');
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
      finals: wordsPerItem(this.#kernel) * rows * parts,
    };
    return {
      shader: this.#rowShader(piece, vectors),
      groups: Math.ceil(items / (this.#size / own)),
      ...wordsOf(integers, words),
    };
  }

  #mapShader(vectors: Vectors | undefined, square: Square | undefined): Shader {
    return this.#shader(`map ${this.#keyOf(vectors)} ${square?.axis ?? ''}`, () =>
      mapShader(this.#kernel, this.#size, vectors, square),
    );
  }

  #rowShader(piece: RowPiece, vectors: Vectors | undefined): Shader {
    const walk = 'walk' in piece ? this.#walks.indexOf(piece.walk) : '';
    const kept = (piece.kind === 'whole' && piece.resident?.steps) ?? 0;
    const key = `${piece.kind} ${walk} ${kept} ${this.#keyOf(vectors)}`;
    return this.#shader(key, () => rowShader(this.#kernel, piece, this.#size, vectors));
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

/** As many invocations as there is workgroup memory for. */
function workgroupSizeFor(words: number, limits: GpuLimits): number {
  let size = 256;
  while (size > limits.workgroupSize || words * size * wordBytes > limits.workgroupBytes) size /= 2;
  return size;
}
