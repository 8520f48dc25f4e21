/** How the operands of routines lie in memory. */
import type { Layout } from '../ir/routines/call.ts';
import { isOne, multiplySizes, one, zero, type Size } from '../ir/size.ts';
import type { Expression, PlanSource } from './expression.ts';
import { loopsOf } from './indexMap.ts';

export interface Operand extends Layout<Size> {
  readonly source: PlanSource;
}

/** Where the elements are that `value` loads over the loops of `shape`; `undefined` if it is no plain load. */
export function layoutOf(value: Expression, shape: readonly Size[]): Operand | undefined {
  if (value.kind !== 'load' || value.gathers.length > 0) return undefined;
  const { source, index } = value;
  const strides = loopsOf(shape).map(([loop]) => (loop === undefined ? zero : (index.strides[loop] ?? zero)));
  return { source, offset: index.offset, strides };
}

/** Whether the elements of `shape` follow each other from the start of an array. */
export function isContiguous({ offset, strides }: Layout<Size>, shape: readonly Size[]): boolean {
  if (offset.key !== zero.key) return false;
  let expected: Size = one;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? one;
    if (!isOne(size) && strides[axis]?.key !== expected.key) return false;
    expected = multiplySizes(expected, size);
  }
  return true;
}
