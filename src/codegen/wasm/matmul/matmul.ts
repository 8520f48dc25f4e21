/**
 * Batched matrix products with vector instructions, to the bits of the numerics contract (`sumInBlocks` in
 * ir/routines/matmul.ts): lanes hold different elements of the output, and every sum runs along k in sequence within a
 * block of `contractBlock`.
 *
 * Blocked for the caches as by Goto and van de Geijn (Anatomy of High-Performance Matrix Multiplication, 2008): a
 * panel of columns of `b` is packed once per block of k, then band by band the rows of `a`, and tiles of both meet in
 * registers (`tile.ts`). Thin products go to `thin.ts`. The innermost parts are functions of their own, so that a
 * long product moves to optimized code while it runs.
 */
import { dtypeOfBuffer, type KernelInt, type RoutineCall } from '../../../ir/kernel.ts';
import { contractBlock } from '../../../ir/routines/matmul.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import { i32, type Local, type Operand } from '../assembler/operands.ts';
import type { EmittedKernel, ModuleContext } from '../module/context.ts';
import { bufferOffset, integerOffset } from '../module/layout.ts';
import { Lanes } from './lanes.ts';
import { add, at, forBelow, functionOf, maximum, minimum, multiply, range, subtract } from './loops.ts';
import { pack } from './panels.ts';
import { thinProduct, thinRows, thinScratchBytes } from './thin.ts';
import { deliver, tile, tileColumns, tileRows } from './tile.ts';

/** Rows of a band of `a`, at most 128 KB, and columns of a panel of `b`, at most 512 KB. */
const bandRows = 64;
const panelColumns = 256;

/** Products with fewer rows or columns are not worth packing. */
const packedFrom = 4;

/** Scratch memory: the sums of a tile, then both packs. */
const packsAt = 256;
const bandBytes = (lanes: Lanes): number => bandRows * contractBlock * lanes.bytes;
const panelBytes = (lanes: Lanes): number => panelColumns * contractBlock * lanes.bytes;

/** `kernel(args, from, to, scratch)`, with the arguments in memory as `layout.ts` has them. */
export function emitMatmul(kernel: RoutineCall, module: ModuleContext): EmittedKernel {
  const dtype = dtypeOfBuffer(kernel, 2);
  const lanes = new Lanes(dtype);
  const packs = packsAt + bandBytes(lanes) + panelBytes(lanes);
  module.note(`tiles of ${tileRows} x ${tileColumns(lanes)} in registers`);
  module.note(`packed by ${bandRows} rows, ${panelColumns} columns and ${contractBlock} steps`);
  module.note(`fewer than ${packedFrom} rows or columns: not packed, in packs of ${thinRows(lanes)}`);
  if (lanes.widened) module.note(`${dtype} widened to int32`);
  const [main, columns] = [
    batches('kernel', lanes, kernel, module),
    batches('columns', lanes, kernel, module),
  ];
  // Parts of less than two bands would pack panels of b too often: each packs its own.
  const over = (integer: number): readonly KernelInt[] => [
    { parameter: integer },
    ...range(kernel.batchAxes).map((axis) => ({ parameter: 3 + 3 * axis })),
  ];
  return {
    main,
    scratchBytes: Math.max(packs, thinScratchBytes(lanes)),
    splits: [
      { f: main, iterations: over(0), alignment: 2 * bandRows, label: 'rows' },
      { f: columns, iterations: over(1), alignment: panelColumns, label: 'columns' },
    ],
    space: [...over(0), { parameter: 1 }, { parameter: 2 }],
    axis: undefined,
  };
}

/**
 * Reads the arguments and runs one product per batch. What the second and the third parameter bound are rows of the
 * output (`kernel`) or columns, counted on from batch to batch.
 */
