/** What the tests of the math functions share: distances in units of the last place, neighbours, samples. */
import { expect } from 'vitest';
import { onNumbers, onSingles, type MathFunction } from '../../../src/ir/math/functions.ts';

const bits = new BigInt64Array(1);
const value = new Float64Array(bits.buffer);

/** Float64 numbers in order, as whole numbers: neighbours differ by 1, both zeros are 0. */
const rank = (x: number): bigint => {
  value[0] = x;
  const pattern = bits[0] ?? 0n;
  return pattern < 0n ? -(pattern & 0x7fffffffffffffffn) : pattern;
};

/** How many float64 numbers `x` is from `y`; 0 for two NaN. */
export const distance = (x: number, y: number): number => {
  if (Number.isNaN(x) || Number.isNaN(y)) return Object.is(x, y) ? 0 : Infinity;
  return Math.abs(Number(rank(x) - rank(y)));
};

/** The number `steps` places from x. */
export const neighbour = (x: number, steps: number): number => {
  const at = rank(x) + BigInt(steps);
  bits[0] = at < 0n ? -at : at;
  return at < 0n ? -(value[0] ?? 0) : (value[0] ?? 0);
};

/** `count` numbers from `low` to `high`, the same every time. */
export function* sample(low: number, high: number, count: number): Generator<number> {
  // A Weyl sequence: multiples of the golden ratio, modulo 1, are spread evenly.
  for (let i = 1; i <= count; i++) yield low + (high - low) * ((i * 0.6180339887498949) % 1);
}

/** Powers of two from 2^low to 2^high, each with a different significand. */
export function* everyExponent(low: number, high: number): Generator<number> {
  for (let e = low; e <= high; e++) yield 2 ** e * (1 + ((Math.abs(e) * 0.6180339887498949) % 1));
}

/** Each row: the arguments, then the result, for float64 and float32 alike. */
export function expectTable(name: MathFunction, rows: readonly (readonly number[])[]): void {
  for (const row of rows) {
    const [x = NaN, y = 0] = row;
    const expected = row.at(-1) ?? NaN;
    const what = `${name}(${row.slice(0, -1).join(', ')})`;
    expect(onNumbers(name)(x, y), what).toBe(expected);
    expect(onSingles(name)(Math.fround(x), Math.fround(y)), `float32 ${what}`).toBe(Math.fround(expected));
  }
}

/** Around every join, 200 neighbours in a row never go down by more than one place. */
export function expectRisingAt(name: MathFunction, joins: readonly number[]): void {
  const f = onNumbers(name);
  for (const join of joins) {
    let before = f(neighbour(join, -101), 0);
    for (let step = -100; step <= 100; step++) {
      const x = neighbour(join, step);
      const now = f(x, 0);
      if (now < before) expect(distance(now, before), `${name} falls at ${x}`).toBeLessThanOrEqual(1);
      before = now;
    }
  }
}

/** The float64 function near the one of the JavaScript engine, and the float32 function within 1 place of the float64 one. */
export function expectNear(
  name: MathFunction,
  engine: (x: number) => number,
  samples: Iterable<number>,
): void {
  const double = onNumbers(name);
  const single = onSingles(name);
  for (const x of samples) {
    const result = double(x, 0);
    expect(distance(result, engine(x)), `${name}(${x})`).toBeLessThanOrEqual(4);
    const short = Math.fround(x);
    const exact = double(short, 0);
    const rounded = Math.fround(exact);
    const error = Math.abs(single(short, 0) - exact);
    if (Number.isFinite(rounded) && Number.isFinite(exact))
      expect(error, `float32 ${name}(${short})`).toBeLessThanOrEqual(0.52 * place(exact));
  }
}

/** The unit of the last place of a float32 number of this size. */
const place = (x: number): number =>
  2 ** (Math.max(Math.floor(Math.log2(Math.max(Math.abs(x), 2 ** -126))), -126) - 23);

/** f(-x) is -f(x), to the bit and to the sign of zero. */
export function expectOdd(name: MathFunction, samples: Iterable<number>): void {
  for (const f of [onNumbers(name), onSingles(name)]) {
    for (const x of samples) expect(f(-x, 0), `${name}(${-x})`).toBe(-f(x, 0));
    expect(f(0, 0)).toBe(0);
    expect(f(-0, 0)).toBe(-0);
  }
}
