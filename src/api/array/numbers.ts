/** More elementwise functions that are made of others: parts of numbers, signs, remainders, bits. */
import { checkCount } from '../../ir/arguments.ts';
import {
  bytesOf,
  isBigint,
  isFloat,
  isInteger,
  kindOf,
  type DType,
  type PartOf,
  type ToFloat,
} from '../../ir/dtype.ts';
import { DTypeError } from '../../ir/errors.ts';
import { constant, type Node } from '../../ir/node.ts';
import { isComplex, complexFrom } from '../complex/operands.ts';
import { LazyArray } from '../lazyArray.ts';
import {
  binary,
  broadcast,
  castTo,
  elementwise,
  power,
  promoteNodes,
  unary,
  floatOf,
  constantLike,
} from '../nodes/elementwise.ts';
import { inputOf, nodeFrom, pairFrom } from '../operand.ts';
import type { DTypeOf, MeetBoth, Operand } from '../types.ts';

/**
 * The remainder of the quotient rounded toward zero, with the sign of `x`: C's `fmod`. Integers by zero give 0. Of
 * `remainder` it differs where the signs do. `lz.fmod([-7, 7], 3)` is `[-1.  1.]`.
 */
export function fmod<X extends Operand, Y extends Operand>(x: X, y: Y): LazyArray<MeetBoth<X, Y>> {
  checkCount('fmod', arguments.length, 2);
  const [a, b] = pairFrom('fmod', x, y);
  const floored = binary('remainder', a, b, 'fmod');
  const { dtype } = floored;
  if (isFloat(dtype)) {
    // The least integer has no absolute value before it is a float.
    const [dividend, divisor] = [a, b].map((node) => unary('abs', castTo(node, dtype))) as [Node, Node];
    const sizes = binary('remainder', dividend, divisor, 'fmod');
    return new LazyArray(binary('copysign', sizes, a, 'fmod'));
  }
  // The floored remainder has the sign of the divisor. One divisor less, it has that of the dividend.
  const isApart = binary('notEqual', binary('less', a, 0), binary('less', b, 0));
  const isOther = binary('logicalAnd', isApart, binary('notEqual', floored, 0));
  return new LazyArray(elementwise('where', [isOther, binary('subtract', floored, b), floored]));
}

/** The fractional and the whole parts, both with the sign of `x`. `lz.modf([1.5, -2.25])[0].toString()` is `[ 0.5  -0.25]`. */
export function modf<X extends Operand>(
  x: X,
): [fraction: LazyArray<ToFloat<DTypeOf<X>>>, whole: LazyArray<ToFloat<DTypeOf<X>>>] {
  checkCount('modf', arguments.length, 1);
  const node = floatOf(nodeFrom('modf', x));
  const whole = unary('trunc', node);
  // An infinity has no fraction; the difference would be NaN.
  const rest = elementwise('where', [unary('isinf', node), 0, binary('subtract', node, whole)]);
  return [new LazyArray(binary('copysign', rest, node)), new LazyArray(whole)];
}

/** `x` to the power `y` in float64 at least. `lz.floatPower([2n, 4n], -1)` is `[0.5  0.25]`. */
export function floatPower(x: Operand, y: Operand): LazyArray<'float64'> {
  checkCount('floatPower', arguments.length, 2);
  const exponent = inputOf('floatPower', y);
  return new LazyArray(
    power(
      castTo(nodeFrom('floatPower', x), 'float64'),
      typeof exponent === 'object' ? castTo(exponent, 'float64') : Number(exponent),
    ),
  );
}

/** The least common multiple of integers; 0 if one of them is 0. `lz.lcm([4n, 0n], 6)` is `[12  0]`. */
export function lcm<X extends Operand, Y extends Operand>(x: X, y: Y): LazyArray<MeetBoth<X, Y>> {
  checkCount('lcm', arguments.length, 2);
  const [a, b] = [inputOf('lcm', x), inputOf('lcm', y)];
  const divisor = binary('gcd', a, b, 'lcm');
  // A quotient by 0 is 0, as it has to be.
  const multiple = binary('multiply', binary('floorDivide', a, divisor), b);
  return new LazyArray(multiple.dtype.startsWith('int') ? unary('abs', multiple) : multiple);
}

/** Two operands in the float dtype that they promote to. */
function floatsFrom(operation: string, x: Operand, y: Operand): [Node, Node] {
  const [a, b] = pairFrom(operation, x, y);
  const dtype = promoteNodes([a, b]) ?? a.dtype;
  const float = isFloat(dtype) ? dtype : 'float64';
  return [castTo(a, float), castTo(b, float)];
}

/** log(exp(x) + exp(y)), without overflow. `lz.logaddexp([0, 1000], [0, 1000])` is `[6.93147181e-01 1.00069315e+03]`. */
export function logaddexp<X extends Operand, Y extends Operand>(
  x: X,
  y: Y,
): LazyArray<ToFloat<MeetBoth<X, Y>>> {
  checkCount('logaddexp', arguments.length, 2);
  const [a, b] = floatsFrom('logaddexp', x, y);
  const apart = unary('negative', unary('abs', binary('subtract', a, b, 'logaddexp')));
  const sum = binary('add', binary('maximum', a, b), unary('log1p', unary('exp', apart)));
  // Equal infinities have no difference.
  return new LazyArray(elementwise('where', [binary('equal', a, b), binary('add', a, Math.LN2), sum]));
}

