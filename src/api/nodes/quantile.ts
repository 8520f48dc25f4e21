/**
 * Quantiles: values at positions between the elements of sorted rows.
 *
 * The nine methods are those of R. J. Hyndman and Y. Fan, "Sample quantiles in statistical packages", The American
 * Statistician 50 (1996) 361-365; four more choose or average the neighbours of the position that `linear` defines.
 */
import { describe } from '../../ir/arguments.ts';
import { isFloat } from '../../ir/dtype.ts';
import { OptionError, ShapeError } from '../../ir/errors.ts';
import type { Node } from '../../ir/node.ts';
import { formatShape } from '../../ir/shape.ts';
import { cutAlong, takeAlongLast } from './along.ts';
import {
  binary,
  broadcast,
  castTo,
  clip,
  elementwise,
  floatOf,
  unary,
  weakConstant,
  type Input,
  constantLike,
} from './elementwise.ts';
import { orderedRows, sortedRows } from './order.ts';
import { fold } from './reduce.ts';
import { running } from './scan.ts';

export const quantileMethods = [
  'invertedCdf',
  'averagedInvertedCdf',
  'closestObservation',
  'interpolatedInvertedCdf',
  'hazen',
  'weibull',
  'linear',
  'medianUnbiased',
  'normalUnbiased',
  'lower',
  'higher',
  'midpoint',
  'nearest',
] as const;
export type QuantileMethod = (typeof quantileMethods)[number];

export function checkMethod(operation: string, method: unknown): QuantileMethod {
  const found = quantileMethods.find((name) => name === method);
  if (found === undefined)
    throw new OptionError(
      operation,
      `unknown method ${describe(method)}; the methods are ${quantileMethods.join(', ')}`,
    );
  return found;
}

/** A position among sorted elements: a number, or one for each row. */
interface Place {
  /** Rounded down to an element. */
  readonly below: Input;
  /** How far it is on the way to the next element, from 0 to 1. */
  readonly share: Input;
}

/** Arithmetic on numbers that are known, or on nodes: the count of a row is one or the other. */
interface Arithmetic<V> {
  of(value: number): V;
  add(a: V, b: V): V;
  multiply(a: V, b: V): V;
  floor(a: V): V;
  ceil(a: V): V;
  /** 1 where `a` is equal to `b`, else 0. */
  equal(a: V, b: V): V;
  /** `a` where `condition` is 1, else `b`. */
  choose(condition: V, a: V, b: V): V;
}

const onNumbers: Arithmetic<number> = {
  of: (value) => value,
  add: (a, b) => a + b,
  multiply: (a, b) => a * b,
  floor: Math.floor,
  ceil: Math.ceil,
  equal: (a, b) => Number(a === b),
  choose: (condition, a, b) => (condition === 1 ? a : b),
};

const onNodes: Arithmetic<Input> = {
  of: (value) => value,
  add: (a, b) => binary('add', a, b),
  multiply: (a, b) => binary('multiply', a, b),
  floor: (a) => unary('floor', a),
  ceil: (a) => unary('ceil', a),
  equal: (a, b) => castTo(binary('equal', a, b), 'float64'),
  choose: (condition, a, b) => elementwise('where', [binary('equal', condition, 1), a, b]),
};

/** The virtual index `n * q + a + b * q` of a quantile, with the constants of each continuous method. */
const continuous = {
  interpolatedInvertedCdf: [-1, 0],
  hazen: [-0.5, 0],
  weibull: [-1, 1],
  linear: [0, -1],
  medianUnbiased: [-2 / 3, 1 / 3],
  normalUnbiased: [-5 / 8, 1 / 4],
} as const;

