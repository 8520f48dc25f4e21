/**
 * Orders and choices. The call computes an order at once, from the words of the generator; it depends only on the key and
 * the length. The reordered or chosen elements stay an expression.
 */
import { checkCount, countOf, wholeNumber } from '../../ir/arguments.ts';
import { DataError, OptionError, ShapeError } from '../../ir/errors.ts';
import type { Node } from '../../ir/node.ts';
import { argumentOrOption, checkSwitch } from '../../ir/options.ts';
import { formatShape, maxElements, normalizeAxis, sizeOf } from '../../ir/shape.ts';
import { readStorableShape } from '../arguments.ts';
import { binary, castTo, elementwise } from '../nodes/elementwise.ts';
import { take } from '../nodes/join.ts';
import { reshape } from '../nodes/view.ts';
import { evaluateSync } from '../evaluate.ts';
import { LazyArray } from '../lazyArray.ts';
import { dataNode, nodeFrom } from '../operand.ts';
import type { DTypeOf, Operand } from '../types.ts';
import { checkKey, randomWords, split, type RandomKey } from './key.ts';
import { exponential, integersBelow, unitInterval } from './samplers.ts';

// ------------------------------------------------------------------------------------- permutation, shuffle

export interface ShuffleOptions {
  /** The axis along which slices change places; 0 by default. */
  readonly axis?: number | undefined;
}

/**
 * The numbers from 0 to n - 1 (int32), or the slices of an array along an axis, in random order. The order is determined
 * immediately, by sorting 64 random bits per position. It does not depend on the array's values, which stay pending.
 *
 * ```ts
 * const key = lz.random.key(8);
 * console.log(lz.random.permutation(key, 6).toString()); // [5 2 3 1 0 4]
 * console.log(lz.random.permutation(key, [10, 20, 30]).toString()); // [30. 20. 10.]
 * ```
 */
export function permutation(key: RandomKey, n: number): LazyArray<'int32'>;
export function permutation<X extends Operand>(
  key: RandomKey,
  x: X,
  options?: number | ShuffleOptions,
): LazyArray<DTypeOf<X>>;
export function permutation(key: RandomKey, x: Operand, options: number | ShuffleOptions = {}): LazyArray {
  checkCount('permutation', arguments.length, 3);
  checkKey('permutation', key);
  const axis = axisFrom('permutation', options);
  if (typeof x !== 'number') return rearranged('permutation', key, nodeFrom('permutation', x), axis);
  normalizeAxis('permutation', axis, 1);
  return new LazyArray(indexNode(orderOf(key, countFrom('permutation', x))));
}

/**
 * The slices of an array along an axis (0) in random order: {@link permutation} of an array. The given array does not
 * change. `lz.random.shuffle(lz.random.key(8), [[1, 2], [3, 4], [5, 6]])` is `[[5. 6.] [3. 4.] [1. 2.]]`.
 */
export function shuffle<X extends Operand>(
  key: RandomKey,
  x: X,
  options: number | ShuffleOptions = {},
): LazyArray<DTypeOf<X>> {
  checkCount('shuffle', arguments.length, 3);
  checkKey('shuffle', key);
  const axis = axisFrom('shuffle', options);
  return rearranged('shuffle', key, nodeFrom('shuffle', x), axis) as LazyArray<DTypeOf<X>>;
}

/** The axis, as an argument or as an option. */
const axisFrom = (operation: string, options: number | ShuffleOptions): unknown =>
  argumentOrOption<unknown>(operation, 'axis', options) ?? 0;

function rearranged(operation: string, key: RandomKey, node: Node, axis: unknown): LazyArray {
  const along = normalizeAxis(operation, axis, node.shape.length);
  return new LazyArray(take(node, indexNode(orderOf(key, node.shape[along] ?? 0)), along));
}

const indexNode = (values: Int32Array): Node => dataNode({ values, dtype: 'int32', shape: [values.length] });

const countFrom = (operation: string, n: number): number =>
  wholeNumber(operation, 'the number of elements', n, 0, maxElements);

/** The positions from 0 to n - 1 in the order of their random words. */
function orderOf(key: RandomKey, n: number): Int32Array {
  const words = randomWords(key, [n]).map((node) => new LazyArray<'uint32'>(node));
  evaluateSync(words, { memo: false });
  const [first, second] = words.map((array) => array.dataSync());
  if (first === undefined || second === undefined) throw new DataError('permutation', 'has no words');
  return stableOrder(first, second);
}

