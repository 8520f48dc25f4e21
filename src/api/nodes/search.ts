/**
 * Binary search as an expression: each step halves the range with one read at a computed position, so a search among n
 * elements is log2(n) reads that fuse with the work around them, on every target.
 *
 * The ranges are those of J. Bentley, Programming Pearls, chapter 9 (L. Shar's search): after a first step that fits the
 * number of elements to a power of two, the steps depend on that power alone. So searches among 600 and among 1,000
 * elements are one plan.
 */
import { isFloat } from '../../ir/dtype.ts';
import { constant, gather, type Node } from '../../ir/node.ts';
import { binary, broadcast, castTo, elementwise, promoteNodes } from './elementwise.ts';

export type Side = 'left' | 'right';

/**
 * How many elements of `sorted` (one axis, ascending, NaN last) come before each value: those that are less, and for
 * `right` those that are equal, too. NaN equals NaN and comes after all numbers.
 */
export function searchSorted(sorted: Node, values: Node, side: Side): Node {
  const [count = 0] = sorted.shape;
  const dtype = promoteNodes([sorted, values]) ?? values.dtype;
  const list = castTo(sorted, dtype);
  const wanted = castTo(values, dtype);
  const number = (value: number): Node => constant(value, 'int32');
  if (count === 0) return broadcast(number(0), values.shape);
  const isNan = isFloat(dtype) ? elementwise('isnan', [wanted]) : undefined;
  const isBefore = (position: Node): Node => {
    const element = gather(list, [position], [0]);
    if (side === 'right') {
      const before = binary('lessEqual', element, wanted);
      return isNan === undefined ? before : binary('logicalOr', before, isNan);
    }
    const before = binary('less', element, wanted);
    // Before NaN come all that are not NaN.
    return isNan === undefined
      ? before
      : elementwise('where', [isNan, binary('equal', element, element), before]);
  };
  const power = 2 ** Math.floor(Math.log2(count));
  const origin = broadcast(number(power - 1), values.shape);
  const beyond = number(count - power + 1);
  let found = elementwise('where', [isBefore(origin), beyond, number(0)]);
  for (let half = power / 2; half >= 1; half /= 2) {
    const probe = half === 1 ? found : binary('add', found, number(half - 1));
    found = elementwise('where', [isBefore(probe), binary('add', found, number(half)), found]);
  }
  return found;
}

/** Whether each value is among those of `sorted`. NaN is not. */
export function isAmong(sorted: Node, values: Node): Node {
  const [count = 0] = sorted.shape;
  if (count === 0) return broadcast(constant(0, 'bool'), values.shape);
  const place = searchSorted(sorted, values, 'left');
  const inside = binary('minimum', place, constant(count - 1, 'int32'));
  return binary('equal', gather(sorted, [inside], [0]), values);
}
