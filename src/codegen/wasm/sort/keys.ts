/**
 * Elements as unsigned keys of the same order, and the records that passes move.
 *
 * Signed integers turn their sign bit. Negative floats are taken as negative magnitudes, so that -0 has the key of 0;
 * every NaN has the greatest key. Keys are *aligned*: shifted up until their first bit is one that differs in the row.
 * Without positions, a record is an aligned key. With them, it has the first 32 bits of one above a position.
 */
import { bytesOf, dtypeTable, isFloat, type ComputeDType } from '../../../ir/dtype.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import { i32, i64, type Local, type Operand } from '../assembler/operands.ts';

type Word = 'i32' | 'i64';

/** A constant of a type; negative ones have ones in front. */
export const constantOf = (type: Word, value: bigint): Operand =>
  type === 'i64' ? i64(value) : i32(Number(BigInt.asIntN(32, value)));

/** An i32 as a word of this type, for shifts. */
export const asWord = (f: FunctionBuilder, type: Word, value: Operand): Operand =>
  type === 'i64' ? f.op('i64.extend_i32_u', value) : value;

export class Keys {
  /** Bytes of an element in memory. */
  readonly bytes: number;
  readonly type: Word;
  readonly bits: 32 | 64;
  readonly isFloat: boolean;
  readonly hasPositions: boolean;
  readonly recordType: Word;
  readonly recordBytes: 4 | 8;
  readonly #isSigned: boolean;

  constructor(dtype: ComputeDType, hasPositions: boolean) {
    this.bytes = bytesOf(dtype);
    this.type = this.bytes === 8 ? 'i64' : 'i32';
    this.bits = this.bytes === 8 ? 64 : 32;
    this.isFloat = isFloat(dtype);
    this.hasPositions = hasPositions;
    this.recordType = hasPositions ? 'i64' : this.type;
    this.recordBytes = this.recordType === 'i64' ? 8 : 4;
    this.#isSigned = dtypeTable[dtype].kind === 'int';
  }

  /** Bits of a record, and those of them that are part of a key. */
  get recordBits(): 32 | 64 {
    return this.recordType === 'i64' ? 64 : 32;
  }

  get codeBits(): 32 | 64 {
    return this.hasPositions ? 32 : this.bits;
  }

  load(f: FunctionBuilder, address: Operand): Local {
    const narrow = this.bytes === 1 ? '8_u' : this.bytes === 2 ? '16_u' : '';
    return f.load(`${this.type}.load${narrow}`, address);
  }

  store(f: FunctionBuilder, address: Operand, element: Operand): void {
    const narrow = this.bytes === 1 ? '8' : this.bytes === 2 ? '16' : '';
    f.store(`${this.type}.store${narrow}`, address, element);
  }

  /** `type.name(...)`, for operations on keys. */
  op(f: FunctionBuilder, name: string, ...operands: readonly Operand[]): Local {
    return f.op(`${this.type}.${name}`, ...operands);
  }

  constant(value: bigint): Operand {
    return constantOf(this.type, value);
  }

  get signBits(): bigint {
    return 1n << BigInt(this.bits - 1);
  }

  /** The bits that signed integers turn. */
  get flipBits(): bigint {
    return this.#isSigned ? 1n << BigInt(8 * this.bytes - 1) : 0n;
  }

  /** -0, which is the sign bit alone. */
  get negativeZero(): Operand {
    return this.constant(this.signBits);
  }

  get #flip(): Operand {
    return this.constant(this.flipBits);
  }

  /** Whether the bits of a float are those of a NaN. */
  isNaN(f: FunctionBuilder, element: Local): Local {
    const magnitude = this.op(f, 'and', element, this.constant(this.signBits - 1n));
    return this.op(f, 'gt_u', magnitude, this.constant(this.bits === 64 ? 0x7ffn << 52n : 0xffn << 23n));
  }

  key(f: FunctionBuilder, element: Local): Local {
    if (!this.isFloat) return this.#isSigned ? this.op(f, 'xor', element, this.#flip) : element;
    const zero = this.constant(0n);
    const isNegative = this.op(f, 'lt_s', element, zero);
    const key = f.op(
      'select',
      this.op(f, 'sub', zero, element),
      this.op(f, 'xor', element, this.negativeZero),
      isNegative,
    );
    return f.op('select', this.constant(-1n), key, this.isNaN(f, element));
  }

  /** The element with this key: 0 for -0, and some NaN for another. */
  element(f: FunctionBuilder, key: Local): Local {
    if (!this.isFloat) return this.#isSigned ? this.op(f, 'xor', key, this.#flip) : key;
    const isNegative = this.op(f, 'ge_s', key, this.constant(0n));
    const negative = this.op(f, 'sub', this.constant(0n), key);
    return f.op('select', negative, this.op(f, 'xor', key, this.negativeZero), isNegative);
  }

  /** The value of a float. */
  number(f: FunctionBuilder, element: Operand): Local {
    if (this.bits === 64) return f.op('f64.reinterpret_i64', element);
    return f.op('f64.promote_f32', f.op('f32.reinterpret_i32', element));
  }

  /** Whether an element that is no NaN is greater than another. */
  isGreater(f: FunctionBuilder, element: Local, other: Local): Local {
    if (!this.isFloat) return this.op(f, 'gt_u', this.key(f, element), this.key(f, other));
    const [type, reinterpret] =
      this.bits === 64 ? ['f64', 'f64.reinterpret_i64'] : ['f32', 'f32.reinterpret_i32'];
    return f.op(`${type}.gt`, f.op(reinterpret, element), f.op(reinterpret, other));
  }

  /** The key of an element in memory, shifted up by `leading`, which is of the type of keys. */
  aligned(f: FunctionBuilder, address: Operand, leading: Operand): Local {
    return this.op(f, 'shl', this.key(f, this.load(f, address)), leading);
  }

  /** An aligned key as the bits that digits are taken from: those of a record, and all that follow. */
  digits(f: FunctionBuilder, aligned: Local): Local {
    if (this.recordType === this.type) return aligned;
    return f.op('i64.shl', f.op('i64.extend_i32_u', aligned), i64(32n));
  }

  /** A record, from its digits and position. */
  record(f: FunctionBuilder, digits: Local, position: Operand): Local {
    if (!this.hasPositions) return digits;
    const code = this.bits === 64 ? f.op('i64.and', digits, i64(-1n << 32n)) : digits;
    return f.op('i64.or', code, f.op('i64.extend_i32_u', position));
  }

  loadRecord(f: FunctionBuilder, address: Operand, offset = 0): Local {
    return f.load(`${this.recordType}.load`, address, offset);
  }

  storeRecord(f: FunctionBuilder, address: Operand, record: Operand, offset = 0): void {
    f.store(`${this.recordType}.store`, address, record, offset);
  }

  /** `recordType.name(...)`, for operations on records. */
  recordOp(f: FunctionBuilder, name: string, ...operands: readonly Operand[]): Local {
    return f.op(`${this.recordType}.${name}`, ...operands);
  }

  /** A digit: an i32. */
  digit(f: FunctionBuilder, digits: Local, shift: Operand, mask: Operand): Local {
    const shifted = this.recordOp(f, 'shr_u', digits, shift);
    return f.op('i32.and', this.recordType === 'i64' ? f.op('i32.wrap_i64', shifted) : shifted, mask);
  }
}
