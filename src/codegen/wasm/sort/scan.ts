/**
 * The look at a row before it is sorted: which bits of its keys differ, whether it is in order, and which special
 * floats are in it. A vector at a time, by keys that compare as signed integers; what is left of a block follows one
 * by one.
 */
import { FunctionBuilder } from '../assembler/function.ts';
import type { ValueType } from '../assembler/instructions.ts';
import { i32, type Local, type Operand } from '../assembler/operands.ts';
import { add, range, subtract } from '../matmul/loops.ts';
import type { Keys } from './keys.ts';
import { forAddresses } from './passes.ts';

/** What a scan finds; `stays`, equal neighbours, only where positions tell them apart. */
export const found = { rises: 1, falls: 2, stays: 4, nan: 8, negativeZero: 16 } as const;
type Finding = keyof typeof found;

/**
 * Compares the elements from `from` to `end` with those before them: gives the bits in which their keys differ from
 * that of `first`, an address, and what else it found; of floats that move without positions, also the least and the
 * greatest key, `first` included.
 */
export function scan(keys: Keys): FunctionBuilder {
  const { type } = keys;
  const hasExtremes = keys.isFloat && !keys.hasPositions;
  const results: ValueType[] = hasExtremes ? [type, type] : [];
  const names = ['from', 'end', 'first'] as const;
  const f = new FunctionBuilder(
    'scan',
    names.map((name) => [name, 'i32'] as const),
    type,
    'i32',
    ...results,
  );
  const [from, end, first] = [f.parameter(0), f.parameter(1), f.parameter(2)];
  const firstElement = keys.load(f, first);
  const firstKey = keys.key(f, firstElement);
  const before = keys.load(f, subtract(f, from, i32(keys.bytes)));
  const last = f.variable(type, keys.key(f, before), 'last');
  const differ = f.variable(type, keys.constant(0n), 'differ');
  const flags = f.variable('i32', i32(0), 'flags');
  const least = f.variable(type, firstKey, 'least');
  const greatest = f.variable(type, firstKey, 'greatest');
  const flag = (condition: Local, finding: Finding): void => {
    f.update(flags, 'i32.or', f.op('i32.shl', condition, i32(Math.log2(found[finding]))));
  };
  const noteExtremes = (key: Local): void => {
    f.set(least, f.op('select', key, least, keys.op(f, 'lt_u', key, least)));
    f.set(greatest, f.op('select', key, greatest, keys.op(f, 'gt_u', key, greatest)));
  };
  const noteSpecials = (element: Local, key: Local): void => {
    flag(keys.op(f, 'eq', key, keys.constant(-1n)), 'nan');
    flag(keys.op(f, 'eq', element, keys.negativeZero), 'negativeZero');
  };
  if (hasExtremes) noteSpecials(firstElement, firstKey);

  const vectors = new VectorScan(f, keys, hasExtremes, firstKey, last);
  const lanes = 16 / (keys.bits / 8);
  const at = f.variable('i32', from, 'at');
  const step = i32(lanes * keys.bytes);
  f.block((done) => {
    f.loop((again) => {
      f.branch(done, f.op('i32.gt_u', add(f, at, step), end));
      vectors.take(at);
      f.set(at, add(f, at, step));
      f.branch(again);
    });
  });
  for (const [finding, any] of vectors.findings()) flag(any, finding);
  for (const lane of vectors.differing()) f.update(differ, `${type}.or`, lane);
  if (hasExtremes) for (const key of vectors.extremes()) noteExtremes(key);
  f.set(last, vectors.last());

  forAddresses(f, at, end, keys.bytes, (address) => {
    const element = keys.load(f, address);
    const key = keys.key(f, element);
    f.update(differ, `${type}.or`, keys.op(f, 'xor', key, firstKey));
    flag(keys.op(f, 'gt_u', key, last), 'rises');
    flag(keys.op(f, 'lt_u', key, last), 'falls');
    if (keys.hasPositions) flag(keys.op(f, 'eq', key, last), 'stays');
    if (hasExtremes) {
      noteSpecials(element, key);
      noteExtremes(key);
    }
    f.set(last, key);
  });
  f.return(differ, flags, ...(hasExtremes ? [least, greatest] : []));
  return f;
}

/** Vectors of signed keys: those of 32 and 64-bit elements have their sign bit turned. */
class VectorScan {
  readonly #f: FunctionBuilder;
  readonly #keys: Keys;
  readonly #hasExtremes: boolean;
  readonly #shape: 'i32x4' | 'i64x2';
  readonly #first: Local;
  readonly #before: Local;
  readonly #differ: Local;
  readonly #found = new Map<Finding, Local>();
  readonly #least: Local;
  readonly #greatest: Local;

