/**
 * The float32 machine that computes: one number at a time, in plain JavaScript. It can behave as badly as a GPU may,
 * which is how the bounds of `bounds.ts` are tested.
 */
import type { Machine32 } from './machine.ts';

const leastNormal = 2 ** -126;
const { fround } = Math;

/** What a processor may do other than round each operation correctly. */
export interface Liberties {
  /** Sums take a product unrounded: where both operands are products, the first or the second. */
  readonly fuse?: 'first' | 'second';
  /** Quotients are off by up to this many units in the last place, upwards or, if negative, downwards. */
  readonly quotientError?: number;
  /** Square roots likewise. */
  readonly rootError?: number;
  /** Subnormal operands and results of arithmetic are zeros. */
  readonly flush?: boolean;
}

/** A product that has not been rounded yet. */
class Product {
  readonly x: number;
  readonly y: number;

  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }
}

/** A value of the machine: a number, or a product that a sum may still fuse with. */
export type Float = number | Product;

/** The number that a value is where nothing is added to it. */
export const numberOf = (x: Float): number => (typeof x === 'number' ? x : fround(x.x * x.y));

const value = new Float32Array(1);
const word = new Uint32Array(value.buffer);

const bitsOf = (x: number): number => {
  value[0] = x;
  return word[0] ?? 0;
};
const ofBits = (bits: number): number => {
  word[0] = bits;
  return value[0] ?? 0;
};

export function numberMachine32(liberties: Liberties = {}): Machine32<Float, number, boolean> {
  const { fuse, quotientError = 0, rootError = 0, flush = false } = liberties;
  const settled = flush ? (x: number): number => (Math.abs(x) < leastNormal ? x * 0 : x) : (x: number) => x;
  const rounded = (x: number): number => settled(fround(x));
  const operand = (x: Float): number => settled(numberOf(x));
  /** The exact products of float32 numbers are float64 numbers. */
  const exact = (x: Float): number => (typeof x === 'number' ? settled(x) : x.x * x.y);
  const moved = (x: number, error: number): number => {
    if (error === 0 || x === 0 || !Number.isFinite(x)) return rounded(x);
    const exponent = Math.max(Math.floor(Math.log2(Math.abs(x))), -126);
    // Not always by all of it: a spread that depends on the significand.
    const share = 0.5 + (bitsOf(fround(x)) % 97) / 194;
    return rounded(x + error * share * 2 ** (exponent - 23));
  };
  const sum = (x: Float, y: Float, sign: 1 | -1): number => {
    if (fuse === undefined) return rounded(operand(x) + sign * operand(y));
    const first = fuse === 'first' || typeof y === 'number';
    return rounded(first ? exact(x) + sign * operand(y) : operand(x) + sign * exact(y));
  };
  return {
    constant: fround,
    word: (bits) => bits >>> 0,
    add: (x, y) => sum(x, y, 1),
    subtract: (x, y) => sum(x, y, -1),
    multiply: (x, y) => {
      const [a, b] = [operand(x), operand(y)];
      return fuse === undefined ? rounded(a * b) : new Product(a, b);
    },
    divide: (x, y) => moved(operand(x) / operand(y), quotientError),
    sqrt: (x) => moved(Math.sqrt(operand(x)), rootError),
    negate: (x) => (typeof x === 'number' ? -x : new Product(-x.x, x.y)),
    abs: (x) => Math.abs(operand(x)),
    floor: (x) => Math.floor(operand(x)),
    nearest: (x) => nearest(operand(x)),
    // A cast is no arithmetic: subnormal numbers keep their bits.
    bitsOf: (x) => bitsOf(typeof x === 'number' ? x : operand(x)),
    ofBits,
    wordOf: (x) => Math.min(Math.max(numberOf(x), -(2 ** 31)), 2 ** 31 - 1) >>> 0,
    numberOf: (word) => fround(word),
    addWords: (a, b) => (a + b) >>> 0,
    subtractWords: (a, b) => (a - b) >>> 0,
    multiplyWords: (a, b) => Math.imul(a, b) >>> 0,
    multiplyHigh,
    andWords: (a, b) => (a & b) >>> 0,
    orWords: (a, b) => (a | b) >>> 0,
    xorWords: (a, b) => (a ^ b) >>> 0,
    shiftLeft: (a, count) => (a << count) >>> 0,
    shiftRight: (a, count) => a >>> count,
    less: (x, y) => operand(x) < operand(y),
    lessWord: (a, b) => a < b,
    equalWord: (a, b) => a === b,
    and: (p, q) => p && q,
    or: (p, q) => p || q,
    not: (p) => !p,
    select: (condition, then, otherwise) => numberOf(condition ? then : otherwise),
    selectWord: (condition, then, otherwise) => (condition ? then : otherwise),
    rarely: (condition, usual, exception) => (condition ? exception() : usual),
  };
}

/** Half to even; larger numbers are whole already. */
function nearest(x: number): number {
  const shift = 1.5 * 2 ** 52;
  return Math.abs(x) < 2 ** 23 ? x + shift - shift : x;
}

/** From products of halves of 16 bits, whose sums stay below 2^53. */
function multiplyHigh(a: number, b: number): number {
  const [aHigh, aLow, bHigh, bLow] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const middle = aHigh * bLow + aLow * bHigh + Math.floor((aLow * bLow) / 65536);
  return aHigh * bHigh + Math.floor(middle / 65536);
}
