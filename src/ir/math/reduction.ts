/**
 * Reduction by multiples of pi/2: x = n pi/2 + r with n whole and |r| hardly above pi/4.
 *
 * A float64 can lie within 2^-60 of a multiple of pi/2, relative to its last place and less (J.-M. Muller, "Elementary
 * Functions", chapter 11), so r needs about 120 bits behind the point: n times pi/2 is subtracted in parts whose products
 * are exact (Cody and Waite). From 2^20 pi/2 on, x / (pi/2) is multiplied out modulo 8 with as many bits of 2/pi as
 * matter (M. Payne and R. Hanek, "Radian reduction for trigonometric functions", 1983), in exact float64 products.
 */
import {
  halfPi1,
  halfPi2,
  halfPi3,
  halfPi4,
  halfPiHigh,
  halfPiLow,
  halfPiSingle1,
  halfPiSingle2,
  twoOverPi,
  twoOverPiChunks,
} from './coefficients/reduction.ts';
import { fastTwoSum, productLess, twoSum } from './doubleWord.ts';
import type { Machine, Table } from './machine.ts';

/** x = n pi/2 + (high - lost) */
export interface Reduced<V> {
  readonly n: V;
  readonly high: V;
  /** At most about half of the last place of `high`; 0 for float32 purposes. Positive zero where there is nothing. */
  readonly lost: V;
}

/** n is below 2^20, so its products with the parts of pi/2 have at most 53 bits. */
const usualLimit = 1647099;
const usualLimitSingle = 2 ** 24;

/** 1.5 * 2^52: adding it rounds to a whole number. */
const roundingShift = 6755399441055744;

export function reduce<V, M>(m: Machine<V, M>, x: V): Reduced<V> {
  const shift = m.constant(roundingShift);
  const n = m.subtract(m.add(m.multiply(x, m.constant(twoOverPi)), shift), shift);
  const large = m.less(m.constant(m.single ? usualLimitSingle : usualLimit), m.abs(x));
  const part = (constant: number): V => m.multiply(n, m.constant(constant));
  if (m.single) {
    const near = m.subtract(m.subtract(x, part(halfPiSingle1)), part(halfPiSingle2));
    const [quadrant, high] = m.rarely(large, [n, near], () => reduceLargeSingle(m, x)) as [V, V];
    return { n: quadrant, high, lost: m.constant(0) };
  }
  // Exact: all is whole in units of 2^-53.
  const head = m.subtract(m.subtract(x, part(halfPi1)), part(halfPi2));
  const third = part(halfPi3);
  const difference = m.subtract(head, third);
  // Exact as well, even where `third` is larger: then it all fits into 53 bits.
  const rounded = m.add(m.subtract(difference, head), third);
  const usual = [n, difference, m.add(rounded, part(halfPi4))];
  const [quadrant, high, lost] = m.rarely(large, usual, () => reduceLarge(m, x)) as [V, V, V];
  return { n: quadrant, high, lost };
}

const chunks: Table = { name: 'twoOverPi', values: Float64Array.from(twoOverPiChunks) };
const chunkBits = 24;

/**
 * x = significand * 2^exponent. `scaled(significand, i)` has the product of a part of the significand with chunk i of 2/pi,
 * counted from the first that is not a multiple of 8 whatever the significand, `bits` wide.
 */
function products<V, M>(m: Machine<V, M>, x: V, bits: number) {
  const exponent = m.exponent(x);
  // The distance from a whole number is at least 1/48, so that the rounded factor does no harm.
  const first = m.floor(
    m.multiply(m.subtract(exponent, m.constant(bits - 22 - 0.5)), m.constant(1 / chunkBits)),
  );
  const scale = m.powerOfTwo(m.subtract(exponent, m.multiply(first, m.constant(chunkBits))));
  // Infinite arguments give NaN by x - x.
  const significand = m.add(m.copySign(m.significand(x), x), m.subtract(x, x));
  const chunk = (i: number): V =>
    m.multiply(m.lookup(chunks, m.add(first, m.constant(1 + i))), m.constant(2 ** (-chunkBits * i)));
  return { scale, significand, chunk };
}

const withoutEights = <V, M>(m: Machine<V, M>, x: V): V =>
  m.subtract(x, m.multiply(m.nearest(m.multiply(x, m.constant(1 / 8))), m.constant(8)));

/** The sum of `terms` and the sum of what its roundings took away. */
function compensatedSum<V, M>(m: Machine<V, M>, start: V, terms: readonly V[]): [V, V] {
  let sum = start;
  let lost = m.constant(0);
  for (const term of terms) {
    const [next, error] = twoSum(m, sum, term);
    sum = next;
    lost = m.add(lost, error);
  }
  return [sum, lost];
}

function reduceLarge<V, M>(m: Machine<V, M>, x: V): readonly [V, V, V] {
  const { scale, significand, chunk } = products(m, x, 53);
  // Two halves of 26 bits: products with chunks have at most 50.
  const shift = m.constant(1.5 * 2 ** 27);
  const half = m.subtract(m.add(significand, shift), shift);
  const top = m.multiply(half, scale);
  const bottom = m.multiply(m.subtract(significand, half), scale);

  // top(i + 1) and bottom(i) have about the same size. The first are far above 8, in units of no less than 2^-45.
  const topPart = (i: number): V => m.multiply(top, chunk(i));
  const bottomPart = (i: number): V => m.multiply(bottom, chunk(i));
  const early = [bottomPart(0), topPart(1), bottomPart(1), topPart(2)].map((part) => withoutEights(m, part));
  const start = early.reduce((sum, part) => m.add(sum, part));
  const [turns, firstLost] = compensatedSum(m, start, [bottomPart(2), topPart(3)]);
  const n = m.nearest(turns);
  const fraction = m.subtract(turns, n);
  const [main, lost] = compensatedSum(m, fraction, [
    firstLost,
    bottomPart(3),
    topPart(4),
    bottomPart(4),
    topPart(5),
    bottomPart(5),
    topPart(6),
  ]);
  const late = [bottomPart(6), topPart(7), bottomPart(7), topPart(8)].reduceRight((sum, part) =>
    m.add(part, sum),
  );
  const rest = m.add(lost, late);
  const f = m.add(main, rest);
  const fLow = m.subtract(rest, m.subtract(f, main));

  const piHigh = m.constant(halfPiHigh);
  const product = m.multiply(f, piHigh);
  const left = productLess(m, f, piHigh, product);
  const lowProduct = m.add(m.multiply(f, m.constant(halfPiLow)), m.multiply(fLow, piHigh));
  // Together they may be more than half of the last place of the product, which would be felt in sin and cos.
  const [high, beyond] = fastTwoSum(m, product, m.add(left, lowProduct));
  return [n, high, m.negate(beyond)];
}

/** The same for the 24 bits of a float32. */
function reduceLargeSingle<V, M>(m: Machine<V, M>, x: V): readonly [V, V] {
  const { scale, significand, chunk } = products(m, x, 24);
  const whole = m.multiply(significand, scale);
  const part = (i: number): V => m.multiply(whole, chunk(i));
  const start = m.add(withoutEights(m, part(0)), withoutEights(m, part(1)));
  const [turns, lost] = twoSum(m, start, part(2));
  const n = m.nearest(turns);
  const rest = m.add(part(3), m.add(lost, part(4)));
  return [n, m.multiply(m.add(m.subtract(turns, n), rest), m.constant(halfPiHigh))];
}