function batches(
  name: 'kernel' | 'columns',
  lanes: Lanes,
  kernel: RoutineCall,
  module: ModuleContext,
): FunctionBuilder {
  const [f, { args, from, to, scratch }] = functionOf(name, ['args', 'from', 'to', 'scratch']);
  const bytes = i32(lanes.elementBytes);
  const word = (offset: number): Local => f.load('i32.load', args, offset);
  const integer = (position: number): Local => word(integerOffset(kernel, position));
  const stride = (position: number): Local => multiply(f, integer(position), bytes);
  const [a, b, out] = [word(bufferOffset(0)), word(bufferOffset(1)), word(bufferOffset(2))];
  const [m, n, depth] = [integer(0), integer(1), integer(2)];
  const axes = range(kernel.batchAxes).map((axis) => ({
    extent: integer(3 + 3 * axis),
    strideA: stride(4 + 3 * axis),
    strideB: stride(5 + 3 * axis),
  }));
  const operands = 3 + 3 * kernel.batchAxes;
  const startA = add(f, a, stride(operands));
  const [rowA, columnA] = [stride(operands + 1), stride(operands + 2)];
  const startB = add(f, b, stride(operands + 3));
  const [rowB, columnB] = [stride(operands + 4), stride(operands + 5)];
  const outRow = multiply(f, n, bytes);
  const outBytes = multiply(f, m, outRow);
  const into = f.variable('i32', out, 'into');
  /** Iterations before the current batch. */
  const before = f.variable('i32', i32(0), 'before');
  const iterations = name === 'kernel' ? m : n;
  const product = module.helper('product', () => matrixProduct(lanes, module));
  const nest = (axis: number, fromA: Local, fromB: Local): void => {
    const loop = axes[axis];
    if (loop === undefined) {
      const first = maximum(f, subtract(f, from, before), i32(0));
      const count = subtract(f, minimum(f, subtract(f, to, before), iterations), first);
      f.if(f.op('i32.gt_s', count, i32(0)), () => {
        const [rows, columns] = name === 'kernel' ? [count, n] : [m, count];
        const [startOfA, startOfB, startOfOut] =
          name === 'kernel'
            ? [at(f, fromA, first, rowA), fromB, at(f, into, first, outRow)]
            : [fromA, at(f, fromB, first, columnB), at(f, into, first, bytes)];
        f.call(product, [
          scratch,
          startOfA,
          startOfB,
          startOfOut,
          rows,
          columns,
          depth,
          rowA,
          columnA,
          rowB,
          columnB,
          outRow,
        ]);
      });
      f.update(into, 'i32.add', outBytes);
      f.update(before, 'i32.add', iterations);
      return;
    }
    forBelow(f, `i${axis}`, loop.extent, 1, (i) => {
      nest(axis + 1, at(f, fromA, i, loop.strideA), at(f, fromB, i, loop.strideB));
    });
  };
  nest(0, startA, startB);
  return f;
}

const parameters = [
  'scratch',
  'a',
  'b',
  'out',
  'm',
  'n',
  'depth',
  'rowA',
  'columnA',
  'rowB',
  'columnB',
  'outRow',
] as const;

/** One product; all strides are in bytes. */
function matrixProduct(lanes: Lanes, module: ModuleContext): FunctionBuilder {
  const [f, plan] = functionOf('product', parameters);
  const { scratch, a, b, out, m, n, depth, rowA, columnA, rowB, columnB, outRow } = plan;
  const bytes = i32(lanes.elementBytes);
  const thin = module.helper('thinProduct', () => thinProduct(lanes, module));
  const [wideA, wideB] = [
    [a, rowA, columnA, m],
    [b, columnB, rowB, n],
  ] as const;
  const thinBy =
    (wide: readonly Operand[], other: readonly Operand[], outs: readonly Operand[]) => (): void => {
      f.call(thin, [scratch, ...wide, ...other, out, ...outs, depth]);
    };
  f.if(
    f.op('i32.eqz', depth),
    () => {
      forBelow(f, 'i', m, 1, (i) => {
        zeros(f, at(f, out, i, outRow), multiply(f, n, bytes));
      });
    },
    () => {
      const few = f.op('i32.lt_s', minimum(f, m, n), i32(packedFrom));
      f.if(
        few,
        () => {
          f.if(
            f.op('i32.le_s', n, m),
            thinBy(wideA, wideB, [outRow, bytes]),
            thinBy(wideB, wideA, [bytes, outRow]),
          );
        },
        () => {
          f.call(
            module.helper('tiledProduct', () => tiledProduct(lanes, module)),
            parameters.map((name) => plan[name]),
          );
        },
      );
    },
  );
  return f;
}

