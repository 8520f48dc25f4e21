/**
 * Addresses of elements: buffer + bytes * (offset + sum of stride * index), built up loop by loop.
 *
 * The sum is taken from the outermost open loop inwards, so that what is known at an outer level is one value there
 * (the function builder shares equal operations) and each loop adds one product.
 */
import { InternalError } from '../../../ir/errors.ts';
import type { KernelIndex, KernelInt, LoopKernel } from '../../../ir/kernel.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import { i32, type Local, type Operand } from '../assembler/operands.ts';
import type { Counts } from './counts.ts';
import { bufferOffset, integerOffset } from '../module/layout.ts';

/** Stands for an axis where there is none: no address depends on it. */
export const noAxis = -1;

/** A loop that is open, with its index where code is being emitted. */
export interface OpenLoop {
  readonly axis: number;
  readonly index: Operand;
}

export class Addresses {
  readonly #f: FunctionBuilder;
  readonly #counts: Counts;
  readonly #buffers: readonly Local[];
  readonly #integers: readonly Local[];

  /** The addresses of the buffers in `perThread` are relative to `scratch`. */
  constructor(
    f: FunctionBuilder,
    counts: Counts,
    kernel: LoopKernel,
    scratch: Local,
    perThread: ReadonlySet<number>,
  ) {
    this.#f = f;
    this.#counts = counts;
    const args = f.parameter(0);
    this.#buffers = kernel.buffers.map((_, k) => {
      const address = f.load('i32.load', args, bufferOffset(k));
      return perThread.has(k) ? f.op('i32.add', scratch, address) : address;
    });
    this.#integers = Array.from({ length: kernel.integers }, (_, k) =>
      f.load(`${counts.type}.load`, args, integerOffset(kernel, k)),
    );
  }

  /** An integer of the kernel as a count. */
  count(value: KernelInt): Operand {
    if ('literal' in value) return this.#counts.of(value.literal);
    const found = this.#integers[value.parameter];
    if (found === undefined) throw new InternalError('wasm', `no integer ${value.parameter}`);
    return found;
  }

  /** The low half of it. */
  integer(value: KernelInt): Operand {
    return 'literal' in value ? i32(value.literal | 0) : this.#counts.low(this.count(value));
  }

  /** A number of elements in bytes. */
  bytes(value: KernelInt, elementBytes: number): Operand {
    return 'literal' in value
      ? i32(Math.imul(value.literal, elementBytes))
      : this.#f.op('i32.mul', this.integer(value), i32(elementBytes));
  }

  /** `offset + sum of stride * index` over the open loops, in units of `elementBytes`. */
  element(buffer: number, index: KernelIndex, elementBytes: number, open: readonly OpenLoop[]): Operand {
    const base = this.#buffers[buffer];
    if (base === undefined) throw new InternalError('wasm', `no buffer ${buffer}`);
    return this.#sum(base, index, elementBytes, open);
  }

  /** The index itself, as a count. */
  position(index: KernelIndex, open: readonly OpenLoop[]): Operand {
    if (!this.#counts.isWide) return this.#sum(i32(0), index, 1, open);
    const counts = this.#counts;
    let sum = this.count(index.offset);
    for (const { axis, index: at } of open) {
      const stride = index.terms.find((term) => term.axis === axis)?.stride;
      if (stride !== undefined) sum = counts.op('add', sum, counts.op('mul', at, this.count(stride)));
    }
    return sum;
  }

  #sum(base: Operand, index: KernelIndex, elementBytes: number, open: readonly OpenLoop[]): Operand {
    const f = this.#f;
    let sum = f.op('i32.add', base, this.bytes(index.offset, elementBytes));
    for (const { axis, index: at } of open) {
      const stride = index.terms.find((term) => term.axis === axis)?.stride;
      if (stride !== undefined)
        sum = f.op('i32.add', sum, f.op('i32.mul', this.#counts.low(at), this.bytes(stride, elementBytes)));
    }
    return sum;
  }
}
