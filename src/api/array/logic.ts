/** Comparisons of whole arrays, and of floats up to a tolerance. */
import { checkCount, describe } from '../../ir/arguments.ts';
import { isFloat } from '../../ir/dtype.ts';
import { OptionError } from '../../ir/errors.ts';
import { constant, type Node } from '../../ir/node.ts';
import { checkOptions, checkSwitch } from '../../ir/options.ts';
import { sameShape } from '../../ir/shape.ts';
import { complexClose } from '../complex/elementwise.ts';
import { isComplex } from '../complex/operands.ts';
import { LazyArray } from '../lazyArray.ts';
import { binary, castTo, elementwise, unary } from '../nodes/elementwise.ts';
import { fold } from '../nodes/reduce.ts';
import { nodeFrom } from '../operand.ts';
import type { Operand } from '../types.ts';

export interface CloseOptions {
  /** The difference allowed relative to `y` (1e-5). */
  readonly rtol?: number | undefined;
  /** The difference allowed in addition (1e-8). */
  readonly atol?: number | undefined;
  /** Whether NaN is close to NaN. */
  readonly equalNan?: boolean | undefined;
}

function close(operation: string, x: Operand, y: Operand, options: CloseOptions): Node {
  checkOptions(operation, options, ['rtol', 'atol', 'equalNan']);
  checkSwitch(operation, 'equalNan', options.equalNan);
  const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options;
  for (const [name, tolerance] of Object.entries({ rtol, atol }))
    if (typeof tolerance !== 'number')
      throw new OptionError(operation, `${name} must be a number, got ${describe(tolerance)}`);
  if (isComplex(x) || isComplex(y)) return complexClose(operation, x, y, { rtol, atol, equalNan });
  const [a, given] = [nodeFrom(operation, x), nodeFrom(operation, y)];
  // The difference of integers may not fit their dtype; float64 has room.
  const b = isFloat(given.dtype) ? given : castTo(given, 'float64');
  const apart = unary('abs', binary('subtract', b, a, operation));
  const allowed = binary('add', binary('multiply', unary('abs', b), rtol), atol);
  const finite = unary('isfinite', b);
  const isNear = binary('logicalAnd', binary('lessEqual', apart, allowed), finite);
  const isClose = binary('logicalOr', isNear, binary('equal', a, b));
  if (!equalNan) return isClose;
  return binary('logicalOr', isClose, binary('logicalAnd', unary('isnan', a), unary('isnan', b)));
}

/**
 * Whether elements differ by at most `atol + rtol * abs(y)`. Infinities are close to themselves.
 * `lz.isclose([1, 2], [1.000001, 3])` is `[ True False]`.
 */
export function isclose(x: Operand, y: Operand, options: CloseOptions = {}): LazyArray<'bool'> {
  checkCount('isclose', arguments.length, 3);
  return new LazyArray(close('isclose', x, y, options));
}

/** Whether all elements are close: {@link isclose}. `lz.allclose([1, 2], [1, 2.000001])` is `True`. */
export function allclose(x: Operand, y: Operand, options: CloseOptions = {}): LazyArray<'bool'> {
  checkCount('allclose', arguments.length, 3);
  return new LazyArray(fold('all', close('allclose', x, y, options), {}));
}

/** Whether two arrays have the same shape and equal elements. `lz.arrayEqual([1, 2], [1, 2])` is `True`. */
export function arrayEqual(
  x: Operand,
  y: Operand,
  options: Pick<CloseOptions, 'equalNan'> = {},
): LazyArray<'bool'> {
  checkCount('arrayEqual', arguments.length, 3);
  checkOptions('arrayEqual', options, ['equalNan']);
  checkSwitch('arrayEqual', 'equalNan', options.equalNan);
  const [a, b] = [nodeFrom('arrayEqual', x), nodeFrom('arrayEqual', y)];
  if (!sameShape(a.shape, b.shape)) return new LazyArray(constant(0, 'bool'));
  const equal = binary('equal', a, b);
  const both = (): Node => binary('logicalAnd', unary('isnan', a), unary('isnan', b));
  return new LazyArray(
    fold('all', options.equalNan === true ? binary('logicalOr', equal, both()) : equal, {}),
  );
}

/** Whether two arrays are equal once broadcast; `False` if they do not broadcast. `lz.arrayEquiv([1, 1], 1)` is `True`. */
export function arrayEquiv(x: Operand, y: Operand): LazyArray<'bool'> {
  checkCount('arrayEquiv', arguments.length, 2);
  const [a, b] = [nodeFrom('arrayEquiv', x), nodeFrom('arrayEquiv', y)];
  const rank = Math.max(a.shape.length, b.shape.length);
  for (let axis = 1; axis <= rank; axis++) {
    const [m, n] = [a.shape.at(-axis) ?? 1, b.shape.at(-axis) ?? 1];
    if (m !== n && m !== 1 && n !== 1) return new LazyArray(constant(0, 'bool'));
  }
  return new LazyArray(fold('all', elementwise('equal', [a, b]), {}));
}