/** Where the quantile `q` is among `n` sorted elements. */
function placeOf<V extends Input>(m: Arithmetic<V>, method: QuantileMethod, n: V, q: number): Place {
  const product = m.multiply(n, m.of(q));
  const between = (a: number, b: number): Place => {
    const index = m.add(m.add(product, m.of(a)), m.of(b * q));
    const below = m.floor(index);
    return { below, share: m.add(index, m.multiply(below, m.of(-1))) };
  };
  const index = m.multiply(m.add(n, m.of(-1)), m.of(q));
  const at = (below: V): Place => ({ below, share: m.of(0) });
  switch (method) {
    case 'invertedCdf':
      return at(m.add(m.ceil(product), m.of(-1)));
    case 'averagedInvertedCdf': {
      const below = m.add(m.ceil(product), m.of(-1));
      return { below, share: m.multiply(m.equal(product, m.ceil(product)), m.of(0.5)) };
    }
    case 'closestObservation': {
      // The nearest element to n q - 1/2, counted from 1; of two equally near ones that with the even number.
      const shifted = m.add(product, m.of(-0.5));
      const whole = m.floor(shifted);
      const half = m.multiply(whole, m.of(0.5));
      const isEven = m.equal(half, m.floor(half));
      const isWhole = m.equal(shifted, whole);
      const up = m.choose(m.multiply(isWhole, isEven), whole, m.add(whole, m.of(1)));
      return at(m.add(up, m.of(-1)));
    }
    case 'lower':
      return at(m.floor(index));
    case 'higher':
      return at(m.ceil(index));
    case 'midpoint': {
      const below = m.floor(index);
      return { below, share: m.choose(m.equal(index, below), m.of(0), m.of(0.5)) };
    }
    case 'nearest': {
      // Halves round to even, as numbers do.
      const below = m.floor(index);
      const rest = m.add(index, m.multiply(below, m.of(-1)));
      const half = m.multiply(below, m.of(0.5));
      const isOdd = m.add(m.of(1), m.multiply(m.equal(half, m.floor(half)), m.of(-1)));
      const up = m.choose(m.equal(rest, m.of(0.5)), isOdd, m.floor(m.add(rest, m.of(0.5))));
      return at(m.add(below, up));
    }
    default: {
      const [a, b] = continuous[method];
      return between(a, b);
    }
  }
}

/** The value at a place of each row; clamped to the ends. */
function valueAt(rows: Node, { below, share }: Place, last: Input): Node {
  const axis = rows.shape.length - 1;
  const clamped = (position: Input): Input =>
    typeof position === 'number' && typeof last === 'number'
      ? Math.min(Math.max(position, 0), last)
      : clip(position, 0, last);
  const elementAt = (position: Input): Node => {
    if (typeof position === 'number') return cutAlong(rows, axis, position, position + 1);
    return takeAlongLast(rows, castTo(position as Node, 'int32'));
  };
  const low = elementAt(clamped(below));
  if (share === 0) return low;
  const next = typeof below === 'number' ? below + 1 : binary('add', below, 1);
  const high = elementAt(clamped(next));
  // Infinite neighbours that are equal are the value itself, not their difference.
  const way = binary('multiply', binary('subtract', high, low), castShare(share, rows));
  const between = binary('add', low, way);
  return elementwise('where', [
    isOneOf(low, high),
    low,
    elementwise('where', [
      binary('equal', share, 0),
      low,
      elementwise('where', [binary('equal', share, 1), high, between]),
    ]),
  ]);
}

/** Whether all between two neighbours is the lower one: they are equal, or it is -Infinity and the other is not Infinity. */
const isOneOf = (low: Node, high: Node): Node =>
  binary(
    'logicalOr',
    binary('equal', low, high),
    binary('logicalAnd', binary('equal', low, -Infinity), binary('less', high, Infinity)),
  );

const castShare = (share: Input, rows: Node): Input =>
  typeof share === 'object' ? castTo(share, rows.dtype) : share;