/** The stable sorting order of 64-bit numbers, given as two words. */
export function stableOrder(first: Uint32Array, second: Uint32Array): Int32Array {
  const positions = Int32Array.from(first, (_, k) => k);
  const difference = (words: Uint32Array, a: number, b: number): number => (words[a] ?? 0) - (words[b] ?? 0);
  if (first.length < fewWords)
    return positions.sort((a, b) => difference(first, a, b) || difference(second, a, b));
  const order = sortedByDigit(sortedByDigit(positions, first, 0), first, 16);
  // Few first words are equal: their second words decide.
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && difference(first, order[to] ?? 0, order[from] ?? 0) === 0) to++;
    if (to - from > 1) order.subarray(from, to).sort((a, b) => difference(second, a, b));
    from = to;
  }
  return order;
}

/** With at least this number of words, sorting by digits is faster than by comparison. */
const fewWords = 5000;
const digits = 2 ** 16;

/** Positions sorted, stably, by 16 bits of their words. */
function sortedByDigit(positions: Int32Array, words: Uint32Array, shift: number): Int32Array {
  const digitOf = (position: number): number => ((words[position] ?? 0) >>> shift) & (digits - 1);
  const next = new Int32Array(digits);
  for (const position of positions) next[digitOf(position)] = (next[digitOf(position)] ?? 0) + 1;
  let start = 0;
  for (let digit = 0; digit < digits; digit++) {
    const count = next[digit] ?? 0;
    next[digit] = start;
    start += count;
  }
  const sorted = new Int32Array(positions.length);
  for (const position of positions) {
    const digit = digitOf(position);
    const place = next[digit] ?? 0;
    sorted[place] = position;
    next[digit] = place + 1;
  }
  return sorted;
}

// --------------------------------------------------------------------------------------------------- choice

export interface ChoiceOptions {
  /** Whether an element may be chosen more than once; true by default. */
  readonly replace?: boolean | undefined;
  /** The probability of each element; divided by their sum, so any unit works. Equal by default. */
  readonly p?: Operand | undefined;
}

/**
 * Elements chosen at random from the numbers 0 to n - 1 (int32), or from an array along its first axis. With `replace` the
 * choice is lazy; the call reads only the probabilities `p` (it uses an alias table, M. Vose, 1991). Without `replace` the
 * choice is determined immediately, and elements of `p` 0 are never chosen. Throws `OptionError` for invalid probabilities,
 * or for more elements than are available.
 *
 * ```ts
 * const key = lz.random.key(9);
 * console.log(lz.random.choice(key, 100, [5]).toString()); // [65 32 59 75 75]
 * console.log(lz.random.choice(key, [10, 20, 30], [6], { p: [0.7, 0.2, 0.1] }).toString()); // [20. 10. 10. 10. 30. 10.]
 * console.log(lz.random.choice(key, 5, [5], { replace: false }).toString()); // [1 2 0 4 3]
 * ```
 */
export function choice(
  key: RandomKey,
  n: number,
  shape?: number | readonly number[],
  options?: ChoiceOptions,
): LazyArray<'int32'>;
export function choice<X extends Operand>(
  key: RandomKey,
  x: X,
  shape?: number | readonly number[],
  options?: ChoiceOptions,
): LazyArray<DTypeOf<X>>;
export function choice(
  key: RandomKey,
  x: Operand,
  shape: number | readonly number[] = [],
  options: ChoiceOptions = {},
): LazyArray {
  checkKey('choice', key);
  const wanted = readStorableShape('choice', shape, options, ['replace', 'p'], arguments.length, 4);
  checkSwitch('choice', 'replace', options.replace);
  const source = typeof x === 'number' ? undefined : nodeFrom('choice', x);
  if (source?.shape.length === 0) throw new ShapeError('choice', 'cannot choose from an array without axes');
  const n = typeof x === 'number' ? countFrom('choice', x) : (source?.shape[0] ?? 0);
  if (n === 0 && sizeOf(wanted) > 0) throw new OptionError('choice', 'cannot choose from 0 elements');
  const p = options.p === undefined ? undefined : probabilities(options.p, n);
  const indices = (options.replace ?? true) ? repeated(key, n, wanted, p) : distinct(key, n, wanted, p);
  return new LazyArray(source === undefined ? indices : take(source, indices, 0));
}