function zeros(f: FunctionBuilder, out: Local, bytes: Local): void {
  forBelow(f, 'byte', bytes, 1, (byte) => {
    f.store('i32.store8', add(f, out, byte), i32(0));
  });
}

function tiledProduct(lanes: Lanes, module: ModuleContext): FunctionBuilder {
  const [f, plan] = functionOf('tiledProduct', parameters);
  const { scratch, a, b, out, m, n, depth, rowA, columnA, rowB, columnB, outRow } = plan;
  const columns = tileColumns(lanes);
  const [packA, packB, sumTile, store] = [
    module.helper('packA', () => pack(lanes, 'packA', tileRows)),
    module.helper('packB', () => pack(lanes, 'packB', columns)),
    module.helper('tile', () => tile(lanes)),
    module.helper('deliver', () => deliver(lanes)),
  ];
  const bytes = i32(lanes.elementBytes);
  const band = add(f, scratch, i32(packsAt));
  const panel = add(f, band, i32(bandBytes(lanes)));
  const sumsRow = i32(columns * lanes.bytes);
  forBelow(f, 'j0', n, panelColumns, (j0) => {
    const panelWidth = minimum(f, subtract(f, n, j0), i32(panelColumns));
    const outPanel = at(f, out, j0, bytes);
    forBelow(f, 'k0', depth, contractBlock, (k0) => {
      const length = minimum(f, subtract(f, depth, k0), i32(contractBlock));
      const first = f.op('i32.eqz', k0);
      const lengthBytes = multiply(f, length, i32(lanes.bytes));
      const fromB = add(f, at(f, b, j0, columnB), multiply(f, k0, rowB));
      f.call(packB, [panel, fromB, columnB, rowB, panelWidth, length]);
      forBelow(f, 'i0', m, bandRows, (i0) => {
        const bandHeight = minimum(f, subtract(f, m, i0), i32(bandRows));
        const fromA = add(f, at(f, a, i0, rowA), multiply(f, k0, columnA));
        f.call(packA, [band, fromA, rowA, columnA, bandHeight, length]);
        const outBand = at(f, outPanel, i0, outRow);
        forBelow(f, 'j', panelWidth, columns, (j) => {
          const tileB = at(f, panel, j, lengthBytes);
          const width = minimum(f, subtract(f, panelWidth, j), i32(columns));
          forBelow(f, 'i', bandHeight, tileRows, (i) => {
            const tileA = at(f, band, i, lengthBytes);
            const to = add(f, at(f, outBand, i, outRow), multiply(f, j, bytes));
            const height = minimum(f, subtract(f, bandHeight, i), i32(tileRows));
            const inParts = (): void => {
              f.call(sumTile, [tileA, tileB, length, scratch, sumsRow, i32(1)]);
              f.call(store, [scratch, sumsRow, to, height, outRow, width, bytes, first]);
            };
            if (lanes.widened) inParts();
            else
              f.if(
                f.op('i32.and', f.op('i32.eq', height, i32(tileRows)), f.op('i32.eq', width, i32(columns))),
                () => {
                  f.call(sumTile, [tileA, tileB, length, to, outRow, first]);
                },
                inParts,
              );
          });
        });
      });
    });
  });
  return f;
}
