/** The functions on random words that generated code calls; `ir/threefry.ts` says what they compute. */
import { keyParity } from '../../ir/threefry.ts';

/** Key, counter and both words of the latest block: whoever asks for the other word of a block has it at once. */
const latest = new Int32Array(5);
let known = false;

export function threefryFirst(key0: number, key1: number, counter: number): number {
  compute(key0 | 0, key1 | 0, counter | 0);
  return (latest[3] ?? 0) >>> 0;
}

export function threefrySecond(key0: number, key1: number, counter: number): number {
  compute(key0 | 0, key1 | 0, counter | 0);
  return (latest[4] ?? 0) >>> 0;
}

/** The rounds written out, for key words and a counter as int32. */
function compute(key0: number, key1: number, counter: number): void {
  if (known && latest[2] === counter && latest[0] === key0 && latest[1] === key1) return;
  known = true;
  latest[0] = key0;
  latest[1] = key1;
  latest[2] = counter;
  const key2 = key0 ^ key1 ^ keyParity;
  let x = (counter + key0) | 0;
  let y = key1;
  x = (x + y) | 0;
  y = ((y << 13) | (y >>> 19)) ^ x;
  x = (x + y) | 0;
  y = ((y << 15) | (y >>> 17)) ^ x;
  x = (x + y) | 0;
  y = ((y << 26) | (y >>> 6)) ^ x;
  x = (x + y) | 0;
  y = ((y << 6) | (y >>> 26)) ^ x;
  x = (x + key1) | 0;
  y = (y + key2 + 1) | 0;
  x = (x + y) | 0;
  y = ((y << 17) | (y >>> 15)) ^ x;
  x = (x + y) | 0;
  y = ((y << 29) | (y >>> 3)) ^ x;
  x = (x + y) | 0;
  y = ((y << 16) | (y >>> 16)) ^ x;
  x = (x + y) | 0;
  y = ((y << 24) | (y >>> 8)) ^ x;
  x = (x + key2) | 0;
  y = (y + key0 + 2) | 0;
  x = (x + y) | 0;
  y = ((y << 13) | (y >>> 19)) ^ x;
  x = (x + y) | 0;
  y = ((y << 15) | (y >>> 17)) ^ x;
  x = (x + y) | 0;
  y = ((y << 26) | (y >>> 6)) ^ x;
  x = (x + y) | 0;
  y = ((y << 6) | (y >>> 26)) ^ x;
  x = (x + key0) | 0;
  y = (y + key1 + 3) | 0;
  x = (x + y) | 0;
  y = ((y << 17) | (y >>> 15)) ^ x;
  x = (x + y) | 0;
  y = ((y << 29) | (y >>> 3)) ^ x;
  x = (x + y) | 0;
  y = ((y << 16) | (y >>> 16)) ^ x;
  x = (x + y) | 0;
  y = ((y << 24) | (y >>> 8)) ^ x;
  x = (x + key1) | 0;
  y = (y + key2 + 4) | 0;
  x = (x + y) | 0;
  y = ((y << 13) | (y >>> 19)) ^ x;
  x = (x + y) | 0;
  y = ((y << 15) | (y >>> 17)) ^ x;
  x = (x + y) | 0;
  y = ((y << 26) | (y >>> 6)) ^ x;
  x = (x + y) | 0;
  y = ((y << 6) | (y >>> 26)) ^ x;
  latest[3] = (x + key2) | 0;
  latest[4] = (y + key0 + 5) | 0;
}

/** floor((x y + z) / 2^32), by halves of x: every number on the way is below 2^53. */
export function multiplyCarry(x: number, y: number, z: number): number {
  const low = (x & 0xffff) * y + z;
  return Math.floor(((x >>> 16) * y + Math.floor(low / 0x10000)) / 0x10000);
}
