/**
 * What a matrix product computes with, by dtype: how elements lie in memory, and the lanes they become.
 *
 * Integers of up to 32 bits and bool become int32 lanes: sums are congruent to the result and wrap into their dtype
 * when they are stored. In packed panels and partial sums every element is as wide as its lane.
 */
import { bytesOf, type DType } from '../../../ir/dtype.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import { i32, type Local, type Operand } from '../assembler/operands.ts';
import { transpose } from '../loops/transpose.ts';

const shapes = { f64: 'f64x2', f32: 'f32x4', i64: 'i64x2', i32: 'i32x4' } as const;

const scalarOf = (dtype: DType): keyof typeof shapes => {
  switch (dtype) {
    case 'float64':
      return 'f64';
    case 'float32':
      return 'f32';
    case 'int64':
    case 'uint64':
      return 'i64';
    default:
      return 'i32';
  }
};

/** Loads of elements narrower than their lane: one as int32, and four as the lanes of a vector. */
const narrow: Partial<Record<DType, { readonly load: string; readonly store: string }>> = {
  bool: { load: 'load8_u', store: 'store8' },
  int8: { load: 'load8_s', store: 'store8' },
  uint8: { load: 'load8_u', store: 'store8' },
  int16: { load: 'load16_s', store: 'store16' },
  uint16: { load: 'load16_u', store: 'store16' },
};

export class Lanes {
  readonly dtype: DType;
  /** Bytes of an element in memory. */
  readonly elementBytes: number;
  /** Bytes of a lane, of an element of a packed panel and of a partial sum. */
  readonly bytes: 4 | 8;
  /** Lanes of a vector. */
  readonly count: 2 | 4;
  readonly #scalar: keyof typeof shapes;

  constructor(dtype: DType) {
    this.dtype = dtype;
    this.elementBytes = bytesOf(dtype);
    this.#scalar = scalarOf(dtype);
    this.bytes = this.#scalar === 'f64' || this.#scalar === 'i64' ? 8 : 4;
    this.count = this.bytes === 8 ? 2 : 4;
  }

  /** Whether elements have to be widened on their way into a vector. */
  get widened(): boolean {
    return this.elementBytes < this.bytes;
  }

  // --- vectors -----------------------------------------------------------------------------------------------

  zero(f: FunctionBuilder): Local {
    return f.constant(new Uint8Array(16));
  }

  multiply(f: FunctionBuilder, x: Local, y: Local): Local {
    return f.op(`${shapes[this.#scalar]}.mul`, x, y);
  }

  add(f: FunctionBuilder, x: Local, y: Local): Local {
    return f.op(`${shapes[this.#scalar]}.add`, x, y);
  }

  /** One lane of a packed panel, in all lanes. */
  splat(f: FunctionBuilder, address: Operand, offset = 0): Local {
    return f.load(`v128.load${8 * this.bytes}_splat`, address, offset);
  }

  /** Consecutive elements in memory; `offset` counts vectors. */
  loadElements(f: FunctionBuilder, address: Operand, vector = 0): Local {
    const offset = vector * this.count * this.elementBytes;
    const { dtype } = this;
    if (!this.widened) return f.load('v128.load', address, offset);
    const sign = dtype === 'int8' || dtype === 'int16' ? 's' : 'u';
    if (this.elementBytes === 2) return f.load(`v128.load16x4_${sign}`, address, offset);
    const halves = f.op(`i16x8.extend_low_i8x16_${sign}`, f.load('v128.load32_zero', address, offset));
    return f.op(`i32x4.extend_low_i16x8_${sign}`, halves);
  }

  /** One element in memory, in all lanes. */
  splatElement(f: FunctionBuilder, address: Operand): Local {
    return this.widened ? f.op('i32x4.splat', this.loadElement(f, address)) : this.splat(f, address);
  }

  /** Elements of memory at any addresses, one per lane. */
  gather(f: FunctionBuilder, addresses: readonly Operand[]): Local {
    const [first, ...rest] = addresses;
    if (first === undefined) throw new RangeError('a vector has lanes');
    let vector = this.splatElement(f, first);
    rest.forEach((address, k) => {
      vector = this.widened
        ? f.lane('i32x4.replace_lane', k + 1, vector, this.loadElement(f, address))
        : f.loadLane(`v128.load${8 * this.bytes}_lane`, address, vector, k + 1);
    });
    return vector;
  }

  /** Vectors of as many rows as lanes become vectors of as many columns. */
  transpose(f: FunctionBuilder, rows: readonly Local[]): readonly Local[] {
    return transpose(f, rows, this.bytes);
  }

  // --- scalars -----------------------------------------------------------------------------------------------

  get scalarZero(): Operand {
    return this.#scalar === 'i64' ? { type: 'i64', value: 0n } : { type: this.#scalar, value: 0 };
  }

  get scalarType(): keyof typeof shapes {
    return this.#scalar;
  }

  scalarMultiply(f: FunctionBuilder, x: Local, y: Local): Local {
    return f.op(`${this.#scalar}.mul`, x, y);
  }

  scalarAdd(f: FunctionBuilder, x: Local, y: Local): Local {
    return f.op(`${this.#scalar}.add`, x, y);
  }

  /** An element in memory. */
  loadElement(f: FunctionBuilder, address: Operand): Local {
    return f.load(`${this.#scalar}.${narrow[this.dtype]?.load ?? 'load'}`, address);
  }

  /** One lane of a partial sum in scratch memory. */
  loadLane(f: FunctionBuilder, address: Operand): Local {
    return f.load(`${this.#scalar}.load`, address);
  }

  storeElement(f: FunctionBuilder, address: Operand, value: Local): void {
    const wrapped = this.dtype === 'bool' ? f.op('i32.and', value, i32(1)) : value;
    f.store(`${this.#scalar}.${narrow[this.dtype]?.store ?? 'store'}`, address, wrapped);
  }
}