/** The middle element of each row, or the mean of the two in the middle. */
export function medianOf(operation: string, given: Node, skipNaN: boolean): Node {
  const rows = sortedRows(operation, floatOf(given));
  const axis = rows.shape.length - 1;
  const size = rows.shape[axis] ?? 0;
  if (size === 0)
    return broadcast(castTo(weakConstant(operation, NaN, 'float64'), rows.dtype), rows.shape.with(axis, 1));
  const mean = (low: Node, high: Node): Node => binary('divide', binary('add', low, high), 2);
  if (skipNaN) {
    const count = countOfNumbers(rows, axis);
    const at = (numerator: Node): Node =>
      takeAlongLast(rows, castTo(clip(binary('floorDivide', numerator, 2), 0, null), 'int32'));
    // Of 5 numbers elements 2 and 2, of 6 numbers 2 and 3.
    const [low, high] = [at(binary('subtract', count, 1)), at(count)];
    const value = elementwise('where', [binary('equal', low, high), low, mean(low, high)]);
    return elementwise('where', [binary('equal', count, 0), NaN, value]);
  }
  const middle = Math.floor(size / 2);
  const at = (position: number): Node => cutAlong(rows, axis, position, position + 1);
  const value = size % 2 === 1 ? at(middle) : mean(at(middle - 1), at(middle));
  return isFloat(given.dtype) ? orNaN(rows, value) : value;
}

/** `value`, or NaN for rows that have one: in sorted rows it is last. */
function orNaN(rows: Node, value: Node): Node {
  const axis = rows.shape.length - 1;
  const size = rows.shape[axis] ?? 0;
  const final = cutAlong(rows, axis, size - 1, size);
  return elementwise('where', [unary('isnan', final), final, value]);
}

/** How many elements of each row are not NaN; the axis is kept. */
const countOfNumbers = (rows: Node, axis: number): Node =>
  fold('sum', castTo(unary('logicalNot', unary('isnan', rows)), 'float64'), { axis, keepdims: true });

export interface QuantileSettings {
  readonly method: QuantileMethod;
  /** Whether NaN is left out; otherwise it makes the result NaN. */
  readonly skipNaN: boolean;
}

/** The quantiles `q` of each row: per quantile, the rows with one element each. */
export function quantilesOf(
  operation: string,
  given: Node,
  q: readonly number[],
  settings: QuantileSettings,
): readonly Node[] {
  const { method, skipNaN } = settings;
  const rows = sortedRows(operation, floatOf(given));
  const axis = rows.shape.length - 1;
  const size = rows.shape[axis] ?? 0;
  if (size === 0) {
    if (rows.shape.slice(0, -1).includes(0))
      return q.map(() => broadcast(constantLike(0, rows.dtype), rows.shape.with(axis, 1)));
    throw new ShapeError(operation, `the axis of ${formatShape(given.shape)} is empty; it has no quantiles`);
  }
  if (skipNaN) {
    const count = countOfNumbers(rows, axis);
    return q.map((one) => {
      const last = binary('subtract', count, 1);
      const value = valueAt(rows, placeOf<Input>(onNodes, method, count, one), clip(last, 0, null));
      return elementwise('where', [binary('equal', count, 0), NaN, value]);
    });
  }
  return q.map((one) => {
    const value = valueAt(rows, placeOf(onNumbers, method, size, one), size - 1);
    return isFloat(given.dtype) ? orNaN(rows, value) : value;
  });
}

/** Weighted quantiles by the inverted distribution function: the first element at which the share of weights reaches q. */
export function weightedQuantilesOf(
  operation: string,
  given: Node,
  weights: Node,
  q: readonly number[],
): readonly Node[] {
  const rows = floatOf(given);
  const axis = rows.shape.length - 1;
  const [sorted, order] = orderedRows(operation, rows);
  const sums = running('sum', takeAlongLast(castTo(weights, 'float64'), order), { axis });
  const size = rows.shape[axis] ?? 0;
  const total = cutAlong(sums, axis, size - 1, size);
  return q.map((one) => {
    const share = binary('divide', sums, total);
    // What comes before all weight is never chosen, not even for q = 0.
    const isBefore = binary('logicalOr', binary('less', share, one), binary('equal', share, 0));
    const before = fold('sum', castTo(isBefore, 'int32'), { axis, keepdims: true });
    return orNaN(sorted, takeAlongLast(sorted, castTo(clip(before, 0, size - 1), 'int32')));
  });
}
