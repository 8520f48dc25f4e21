/** Random words on packs of uint32; `ir/threefry.ts` says what they are. */
import { InternalError } from '../../../ir/errors.ts';
import { keyParity, rotations, rounds } from '../../../ir/threefry.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import { i32, type Local } from '../assembler/operands.ts';
import { constantVector } from './constants.ts';
import { vectorOf, type Pack, type PackContext } from './pack.ts';
import { countOf, numberPack } from './vectors.ts';

/**
 * One word of each block. Asking for the other word of the same blocks repeats the same instructions, which the builder
 * shares. The rounds of all vectors go side by side: each round waits for the one before.
 */
export function threefryWord(c: PackContext, args: readonly Pack[], word: 0 | 1): Pack {
  const { f } = c;
  const [key0, key1, counter] = args;
  if (key0 === undefined || key1 === undefined || counter === undefined)
    throw new InternalError('wasm', 'a random word takes two words of a key and a counter');
  const uniform = args.every((arg) => arg.uniform);
  const add = (x: Local, y: Local): Local => f.op('i32x4.add', x, y);
  const constant = (value: number): Local => constantVector(f, 'uint32', value);
  const blocks = Array.from({ length: countOf(c, 4, uniform) }, (_, k) => {
    const keys = [key0, key1].map((key) => vectorOf(key, k)) as [Local, Local];
    const parity = f.op('v128.xor', f.op('v128.xor', ...keys), constant(keyParity));
    const keyWord = (at: number): Local => [...keys, parity][at % 3] ?? parity;
    return { keyWord, x: add(vectorOf(counter, k), keyWord(0)), y: keyWord(1) };
  });
  for (let round = 0; round < rounds; round++) {
    for (const block of blocks) block.x = add(block.x, block.y);
    const left = rotations[round % rotations.length] ?? 0;
    for (const block of blocks) block.y = f.op('v128.xor', rotate(f, block.y, left), block.x);
    const injection = (round + 1) / 4;
    if (!Number.isInteger(injection)) continue;
    for (const block of blocks) {
      block.x = add(block.x, block.keyWord(injection));
      block.y = add(block.y, add(block.keyWord(injection + 1), constant(injection)));
    }
  }
  const vectors = blocks.map(({ x, y }) => (word === 0 ? x : y));
  return numberPack('uint32', vectors, uniform);
}

/** Every lane rotated left: by whole bytes in one instruction. */
function rotate(f: FunctionBuilder, x: Local, left: number): Local {
  if (left % 8 === 0) return f.lane('i8x16.shuffle', byteRotation(left / 8), x, x);
  return f.op('v128.or', f.op('i32x4.shl', x, i32(left)), f.op('i32x4.shr_u', x, i32(32 - left)));
}

const byteRotation = (bytes: number): readonly number[] =>
  Array.from({ length: 16 }, (_, k) => k - (k % 4) + ((k - bytes + 4) % 4));

/** The upper words of x y + z, products and sums of 64 bits. */
export function multiplyCarry(f: FunctionBuilder, x: Local, y: Local, z: Local): Local {
  const [low, high] = (['low', 'high'] as const).map((half) =>
    f.op('i64x2.add', f.op(`i64x2.extmul_${half}_i32x4_u`, x, y), f.op(`i64x2.extend_${half}_i32x4_u`, z)),
  );
  if (low === undefined || high === undefined) throw new InternalError('wasm', 'a vector has two halves');
  return f.lane('i8x16.shuffle', upperWords, low, high);
}

const upperWords = [4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31];
