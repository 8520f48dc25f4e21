/**
 * Sorting the rows of an array by digits (`codegen/radix.ts`). Threads take rows. `keys.ts` says what is sorted,
 * `passes.ts` has the loops, `row.ts` their order.
 */
import { dtypeOfBuffer, type KernelInt, type RoutineCall } from '../../../ir/kernel.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import { i32, type Local } from '../assembler/operands.ts';
import { at, functionOf, multiply, range } from '../matmul/loops.ts';
import type { EmittedKernel, ModuleContext } from '../module/context.ts';
import { bufferOffset, integerOffset } from '../module/layout.ts';
import { Keys } from './keys.ts';
import type { Results } from './passes.ts';
import { countBytes, sortRow } from './row.ts';

/** Where the buffers of a call are. */
interface CallBuffers {
  readonly values: number | undefined;
  readonly positions: number | undefined;
  readonly scratch: number;
}

function buffersOf({ results, buffers }: RoutineCall): CallBuffers {
  const at = (result: number): number | undefined =>
    results.includes(result) ? 1 + results.indexOf(result) : undefined;
  return { values: at(0), positions: at(1), scratch: buffers.length - 1 };
}

export function emitSort(call: RoutineCall, module: ModuleContext): EmittedKernel {
  const buffers = buffersOf(call);
  const keys = new Keys(dtypeOfBuffer(call, 0), buffers.positions !== undefined);
  const results: Results = {
    values: buffers.values !== undefined,
    positions: buffers.positions !== undefined,
  };
  module.note('by digits, least significant first');
  const rows = range(call.batchAxes).map((axis): KernelInt => ({ parameter: 1 + axis }));
  const main = sortRows(call, buffers, keys, results, module);
  return {
    main,
    scratchBytes: countBytes,
    splits: [{ f: main, iterations: rows, alignment: 1, label: 'rows' }],
    space: [...rows, { parameter: 0 }],
    axis: undefined,
  };
}

function sortRows(
  call: RoutineCall,
  buffers: CallBuffers,
  keys: Keys,
  results: Results,
  module: ModuleContext,
): FunctionBuilder {
  const [f, { args, from, to, scratch }] = functionOf('kernel', ['args', 'from', 'to', 'scratch']);
  const n = f.load('i32.load', args, integerOffset(call, 0));
  const address = (buffer: number): Local => f.load('i32.load', args, bufferOffset(buffer));
  const rowAt = (buffer: number | undefined, row: Local, bytes: number): Local =>
    buffer === undefined ? f.freeze(from) : at(f, address(buffer), row, multiply(f, n, i32(bytes)));
  const first = f.op('i32.add', address(buffers.scratch), scratch);
  const sort = module.helper('sortRow', () => sortRow(keys, results, module));
  const row = f.variable('i32', from, 'row');
  f.if(f.op('i32.lt_u', row, to), () => {
    f.loop((again) => {
      const values = rowAt(buffers.values, row, keys.bytes);
      // Without positions, records of eight bytes are as long as results.
      const second = keys.hasPositions || keys.bytes < 8 ? at(f, first, n, i32(keys.recordBytes)) : values;
      f.call(sort, [
        rowAt(0, row, keys.bytes),
        values,
        rowAt(buffers.positions, row, 4),
        first,
        second,
        n,
        scratch,
      ]);
      f.update(row, 'i32.add', i32(1));
      f.branch(again, f.op('i32.lt_u', row, to));
    });
  });
  return f;
}
