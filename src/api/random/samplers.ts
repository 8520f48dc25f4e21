/**
 * Samplers: formulas of ordinary operations turn random words into numbers of a distribution.
 *
 * Each element is computed from the two words of its position, 64 bits, in every dtype.
 */
import { describe, inexactAdvice } from '../../ir/arguments.ts';
import { isFloat, isInteger, dtypeTable, type DType } from '../../ir/dtype.ts';
import { DTypeError, OptionError } from '../../ir/errors.ts';
import type { Node } from '../../ir/node.ts';
import { checkDType } from '../../ir/dtype.ts';
import { binary, castTo, elementwise, unary, weakConstant } from '../nodes/elementwise.ts';
import { readStorableShape } from '../arguments.ts';
import { LazyArray } from '../lazyArray.ts';
import { checkKey, derive, randomWords, type RandomKey } from './key.ts';

type Float = 'float32' | 'float64';
type Size = number | readonly number[];

function floatOption(operation: string, dtype: unknown): Float {
  const checked = dtype === undefined ? 'float64' : checkDType(operation, dtype);
  if (checked === 'float16')
    throw new DTypeError(
      operation,
      "makes float32 or float64; for float16 draw float32 and cast with x.astype('float16'), which may round to the ends of a range",
    );
  if (isFloat(checked)) return checked;
  throw new DTypeError(
    operation,
    `makes floats, not ${checked}; lz.random.integers makes whole numbers, astype converts`,
  );
}

/** A number among the options, rounded to the dtype. */
function numberOption(
  operation: string,
  name: string,
  value: unknown,
  dtype: Float,
  fits: (value: number) => boolean,
  wanted: string,
): number {
  const rounded = typeof value !== 'number' ? NaN : dtype === 'float32' ? Math.fround(value) : value;
  if (fits(rounded)) return rounded;
  throw new OptionError(operation, `${name} must be ${wanted}, not ${describe(value)}`);
}

const times = (x: Node, factor: number): Node => (factor === 1 ? x : binary('multiply', x, factor));
const plus = (x: Node, term: number): Node => (term === 0 ? x : binary('add', x, term));
// ------------------------------------------------------------------------------------------------- uniform

/** Multiples of 2^-53 (2^-24 for float32) in [0, 1), all equally likely. */
export function unitInterval(key: RandomKey, shape: readonly number[], dtype: Float): Node {
  const [first, second] = randomWords(key, shape);
  // The highest 53 bits of both words together, or 24 of the first. Signed words convert to float32 faster.
  if (dtype === 'float64')
    return binary(
      'add',
      times(castTo(first, dtype), 2 ** -32),
      times(castTo(binary('bitwiseAnd', second, 0xfffff800), dtype), 2 ** -64),
    );
  const signed = castTo(binary('bitwiseAnd', first, 0xffffff00), 'int32');
  return plus(times(castTo(signed, dtype), 2 ** -32), 0.5);
}

export interface UniformOptions<R extends Float = Float> {
  /** The lower bound, inclusive; 0 by default. */
  readonly low?: number | undefined;
  /** The upper bound, exclusive; 1 by default. All values are also below the bound rounded to the dtype. */
  readonly high?: number | undefined;
  /** `'float64'` by default. */
  readonly dtype?: R | undefined;
}

/**
 * Numbers from `low` (inclusive) to `high` (exclusive), uniformly distributed, of 53 random bits (24 for float32). Throws
 * `OptionError` unless `low < high` with a finite distance, and the dtype has a number in the range.
 *
 * ```ts
 * const key = lz.random.key(1);
 * console.log(lz.random.uniform(key, [2, 2]).toString());
 * // [[0.11815025 0.25860382]
 * //  [0.45611219 0.98476645]]
 * console.log(lz.random.uniform(key, [3], { low: -1, high: 1, dtype: 'float32' }).toString()); // [0.23630047 0.5172076  0.9122243 ]
 * ```
 */
