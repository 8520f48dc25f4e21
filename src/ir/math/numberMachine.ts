/** The machine that computes: one float64 at a time, in plain JavaScript. */
import type { Machine, Table } from './machine.ts';

const value = new Float64Array(1);
const words = new Uint32Array(value.buffer);
/** Which of the two words holds sign, exponent and the high part of the significand. */
const high = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;
const low = 1 - high;

const highWord = (x: number): number => {
  value[0] = x;
  return words[high] ?? 0;
};

const fromWords = (highBits: number, lowBits: number): number => {
  words[high] = highBits;
  words[low] = lowBits;
  return value[0] ?? 0;
};

/** `single`: see `Machine.single`. */
export function numberMachine(single: boolean): Machine<number, boolean> {
  return {
    single,
    constant: (x) => x,
    add: (x, y) => x + y,
    subtract: (x, y) => x - y,
    multiply: (x, y) => x * y,
    divide: (x, y) => x / y,
    sqrt: Math.sqrt,
    negate: (x) => -x,
    abs: Math.abs,
    floor: Math.floor,
    nearest,
    copySign: (x, sign) => (highWord(sign) >>> 31 === 0 ? Math.abs(x) : -Math.abs(x)),
    less: (x, y) => x < y,
    lessEqual: (x, y) => x <= y,
    equal: (x, y) => x === y,
    signBit: (x) => highWord(x) >>> 31 === 1,
    and: (p, q) => p && q,
    or: (p, q) => p || q,
    not: (p) => !p,
    select: (condition, then, otherwise) => (condition ? then : otherwise),
    highHalf: (x) => fromWords(highWord(x), 0),
    exponent: (x) => ((highWord(x) >>> 20) & 0x7ff) - 1023,
    significand: (x) => {
      const bits = highWord(x);
      return fromWords((bits & 0xfffff) | 0x3ff00000, words[low] ?? 0);
    },
    powerOfTwo: (n) => fromWords((n + 1023) << 20, 0),
    lookup: (table: Table, index) => table.values[index & (table.values.length - 1)] ?? 0,
    rarely: (condition, usual, exception) => (condition ? exception() : usual),
  };
}

/** Half to even: adding and subtracting 2^52 rounds at the units place; larger values are whole already. */
function nearest(x: number): number {
  const size = Math.abs(x);
  if (!(size < 4503599627370496)) return x;
  const rounded = size + 4503599627370496 - 4503599627370496;
  return highWord(x) >>> 31 === 0 ? rounded : -rounded;
}
