/**
 * Matrix products: which of two forms suits the sizes.
 *
 * Products with a few rows or columns are bound by memory, not arithmetic: they are written as the loop kernel
 * `sum over k of a * b` and run as rows (`rows.ts`). All others go by tiles (`tiles.ts`).
 */
import {
  dtypeOfBuffer,
  type KernelIndex,
  type KernelInt,
  type LoopKernel,
  type RoutineCall,
} from '../../ir/kernel.ts';
import { compileLoops } from './loops.ts';
import type { GpuLaunch, GpuLimits, GpuProgram, Shader } from './program.ts';
import { wordsOf } from './shader.ts';
import {
  operandFormat,
  tileShader,
  tileSizes,
  type Formats,
  type OperandSizes,
  type Sizes,
  type TileSize,
} from './tiles.ts';

/** A product with at most this number of rows or columns is thin. */
const thin = 8;

export const compileMatmul = (call: RoutineCall, limits: GpuLimits): GpuProgram =>
  new MatmulProgram(call, limits);

function sizesOf({ batchAxes }: RoutineCall, integers: readonly number[]): Sizes {
  const at = (slot: number): number => integers[slot] ?? 0;
  const operand = (slot: number): OperandSizes => ({
    offset: at(slot),
    row: at(slot + 1),
    column: at(slot + 2),
  });
  return {
    m: at(0),
    n: at(1),
    k: at(2),
    batches: Array.from({ length: batchAxes }, (_, axis) => ({
      extent: at(3 + 3 * axis),
      a: at(4 + 3 * axis),
      b: at(5 + 3 * axis),
    })),
    a: operand(3 + 3 * batchAxes),
    b: operand(6 + 3 * batchAxes),
  };
}

class MatmulProgram implements GpuProgram {
  readonly checksIndices = false;
  readonly #kernel: RoutineCall;
  readonly #limits: GpuLimits;
  readonly #thin = new Map<string, GpuProgram>();
  readonly #tiled = new Map<string, Shader>();

  constructor(kernel: RoutineCall, limits: GpuLimits) {
    this.#kernel = kernel;
    this.#limits = limits;
  }