export function uniform<R extends Float = 'float64'>(
  key: RandomKey,
  shape: Size = [],
  options: UniformOptions<R> = {},
): LazyArray<R> {
  checkKey('uniform', key);
  const sizes = readStorableShape('uniform', shape, options, ['low', 'high', 'dtype'], arguments.length, 3);
  const dtype = floatOption('uniform', options.dtype);
  const low = numberOption('uniform', 'low', options.low ?? 0, dtype, Number.isFinite, 'a finite number');
  const high = numberOption('uniform', 'high', options.high ?? 1, dtype, Number.isFinite, 'a finite number');
  const width = dtype === 'float32' ? Math.fround(high - low) : high - low;
  const most = below(high, dtype);
  // The float32 nearest to `low` may be below the range.
  const least = low < (options.low ?? 0) ? -below(-low, dtype) : low;
  const range = `from ${options.low ?? 0} to ${options.high ?? 1}`;
  if (width === Infinity)
    throw new OptionError(
      'uniform',
      `the distance ${range} exceeds the largest ${dtype}; draw from a smaller range and scale the numbers`,
    );
  if (!(width > 0 && least <= most))
    throw new OptionError('uniform', `no ${dtype} lies in the range ${range} (exclusive)`);
  const scaled = times(unitInterval(key, sizes, dtype), width);
  // With `low` 0 and a normal `width`, the largest product rounds to less than `high`. Otherwise it, or the sum, may round to it.
  if (low === 0 && width >= leastNormal[dtype]) return new LazyArray(scaled);
  const inside = binary('minimum', plus(scaled, low), most);
  return new LazyArray(least === low ? inside : binary('maximum', inside, least));
}

/** Smaller numbers are subnormal and have fewer bits. */
const leastNormal: Readonly<Record<Float, number>> = { float32: 2 ** -126, float64: 2 ** -1022 };

/** The next number down. */
function below(x: number, dtype: Float): number {
  if (x === 0) return dtype === 'float32' ? -(2 ** -149) : -Number.MIN_VALUE;
  const value = dtype === 'float32' ? new Float32Array([x]) : new Float64Array([x]);
  const step = x > 0 ? -1 : 1;
  if (dtype === 'float32') {
    const bits = new Int32Array(value.buffer);
    bits[0] = (bits[0] ?? 0) + step;
  } else {
    const bits = new BigInt64Array(value.buffer);
    bits[0] = (bits[0] ?? 0n) + BigInt(step);
  }
  return value[0] ?? x;
}

// ---------------------------------------------------------------------------------------------------- normal

export interface NormalOptions<R extends Float = Float> {
  /** The mean; 0 by default. */
  readonly mean?: number | undefined;
  /** The standard deviation; 1 by default. */
  readonly std?: number | undefined;
  /** `'float64'` by default. */
  readonly dtype?: R | undefined;
}

/**
 * Numbers of the normal distribution: its quantile function applied to 63 random bits, and a random sign. The tails are
 * accurate up to 9.2 standard deviations (one of 10^19 numbers lies beyond). Throws `OptionError` for a mean or deviation
 * that is not finite, or a negative deviation.
 *
 * ```ts
 * const x = lz.random.normal(lz.random.key(1), 1e5, { mean: 10, std: 2 });
 * console.log(x.slice([0, 3]).toString()); // [13.12516993 12.25939447 11.49052782]
 * console.log(x.mean().item().toFixed(2), x.std().item().toFixed(2)); // 10.01 2.00
 * ```
 */
export function normal<R extends Float = 'float64'>(
  key: RandomKey,
  shape: Size = [],
  options: NormalOptions<R> = {},
): LazyArray<R> {
  checkKey('normal', key);
  const sizes = readStorableShape('normal', shape, options, ['mean', 'std', 'dtype'], arguments.length, 3);
  const dtype = floatOption('normal', options.dtype);
  const mean = numberOption('normal', 'mean', options.mean ?? 0, dtype, Number.isFinite, 'a finite number');
  const isDeviation = (x: number): boolean => x >= 0 && x < Infinity;
  const std = numberOption(
    'normal',
    'std',
    options.std ?? 1,
    dtype,
    isDeviation,
    'a finite number of at least 0',
  );
  const [first, second] = randomWords(key, sizes);
  // y in (0, 1], in steps of 2^-63 where it is small, is the probability to be further from the mean on either side.
  // The rest of the word converts faster as int32.
  const low = castTo(castTo(binary('bitwiseAnd', second, 0x7fffffff), 'int32'), dtype);
  const y = binary('add', times(castTo(first, dtype), 2 ** -32), plus(times(low, 2 ** -63), 2 ** -64));
  const negative = binary('less', castTo(second, 'int32'), 0);
  const [scale, minus] = [std * Math.SQRT2, -std * Math.SQRT2].map((value) =>
    weakConstant('normal', value, dtype),
  );
  if (scale === undefined || minus === undefined) throw new OptionError('normal', 'has two signs');
  const signed = elementwise('where', [negative, minus, scale]);
  return new LazyArray(plus(binary('multiply', unary('erfcinv', y), signed), mean));
}