  constructor(f: FunctionBuilder, keys: Keys, hasExtremes: boolean, firstKey: Local, last: Local) {
    this.#f = f;
    this.#keys = keys;
    this.#hasExtremes = hasExtremes;
    this.#shape = keys.bits === 64 ? 'i64x2' : 'i32x4';
    const splat = (key: Local): Local => f.op(`${this.#shape}.splat`, this.#turned(key));
    const zeros = f.constant(new Uint8Array(16));
    this.#first = splat(firstKey);
    this.#before = f.variable('v128', splat(last), 'before');
    this.#differ = f.variable('v128', zeros, 'differs');
    const findings: readonly Finding[] = [
      'rises',
      'falls',
      ...(keys.hasPositions ? (['stays'] as const) : []),
      ...(hasExtremes ? (['nan', 'negativeZero'] as const) : []),
    ];
    for (const finding of findings) this.#found.set(finding, f.variable('v128', zeros, finding));
    this.#least = f.variable('v128', this.#first, 'leasts');
    this.#greatest = f.variable('v128', this.#first, 'greatests');
  }

  /** From a key to a signed one, and back. */
  #turned(key: Local): Local {
    const keys = this.#keys;
    return keys.bytes < 4 ? key : keys.op(this.#f, 'xor', key, keys.negativeZero);
  }

  #op(name: string, ...operands: readonly Operand[]): Local {
    return this.#f.op(`${this.#shape}.${name}`, ...operands);
  }

  /** A lane of `value` in all lanes. */
  #constant(value: bigint): Local {
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    const { bits } = this.#keys;
    for (let at = 0; at < 16; at += bits / 8)
      if (bits === 64) view.setBigUint64(at, BigInt.asUintN(64, value), true);
      else view.setUint32(at, Number(BigInt.asUintN(32, value)), true);
    return this.#f.constant(bytes);
  }

  #load(address: Operand): Local {
    const [f, { bytes }] = [this.#f, this.#keys];
    if (bytes >= 4) return f.load('v128.load', address);
    if (bytes === 2) return f.load('v128.load16x4_u', address);
    const halves = f.op('i16x8.extend_low_i8x16_u', f.load('v128.load32_zero', address));
    return f.op('i32x4.extend_low_i16x8_u', halves);
  }

  #note(finding: Finding, lanes: Local): void {
    const all = this.#found.get(finding);
    if (all !== undefined) this.#f.update(all, 'v128.or', lanes);
  }

  #keysOf(elements: Local): Local {
    const [f, keys] = [this.#f, this.#keys];
    if (!keys.isFloat) {
      const flip = keys.bytes < 4 ? keys.flipBits : keys.flipBits ^ keys.signBits;
      return flip === 0n ? elements : f.op('v128.xor', elements, this.#constant(flip));
    }
    const sign = this.#constant(keys.signBits);
    const isNegative = this.#op('gt_s', this.#constant(0n), elements);
    const negative = this.#op('sub', sign, elements);
    const isNaN = f.op(`${keys.bits === 64 ? 'f64x2' : 'f32x4'}.ne`, elements, elements);
    this.#note('nan', isNaN);
    if (this.#hasExtremes) this.#note('negativeZero', this.#op('eq', elements, sign));
    const signed = f.op('v128.bitselect', negative, elements, isNegative);
    return f.op('v128.bitselect', this.#constant(keys.signBits - 1n), signed, isNaN);
  }

  take(address: Local): void {
    const f = this.#f;
    const current = this.#keysOf(this.#load(address));
    const bytes = this.#keys.bits / 8;
    // The key before each: the last one of the vector before comes first.
    const shift = range(16).map((k) => (k < bytes ? 16 - bytes + k : 16 + k - bytes));
    const before = f.lane('i8x16.shuffle', shift, f.freeze(this.#before), current);
    f.update(this.#differ, 'v128.or', f.op('v128.xor', current, this.#first));
    this.#note('rises', this.#op('gt_s', current, before));
    this.#note('falls', this.#op('gt_s', before, current));
    if (this.#keys.hasPositions) this.#note('stays', this.#op('eq', current, before));
    if (this.#hasExtremes) {
      const [least, greatest] = [f.freeze(this.#least), f.freeze(this.#greatest)];
      f.set(this.#least, f.op('v128.bitselect', current, least, this.#op('gt_s', least, current)));
      f.set(this.#greatest, f.op('v128.bitselect', current, greatest, this.#op('gt_s', current, greatest)));
    }
    f.set(this.#before, current);
  }

  findings(): readonly (readonly [Finding, Local])[] {
    return [...this.#found].map(([finding, lanes]) => [finding, this.#f.op('v128.any_true', lanes)]);
  }

  #lanes(vector: Local): readonly Local[] {
    return range(128 / this.#keys.bits).map((lane) =>
      this.#f.lane(`${this.#shape}.extract_lane`, lane, vector),
    );
  }

  differing(): readonly Local[] {
    return this.#lanes(this.#differ);
  }

  extremes(): readonly Local[] {
    return [this.#least, this.#greatest].flatMap((vector) =>
      this.#lanes(vector).map((key) => this.#turned(key)),
    );
  }

  /** The last key that a vector had. */
  last(): Local {
    const lanes = this.#lanes(this.#before);
    return this.#turned(lanes.at(-1) ?? this.#before);
  }
}
