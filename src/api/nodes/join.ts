/**
 * Arrays joined (concat, stack), and elements selected by position (take).
 */
import { isInteger } from '../../ir/dtype.ts';
import { DTypeError, IndexError, ShapeError } from '../../ir/errors.ts';
import { concat as concatNode, gather, type Node } from '../../ir/node.ts';
import { checkSize, formatShape, normalizeAxis, oneAxis, sameShape, type Shape } from '../../ir/shape.ts';
import { castTo, promoteNodes } from './elementwise.ts';
import { expandDims, flatten } from './view.ts';

/** Arrays joined along `axis`; `null` joins the flattened arrays. */
export function concat(nodes: readonly Node[], axis: number | null, operation = 'concat'): Node {
  const parts = axis === null ? nodes.map(flatten) : nodes;
  const [first] = parts;
  const dtype = promoteNodes(parts);
  if (first === undefined || dtype === undefined) throw new ShapeError(operation, 'needs at least one array');
  if (first.shape.length === 0)
    throw new ShapeError(operation, 'arrays without axes cannot be joined; use stack');
  const along = normalizeAxis(operation, axis ?? 0, first.shape.length);
  for (const part of parts) {
    if (fitsBeside(part.shape, first.shape, along)) continue;
    throw new ShapeError(
      operation,
      `shapes ${formatShape(first.shape)} and ${formatShape(part.shape)} must be equal except along axis ${along}, where the arrays are joined`,
    );
  }
  if (parts.length === 1) return castTo(first, dtype);
  const length = parts.reduce((sum, part) => sum + (part.shape[along] ?? 0), 0);
  const shape = checkSize(operation, first.shape.with(along, length));
  return concatNode(
    parts.map((part) => castTo(part, dtype)),
    along,
    dtype,
    shape,
  );
}

/** Whether two shapes are the same but for one axis. */
function fitsBeside(a: Shape, b: Shape, along: number): boolean {
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (axis !== along && a[axis] !== b[axis]) return false;
  return true;
}

/** Arrays joined along a new axis. */
export function stack(nodes: readonly Node[], axis: number, operation = 'stack'): Node {
  const [first] = nodes;
  if (first === undefined) throw new ShapeError(operation, 'needs at least one array');
  const odd = nodes.find((node) => !sameShape(node.shape, first.shape));
  if (odd !== undefined)
    throw new ShapeError(
      operation,
      `all arrays must have the same shape, not ${formatShape(first.shape)} and ${formatShape(odd.shape)}`,
    );
  const along = normalizeAxis(operation, axis, first.shape.length + 1);
  return concat(
    nodes.map((node) => expandDims(node, along)),
    along,
    operation,
  );
}

/** The elements at integer positions along `axis` (not negative), by default of the flattened array. */
export function take(node: Node, indices: Node, axis: number | undefined): Node {
  if (!isInteger(indices.dtype))
    throw new DTypeError(
      'take',
      indices.dtype === 'bool'
        ? 'the indices are bool, but positions are integers; for the elements where a mask holds use x.at(mask).get(), for the shape of x lz.where(mask, x, other)'
        : `the indices are ${indices.dtype}, but positions are integers; create them as integers, as with lz.arange(n, { dtype: 'int32' }), or cast them with astype('int32')`,
    );
  const along = axis ?? 0;
  const source = axis === undefined ? flatten(node) : node;
  const size = source.shape[along] ?? 0;
  if (size === 0 && !indices.shape.includes(0))
    throw new IndexError(
      'take',
      `axis ${along} of ${formatShape(source.shape)} is empty: it has no element to take`,
    );
  const taken = gather(source, [indices], oneAxis(along));
  checkSize('take', taken.shape);
  return taken;
}