// ----------------------------------------------------------------------------------------------- exponential

export interface ExponentialOptions<R extends Float = Float> {
  /** The average number of events per unit of time; 1 by default. The mean of the numbers is 1 / rate. */
  readonly rate?: number | undefined;
  /** `'float64'` by default. */
  readonly dtype?: R | undefined;
}

/**
 * Numbers of the exponential distribution, such as waiting times between events: `-log(v) / rate`, where v in (0, 1] has 64
 * random bits. So the largest number is about 45 / rate. Throws `OptionError` unless both rate and 1 / rate are positive
 * and finite.
 *
 * ```ts
 * const times = lz.random.exponential(lz.random.key(1), 1e5, { rate: 4 });
 * console.log(times.slice([0, 3]).toString()); // [0.53394955 0.33811451 0.19625412]
 * console.log(times.mean().item().toFixed(3)); // 0.250
 * ```
 */
export function exponential<R extends Float = 'float64'>(
  key: RandomKey,
  shape: Size = [],
  options: ExponentialOptions<R> = {},
): LazyArray<R> {
  checkKey('exponential', key);
  const sizes = readStorableShape('exponential', shape, options, ['rate', 'dtype'], arguments.length, 3);
  const dtype = floatOption('exponential', options.dtype);
  const isScale = (x: number): boolean => x > 0 && x < Infinity;
  const isRate = (x: number): boolean =>
    isScale(x) && isScale(dtype === 'float32' ? Math.fround(1 / x) : 1 / x);
  const rate = numberOption('exponential', 'rate', options.rate ?? 1, dtype, isRate, 'positive and finite');
  const [first, second] = randomWords(key, sizes);
  const v = binary(
    'add',
    times(castTo(first, dtype), 2 ** -32),
    plus(times(castTo(second, dtype), 2 ** -64), 2 ** -65),
  );
  // The logarithms are not positive; `abs` makes that of 1 give 0, not -0.
  return new LazyArray(times(unary('abs', unary('log', v)), 1 / rate));
}

// ------------------------------------------------------------------------------------------- bernoulli, integers

export interface BernoulliOptions {
  /** The probability of true; 0.5 by default. */
  readonly p?: number | undefined;
}

/**
 * Bools that are true with probability `p`, in multiples of 2^-53. For different probabilities per element use
 * `lz.random.uniform(key, shape).less(p)`. Throws `OptionError` for a `p` outside 0 to 1.
 * `lz.random.bernoulli(lz.random.key(3), 5, { p: 0.9 })` is `[ True  True False False  True]`.
 */
export function bernoulli(
  key: RandomKey,
  shape: Size = [],
  options: BernoulliOptions = {},
): LazyArray<'bool'> {
  checkKey('bernoulli', key);
  const sizes = readStorableShape('bernoulli', shape, options, ['p'], arguments.length, 3);
  const isProbability = (x: number): boolean => x >= 0 && x <= 1;
  const p = numberOption(
    'bernoulli',
    'p',
    options.p ?? 0.5,
    'float64',
    isProbability,
    'a probability from 0 to 1',
  );
  return new LazyArray(isBelow(randomWords(key, sizes), p));
}

/**
 * Whether the 53-bit uniform number of two words (`unitInterval`) is below `p`. They are compared as whole numbers, in two
 * parts, because GPUs have no float64.
 */
function isBelow([first, second]: readonly [Node, Node], p: number): Node {
  const limit = Math.ceil(p * 2 ** 53);
  // A limit of 2^53 has 54 bits: the upper part takes its maximum, and the lower part is 2^21.
  const upper = Math.min(Math.floor(limit / 2 ** 21), 2 ** 32 - 1);
  const lower = limit - upper * 2 ** 21;
  return binary(
    'bitwiseOr',
    binary('less', first, upper),
    binary(
      'bitwiseAnd',
      binary('equal', first, upper),
      binary('less', binary('shiftRight', second, 11), lower),
    ),
  );
}

/** The dtypes of integers. */
export type IntegerDType = Exclude<DType, 'bool' | Float>;

export interface IntegersOptions<R extends IntegerDType = IntegerDType> {
  /** By default int32, or int64 if the bounds are bigints. */
  readonly dtype?: R | undefined;
}

