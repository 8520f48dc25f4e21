/** Arrays with values stored, or combined with what is there, at integer positions along an axis. */
import { computeDType, isInteger, promotion } from '../../ir/dtype.ts';
import { DTypeError, IndexError, ShapeError } from '../../ir/errors.ts';
import { scatter as scatterNode, type Node } from '../../ir/node.ts';
import { refusedScatter, scatterOfBool, type ScatterOp } from '../../ir/scatter.ts';
import { formatShape, normalizeAxis, oneAxis } from '../../ir/shape.ts';
import { broadcast, castTo } from './elementwise.ts';

const operation = 'scatter';

/**
 * `base` with `updates` combined at `indices` along `axis`, one after the other in row-major order of the updates, whose
 * shape is that of the base with that of the indices in place of the axis; they broadcast to it. Sums and products of
 * truth values are `any` and `all`.
 */
export function scatter(op: ScatterOp, base: Node, indices: Node, updates: Node, axis = 0): Node {
  if (!isInteger(indices.dtype))
    throw new DTypeError(
      operation,
      `the indices are ${indices.dtype}, but positions are integers; cast them with astype('int32')`,
    );
  if (base.shape.length === 0)
    throw new ShapeError(operation, 'an array without axes has no positions; reshape it to [1]');
  const along = normalizeAxis(operation, axis, base.shape.length);
  const size = base.shape[along] ?? 0;
  const shape = [...base.shape.slice(0, along), ...indices.shape, ...base.shape.slice(along + 1)];
  const lead = shape.length - updates.shape.length;
  if (lead < 0 || !updates.shape.every((length, k) => length === 1 || length === shape[lead + k]))
    throw new ShapeError(
      operation,
      `updates of shape ${formatShape(updates.shape)} do not broadcast to ${formatShape(shape)}: the shape of the base, ${formatShape(base.shape)}, with that of the indices, ${formatShape(indices.shape)}, in place of axis ${along}`,
    );
  if (promotion[base.dtype][updates.dtype] !== base.dtype)
    throw new DTypeError(
      operation,
      `updates of ${updates.dtype} would be rounded to the dtype of the base, ${base.dtype}; cast one of them with astype`,
    );
  const dtype = computeDType(base.dtype);
  const row = dtype === 'bool' ? scatterOfBool(op) : op;
  const refused = refusedScatter(row, dtype);
  if (refused !== undefined) throw new DTypeError(operation, `${refused}, but the base is ${base.dtype}`);
  if (size === 0 && !indices.shape.includes(0))
    throw new IndexError(
      operation,
      `axis ${along} of ${formatShape(base.shape)} is empty: it has no positions`,
    );
  const values = broadcast(castTo(updates, dtype), shape);
  return castTo(scatterNode(row, castTo(base, dtype), [indices], values, oneAxis(along), dtype), base.dtype);
}
