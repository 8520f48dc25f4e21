/**
 * The hyperbolic functions and their inverses.
 *
 * sinh and cosh: with |x| = n ln 2 + r as in exponential.ts is e^x = 2^n e^r and e^-x = 2^-n e^-r, and sinh r and cosh r
 * are the odd and the even part of one series: no division, and for n = 0 the plain series of sinh. tanh is
 * (e^2x - 1) / (e^2x + 1). The inverses are logarithms of 1 + z, with z to more than float64 precision where it is
 * cheap (formulas of fdlibm: s_asinh.c, e_acosh.c, e_atanh.c).
 */
import { ln2, log2E } from './coefficients/exponential.ts';
import { coshTail, coshTailSingle, sinhTail, sinhTailSingle } from './coefficients/hyperbolic.ts';
import { expm1InDouble, expm1Parts, inTwoSteps, reduce, sumOfThree } from './exponential.ts';
import { logOfSplit, onePlus, split } from './logarithm.ts';
import type { Machine } from './machine.ts';
import { fastTwoSum, productLess } from './doubleWord.ts';
import { horner } from './polynomial.ts';

export function sinh<V, M>(m: Machine<V, M>, x: V): V {
  const parts = reducedParts(m, m.abs(x));
  const { grown, shrunk, high, low, even, odd } = parts;
  const difference = m.subtract(grown, shrunk);
  const sum = m.add(grown, shrunk);
  const tail = m.add(m.multiply(difference, even), m.multiply(sum, m.single ? odd : m.subtract(odd, low)));
  if (m.single) return m.copySign(m.multiply(m.add(difference, tail), m.constant(0.5)), x);
  // difference + sum * high + tail, of which sum * high is two exact products.
  const first = m.multiply(grown, high);
  const main = m.add(difference, first);
  const lost = m.subtract(first, m.subtract(main, difference));
  const twice = m.add(main, m.add(m.add(m.multiply(shrunk, high), lost), tail));
  return m.copySign(halfUnlessLarge(m, parts, twice), x);
}

export function cosh<V, M>(m: Machine<V, M>, x: V): V {
  const parts = reducedParts(m, m.abs(x));
  const { grown, shrunk, high, low, even, odd } = parts;
  const sine = m.single ? odd : m.add(high, m.subtract(odd, low));
  const tail = m.add(m.multiply(m.subtract(grown, shrunk), sine), m.multiply(m.add(grown, shrunk), even));
  const twice = m.add(grown, m.add(shrunk, tail));
  return m.single ? m.multiply(twice, m.constant(0.5)) : halfUnlessLarge(m, parts, twice);
}

/** x >= 0 as n ln 2 + high - low. */
interface ReducedParts<V> {
  readonly x: V;
  readonly n: V;
  readonly high: V;
  readonly low: V;
  /** 2^n and 2^-n. */
  readonly grown: V;
  readonly shrunk: V;
  /** cosh(high - low) - 1 */
  readonly even: V;
  /** sinh(high - low), less (high - low) unless single */
  readonly odd: V;
}

function reducedParts<V, M>(m: Machine<V, M>, x: V): ReducedParts<V> {
  const { n, high, low } = m.single ? reduceSingle(m, x) : reduce(m, x);
  const reduced = m.single ? high : m.subtract(high, low);
  const square = m.multiply(reduced, reduced);
  const cube = m.multiply(square, reduced);
  const sine = m.multiply(cube, horner(m, square, m.single ? sinhTailSingle : sinhTail));
  return {
    x,
    n,
    high,
    low,
    grown: m.powerOfTwo(n),
    shrunk: m.powerOfTwo(m.negate(n)),
    even: m.multiply(square, horner(m, square, m.single ? coshTailSingle : coshTail)),
    odd: m.single ? m.add(reduced, sine) : sine,
  };
}

/** Bounded where float32 results are infinite already. */
function reduceSingle<V, M>(m: Machine<V, M>, x: V): { n: V; high: V; low: V } {
  const end = m.constant(160);
  const scaled = m.multiply(x, m.constant(log2E));
  const bounded = m.select(m.less(end, scaled), end, scaled);
  const n = m.nearest(bounded);
  return { n, high: m.multiply(m.subtract(bounded, n), m.constant(ln2)), low: m.constant(0) };
}

/** Half of `twice`; e^x / 2 where e^-x is negligible and 2^n may be out of range. */
function halfUnlessLarge<V, M>(m: Machine<V, M>, parts: ReducedParts<V>, twice: V): V {
  const { x, n, high, low, even, odd } = parts;
  const usual = m.multiply(twice, m.constant(0.5));
  const [result] = m.rarely(m.not(m.less(x, m.constant(708))), [usual], () => {
    const one = m.constant(1);
    const fraction = m.add(one, m.add(high, m.subtract(m.add(even, odd), low)));
    return [
      m.select(m.less(m.constant(711), x), m.constant(Infinity), inTwoSteps(m, fraction, m.subtract(n, one))),
    ];
  }) as [V];
  return result;
}

