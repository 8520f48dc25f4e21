/**
 * Arithmetic on counts: extents, loop indices, lengths and places in a sequence. They are i32, in the wide form of a
 * kernel (`ir/wide.ts`) i64. An address needs the low half of an index only, for addresses have 32 bits and sums and
 * products of low halves give the low half of the result.
 */
import type { FunctionBuilder } from '../assembler/function.ts';
import { i32, i64, type Operand } from '../assembler/operands.ts';

export class Counts {
  readonly type: 'i32' | 'i64';
  readonly #f: FunctionBuilder;

  constructor(f: FunctionBuilder, wide: boolean) {
    this.#f = f;
    this.type = wide ? 'i64' : 'i32';
  }

  get isWide(): boolean {
    return this.type === 'i64';
  }

  /** A literal. */
  of(value: number): Operand {
    return this.isWide ? i64(BigInt(value)) : i32(value);
  }

  /** An instruction on counts: `add`, `lt_u`. */
  op(name: string, ...operands: readonly Operand[]): Operand {
    return this.#f.op(`${this.type}.${name}`, ...operands);
  }

  /** The low 32 bits, which hold a small count completely. */
  low(count: Operand): Operand {
    return this.isWide ? this.#f.op('i32.wrap_i64', count) : count;
  }

  /** An i32, zero or more, as a count. */
  fromSmall(value: Operand): Operand {
    return this.isWide ? this.#f.op('i64.extend_i32_u', value) : value;
  }

  /** A parameter of a function as a count: JS passes numbers, which are f64 where i32 is too small. */
  fromParameter(parameter: Operand): Operand {
    return this.isWide ? this.#f.op('i64.trunc_sat_f64_s', parameter) : parameter;
  }
}
