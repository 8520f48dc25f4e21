/**
 * Sorting the rows of an array by digits (`codegen/radix.ts`). Threads take rows, or share one long row (`phases.ts`).
 * `keys.ts` says what is sorted, `passes.ts` has the loops, `row.ts` their order.
 */
import { dtypeOfBuffer, type KernelInt, type RoutineCall } from '../../../ir/kernel.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import { i32, type Local } from '../assembler/operands.ts';
import { functionOf, range } from '../matmul/loops.ts';
import type { EmittedKernel, EmittedPhases, ModuleContext } from '../module/context.ts';
import { bufferOffset, integerOffset } from '../module/layout.ts';
import { Keys } from './keys.ts';
import type { Results } from './passes.ts';
import { emitSortPhases } from './phases.ts';
import { addressesOf, countBytes, sortRow, type CallBuffers } from './row.ts';

/** A single row is shared by threads from this length on. */
const sharedLength = 65_536;

interface Sorting {
  readonly buffers: CallBuffers;
  readonly keys: Keys;
  readonly results: Results;
}

function sortingOf(call: RoutineCall): Sorting {
  const at = (result: number): number | undefined =>
    call.results.includes(result) ? 1 + call.results.indexOf(result) : undefined;
  const buffers = { values: at(0), positions: at(1), scratch: call.buffers.length - 1 };
  const results = { values: buffers.values !== undefined, positions: buffers.positions !== undefined };
  return { buffers, results, keys: new Keys(dtypeOfBuffer(call, 0), results.positions) };
}

export function emitSort(call: RoutineCall, module: ModuleContext): EmittedKernel {
  const sorting = sortingOf(call);
  const { keys } = sorting;
  module.note('by digits, the least significant first');
  const rows = range(call.batchAxes).map((axis): KernelInt => ({ parameter: 1 + axis }));
  const main = sortRows(call, sorting, module);
  // Bytes are counted faster than they could be divided.
  const isShared = keys.bytes > 1 || keys.hasPositions;
  return {
    main,
    scratchBytes: countBytes,
    splits: [{ f: main, iterations: [{ literal: 1 }, ...rows], alignment: 1, label: 'rows' }],
    space: [...rows, { parameter: 0 }],
    axis: undefined,
    ...(isShared ? { phases: (shared) => emitLongRow(call, sorting, shared), takesPhases } : {}),
  };

  function takesPhases(integers: ArrayLike<number>): boolean {
    const count = range(call.batchAxes).reduce((product, axis) => product * (integers[1 + axis] ?? 1), 1);
    return count === 1 && (integers[0] ?? 0) >= sharedLength;
  }
}

const emitLongRow = (
  call: RoutineCall,
  { buffers, keys, results }: Sorting,
  module: ModuleContext,
): EmittedPhases => emitSortPhases(call, buffers, keys, results, module);

function sortRows(
  call: RoutineCall,
  { buffers, keys, results }: Sorting,
  module: ModuleContext,
): FunctionBuilder {
  const [f, { args, from, to, scratch }] = functionOf('kernel', ['args', 'from', 'to', 'scratch']);
  const n = f.load('i32.load', args, integerOffset(call, 0));
  const address = (buffer: number): Local => {
    const start = f.load('i32.load', args, bufferOffset(buffer));
    return buffer === buffers.scratch ? f.op('i32.add', start, scratch) : start;
  };
  const sort = module.helper('sortRow', () => sortRow(keys, results, module));
  const row = f.variable('i32', from, 'row');
  f.if(f.op('i32.lt_u', row, to), () => {
    f.loop((again) => {
      const { x, values, positions, first, second } = addressesOf(f, keys, buffers, n, address, row);
      f.call(sort, [x, values, positions, first, second, n, scratch]);
      f.update(row, 'i32.add', i32(1));
      f.branch(again, f.op('i32.lt_u', row, to));
    });
  });
  return f;
}
