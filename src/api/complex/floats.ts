/** What the complex functions are written in: nodes of one float dtype, and the limits of that dtype. */
import type { Node } from '../../ir/node.ts';
import { binary, elementwise, unary, type Input } from '../nodes/elementwise.ts';

export const add = (x: Input, y: Input): Node => binary('add', x, y);
export const sub = (x: Input, y: Input): Node => binary('subtract', x, y);
export const mul = (x: Input, y: Input): Node => binary('multiply', x, y);
export const div = (x: Input, y: Input): Node => binary('divide', x, y);
export const neg = (x: Node): Node => unary('negative', x);
export const abs = (x: Node): Node => unary('abs', x);
export const withSign = (x: Input, sign: Node): Node => binary('copysign', x, sign);
export const where = (test: Node, x: Input, y: Input): Node => elementwise('where', [test, x, y]);
export const both = (a: Node, b: Node): Node => binary('logicalAnd', a, b);
export const either = (a: Node, b: Node): Node => binary('logicalOr', a, b);
export const isZero = (x: Node): Node => binary('equal', x, 0);
export const isAbove = (x: Node, limit: number): Node => binary('greater', x, limit);
export const isBelow = (x: Node, limit: number): Node => binary('less', x, limit);
export const isInfinite = (x: Node): Node => unary('isinf', x);
export const isWild = (x: Node): Node => unary('logicalNot', unary('isfinite', x));

/** Powers of two by which numbers are scaled, and bounds at which functions change form. */
export interface Limits {
  /** Above this, sums of two magnitudes may overflow; below `tiny`, they lose bits. */
  readonly huge: number;
  readonly tiny: number;
  /** The exponents, multiples of 4, by which numbers above `huge` shrink, and numbers below `tiny` grow. */
  readonly shrink: number;
  readonly grow: number;
  /** `exp(shift)` is finite, and so is `exp` of anything whose exponential is finite after a factor `exp(shift)`. */
  readonly shift: number;
  /** `tanh` of it is 1. */
  readonly saturated: number;
  /** 1 + 1/far**2 is 1. */
  readonly far: number;
  /** The square of it is not subnormal. */
  readonly least: number;
  /** The factor that splits a number in two halves (T. Dekker, 1971). */
  readonly splitter: number;
}

const limits = {
  float64: {
    huge: 2 ** 1016,
    tiny: 2 ** -900,
    shrink: -8,
    grow: 120,
    shift: 700,
    saturated: 22,
    far: 2 ** 30,
    least: 2 ** -500,
    splitter: 2 ** 27 + 1,
  },
  float32: {
    huge: 2 ** 120,
    tiny: 2 ** -100,
    shrink: -8,
    grow: 48,
    shift: 85,
    saturated: 10,
    far: 2 ** 14,
    least: 2 ** -60,
    splitter: 2 ** 12 + 1,
  },
} as const satisfies Record<string, Limits>;

export const limitsOf = ({ dtype }: Node): Limits => limits[dtype === 'float64' ? 'float64' : 'float32'];

/** x² + y² + c rounded about once, although the terms may cancel: squares and sums with their errors (Dekker, 1971). */
export function squaresPlus(x: Node, y: Node, c: Input): Node {
  const [xx, xRest] = exactSquare(x);
  const [yy, yRest] = exactSquare(y);
  const [first, firstRest] = exactSum(xx, c);
  const [total, rest] = exactSum(first, yy);
  return add(total, add(add(rest, firstRest), add(xRest, yRest)));
}

function exactSquare(x: Node): readonly [square: Node, error: Node] {
  const wide = mul(x, limitsOf(x).splitter);
  const high = sub(wide, sub(wide, x));
  const low = sub(x, high);
  const square = mul(x, x);
  const error = add(add(sub(mul(high, high), square), mul(mul(high, low), 2)), mul(low, low));
  return [square, error];
}

function exactSum(a: Node, b: Input): readonly [sum: Node, error: Node] {
  const sum = add(a, b);
  const second = sub(sum, a);
  return [sum, add(sub(a, sub(sum, second)), sub(b, second))];
}