/** log2(2^x + 2^y), without overflow. `lz.logaddexp2([0, 1], [0, 1])` is `[1. 2.]`. */
export function logaddexp2<X extends Operand, Y extends Operand>(
  x: X,
  y: Y,
): LazyArray<ToFloat<MeetBoth<X, Y>>> {
  checkCount('logaddexp2', arguments.length, 2);
  const [a, b] = floatsFrom('logaddexp2', x, y);
  const apart = unary('negative', unary('abs', binary('subtract', a, b, 'logaddexp2')));
  const share = binary('multiply', unary('log1p', unary('exp2', apart)), Math.LOG2E);
  const sum = binary('add', binary('maximum', a, b), share);
  return new LazyArray(elementwise('where', [binary('equal', a, b), binary('add', a, 1), sum]));
}

/** The distance to the next float away from 0, with the sign of `x`. `lz.spacing([1, -2])` is `[ 2.22044605e-16 -4.44089210e-16]`. */
export function spacing<X extends Operand>(x: X): LazyArray<ToFloat<DTypeOf<X>>> {
  checkCount('spacing', arguments.length, 1);
  const node = floatOf(nodeFrom('spacing', x));
  const size = unary('abs', node);
  const distance = binary('subtract', binary('nextafter', size, Infinity), size);
  return new LazyArray(binary('copysign', distance, node));
}

/** `x` times 2 to the power `n`, of whole numbers. `lz.ldexp([1, 3], [2, -1])` is `[4.  1.5]`. */
export function ldexp<X extends Operand>(x: X, n: Operand): LazyArray<ToFloat<DTypeOf<X>>> {
  checkCount('ldexp', arguments.length, 2);
  const node = floatOf(nodeFrom('ldexp', x));
  // In two steps: a factor alone may overflow, or be subnormal, where the result is neither.
  const exponent = castTo(nodeFrom('ldexp', n), node.dtype);
  const half = unary('floor', binary('multiply', exponent, 0.5));
  const rest = binary('subtract', exponent, half);
  const factor = (power: Node): Node => castTo(unary('exp2', power), node.dtype);
  return new LazyArray(binary('multiply', binary('multiply', node, factor(half)), factor(rest)));
}

/** The angles in the complex plane, from -π to π: 0 of positive numbers, π of negative ones. `lz.angle([1, -1])` is `[0.         3.14159265]`. */
export function angle<X extends Operand>(x: X): LazyArray<PartOf<ToFloat<DTypeOf<X>>>> {
  checkCount('angle', arguments.length, 1);
  if (isComplex(x)) {
    const { re, im } = complexFrom('angle', x);
    return new LazyArray(binary('atan2', im, re));
  }
  const node = floatOf(nodeFrom('angle', x));
  return new LazyArray(binary('atan2', broadcast(constantLike(0, node.dtype), node.shape), node));
}

/** Whether `x` is Infinity. `lz.isposinf([1, Infinity, -Infinity])` is `[False  True False]`. */
export function isposinf(x: Operand): LazyArray<'bool'> {
  checkCount('isposinf', arguments.length, 1);
  return new LazyArray(binary('equal', floatOf(nodeFrom('isposinf', x)), Infinity));
}

/** Whether `x` is -Infinity. `lz.isneginf([1, Infinity, -Infinity])` is `[False False  True]`. */
export function isneginf(x: Operand): LazyArray<'bool'> {
  checkCount('isneginf', arguments.length, 1);
  return new LazyArray(binary('equal', floatOf(nodeFrom('isneginf', x)), -Infinity));
}

/** Masks of every second bit, pair of bits, and so on: the sums of a tree that counts bits. */
const halves = [
  [1, 0x55],
  [2, 0x33],
  [4, 0x0f],
] as const;

/** One byte, repeated over the bytes of an unsigned dtype. */
const spread = (byte: number, dtype: DType): Node => {
  const bits = BigInt.asUintN(8 * bytesOf(dtype), BigInt(byte) * 0x0101_0101_0101_0101n);
  return constant(isBigint(dtype) ? bits : Number(bits), dtype);
};

/**
 * How many bits of the absolute value are set, uint8. Throws `DTypeError` for floats. `lz.bitwiseCount([7n, -1n, 0n])` is
 * `[3 1 0]`.
 */
export function bitwiseCount(x: Operand): LazyArray<'uint8'> {
  checkCount('bitwiseCount', arguments.length, 1);
  const node = nodeFrom('bitwiseCount', x);
  if (!isInteger(node.dtype) && node.dtype !== 'bool')
    throw new DTypeError('bitwiseCount', `counts bits of integers, not of ${node.dtype}`);
  if (node.dtype === 'bool') return new LazyArray(castTo(node, 'uint8'));
  const unsigned = kindOf(node.dtype) === 'uint' ? node.dtype : (`u${node.dtype}` as DType);
  let count = castTo(kindOf(node.dtype) === 'int' ? unary('abs', node) : node, unsigned);
  for (const [shift, mask] of halves) {
    const low = binary('bitwiseAnd', count, spread(mask, unsigned));
    const high = binary('bitwiseAnd', binary('shiftRight', count, shift), spread(mask, unsigned));
    count = binary('add', low, high);
  }
  for (let bits = 8; bits < 8 * bytesOf(unsigned); bits *= 2)
    count = binary('add', count, binary('shiftRight', count, bits));
  return new LazyArray(castTo(binary('bitwiseAnd', count, 0x7f), 'uint8'));
}
