/**
 * Keys: two words of 32 bits, which determine all random numbers.
 *
 * Each purpose of a key (drawing, splitting, ...) has its own first word, that of the key xor a constant. So the numbers
 * drawn with a key are independent of the keys split from it. Words are numbers, or arrays without axes if a key depends on
 * an argument of a compiled function; both give the same bits.
 */
import { checkCount, describe, inexactAdvice, wholeNumber } from '../../ir/arguments.ts';
import { isFloat } from '../../ir/dtype.ts';
import { DTypeError, OptionError, ShapeError } from '../../ir/errors.ts';
import { constant, iota, type Node } from '../../ir/node.ts';
import type { ScalarOp } from '../../ir/ops.ts';
import { applyOp, scalarNumbers } from '../../ir/scalarNumbers.ts';
import { threefry2x32 } from '../../ir/programs/words.ts';
import { formatShape, sizeOf, type Shape } from '../../ir/shape.ts';
import { isArray, nodeOf, type AnyArray } from '../anyArray.ts';
import { castTo, elementwise } from '../nodes/elementwise.ts';
import { reshape } from '../nodes/view.ts';

/** A word: a known number, or a node that computes it (uint32, no axes). */
type Word = number | Node;
type KeyWords = readonly [first: Word, second: Word];

let wordsOf: (key: RandomKey) => KeyWords;
let keyOf: (words: KeyWords) => RandomKey;

/**
 * The source of random numbers: immutable, made by {@link key}, {@link split} and {@link foldIn}. Drawing twice with one key
 * gives the same numbers twice, so use a key once, and split it for more.
 */
export class RandomKey {
  readonly #words: KeyWords;

  private constructor(words: KeyWords) {
    this.#words = words;
  }

  static {
    wordsOf = (randomKey) => randomKey.#words;
    keyOf = (words) => new RandomKey(words);
  }

  /** Both words in hexadecimal. `lz.random.key(42).toString()` is `key(00000000 0000002a)`. */
  toString(): string {
    const text = (word: Word): string =>
      typeof word === 'number' ? word.toString(16).padStart(8, '0') : 'pending';
    return `key(${this.#words.map(text).join(' ')})`;
  }
}

/** The purposes of a key other than drawing numbers. */
const purposes = { split: 0x73706c69, foldIn: 0x666f6c64, more: 0x6d6f7265 } as const;
export type Purpose = keyof typeof purposes;

const nodeOfWord = (word: Word): Node => (typeof word === 'number' ? constant(word, 'uint32') : word);

/** An operation on words, computed at once if all are known. */
function onWords(op: ScalarOp, ...words: readonly Word[]): Word {
  const known = words.filter((word) => typeof word === 'number');
  return known.length === words.length
    ? Number(applyOp(op, 'uint32', known))
    : elementwise(op, words.map(nodeOfWord));
}

/** The key at a position in the sequence of keys that a key gives for a purpose. */
export function derive(parent: RandomKey, purpose: Purpose, position: Word): RandomKey {
  const [first, second] = wordsOf(parent);
  const own = onWords('bitwiseXor', first, purposes[purpose]);
  if (typeof own === 'number' && typeof second === 'number' && typeof position === 'number') {
    const [x, y] = threefry2x32(scalarNumbers, [own, second], [position, 0]);
    return keyOf([Number(x), Number(y)]);
  }
  return keyOf([
    onWords('threefryFirst', own, second, position),
    onWords('threefrySecond', own, second, position),
  ]);
}

/** Two random words for each element of a shape: element i, in row-major order, has the words of counter i. */
export function randomWords(from: RandomKey, shape: Shape): readonly [first: Node, second: Node] {
  const [first, second] = wordsOf(from).map(nodeOfWord) as [Node, Node];
  const counter = reshape(iota(sizeOf(shape), 'uint32'), shape);
  return [
    elementwise('threefryFirst', [first, second, counter]),
    elementwise('threefrySecond', [first, second, counter]),
  ];
}

/** Throws an `OptionError` unless `given` is a key. */
export function checkKey(operation: string, given: unknown): RandomKey {
  if (given instanceof RandomKey) return given;
  throw new OptionError(
    operation,
    `the first argument must be a key, made with lz.random.key(seed), not ${describe(given)}`,
  );
}