  plan(integers: readonly number[]): GpuLaunch {
    const sizes = sizesOf(this.#kernel, integers);
    const { m, n } = sizes;
    const batches = sizes.batches.reduce((product, { extent }) => product * extent, 1);
    if (m * n * batches === 0) return { dispatches: [], scratchBytes: [] };
    const tile = tileFor(m, n, batches, this.#limits);
    if (tile === undefined || Math.min(m, n) <= thin) return this.#planThin(sizes, integers);
    const shader = this.#tileShader(tile, {
      a: operandFormat(dtypeOfBuffer(this.#kernel, 0), sizes, 'a'),
      b: operandFormat(dtypeOfBuffer(this.#kernel, 1), sizes, 'b'),
      out: n % 4 === 0 ? 'vector' : 'single',
    });
    const [down, right] = [Math.ceil(m / tile.rows), Math.ceil(n / tile.columns)];
    const groups = down * right * batches;
    return {
      dispatches: [{ shader, groups, ...wordsOf(integers, { down, right, groups }) }],
      scratchBytes: [],
    };
  }

  #tileShader(tile: TileSize, formats: Formats): Shader {
    const key = `${tile.rows} ${formats.a} ${formats.b} ${formats.out}`;
    let shader = this.#tiled.get(key);
    if (shader === undefined) {
      shader = tileShader(this.#kernel, tile, formats);
      this.#tiled.set(key, shader);
    }
    return shader;
  }

  #planThin(sizes: Sizes, integers: readonly number[]): GpuLaunch {
    const units = { a: unitsOf(sizes.a), b: unitsOf(sizes.b) };
    const key = JSON.stringify(units);
    let program = this.#thin.get(key);
    if (program === undefined) {
      program = compileLoops(asLoops(this.#kernel, units), this.#limits);
      this.#thin.set(key, program);
    }
    const { m, n, batches } = sizes;
    const outer = batches.map((_, axis) =>
      batches.slice(axis + 1).reduce((product, { extent }) => product * extent, m * n),
    );
    return program.plan([...integers, ...outer]);
  }
}

/** Large tiles where there are enough of them to fill a device; none where it cannot run them. */
function tileFor(m: number, n: number, batches: number, limits: GpuLimits): TileSize | undefined {
  const fits = ({ bytes }: TileSize): boolean =>
    limits.workgroupBytes >= bytes && limits.workgroupSize >= 256;
  const { large, small } = tileSizes;
  const tiles = Math.ceil(m / large.rows) * Math.ceil(n / large.columns) * batches;
  if (fits(large) && tiles >= 128) return large;
  return fits(small) ? small : undefined;
}

interface Units {
  readonly row: boolean;
  readonly column: boolean;
}
const unitsOf = ({ row, column }: OperandSizes): Units => ({ row: row === 1, column: column === 1 });

/**
 * The product as a loop kernel. Strides of 1 become literals, so that loads along them can be vectors. Integers: those
 * of the product, then the strides of the output along the batch axes.
 */
function asLoops(kernel: RoutineCall, units: { readonly a: Units; readonly b: Units }): LoopKernel {
  const { batchAxes } = kernel;
  const dtype = dtypeOfBuffer(kernel, 2);
  const parameter = (number: number): KernelInt => ({ parameter: number });
  const [m, n, k] = [parameter(0), parameter(1), parameter(2)];
  const batches = Array.from({ length: batchAxes }, (_, axis) => axis);
  const [row, column, depth] = [batchAxes, batchAxes + 1, batchAxes + 2];
  const stride = (slot: number, unit: boolean): KernelInt => (unit ? { literal: 1 } : parameter(slot));
  const base = 3 + 3 * batchAxes;
  const index = (offset: KernelInt, terms: readonly (readonly [number, KernelInt])[]): KernelIndex => ({
    offset,
    terms: terms.map(([axis, by]) => ({ axis, stride: by })),
  });
  const a = index(parameter(base), [
    ...batches.map((axis) => [axis, parameter(4 + 3 * axis)] as const),
    [row, stride(base + 1, units.a.row)],
    [depth, stride(base + 2, units.a.column)],
  ]);
  const b = index(parameter(base + 3), [
    ...batches.map((axis) => [axis, parameter(5 + 3 * axis)] as const),
    [depth, stride(base + 4, units.b.row)],
    [column, stride(base + 5, units.b.column)],
  ]);
  const out = index({ literal: 0 }, [
    ...batches.map((axis) => [axis, parameter(kernel.integers + axis)] as const),
    [row, n],
    [column, { literal: 1 }],
  ]);
  const extents = [...batches.map((axis) => parameter(3 + 3 * axis)), m, n];
  return {
    kind: 'loops',
    axes: [...extents, k].map((extent) => ({ extent })),
    buffers: kernel.buffers,
    integers: kernel.integers + batchAxes,
    scalars: kernel.scalars,
    values: [
      { kind: 'load', dtype, buffer: 0, index: a, gathers: [] },
      { kind: 'load', dtype, buffer: 1, index: b, gathers: [] },
      { kind: 'op', dtype, op: 'multiply', operand: dtype, args: [0, 1] },
      { kind: 'result', dtype, accumulator: 0 },
    ],
    before: [],
    points: {
      kind: 'points',
      axes: [...batches, row, column],
      hoisted: [],
      body: [
        {
          kind: 'reduce',
          axes: [depth],
          hoisted: [],
          schedule: 'unrolled',
          accumulators: [{ id: 0, op: 'sum', dtype, value: 2, element: dtype }],
          body: [0, 1, 2].map((value) => ({ kind: 'let', value })),
        },
        { kind: 'store', buffer: 2, index: out, value: 3 },
      ],
    },
  };
}