export function tanh<V, M>(m: Machine<V, M>, x: V): V {
  const twice = m.abs(m.add(x, x));
  if (m.single) {
    const t = expm1InDouble(m, twice);
    return m.copySign(m.divide(t, m.add(t, m.constant(2))), x);
  }
  const one = m.constant(1);
  // From 22 on the result is 1.
  const end = m.constant(44);
  const bounded = m.select(m.less(end, twice), end, twice);
  const { inverseScale, high, tail } = expm1Parts(m, bounded);
  // e^2x - 1 and e^2x + 1, both times 2^-n, with what their roundings lost.
  const { sum: top, main, rest } = sumOfThree(m, m.subtract(one, inverseScale), high, tail);
  const topLost = m.subtract(rest, m.subtract(top, main));
  const two = m.add(inverseScale, inverseScale);
  const bottom = m.add(top, two);
  const added = m.subtract(bottom, top);
  const bottomLost = m.add(m.subtract(top, m.subtract(bottom, added)), m.subtract(two, added));
  // What that did to the quotient is made good; for this, 1 / bottom to one digit suffices.
  const quotient = m.divide(top, bottom);
  const missing = m.subtract(topLost, m.multiply(quotient, m.add(bottomLost, topLost)));
  const inverse = m.subtract(m.constant(1.2), m.multiply(bottom, m.constant(0.34)));
  return m.copySign(m.add(quotient, m.multiply(missing, inverse)), x);
}

/** Beyond, 1 is negligible beside the square. */
const large = 2 ** 28;

export function asinh<V, M>(m: Machine<V, M>, x: V): V {
  const size = m.abs(x);
  const one = m.constant(1);
  const square = m.multiply(size, size);
  const excess = m.divide(square, m.add(one, m.sqrt(m.add(one, square))));
  const rare = m.not(m.less(size, m.constant(large)));
  return m.copySign(
    logOfOnePlusSum(m, size, excess, rare, () => [size, doubled(m, size)]),
    x,
  );
}

export function acosh<V, M>(m: Machine<V, M>, x: V): V {
  const one = m.constant(1);
  const above = m.subtract(x, one);
  const [after, lost] = fastTwoSum(m, m.constant(2), above);
  const root = m.sqrt(m.multiply(above, after));
  const usual = m.and(m.lessEqual(one, x), m.less(x, m.constant(large)));
  const small = m.single ? above : m.add(above, rootError(m, root, above, after, lost));
  return logOfOnePlusSum(m, root, small, m.not(usual), () => [
    x,
    m.select(m.lessEqual(one, x), doubled(m, x), m.constant(NaN)),
  ]);
}

function rootError<V, M>(m: Machine<V, M>, root: V, x: V, y: V, lost: V): V {
  const square = m.multiply(root, root);
  const rest = m.add(
    m.subtract(productLess(m, x, y, square), productLess(m, root, root, square)),
    m.multiply(x, lost),
  );
  return m.divide(rest, m.add(m.add(root, root), m.constant(2 ** -1000)));
}

export function atanh<V, M>(m: Machine<V, M>, x: V): V {
  const one = m.constant(1);
  const size = m.abs(x);
  // 2x / (1 - x) = 2x + 2x^2 / (1 - x)
  const twice = m.add(size, size);
  const excess = m.divide(m.multiply(twice, size), m.subtract(one, size));
  const small = m.less(size, m.constant(0.5));
  const main = m.select(small, twice, excess);
  const rest = m.select(small, excess, twice);
  const log = logOfOnePlusSum(m, main, rest, m.not(m.less(size, one)), () => [
    one,
    m.select(m.equal(size, one), m.constant(Infinity), m.constant(NaN)),
  ]);
  return m.copySign(m.multiply(log, m.constant(0.5)), x);
}

/** What is to be added to the binary exponent of x > 0 for ln 2x: 1, or else x itself, infinite or NaN. */
const doubled = <V, M>(m: Machine<V, M>, x: V): V =>
  m.select(m.less(x, m.constant(Infinity)), m.constant(1), x);

/** ln(1 + main + small), 0 <= small <= main; where `rare` holds ln u + shift ln 2, with [u, shift] what `exception` gives. */
function logOfOnePlusSum<V, M>(
  m: Machine<V, M>,
  main: V,
  small: V,
  rare: M,
  exception: () => readonly [u: V, shift: V],
): V {
  const sum = m.add(main, small);
  const rounded = onePlus(m, sum);
  const c = m.single ? rounded.c : m.add(rounded.c, m.add(m.subtract(main, sum), small));
  const zero = m.constant(0);
  const [u, correction, shift] = m.rarely(rare, [rounded.u, c, zero], () => {
    const [value, exponent] = exception();
    return [value, zero, exponent];
  }) as [V, V, V];
  const { k, mantissa } = split(m, u);
  return logOfSplit(m, m.add(k, shift), mantissa, m.divide(correction, u));
}