/**
 * The key of a seed: a whole number, a bigint of up to 64 bits, or an array without axes, such as the argument of a
 * compiled function. Of an array, the low 32 bits are used. Throws `OptionError` for other numbers.
 *
 * ```ts
 * const key = lz.random.key(2024);
 * console.log(lz.random.uniform(key, [3]).toString()); // [0.46167992 0.74097189 0.44492645]
 *
 * const mean = lz.compile((seed) => lz.random.normal(lz.random.key(seed), [1000]).mean());
 * console.log(mean(1).item() === lz.random.normal(lz.random.key(1), [1000]).mean().item()); // true
 * ```
 */
export function key(seed: number | bigint | AnyArray): RandomKey {
  checkCount('key', arguments.length, 1);
  if (isArray(seed)) return keyOf([0, wordFrom('key', seed)]);
  const whole = typeof seed === 'bigint' || Number.isSafeInteger(seed);
  if (!whole)
    throw new OptionError(
      'key',
      `a seed must be a whole number or a bigint, not ${describe(seed)}${inexactAdvice(seed)}`,
    );
  const value = BigInt(seed);
  if (value < -(2n ** 63n) || value >= 2n ** 64n)
    throw new OptionError('key', `a seed has at most 64 bits, but ${value} has more`);
  const bits = BigInt.asUintN(64, value);
  return keyOf([Number(bits >> 32n), Number(bits & 0xffffffffn)]);
}

/** An array without axes as a word. */
function wordFrom(operation: string, array: AnyArray): Word {
  if (array.ndim > 0)
    throw new ShapeError(operation, `takes one number, not an array of shape ${formatShape(array.shape)}`);
  if (array.dtype === 'bool') throw new DTypeError(operation, 'takes a number, not bool');
  const node = nodeOf(array);
  // Floats saturate, integers wrap: through 64 bits both keep the bits of a negative number.
  const integer = isFloat(node.dtype) ? castTo(node, 'int64') : node;
  return castTo(integer, 'uint32');
}

/** The keys that {@link split} returns: a tuple if the count is a literal type. */
export type Keys<N extends number, List extends readonly RandomKey[] = readonly []> = number extends N
  ? readonly RandomKey[]
  : List['length'] extends N
    ? List
    : List['length'] extends 64
      ? readonly RandomKey[]
      : Keys<N, readonly [...List, RandomKey]>;

/**
 * `count` (2) new keys, independent of each other and of the numbers drawn from `key`; at most 2^32. Throws `OptionError`
 * for an invalid count.
 *
 * ```ts
 * const [forX, forY] = lz.random.split(lz.random.key(7));
 * const [x, y] = [lz.random.uniform(forX, 1e6), lz.random.uniform(forY, 1e6)];
 * console.log(x.square().add(y.square()).less(1).mean().mul(4).item()); // 3.143124
 * ```
 */
export function split<N extends number = 2>(key: RandomKey, count?: N): Keys<N>;
export function split(parent: RandomKey, count = 2): readonly RandomKey[] {
  checkCount('split', arguments.length, 2);
  checkKey('split', parent);
  const length = wholeNumber('split', 'the number of keys', count, 0, 2 ** 32);
  return Array.from({ length }, (_, position) => derive(parent, 'split', position));
}

/**
 * The key for a number from 0 to 2^32 - 1, such as the number of a step or an item. The 2^32 keys are independent like
 * those of `split`, and of those; only the requested one is made. Of an array without axes, the low 32 bits are used.
 * Throws `OptionError` for numbers outside 0 to 2^32 - 1.
 *
 * ```ts
 * const key = lz.random.key(7);
 * const sums = lz.stack([0, 1, 2].map((step) => lz.random.uniform(lz.random.foldIn(key, step), 100).sum()));
 * console.log(sums.toString()); // [49.72929686 54.04305038 46.68226201]
 * ```
 */
export function foldIn(key: RandomKey, data: number | AnyArray): RandomKey {
  checkCount('foldIn', arguments.length, 2);
  checkKey('foldIn', key);
  if (isArray(data)) return derive(key, 'foldIn', wordFrom('foldIn', data));
  return derive(key, 'foldIn', wholeNumber('foldIn', 'the number', data, 0, 2 ** 32 - 1));
}
