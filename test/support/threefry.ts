/** Threefry2x32-20 on plain numbers: what the program of the library is held against. */

/** Two 32-bit words, each a whole number from 0 to 2^32 - 1. */
export type Words = readonly [first: number, second: number];

/** By how many bits the second word is rotated, round after round. */
const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const;
const rounds = 20;
/** The third word of the key is the xor of the other two and this. */
const keyParity = 0x1bd11bda;

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
