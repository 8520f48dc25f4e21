/**
 * Kernel by kernel: what the passes make of random graphs gives the same bits as WebAssembly and as JavaScript, whatever
 * lies in memory around the buffers.
 */
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { jsTarget } from '../../../src/codegen/js/target.ts';
import { extend, memoryBuffer } from '../../../src/codegen/wasm/module/memory.ts';
import { wasmTarget } from '../../../src/codegen/wasm/target.ts';
import {
  allocate,
  bytesOf,
  viewOf,
  type DType,
  type Scalar,
  type TypedArray,
} from '../../../src/ir/dtype.ts';
import { IndexError } from '../../../src/ir/errors.ts';
import { printKernel } from '../../../src/ir/kernelText.ts';
import { evaluateSize, productOfSizes } from '../../../src/ir/size.ts';
import { bindGraph, encode } from '../../../src/passes/bind.ts';
import type { PlanBuffer } from '../../../src/passes/expression.ts';
import { compilePlan } from '../../../src/passes/pipeline.ts';
import { firstDifference } from '../../support/bits.ts';
import { graphs, show } from '../../support/graphs.ts';
import { settings } from '../../support/runs.ts';

const heapBytes = 4 * 2 ** 20;
const base = extend(heapBytes) ?? 0;

/** A bump allocator over one stretch of the memory, filled with rubbish before each use. */
class Arena {
  #top = base;

  constructor(rubbish: number) {
    new Uint8Array(memoryBuffer(), base, heapBytes).fill(rubbish);
  }

  view(dtype: DType, length: number): TypedArray {
    const at = this.#top;
    this.#top += 64 * Math.ceil((length * bytesOf(dtype)) / 64) + 256;
    if (this.#top > base + heapBytes) throw new RangeError('the arena is full');
    return viewOf(dtype, memoryBuffer(), at, length);
  }
}

const attempt = (run: () => void): unknown => {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof IndexError) return error.message;
    throw error;
  }
};

describe('kernels on WebAssembly', () => {
  test('give the bits of the JS target', () => {
    fc.assert(
      fc.property(graphs(), fc.constantFrom(0, 0xff, 0x7f), ({ roots }, rubbish) => {
        const encoding = encode(roots, () => undefined, true);
        const plan = compilePlan('test', bindGraph(encoding), { disabled: new Set(), verify: false });
        const arena = new Arena(rubbish);
        const given = encoding.arrays.map((array) => {
          if (array.kind !== 'data') throw new Error('a parameter');
          return array.source.values;
        });
        const onHeap = given.map((values, k) => {
          const view = arena.view(encoding.arrays[k]?.dtype ?? 'float64', values.length);
          view.set(values as never);
          return view;
        });
        const hostBuffers = new Map<PlanBuffer, TypedArray>();
        const heapBuffers = new Map<PlanBuffer, TypedArray>();
        plan.kernels.forEach((lowered) => {
          const { kernel } = lowered;
          const size = (dims: Parameters<typeof evaluateSize>[0]): number =>
            evaluateSize(dims, encoding.numbers);
          const host: TypedArray[] = [];
          const heap: TypedArray[] = [];
          for (const buffer of lowered.buffers)
            if (buffer.kind === 'parameter') {
              host.push(given[buffer.slot] ?? allocate('float64', 0));
              heap.push(onHeap[buffer.slot] ?? allocate('float64', 0));
            } else if (buffer.kind === 'scratch') {
              host.push(allocate(buffer.dtype, size(buffer.size)));
              heap.push(arena.view(buffer.dtype, size(buffer.size)));
            } else {
              const length = size(productOfSizes(buffer.shape));
              if (!hostBuffers.has(buffer)) {
                hostBuffers.set(buffer, allocate(buffer.dtype, length));
                const view = arena.view(buffer.dtype, length);
                new Uint8Array(view.buffer, view.byteOffset, view.byteLength).fill(0);
                heapBuffers.set(buffer, view);
              }
              host.push(hostBuffers.get(buffer) ?? allocate('float64', 0));
              heap.push(heapBuffers.get(buffer) ?? allocate('float64', 0));
            }
          const integers = lowered.integers.map(size);
          const scalars = lowered.scalars.map((slot): Scalar => encoding.scalars[slot] ?? NaN);
          const js = jsTarget.compile(kernel);
          const wasm = wasmTarget.compile(kernel);
          const fail = (what: string): never => {
            throw new Error(`${what}\n${printKernel(kernel)}\n${show(roots)}\n${wasm.code}`);
          };
          const expected = attempt(() => {
            js.run(host, integers, scalars);
          });
          let actual: unknown;
          try {
            actual = attempt(() => {
              wasm.run(heap, integers, scalars);
            });
          } catch (error) {
            fail(String(error));
          }
          if (expected !== actual) fail(`${String(actual)} instead of ${String(expected)}`);
          kernel.buffers.forEach(({ role }, k) => {
            const [x, y] = [heap[k], host[k]];
            if (role === 'scratch' || x === undefined || y === undefined) return;
            const difference = firstDifference(x, y);
            if (difference !== undefined) fail(`buffer ${k}: ${difference}`);
          });
        });
      }),
      settings(600),
    );
  });
});
