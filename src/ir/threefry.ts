/**
 * Threefry2x32-20, the generator of random words: a function of a key and a counter, two words of 32 bits each, and
 * nothing else (J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11). It
 * adds, rotates and xors 32-bit words, which every target does alike.
 *
 * Twenty rounds mix the two words of the counter; before the first and after every fourth, two of the three words of
 * the extended key are added, shifting along.
 */

/** Two 32-bit words, each a whole number from 0 to 2^32 - 1. */
export type Words = readonly [first: number, second: number];

/** By how many bits the second word is rotated, round after round. */
export const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const;
export const rounds = 20;
/** The third word of the key is the xor of the other two and this. */
export const keyParity = 0x1bd11bda;

/** The two words that the generator gives for a key and a counter. */
export function threefry2x32(key: Words, counter: Words): Words {
  const keys = [key[0], key[1], key[0] ^ key[1] ^ keyParity];
  const keyWord = (k: number): number => keys[k % 3] ?? 0;
  let x = (counter[0] + keyWord(0)) | 0;
  let y = (counter[1] + keyWord(1)) | 0;
  for (let round = 0; round < rounds; round++) {
    const left = rotations[round % rotations.length] ?? 0;
    x = (x + y) | 0;
    y = ((y << left) | (y >>> (32 - left))) ^ x;
    const injection = (round + 1) / 4;
    if (!Number.isInteger(injection)) continue;
    x = (x + keyWord(injection)) | 0;
    y = (y + keyWord(injection + 1) + injection) | 0;
  }
  return [x >>> 0, y >>> 0];
}

/** floor((x y + z) / 2^32) for 32-bit words: the carry of x y + z, which is below 2^64. */
export const carryOf = (x: number, y: number, z: number): number =>
  Number((BigInt(x) * BigInt(y) + BigInt(z)) >> 32n);
