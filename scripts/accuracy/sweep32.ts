/**
 * The float32 programs of GPUs (`src/ir/math32`) against the float64 functions, on arguments from everywhere: for anything
 * that computes a function of float32 arrays. The float64 functions are right to 2^-28 units of float32, see `exhaustive.ts`.
 *
 * Where the exact result is below 2^-125 a zero is right as well: processors may flush subnormal arguments and results.
 */
import { onNumbers, type MathFunction } from '../../src/ir/math/functions.ts';
import { opRow } from '../../src/ir/ops.ts';
import { remainderOf } from './exhaustive.ts';
import { isPromised, Tally } from './measure.ts';
import { ulpError, type Exact } from './ulp.ts';

/** Computes a function, element by element, of one or two columns of equal length. */
export type RunColumns = (
  name: MathFunction,
  columns: readonly Float32Array[],
) => Float32Array | Promise<Float32Array>;

const blockSize = 2 ** 16;

/** Adds the errors of about `count` arguments to the tally; how many results were flushed to zero. */
export async function sweepInto(
  tally: Tally,
  name: MathFunction,
  run: RunColumns,
  count: number,
): Promise<number> {
  const exactly = onNumbers(name);
  let flushed = 0;
  for (const columns of argumentBlocks(name, count)) {
    const results = await run(name, columns);
    for (const [k, actual] of results.entries()) {
      const at = columns.map((column) => column[k] ?? NaN);
      const value = exactly(at[0] ?? NaN, at[1] ?? 0);
      const nearest = Math.fround(value);
      if (addExact(tally, name, at, actual, { nearest, remainder: remainderOf(value, nearest) })) flushed++;
    }
  }
  return flushed;
}

/** Adds the error of a result to the tally, unless it was flushed to zero: whether it was. */
export function addExact(
  tally: Tally,
  name: MathFunction,
  at: readonly number[],
  actual: number,
  exact: Exact,
): boolean {
  const { nearest, remainder } = exact;
  if (!isPromised(name, at, nearest)) return false;
  const isZero = nearest === 0 && remainder === 0;
  if (!isZero && actual === 0 && Math.abs(nearest) < 2 ** -125) return true;
  if (tally.add(ulpError(actual, exact, 'float32'))) tally.at = at;
  return false;
}

/** Columns of arguments: one for functions of one, two for functions of two. */
export function* argumentBlocks(name: MathFunction, count: number): Iterable<readonly Float32Array[]> {
  const pairs = opRow(name).arity === 2;
  const special = specialNumbers();
  yield pairs ? crossed(special.filter((_, k) => k % 6 === 2 || k % 6 === 3)) : [special];
  for (let start = 0; start < count; start += blockSize) {
    const length = Math.min(blockSize, count - start);
    const xs = floats(length, (k) => Math.floor(((start + k) * 2 ** 32) / count) + scattered(start + k, 9));
    if (!pairs) yield [xs];
    else yield [xs, xs.map((x, k) => partnerOf(name, x, start + k))];
  }
}

/**
 * Zeros, infinities, NaN, whole numbers, powers of two and of ten, thresholds. In sixes: a number between its neighbours,
 * each with both signs.
 */
function specialNumbers(): Float32Array {
  const heads = [0, Infinity, 2 ** -126, 2 ** -149, 2 ** 127, 2 ** 24, 0.5, 88.72283, 89.41599, 103.97208];
  const small = Array.from({ length: 13 }, (_, k) => k);
  const tens = Array.from({ length: 11 }, (_, k) => 10 ** k);
  const all = [...heads, ...small, ...tens, Math.SQRT1_2, Math.SQRT2, Math.PI / 4, Math.PI / 2, Math.PI];
  const patterns = all
    .flatMap((x) => [-1, 0, 1].map((step) => (bitsOf(x) + step) & 0x7fffffff))
    .flatMap((pattern) => [pattern, pattern | 0x80000000]);
  return floats(patterns.length, (k) => patterns[k] ?? 0);
}

const crossed = (values: Float32Array): readonly Float32Array[] => {
  const { length } = values;
  const at = (index: (k: number) => number): Float32Array =>
    new Float32Array(length * length).map((_, k) => values[index(k)] ?? NaN);
  return [at((k) => Math.floor(k / length)), at((k) => k % length)];
};

/** A second argument that makes an interesting pair: powers within range, sides of comparable length. */
function partnerOf(name: MathFunction, x: number, k: number): number {
  const share = scattered(k, 20) / 2 ** 20;
  if (k % 8 === 0) return fromBits(scattered(k, 32));
  if (name === 'pow') return Math.fround((300 * share - 150) / Math.log2(Math.abs(x)));
  return Math.fround(x * 2 ** Math.round(60 * share - 30) * (1 + scattered(k + 1, 16) / 2 ** 16));
}

/** The upper bits of multiples of the golden ratio: spread evenly, and the same every time. */
const scattered = (k: number, bits: number): number => Math.imul(k, 0x9e3779b1) >>> (32 - bits);

function floats(length: number, pattern: (k: number) => number): Float32Array {
  const bits = new Uint32Array(length).map((_, k) => pattern(k));
  return new Float32Array(bits.buffer);
}

function bitsOf(x: number): number {
  const [bits = 0] = new Uint32Array(Float32Array.of(x).buffer);
  return bits;
}

const fromBits = (bits: number): number => new Float32Array(Uint32Array.of(bits).buffer)[0] ?? NaN;