/**
 * Whole numbers from `low` (inclusive) to `high` (exclusive). Their probabilities differ by at most one part in 2^32 (one
 * in 2^54 for ranges of up to 1000 numbers). Throws `OptionError` for an empty range, `DTypeError` for a range that the
 * dtype cannot hold.
 *
 * ```ts
 * console.log(lz.random.integers(lz.random.key(5), 1, 7, [10]).toString()); // [4 2 2 2 1 3 3 5 6 3]
 * console.log(lz.random.integers(lz.random.key(5), 0n, 10n ** 12n, [2]).toString()); // [634340617068 263089927461]
 * ```
 */
export function integers<
  B extends number | bigint,
  R extends IntegerDType = B extends bigint ? 'int64' : 'int32',
>(key: RandomKey, low: B, high: B, shape: Size = [], options: IntegersOptions<R> = {}): LazyArray<R> {
  checkKey('integers', key);
  const sizes = readStorableShape('integers', shape, options, ['dtype'], arguments.length, 5);
  const big = typeof low === 'bigint' && typeof high === 'bigint';
  const dtype = checkDType('integers', options.dtype ?? (big ? 'int64' : 'int32'));
  if (!isInteger(dtype))
    throw new DTypeError('integers', `makes whole numbers, not ${dtype}; use astype on the result`);
  const [from, to] = [wholeNumber('low', low), wholeNumber('high', high)];
  if (from >= to)
    throw new OptionError('integers', `no whole number lies in the range from ${from} to ${to} (exclusive)`);
  const { min, max } = dtypeTable[dtype];
  if (from < BigInt(min) || to - 1n > BigInt(max))
    throw new DTypeError(
      'integers',
      `the range from ${from} to ${to} (exclusive) does not fit ${dtype}; use another dtype`,
    );
  const values = integersBelow(key, to - from, sizes);
  return new LazyArray(from === 0n ? castTo(values, dtype) : shifted(castTo(values, dtype), from, dtype));
}

const shifted = (values: Node, from: bigint, dtype: DType): Node =>
  binary('add', values, weakConstant('integers', from, dtype));

function wholeNumber(name: string, value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  throw new OptionError(
    'integers',
    `${name} must be a whole number or a bigint, not ${describe(value)}${inexactAdvice(value)}`,
  );
}

/**
 * Numbers below `range`, which is at most 2^64: uint32 up to 2^32, else uint64. They are floor(X range / 2^n), where X is a
 * random number of n = 64 or 96 bits (D. Lemire, "Fast random integer generation in an interval", 2019, without the
 * rejection). The counts of X for two results differ by at most one.
 */
export function integersBelow(key: RandomKey, range: bigint, shape: readonly number[]): Node {
  const [first, second] = randomWords(key, shape);
  if (range === 2n ** 32n) return first;
  if (range < 2n ** 32n) {
    const r = weakConstant('integers', range, 'uint32');
    return elementwise('multiplyCarry', [first, r, elementwise('multiplyCarry', [second, r, 0])]);
  }
  const wide = (word: Node): Node => castTo(word, 'uint64');
  const upper = (x: Node): Node => binary('shiftRight', x, 32n);
  const lower = (x: Node): Node => binary('bitwiseAnd', x, 0xffffffffn);
  const sum = (...terms: readonly Node[]): Node => terms.reduce((x, y) => binary('add', x, y));
  const [a, b] = [wide(first), wide(second)];
  if (range === 2n ** 64n) return binary('bitwiseOr', binary('shiftLeft', a, 32n), b);
  const c = wide(randomWords(derive(key, 'more', 0), shape)[0]);
  const by = (word: Node, factor: bigint): Node =>
    binary('multiply', word, weakConstant('integers', factor, 'uint64'));
  // X = a 2^64 + b 2^32 + c times either half of the range, in columns of 32 bits with carries.
  const [rangeHigh, rangeLow] = [range >> 32n, range & 0xffffffffn];
  const low1 = sum(by(b, rangeLow), upper(by(c, rangeLow)));
  const low0 = sum(by(a, rangeLow), upper(low1));
  const high2 = by(c, rangeHigh);
  const high1 = sum(by(b, rangeHigh), upper(high2));
  const high0 = sum(by(a, rangeHigh), upper(high1));
  const carry1 = upper(sum(lower(high2), lower(low1)));
  const carry0 = upper(sum(lower(high1), lower(low0), carry1));
  return sum(high0, upper(low0), carry0);
}