function probabilities(given: Operand, n: number): Float64Array {
  const array = new LazyArray(nodeFrom('choice', given));
  if (array.ndim !== 1 || array.size !== n)
    throw new ShapeError(
      'choice',
      `p must have one axis with a probability for each of ${countOf(n, 'element')}, not shape ${formatShape(array.shape)}`,
    );
  const p = array.astype('float64').dataSync();
  const sum = p.reduce((total, value) => total + value, 0);
  if (!(sum > 0 && sum < Infinity) || p.some((value) => !(value >= 0)))
    throw new OptionError('choice', 'probabilities must be at least 0 and have a positive, finite sum');
  return p.map((value) => value / sum);
}

/** Indices drawn with replacement, as an expression. */
function repeated(key: RandomKey, n: number, shape: readonly number[], p: Float64Array | undefined): Node {
  const uniformIndex = (of: RandomKey): Node => castTo(integersBelow(of, BigInt(n), shape), 'int32');
  if (p === undefined) return uniformIndex(key);
  const [forIndex, forAlias] = split(key);
  const { keep, alias } = aliasTable(p);
  const index = uniformIndex(forIndex);
  const kept = take(dataNode({ values: keep, dtype: 'float64', shape: [n] }), index, 0);
  const stays = binary('less', unitInterval(forAlias, shape, 'float64'), kept);
  return elementwise('where', [stays, index, take(indexNode(alias), index, 0)]);
}

interface AliasTable {
  /** The probability that a uniformly drawn index stays. */
  readonly keep: Float64Array;
  /** Its replacement otherwise. */
  readonly alias: Int32Array;
}

/** Each index is drawn with probability 1 / n. An index of smaller probability shares its draws with one of larger probability. */
function aliasTable(p: Float64Array): AliasTable {
  const n = p.length;
  const rest = p.map((value) => value * n);
  const keep = new Float64Array(n).fill(1);
  const alias = Int32Array.from(p, (_, k) => k);
  const small: number[] = [];
  const large: number[] = [];
  rest.forEach((value, k) => (value < 1 ? small : large).push(k));
  for (;;) {
    const [less, more] = [small.at(-1), large.at(-1)];
    if (less === undefined || more === undefined) return { keep, alias: fillUp(small) };
    small.pop();
    keep[less] = rest[less] ?? 0;
    alias[less] = more;
    rest[more] = (rest[more] ?? 0) - (1 - (rest[less] ?? 0));
    if ((rest[more] ?? 0) < 1) {
      large.pop();
      small.push(more);
    }
  }

  /** Rounding may leave indices without a partner. They lack almost nothing, but an index of probability 0 must not be drawn. */
  function fillUp(left: readonly number[]): Int32Array {
    const likely = p.indexOf(p.reduce((most, value) => Math.max(most, value), 0));
    for (const k of left) {
      if ((p[k] ?? 0) > 0) continue;
      keep[k] = 0;
      alias[k] = likely;
    }
    return alias;
  }
}

/** Indices drawn without replacement, computed at once. */
function distinct(key: RandomKey, n: number, shape: readonly number[], p: Float64Array | undefined): Node {
  const count = sizeOf(shape);
  const order = p === undefined ? orderOf(key, n) : raceOrder(key, p);
  if (count > order.length)
    throw new OptionError(
      'choice',
      `cannot choose ${count} different elements from ${order.length}${p === undefined ? '' : ' of positive probability'}`,
    );
  return reshape(indexNode(order.slice(0, count)), shape);
}

/**
 * The order in which elements are drawn one after the other without replacement: the order of exponential waiting times
 * whose rates are the probabilities (P. Efraimidis, P. Spirakis, "Weighted random sampling with a reservoir", 2006).
 */
function raceOrder(key: RandomKey, p: Float64Array): Int32Array {
  const waits = exponential(key, [p.length])
    .dataSync()
    .map((wait, k) => wait / (p[k] ?? 0));
  const runners = Int32Array.from(p, (_, k) => k).filter((k) => (p[k] ?? 0) > 0);
  return runners.sort((a, b) => (waits[a] ?? 0) - (waits[b] ?? 0));
}
