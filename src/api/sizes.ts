/**
 * Results whose size depends on values. The caller may give it: then the result is an expression, which also works in a
 * function that `compile` traces, with a value that fills what is left.
 */
import { wholeNumber } from '../ir/arguments.ts';
import type { DType } from '../ir/dtype.ts';
import { DataError } from '../ir/errors.ts';
import { constant, type Node } from '../ir/node.ts';
import { checkOptions } from '../ir/options.ts';
import { maxElements } from '../ir/shape.ts';
import { isWeakScalar } from './literal.ts';
import { elementwise, scalarIn } from './nodes/elementwise.ts';
import { firstPositions } from './nodes/nonzero.ts';
import { coordinates } from './nodes/positions.ts';
import type { WeakScalar } from './types.ts';

export interface SizeOptions {
  /** The number of results. Those beyond it are left out. Without it the arguments are evaluated. */
  readonly size?: number | undefined;
  /** What stands in place of results that are missing. */
  readonly fillValue?: WeakScalar | undefined;
}

export interface GivenSize {
  readonly size: number;
  readonly fill: WeakScalar | undefined;
}

/** Nothing if the size is left to the values. */
export function readSize(
  operation: string,
  options: SizeOptions,
  others: readonly string[] = [],
): GivenSize | undefined {
  checkOptions(operation, options, ['size', 'fillValue', ...others]);
  const { size, fillValue } = options;
  if (fillValue !== undefined && !isWeakScalar(fillValue))
    throw new DataError(operation, 'fillValue must be a number, a bigint or a boolean');
  if (size === undefined) return undefined;
  return { size: wholeNumber(operation, 'size', size, 0, maxElements - 1), fill: fillValue };
}

/** `values` where results are found, the fill value (`otherwise` if none was given) elsewhere. */
export function filled(
  operation: string,
  values: Node,
  isFound: Node,
  fill: WeakScalar | undefined,
  otherwise?: Node,
): Node {
  const { dtype } = values;
  const rest =
    fill === undefined && otherwise !== undefined ? otherwise : fillOf(operation, fill ?? 0, dtype);
  return elementwise('where', [isFound, values, rest], operation);
}

const fillOf = (operation: string, fill: WeakScalar, dtype: DType): Node =>
  constant(scalarIn(operation, fill, dtype), dtype);

/** The first positions where a mask holds: one array for each axis, and whether each is found. */
export function positionsWithin(
  operation: string,
  mask: Node,
  { size, fill }: GivenSize,
): { readonly axes: readonly Node[]; readonly flat: Node; readonly isFound: Node } {
  const { positions, isFound } = firstPositions(mask, size);
  const axes = coordinates(positions, mask.shape).map((along) => filled(operation, along, isFound, fill));
  return { axes, flat: positions, isFound };
}
