/**
 * The language that math functions are written in: a few exact IEEE operations on float64.
 *
 * A function such as `sin` is written once, over any `Machine`. The number machine computes with it (reference
 * evaluator, constant folding), a code generator writes it out. Every operation rounds in one defined way, so all
 * machines give the same bits. Float32 functions run in float64 as well and round at the end.
 *
 * `V` stands for a value, `M` for a condition; on a vector machine both have many lanes, and both arms of a `select`
 * are computed. No operation traps.
 */
export interface Machine<V, M> extends Arithmetic<V> {
  /** The result will be rounded to float32: shorter polynomials and no second words suffice (error below 2^-30). */
  readonly single: boolean;

  divide(x: V, y: V): V;
  sqrt(x: V): V;
  negate(x: V): V;
  abs(x: V): V;
  floor(x: V): V;
  /** To the nearest whole number, half to even. */
  nearest(x: V): V;
  /** The magnitude of `x` with the sign of `sign`. */
  copySign(x: V, sign: V): V;

  /** False where either is NaN; zeros are equal. */
  less(x: V, y: V): M;
  lessEqual(x: V, y: V): M;
  equal(x: V, y: V): M;
  /** Whether the sign bit is set: true for -0. */
  signBit(x: V): M;
  and(p: M, q: M): M;
  or(p: M, q: M): M;
  not(p: M): M;
  select(condition: M, then: V, otherwise: V): V;

  /** `x` without the low 32 bits of its significand, of which 20 + 1 remain: such values have exact products. */
  highHalf(x: V): V;
  /** The exponent field less 1023, as a number: floor(log2 |x|) for normal x, -1023 for 0 and subnormals, 1024 for infinity and NaN. */
  exponent(x: V): V;
  /** The significand bits of `x` with sign + and exponent 0: in [1, 2) for every x. */
  significand(x: V): V;
  /** 2^n for a whole n in [-1022, 1023]; elsewhere some number. */
  powerOfTwo(n: V): V;
  /** `table[index]` for a whole index; outside the table, some element of it. */
  lookup(table: Table, index: V): V;

  /**
   * `usual`, but where `condition` holds what `exception` gives. Code generators skip `exception` when no lane
   * needs it, so work that is long and rarely needed belongs there. It must not use values from inside other exceptions.
   */
  rarely(condition: M, usual: readonly V[], exception: () => readonly V[]): readonly V[];
}

/** What polynomials and error-free sums are made of, on this machine and on that of float32 (`ir/math32`). */
export interface Arithmetic<V> {
  constant(value: number): V;
  add(x: V, y: V): V;
  subtract(x: V, y: V): V;
  multiply(x: V, y: V): V;
}

/** Numbers to be looked up; the length is a power of two. */
export interface Table {
  readonly name: string;
  readonly values: Float64Array;
}

/** A function of one, two or three values, on any machine. */
export type Lowering = <V, M>(machine: Machine<V, M>, x: V, y: V) => V;
