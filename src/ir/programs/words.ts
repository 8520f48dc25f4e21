/**
 * Operations on words of 32 bits.
 *
 * Threefry2x32-20, the generator of random words, is a function of a key and a counter, two words each, and nothing else
 * (J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11). Twenty rounds mix the
 * two words of the counter; before the first and after every fourth, two of the three words of the extended key are
 * added, shifting along.
 */
import { arithmetic, type OpRows, type ScalarMachine, type ScalarProgram } from './machine.ts';

/** By how many bits the second word is rotated, round after round. */
const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const;
const rounds = 20;
/** The third word of the key is the xor of the other two and this. */
const keyParity = 0x1bd11bda;

/** The two words that the generator gives for a key and a counter. */
export function threefry2x32<V>(
  machine: ScalarMachine<V>,
  key: readonly [V, V],
  counter: readonly [V, V],
): readonly [first: V, second: V] {
  const { add, bitwiseXor, constant, rotateLeft } = arithmetic(machine, 'uint32');
  const third = bitwiseXor(bitwiseXor(key[0], key[1]), constant(keyParity));
  const keyWord = (k: number): V => [key[0], key[1]][k % 3] ?? third;
  let x = add(counter[0], keyWord(0));
  let y = add(counter[1], keyWord(1));
  for (let round = 0; round < rounds; round++) {
    x = add(x, y);
    y = bitwiseXor(rotateLeft(y, constant(rotations[round % rotations.length] ?? 0)), x);
    const injection = (round + 1) / 4;
    if (!Number.isInteger(injection)) continue;
    x = add(x, keyWord(injection));
    y = add(y, add(keyWord(injection + 1), constant(injection)));
  }
  return [x, y];
}

/** Both words for the key x, y and the counter z, 0. */
const threefry: ScalarProgram = (machine, _, x, y, z) =>
  threefry2x32(machine, [x, y], [z, machine.constant('uint32', 0)]);

/** The upper word of x y + z, from products of halves, none of whose sums overflows. */
const multiplyCarry: ScalarProgram = (machine, dtype, x, y, z) => {
  const { add, bitwiseAnd, constant, less, multiply, shiftRightWithin } = arithmetic(machine, dtype);
  const low = (word: typeof x): typeof x => bitwiseAnd(word, constant(0xffff));
  const high = (word: typeof x): typeof x => shiftRightWithin(word, constant(16));
  const lowest = multiply(low(x), low(y));
  const middle = add(multiply(high(x), low(y)), high(lowest));
  const other = add(multiply(low(x), high(y)), low(middle));
  const upper = add(add(multiply(high(x), high(y)), high(middle)), high(other));
  const word = multiply(x, y);
  return [add(upper, machine.cast(less(add(word, z), word), 'bool', dtype))];
};

const threefryWord = (result: 0 | 1) =>
  ({
    arity: 3,
    rule: 'word',
    weight: 60,
    program: threefry,
    part: { name: 'threefry', results: 2, result },
  }) as const;

export const wordOps = {
  threefryFirst: threefryWord(0),
  threefrySecond: threefryWord(1),
  /** The upper word of x y + z: scales the fraction x / 2^32 to the range from 0 to y. */
  multiplyCarry: { arity: 3, rule: 'word', weight: 3, program: multiplyCarry },
} as const satisfies OpRows;
