/**
 * The language that math functions are written in where there is no float64: float32 values, words of 32 bits, conditions.
 *
 * The counterpart of `Machine` (ir/math/machine.ts) for processors whose arithmetic is only roughly IEEE
 * (WGSL, "Accuracy of concrete floating point expressions"). A program must hold its bound although
 * - a product that is added to or subtracted from something may stay unrounded (contraction into fma),
 * - a quotient may be off by 2.5 units in the last place and a square root by 4,
 * - subnormal numbers may be taken for zeros,
 * - arithmetic and comparisons with NaN and infinities have no defined result.
 *
 * So special values are detected and produced by their bits; exact remainders use numbers cut to 12 bits
 * (`twoFloats.ts`), whose products are exact and hence the same fused or not.
 *
 * `V` stands for a value, `U` for a word, `M` for a condition; all may have many lanes.
 */
import type { Arithmetic } from '../math/machine.ts';

export interface Machine32<V, U, M> extends Arithmetic<V> {
  /** The float32 number nearest to `value`, which must be finite and normal or zero. */
  constant(value: number): V;
  word(bits: number): U;

  /** Sums, differences and products are rounded correctly, but for contraction. */
  add(x: V, y: V): V;
  subtract(x: V, y: V): V;
  multiply(x: V, y: V): V;
  /** To 2.5 units in the last place, for |y| in [2^-126, 2^126]. */
  divide(x: V, y: V): V;
  /** To 4 units in the last place. */
  sqrt(x: V): V;
  negate(x: V): V;
  abs(x: V): V;
  floor(x: V): V;
  /** To the nearest whole number, half to even. */
  nearest(x: V): V;

  /** The representation of a number, and back. */
  bitsOf(x: V): U;
  ofBits(word: U): V;
  /** The word of a whole number in [-2^31, 2^31), in two's complement. */
  wordOf(x: V): U;
  /** A word as a number >= 0, rounded to 24 bits. */
  numberOf(word: U): V;

  /** Modulo 2^32. */
  addWords(a: U, b: U): U;
  subtractWords(a: U, b: U): U;
  multiplyWords(a: U, b: U): U;
  /** The upper word of the product of 64 bits. */
  multiplyHigh(a: U, b: U): U;
  andWords(a: U, b: U): U;
  orWords(a: U, b: U): U;
  xorWords(a: U, b: U): U;
  /** By a count below 32; zeros move in. */
  shiftLeft(a: U, count: U): U;
  shiftRight(a: U, count: U): U;

  /** Of numbers; where one is NaN or infinite, anything. */
  less(x: V, y: V): M;
  /** Of words without a sign. */
  lessWord(a: U, b: U): M;
  equalWord(a: U, b: U): M;
  and(p: M, q: M): M;
  or(p: M, q: M): M;
  not(p: M): M;
  select(condition: M, then: V, otherwise: V): V;
  selectWord(condition: M, then: U, otherwise: U): U;

  /**
   * `usual`, but where `condition` holds what `exception` gives. Code generators skip `exception` when no lane
   * needs it, so work that is long and rarely needed belongs there.
   */
  rarely(condition: M, usual: readonly V[], exception: () => readonly V[]): readonly V[];
}

/** A function of one or two values, on any such machine. */
export type Lowering32 = <V, U, M>(machine: Machine32<V, U, M>, x: V, y: V) => V;
